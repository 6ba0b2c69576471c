"""Restricted mean survival time: of one curve, of two compared, and adjusted for covariates.

lifelines has no valid standard error of it. Tested against R's `survfit(rmean=)` and survRM2 (Uno et al. 2014; Tian et al. 2014 for the
adjusted one).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, hypot, log, nan, sqrt
from typing import Any

import numpy as np

from analysis.statistics.basics import Estimate, Flags, Floats, NotEstimable, checked, normal_p, normal_quantile
from analysis.statistics.kaplan_meier import KaplanMeier, kaplan_meier


@dataclass(frozen=True)
class RestrictedMean:
    """Mean survival time up to a horizon, and its standard error."""

    value: float
    std_error: float

    def interval(self, level: float = 0.95) -> Estimate:
        """The mean with a normal interval."""
        half = normal_quantile(level) * self.std_error
        return Estimate(self.value, self.value - half, self.value + half)


def restricted_mean(curve: KaplanMeier, horizon: float) -> RestrictedMean:
    """The area under the curve up to `horizon`, with Greenwood's variance of an area. R: `print(survfit, rmean=)`, `survRM2::rmst2`.

    Raises `NotEstimable` where the curve is not known up to the horizon.
    """
    if not curve.known_until(horizon):
        raise NotEstimable("no patients" if curve.n == 0 else "follow-up ends before the horizon")
    inside = curve.time < horizon
    starts = curve.time[inside]
    areas = np.diff(np.append(starts, horizon)) * curve.survival[inside]
    area_after = np.cumsum(areas[::-1])[::-1]  # from each step to the horizon
    events, at_risk = curve.events[inside], curve.at_risk[inside]
    alive = at_risk > events  # once all are dead there is no area left
    variance = np.sum((area_after**2 * events)[alive] / (at_risk * (at_risk - events))[alive])
    return RestrictedMean(float(areas.sum()), sqrt(variance))


def difference(first: RestrictedMean, second: RestrictedMean, level: float = 0.95) -> tuple[Estimate, float]:
    """`first - second` of two independent restricted means with its normal interval, and the two-sided P of the z test (NaN without
    any variance)."""
    both = RestrictedMean(first.value - second.value, sqrt(first.std_error**2 + second.std_error**2))
    return both.interval(level), normal_p(both.value / both.std_error) if both.std_error > 0 else nan


def ratio(first: RestrictedMean, second: RestrictedMean, level: float = 0.95) -> tuple[Estimate, float]:
    """`first / second` of two independent restricted means with the interval and two-sided P of its logarithm (delta method); NaN
    without any variance. R: `survRM2::rmst2`. Raises `NotEstimable` where a mean is 0."""
    if not (first.value > 0 and second.value > 0):
        raise NotEstimable("a restricted mean of 0")
    logarithm = log(first.value / second.value)
    std_error = hypot(first.std_error / first.value, second.std_error / second.value)
    half = normal_quantile(level) * std_error
    estimate = Estimate(exp(logarithm), exp(logarithm - half), exp(logarithm + half))
    return estimate, normal_p(logarithm / std_error) if std_error > 0 else nan


def shared_horizon(curves: Sequence[KaplanMeier], wanted: float) -> float:
    """The latest time up to `wanted` at which every curve that has patients is known; NaN where none has."""
    ends = [wanted if curve.known_until(wanted) else curve.last_time for curve in curves if curve.n]
    return min(ends) if ends else nan


@dataclass(frozen=True)
class AdjustedMean:
    """A linear model of the restricted mean: intercept, then the covariates in order; differences in the unit of the times."""

    coefficients: Floats
    covariance: Floats
    n: int

    @property
    def std_errors(self) -> Floats:
        """Of the coefficients."""
        return np.sqrt(np.diag(self.covariance))

    def difference(self, index: int = 1, level: float = 0.95) -> tuple[Estimate, float]:
        """A coefficient with its normal interval and the two-sided P of its z test; 1 is the first covariate."""
        value, std_error = float(self.coefficients[index]), float(self.std_errors[index])
        half = normal_quantile(level) * std_error
        return Estimate(value, value - half, value + half), normal_p(value / std_error) if std_error > 0 else nan


def adjusted_restricted_mean(times: Any, events: Any, covariates: Any, arms: Any, horizon: float) -> AdjustedMean:
    """Regression of the survival time up to `horizon` on covariates, censoring weighted away within each arm (Tian, Zhao and Wei 2014).
    R: `survRM2::rmst2(time, event, arm, tau, covariates)`.

    `covariates` (n, p): the arm as 0 and 1 first, then what is adjusted for, complete. `arms` (n,): within whose levels the censoring is
    estimated by reverse Kaplan-Meier. Raises `NotEstimable` where an arm's follow-up ends before the horizon, or where the covariates
    can't be told apart among the patients whose time up to the horizon is known.
    """
    time, event = checked(times, events)
    if not time.size:
        raise NotEstimable("no patients")
    levels = np.asarray(arms)
    x = np.column_stack([np.ones(time.size), np.asarray(covariates, dtype=float).reshape(time.size, -1)])
    until, known = np.minimum(time, horizon), event | (time >= horizon)
    weight = np.zeros(time.size)
    for level in np.unique(levels):
        mine = levels == level
        if not kaplan_meier(time[mine], event[mine]).known_until(horizon):
            raise NotEstimable("follow-up ends before the horizon")
        censoring = kaplan_meier(until[mine], ~known[mine])
        weight[mine] = known[mine] / censoring.survival[np.searchsorted(censoring.time, until[mine])]
    crossed = x.T @ (weight[:, None] * x)
    scale = np.sqrt(np.diag(crossed))
    if not (scale > 0).all() or np.linalg.matrix_rank(crossed / np.outer(scale, scale), tol=1e-10) < x.shape[1]:
        raise NotEstimable("the covariates can't be told apart among those whose time is known")
    coefficients = np.linalg.solve(crossed, x.T @ (weight * until))
    scores = x * (weight * (until - x @ coefficients))[:, None]
    parts = [censoring_corrected(scores[levels == level], until[levels == level], ~known[levels == level]) for level in np.unique(levels)]
    inverse = np.linalg.inv(x.T @ x)
    return AdjustedMean(coefficients, inverse @ sum(part.T @ part for part in parts) @ inverse, time.size)


def censoring_corrected(scores: Floats, times: Floats, censored: Flags) -> Floats:
    """Each patient's score plus what the estimate of the censoring weights adds: the integral of the mean score of who is at risk over
    the patient's censoring martingale."""
    steps, step = np.unique(times, return_inverse=True)
    at_risk = np.cumsum(np.bincount(step)[::-1])[::-1]
    later = np.zeros((steps.size, scores.shape[1]))
    np.add.at(later, step, scores)
    mean = np.cumsum(later[::-1], axis=0)[::-1] / at_risk[:, None]
    drift = np.cumsum(mean * (np.bincount(step, weights=censored) / at_risk)[:, None], axis=0)
    return scores + mean[step] * censored[:, None] - drift[step]
