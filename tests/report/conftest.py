"""A made-up release with every file of its results, for the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import analysis
from analysis.context import ReportContext
from tests.analysis import made_up

CHECKS = [
    dict(zip(("id", "title", "severity", "status", "failing", "total", "detail"), values, strict=True)) | {"reason": "why"}
    for values in (
        ("a", "Keys are unique", "critical", "passed", 0, 9, ""),
        ("b", "Units", "warning", "failed", 2, 9, ""),
        ("c", "Ages", "info", "not applicable", None, None, "no ages here"),
    )
]
CONTEXT = ReportContext(
    release_id="r1",
    data_kind="synthetic",
    source="hospital",
    data_checksum="d" * 64,
    protocol_hash="f" * 64,
    gate_summary=CHECKS,
    created_at="2023-02-01 06:00 UTC",
)


@dataclass(frozen=True)
class Made:
    """A made-up release: its database, the folder of its results, and what results.json holds."""

    database: Path
    folder: Path
    results: dict[str, Any]

    @property
    def page(self) -> Path:
        """The report."""
        return self.folder / "report.html"


def made(folder: Path) -> Made:
    """A release in a folder."""
    database = made_up.write(folder / "cohort.duckdb", made_up.cohort())
    return Made(database, folder / "results", analysis.run(database, made_up.protocol(), folder / "results", CONTEXT))


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The same release for every test of the folder; they only read it."""
    return made(tmp_path_factory.mktemp("release"))
