"""Death, PFS, OS and best response (protocol, Endpoints). Day 0 is the index date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .facts import Patient
from .values import last_of_month

BEST_FIRST = ("CR", "PR", "SD", "PD", "NE")
EVALUABLE = ("CR", "PR", "SD", "PD")


def record_days(patient: Patient, about_death: bool = True) -> list[date]:
    """Days with a record, as for OS; without contacts that have a death date or the status `dead` if not `about_death`."""
    contacts = [
        one.day
        for one in patient.contacts
        if one.status != "lost" and (about_death or not (one.status == "dead" or one.death_day or one.death_month))
    ]
    return [
        *(one.day for one in patient.assessments),
        *contacts,
        *(one.start for one in patient.orders),
        *(one.day for one in patient.specimens),
        *patient.other_days,
        *(one.day for one in patient.diagnoses),
        *(day for day, _ in patient.ecogs),
    ]


def death_date(patient: Patient) -> date | None:
    """The earliest exact death date; only where there is none, the earliest month, read as the protocol says."""
    exact = [one.death_day for one in patient.contacts if one.death_day]
    if exact:
        return min(exact)
    months = [one.death_month for one in patient.contacts if one.death_month]
    if not months:
        return None
    month = min(months)
    middle, last = month.replace(day=15), last_of_month(month)
    later_records = [day for day in record_days(patient, about_death=False) if middle <= day <= last]
    died = max(later_records) + timedelta(days=1) if later_records else middle
    named = min(one.day for one in patient.contacts if one.death_month == month)
    return min(died, last, named)


@dataclass(frozen=True)
class Outcome:
    """The endpoint columns of the cohort."""

    pfs_days: int
    pfs_event: bool
    pfs_end_reason: str
    os_days: int
    os_event: bool
    best_response: str


def outcome(patient: Patient, index: date, next_line: date | None, responses: dict[date, str], protocol: dict[str, Any]) -> Outcome:
    """PFS, OS and best response of a patient with an index."""
    by_day = {(day - index).days: response for day, response in responses.items()}
    died = death_date(patient)
    death = (died - index).days if died and died >= index else None  # a death before the index is a contradiction: not used
    pfs_days, pfs_event, reason = _pfs(by_day, death, None if next_line is None else (next_line - index).days, protocol)
    last_record = max([0, *((day - index).days for day in record_days(patient))])
    os_days = last_record if death is None else death
    return Outcome(pfs_days, pfs_event, reason, os_days, death is not None, _best_response(by_day, pfs_days, protocol))


def _pfs(by_day: dict[int, str], death: int | None, next_line: int | None, protocol: dict[str, Any]) -> tuple[int, bool, str]:
    """Days, event and end reason; an event on the day of the next line's start is one, a later one isn't."""
    blanking = protocol["progression_blanking_days"]
    progression = min((day for day, response in by_day.items() if response == "PD" and day >= blanking), default=None)
    events = [(day, order, name) for day, order, name in ((progression, 0, "progression"), (death, 1, "death")) if day is not None]
    if events:
        day, _, name = min(events)
        if next_line is None or day <= next_line:
            return day, True, name
    assessed = [day for day, response in by_day.items() if response in EVALUABLE and day >= 0 and (next_line is None or day <= next_line)]
    return max(assessed, default=0), False, "last_assessment" if next_line is None else "next_line"


def _best_response(by_day: dict[int, str], pfs_days: int, protocol: dict[str, Any]) -> str:
    """The best of the days' responses from day 14 to `pfs_days`; SD before day 28 is not evaluable; none is NE."""
    found = set()
    for day, response in by_day.items():
        if protocol["best_response_from_day"] <= day <= pfs_days:
            found.add("NE" if response == "SD" and day < protocol["stable_disease_from_day"] else response)
    return next((one for one in BEST_FIRST if one in found), "NE")
