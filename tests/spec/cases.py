"""Reads the spec tables: a patient's events in, the expected row out.

A file of ``tests/spec/rules/`` holds cases. A case is a heading and lines of three kinds::

    ## An order that starts 60 days after the latest end joins the era
    without   order                       the typical patient's events of this kind are left out
    -300 .. -200   order        alectinib
    -140 .. -20    order        alectinib
    expect    prior_alk_tki_count=1 tki_continued=no

Days count from 2020-06-01, on which the typical patient's index line starts. Every case begins with the typical patient
(``TYPICAL`` below) and changes what its rule is about. ``patient`` sets a patient's own fields.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

DAY_ZERO = date(2020, 6, 1)
EXPORT_DAY = date(2023, 1, 15)
RULES = Path(__file__).parent / "rules"

TYPICAL = """
-420           diagnosis   C34.1 | adenocarcinoma | IVB
-415           specimen    core biopsy
-410           biomarker   ALK | IHC | positive
-410           biomarker   PD-L1 22C3 | IHC | TPS 30%
-400 .. -12    order       alectinib
-10            assessment  PD
-9             specimen    core needle biopsy
-3             ecog        1
0 .. 63        order       pemetrexed
0 .. 63        order       carboplatin
45             assessment  SD
100            assessment  PD
200            contact     alive
"""

KINDS = ("diagnosis", "specimen", "biomarker", "order", "assessment", "ecog", "contact", "lab")
EVENT = re.compile(r"(?P<start>-?\d+|\d{4}-\d\d-\d\d)(?:\s*\.\.\s*(?P<end>-?\d+|\d{4}-\d\d-\d\d))?\s+(?P<kind>[a-z]+)\s*(?P<what>.*)")

COLUMNS = {
    "patients": ("patient_id", "sex", "birth_date", "smoking_status"),
    "diagnoses": ("diagnosis_id", "patient_id", "diagnosed_on", "icd10_code", "histology_text", "stage_text"),
    "medications": ("order_id", "patient_id", "drug_name", "started_on", "ended_on", "status"),
    "specimens": ("specimen_id", "patient_id", "collected_on", "procedure_text"),
    "biomarkers": ("test_id", "patient_id", "specimen_id", "reported_on", "test_name", "method", "result_text"),
    "assessments": ("assessment_id", "patient_id", "assessed_on", "response_text"),
    "performance_status": ("observation_id", "patient_id", "observed_on", "ecog_text"),
    "labs": ("lab_id", "patient_id", "collected_on", "analyte", "value_text"),
    "follow_ups": ("contact_id", "patient_id", "contacted_on", "vital_status", "death_date"),
}


@dataclass(frozen=True)
class Event:
    """Something that happened from ``start`` to ``end``; ``what`` has the kind's own fields, split at ``|``."""

    start: str
    end: str
    kind: str
    what: tuple[str, ...]


@dataclass
class Case:
    """One patient and what the protocol makes of it."""

    rule: str
    title: str
    patient_id: str
    patient: dict[str, str] = field(default_factory=lambda: {"sex": "F", "birth_date": "1970-05-05", "smoking_status": "never"})
    events: list[Event] = field(default_factory=list)
    expected: dict[str, str] = field(default_factory=dict)


def read_cases() -> list[Case]:
    """Every case of the rule files, in order."""
    return [case for path in sorted(RULES.glob("*.txt")) for case in _of_file(path)]


def _of_file(path: Path) -> Iterator[Case]:
    blocks = path.read_text(encoding="utf-8").split("\n## ")[1:]
    for number, block in enumerate(blocks, start=1):
        title, *lines = block.strip().splitlines()
        yield _case(path.stem, title.strip(), f"{path.stem}-{number:02d}", lines)


def _case(rule: str, title: str, patient_id: str, lines: list[str]) -> Case:
    case = Case(rule, title, patient_id)
    left_out: set[str] = set()
    own: list[Event] = []
    for line in (line.split("#")[0].strip() for line in lines):
        if not line:
            continue
        word, _, rest = line.partition(" ")
        if word == "without":
            left_out |= set(rest.replace(",", " ").split())
        elif word == "patient":
            case.patient |= dict(pair.split("=", 1) for pair in rest.split())
        elif word == "expect":
            case.expected |= dict(pair.strip().split("=", 1) for pair in re.split(r"\s{2,}|;", rest.strip()) if pair.strip())
        else:
            own.append(_event(line))
    unknown = left_out - set(KINDS) - {"everything"}
    assert not unknown, f"{case.patient_id}: unknown kind {unknown}"
    typical = [_event(line) for line in TYPICAL.strip().splitlines()]
    case.events = [event for event in typical if event.kind not in left_out and "everything" not in left_out] + own
    assert case.expected, f"{case.patient_id}: nothing is expected"
    return case


def _event(line: str) -> Event:
    match = EVENT.fullmatch(line)
    assert match, f"not an event: {line}"
    assert match["kind"] in KINDS, f"unknown kind: {line}"
    return Event(match["start"], match["end"] or "", match["kind"], tuple(part.strip() for part in match["what"].split("|")))


def day(text: str) -> str:
    """A day number from day zero as an ISO date; a date, a month or any other text as it stands."""
    return (DAY_ZERO + timedelta(days=int(text))).isoformat() if re.fullmatch(r"-?\d{1,3}", text) else text


def export(cases: list[Case], folder: Path, cut_off: date = EXPORT_DAY) -> Path:
    """One full batch with a patient a case; gives the folder of the exports."""
    tables: dict[str, list[tuple[str, ...]]] = {name: [] for name in COLUMNS}
    for case in cases:
        tables["patients"].append((case.patient_id, *(case.patient[name] for name in COLUMNS["patients"][1:])))
        for number, event in enumerate(case.events):
            table, row = _row(case.patient_id, f"{case.patient_id}/{number}", event)
            tables[table].append(row)
    batch = folder / "batch"
    batch.mkdir(parents=True)
    for name, rows in tables.items():
        with (batch / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS[name], *rows])
    about = {"batch_id": "spec", "exported_at": f"{cut_off}T02:00:00+08:00", "mode": "full", "data": "synthetic"}
    (batch / "batch.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def _row(patient: str, key: str, event: Event) -> tuple[str, tuple[str, ...]]:
    start, end = day(event.start), day(event.end)
    first, second, third, specimen = (*event.what, "", "", "")[:4]
    rows = {
        "diagnosis": ("diagnoses", (key, patient, start, first, second, third)),
        "order": ("medications", (key, patient, first, start, end, second)),
        "specimen": ("specimens", (second or key, patient, start, first)),
        "biomarker": ("biomarkers", (key, patient, specimen, start, first, second, third)),
        "assessment": ("assessments", (key, patient, start, first)),
        "ecog": ("performance_status", (key, patient, start, first)),
        "lab": ("labs", (key, patient, start, first or "CEA", second or "5")),
        "contact": ("follow_ups", (key, patient, start, first, day(second))),
    }
    return rows[event.kind]
