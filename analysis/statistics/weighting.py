"""Two groups made comparable by weights from propensity scores: the weights, their cost and balance, and the weighted hazard ratio."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, nan
from typing import Any, Literal, get_args

import numpy as np

from analysis.statistics.basics import Counts, Estimate, Flags, Floats, NotEstimable, checked
from analysis.statistics.bootstrap import Bootstrap, Method, bootstrap
from analysis.statistics.cox import CoxFit, fit_cox
from analysis.statistics.propensity import PropensityModel, propensity_scores, two_groups

Kind = Literal["overlap", "inverse_probability", "unstabilised", "treated"]

ROBUST_TEST = "Wald, robust"


@dataclass(frozen=True)
class WeightSummary:
    """Sum, smallest and largest weight, and the effective sample size of the first and of the second group."""

    total: float
    smallest: float
    largest: float
    effective_sample_size: tuple[float, float]


@dataclass(frozen=True)
class WeightedComparison:
    """The hazard of the first group relative to the second, weighted. The first of a pair is of the first group."""

    kind: Kind
    hazard_ratio: Estimate
    p: float
    test: str
    fit: CoxFit
    model: PropensityModel
    weights: Floats
    balance_before: tuple[float, ...]
    balance_after: tuple[float, ...]
    n: tuple[int, int]
    events: tuple[int, int]

    @property
    def scores(self) -> Floats:
        """(n,): each patient's propensity score."""
        return self.model.scores

    @cached_property
    def summary(self) -> WeightSummary:
        """Of the weights."""
        return summarised(self.weights, self.model.is_first)

    @property
    def effective_sample_size(self) -> tuple[float, float]:
        """How many unweighted patients would tell as much, by group."""
        return self.summary.effective_sample_size


def propensity_weights(is_first: Any, scores: Any, kind: Kind = "overlap") -> Floats:
    """(n,) weights from `scores`, (n,), each patient's chance e of being in the first group.

    - `overlap`: 1 - e in the first, e in the second group. The population in which either choice was likely; bounded, smallest variance,
      and with a logistic model's scores the means of its covariates are the same in both groups exactly (Li, Morgan and Zaslavsky 2018).
    - `inverse_probability`: share of the group over the chance of being in it, the stabilised form. The whole population (ATE).
    - `unstabilised`: the same without the share of the group.
    - `treated`: 1 in the first, e / (1 - e) in the second group. The population of the first group (ATT).
    """
    if kind not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
    first, e = two_groups(is_first), np.asarray(scores, dtype=float)
    if e.shape != first.shape or not ((e > 0) & (e < 1)).all():
        raise ValueError("scores must be as many as patients, and between 0 and 1")
    if kind == "overlap":
        return np.where(first, 1 - e, e)
    if kind == "treated":
        return np.where(first, 1.0, e / (1 - e))
    inverse = 1 / np.where(first, e, 1 - e)
    return inverse if kind == "unstabilised" else inverse * np.where(first, first.mean(), 1 - first.mean())


def effective_sample_size(weights: Any) -> float:
    """(sum w)^2 / sum w^2 (Kish 1965); NaN without weight."""
    array = np.asarray(weights, dtype=float)
    squares = float(np.sum(array**2))
    return float(np.sum(array)) ** 2 / squares if squares > 0 else nan


def summarised(weights: Floats, is_first: Any) -> WeightSummary:
    """How uneven the weights are."""
    first = two_groups(is_first)
    by_group = effective_sample_size(weights[first]), effective_sample_size(weights[~first])
    return WeightSummary(float(weights.sum()), float(weights.min()), float(weights.max()), by_group)


def balance(is_first: Any, columns: Any, weights: Any = None) -> tuple[float, ...]:
    """Standardised mean difference of each column, first less second group, weighted or not.

    `columns`: (n,) or (n, q); a level is a column of 0 and 1. The denominator is the root of the mean of the two groups' UNWEIGHTED
    variances, before and after alike, so that weights which change the spread can't pass for balance (Stuart 2010). The variance of a
    level is that of a share, p(1 - p), as in Table 1. NaN without spread but a difference, or with one patient in a group.
    """
    first = two_groups(is_first)
    x = np.asarray(columns, dtype=float).reshape(first.size, -1)
    w = np.ones(first.size) if weights is None else np.asarray(weights, dtype=float)
    return tuple(one_balance(x[:, column], first, w) for column in range(x.shape[1]))


def one_balance(values: Floats, first: Flags, weights: Floats) -> float:
    """The standardised mean difference of one column."""
    groups = values[first], values[~first]
    gap = float(np.average(groups[0], weights=weights[first]) - np.average(groups[1], weights=weights[~first]))
    is_level = np.isin(values, (0, 1)).all()
    if not is_level and min(map(len, groups)) < 2:
        return nan
    spread = float(np.sqrt(sum(np.var(group, ddof=0 if is_level else 1) for group in groups) / 2))
    return gap / spread if spread > 0 else (0.0 if gap == 0 else nan)


def weighted_cox(times: Any, events: Any, is_first: Any, weights: Any) -> CoxFit:
    """Cox model of the group alone, weighted, with robust errors. R: `coxph(Surv(time, event) ~ first, weights = w, robust = TRUE)`.

    Raises `NotEstimable` without events in both groups, and where the robust error is 0.
    """
    time_array, event_array = checked(times, events)
    first = two_groups(is_first)
    if not event_array.any():
        raise NotEstimable("no events")
    if not (event_array[first].any() and event_array[~first].any()):
        raise NotEstimable("no events in one group")
    fit = fit_cox(time_array, event_array, first.astype(float), weights=weights, robust=True)
    if not fit.std_errors[0] > 1e-6:  # every patient's part in the score is nothing: all die on one day, say
        raise NotEstimable("too few events for a robust standard error")
    return fit


def weighted_comparison(
    times: Any, events: Any, first: Any, covariates: Any, kind: Kind = "overlap", level: float = 0.95, balance_on: Any = None
) -> WeightedComparison:
    """Compares two groups after weighting by the propensity score. R: `glm(binomial)`, then `coxph(weights =, robust = TRUE)`.

    `times`, `events`, `first`: (n,); `covariates`: (n,) or (n, p), complete. `balance_on`: (n, q), the columns of the balance table where
    they are more than the model's (every level of a covariate, say). The weighted Kaplan-Meier curves are `kaplan_meier` of each group
    with `weights`. The robust errors take the weights for known, which as a rule makes them a little too wide (for `treated` they can err
    either way); `bootstrap_hazard_ratio` estimates the weights anew in each sample. Raises what `propensity_scores` and `fit_cox` do.
    """
    time_array, event_array = checked(times, events)
    model = propensity_scores(first, covariates)
    is_first = model.is_first
    weights = propensity_weights(is_first, model.scores, kind)
    fit = weighted_cox(time_array, event_array, is_first, weights)
    columns = covariates if balance_on is None else balance_on
    return WeightedComparison(
        kind=kind,
        hazard_ratio=fit.hazard_ratio(0, level),
        p=float(fit.p_values[0]),
        test=ROBUST_TEST,
        fit=fit,
        model=model,
        weights=weights,
        balance_before=balance(is_first, columns),
        balance_after=balance(is_first, columns, weights),
        n=(int(is_first.sum()), int((~is_first).sum())),
        events=(int(event_array[is_first].sum()), int(event_array[~is_first].sum())),
    )


def bootstrap_hazard_ratio(
    times: Any,
    events: Any,
    first: Any,
    covariates: Any,
    *,
    seed: int,
    kind: Kind = "overlap",
    level: float = 0.95,
    method: Method = "percentile",
    draws: int = 1000,
) -> Bootstrap:
    """The weighted hazard ratio with a bootstrap interval; every sample of patients has its own propensity scores (Austin 2016).

    Samples are of all patients: the sizes of the groups vary, as the scores model them. The same seed gives the same interval. A
    covariate without variation in a sample is left out of its model. Raises what `weighted_comparison` does, and `NotEstimable` where
    more than one sample in twenty has no estimate.
    """
    time_array, event_array = checked(times, events)
    is_first = two_groups(first)
    x = np.asarray(covariates, dtype=float).reshape(is_first.size, -1)
    weighted_comparison(time_array, event_array, is_first, x, kind, level)  # its reason, where there is no estimate, is the better one

    def log_ratio(rows: Counts) -> float:
        model = propensity_scores(is_first[rows], x[rows][:, np.ptp(x[rows], axis=0) > 0])
        weights = propensity_weights(model.is_first, model.scores, kind)
        return float(weighted_cox(time_array[rows], event_array[rows], model.is_first, weights).coefficients[0])

    found = bootstrap(log_ratio, is_first.size, level=level, method=method, draws=draws, seed=seed)
    limits = found.estimate
    return replace(found, estimate=Estimate(exp(limits.value), exp(limits.lower), exp(limits.upper)))
