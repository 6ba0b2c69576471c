"""The patients one by one, for the swimmer plot and the timeline of a chosen patient.

Read from the published views and handed to the page alone: results.json holds aggregates, and nothing of this leaves with an export.
Patients are numbered in the order of the swimmer plot; their pseudonyms stay in the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.context import AnalysisError
from analysis.study.reading import rows

MOST_SHOWN = 150  # bars that a page of a journal can hold
RESPONSES = ("CR", "PR")


@dataclass(frozen=True)
class Treatment:
    """A line of therapy: its first and last day, and the class of its regimen. Days are counted from the index date, here and below."""

    start: int
    end: int
    regimen_class: str
    is_index: bool


@dataclass(frozen=True)
class Event:
    """An event of the published timeline."""

    day: int
    kind: str
    detail: str | None


@dataclass(frozen=True)
class Patient:
    """One bar of the swimmer plot. `response_day`: the first CR or PR that counts; None without one."""

    number: int
    arm: str
    pfs_days: int
    pfs_end_reason: str
    os_days: int
    died: bool
    response_day: int | None
    treatments: tuple[Treatment, ...]
    events: tuple[Event, ...]

    @property
    def progressed(self) -> bool:
        """Whether progression ended the follow-up for PFS."""
        return self.pfs_end_reason == "progression"

    @property
    def is_censored(self) -> bool:
        """Whether the follow-up for PFS ended without an event."""
        return self.pfs_end_reason not in ("progression", "death")


@dataclass(frozen=True)
class Patients:
    """The patients that are shown, by arm and in it by descending PFS, and how many the cohort has."""

    cohort_size: int
    shown: tuple[Patient, ...]

    @property
    def is_sample(self) -> bool:
        """Whether the cohort has more patients than are shown."""
        return len(self.shown) < self.cohort_size


COHORT = """
select patient_key, arm, pfs_days, pfs_end_reason, os_days, os_event as died, best_response
from published.cohort
order by patient_key
"""
TREATMENTS = """
select patient_key, start_day, end_day, regimen_class, is_index_line
from published.lines_of_therapy
where end_day >= 0
order by patient_key, start_day, line_number
"""
TIMELINE = """
select patient_key, day, event_type, detail
from published.timeline
order by patient_key, day, ends_with(event_type::varchar, '_end'), event_type, detail nulls first
"""  # what starts and ends on one day starts first


def read_patients(database: Path, protocol: Mapping[str, Any], key: str | None = None, most: int = MOST_SHOWN) -> Patients:
    """The patients of a release's `cohort.duckdb`, or a systematic sample of `most` of them.

    Raises `AnalysisError` where the release lacks the views.
    """
    import duckdb

    from pipeline.database import connect

    try:
        with connect(database, key, read_only=True) as connection:
            return patients_from(connection, protocol, most)
    except duckdb.CatalogException as error:
        raise AnalysisError(f"{database.name} lacks a view of the patients; publish it anew") from error


def patients_from(connection: Any, protocol: Mapping[str, Any], most: int = MOST_SHOWN) -> Patients:
    """The same through an open connection."""
    cohort = rows(connection, COHORT)
    places = {arm: place for place, arm in enumerate(protocol["arms"])}
    ordered = sorted(cohort, key=lambda row: (places[row["arm"]], -row["pfs_days"], -row["os_days"], row["patient_key"]))
    chosen = systematic_sample(ordered, most)
    keys = {row["patient_key"] for row in chosen}
    lines, timeline = (grouped(rows(connection, query), keys) for query in (TREATMENTS, TIMELINE))
    first_day = int(protocol["parameters"]["best_response_from_day"])
    shown = [
        patient_of(number, row, lines.get(row["patient_key"], []), timeline.get(row["patient_key"], []), first_day)
        for number, row in enumerate(chosen, start=1)
    ]
    return Patients(len(cohort), tuple(shown))


def systematic_sample(ordered: Sequence[Any], most: int) -> list[Any]:
    """`most` of a sequence at even distances, the same ones each time; all where there are no more."""
    if len(ordered) <= most:
        return list(ordered)
    return [ordered[int((place + 0.5) * len(ordered) / most)] for place in range(most)]


def grouped(found: Sequence[Mapping[str, Any]], keys: set[str]) -> dict[str, list[Mapping[str, Any]]]:
    """Rows by patient, of the patients asked for."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in found:
        if row["patient_key"] in keys:
            groups.setdefault(row["patient_key"], []).append(row)
    return groups


def patient_of(
    number: int, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], timeline: Sequence[Mapping[str, Any]], first_day: int
) -> Patient:
    """One patient from rows of the views."""
    responses = [
        event["day"]
        for event in timeline
        if event["event_type"] == "assessment" and event["detail"] in RESPONSES and first_day <= event["day"] <= row["pfs_days"]
    ]
    return Patient(
        number=number,
        arm=row["arm"],
        pfs_days=int(row["pfs_days"]),
        pfs_end_reason=row["pfs_end_reason"],
        os_days=int(row["os_days"]),
        died=bool(row["died"]),
        response_day=min(responses, default=None) if row["best_response"] in RESPONSES else None,
        treatments=tuple(
            Treatment(int(line["start_day"]), int(line["end_day"]), line["regimen_class"], bool(line["is_index_line"])) for line in lines
        ),
        events=tuple(Event(int(event["day"]), event["event_type"], event["detail"]) for event in timeline),
    )
