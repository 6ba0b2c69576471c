"""Every case of ``rules/``: one run of the models over a patient a case, then one test a case."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.derive import SALT, derive, rows
from tests.spec.cases import Case, export, read_cases

CASES = read_cases()


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What the published views say of each patient, by patient key."""
    folder = tmp_path_factory.mktemp("spec")
    database = derive(export(CASES, folder / "exports"), folder / "warehouse")
    return published_facts(database)


def published_facts(database: Path) -> dict[str, dict[str, object]]:
    """The rows of eligibility and cohort of each patient in one dict, with the lines of therapy in words."""
    found = {row["patient_key"]: dict(row) for row in rows(database, "select * from published.eligibility")}
    for row in rows(database, "select * from published.cohort"):
        found[row["patient_key"]] |= row
    for row in rows(database, "select * from published.lines_of_therapy order by patient_key, line_number"):
        line = f"{row['start_day']}..{row['end_day']} {row['regimen']}"
        facts = found[row["patient_key"]]
        facts["lines"] = f"{facts['lines']} / {line}" if "lines" in facts else line
    return {str(key): row for key, row in found.items()}


def in_words(value: object) -> str:
    """A published value as the rule files write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.patient_id}: {case.title}" for case in CASES])
def test_rule(case: Case, facts: dict[str, dict[str, object]]) -> None:
    key = hashlib.sha256(f"{SALT}:{case.patient_id}".encode()).hexdigest()[:16]
    patient = facts.get(key, {})
    if case.expected == {"in_eligibility": "no"}:
        assert not patient
        return
    found = {name: in_words(patient.get(name)) for name in case.expected}
    assert found == case.expected
