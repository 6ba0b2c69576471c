"""Fixtures of the landing tests: exports in the making, and a warehouse that is thrown away."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import EXIT_BATCH, PipelineError
from pipeline.landing import land
from pipeline.settings import Settings
from tests.landing.exports import CANARY, Exports, assert_a_sound_batch_goes_in, landed_bytes, landed_rows


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path / "exports")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(exports=tmp_path / "exports", warehouse=tmp_path / "warehouse")


@pytest.fixture
def rows(settings: Settings) -> Callable[..., list[dict[str, object]]]:
    """Lands what is there and gives the rows of a relation of the schema ``raw``, ordered by batch and line."""

    def read(relation: str, where: Settings = settings) -> list[dict[str, object]]:
        return landed_rows(where, land(where), relation)

    return read


@pytest.fixture
def refusal(settings: Settings) -> Callable[..., str]:
    """Lands what must be refused: gives the message after checking exit code, silence about values, and that nothing was kept.

    What has landed stays byte for byte, and a sound batch of the same name then goes in (in a copy of the warehouse, unless
    ``is_mended`` is False because what hinders it is still there).
    """

    def refuse(exit_code: int = EXIT_BATCH, where: Settings = settings, *, is_mended: bool = True) -> str:
        before = landed_bytes(where)
        with pytest.raises(PipelineError) as caught:
            land(where)
        assert caught.value.exit_code == exit_code
        message = str(caught.value)
        assert CANARY not in message
        assert CANARY not in "".join(traceback.format_exception(caught.value))
        assert landed_bytes(where) == before
        if is_mended and exit_code == EXIT_BATCH and where.source == "hospital":
            assert_a_sound_batch_goes_in(where)
        return message

    return refuse
