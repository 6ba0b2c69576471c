"""The made-up work database, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import protocol
from pipeline.gate import Check, load
from pipeline.paths import EXPECTATIONS
from tests.gate.work_database import build


@pytest.fixture(scope="session")
def work_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work database on which everything passes; copy it before changing it."""
    return build(tmp_path_factory.mktemp("gate") / "work.duckdb")


@pytest.fixture(scope="session")
def checks() -> dict[str, Check]:
    """The project's checks by id, with the project's protocol."""
    return {check.id: check for check in load(EXPECTATIONS, protocol.load())}
