"""Faults of deliveries are tried on a warehouse that holds a batch already, so that there is something to harm."""

from __future__ import annotations

import signal
from collections.abc import Generator

import pytest

from pipeline.landing import land
from pipeline.settings import Settings
from tests.landing.conftest import _no_waiting_for_the_disk, exports, refusal, rows, settings  # noqa: F401
from tests.landing.exports import Exports

TOO_LONG_SECONDS = 120


@pytest.fixture(autouse=True)
def _a_batch_is_loaded(exports: Exports, settings: Settings) -> None:  # noqa: F811
    exports.full(name="before", exported_at="2022-06-01")
    land(settings)


@pytest.fixture(autouse=True)
def _nothing_hangs() -> Generator[None]:
    """A pipe that nobody writes to must not stop the tests for ever."""

    def give_up(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TOO_LONG_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
