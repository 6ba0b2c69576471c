"""Kaplan-Meier, log-rank and restricted mean over plain arrays of times and events.

lifelines makes the product-limit estimate. What it leaves out or does otherwise than R's survival is ours: Greenwood's standard error and
intervals on three scales, quantiles with R's midpoint rule (lifelines' median can be one event late where the curve is exactly at the
level), observed and expected events of the log-rank test and its degenerate cases (lifelines answers P = 1 where the variance is zero),
and the standard error of the restricted mean. Every function is tested against values computed by R.

Times may be in any unit, from 0 on; an event is true where the time ends in the event, false where it is censored. Results are in the
unit of the times. A quantity that does not exist is NaN; a test or model that can't be computed raises `NotEstimable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Scale = Literal["log-log", "log", "plain"]

TOLERANCE = float(np.sqrt(np.finfo(float).eps))  # R's tolerance for "the curve is at the level"


class NotEstimable(ValueError):
    """A quantity that the data can't give. The message is the reason, in words for a reader of the report."""


@dataclass(frozen=True)
class Estimate:
    """A number and its interval. NaN where a part does not exist."""

    value: float
    lower: float = nan
    upper: float = nan


@dataclass(frozen=True)
class KaplanMeier:
    """The product-limit estimate on its steps: one element for time 0 and for each distinct time, none for an empty sample.

    `at_risk` counts who is under observation just before the time (R's convention), `events` and `censored` who leave at it.
    `std_error` is Greenwood's, of the survival; NaN once the survival is 0.
    """

    time: Floats
    at_risk: Counts
    events: Counts
    censored: Counts
    survival: Floats
    std_error: Floats

    @property
    def n(self) -> int:
        """Patients."""
        return int(self.at_risk[0]) if self.time.size else 0

    @property
    def total_events(self) -> int:
        """Patients with the event."""
        return int(self.events.sum())

    @property
    def last_time(self) -> float:
        """The longest time under observation; NaN for an empty sample."""
        return float(self.time[-1]) if self.time.size else nan

    def known_until(self, time: float) -> bool:
        """Whether the curve is defined at `time`: somebody was still followed, or nobody was left alive."""
        return self.n > 0 and (time <= self.last_time or bool(self.survival[-1] <= TOLERANCE))


@dataclass(frozen=True)
class LogRank:
    """The log-rank test: chi-square statistic, degrees of freedom, two-sided P, observed and expected events by group."""

    statistic: float
    degrees: int
    p: float
    observed: tuple[float, ...]
    expected: tuple[float, ...]


def checked(times: Any, events: Any) -> tuple[Floats, Flags]:
    """`times` and `events` as arrays of one length. Raises ValueError where a time is missing or negative."""
    time_array, event_array = np.asarray(times, dtype=float), np.asarray(events, dtype=bool)
    if time_array.shape != event_array.shape or time_array.ndim != 1:
        raise ValueError("times and events must be two one-dimensional arrays of the same length")
    if time_array.size and not (np.isfinite(time_array).all() and time_array.min() >= 0):
        raise ValueError("times must be finite and not negative")
    return time_array, event_array


def kaplan_meier(times: Any, events: Any) -> KaplanMeier:
    """The Kaplan-Meier estimate of one sample. R: `survfit(Surv(time, event) ~ 1)`."""
    time_array, event_array = checked(times, events)
    if not time_array.size:
        none, no_count = np.empty(0), np.empty(0, dtype=np.int64)
        return KaplanMeier(none, no_count, no_count, no_count, none, none)
    from lifelines import KaplanMeierFitter

    fitted = KaplanMeierFitter().fit(time_array, event_array)
    table = fitted.event_table
    at_risk, observed = table["at_risk"].to_numpy(dtype=np.int64), table["observed"].to_numpy(dtype=np.int64)
    survival = fitted.survival_function_.to_numpy(dtype=float).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard_variance = np.cumsum(observed / (at_risk * (at_risk - observed)))
        std_error = survival * np.sqrt(hazard_variance)
    return KaplanMeier(
        time=table.index.to_numpy(dtype=float),
        at_risk=at_risk,
        events=observed,
        censored=table["censored"].to_numpy(dtype=np.int64),
        survival=survival,
        std_error=np.where(survival > 0, std_error, nan),
    )


def normal_quantile(level: float) -> float:
    """The z of a two-sided interval at confidence `level`: 1.96 for 0.95."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))


def interval(curve: KaplanMeier, level: float = 0.95, scale: Scale = "log-log") -> tuple[Floats, Floats]:
    """Pointwise lower and upper limits of the survival at each step. R: `conf.type`.

    (1, 1) before the first event, NaN once the survival is 0, where no scale has a standard error.
    """
    z, survival = normal_quantile(level), curve.survival
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = curve.std_error / survival  # of the log survival
        if scale == "plain":
            lower, upper = survival - z * curve.std_error, survival + z * curve.std_error
        elif scale == "log":
            lower, upper = survival * np.exp(-z * relative), survival * np.exp(z * relative)
        else:
            spread = z * relative / np.log(survival)  # negative: log survival is
            lower, upper = survival ** np.exp(-spread), survival ** np.exp(spread)
    flat = curve.std_error == 0
    return np.where(flat, survival, np.clip(lower, 0, 1)), np.where(flat, survival, np.clip(upper, 0, 1))


def first_time_at(times: Floats, curve: Floats, level: float) -> float:
    """Where a horizontal line at `level` meets a falling step curve; NaN where it never does. R: `quantile.survfit`.

    A curve that lies exactly at the level (within the tolerance: it is a product of many fractions) for a while is met in the middle of
    that stretch, which the last time ends if no later step does.
    """
    reached = np.flatnonzero(curve <= level + TOLERANCE)  # NaN is never reached
    if not reached.size:
        return nan
    start = reached[0]
    if abs(curve[start] - level) > TOLERANCE:
        return float(times[start])
    below = np.flatnonzero(curve < level - TOLERANCE)
    if below.size:
        return float(times[start] + times[below[0]]) / 2
    return float(times[start] + times[-1]) / 2 if not np.isnan(curve[-1]) else nan


def quantile(curve: KaplanMeier, probability: float = 0.5, level: float = 0.95, scale: Scale = "log-log") -> Estimate:
    """The time by which a share `probability` of the sample has had the event, with the interval that inverts the curve's (Brookmeyer
    and Crowley). R: `quantile(survfit(...))`. NaN is "not reached" where there are patients."""
    lower, upper = interval(curve, level, scale)
    return Estimate(*(first_time_at(curve.time, values, 1 - probability) for values in (curve.survival, lower, upper)))


def survival_at(curve: KaplanMeier, time: float, level: float = 0.95, scale: Scale = "log-log") -> Estimate:
    """Survival at `time`; NaN beyond the last follow-up unless the curve has come to 0. R: `summary(survfit, times)`."""
    if not curve.known_until(time):
        return Estimate(nan)
    step = int(np.searchsorted(curve.time, time, side="right")) - 1
    lower, upper = interval(curve, level, scale)
    return Estimate(float(curve.survival[step]), float(lower[step]), float(upper[step]))


def at_risk_at(curve: KaplanMeier, times: Sequence[float] | Floats) -> list[int]:
    """Patients under observation just before each of `times`: who leaves on the day still counts. R: `summary(survfit)$n.risk`."""
    steps = np.searchsorted(curve.time, np.asarray(times, dtype=float), side="left")
    return [int(curve.at_risk[step]) if step < curve.time.size else 0 for step in steps]


def follow_up(times: Any, deaths: Any, level: float = 0.95) -> Estimate:
    """Median follow-up by reverse Kaplan-Meier: being censored is the event, a death censors it (Schemper and Smith 1996)."""
    time_array, death_array = checked(times, deaths)
    return quantile(kaplan_meier(time_array, ~death_array), level=level)


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
    from scipy.special import ndtr

    both = RestrictedMean(first.value - second.value, sqrt(first.std_error**2 + second.std_error**2))
    return both.interval(level), float(2 * ndtr(-abs(both.value) / both.std_error)) if both.std_error > 0 else nan


def shared_horizon(curves: Sequence[KaplanMeier], wanted: float) -> float:
    """The latest time up to `wanted` at which every curve that has patients is known; NaN where none has."""
    ends = [wanted if curve.known_until(wanted) else curve.last_time for curve in curves if curve.n]
    return min(ends) if ends else nan


def log_rank(times: Any, events: Any, groups: Any) -> LogRank:
    """The two-sided, unstratified log-rank test of two or more groups. R: `survdiff(Surv(time, event) ~ group)`.

    Groups are in sorted order. Who leaves before the first event was never at risk of one and takes no part, nor does a group of only
    such patients. Raises `NotEstimable` without events, with one group only, or where nothing could have gone otherwise.
    """
    from scipy.special import chdtrc

    time_array, event_array = checked(times, events)
    labels = np.asarray(groups)
    if not event_array.any():
        raise NotEstimable("no events" if time_array.size else "no patients")
    event_times, step_deaths = np.unique(time_array[event_array], return_counts=True)
    part = time_array >= event_times[0]
    names = np.unique(labels[part])
    if names.size < 2:
        raise NotEstimable("one group only")
    at_risk, deaths = np.empty((2, names.size, event_times.size))
    for row, name in enumerate(names):
        mine = part & (labels == name)
        at_risk[row] = mine.sum() - np.searchsorted(np.sort(time_array[mine]), event_times, side="left")
        own_times = np.sort(time_array[mine & event_array])
        deaths[row] = np.searchsorted(own_times, event_times, side="right") - np.searchsorted(own_times, event_times, side="left")
    total = at_risk.sum(axis=0)
    share = at_risk / total
    expected = share @ step_deaths
    # the hypergeometric variance of the deaths of each group at each time, summed
    weight = step_deaths * (total - step_deaths) / np.maximum(total - 1, 1)
    covariance = np.diag(share @ weight) - (share * weight) @ share.T
    excess = (deaths.sum(axis=1) - expected)[1:]
    if np.linalg.matrix_rank(covariance[1:, 1:], tol=1e-10) < names.size - 1:
        raise NotEstimable("the groups are never at risk together")
    statistic = float(excess @ np.linalg.solve(covariance[1:, 1:], excess))
    observed = tuple(map(float, deaths.sum(axis=1)))
    return LogRank(statistic, names.size - 1, float(chdtrc(names.size - 1, statistic)), observed, tuple(map(float, expected)))
