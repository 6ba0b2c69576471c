"""The facts derived of a patient, each with the places of the rows that it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import duckdb

from pipeline.trace.fact_queries import ALK_TESTS, ASSESSMENTS, DEATHS, ECOG, ERAS, PD_L1_TESTS, SPECIMENS
from pipeline.trace.page import Part, grid, known
from pipeline.trace.patient import Patient
from pipeline.trace.rows import Delivered

SHOWN = 40
# a code field may hold anything: what doesn't have the form of a code isn't shown
CANCER_CODE = re.compile(r"(C\d\d)(?:\.?[0-9X]{1,7})?")


@dataclass(frozen=True)
class Fact:
    """One fact: its day, what it says, and the keys of its rows in a table of the source."""

    on: date | None
    text: str
    table: str
    keys: tuple[str, ...]
    until: date | None = None


def part(work: duckdb.DuckDBPyConnection, patient: Patient, delivered: Delivered) -> Part:
    """The facts kind by kind, at most ``SHOWN`` of each: those nearest to day 0."""
    table = grid("day", "fact", "", "from", right=("day",))
    for kind, read in KINDS:
        found = list(read(work, patient, delivered))
        near = sorted(found, key=lambda fact: abs(patient.day(fact.on) or 0))[:SHOWN]
        for place, fact in enumerate(fact for fact in found if fact in near):
            table.add_row(_days(fact, patient), kind if place == 0 else "", fact.text, delivered.places(fact.table, fact.keys))
        if len(found) > SHOWN:
            table.add_row("", "", f"and {len(found) - SHOWN} more", "")
    return Part("Facts", (table,)) if table.row_count else Part("Facts: none", ())


def _days(fact: Fact, patient: Patient) -> str:
    first = patient.day(fact.on)
    if first is None:
        return ""
    return str(first) if fact.until is None else f"{first} to {patient.day(fact.until)}"


def _diagnoses(work: duckdb.DuckDBPyConnection, patient: Patient, _: Delivered) -> Iterator[Fact]:
    found = patient.rows(work, "select * from staging.conformed_diagnoses where patient_id = $patient order by diagnosed_on, diagnosis_id")
    others = []
    for row in found:
        if code := cancer_code(row["icd10_code"]):
            stage = f"stage {row['stage_group']}" if row["stage_group"] else ""
            small_cell = "small cell" if row["is_small_cell"] else ""
            histology = "" if small_cell else row["histology_class"] or ""
            text = ", ".join(word for word in (code, stage, small_cell, histology) if word)
            yield Fact(row["diagnosed_on"], text, "diagnoses", (row["diagnosis_id"],))
        else:
            others.append(row["diagnosis_id"])
    if others:
        yield Fact(None, f"{len(others)} with codes of no cancer", "diagnoses", tuple(others))


def cancer_code(code: str) -> str:
    """The code of a cancer, without what else the field holds; nothing for other codes."""
    found = CANCER_CODE.match(code)
    if found is None:
        return ""
    return code if found[0] == code else f"{found[1]} and more"


def _alk_tests(work: duckdb.DuckDBPyConnection, patient: Patient, _: Delivered) -> Iterator[Fact]:
    for row in patient.rows(work, ALK_TESTS):
        yield Fact(row["tested_on"], ", ".join((row["result"], f"day of the {row['dated_by']}")), "biomarkers", (row["test_id"],))


def _pd_l1_tests(work: duckdb.DuckDBPyConnection, patient: Patient, _: Delivered) -> Iterator[Fact]:
    for row in patient.rows(work, PD_L1_TESTS):
        words = [row["status"] or "not evaluable"]
        words += [f"level {row['level']}"] if row["level"] else []
        words += [f"score {known(row['score'])}"] if row["score"] is not None else []
        words += [f"day of the {row['dated_by']}"]
        words += ["counts at index"] if row["is_at_index"] else []
        yield Fact(row["tested_on"], ", ".join(words), "biomarkers", (row["test_id"],))


def _specimens(work: duckdb.DuckDBPyConnection, patient: Patient, _: Delivered) -> Iterator[Fact]:
    for row in patient.rows(work, SPECIMENS):
        text = ("tissue" if row["is_tissue"] else "no tissue") + (", re-biopsy" if row["is_re_biopsy"] else "")
        yield Fact(row["collected_on"], text, "specimens", (row["specimen_id"],))


def _eras(work: duckdb.DuckDBPyConnection, patient: Patient, delivered: Delivered) -> Iterator[Fact]:
    for row in patient.rows(work, ERAS):
        text = f"{row['ingredient']} ({row['drug_class']}), orders: {row['orders']}"
        yield Fact(row["started_on"], text, delivered.order_table, tuple(row["order_ids"]), row["ended_on"])


def _assessments(work: duckdb.DuckDBPyConnection, patient: Patient, _: Delivered) -> Iterator[Fact]:
    for row in patient.rows(work, ASSESSMENTS):
        words = [f"{row['response']} (iUPD)" if row["has_iupd"] else row["response"]]
        words += ["resistance event"] if row["is_resistance"] else []
        yield Fact(row["assessed_on"], ", ".join(words), "assessments", tuple(row["assessment_ids"]))


def _ecog(work: duckdb.DuckDBPyConnection, patient: Patient, _: Delivered) -> Iterator[Fact]:
    for row in patient.rows(work, ECOG):
        text = f"{known(row['ecog'])}, counts at index" if row["is_at_index"] else known(row["ecog"])
        yield Fact(row["observed_on"], text, "performance_status", (row["observation_id"],))


def _contacts(work: duckdb.DuckDBPyConnection, patient: Patient, _: Delivered) -> Iterator[Fact]:
    for row in patient.rows(
        work, "select * from staging.conformed_follow_ups where patient_id = $patient order by contacted_on, contact_id"
    ):
        names = f", names a death on {patient.on_day(row['death_date'])}" if row["death_date"] else ""
        names = names or (", names a month of death" if row["death_month"] else "")
        yield Fact(row["contacted_on"], f"{row['vital_status']}{names}", "follow_ups", (row["contact_id"],))


def _deaths(work: duckdb.DuckDBPyConnection, patient: Patient, _: Delivered) -> Iterator[Fact]:
    for row in patient.rows(work, DEATHS):
        text = "from an exact date" if row["precision"] == "day" else "from a month"
        if row["is_before_index"]:
            text += ", not used: before the index date"
        yield Fact(row["died_on"], text, "follow_ups", tuple(row["contact_ids"]))


KINDS: tuple[tuple[str, Callable[[duckdb.DuckDBPyConnection, Patient, Delivered], Iterator[Fact]]], ...] = (
    ("diagnosis", _diagnoses),
    ("ALK test", _alk_tests),
    ("PD-L1 test", _pd_l1_tests),
    ("specimen", _specimens),
    ("drug era", _eras),
    ("assessment", _assessments),
    ("ECOG", _ecog),
    ("contact", _contacts),
    ("death", _deaths),
)
