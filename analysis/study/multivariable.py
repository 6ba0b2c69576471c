"""The multivariable Cox regression of the protocol, with Firth's penalised fit beside it where events are few.

A model that does not converge, or whose likelihood has no maximum, gives no number. Firth's fit then stands alone, and the reason is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.statistics.basics import NotEstimable
from analysis.statistics.cox import CoxFit, FirthFit, firth_cox, fit_cox, proportional_hazards_test
from analysis.study.design import Column, Design, design
from analysis.study.reading import Published, Row
from analysis.study.settings import Settings, hazard_ratio_row, known

COX_TEST, FIRTH_TEST = "Wald", "penalised likelihood ratio"


def multivariable(endpoint: Mapping[str, Any], published: Published, covariates: Sequence[Mapping[str, Any]], settings: Settings) -> Row:
    """The model of one endpoint: the arm and the protocol's covariates among the complete cases."""
    made = design(published, covariates)
    days, events = (values[made.complete] for values in published.endpoint(endpoint["id"]))
    first = published.arm(settings.first)[made.complete]
    columns = [Column("arm", settings.arms[settings.first], None, settings.arms[settings.second]), *made.columns]
    matrix = np.column_stack([first.astype(float), made.matrix])
    n_events = int(events.sum())
    per_coefficient = n_events / len(columns)
    head: Row = {
        "endpoint": endpoint["id"],
        "endpoint_label": endpoint["label"],
        "n": int(days.size),
        "events": n_events,
        "patients": len(published.cohort),
        "arms": {
            arm: {"n": int(mine.sum()), "events": int(events[mine].sum())}
            for arm, mine in {settings.first: first, settings.second: ~first}.items()
        },
        "missing": {label: count for label, count in made.missing.items() if count},
        "left_out": dict(made.left_out),
        "events_per_coefficient": per_coefficient,
        "wanted_events_per_coefficient": settings.events_per_coefficient,
    }
    usual, why_not = attempt(lambda: fit_cox(days, events, matrix)) if days.size else (None, "no patients")
    is_few = per_coefficient < settings.events_per_coefficient
    penalised, why_no_firth = None, ""
    if days.size and (is_few or usual is None):
        penalised, why_no_firth = attempt(lambda: firth_cox(days, events, matrix, level=settings.level))
    reasons = {"cox": why_not, "firth": why_no_firth}
    return {
        **head,
        "is_few": is_few,
        "coefficients": [coefficient_row(place, column, usual, penalised, settings) for place, column in enumerate(columns)],
        **model_row(usual),
        "has_firth": penalised is not None,
        "not_estimable": {name: reason for name, reason in reasons.items() if reason},
    }


def attempt(fit: Any) -> tuple[Any, str]:
    """A fit, or None and the reason."""
    try:
        return fit(), ""
    except NotEstimable as reason:
        return None, str(reason)


def coefficient_row(place: int, column: Column, usual: CoxFit | None, penalised: FirthFit | None, settings: Settings) -> Row:
    """One coefficient by both methods; None where a method has none."""
    row: Row = {"id": column.id, "label": column.label, "level": column.level, "reference": column.reference}
    row["cox"] = {**hazard_ratio_row(None), "p": None, "test": COX_TEST}
    row["firth"] = {**hazard_ratio_row(None), "p": None, "test": FIRTH_TEST}
    if usual is not None:
        row["cox"] |= {**hazard_ratio_row(usual.hazard_ratio(place, settings.level)), "p": known(float(usual.p_values[place]))}
    if penalised is not None:
        row["firth"] |= {**hazard_ratio_row(penalised.hazard_ratios[place]), "p": known(float(penalised.p_values[place]))}
    return row


def model_row(usual: CoxFit | None) -> Row:
    """What is said of the whole model: its likelihood-ratio test, concordance, and the global test of proportional hazards."""
    row: Row = dict.fromkeys(("likelihood_ratio_p", "likelihood_ratio_degrees", "concordance", "ph_test_p"))
    if usual is None:
        return row
    tested = usual.likelihood_ratio
    row |= {"likelihood_ratio_p": known(tested.p), "likelihood_ratio_degrees": tested.degrees, "concordance": known(usual.concordance)}
    hazards, _ = attempt(lambda: proportional_hazards_test(usual))
    return row | {"ph_test_p": known(hazards.global_p) if hazards else None}


def used(made: Design) -> list[str]:
    """The covariates of a design in words."""
    return list(dict.fromkeys(column.label for column in made.columns))
