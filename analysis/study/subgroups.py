"""Whether the effect of treatment differs between groups of patients: the interaction of the protocol, and the subgroup forest.

A ratio within a subgroup is told with the test of interaction, for ratios that differ do so by chance as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

import numpy as np

from analysis.statistics.basics import Flags, Floats, NotEstimable
from analysis.statistics.cox import compare_two, interaction_test
from analysis.study.reading import Published, Row
from analysis.study.settings import Settings, bounds, hazard_ratio_row, known
from analysis.words import level_label

INTERACTION_TEST = "likelihood ratio"


def interaction_row(days: Floats, events: Flags, is_first: Flags, levels: np.ndarray, level: float) -> Row:
    """The likelihood-ratio test of treatment by `levels` on who has a level, and with two levels the ratio of the first one's hazard
    ratio to the second's."""
    names = ("ratio_of_hazard_ratios", "ratio_ci_lower", "ratio_ci_upper", "wald_p", "interaction_p", "interaction_degrees")
    nothing: Row = dict.fromkeys(names)
    known_level = np.array([one is not None for one in levels], dtype=bool)
    counts = {"n": int(known_level.sum()), "events": int(events[known_level].sum()), "interaction_test": INTERACTION_TEST}
    try:
        if len(set(levels[known_level])) < 2:
            raise NotEstimable("fewer than two levels")
        chosen = (days[known_level], events[known_level], is_first[known_level], levels[known_level].astype(str))
        tested = interaction_test(*chosen, level=level)
    except NotEstimable as reason:
        return {**nothing, **counts, "not_estimable": {"interaction_p": str(reason)}}
    ratio: Row = {}
    if not isnan(tested.ratio.value):
        ratio = {"ratio_of_hazard_ratios": known(tested.ratio.value), **bounds("ratio", tested.ratio)}
    test = tested.likelihood_ratio
    found = {"wald_p": known(tested.wald.p), "interaction_p": known(test.p), "interaction_degrees": test.degrees}
    return {**nothing, **counts, **ratio, **found, "not_estimable": {}}


def interaction(endpoint: Mapping[str, Any], published: Published, wanted: list[str], settings: Settings) -> Row:
    """Treatment by the protocol's `interaction`: strata that share no patient."""
    strata = {stratum.id: stratum for stratum in published.strata}
    chosen = [strata[name] for name in wanted]
    days, events = published.endpoint(endpoint["id"])
    head = {"endpoint": endpoint["id"], "endpoint_label": endpoint["label"], "strata": wanted, "labels": [one.label for one in chosen]}
    levels = np.full(days.size, None, dtype=object)
    for stratum in chosen:
        if stratum.members is not None:
            levels[stratum.members] = stratum.id
    return {**head, **interaction_row(days, events, published.arm(settings.first), levels, settings.level)}


def subgroups(endpoint: Mapping[str, Any], published: Published, asked: list[Mapping[str, Any]], settings: Settings) -> Row:
    """The forest of one endpoint: a row a variable, in it a hazard ratio a level and the test of interaction."""
    rows = [subgroup(endpoint, published, entry, settings) for entry in asked]
    return {"endpoint": endpoint["id"], "endpoint_label": endpoint["label"], "rows": rows}


def subgroup(endpoint: Mapping[str, Any], published: Published, entry: Mapping[str, Any], settings: Settings) -> Row:
    """One variable of the forest."""
    days, events = published.endpoint(endpoint["id"])
    first, labels = published.arm(settings.first), published.levels(entry["by"])
    found = sorted({str(label) for label in labels if label is not None})
    levels = [level_row(entry["by"], name, days, events, first, labels == name, settings) for name in found]
    return {
        "variable": entry["id"],
        "label": entry["label"],
        "levels": levels,
        "not_recorded": int(sum(label is None for label in labels)),
        **interaction_row(days, events, first, labels, settings.level),
    }


def level_row(column: str, name: str, days: Floats, events: Flags, first: Flags, members: Flags, settings: Settings) -> Row:
    """The hazard ratio among the patients of one level, from a model of their own."""
    arms = {settings.first: members & first, settings.second: members & ~first}
    row: Row = {
        "level": name,
        "label": level_label(column, name),
        "arms": {arm: {"n": int(mine.sum()), "events": int(events[mine].sum())} for arm, mine in arms.items()},
        "n": int(members.sum()),
        "events": int(events[members].sum()),
    }
    try:
        ratio = compare_two(days[members], events[members], first[members]).hazard_ratio(level=settings.level)
    except NotEstimable as reason:
        return {**row, **hazard_ratio_row(None), "not_estimable": {"hazard_ratio": str(reason)}}
    return {**row, **hazard_ratio_row(ratio), "not_estimable": {}}
