"""Two arms compared on one endpoint in one stratum: curves, tests, hazard ratio, restricted means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, isnan, nan
from typing import Any

import numpy as np

from analysis.statistics.basics import Flags, Floats, NotEstimable
from analysis.statistics.cox import compare_two, exposure_rows, fit_cox, proportional_hazards_test
from analysis.statistics.kaplan_meier import KaplanMeier, at_risk_at, interval, kaplan_meier, quantile, survival_at
from analysis.statistics.log_rank import log_rank
from analysis.statistics.restricted_mean import difference, restricted_mean, shared_horizon
from analysis.study.further import Compared, further_statistics
from analysis.study.reading import Published, Row, Stratum
from analysis.study.settings import Settings, bounds, hazard_ratio_row, known, merged, survival_key
from analysis.words import NOT_ASSESSABLE

ESTIMATED = "estimated"
LOG_RANK, MANTEL_BYAR = "log-rank", "Mantel-Byar"
TICKS_MONTHS = (1, 2, 3, 6, 12, 24, 60)
MOST_TICKS = 8


def group_result(curve: KaplanMeier, horizon_days: float, settings: Settings) -> Row:
    """What one group's curve says: n, events, median, restricted mean, survival at the landmarks."""
    median = quantile(curve, 0.5, settings.level)
    reasons: dict[str, str] = {}
    result: Row = {
        "n": curve.n,
        "events": curve.total_events,
        "median_months": settings.months(median.value),
        **bounds("median", median, settings.months),
        "not_reached": curve.n > 0 and isnan(median.value),
    }
    if not curve.n:
        reasons["median_months"] = "no patients"
    try:
        if isnan(horizon_days) or horizon_days <= 0:
            raise NotEstimable("no follow-up" if curve.n else "no patients")
        mean = restricted_mean(curve, horizon_days)
        around = mean.interval(settings.level)
        result["rmst_months"] = settings.months(mean.value)
        result |= bounds("rmst", around, settings.months)
    except NotEstimable as reason:
        result |= {"rmst_months": None, "rmst_ci_lower": None, "rmst_ci_upper": None}
        reasons["rmst_months"] = str(reason)
    for months in settings.landmark_months:
        key, at = survival_key(months), survival_at(curve, months * settings.days_per_month, settings.level)
        result |= {key: known(at.value), **bounds(key, at)}
        if isnan(at.value):
            reasons[key] = "follow-up ends before" if curve.n else "no patients"
    return result | {"last_follow_up_months": settings.months(curve.last_time), "not_estimable": reasons}


def log_rank_result(days: Floats, events: Flags, groups: np.ndarray) -> Row:
    """The log-rank test of groups, or why there is none."""
    try:
        test = log_rank(days, events, groups)
    except NotEstimable as reason:
        return {"log_rank_p": None, "log_rank_chi_square": None, "log_rank_degrees": None, "not_estimable": {"log_rank_p": str(reason)}}
    return {"log_rank_p": test.p, "log_rank_chi_square": test.statistic, "log_rank_degrees": test.degrees, "not_estimable": {}}


def treatment_result(days: Floats, events: Flags, is_first: Flags, treated_from: Floats, settings: Settings) -> Row:
    """The test of the arms and their hazard ratio: by index regimen, or with who is treated later moved over from that day on.

    `treated_from`: the day on which a patient of either arm first has the first arm's treatment; NaN for never.
    """
    if not settings.is_in_time:
        return merged(
            {"comparison_test": LOG_RANK}, log_rank_result(days, events, is_first), hazard_result(days, events, is_first, settings.level)
        )
    rows = exposure_rows(days, events, np.where(is_first, 0.0, treated_from))
    row: Row = {"comparison_test": MANTEL_BYAR, "log_rank_p": None, "log_rank_chi_square": None, "log_rank_degrees": None}
    row |= {**hazard_ratio_row(None), "ph_test_p": None, "ph_test_chi_square": None}
    reasons: dict[str, str] = {}
    try:
        test = log_rank(rows.stop, rows.event, ~rows.exposed, entry=rows.entry)
        row |= {"log_rank_p": test.p, "log_rank_chi_square": test.statistic, "log_rank_degrees": test.degrees}
    except NotEstimable as reason:
        reasons["log_rank_p"] = str(reason)
    try:
        fit = fit_cox(rows.stop, rows.event, rows.exposed.astype(float), entry=rows.entry)
        row |= hazard_ratio_row(fit.hazard_ratio(0, settings.level))
        hazards = proportional_hazards_test(fit)
        row |= {"ph_test_p": hazards.global_p, "ph_test_chi_square": hazards.global_statistic}
    except NotEstimable as reason:
        reasons["hazard_ratio" if row["hazard_ratio"] is None else "ph_test_p"] = str(reason)
    return {**row, "not_estimable": reasons}


def hazard_result(days: Floats, events: Flags, is_first: Flags, level: float) -> Row:
    """The hazard ratio of the first group against the rest and the test of proportional hazards, or why there is none."""
    nothing = dict.fromkeys(("hazard_ratio", "hr_ci_lower", "hr_ci_upper", "ph_test_p", "ph_test_chi_square"))
    try:
        fit = compare_two(days, events, is_first)
    except NotEstimable as reason:
        return {**nothing, "not_estimable": {"hazard_ratio": str(reason), "ph_test_p": "there is no hazard ratio"}}
    ratio = fit.hazard_ratio(level=level)
    result = {**nothing, "hazard_ratio": ratio.value, **bounds("hr", ratio)}
    try:
        test = proportional_hazards_test(fit)
    except NotEstimable as reason:
        return {**result, "not_estimable": {"ph_test_p": str(reason)}}
    return {**result, "ph_test_p": test.global_p, "ph_test_chi_square": test.global_statistic, "not_estimable": {}}


def rmst_difference(curves: Sequence[KaplanMeier], horizon_days: float, settings: Settings) -> Row:
    """The difference of restricted means of two groups at their shared horizon, or why there is none."""
    result: Row = dict.fromkeys(("rmst_difference_months", "rmst_difference_ci_lower", "rmst_difference_ci_upper", "rmst_difference_p"))
    result["rmst_horizon_months"] = settings.months(horizon_days)
    try:
        if isnan(horizon_days) or horizon_days <= 0:
            raise NotEstimable("no follow-up")
        gap, p = difference(*(restricted_mean(curve, horizon_days) for curve in curves), level=settings.level)
    except NotEstimable as reason:
        return {**result, "not_estimable": {"rmst_difference_months": str(reason)}}
    result |= {"rmst_difference_months": settings.months(gap.value), "rmst_difference_p": known(p)}
    result |= bounds("rmst_difference", gap, settings.months)
    return {**result, "not_estimable": {}}


def ticks(last_months: float) -> list[float]:
    """Months from 0 past the last follow-up at which the at-risk table counts: at most eight steps of a usual length."""
    step = next((step for step in TICKS_MONTHS if last_months <= step * MOST_TICKS), TICKS_MONTHS[-1])
    return [float(step * count) for count in range(max(1, ceil(last_months / step)) + 1)]


def endpoint_analysis(endpoint: Mapping[str, Any], stratum: Stratum, published: Published, settings: Settings) -> tuple[Row, list[Row]]:
    """One endpoint in one stratum: its entry of `analyses`, and the rows of its curve."""
    head = {
        "id": f"{endpoint['id']}_{stratum.id}",
        "endpoint": endpoint["id"],
        "stratum": stratum.id,
        "endpoint_label": endpoint["label"],
        "label": stratum.label,
    }
    if stratum.members is None:
        return {**head, **not_assessable(stratum, settings)}, []
    days, events = published.endpoint(endpoint["id"])
    members = {arm: published.arm(arm) & stratum.members for arm in settings.arms}
    curves = {arm: kaplan_meier(days[mine], events[mine]) for arm, mine in members.items()}
    horizon = shared_horizon(list(curves.values()), settings.rmst_months * settings.days_per_month)
    first, second = (members[arm] for arm in (settings.first, settings.second))
    either = first | second
    compared = merged(
        treatment_result(days[either], events[either], first[either], published.first_treated_day(settings.first)[either], settings),
        rmst_difference([curves[arm] for arm in (settings.first, settings.second)], horizon, settings),
    )
    last = max((curve.last_time for curve in curves.values() if curve.n), default=0.0)
    at = ticks(last / settings.days_per_month)
    entry = {
        **head,
        "status": ESTIMATED,
        "n": int(either.sum()),
        "events": int(events[either].sum()),
        "arms": {arm: group_result(curve, horizon, settings) for arm, curve in curves.items()},
        **compared,
        "at_risk": {
            "months": at,
            **{arm: at_risk_at(curve, np.array(at) * settings.days_per_month) for arm, curve in curves.items()},
        },
        "further": further_statistics(Compared(days[either], events[either], first[either], horizon, settings)),
    }
    return entry, [row for arm, curve in curves.items() for row in curve_rows(endpoint["id"], stratum.id, arm, curve, settings)]


def not_assessable(stratum: Stratum, settings: Settings) -> Row:
    """An analysis of a stratum that the source can't tell: the same keys, no numbers."""
    empty = kaplan_meier([], [])
    nobody = dict.fromkeys(group_result(empty, nan, settings))
    return {
        "status": NOT_ASSESSABLE,
        "requires": stratum.requires,
        "n": None,
        "events": None,
        "arms": {arm: {**nobody, "not_reached": False, "not_estimable": {}} for arm in settings.arms},
        **{
            key: None
            for part in (
                {"comparison_test": None},
                log_rank_result(np.empty(0), np.empty(0, dtype=bool), np.empty(0)),
                hazard_result(np.empty(0), np.empty(0, dtype=bool), np.empty(0, dtype=bool), settings.level),
                rmst_difference([empty, empty], nan, settings),
            )
            for key in part
        },
        "further": {},
        "not_estimable": {},
    }


def curve_rows(endpoint: str, stratum: str, arm: str, curve: KaplanMeier, settings: Settings) -> list[Row]:
    """A curve as rows of the published view `<endpoint>_curve`; the first is month 0."""
    lower, upper = interval(curve, settings.level)
    return [
        {
            "analysis": endpoint,
            "stratum": stratum,
            "arm": arm,
            "months": float(curve.time[step]) / settings.days_per_month,
            "at_risk": int(curve.at_risk[step]),
            "events": int(curve.events[step]),
            "censored": int(curve.censored[step]),
            "survival": float(curve.survival[step]),
            "ci_lower": known(lower[step]),
            "ci_upper": known(upper[step]),
        }
        for step in range(curve.time.size)
    ]
