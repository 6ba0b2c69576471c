"""Every check passes on sound data and fails on the change that it is there for."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from pipeline.gate import Check, CheckResult
from pipeline.gate.judge import judge
from tests.gate.mutations import CRITICAL, OTHERS


@pytest.fixture
def changed(work_database: Path, tmp_path: Path):
    """Gives a copy of the work database on which some SQL was run."""

    def change(sql: str) -> Path:
        copy = tmp_path / "work.duckdb"
        shutil.copyfile(work_database, copy)
        with duckdb.connect(str(copy)) as connection:
            connection.execute(sql)
        return copy

    return change


@pytest.fixture(scope="module")
def sound(work_database: Path, checks: dict[str, Check]) -> tuple[CheckResult, ...]:
    return judge(work_database, list(checks.values()))


def test_there_are_enough_checks_of_every_layer_and_category(checks):
    assert len(checks) >= 60
    assert {check.layer for check in checks.values()} == {"landing", "clinical", "cohort", "published"}
    assert {check.category for check in checks.values()} == {"conformance", "completeness", "plausibility"}


def test_everything_passes_on_sound_data(sound):
    assert {result.id: result.status for result in sound if result.status != "passed"} == {}
    assert all(result.total for result in sound)


def test_every_check_is_tried(checks):
    assert set(CRITICAL) == {check.id for check in checks.values() if check.severity == "critical"}
    assert set(OTHERS) == {check.id for check in checks.values() if check.severity != "critical"}


@pytest.mark.parametrize("name", [*CRITICAL, *OTHERS])
def test_a_check_fails_on_what_it_is_there_for(name, checks, changed):
    (result,) = judge(changed((CRITICAL | OTHERS)[name]), [checks[name]])
    assert result.status == "failed"
    assert 0 < result.failing <= result.total


NO_ROWS = "raw_rows = 0, current_rows = 0, superseded_rows = 0, duplicate_rows = 0, retracted_rows = 0, quarantined_rows = 0"
EMPTY = f"""
update staging.conformed_reconciliation set {NO_ROWS};
update published.reconciliation set {NO_ROWS};
update published.batch_reconciliation set {NO_ROWS};
update published.attrition set patients_left = 0, patients_excluded = 0;
"""
NOT_OF_PATIENTS = (
    "run_settings",
    "conformed_coverage",
    "conformed_capabilities",
    "conformed_reconciliation",
    "ingredients",
    "attrition",
    "assessability",
    "reconciliation",
    "batch_reconciliation",
)


def test_nothing_critical_fails_where_there_are_no_patients(checks, changed):
    database = changed(EMPTY)
    with duckdb.connect(str(database)) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            if table not in NOT_OF_PATIENTS:
                connection.execute(f"delete from {schema}.{table}")
    results = judge(database, list(checks.values()))
    assert [result.id for result in results if result.is_critical_failure] == []
    assert sum(result.status == "not applicable" for result in results) > 100


def test_what_the_source_cannot_say_is_not_asked(checks, changed):
    days_only = changed(
        "update staging.conformed_capabilities set is_available = false where capability in ('calendar_dates', 'age');"
        "update published.assessability set is_assessable = false where requires in ('calendar_dates', 'age');"
        "update published.cohort set index_year = null, age_at_index = null"
    )
    results = {result.id: result for result in judge(days_only, list(checks.values()))}
    needing = [check for check in checks.values() if check.requires in ("calendar_dates", "age")]
    needing += [checks["members-in-window"], checks["members-adult"]]
    assert {results[check.id].status for check in needing} == {"not applicable"}
    assert [name for name, result in results.items() if result.is_critical_failure] == []
    assert "the source can't assess age" in results["age-at-index"].detail
