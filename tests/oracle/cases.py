"""Patients as ASCII tables: written as exports, read by the oracle from end to end.

A case is a block of lines. The first, `# ...`, names it; `day what detail` lines are events, `first..last` a span; `=>` lines
hold what is expected, `column value` pairs of `cohort`, `excluded_by <criterion>`, or `lines <first>..<last> <regimen>; ...`.
Day 0 is 2020-01-01. Unless a case says otherwise the patient is a woman born in 1970 with lung cancer of stage IV and a
positive ALK test on day -900.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from .exports import TABLES
from .results import evaluate

DAY_0 = date(2020, 1, 1)
SALT = "public"
RESPONSES = ("CR", "PR", "SD", "PD", "NE", "iUPD", "iCPD", "nonsense")
Rows = dict[str, list[dict[str, str]]]


def on(day: int) -> str:
    """A day of a case as the exports write it."""
    return (DAY_0 + timedelta(days=day)).isoformat()


@dataclass(frozen=True)
class Case:
    """One patient and what the protocol makes of her."""

    name: str
    rows: Rows
    expected: dict[str, str]


def write_batch(
    folder: Path,
    rows: Rows,
    exported_at: str = "2024-01-01T02:00:00+08:00",
    mode: str = "full",
    **facts: object,
) -> None:
    """A batch folder of plain CSV files, with all tables that a first full batch needs."""
    folder.mkdir(parents=True)
    batch = {"batch_id": folder.name, "exported_at": exported_at, "mode": mode, "data": "synthetic"} | facts
    (folder / "batch.json").write_text(json.dumps(batch), encoding="utf-8")
    needed = ("patients", "diagnoses", "medications", "biomarkers", "assessments") if mode == "full" else ()
    for table in TABLES:
        if table in rows or table in needed:
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, TABLES[table].all_columns, restval="")
                writer.writeheader()
                writer.writerows(rows.get(table, []))


def _event(number: int, first: int, last: int, what: str, detail: str) -> tuple[str, dict[str, str]]:
    """The table and the row of one line of a case."""
    key, day = f"{number:03d}", on(first)
    ended = on(last) if last != first else ""
    if what in RESPONSES:
        return "assessments", {"assessment_id": key, "assessed_on": day, "response_text": what}
    if what in ("alive", "lost", "dead"):
        died = detail if re.fullmatch(r"\d{4}-\d{2}", detail) else on(int(detail)) if detail else ""
        return "follow_ups", {"contact_id": key, "contacted_on": day, "vital_status": what, "death_date": died}
    if what == "pdl1":
        result, _, specimen = detail.partition(" @")
        return "biomarkers", {"test_id": key, "reported_on": day, "test_name": "PD-L1", "result_text": result, "specimen_id": specimen}
    if what == "alk":
        method, _, result = detail.partition(" ")
        return "biomarkers", {"test_id": key, "reported_on": day, "test_name": "ALK", "method": method, "result_text": result}
    if what == "specimen":
        specimen, _, procedure = detail.partition(" ")
        return "specimens", {"specimen_id": specimen, "collected_on": day, "procedure_text": procedure}
    if what == "ecog":
        return "performance_status", {"observation_id": key, "observed_on": day, "ecog_text": detail}
    if what == "lab":
        return "labs", {"lab_id": key, "collected_on": day, "analyte": "CEA", "value_text": "1"}
    if what == "icd":
        code, _, rest = detail.partition(" ")
        stage, _, histology = rest.partition(" / ")
        return "diagnoses", {"diagnosis_id": key, "diagnosed_on": day, "icd10_code": code, "stage_text": stage, "histology_text": histology}
    if what == "cancelled":
        return "medications", {"order_id": key, "drug_name": detail, "started_on": day, "ended_on": ended, "status": "cancelled"}
    name = f"{what} {detail}".strip()
    return "medications", {"order_id": key, "drug_name": name, "started_on": day, "ended_on": ended}


def read_cases(text: str) -> list[Case]:
    """Every block of a text of cases."""
    return [_read_case(block) for block in re.split(r"\n\s*\n", text.strip())]


def _read_case(block: str) -> Case:
    name, *lines = [line.strip() for line in block.strip().splitlines()]
    rows: Rows = {"patients": [{"patient_id": "P1", "sex": "F", "birth_date": "1970-01-01"}]}
    expected: dict[str, str] = {}
    with_defaults = {"icd", "alk"} - {line.split()[1] for line in lines if not line.startswith("=>")}
    defaults = {"icd": "-900 icd C34.1 IV / adenocarcinoma", "alk": "-900 alk IHC positive"}
    events = [line for line in lines if not line.startswith("=>")] + [defaults[one] for one in sorted(with_defaults)]
    for number, line in enumerate(events):
        days, what, detail = [*line.split(maxsplit=2), ""][:3]
        first, _, last = days.partition("..")
        if what == "born":
            rows["patients"][0]["birth_date"] = detail
            continue
        table, row = _event(number, int(first), int(last or first), what, detail)
        rows.setdefault(table, []).append(row | {"patient_id": "P1"})
    for line in lines:
        if line.startswith("=>"):
            column, _, value = line[2:].strip().partition(" ")
            expected[column] = value.strip()
    return Case(name.lstrip("# "), rows, expected)


def answer(case: Case, folder: Path) -> dict[str, str]:
    """What the oracle says of a case, on the columns that it expects."""
    write_batch(folder / "one", case.rows)
    result = evaluate(folder, SALT)
    (eligibility,) = result["eligibility"]
    found: dict[str, Any] = dict(result["cohort"][0]) if result["cohort"] else {}
    found["excluded_by"] = eligibility["excluded_by"]
    found["lines"] = "; ".join(f"{one['start_day']}..{one['end_day']} {one['regimen']}" for one in result["lines_of_therapy"])
    found["index"] = next((one["line_number"] for one in result["lines_of_therapy"] if one["is_index_line"]), None)
    return {column: str(found.get(column)) for column in case.expected}
