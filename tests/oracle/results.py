"""The views of the published interface, built patient by patient from the exports."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .drugs import Vocabulary, read_vocabulary
from .endpoints import death_date, outcome
from .exports import TABLES, Batch, order_batches
from .facts import Patient, build_patients
from .lines import Line, advanced_date, classes_of, drug_eras, lines_of_therapy, regimen_class, regimen_text
from .parameters import CRITERIA, DEFAULTS
from .rules import day_responses, ecog_at, ici_starts, index_line, is_rebiopsy, pd_l1_at_index, resistance_days
from .values import completed_years
from .versions import Settled, settle

Record = dict[str, Any]


@dataclass
class Course:
    """What the rules make of one patient."""

    patient: Patient
    criteria: dict[str, bool | None]
    advanced: date | None
    lines: list[Line]
    index: Line | None
    next_line: date | None
    resistance: date | None
    responses: dict[date, str]
    alk_tki_starts: dict[str, date]  # the first start of an era of each ALK-TKI
    is_candidate: bool
    was_alk_tki_exposed: bool

    @property
    def excluded_by(self) -> str | None:
        """The first criterion that fails."""
        return next((one for one in CRITERIA if self.criteria[one] is False), None)


def patient_key(patient_id: str, salt: str) -> str:
    """The first 16 hex digits of SHA-256 of `<salt>:<surviving patient_id>`."""
    return hashlib.sha256(f"{salt}:{patient_id}".encode()).hexdigest()[:16]


def follow_course(patient: Patient, vocabulary: Vocabulary, protocol: Record) -> Course:
    """All rules for one patient, up to the criteria."""
    eras = drug_eras(patient.orders, vocabulary, protocol)
    alk_tki_eras = [era for era in eras if vocabulary.drug_class[era.ingredient] == "alk_tki"]
    starts: dict[str, date] = {}
    for era in alk_tki_eras:
        starts[era.ingredient] = min(era.start, starts.get(era.ingredient, era.start))
    advanced = advanced_date(patient)
    lines = lines_of_therapy(eras, advanced, protocol)
    ici = ici_starts(patient.orders, vocabulary)
    responses = day_responses(patient, ici, protocol)
    events = resistance_days([day for day, response in responses.items() if response == "PD"], alk_tki_eras, protocol)
    line = index_line(lines, events, vocabulary, protocol)
    index = line.start if line else None

    def by_index(days: list[date]) -> bool:
        """A day on or before the index, or any where there is no index."""
        return any(index is None or day <= index for day in days)

    lung = [one for one in patient.diagnoses if one.is_lung]
    criteria: dict[str, bool | None] = {
        "nsclc": by_index([one.day for one in lung]) and not by_index([one.day for one in lung if one.small_cell]),
        "alk_positive": by_index([one.day for one in patient.alk_tests if one.result == "positive"]),
        "advanced": advanced is not None and by_index([advanced]),
        "alk_tki_treated": bool(alk_tki_eras),
        "alk_tki_resistant": bool(events),
        "post_resistance_therapy": line is not None,
        "index_in_window": None,
        "adult": None,
        "no_prior_ici": None,
        "evaluable": None,
    }
    if index is not None:
        died = death_date(patient)
        followed = [
            *(one.day for one in patient.assessments),
            *(one.day for one in patient.contacts if one.status != "lost"),
            *([died] if died else []),
        ]
        criteria["index_in_window"] = protocol["window_start"] <= index <= protocol["window_end"]
        criteria["adult"] = completed_years(patient.born, index) >= protocol["minimum_age"]
        criteria["no_prior_ici"] = not any(start < index for start in ici)
        criteria["evaluable"] = any(day > index for day in followed)
    following = [one.start for one in lines if index is not None and one.start > index]
    return Course(
        patient=patient,
        criteria=criteria,
        advanced=advanced,
        lines=lines,
        index=line,
        next_line=min(following, default=None),
        resistance=max((day for day in events if index is not None and day <= index), default=None),
        responses=responses,
        alk_tki_starts=starts,
        is_candidate=bool(lung or alk_tki_eras),
        was_alk_tki_exposed=bool(alk_tki_eras),
    )


def cohort_row(course: Course, vocabulary: Vocabulary, protocol: Record, salt: str) -> Record:
    """One row of `cohort` (without `histology_class`, which no page defines)."""
    patient, line, resistance = course.patient, course.index, course.resistance
    assert line is not None
    assert resistance is not None
    index = line.start
    classes = classes_of(line, vocabulary)
    pd_l1 = pd_l1_at_index(patient, resistance, index, protocol)
    prior = [ingredient for ingredient, start in course.alk_tki_starts.items() if start < index]
    generations = [vocabulary.generation[one] for one in prior if one in vocabulary.generation]
    result = outcome(patient, index, course.next_line, course.responses, protocol)
    age = completed_years(patient.born, index)
    return {
        "patient_key": patient_key(patient.patient_id, salt),
        "arm": "immunotherapy" if "ici" in classes else "non_immunotherapy",
        "regimen_class": regimen_class(line, vocabulary),
        "regimen": regimen_text(line),
        "index_year": index.year,
        "line_number": line.number,
        "age_at_index": min(age, protocol["highest_published_age"]),
        "sex": patient.sex,
        "smoking": patient.smoking,
        "ecog_at_index": ecog_at(patient, index),
        "brain_metastasis": any(one.code.replace(".", "").startswith("C793") and one.day <= index for one in patient.diagnoses),
        "pd_l1_status": pd_l1.status,
        "pd_l1_level": pd_l1.level,
        "pd_l1_tps": pd_l1.tps,
        "pd_l1_from_rebiopsy": pd_l1.from_rebiopsy,
        "rebiopsied": any(is_rebiopsy(one, resistance, index, protocol) for one in patient.specimens),
        "tki_continued": "alk_tki" in classes,
        "prior_alk_tki_count": len(prior),
        "prior_alk_tki_generation": max(generations, default=None),
        "prior_lines": line.number - 1,
        "resistance_day": (resistance - index).days,
        "first_ici_day": min(
            ((one.start - index).days for one in course.lines if one.number >= line.number and "ici" in classes_of(one, vocabulary)),
            default=None,
        ),
        "pfs_days": result.pfs_days,
        "pfs_event": result.pfs_event,
        "pfs_end_reason": result.pfs_end_reason,
        "pfs_months": result.pfs_days / protocol["days_per_month"],
        "os_days": result.os_days,
        "os_event": result.os_event,
        "os_months": result.os_days / protocol["days_per_month"],
        "best_response": result.best_response,
    }


def line_rows(course: Course, vocabulary: Vocabulary, salt: str) -> list[Record]:
    """The rows of `lines_of_therapy` of a patient: days from the index, or from the advanced date where there is none."""
    zero = course.index.start if course.index else course.advanced
    rows = []
    for line in course.lines:
        assert zero is not None
        assert line.end is not None
        rows.append(
            {
                "patient_key": patient_key(course.patient.patient_id, salt),
                "line_number": line.number,
                "start_day": (line.start - zero).days,
                "end_day": (line.end - zero).days,
                "day_zero": "index" if course.index else "advanced",
                "regimen": regimen_text(line),
                "regimen_class": regimen_class(line, vocabulary),
                "is_index_line": line is course.index,
            },
        )
    return rows


def attrition_rows(courses: list[Course]) -> list[Record]:
    """Patients left after each criterion, from the source population (step 0, of which no page says more) on."""
    left = len(courses)
    rows: list[Record] = [{"step": 0, "patients_left": left}]
    excluded = Counter(course.excluded_by for course in courses)
    for step, criterion in enumerate(CRITERIA, start=1):
        left -= excluded[criterion]
        rows.append({"step": step, "criterion": criterion, "patients_left": left, "patients_excluded": excluded[criterion]})
    return rows


def reconciliation_rows(settled: Settled) -> list[Record]:
    """Where the raw rows of every table of the contract ended; the sums are checked."""
    rows = []
    for table in TABLES:
        counts = settled.counts[table]
        assert counts["raw"] == sum(count for place, count in counts.items() if place != "raw"), table
        rows.append({"table_name": table} | {f"{place}_rows": count for place, count in counts.items()})
    return rows


def read_exports(exports: Path | str | list[Path]) -> tuple[list[Batch], Settled]:
    """The batches of a folder (or of a list of batch folders) in their order, and where every row of them ended.

    Raises Refusal where the contract refuses a batch or a refresh.
    """
    folders = exports if isinstance(exports, list) else sorted(path for path in Path(exports).iterdir() if path.is_dir())
    batches = order_batches(folders)
    return batches, settle(batches)


def apply_protocol(
    batches: list[Batch],
    settled: Settled,
    salt: str,
    vocabulary: Vocabulary | None = None,
    protocol: Record | None = None,
) -> dict[str, Any]:
    """Every published row that the protocol decides; the keys are those of `evaluate`."""
    vocabulary = vocabulary or read_vocabulary()
    protocol = DEFAULTS | (protocol or {})
    patients = build_patients(settled, batches, vocabulary, protocol)
    courses = [follow_course(patient, vocabulary, protocol) for patient in patients.values()]
    shown = [course for course in courses if course.is_candidate]
    summary = Counter((one["table"], one["rule"]) for one in settled.quarantine)
    return {
        "cohort": [cohort_row(course, vocabulary, protocol, salt) for course in courses if course.excluded_by is None],
        "eligibility": [
            {"patient_key": patient_key(course.patient.patient_id, salt)} | course.criteria | {"excluded_by": course.excluded_by}
            for course in shown
        ],
        "attrition": attrition_rows(courses),
        "lines_of_therapy": [row for course in courses if course.was_alk_tki_exposed for row in line_rows(course, vocabulary, salt)],
        "reconciliation": reconciliation_rows(settled),
        "quarantine": settled.quarantine,
        "quarantine_summary": [{"table_name": table, "rule": rule, "rows": count} for (table, rule), count in sorted(summary.items())],
        "courses": {patient_key(course.patient.patient_id, salt): course for course in courses},
    }


def evaluate(
    exports: Path | str | list[Path],
    salt: str,
    vocabulary: Vocabulary | None = None,
    protocol: Record | None = None,
) -> dict[str, Any]:
    """Reads a folder of batches (or a list of batch folders) and returns every published row that the protocol decides.

    `protocol` overrides single parameters of `DEFAULTS`. Keys of the result: `cohort`, `eligibility`, `attrition`,
    `lines_of_therapy`, `reconciliation`, `quarantine` (row by row), `quarantine_summary`, and `courses` (by patient key:
    the raw facts and days, for whoever looks into a difference).
    Raises Refusal where the contract refuses a batch or a refresh.
    """
    batches, settled = read_exports(exports)
    return apply_protocol(batches, settled, salt, vocabulary, protocol)
