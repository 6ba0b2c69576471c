"""Endpoints by class of the index regimen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.statistics.kaplan_meier import kaplan_meier
from analysis.study.comparison import group_result, hazard_result, log_rank_result
from analysis.study.reading import Published, Row
from analysis.study.settings import Settings, merged
from analysis.study.tables import BASELINES

REGIMEN_CLASSES = next(entry.levels for entry in BASELINES if entry.column == "regimen_class")
REFERENCE_CLASS = "chemo"


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
