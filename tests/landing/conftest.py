"""Fixtures of the landing tests: exports in the making, and a warehouse that is thrown away."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.landing import land
from pipeline.settings import Settings
from tests.landing.exports import CANARY, Exports, landed_folders, landed_rows


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
    """Lands what must be refused: gives the message after checking exit code, silence about values, and that nothing was kept."""

    def refuse(exit_code: int = 3, where: Settings = settings) -> str:
        before = landed_folders(where)
        with pytest.raises(PipelineError) as caught:
            land(where)
        assert caught.value.exit_code == exit_code
        message = str(caught.value)
        assert CANARY not in message
        assert CANARY not in "".join(traceback.format_exception(caught.value))
        assert landed_folders(where) == before
        return message

    return refuse
