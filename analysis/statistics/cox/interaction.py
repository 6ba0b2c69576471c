"""Whether a treatment's hazard ratio differs between the levels of a modifier, and what it is within each: from one model."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from analysis.statistics.basics import Estimate, NotEstimable
from analysis.statistics.cox.fit import ChiSquare, CoxFit, chi_square, fit_cox
from analysis.statistics.cox.two_groups import checked_groups


@dataclass(frozen=True)
class LevelEstimate:
    """The hazard ratio of the first group against the second within one level of the modifier, of the one model."""

    level: Any
    hazard_ratio: Estimate
    n_first: int
    n_second: int
    events_first: int
    events_second: int


@dataclass(frozen=True)
class Interaction:
    """The test of interaction and the hazard ratios within the levels, in sorted order.

    `ratio` is the hazard ratio in the second level over that in the first; NaN where there are more than two. `wald` and
    `likelihood_ratio` test that all levels share one hazard ratio. `model` has the interaction, `additive` hasn't.
    """

    levels: tuple[LevelEstimate, ...]
    ratio: Estimate
    wald: ChiSquare
    likelihood_ratio: ChiSquare
    model: CoxFit
    additive: CoxFit

    @property
    def degrees(self) -> int:
        """Degrees of freedom of both tests."""
        return len(self.levels) - 1


def interaction_test(times: Any, events: Any, first: Any, modifier: Any, covariates: Any = None, level: float = 0.95) -> Interaction:
    """Tests treatment by modifier in one Cox model. R: `coxph(Surv(time, event) ~ first * factor(modifier) + covariates)`.

    `first`: (n,) true for the group whose hazard is compared. `modifier`: (n,) labels of two or more levels, none missing.
    `covariates`: (n,) or (n, q), for which the model is adjusted. Raises `NotEstimable` where a level has no patients or no events in
    one group, where there is one level only, and as `fit_cox`.
    """
    time, event, is_first = checked_groups(times, events, first)
    label = np.asarray(modifier)
    if label.shape != time.shape:
        raise ValueError("modifier must be one label for each time")
    names = np.unique(label)
    if names.size < 2:
        raise NotEstimable("one level only")
    inside = [label == name for name in names]
    for name, mine in zip(names, inside, strict=True):
        try:
            checked_groups(time[mine], event[mine], is_first[mine])
        except NotEstimable as reason:
            raise NotEstimable(f"{reason} (level {name})") from None
    dummies = np.column_stack(inside[1:]).astype(float)
    adjusted = np.empty((time.size, 0)) if covariates is None else np.asarray(covariates, dtype=float).reshape(time.size, -1)
    main = np.column_stack([is_first, dummies, adjusted])
    additive = fit_cox(time, event, main)
    model = fit_cox(time, event, np.column_stack([main, is_first[:, None] * dummies]))

    more = names.size - 1
    at = np.arange(main.shape[1], main.shape[1] + more)  # the products
    excess = model.coefficients[at]
    wald = chi_square(float(excess @ np.linalg.solve(model.covariance[np.ix_(at, at)], excess)), more)
    estimates = []
    for index, (name, mine) in enumerate(zip(names, inside, strict=True)):
        weights = np.zeros(model.coefficients.size)
        weights[0] = 1
        if index:
            weights[at[index - 1]] = 1
        one, other = mine & is_first, mine & ~is_first
        counts = (int(one.sum()), int(other.sum()), int((one & event).sum()), int((other & event).sum()))
        estimates.append(LevelEstimate(name.item(), model.contrast(weights, level), *counts))
    return Interaction(
        levels=tuple(estimates),
        ratio=model.hazard_ratio(int(at[0]), level) if more == 1 else Estimate(nan),
        wald=wald,
        likelihood_ratio=chi_square(2 * (model.log_likelihood - additive.log_likelihood), more),
        model=model,
        additive=additive,
    )
