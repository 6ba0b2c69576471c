"""The Kaplan-Meier estimate over plain arrays: curve, intervals, quantiles, numbers at risk, median follow-up.

Ours, for what lifelines does otherwise than R's survival: its median can be one event late where the curve is exactly at the level, its
numbers at risk count who enters at a time as at risk at it, and its standard error knows no sampling weights. Tested against R.

Times may be in any unit, from 0 on; an event is true where the time ends in the event, false where it is censored. Results are in the
unit of the times. A quantity that does not exist is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from analysis.statistics.basics import (
    TOLERANCE,
    Counts,
    Estimate,
    Floats,
    Scale,
    checked,
    checked_counts,
    checked_entry,
    checked_weights,
    normal_quantile,
)


@dataclass(frozen=True)
class KaplanMeier:
    """The product-limit estimate on its steps: one element for time 0 and for each distinct time, none for an empty sample.

    `at_risk` is who is under observation just before the time (R's convention), `events` and `censored` who leave at it: numbers of
    patients, or sums of weights where the sample was weighted. `std_error` is of the survival: Greenwood's, or the robust one of a
    weighted sample; NaN once the survival is 0. `n` and `total_events` count patients, weighted or not.
    """

    time: Floats
    at_risk: Counts | Floats
    events: Counts | Floats
    censored: Counts | Floats
    survival: Floats
    std_error: Floats
    n: int
    total_events: int

    @property
    def last_time(self) -> float:
        """The longest time under observation; NaN for an empty sample."""
        return float(self.time[-1]) if self.time.size else nan

    def known_until(self, time: float) -> bool:
        """Whether the curve is defined at `time`: somebody was still followed, or nobody was left alive."""
        return self.n > 0 and (time <= self.last_time or bool(self.survival[-1] <= TOLERANCE))


def kaplan_meier(times: Any, events: Any, *, counts: Any = None, weights: Any = None, entry: Any = None) -> KaplanMeier:
    """The Kaplan-Meier estimate of one sample. R: `survfit(Surv(time, event) ~ 1)`.

    `times`, `events`: (n,). `counts` (n,): how many patients a row stands for, whole numbers (the same as repeating the row).
    `weights` (n,): sampling weights, such as inverse-probability ones, R: `weights=`; the standard error is then robust to them, as R's
    is. `entry` (n,): since when a row is under observation (delayed entry, left truncation), R: `Surv(entry, time, event)`; not above 0
    means from the outset. Where few are at risk early because of late entry, one death can bring the curve to 0 for good: look at
    `at_risk`. Raises ValueError where the arrays are no sample, or counts and weights are both given.
    """
    time_array, event_array = checked(times, events)
    since, number = checked_entry(entry, time_array), checked_counts(counts, time_array.size)
    if counts is not None and weights is not None:
        raise ValueError("counts and weights can't be given together")
    if not number.any():
        none, no_count = np.empty(0), np.empty(0, dtype=np.int64)
        return KaplanMeier(none, no_count, no_count, no_count, none, none, 0, 0)
    weight = number if weights is None else checked_weights(weights, time_array.size)
    present = number > 0
    time_array, event_array, since = time_array[present], event_array[present], since[present]
    weight, number = weight[present], number[present]
    # a step at each entry too: the number at risk changes after it
    time = np.unique(np.concatenate([[0.0], time_array, since[np.isfinite(since)]]))
    leaves, enters = np.searchsorted(time, time_array), np.where(np.isfinite(since), np.searchsorted(time, since), -1)
    left, died = by_step(leaves, weight, time.size), by_step(leaves[event_array], weight[event_array], time.size)
    entered = by_step(enters[enters >= 0], weight[enters >= 0], time.size)
    at_risk = np.cumsum(left[::-1])[::-1] - np.cumsum(entered[::-1])[::-1]  # who enters at a time is not yet at risk at it
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(died > 0, died / at_risk, 0.0)
        hazard = np.where(hazard > 1 - 1e-12, 1.0, hazard)  # of weights: all are dead, but for rounding
        survival = np.cumprod(1 - hazard)
        increments = np.where(died > 0, hazard / ((1 - hazard) * at_risk), 0.0)
        if weights is None:
            variance = np.cumsum(increments)  # Greenwood's, of the log survival
        else:
            own = np.where(event_array & (weight > 0), (1 / ((1 - hazard) * at_risk))[leaves], 0.0)
            variance = robust_variance(np.cumsum(increments), own, leaves, enters, weight.astype(float))
        std_error = survival * np.sqrt(variance)
    return KaplanMeier(
        time=time,
        at_risk=at_risk,
        events=died,
        censored=left - died,
        survival=survival,
        std_error=np.where(survival > 0, std_error, nan),
        n=int(number.sum()),
        total_events=int(number[event_array].sum()),
    )


def by_step(steps: Counts, weight: Counts | Floats, size: int) -> Counts | Floats:
    """The sum of the weights at each of `size` steps, whole where the weights are."""
    return np.bincount(steps, weights=weight, minlength=size).astype(weight.dtype)


def robust_variance(cumulated: Floats, own: Floats, leaves: Counts, enters: Counts, weight: Floats) -> Floats:
    """The infinitesimal jackknife's variance of the log survival at each step: the sum of the squares of what each row's weight changes.

    `cumulated`: by step, what a row that stays at risk has added; `own`: what a row adds at its event. R: `survfit(..., robust = TRUE)`.
    """
    before = np.where(enters >= 0, cumulated[enters], 0.0)  # of late entry: what went before is not the row's
    squared, size = weight**2, cumulated.size
    gone = np.cumsum(np.bincount(leaves, squared * (own - cumulated[leaves] + before) ** 2, minlength=size))

    def still_there(power: int) -> Floats:
        terms = squared * before**power
        here = terms[enters < 0].sum() + np.cumsum(np.bincount(enters[enters >= 0], terms[enters >= 0], minlength=size))
        return here - np.cumsum(np.bincount(leaves, terms, minlength=size))

    staying = cumulated**2 * still_there(0) - 2 * cumulated * still_there(1) + still_there(2)
    return gone + np.maximum(staying, 0)


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
    """Patients under observation just before each of `times`: who leaves on the day still counts. R: `summary(survfit)$n.risk`.

    Sums of weights where the curve is of a weighted sample.
    """
    steps = np.searchsorted(curve.time, np.asarray(times, dtype=float), side="left")
    return [curve.at_risk[step].item() if step < curve.time.size else 0 for step in steps]


def follow_up(times: Any, deaths: Any, level: float = 0.95, *, counts: Any = None) -> Estimate:
    """Median follow-up by reverse Kaplan-Meier: being censored is the event, a death censors it (Schemper and Smith 1996).
    R: `survfit(Surv(time, 1 - event) ~ 1)`."""
    time_array, death_array = checked(times, deaths)
    return quantile(kaplan_meier(time_array, ~death_array, counts=counts), level=level)
