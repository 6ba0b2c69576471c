"""Cox proportional hazards with Efron's handling of ties, and the exact score test of proportional hazards.

Ours, and not lifelines': the exact test needs the risk-set moments of the fit, lifelines' own test is the older approximation, its
stopping rule costs digits on small samples, and it says of a coefficient without a maximum only that it warns. Rows that are alike are
collapsed to counts first, so that a million patients cost little more than a thousand. Tested against R's `coxph` and `cox.zph`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any, Literal

import numpy as np

from analysis.statistics.survival import Counts, Estimate, Floats, NotEstimable, checked, kaplan_meier, normal_quantile

Transform = Literal["km", "rank", "identity", "log"]

LARGEST_LOG_HAZARD_RATIO = 20.0  # over a covariate's observed range: past a ratio of e^20 the likelihood has no maximum
MOST_STEPS = 100


@dataclass(frozen=True)
class RiskSets:
    """A sample collapsed to distinct (time, event, covariates) rows, by falling time, covariates centred."""

    time: Floats
    event: Counts  # deaths of the row: its count or 0
    count: Counts
    covariates: Floats


@dataclass(frozen=True)
class Moments:
    """The partial likelihood at one coefficient: one row for each death (Efron's average over the order of ties).

    `step` numbers each death's event time in falling order of time.
    """

    log_likelihood: float
    step: Counts
    means: Floats  # (deaths, p): the risk set's mean of the covariates
    covariances: Floats  # (deaths, p, p)
    deaths: Floats  # (event times, p): sum of the covariates of who died

    @property
    def score(self) -> Floats:
        """Gradient of the log likelihood."""
        return self.deaths.sum(axis=0) - self.means.sum(axis=0)

    @property
    def information(self) -> Floats:
        """Observed information."""
        return self.covariances.sum(axis=0)


@dataclass(frozen=True)
class CoxFit:
    """Coefficients (log hazard ratios) of a Cox model, with what its test of proportional hazards needs."""

    coefficients: Floats
    covariance: Floats
    log_likelihood: float
    null_log_likelihood: float
    n: int
    events: int
    risk_sets: RiskSets
    moments: Moments

    @property
    def std_errors(self) -> Floats:
        """Of the coefficients."""
        return np.sqrt(np.diag(self.covariance))

    def hazard_ratio(self, index: int = 0, level: float = 0.95) -> Estimate:
        """The hazard ratio of one covariate with its Wald interval."""
        coefficient, half = float(self.coefficients[index]), normal_quantile(level) * float(self.std_errors[index])
        return Estimate(exp(coefficient), exp(coefficient - half), exp(coefficient + half))


@dataclass(frozen=True)
class HazardsTest:
    """Score test of proportional hazards: chi-square, degrees of freedom and P of each covariate, and of all together."""

    statistics: tuple[float, ...]
    p_values: tuple[float, ...]
    global_statistic: float
    global_p: float
    degrees: int


def collapse(times: Floats, events: np.ndarray, covariates: Floats) -> RiskSets:
    """Distinct rows with their counts."""
    stacked: Floats = np.column_stack([-times, events, covariates])
    rows, count = np.unique(stacked, axis=0, return_counts=True)
    return RiskSets(-rows[:, 0], (rows[:, 1] * count).astype(np.int64), count, rows[:, 2:] - covariates.mean(axis=0))


def moments(sets: RiskSets, coefficients: Floats) -> Moments:
    """Efron's partial likelihood and its risk-set moments (Efron 1977)."""
    x, linear = sets.covariates, sets.covariates @ coefficients
    shift = float(linear.max())  # cancels in every ratio; keeps exp from overflowing
    weight = sets.count * np.exp(linear - shift)
    powers = [np.ones(len(x)), x, x[:, :, None] * x[:, None, :]]

    ends = np.flatnonzero(np.append(np.diff(sets.time) != 0, True))  # last row of each distinct time
    starts = np.append(0, ends[:-1] + 1)
    deaths = np.add.reduceat(sets.event, starts)
    steps = np.flatnonzero(deaths > 0)
    tied = np.repeat(np.arange(steps.size), deaths[steps])
    first = np.cumsum(deaths[steps]) - deaths[steps]
    fraction = (np.arange(tied.size) - first[tied]) / deaths[steps][tied]  # of the tied deaths that have left the risk set

    def risk_less_deaths(power: Floats) -> Floats:
        shape = (-1,) + (1,) * (power.ndim - 1)
        weighted = weight.reshape(shape) * power
        at_risk = np.cumsum(weighted, axis=0)[ends[steps]]
        dying = np.add.reduceat(weighted * (sets.event > 0).reshape(shape), starts, axis=0)[steps]
        return at_risk[tied] - fraction.reshape(shape) * dying[tied]

    s0, s1, s2 = (risk_less_deaths(power) for power in powers)
    means = s1 / s0[:, None]
    covariances = s2 / s0[:, None, None] - means[:, :, None] * means[:, None, :]
    death_sums = np.add.reduceat(x * sets.event[:, None], starts, axis=0)[steps]
    log_likelihood = float(death_sums.sum(axis=0) @ coefficients - np.log(s0).sum() - shift * tied.size)
    return Moments(log_likelihood, tied, means, covariances, death_sums)


def fit_cox(times: Any, events: Any, covariates: Any) -> CoxFit:
    """Fits by Newton's method to full precision. R: `coxph(Surv(time, event) ~ x, ties = "efron")`.

    `covariates`: (n,) or (n, p), complete. Raises `NotEstimable` without events, where a covariate does not vary or can't be told from
    the others, and where the likelihood has no maximum.
    """
    time_array, event_array = checked(times, events)
    x = np.asarray(covariates, dtype=float).reshape(time_array.size, -1)
    if not event_array.any():
        raise NotEstimable("no events" if time_array.size else "no patients")
    spread = np.ptp(x, axis=0)
    if not (spread > 0).all():
        raise NotEstimable("a covariate has one value only")
    sets = collapse(time_array, event_array, x)
    coefficients = np.zeros(x.shape[1])
    null = current = moments(sets, coefficients)
    if np.linalg.matrix_rank(null.information / np.outer(spread, spread), tol=1e-10) < x.shape[1]:
        raise NotEstimable("the covariates can't be told apart among those at risk")
    for _ in range(MOST_STEPS):
        step = np.linalg.solve(current.information, current.score)
        following = moments(sets, coefficients + step)
        while following.log_likelihood < current.log_likelihood - 1e-9 * abs(current.log_likelihood):
            step /= 2
            following = moments(sets, coefficients + step)
        coefficients, current = coefficients + step, following
        if (np.abs(coefficients) * spread > LARGEST_LOG_HAZARD_RATIO).any():
            raise NotEstimable("the likelihood has no maximum: the events separate the groups completely")
        if (np.abs(step) * spread < 1e-10).all():
            return CoxFit(
                coefficients=coefficients,
                covariance=np.linalg.inv(current.information),
                log_likelihood=current.log_likelihood,
                null_log_likelihood=null.log_likelihood,
                n=time_array.size,
                events=int(event_array.sum()),
                risk_sets=sets,
                moments=current,
            )
    raise NotEstimable("the fit did not converge")


def time_scale(sets: RiskSets, event_times: Floats, transform: Transform) -> Floats:
    """g(t) of the test at each event time: R's `transform`. `km` is one less the pooled survival just before the time."""
    everybody = np.repeat(sets.time, sets.count)
    if transform == "km":
        died = np.concatenate([np.arange(count) < event for count, event in zip(sets.count, sets.event, strict=True)])
        pooled = kaplan_meier(everybody, died)
        before = np.searchsorted(pooled.time, event_times, side="left") - 1
        return np.where(before >= 0, 1 - pooled.survival[before], 0.0)
    if transform == "rank":
        ordered = np.sort(everybody)
        return (np.searchsorted(ordered, event_times, side="left") + 1 + np.searchsorted(ordered, event_times, side="right")) / 2
    return np.log(event_times) if transform == "log" else event_times


def proportional_hazards_test(fit: CoxFit, transform: Transform = "km") -> HazardsTest:
    """Tests whether coefficients change with g(t): the score test of the model with x * g(t) added, at zero. R >= 3: `cox.zph`.

    Raises `NotEstimable` where g takes one value only (a single event time).
    """
    from scipy.special import chdtrc

    sets, at_fit, p = fit.risk_sets, fit.moments, fit.coefficients.size
    event_times = np.unique(sets.time[sets.event > 0])[::-1]
    g = time_scale(sets, event_times, transform)
    if not np.isfinite(g).all():
        raise NotEstimable("an event at time 0 has no logarithm")
    g = g - g[at_fit.step].mean()  # the test doesn't change, the matrix is better conditioned
    on_deaths = g[at_fit.step]
    score = g @ at_fit.deaths - on_deaths @ at_fit.means
    information = at_fit.information
    crossed = np.tensordot(on_deaths, at_fit.covariances, axes=1)
    squared = np.tensordot(on_deaths**2, at_fit.covariances, axes=1)
    # the part of the score's variance that the fitted main effects leave
    remaining = squared - crossed @ np.linalg.solve(information, crossed)
    if np.linalg.matrix_rank(remaining, tol=1e-12 * max(1.0, float(np.abs(squared).max()))) < p:
        raise NotEstimable("too few event times at which both groups are at risk")
    statistics = tuple(float(score[j] ** 2 / remaining[j, j]) for j in range(p))
    together = float(score @ np.linalg.solve(remaining, score))
    return HazardsTest(statistics, tuple(float(chdtrc(1, value)) for value in statistics), together, float(chdtrc(p, together)), p)


def compare_two(times: Any, events: Any, is_first: Sequence[bool] | np.ndarray) -> CoxFit:
    """The hazard of the first group relative to the second. Raises `NotEstimable` with the reason in words of two groups."""
    time_array, event_array = checked(times, events)
    first = np.asarray(is_first, dtype=bool)
    sizes, deaths = (first.sum(), (~first).sum()), ((event_array & first).sum(), (event_array & ~first).sum())
    if not max(sizes):
        raise NotEstimable("no patients")
    if not min(sizes):
        raise NotEstimable("one group only")
    if not max(deaths):
        raise NotEstimable("no events")
    if not min(deaths):
        raise NotEstimable("no events in one group")
    try:
        return fit_cox(time_array, event_array, first)
    except NotEstimable as reason:
        if "told apart" in str(reason):
            raise NotEstimable("the groups are never at risk together") from None
        raise
