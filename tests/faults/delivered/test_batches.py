"""The same batch again under other names, and clocks that are wrong."""

from __future__ import annotations

import datetime as dt
import importlib
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.landing import land
from pipeline.settings import Settings
from tests.landing.exports import Exports, landed_bytes

Refusal = Callable[..., str]
FUTURE = pytest.mark.fault(
    area="time", fault="exported more than a day after this machine's present time", behaviour="refused: mend the export time or the clock"
)


@pytest.mark.fault(area="batches", fault="a batch folder copied under another name, its batch.json with it", behaviour="known, loaded once")
def test_a_copy_of_a_batch_with_its_name_inside(exports: Exports, settings: Settings) -> None:
    batch = exports.full()
    shutil.copytree(batch, exports.folder / "copy of it")
    landed = land(settings)
    assert (landed.new, set(landed.known)) == (("first",), {"before", "first"})
    before = landed_bytes(settings)
    assert land(settings).new == ()
    assert landed_bytes(settings) == before


@FUTURE
@pytest.mark.parametrize("exported_at", ["2999-01-01", "9999-12-31T23:59:59-12:00", "in two days"])
def test_a_clock_in_the_future(exports: Exports, refusal: Refusal, exported_at: str) -> None:
    if exported_at == "in two days":
        exported_at = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).isoformat()
    exports.full(exported_at=exported_at)
    message = refusal()
    assert "batch first" in message
    assert "exported_at" in message


@FUTURE
def test_a_day_in_the_future_in_a_folders_name(exports: Exports, refusal: Refusal, settings: Settings) -> None:
    exports.full(name="2999-01-15_full", has_head=False)
    salted = replace(settings, pseudonym_salt="grain of salt", warehouse=settings.warehouse.parent / "other")
    shutil.rmtree(exports.folder / "before")
    assert "batch 2999-01-15_full: was exported after the present time" in refusal(where=salted)


@pytest.mark.fault(area="time", fault="a hospital's clock some hours ahead", behaviour="taken")
def test_a_clock_somewhat_ahead(exports: Exports, settings: Settings) -> None:
    ahead = dt.datetime.now(dt.timezone(dt.timedelta(hours=14))) + dt.timedelta(hours=9)
    exports.full(exported_at=ahead.isoformat())
    assert land(settings).new == ("first",)


@pytest.mark.fault(area="time", fault="this machine's clock set back by years", behaviour="what is loaded stays, nothing new gets in")
def test_this_machines_clock_set_back(exports: Exports, refusal: Refusal, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Back(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return dt.datetime(1970, 1, 2, tzinfo=tz)

    with monkeypatch.context() as patched:
        patched.setattr(importlib.import_module("pipeline.landing.land").dt, "datetime", Back)
        assert land(settings).known == ("before",)
        exports.full()
        assert "this machine, 1970-01-02 00:00 UTC" in refusal(is_mended=False)
    assert land(settings).new == ("first",)
