"""A cBioPortal study folder (made up), first to last: what it can't say is said to be not assessable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import EXIT_USAGE, EXIT_WAREHOUSE
from pipeline.paths import PROJECT
from tests.derive import SALT, rows
from tests.end_to_end.conftest import Run, pipeline

STUDY = PROJECT / "tests" / "cbioportal" / "study"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study") / "warehouse"


@pytest.fixture(scope="module")
def run(warehouse: Path) -> Run:
    return pipeline("refresh", SOURCE="cbioportal", EXPORTS=STUDY, WAREHOUSE=warehouse, PSEUDONYM_SALT=SALT)


def test_the_study_runs_through(run: Run, warehouse: Path) -> None:
    assert run.code == 0, run.errors
    accounts = rows(warehouse / "current" / "cohort.duckdb", "select * from published.reconciliation")
    places = ("current_rows", "superseded_rows", "duplicate_rows", "retracted_rows", "quarantined_rows")
    assert [row["table_name"] for row in accounts if row["raw_rows"] != sum(row[place] for place in places)] == []
    assert rows(warehouse / "current" / "cohort.duckdb", "select count(*) as patients from published.cohort")[0]["patients"] > 0


def test_what_it_cannot_say_excludes_nobody(run: Run, warehouse: Path) -> None:
    steps = rows(warehouse / "current" / "cohort.duckdb", "select * from published.attrition where label like '%(not assessable)'")
    assert {step["criterion"]: step["patients_excluded"] for step in steps} == {"index_in_window": 0, "adult": 0}
    assert "not assessable" in run.output
    report = (warehouse / "current" / "results" / "report.html").read_text(encoding="utf-8")
    assert "not assessable" in report
    assert "ynthetic patients" not in report
    results = json.loads((warehouse / "current" / "results" / "results.json").read_text(encoding="utf-8"))
    assert results["response"]["status"] == "not assessable"


def test_another_source_does_not_get_into_the_same_warehouse(run: Run, warehouse: Path, tmp_path: Path) -> None:
    again = pipeline("refresh", SOURCE="hospital", EXPORTS=STUDY, WAREHOUSE=warehouse, PSEUDONYM_SALT=SALT)
    assert again.code in (EXIT_USAGE, EXIT_WAREHOUSE)
    assert "source" in again.errors.lower()
