"""Progress for a person at a terminal, one calm line for a log.

A step shows a bar only on a terminal and only once it has lasted longer than a second; when it is over, one line
says what was done and how long it took. Everything goes to standard error, so that output can be piped.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

PATIENCE_SECONDS = 1.0


class Step:
    """A running step. ``advance`` moves the bar, ``conclude`` sets what the last line says."""

    def __init__(self, name: str, total: int | None) -> None:
        self.name = name
        self.total = total
        self.done = 0
        self.conclusion = ""
        self._bar: Progress | None = None
        self._task = None
        self._lock = threading.Lock()

    def advance(self, amount: int = 1) -> None:
        """Adds ``amount`` to what is done."""
        with self._lock:
            self.done += amount
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, completed=self.done)

    def conclude(self, text: str) -> None:
        """``text`` follows the step's name in its last line; it must hold no value of a patient."""
        self.conclusion = text

    def _show(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with self._lock:
            self._bar = Progress(*columns, console=console, transient=True)
            self._task = self._bar.add_task(self.name, total=self.total, completed=self.done)
            self._bar.start()

    def _hide(self) -> None:
        with self._lock:
            if self._bar is not None:
                self._bar.stop()


@contextmanager
def step(name: str, *, total: int | None = None, stream: TextIO | None = None) -> Generator[Step]:
    """A step of the pipeline called ``name``, of ``total`` units where that is known.

    Writes to ``stream`` (default: standard error). A step that fails leaves no line: its error speaks.
    """
    stream = sys.stderr if stream is None else stream
    running = Step(name, total)
    started = time.monotonic()
    timer: threading.Timer | None = None
    if stream.isatty():
        timer = threading.Timer(PATIENCE_SECONDS, running._show, args=(Console(file=stream),))
        timer.daemon = True
        timer.start()
    try:
        yield running
    finally:
        if timer is not None:
            timer.cancel()
            timer.join()
            running._hide()
    seconds = time.monotonic() - started
    said = f"{name}: {running.conclusion}" if running.conclusion else name
    print(f"{said} ({seconds:.1f} s)", file=stream, flush=True)
