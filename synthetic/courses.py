"""The course of one patient after the index date: scans on a realistic schedule, progression, death, end of follow-up.

All in whole days from the index date and all from integer draws: between two scans a patient progresses with the chance
that the cell gives, is seen at the next scan, or earlier at an unscheduled one, or dies; a few change treatment first.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from synthetic.days import LAST_KNOWN_DAY, as_date
from synthetic.draws import Draws

END_OF_KNOWLEDGE = as_date(LAST_KNOWN_DAY)
LONGEST_LAST_CONTACT_GAP = 75
SUNDAY = 6


@dataclass(frozen=True)
class Cell:
    """Patients of one arm, PD-L1 status and re-biopsy, with the chances (per mille) that shape their courses.

    The number of patients is invented: the abstract gives none by arm or stratum.
    """

    arm: str
    pd_l1_status: str
    rebiopsied: bool
    patients: int
    first_scan_progression: int
    later_scan_progression: int
    response: int
    monthly_death_after_progression: int


@dataclass(frozen=True)
class Course:
    """What happens to one patient, in days from the index date."""

    index_date: date
    scans: tuple[tuple[int, str], ...]
    pfs_days: int
    pfs_end_reason: str
    next_line_day: int | None
    os_days: int
    os_event: bool

    @property
    def pfs_event(self) -> bool:
        """Whether PFS ended with progression or death."""
        return self.pfs_end_reason in {"progression", "death"}


# How many of a hundred index lines start in which year, by arm: immunotherapy comes later.
INDEX_YEARS = {
    "immunotherapy": ((2018, 3), (2019, 14), (2020, 24), (2021, 32), (2022, 27)),
    "non_immunotherapy": ((2018, 15), (2019, 26), (2020, 24), (2021, 20), (2022, 15)),
}
FIRST_DAY = {"immunotherapy": date(2018, 9, 3), "non_immunotherapy": date(2018, 6, 11)}
LAST_DAY = date(2022, 12, 20)


def off_sunday(index_date: date, day: int) -> int:
    """The day, or the next one if it is a Sunday: no scan and no infusion is on Sundays."""
    return day + 1 if (index_date + timedelta(days=day)).weekday() == SUNDAY else day


def draw_index_date(arm: str, draws: Draws) -> date:
    """An index date for the arm, within the study window."""
    year = draws.pick_weighted(INDEX_YEARS[arm])
    first = max(FIRST_DAY[arm], date(year, 1, 2))
    last = min(LAST_DAY, date(year, 12, 28))
    chosen = first + timedelta(days=draws.one_below((last - first).days + 1))
    return chosen + timedelta(days=off_sunday(chosen, 0))


def draw_scan_days(index_date: date, draws: Draws) -> list[int]:
    """Scheduled scans up to the last known day: about every 6 to 7 weeks, after a year every 8 to 11."""
    days: list[int] = []
    day = draws.one_between(37, 50)
    end = (END_OF_KNOWLEDGE - index_date).days
    while day <= end:
        days.append(off_sunday(index_date, day))
        day += draws.one_between(39, 57) if day < 365 else draws.one_between(56, 80)
    return [day for day in days if day <= end]


def draw_course(cell: Cell, draws: Draws) -> Course:
    """One possible course of a patient of the cell."""
    index_date = draw_index_date(cell.arm, draws)
    known_days = (END_OF_KNOWLEDGE - index_date).days
    follow_up = known_days - draws.one_below(min(LONGEST_LAST_CONTACT_GAP, known_days // 2))
    if draws.happens(100):
        follow_up = draws.one_between(follow_up * 2 // 5, follow_up)
    schedule = [day for day in draw_scan_days(index_date, draws) if day <= follow_up]
    responses: list[tuple[int, str]] = []
    can_respond = draws.happens(cell.response)
    previous, best = 0, "SD"
    for number, day in enumerate(schedule):
        risk = cell.first_scan_progression if number == 0 else cell.later_scan_progression
        if draws.happens(risk):
            return _ended(cell, index_date, responses, previous, day, follow_up, draws)
        if can_respond and best == "SD" and draws.happens(700):
            best = "PR"
        responses.append((day, "NE" if draws.happens(15) and number else best))
        if draws.happens(22):
            return _switched(cell, index_date, responses, day, follow_up, draws)
        previous = day
    return Course(index_date, tuple(responses), _last_evaluable(responses), "last_assessment", None, follow_up, False)


def _ended(
    cell: Cell, index_date: date, responses: list[tuple[int, str]], previous: int, scan: int, follow_up: int, draws: Draws
) -> Course:
    """Progression at the scan or at an unscheduled one before it, or death without progression."""
    earliest = max(previous + 12, 16)
    unscheduled = off_sunday(index_date, draws.one_between(min(earliest, scan), scan))
    manner = draws.pick_weighted((("scan", 64), ("unscheduled", 27), ("death", 9)))
    if manner == "death":
        return Course(index_date, tuple(responses), unscheduled, "death", None, unscheduled, True)
    day = scan if manner == "scan" else min(unscheduled, scan)
    os_days, os_event = _survival(cell, day, follow_up, draws)
    return Course(index_date, (*responses, (day, "PD")), day, "progression", None, os_days, os_event)


def _switched(cell: Cell, index_date: date, responses: list[tuple[int, str]], scan: int, follow_up: int, draws: Draws) -> Course:
    """Another line without progression: PFS is censored at the last evaluable assessment before it."""
    next_line = off_sunday(index_date, scan + draws.one_between(4, 20))
    if next_line + 30 > follow_up:
        return Course(index_date, tuple(responses), _last_evaluable(responses), "last_assessment", None, follow_up, False)
    os_days, os_event = _survival(cell, next_line, follow_up, draws)
    return Course(index_date, tuple(responses), _last_evaluable(responses), "next_line", next_line, os_days, os_event)


def _survival(cell: Cell, from_day: int, follow_up: int, draws: Draws) -> tuple[int, bool]:
    """Day of death, or of the last contact, after the index treatment has ended on `from_day`."""
    month_start = from_day + 14
    while month_start < follow_up:
        if draws.happens(cell.monthly_death_after_progression):
            died = month_start + draws.one_below(30)
            return (died, True) if died <= follow_up else (follow_up, False)
        month_start += 30
    return max(follow_up, from_day), False


def _last_evaluable(responses: list[tuple[int, str]]) -> int:
    return max((day for day, response in responses if response != "NE"), default=0)
