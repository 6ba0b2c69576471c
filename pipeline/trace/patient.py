"""Whom a trace follows, found by key or by an id of the hospital."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

import duckdb

from pipeline.errors import UsageError
from pipeline.trace.page import has_table
from pipeline.work_area import Row, query

KEY = re.compile(r"[0-9a-f]{16}")

# every day that a model knows of a patient
FIRST_RECORD = """
with records as (
    select diagnosed_on as recorded_on from staging.conformed_diagnoses where patient_id = $patient
    union all
    select started_on from staging.conformed_drug_orders where patient_id = $patient
    union all
    select collected_on from staging.conformed_specimens where patient_id = $patient
    union all
    select reported_on from staging.conformed_biomarkers where patient_id = $patient
    union all
    select assessed_on from staging.conformed_assessments where patient_id = $patient
    union all
    select observed_on from staging.conformed_performance_status where patient_id = $patient
    union all
    select contacted_on from staging.conformed_follow_ups where patient_id = $patient
    union all
    select active_on from staging.conformed_activity where patient_id = $patient
)

select min(recorded_on) from records
"""


@dataclass(frozen=True)
class Patient:
    """A patient after merges. The ids of the hospital never show in a representation."""

    patient_id: str = field(repr=False)
    retired_ids: tuple[str, ...] = field(repr=False)
    key: str
    source: str
    is_known: bool  # in the source population
    zero: date | None
    zero_is: str

    @property
    def ids(self) -> list[str]:
        """Every id that leads to the patient."""
        return [self.patient_id, *self.retired_ids]

    def rows(self, work: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
        """The rows of a query about the patient, who is `$patient` in it."""
        return query(work, sql, patient=self.patient_id)

    def day(self, when: date | None) -> int | None:
        """Days from day 0, negative before it; None where either is unknown."""
        return None if when is None or self.zero is None else (when - self.zero).days

    def on_day(self, when: date | None) -> str:
        """``day -12``, or that it is unknown."""
        number = self.day(when)
        return "day unknown" if number is None else f"day {number}"


def find(work: duckdb.DuckDBPyConnection, wanted: str) -> Patient:
    """The patient with this key, or with this id of the hospital once merges are followed.

    Raises UsageError, without the id, where nobody has it.
    """
    [(source,)] = work.execute("select source from raw.run_settings").fetchall()
    found = _by_key(work, wanted.lower()) if KEY.fullmatch(wanted.lower()) else None
    patient_id = found or _survivor(work, source, wanted)
    [(key,)] = work.execute(
        "select substr(sha256(pseudonym_salt || ':' || cast(? as varchar)), 1, 16) from raw.run_settings", [patient_id]
    ).fetchall()
    is_known = bool(query(work, "select 1 from cohort.candidates where patient_id = $patient", patient=patient_id))
    if not is_known and not _is_delivered(work, patient_id):
        raise UsageError(
            "no patient has this key or id",
            where="PATIENT",
            todo="give a patient_key of 16 hexadecimal digits, or the id as the hospital writes it",
        )
    zero, zero_is = _day_zero(work, patient_id)
    return Patient(patient_id, _retired(work, source, patient_id), key, source, is_known, zero, zero_is)


def _by_key(work: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """Anybody of the source population: a patient without lung cancer has a key too, though no view shows it."""
    rows = query(
        work,
        """
        select candidates.patient_id
        from cohort.candidates
        cross join raw.run_settings
        where substr(sha256(run_settings.pseudonym_salt || ':' || candidates.patient_id), 1, 16) = $key
        """,
        key=key,
    )
    return rows[0]["patient_id"] if rows else None


def _known_patients(source: str) -> str:
    """The model that follows merges; not every source has merges."""
    return f"{source}_known_patients"


def _survivor(work: duckdb.DuckDBPyConnection, source: str, wanted: str) -> str:
    if has_table(work, "staging", table := _known_patients(source)):
        rows = query(work, f'select surviving_patient_id from staging."{table}" where patient_id = $patient', patient=wanted)
        if rows:
            return rows[0]["surviving_patient_id"]
    return wanted


def _retired(work: duckdb.DuckDBPyConnection, source: str, patient_id: str) -> tuple[str, ...]:
    if not has_table(work, "staging", table := _known_patients(source)):
        return ()
    sql = f'select patient_id from staging."{table}" where surviving_patient_id = $patient and patient_id <> $patient order by patient_id'
    return tuple(row["patient_id"] for row in query(work, sql, patient=patient_id))


def _is_delivered(work: duckdb.DuckDBPyConnection, patient_id: str) -> bool:
    """Whether any row, set aside or not, speaks of this id."""
    rows = query(
        work,
        """
        select 1 from engineer.row_lineage where patient_id = $patient
        union all
        select 1 from engineer.quarantine where rule = 'unknown_patient' and trim(raw_value) = $patient
        limit 1
        """,
        patient=patient_id,
    )
    return bool(rows)


def _day_zero(work: duckdb.DuckDBPyConnection, patient_id: str) -> tuple[date | None, str]:
    """The index date, else the advanced date, else the first record, and which it is."""
    for sql, name in (
        ("select index_date from cohort.index_lines where patient_id = $patient", "the index date"),
        ("select advanced_on from clinical.advanced_disease where patient_id = $patient", "the advanced date, for there is no index"),
        (FIRST_RECORD, "the first record, for there is neither an index nor an advanced date"),
    ):
        found = work.execute(sql, {"patient": patient_id}).fetchall()
        if found and found[0][0] is not None:
            return found[0][0], name
    return None, "unknown, for there is no dated record"
