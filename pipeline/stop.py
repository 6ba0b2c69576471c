"""Ctrl-C and SIGTERM end a run calmly, and whatever a library makes of them can't let it go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_asked: list[int] = []


def asked() -> int | None:
    """The signal that asked this run to stop, None if none did."""
    return _asked[0] if _asked else None


def check() -> None:
    """Raises KeyboardInterrupt if the run was asked to stop: dbt, DuckDB and the gate turn one into failures of their own."""
    if _asked:
        raise KeyboardInterrupt


@contextmanager
def listening() -> Generator[None]:
    """Within it both signals raise KeyboardInterrupt in the main thread, and are remembered."""
    _asked.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    _asked.append(number)
    raise KeyboardInterrupt
