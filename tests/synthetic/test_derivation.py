"""What the protocol's rules make of the exports is what the generator meant, by the independent reading of the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synthetic.cohort import read_rows
from synthetic.generate import case_patient_ids
from tests.derive import SALT, derive, rows
from tests.oracle import CRITERIA, QUARANTINE_RULES, evaluate
from tests.oracle.results import patient_key
from tests.synthetic.conftest import SMALL_PATIENTS, SMALL_SEED, Made

CASES = {row["case"]: row for row in read_rows()}


def _text(value: object) -> str:
    """A value as calibrated_cohort.csv writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.fixture(scope="module")
def derived(small: Made) -> dict[str, Any]:
    """All that the rules derive from the small exports."""
    return evaluate(small.out, SALT)


@pytest.fixture(scope="module")
def members(derived: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The derived cohort by case."""
    cases = {patient_key(patient, SALT): case for case, patient in case_patient_ids(SMALL_PATIENTS, SMALL_SEED).items()}
    return {cases[row["patient_key"]]: row for row in derived["cohort"]}


def test_the_cohort_is_the_calibrated_one(members: dict[str, dict[str, Any]]) -> None:
    assert sorted(members) == sorted(CASES)


@pytest.mark.parametrize("case", CASES)
def test_a_patient_s_rows_give_the_calibrated_row(case: str, members: dict[str, dict[str, Any]]) -> None:
    target, row = CASES[case], members[case]
    compared = sorted(set(target) & set(row))
    assert {"arm", "regimen", "pd_l1_status", "rebiopsied", "pfs_days", "pfs_event", "os_days", "os_event"} <= set(compared)
    assert {name: _text(row[name]) for name in compared} == {name: target[name] for name in compared}


def test_the_attrition_is_the_one_that_was_meant(derived: dict[str, Any], small: Made) -> None:
    excluded = {row["criterion"]: row["patients_excluded"] for row in derived["attrition"][1:]}
    assert excluded == {criterion: small.summary.outcomes[criterion] for criterion in CRITERIA}
    assert min(excluded.values()) > 0
    assert derived["attrition"][0]["patients_left"] == SMALL_PATIENTS


def test_every_quarantine_rule_has_rows(derived: dict[str, Any]) -> None:
    assert {row["rule"] for row in derived["quarantine_summary"]} == QUARANTINE_RULES
    quarantined = sum(row["rows"] for row in derived["quarantine_summary"])
    raw = sum(row["raw_rows"] for row in derived["reconciliation"])
    assert quarantined < 0.01 * raw


def test_every_table_has_rows_in_every_place(derived: dict[str, Any]) -> None:
    for counts in derived["reconciliation"]:
        places = {name for name, rows in counts.items() if not rows}
        assert places <= ({"duplicate_rows"} if counts["table_name"] in {"patient_merges", "biomarkers", "specimens"} else set()), counts


def test_the_models_derive_the_same_days_and_histology(small: Made, tmp_path: Path) -> None:
    database = derive(small.out, tmp_path / "warehouse")
    cases = {patient: case for case, patient in case_patient_ids(SMALL_PATIENTS, SMALL_SEED).items()}
    found = {cases[str(row["patient_id"])]: row for row in rows(database, "select * from cohort.cohort_members")}
    assert sorted(found) == sorted(CASES)
    for case, target in CASES.items():
        compared = sorted(set(target) & set(found[case]))
        assert {"index_date", "histology_class", "pfs_days", "os_days"} <= set(compared)
        assert {name: _text(found[case][name]) for name in compared} == {name: target[name] for name in compared}
