"""What a trace says of the patients of the spec tables."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import protocol as study
from pipeline.errors import UsageError
from pipeline.protocol import Protocol
from pipeline.settings import Settings
from pipeline.trace import parts, run
from pipeline.trace.criteria import values_of
from pipeline.trace.facts import cancer_code
from pipeline.trace.page import WIDTH
from pipeline.trace.patient import Patient
from tests.derive import rows
from tests.trace.conftest import CANARIES, CASES, LABS, MERGED, RETIRED, Traced, key_of

PROTOCOL = study.load()
PLACE = re.compile(r"1/(\w+\.csv):([\d, ]+)")
DATE = re.compile(r"\b(19|20)\d\d-\d\d(-\d\d)?\b")

Print = Callable[[str], str]


@pytest.fixture
def printed(spec: Traced, capsys: pytest.CaptureFixture[str]) -> Print:
    """The trace of a patient as the terminal shows it."""

    def trace(wanted: str) -> str:
        run(spec.settings, {"PATIENT": wanted})
        return capsys.readouterr().out

    return trace


def eligibility(spec: Traced) -> dict[str, str | None]:
    """By key, the criterion that the published view names."""
    found = rows(spec.settings.work / "work.duckdb", "select patient_key, excluded_by from published.eligibility order by patient_key")
    return {str(row["patient_key"]): row["excluded_by"] for row in found}  # ty: ignore[invalid-return-type]


def section(text: str, title: str) -> list[str]:
    """The lines of one section."""
    block = next(block for block in text.split("\n\n") if block.strip().startswith(title))
    return block.strip().splitlines()


@pytest.mark.parametrize("criterion", [entry["id"] for entry in PROTOCOL["criteria"]])
def test_the_criterion_that_excluded_is_named(spec: Traced, printed: Print, criterion: str) -> None:
    excluded = [key for key, reason in eligibility(spec).items() if reason == criterion]
    assert excluded, "the spec tables have a patient for every criterion"
    for key in excluded[:3]:
        title, _, *table = section(printed(key), "Criteria")
        assert title == f"Criteria: excluded by {criterion}"
        assert [line.split()[0] for line in table if "failed <-" in line] == [criterion]


def test_every_criterion_of_a_member_stands_there_in_order(spec: Traced, printed: Print) -> None:
    key = next(key for key, reason in eligibility(spec).items() if reason is None)
    text = printed(key)
    assert "In the cohort: " in text
    title, _, *table = section(text, "Criteria")
    assert title == "Criteria: none fails"
    assert [line.split()[0] for line in table if not line.startswith(" ")] == [entry["id"] for entry in PROTOCOL["criteria"]]


def test_nothing_of_a_patient_but_the_key_is_printed(spec: Traced, printed: Print) -> None:
    ids = {case.patient_id for case in CASES} | {RETIRED, "labs-only"}
    # the same for every patient: the cut-off and the window
    dates = {"2023-01-15", PROTOCOL["parameters"]["window_start"], PROTOCOL["parameters"]["window_end"]}
    for wanted in [MERGED, RETIRED, "labs-only", *(case.patient_id for case in CASES[::9])]:
        text = printed(wanted)
        assert max(map(len, text.splitlines())) <= WIDTH
        assert not [canary for canary in CANARIES.values() if canary in text]
        assert not [name for name in ids if re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w-])", text)]
        assert {found.group() for found in DATE.finditer(text)} <= dates


def test_a_retired_id_leads_to_the_survivor(printed: Print) -> None:
    text = printed(RETIRED)
    assert text == printed(MERGED) == printed(key_of(MERGED)) == printed(key_of(MERGED).upper())
    assert f"Patient {key_of(MERGED)}" in text
    assert "1 other id of the hospital merged into this patient" in text
    assert re.search(r"patient_merges +current +1 +1/patient_merges.csv:2", text)


def test_a_row_that_was_set_aside_stands_with_its_rule(printed: Print) -> None:
    assert re.search(r"quarantined: unreadable_date +1 +1/diagnoses.csv:\d+", printed(MERGED))


def test_places_lead_to_rows_of_the_patient(spec: Traced, printed: Print) -> None:
    """From a fact to its file and line: the row is the patient's, and of that day."""
    facts = section(printed(MERGED), "Facts")
    places = [(file, int(line)) for row in facts for file, lines in PLACE.findall(row) for line in lines.split(",") if line.strip()]
    assert len({file for file, _ in places}) >= 4
    assert {_patient_of(spec.exports / "batch" / file, line) for file, line in places} == {MERGED}
    progression = next(row for row in facts if "PD, resistance event" in row)
    [(file, line)] = PLACE.findall(progression)
    assert _line(spec.exports / "batch" / file, int(line))["response_text"] == "PD"


def test_who_is_no_candidate_is_said_and_the_day_zero_named(printed: Print) -> None:
    text = printed("labs-only")
    assert "Not a candidate" in text
    assert "Day 0 is the first record" in text
    assert "Endpoints: none" in text
    assert f"1/labs.csv:{LABS} between " in text


def test_without_an_index_days_count_from_the_advanced_date(spec: Traced, printed: Print) -> None:
    key = next(key for key, reason in eligibility(spec).items() if reason == "post_resistance_therapy")
    assert "Day 0 is the advanced date" in printed(key)


def test_times_are_those_of_the_cohort(spec: Traced, printed: Print) -> None:
    members = rows(spec.settings.work / "work.duckdb", "select * from published.cohort order by patient_key limit 12")
    for member in members:
        text = printed(str(member["patient_key"]))
        ending = "event" if member["pfs_event"] else "censored"
        reason = str(member["pfs_end_reason"]).replace("_", " ")
        assert f"(pfs): {ending}, {reason}, day {member['pfs_days']} = {member['pfs_months']:.2f} months" in text
        assert f"day {member['os_days']} = {member['os_months']:.2f} months" in text
        assert "no risk set: there is no release yet" in text


def test_why_a_line_started(printed: Print) -> None:
    """Every line of the rule's own patients has a reason, and each kind occurs; a gap is one that the rule calls too long."""
    patients = [case.patient_id for case in CASES if case.rule == "rule_05_lines"]
    found = "\n".join("\n".join(section(printed(patient), "Lines")) for patient in patients)
    assert "first drug" in found
    assert "new: " in found
    assert "carried on: " in found
    assert "unknown" not in found
    gaps = [int(days) for days in re.findall(r"gap of (\d+) days", found)]
    assert gaps
    assert min(gaps) > PROTOCOL["parameters"]["line_gap_days"]


def test_nobody_has_the_id(spec: Traced) -> None:
    with pytest.raises(UsageError) as caught:
        run(spec.settings, {"PATIENT": "Zhang San 13800138000"})
    assert "Zhang" not in caught.value.message
    assert "no patient" in caught.value.message


def test_a_key_that_nobody_has(spec: Traced) -> None:
    with pytest.raises(UsageError):
        run(spec.settings, {"PATIENT": "0" * 16})


def test_no_patient_and_no_warehouse(spec: Traced, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="PATIENT is not set"):
        run(spec.settings, {"PATIENT": " "})
    with pytest.raises(UsageError, match="no work database"):
        run(Settings(warehouse=tmp_path), {"PATIENT": MERGED})


def test_a_new_criterion_shows_without_a_change(spec: Traced) -> None:
    """It stands in the trace from the protocol alone, with the columns that its rule names."""
    entry = {"id": "few_drugs", "label": "Few", "rule": "alk_tki_eras <= {most_eras} and has_lung_cancer", "applies_to": "everybody"}
    settings = {
        **PROTOCOL.settings,
        "criteria": [*PROTOCOL["criteria"], entry],
        "parameters": {**PROTOCOL["parameters"], "most_eras": 3},
    }
    [part] = [part for part in parts(spec.settings, replace(PROTOCOL, settings=settings), MERGED) if part.title.startswith("Criteria")]
    [table] = part.items
    assert not isinstance(table, str)
    names, outcomes, values = ([str(cell) for cell in column.cells] for column in table.columns)
    assert (names[-1], outcomes[-1]) == ("few_drugs", "not derived yet")
    assert re.fullmatch(r"alk_tki_eras \d+ \(.*\); has_lung_cancer yes \(.*\); most_eras 3", values[-1])


def test_values_of_a_rule() -> None:
    patient = Patient("id", (), "key", "hospital", True, None, "")
    candidate = {"age_at_index": 93, "other": 1}
    found = values_of("age_at_index >= {minimum_age}", candidate, PROTOCOL["parameters"], {}, patient, True)
    assert found == ["age_at_index 90 or above", "minimum_age 18"]


def test_a_protocol_of_another_kind_is_no_crash(spec: Traced) -> None:
    endpoint = {"id": "new", "label": "New", "events": ["death"], "next_line": "ignore", "censored_at": "last_record"}
    protocol = Protocol({**PROTOCOL.settings, "endpoints": [endpoint]}, "")
    member = next(key for key, reason in eligibility(spec).items() if reason is None)
    [part] = [part for part in parts(spec.settings, protocol, member) if part.title == "Endpoints"]
    assert part.items == ("New (new): not derived yet",)


@pytest.mark.parametrize(
    ("code", "shown"),
    [("C34.1", "C34.1"), ("C34.900X001", "C34.900X001"), ("C34 ZHANG SAN", "C34 and more"), ("E11.900", ""), ("ZHANG", "")],
)
def test_a_code_field_shows_a_code_alone(code: str, shown: str) -> None:
    assert cancer_code(code) == shown


def _line(path: Path, line: int) -> dict[str, str]:
    """The record that starts at a line of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        for record in reader:
            if reader.line_num == line:
                return dict(zip(header, record, strict=False))
    raise AssertionError("no such line")


def _patient_of(path: Path, line: int) -> str:
    return _line(path, line)["patient_id"]
