"""The comparison of the arms weighted by the propensity score, with the balance that the weights reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from analysis.statistics.basics import NotEstimable
from analysis.study.design import Column, design
from analysis.study.names import WEIGHTINGS
from analysis.study.reading import Published, Row
from analysis.study.settings import Settings, hazard_ratio_row, known

ROBUST_TEST = "robust Wald"


def weighted(
    endpoint: Mapping[str, Any], method: str, published: Published, covariates: Sequence[Mapping[str, Any]], settings: Settings
) -> Row:
    """One endpoint compared by one kind of weights among the complete cases."""
    from analysis.statistics.sensitivity import e_value
    from analysis.statistics.weighting import Kind, weighted_comparison

    made = design(published, covariates)
    days, events = (values[made.complete] for values in published.endpoint(endpoint["id"]))
    first = published.arm(settings.first)[made.complete]
    head: Row = {
        "endpoint": endpoint["id"],
        "endpoint_label": endpoint["label"],
        "method": method,
        "method_label": WEIGHTINGS[method],
        "n": int(days.size),
        "events": int(events.sum()),
        "patients": len(published.cohort),
        "missing": {label: count for label, count in made.missing.items() if count},
        "covariates": list(dict.fromkeys(column.label for column in made.columns)),
        "test": ROBUST_TEST,
    }
    nothing: Row = {**hazard_ratio_row(None), "p": None, "arms": {}, "balance": [], "e_value": None, "e_value_limit": None}
    try:
        if not days.size:
            raise NotEstimable("no patients")
        found = weighted_comparison(days, events, first, made.matrix, kind=cast(Kind, method), level=settings.level)
    except NotEstimable as reason:
        return {**head, **nothing, "not_estimable": {"hazard_ratio": str(reason)}}
    ratio = found.hazard_ratio
    strength = e_value(ratio.value, ratio.lower, ratio.upper)
    arms = {
        arm: {
            "n": int(mine.sum()),
            "events": int(events[mine].sum()),
            "effective_sample_size": known(found.effective_sample_size[place]),
            "lowest_score": known(float(found.scores[mine].min())),
            "highest_score": known(float(found.scores[mine].max())),
        }
        for place, (arm, mine) in enumerate({settings.first: first, settings.second: ~first}.items())
    }
    balance = [
        balance_row(column, before, after)
        for column, before, after in zip(made.columns, found.balance_before, found.balance_after, strict=True)
    ]
    estimate = {**hazard_ratio_row(ratio), "p": known(found.p), "e_value": strength.estimate, "e_value_limit": strength.limit}
    return {**head, **nothing, **estimate, "arms": arms, "balance": balance, "not_estimable": {}}


def balance_row(column: Column, before: float, after: float) -> Row:
    """Standardised differences of one column, as absolute values."""
    return {
        "column": column.id,
        "label": column.label,
        "level": column.level,
        "before": known(abs(float(before))),
        "after": known(abs(float(after))),
    }
