"""Cumulative incidence with competing risks (Aalen and Johansen), and Gray's test of it.

A cause is 0 for a censored time, else 1, 2, ... for which of the events came first. One less the Kaplan-Meier of one cause takes who had
another event for censored and so overstates its incidence. Ours, and not lifelines', which moves tied times apart at random.

Cause-specific hazards need nothing of their own: they are `fit_cox(times, causes == cause, covariates)`, other causes censored. The
regression of the incidence itself is `fine_gray`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from analysis.statistics.basics import TOLERANCE, Counts, Estimate, Floats, NotEstimable, Scale, checked, normal_quantile


@dataclass(frozen=True)
class CumulativeIncidence:
    """The Aalen-Johansen estimate of one cause: one element for time 0 and for each distinct time, none for an empty sample.

    `at_risk` counts who is under observation just before the time, `events` who has the cause at it, `competing` another. `event_free` is
    the Kaplan-Meier of any event. `std_error`, `lower` and `upper` are of the incidence, pointwise.
    """

    time: Floats
    at_risk: Counts
    events: Counts
    competing: Counts
    censored: Counts
    event_free: Floats
    incidence: Floats
    std_error: Floats
    lower: Floats
    upper: Floats

    @property
    def n(self) -> int:
        """Patients."""
        return int(self.at_risk[0]) if self.time.size else 0

    @property
    def total_events(self) -> int:
        """Patients with the cause."""
        return int(self.events.sum())

    def known_until(self, time: float) -> bool:
        """Whether the curve is defined at `time`: somebody was still followed, or nobody was left without an event."""
        return self.n > 0 and (time <= self.time[-1] or int(self.at_risk[-1]) == int(self.events[-1] + self.competing[-1]))


@dataclass(frozen=True)
class GrayTest:
    """Gray's test: chi-square statistic, degrees of freedom and P."""

    statistic: float
    degrees: int
    p: float


def checked_causes(times: Any, causes: Any, cause: int) -> tuple[Floats, Counts]:
    """`times` and `causes` as arrays. Raises ValueError where a cause is no whole number from 0 on, or `cause` is that of the censored."""
    codes = np.asarray(causes)
    time_array, _ = checked(times, codes != 0)
    whole = codes.astype(np.int64)
    if (whole != codes).any() or (whole < 0).any():
        raise ValueError("causes must be whole numbers, 0 for censored")
    if cause < 1:
        raise ValueError("the cause of interest must be 1 or more")
    return time_array, whole


def incidence_interval(incidence: Floats, std_error: Floats, level: float, scale: Scale) -> tuple[Floats, Floats]:
    """Limits of an incidence. R: `conf.type` of `survfit`. NaN on the log scales where the incidence is 0 (or, log-log, 1)."""
    z = normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # past the largest number: a limit of 0
        relative = z * std_error / incidence
        if scale == "plain":
            lower, upper = incidence - z * std_error, incidence + z * std_error
        elif scale == "log":
            lower, upper = incidence * np.exp(-relative), incidence * np.exp(relative)
        else:
            spread = relative / np.log(incidence)  # negative: the log of the incidence is
            lower, upper = incidence ** np.exp(-spread), incidence ** np.exp(spread)
    exists = (scale != "log-log") | (incidence < 1 - TOLERANCE)  # 0 over 0 is NaN already, 1 is not for sure: it is a sum
    return np.where(exists, np.clip(lower, 0, 1), nan), np.where(exists, np.clip(upper, 0, 1), nan)


def aalen_johansen(times: Any, causes: Any, cause: int = 1, level: float = 0.95, scale: Scale = "log-log") -> CumulativeIncidence:
    """Cumulative incidence of `cause` in one sample. R: `survfit(Surv(time, factor(cause)) ~ 1, conf.type = "log-log")`.

    `times`: (n,), in any unit, from 0 on; `causes`: (n,), 0 censored. The standard error is that of survfit (the infinitesimal jackknife,
    which without weights is the delta method on the multinomial jumps, ties and all; Gaynor et al. 1993); that of `cmprsk::cuminc` is
    another by its correction for ties. Without competing events it is one less the Kaplan-Meier, with Greenwood's error; the incidences
    of all causes and `event_free` add up to 1. Raises ValueError for what is no sample.
    """
    time_array, codes = checked_causes(times, causes, cause)
    if not time_array.size:
        none, no_count = np.empty(0), np.empty(0, dtype=np.int64)
        return CumulativeIncidence(none, no_count, no_count, no_count, no_count, none, none, none, none, none)
    steps = np.unique(np.append(time_array, 0.0))
    events, competing, censored = (
        np.bincount(np.searchsorted(steps, time_array[members]), minlength=steps.size)
        for members in (codes == cause, (codes != cause) & (codes > 0), codes == 0)
    )
    leaving = events + competing + censored
    at_risk = time_array.size - np.cumsum(leaving) + leaving
    any_event = events + competing
    event_free = np.cumprod(1 - any_event / at_risk)
    before = np.append(1.0, event_free[:-1])
    incidence = np.cumsum(before * events / at_risk)

    # F(t) = sum of S(s-) d(s)/n(s). A jump at s moves F(t) directly and through S, by F(t) - F(s); both are correlated within the jump.
    # The square of the difference is multiplied out so that running sums do for all t.
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(at_risk > any_event, any_event / (at_risk * (at_risk - any_event)), 0.0)  # nobody left: F moves no more
        through = np.cumsum(hazard) * incidence**2 - 2 * incidence * np.cumsum(hazard * incidence) + np.cumsum(hazard * incidence**2)
    direct = np.cumsum(before**2 * events * (at_risk - events) / at_risk**3.0)
    jump = before * events / at_risk**2.0
    both = np.cumsum(jump) * incidence - np.cumsum(jump * incidence)
    std_error = np.sqrt(np.maximum(through + direct - 2 * both, 0))
    lower, upper = incidence_interval(incidence, std_error, level, scale)
    return CumulativeIncidence(steps, at_risk, events, competing, censored, event_free, incidence, std_error, lower, upper)


def incidence_at(curve: CumulativeIncidence, time: float) -> Estimate:
    """The cumulative incidence at `time` with its interval; NaN beyond the last follow-up unless everybody has had an event.
    R: `summary(survfit, times)`."""
    if not curve.known_until(time):
        return Estimate(nan)
    step = int(np.searchsorted(curve.time, time, side="right")) - 1
    return Estimate(float(curve.incidence[step]), float(curve.lower[step]), float(curve.upper[step]))


def score_of_stratum(times: Floats, codes: Counts, members: np.ndarray, cause: int, rho: float) -> tuple[Floats, Floats]:
    """Gray's scores of the groups, (k,), and their covariance, (k, k), in one stratum. `members`: (k, n), who is of which group."""
    steps = np.unique(times)

    def by_group(chosen: np.ndarray) -> Floats:
        at = np.searchsorted(steps, times)
        return np.stack([np.bincount(at[mine & chosen], minlength=steps.size) for mine in members]).astype(float)

    events, competing, leaving = by_group(codes == cause), by_group((codes != cause) & (codes > 0)), by_group(codes >= 0)
    at_risk = leaving.sum(axis=1, keepdims=True) - np.cumsum(leaving, axis=1) + leaving
    there = at_risk > 0
    safe = np.where(there, at_risk, 1.0)
    free = np.cumprod(1 - (events + competing) / safe, axis=1)
    free_before = np.column_stack([np.ones(len(members)), free[:, :-1]])
    own = np.cumsum(free_before * events / safe, axis=1)
    own_before = np.column_stack([np.zeros(len(members)), own[:, :-1]])

    # the risk sets as if nobody with a competing event had left
    expanded = np.where(there, at_risk / np.where(there, free_before, 1.0), 0.0)
    total, deaths = expanded.sum(axis=0), events.sum(axis=0)
    pooled = np.cumsum(np.divide(deaths, total, out=np.zeros_like(total), where=total > 0))
    pooled_before = np.append(0.0, pooled[:-1])
    weight = (1 - pooled_before) ** rho
    subdistribution = expanded * (1 - own_before)
    share = subdistribution / np.maximum(subdistribution.sum(axis=0), np.finfo(float).tiny)
    scores = np.where(there, weight * (events - deaths * share), 0.0).sum(axis=1)

    # variance: each group's jumps of either kind, with the coefficient by which they move the scores now and later
    fraction = np.divide(expanded, total, out=np.zeros_like(expanded), where=total > 0)
    direct = weight * (expanded[:, None] * np.eye(len(members))[:, :, None] - expanded[:, None] * fraction[None])  # (score, group, step)
    hazard = np.divide(deaths, total * (1 - pooled_before), out=np.zeros_like(total), where=(total > 0) & (pooled_before < 1))
    later = np.cumsum(direct * hazard, axis=2)
    later = later[:, :, -1:] - later
    ratio = np.divide(1 - pooled, free, out=np.zeros_like(free), where=free > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        tied = np.where(deaths > 1, 1 - (deaths - 1) / (total * free_before - 1), 1.0)
        of_cause = np.where(there & (deaths > 0), tied * free_before * deaths / (total * safe), 0.0)
        tied_other = np.where(competing > 1, 1 - (competing - 1) / (safe - 1), 1.0)
        of_others = np.where(there & (free > 0), tied_other * free_before**2 * competing / safe**2, 0.0)
    by_cause = direct + later * np.where(free > 0, 1 - ratio, 1.0)
    by_others = later * ratio
    covariance = np.einsum("ikt,jkt,kt->ij", by_cause, by_cause, of_cause) + np.einsum("ikt,jkt,kt->ij", by_others, by_others, of_others)
    return scores, covariance


def gray_test(times: Any, causes: Any, groups: Any, cause: int = 1, rho: float = 0.0, strata: Any = None) -> GrayTest:
    """Whether the cumulative incidence of `cause` differs between two or more groups (Gray 1988). R: `cmprsk::cuminc(...)$Tests`.

    `times`, `causes`, `groups` and, if given, `strata`: (n,). `rho` is the power of (1 - incidence) by which early events count more.
    Raises `NotEstimable` without events of the cause, with one group only, or where nothing could have gone otherwise.
    """
    from scipy.special import chdtrc

    time_array, codes = checked_causes(times, causes, cause)
    labels = np.asarray(groups)
    strata_array = np.zeros(time_array.size) if strata is None else np.asarray(strata)
    if not (codes == cause).any():
        raise NotEstimable("no events" if time_array.size else "no patients")
    names = np.unique(labels)
    if names.size < 2:
        raise NotEstimable("one group only")
    scores, covariance = np.zeros(names.size), np.zeros((names.size, names.size))
    for stratum in np.unique(strata_array):
        mine = strata_array == stratum
        members = labels[mine] == names[:, None]
        score, variance = score_of_stratum(time_array[mine], codes[mine], members, cause, rho)
        scores, covariance = scores + score, covariance + variance
    scores, covariance = scores[:-1], covariance[:-1, :-1]  # they add up to nothing
    scale = np.abs(np.diag(covariance)).max()
    if not scale > 0 or np.linalg.matrix_rank(covariance / scale, tol=1e-10) < scores.size:
        raise NotEstimable("the groups are never at risk together")
    statistic = float(scores @ np.linalg.solve(covariance, scores))
    return GrayTest(statistic, int(scores.size), float(chdtrc(scores.size, statistic)))
