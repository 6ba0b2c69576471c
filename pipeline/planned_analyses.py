"""What can be wrong with the protocol's section `analysis`, found before anything is derived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.study.names import STATISTICS, WEIGHTINGS

NUMBERS = ("confidence_level", "rmst_months", "events_per_coefficient", "early_days", "beyond_progression_days")
LISTS = ("landmark_months", "statistics", "interaction", "subgroups", "covariates", "weighting")


def problems(settings: Mapping[str, Any]) -> list[str]:
    """What is wrong, each with what to write instead; empty when it is sound."""
    asked = settings["analysis"]
    found = [f"`analysis`: `{name}` is missing" for name in (*NUMBERS, *LISTS) if name not in asked]
    if found:
        return found
    found += [f"`analysis`: `{name}` must be a number above 0" for name in NUMBERS if not is_positive(asked[name])]
    if is_positive(asked["confidence_level"]) and asked["confidence_level"] >= 1:
        found.append("`analysis`: `confidence_level` must be below 1: 0.95 for 95 %")
    found += [f"`analysis`: `{name}` must be a list" for name in LISTS if not isinstance(asked[name], list)]
    if found:
        return found
    if not all(is_positive(month) for month in asked["landmark_months"]):
        found.append("`analysis`: the months of `landmark_months` must be numbers above 0")
    return found + unknown_names(settings) + unsound_entries(asked)


def is_positive(value: Any) -> bool:
    """Whether it is a number above 0."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def unknown_names(settings: Mapping[str, Any]) -> list[str]:
    """Statistics, weights and strata that nobody knows."""
    asked = settings["analysis"]
    strata = [stratum.get("id") for stratum in settings["strata"]]
    known = {"statistics": list(STATISTICS), "weighting": list(WEIGHTINGS), "interaction": strata}
    found = [
        f"`analysis`: `{name}` of `{section}` is unknown: it may be one of {', '.join(map(str, names))}"
        for section, names in known.items()
        for name in asked[section]
        if name not in names
    ]
    if len(asked["interaction"]) < 2:
        found.append("`analysis`: `interaction` must name two strata that share no patient, or more")
    return found


def unsound_entries(asked: Mapping[str, Any]) -> list[str]:
    """Subgroups and covariates that lack what they are made of, and names that occur twice."""
    found = []
    for section, ways in (("subgroups", ("by",)), ("covariates", ("by", "value"))):
        ids = [entry.get("id") for entry in asked[section]]
        twice = sorted({str(name) for name in ids if ids.count(name) > 1})
        found += [f"`analysis`: id `{name}` occurs twice in `{section}`" for name in twice]
        for entry in asked[section]:
            lacking = [key for key in ("id", "label") if key not in entry]
            found += [f"`analysis`: an entry of `{section}` has no `{key}`" for key in lacking]
            if sum(way in entry for way in ways) != 1:
                found.append(f"`analysis`: `{entry.get('id')}` of `{section}` must have `{'` or `'.join(ways)}`")
    return found
