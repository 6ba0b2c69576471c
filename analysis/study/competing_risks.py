"""The events of an endpoint apart: how often each comes first, by arm, while the others compete with it.

Only for endpoints of more than one event. The end of follow-up by the next line is an event where the protocol makes it one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.statistics.basics import Flags, Floats, NotEstimable
from analysis.statistics.competing import aalen_johansen, gray_test, incidence_at
from analysis.statistics.cox import compare_two
from analysis.statistics.fine_gray import fine_gray
from analysis.study.reading import Published, Row
from analysis.study.settings import Settings, hazard_ratio_row, known
from analysis.words import level_label


def applies(endpoint: Mapping[str, Any]) -> bool:
    """Whether the endpoint has events that can come before each other."""
    return len(causes_of(endpoint)) > 1


def causes_of(endpoint: Mapping[str, Any]) -> list[str]:
    """The endpoint's events."""
    return [*endpoint["events"], *(["next_line"] if endpoint.get("next_line") == "event" else [])]


def competing_risks(endpoint: Mapping[str, Any], published: Published, settings: Settings) -> Row:
    """Cumulative incidence of each event by arm, Gray's test, and the subdistribution and cause-specific hazard ratios."""
    days, _ = published.endpoint(endpoint["id"])
    reasons = published.end_reasons[endpoint["id"]].to_numpy()
    names = causes_of(endpoint)
    causes = np.array([names.index(reason) + 1 if reason in names else 0 for reason in reasons], dtype=np.int64)
    first = published.arm(settings.first)
    arms = {settings.first: first, settings.second: ~first}
    compared = [cause_row(number, name, days, causes, arms, settings) for number, name in enumerate(names, start=1)]
    curves = [row for number, name in enumerate(names, start=1) for row in curve_rows(number, name, days, causes, arms, settings)]
    return {"endpoint": endpoint["id"], "endpoint_label": endpoint["label"], "events": compared, "curves": curves}


def cause_row(number: int, name: str, days: Floats, causes: np.ndarray, arms: Mapping[str, Flags], settings: Settings) -> Row:
    """One event compared between the arms."""
    first = arms[settings.first]
    mine = causes == number
    groups: Row = {}
    for arm, members in arms.items():
        group: Row = {"n": int(members.sum()), "events": int((mine & members).sum())}
        for months in settings.landmark_months:
            key = f"incidence_{months:g}_months"
            try:
                at = incidence_at(aalen_johansen(days[members], causes[members], number, settings.level), months * settings.days_per_month)
                group |= {key: known(at.value), f"{key}_ci_lower": known(at.lower), f"{key}_ci_upper": known(at.upper)}
            except NotEstimable:
                group |= dict.fromkeys((key, f"{key}_ci_lower", f"{key}_ci_upper"))
        groups[arm] = group
    row: Row = {"event": name, "label": level_label("", name), "n": int(days.size), "events": int(mine.sum()), "arms": groups}
    reasons: dict[str, str] = {}
    row |= {"gray_p": None, "gray_chi_square": None}
    try:
        gray = gray_test(days, causes, np.where(first, 0, 1), number)
        row |= {"gray_p": known(gray.p), "gray_chi_square": known(gray.statistic)}
    except NotEstimable as reason:
        reasons["gray_p"] = str(reason)
    row["subdistribution"] = {**hazard_ratio_row(None), "p": None, "test": "Wald"}
    try:
        fit = fine_gray(days, causes, first.astype(float), number)
        row["subdistribution"] |= {**hazard_ratio_row(fit.hazard_ratio(0, settings.level)), "p": known(float(fit.p_values[0]))}
    except NotEstimable as reason:
        reasons["subdistribution"] = str(reason)
    row["cause_specific"] = {**hazard_ratio_row(None), "p": None, "test": "Wald"}
    try:
        # the other events censor
        specific = compare_two(days, mine, first)
        row["cause_specific"] |= {**hazard_ratio_row(specific.hazard_ratio(level=settings.level)), "p": known(float(specific.p_values[0]))}
    except NotEstimable as reason:
        reasons["cause_specific"] = str(reason)
    return {**row, "not_estimable": reasons}


def curve_rows(number: int, name: str, days: Floats, causes: np.ndarray, arms: Mapping[str, Flags], settings: Settings) -> list[Row]:
    """The incidence of one event on its steps, by arm."""
    rows = []
    for arm, members in arms.items():
        if not members.any():
            continue
        curve = aalen_johansen(days[members], causes[members], number, settings.level)
        rows += [
            {
                "event": name,
                "arm": arm,
                "months": float(time) / settings.days_per_month,
                "incidence": float(incidence),
                "ci_lower": known(float(lower)),
                "ci_upper": known(float(upper)),
            }
            for time, incidence, lower, upper in zip(curve.time, curve.incidence, curve.lower, curve.upper, strict=True)
        ]
    return rows
