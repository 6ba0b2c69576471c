"""The analyses that the protocol names, computed from the published views: the dictionary behind results.json, tables and report.

Arms are compared in the protocol's order: hazard ratios and differences are of the first arm against the second. Times are counted in
days and reported in months. A number that does not exist is None, and the word for why stands beside it: `not_reached` for a median,
`not_estimable` {quantity: reason} for the rest, `status` "not assessable" for a stratum that the source can't tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isnan, nan
from typing import Any

import numpy as np

from analysis.context import ReportContext
from analysis.statistics.cox import compare_two, proportional_hazards_test
from analysis.statistics.survival import (
    Estimate,
    Flags,
    Floats,
    KaplanMeier,
    NotEstimable,
    at_risk_at,
    difference,
    follow_up,
    interval,
    kaplan_meier,
    log_rank,
    quantile,
    restricted_mean,
    shared_horizon,
    survival_at,
)
from analysis.study.paper import comparison, paper_figures
from analysis.study.reading import Published, Row, Stratum
from analysis.study.tables import BASELINES, end_reasons, response, summary_of, table_1
from analysis.words import NOT_ASSESSABLE

ESTIMATED = "estimated"
REGIMEN_CLASSES = next(entry.levels for entry in BASELINES if entry.column == "regimen_class")
REFERENCE_CLASS = "chemo"
TICKS_MONTHS = (1, 2, 3, 6, 12, 24, 60)
MOST_TICKS = 8


@dataclass(frozen=True)
class Settings:
    """What of the protocol decides how a number is computed."""

    days_per_month: float
    level: float
    rmst_months: float
    landmark_months: tuple[float, ...]
    arms: Mapping[str, str]

    @classmethod
    def of(cls, protocol: Mapping[str, Any]) -> Settings:
        """From the protocol's sections `parameters`, `analysis` and `arms`."""
        asked = protocol["analysis"]
        return cls(
            days_per_month=float(protocol["parameters"]["days_per_month"]),
            level=float(asked["confidence_level"]),
            rmst_months=float(asked["rmst_months"]),
            landmark_months=tuple(float(months) for months in asked["landmark_months"]),
            arms=dict(protocol["arms"]),
        )

    def months(self, days: float) -> float | None:
        """Days in months; None for NaN."""
        return None if isnan(days) else days / self.days_per_month


def known(value: float) -> float | None:
    """None for NaN, which JSON can't carry."""
    return None if isnan(value) else float(value)


def bounds(prefix: str, estimate: Estimate, convert: Callable[[float], float | None] = known) -> Row:
    """The limits of an estimate as `<prefix>_ci_lower` and `<prefix>_ci_upper`."""
    return {f"{prefix}_ci_lower": convert(estimate.lower), f"{prefix}_ci_upper": convert(estimate.upper)}


def survival_key(months: float) -> str:
    """`survival_6_months`."""
    return f"survival_{months:g}_months"


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
    result: Row = dict.fromkeys(("rmst_difference_months", "rmst_difference_ci_lower", "rmst_difference_ci_upper"))
    result["rmst_horizon_months"] = settings.months(horizon_days)
    try:
        if isnan(horizon_days) or horizon_days <= 0:
            raise NotEstimable("no follow-up")
        gap, _ = difference(*(restricted_mean(curve, horizon_days) for curve in curves), level=settings.level)
    except NotEstimable as reason:
        return {**result, "not_estimable": {"rmst_difference_months": str(reason)}}
    result |= {"rmst_difference_months": settings.months(gap.value), **bounds("rmst_difference", gap, settings.months)}
    return {**result, "not_estimable": {}}


def merged(*parts: Row) -> Row:
    """The parts as one, with the reasons of all under `not_estimable`."""
    whole: Row = {}
    reasons: dict[str, str] = {}
    for part in parts:
        reasons |= part.get("not_estimable", {})
        whole |= part
    return whole | {"not_estimable": reasons}


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
    first, second = (members[arm] for arm in list(settings.arms)[:2])
    either = first | second
    compared = merged(
        log_rank_result(days[either], events[either], first[either]),
        hazard_result(days[either], events[either], first[either], settings.level),
        rmst_difference([curves[arm] for arm in list(settings.arms)[:2]], horizon, settings),
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
                log_rank_result(np.empty(0), np.empty(0, dtype=bool), np.empty(0)),
                hazard_result(np.empty(0), np.empty(0, dtype=bool), np.empty(0, dtype=bool), settings.level),
                rmst_difference([empty, empty], nan, settings),
            )
            for key in part
        },
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


def by_regimen_class(endpoint: Mapping[str, Any], published: Published, settings: Settings) -> Row:
    """One endpoint by class of the index regimen, each class against chemotherapy alone."""
    days, events = published.endpoint(endpoint["id"])
    classes = published.cohort["regimen_class"].to_numpy().astype(str)
    present = [name for name in REGIMEN_CLASSES if (classes == name).any()] + sorted(set(classes) - set(REGIMEN_CLASSES))
    groups: Row = {}
    for name in present:
        mine, reference = classes == name, classes == REFERENCE_CLASS
        result = group_result(kaplan_meier(days[mine], events[mine]), settings.rmst_months * settings.days_per_month, settings)
        ratio: Row = {"hazard_ratio": None, "hr_ci_lower": None, "hr_ci_upper": None, "not_estimable": {}}
        if name != REFERENCE_CLASS:
            either = mine | reference
            full = hazard_result(days[either], events[either], mine[either], settings.level)
            ratio = {key: full[key] for key in ratio}
            ratio["not_estimable"] = {key: reason for key, reason in ratio["not_estimable"].items() if key == "hazard_ratio"}
        groups[name] = merged(result, ratio)
    return {
        "endpoint": endpoint["id"],
        "endpoint_label": endpoint["label"],
        "reference": REFERENCE_CLASS,
        "n": len(classes),
        "events": int(events.sum()),
        "classes": groups,
        **log_rank_result(days, events, classes),
    }


def follow_up_result(days: Floats, deaths: Flags, settings: Settings) -> Row:
    """Median follow-up in months by reverse Kaplan-Meier."""
    median = follow_up(days, deaths, settings.level)
    return {
        "estimate": settings.months(median.value),
        "ci_lower": settings.months(median.lower),
        "ci_upper": settings.months(median.upper),
        "not_reached": bool(days.size) and isnan(median.value),
        "n": int(days.size),
        "censored": int((~deaths).sum()),
    }


def compute(published: Published, protocol: Mapping[str, Any], context: ReportContext) -> Row:
    """Everything that results.json holds."""
    settings = Settings.of(protocol)
    days, deaths = published.endpoint("os")
    members = {arm: published.arm(arm) for arm in settings.arms}
    analyses, curves = [], {}
    for endpoint in protocol["endpoints"]:
        curves[endpoint["id"]] = []
        for stratum in published.strata:
            entry, steps = endpoint_analysis(endpoint, stratum, published, settings)
            analyses.append(entry)
            curves[endpoint["id"]] += steps
    results: Row = {
        "release_id": context.release_id,
        "data": context.data_kind,
        "protocol": dict(protocol),
        "cohort": {
            "patients": len(published.cohort),
            "by_arm": {arm: int(mine.sum()) for arm, mine in members.items()},
            "median_follow_up_months": follow_up_result(days, deaths, settings),
            "median_follow_up_months_by_arm": {arm: follow_up_result(days[mine], deaths[mine], settings) for arm, mine in members.items()},
        },
        "analyses": analyses,
    }
    gaps = published.scan_gaps
    return results | {
        "paper_comparison": comparison(results, paper_figures()),
        "by_regimen_class": [by_regimen_class(endpoint, published, settings) for endpoint in protocol["endpoints"]],
        "response": response(published, settings.arms, settings.level),
        "pfs_end_reasons": end_reasons(published, settings.arms),
        "assessment_gap_days": {arm: summary_of(gaps.get(arm, np.empty(0))) for arm in settings.arms},
        "table_1": table_1(published, settings.arms),
        "attrition": list(published.attrition),
        "reconciliation": list(published.reconciliation),
        "quarantine_summary": list(published.quarantine),
        "not_assessable": list(published.not_assessable),
        "provenance": {
            "code_version": context.code_version,
            "protocol_hash": context.protocol_hash,
            "source": context.source,
            "previous_release": context.previous_release,
            "package_versions": dict(context.package_versions),
            "created_at": context.created_at,
        },
        "curves": curves,
    }
