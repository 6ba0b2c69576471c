"""The criteria of protocol.yml, each with the values that decided it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import duckdb

from pipeline.protocol import PLACEHOLDER, Protocol
from pipeline.trace.page import Part, grid, known
from pipeline.trace.patient import Patient
from pipeline.work_area import Row, query

WORD = re.compile(r"[a-z_][a-z0-9_]*")


def part(work: duckdb.DuckDBPyConnection, protocol: Protocol, patient: Patient) -> Part:
    """Every criterion in order. The columns that a rule names are its values, so that a new criterion needs nothing here."""
    [candidate] = patient.rows(work, "select * from cohort.candidates where patient_id = $patient")
    [outcome] = patient.rows(work, "select * from cohort.criteria where patient_id = $patient")
    missing = {
        row["entry_id"]: row["requires"]
        for row in query(work, "select * from cohort.protocol_assessability where kind = 'criterion' and not is_assessable")
    }
    has_calendar = bool(query(work, "select 1 from staging.conformed_capabilities where capability = 'calendar_dates' and is_available"))
    behind = evidence(work, patient)
    table = grid("criterion", "outcome", "values")
    for criterion in protocol["criteria"]:
        name = criterion["id"]
        values = values_of(criterion["rule"], candidate, protocol["parameters"], behind, patient, has_calendar)
        words = verdict(name, outcome, missing)
        table.add_row(name, f"{words} <-" if name == outcome["excluded_by"] else words, "; ".join(values))
    reason = outcome["excluded_by"]
    return Part(f"Criteria: excluded by {reason}" if reason else "Criteria: none fails", (table,))


def verdict(name: str, outcome: Row, missing: Mapping[str, str]) -> str:
    """Passed, failed, or why neither."""
    if name not in outcome:
        return "not derived yet"
    if name in missing:
        return f"not assessable: {missing[name]}"
    if outcome[name] is None:
        return "no index"
    return "passed" if outcome[name] else "failed"


def values_of(
    rule: str, candidate: Row, parameters: Mapping[str, Any], behind: Mapping[str, str], patient: Patient, has_calendar: bool
) -> list[str]:
    """What the rule names: columns of the patient's row of `candidates`, then parameters of the protocol."""
    names = list(dict.fromkeys(PLACEHOLDER.findall(rule)))
    columns = [word for word in dict.fromkeys(WORD.findall(PLACEHOLDER.sub(" ", rule))) if word in candidate]
    bounds = {name: parameters[name] for name in names}
    said = []
    for column in columns:
        value = candidate[column]
        words = _dated(value, bounds, patient, has_calendar) if isinstance(value, date) else known(_capped(column, value, parameters))
        said.append(f"{column} {words}" + (f" ({behind[column]})" if behind.get(column) else ""))
    return said + [f"{name} {known(value)}" for name, value in bounds.items()]


def _capped(column: str, value: object, parameters: Mapping[str, Any]) -> object:
    """A very high age is as telling as a name; it shows as the published views have it."""
    highest = parameters.get("highest_published_age")
    if column == "age_at_index" and isinstance(value, int) and highest is not None and value >= highest:
        return f"{highest} or above"
    return value


def _dated(value: date, bounds: Mapping[str, Any], patient: Patient, has_calendar: bool) -> str:
    """No date of a patient is shown: its day, and beside the rule's dates the year and on which side of them it lies."""
    sides = []
    for name, bound in bounds.items():
        if isinstance(bound, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", bound):
            limit = date.fromisoformat(bound)
            sides.append(f"{'before' if value < limit else 'after' if value > limit else 'on'} {name}")
    day = patient.on_day(value)
    return ", ".join([day, f"in {value.year}", *sides]) if sides and has_calendar else day


def evidence(work: duckdb.DuckDBPyConnection, patient: Patient) -> dict[str, str]:
    """The day behind a column of `candidates`, where a column is only a yes or a number."""
    found: dict[str, str] = {}
    for column, (sql, words) in BEHIND.items():
        [row] = patient.rows(work, sql)
        found[column] = words(row, patient)
    return found


def _from(name: str) -> Callable[[Row, Patient], str]:
    """``first on day -812``; nothing where there is no day."""
    return lambda row, patient: "" if row["first_on"] is None else f"{name} on {patient.on_day(row['first_on'])}"


def _index(row: Row, patient: Patient) -> str:
    if row["line_number"] is None:
        return "no index line"
    after = (row["index_date"] - row["resistance_date"]).days
    return f"line {row['line_number']}, {after} days after the resistance on {patient.on_day(row['resistance_date'])}"


def _resistance(row: Row, patient: Patient) -> str:
    if row["first_on"] is None:
        return ""
    first, last = patient.day(row["first_on"]), patient.day(row["last_on"])
    return f"day {first}" if first == last else f"day {first} to {last}"


def _follow_up(row: Row, patient: Patient) -> str:
    days = {name: patient.day(row[name]) for name in ("assessment", "contact", "death")}
    said = [f"{name} day {day}" for name, day in days.items() if day is not None]
    return "last: " + ", ".join(said) if said else ""


BEHIND: dict[str, tuple[str, Callable[[Row, Patient], str]]] = {
    "index_date": (
        """
        select min(line_number) as line_number, min(index_date) as index_date, min(resistance_date) as resistance_date
        from cohort.index_lines
        where patient_id = $patient
        """,
        _index,
    ),
    "has_lung_cancer": (
        "select min(diagnosed_on) as first_on from clinical.lung_cancer_diagnoses where patient_id = $patient",
        _from("first"),
    ),
    "has_small_cell": (
        "select min(diagnosed_on) as first_on from clinical.lung_cancer_diagnoses where is_small_cell and patient_id = $patient",
        _from("first"),
    ),
    "is_alk_positive": (
        "select min(tested_on) as first_on from clinical.alk_tests where is_positive and patient_id = $patient",
        _from("first positive"),
    ),
    "is_advanced": ("select min(advanced_on) as first_on from clinical.advanced_disease where patient_id = $patient", _from("advanced")),
    "alk_tki_eras": (
        "select min(started_on) as first_on from clinical.drug_eras where drug_class = 'alk_tki' and patient_id = $patient",
        _from("first begun"),
    ),
    "resistance_events": (
        "select min(resistance_on) as first_on, max(resistance_on) as last_on from clinical.resistance_events where patient_id = $patient",
        _resistance,
    ),
    "ici_orders_before_index": (
        "select min(started_on) as first_on from clinical.drug_exposures where drug_class = 'ici' and patient_id = $patient",
        _from("first immunotherapy"),
    ),
    "has_follow_up_after_index": (
        """
        select
            (select max(assessed_on) from staging.conformed_assessments where patient_id = $patient) as assessment,
            (
                select max(contacted_on) from staging.conformed_follow_ups
                where patient_id = $patient and vital_status <> 'lost'
            ) as contact,
            (select max(died_on) from clinical.deaths where patient_id = $patient) as death
        """,
        _follow_up,
    ),
}
