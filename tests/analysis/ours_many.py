"""Our values of the quantities of reference/many.json: the fits of many samples at once. In the shape in which the reference has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.statistics.many import CoxFits, RiskTable, cox_fits, log_ranks
from tests.analysis.test_many import PRODUCT, SUM, collapsed

Quantity = dict[str, Any]


def fitted(table: RiskTable, fits: CoxFits) -> dict[str, Any]:
    """The middle sample's fit, each part a list with an element a coefficient."""
    ratios = np.array([[side[1] for side in fits.hazard_ratios(index)] for index in range(fits.coefficients.shape[1])])
    return {
        "n": table.sizes[1].sum(),
        "events": table.events[1].sum(),
        "coef": fits.coefficients[1],
        "se": np.sqrt(np.diag(fits.covariances[1])),
        "loglik": fits.log_likelihood[1],
        **dict(zip(("hr", "lower", "upper"), ratios.T, strict=True)),
    }


def tested(table: RiskTable) -> dict[str, Any]:
    tests = log_ranks(table)
    return {"chisq": tests.statistic[1], "p": tests.p[1]}


def one_coefficient(is_moving: bool) -> dict[str, Any]:
    table = collapsed(30, is_moving=is_moving)
    found = fitted(table, cox_fits(table))
    return {key: value[0] if isinstance(value, np.ndarray) else value for key, value in found.items()}


def fixed(_: Quantity) -> dict[str, Any]:
    return {**one_coefficient(False), **tested(collapsed(30, is_moving=False))}


def moving(_: Quantity) -> dict[str, Any]:
    return one_coefficient(True)


def mantel_byar(_: Quantity) -> dict[str, Any]:
    return tested(collapsed(1, is_moving=True))


def interaction(_: Quantity) -> dict[str, Any]:
    table = collapsed(30, is_moving=True, by_high=True)
    return {**fitted(table, cox_fits(table, PRODUCT)), "loglik_additive": cox_fits(table, SUM).log_likelihood[1]}


OURS: dict[str, Callable[[Quantity], dict[str, Any]]] = {
    "many.fixed": fixed,
    "many.moving": moving,
    "many.mantel_byar": mantel_byar,
    "many.moving.interaction": interaction,
}
