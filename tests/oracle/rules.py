"""Progression, resistance, index, PD-L1, re-biopsy and baseline (protocol, rules 6 to 8 and 10 to 12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .biomarkers import Score, pd_l1_level, pd_l1_status
from .drugs import Vocabulary
from .facts import Order, Patient, PdL1Test, Specimen
from .lines import Era, Line, classes_of

WORST_FIRST = ("PD", "SD", "PR", "CR", "NE")
LEVELS = ("<1", "1-49", ">=50")


def worst(responses: list[str | None]) -> str | None:
    """The worst response of a day; not evaluable only if there is no other, None if no response is known."""
    return next((one for one in WORST_FIRST if one in responses), None)


def ici_starts(orders: list[Order], vocabulary: Vocabulary) -> list[date]:
    """The days on which given orders of an ICI start."""
    return [order.start for order in orders if any(vocabulary.drug_class[one] == "ici" for one in order.ingredients)]


def day_responses(patient: Patient, ici: list[date], protocol: dict[str, Any]) -> dict[date, str]:
    """Rule 6: the response of each day with a known one; iUPD is settled first, then the worst of the day counts."""
    by_day: dict[date, list[str | None]] = {}
    for one in patient.assessments:
        by_day.setdefault(one.day, []).append(one.response)
    days = sorted(by_day)

    def settled_iupd(day: date) -> str:
        """SD where an ICI came before and the next day with an assessment follows in time with CR, PR or SD; else PD."""
        following = next((later for later in days if later > day), None)
        if following is None or not any(start <= day for start in ici):
            return "PD"
        if (following - day).days > protocol["iupd_confirmation_days"]:
            return "PD"
        next_worst = worst(["PD" if response == "iUPD" else response for response in by_day[following]])
        return "SD" if next_worst in ("CR", "PR", "SD") else "PD"

    responses = {}
    for day in days:
        response = worst([settled_iupd(day) if one == "iUPD" else one for one in by_day[day]])
        if response is not None:
            responses[day] = response
    return responses


def resistance_days(progressions: list[date], alk_tki_eras: list[Era], protocol: dict[str, Any]) -> list[date]:
    """Rule 7: progressions from 14 days into an ALK-TKI era to 30 days after it."""
    lag, grace = timedelta(days=protocol["resistance_lag_days"]), timedelta(days=protocol["resistance_grace_days"])
    return sorted(day for day in progressions if any(era.start + lag <= day <= era.end + grace for era in alk_tki_eras))


def index_line(lines: list[Line], resistance: list[date], vocabulary: Vocabulary, protocol: dict[str, Any]) -> Line | None:
    """Rule 8: the first line with ICI or chemotherapy that starts 0 to 365 days after a resistance event."""
    longest = protocol["resistance_to_index_days"]
    for line in lines:
        if not classes_of(line, vocabulary) & {"ici", "chemotherapy"}:
            continue
        gaps = [(line.start - day).days for day in resistance]
        if any(gap >= 0 and (longest is None or gap <= longest) for gap in gaps):
            return line
    return None


@dataclass(frozen=True)
class PdL1:
    """Rule 10: the PD-L1 columns of the cohort."""

    status: str = "unknown"
    level: str | None = None
    tps: float | None = None
    from_rebiopsy: bool = False


def is_rebiopsy(specimen: Specimen | None, resistance: date, index: date, protocol: dict[str, Any]) -> bool:
    """Rule 11: tissue collected from resistance - 14 to index + 7 days."""
    if specimen is None or not specimen.tissue:
        return False
    first = resistance - timedelta(days=protocol["re_biopsy_before_days"])
    return first <= specimen.day <= index + timedelta(days=protocol["re_biopsy_after_days"])


def pd_l1_at_index(patient: Patient, resistance: date, index: date, protocol: dict[str, Any]) -> PdL1:
    """Rule 10: the latest test on or before index + 7 days, and on that date the one that the rule prefers."""
    last = index + timedelta(days=protocol["pd_l1_after_index_days"])
    cut_off = protocol["pd_l1_cut_off_percent"]
    candidates = []
    for test in patient.pd_l1_tests:
        status = pd_l1_status(test.result, cut_off)
        if status is not None and test.day <= last:
            candidates.append(_candidate(test, status, is_rebiopsy(test.specimen, resistance, index, protocol)))
    return max(candidates, key=lambda one: one[0])[1] if candidates else PdL1()


def _candidate(test: PdL1Test, status: str, rebiopsy: bool) -> tuple[tuple, PdL1]:
    """What a test would say, after its rank: date, positive, number (high before low before none), level, re-biopsy."""
    level = pd_l1_level(test.result)
    number = test.result.number if isinstance(test.result, Score) else None
    rank = (
        test.day,
        status == "positive",
        -1.0 if number is None else number,
        -1 if level is None else LEVELS.index(level),
        rebiopsy,
    )
    return rank, PdL1(status, level, number, rebiopsy)


def ecog_at(patient: Patient, index: date) -> int | None:
    """Rule 12: the latest on or before the index, the highest of that day."""
    before = [one for one in patient.ecogs if one[0] <= index]
    return max(before)[1] if before else None
