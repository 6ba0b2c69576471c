"""The analyses that the protocol names, computed from the published views: the dictionary behind results.json, tables and report.

Arms are compared in the protocol's order: hazard ratios and differences are of the first arm against the second. Times are counted in
days and reported in months. A number that does not exist is None, and the word for why stands beside it: `not_reached` for a median,
`not_estimable` {quantity: reason} for the rest, `status` "not assessable" for a stratum that the source can't tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from analysis.context import ReportContext
from analysis.statistics.basics import Flags, Floats
from analysis.statistics.kaplan_meier import follow_up
from analysis.study.comparison import endpoint_analysis
from analysis.study.competing_risks import applies, competing_risks
from analysis.study.conduct import assessments, beyond_progression, early_events, watched
from analysis.study.multivariable import multivariable
from analysis.study.multiverse import multiverse
from analysis.study.paper import comparison, paper_figures
from analysis.study.reading import Published, Row
from analysis.study.regimens import by_regimen_class
from analysis.study.settings import Settings
from analysis.study.subgroups import interaction, subgroups
from analysis.study.tables import end_reasons, response, summary_of, table_1
from analysis.study.weighted import weighted


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
    endpoints, asked = protocol["endpoints"], protocol["analysis"]
    gaps = watched(published)
    gap_arms = gaps["patient_key"].map(published.cohort.set_index("patient_key")["arm"])
    return results | {
        "paper_comparison": comparison(results, paper_figures()),
        "by_regimen_class": [by_regimen_class(endpoint, published, settings) for endpoint in endpoints],
        "response": response(published, settings.arms, settings.level),
        "pfs_end_reasons": end_reasons(published, settings.arms),
        "assessment_gap_days": {
            arm: summary_of(gaps["gap"][(gap_arms == arm) & (gaps["gap"] > 0)].to_numpy(dtype=float)) for arm in settings.arms
        },
        "interaction": [interaction(endpoint, published, asked["interaction"], settings) for endpoint in endpoints],
        "subgroups": [subgroups(endpoint, published, asked["subgroups"], settings) for endpoint in endpoints],
        "multivariable": [multivariable(endpoint, published, asked["covariates"], settings) for endpoint in endpoints],
        "weighted": [
            weighted(endpoint, method, published, asked["covariates"], settings) for endpoint in endpoints for method in asked["weighting"]
        ],
        "competing_risks": [competing_risks(endpoint, published, settings) for endpoint in endpoints if applies(endpoint)],
        "assessments": assessments(published, settings),
        "early_events": early_events(published, protocol, settings),
        "beyond_progression": beyond_progression(published, protocol, settings),
        "multiverse": multiverse(published.multiverse, protocol),
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
