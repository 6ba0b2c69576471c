"""Regression of a cumulative incidence: the proportional subdistribution hazards model (Fine and Gray 1999).

Who has had a competing event stays in the risk set with a weight that falls as the patient would have been censored. Ours: lifelines has no
such model. Tested against R's `cmprsk::crr`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np

from analysis.statistics.basics import Counts, Estimate, Flags, Floats, NotEstimable, normal_p, normal_quantile
from analysis.statistics.competing import checked_causes

FAR = 20.0  # a log hazard ratio over a covariate's observed range, past which it is asked whether there is a maximum
MOST_STEPS = 100
MOST_HALVINGS = 40
CONVERGED = 1e-10  # the last step, over the covariate's range


@dataclass(frozen=True)
class FineGrayFit:
    """Coefficients (log subdistribution hazard ratios) with their sandwich covariance, which allows for the estimated weights."""

    coefficients: Floats
    covariance: Floats
    log_likelihood: float
    null_log_likelihood: float
    n: int
    events: int
    names: tuple[str, ...] = ()

    @property
    def std_errors(self) -> Floats:
        """Of the coefficients."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def p_values(self) -> tuple[float, ...]:
        """Two-sided P of each coefficient: Wald test, robust."""
        return tuple(normal_p(z) for z in self.coefficients / self.std_errors)

    def hazard_ratio(self, index: int = 0, level: float = 0.95) -> Estimate:
        """The subdistribution hazard ratio of one covariate with its Wald interval."""
        coefficient, half = float(self.coefficients[index]), normal_quantile(level) * float(self.std_errors[index])
        return Estimate(exp(coefficient), exp(coefficient - half), exp(coefficient + half))


@dataclass(frozen=True)
class RiskSets:
    """A sample by rising time, and where its event times lie in it."""

    x: Floats  # (n, p), centred
    time: Floats
    of_cause: Flags
    competing: Flags
    censored: Flags
    uncensored: Floats  # (n,): chance of not being censored before the row's time
    event_times: Floats  # (m,)
    deaths: Counts  # (m,): of the cause at each event time
    start: Counts  # (m,): the first row at or after each event time
    uncensored_then: Floats  # (m,): as `uncensored`, at the event times


@dataclass(frozen=True)
class Moments:
    """The weighted partial likelihood (Breslow) at one coefficient, and what the sandwich needs of it."""

    log_likelihood: float
    score: Floats
    information: Floats
    relative: Floats  # (n,): exp(x beta), up to a factor
    total: Floats  # (m,): weighted sum of `relative` at risk
    mean: Floats  # (m, p): weighted mean of the covariates at risk


def risk_sets(times: Floats, codes: Counts, x: Floats, cause: int) -> RiskSets:
    """Sorts the sample and estimates the censoring (Kaplan-Meier; a tied event is still at risk of it, as in `crr`)."""
    order = np.argsort(times, kind="stable")
    time, code = times[order], codes[order]
    _, first, leaving = np.unique(time, return_index=True, return_counts=True)
    lost = np.add.reduceat((code == 0).astype(float), first)
    at_risk = time.size - np.cumsum(leaving) + leaving
    before = np.append(1.0, np.cumprod(1 - lost / at_risk)[:-1])
    uncensored = np.repeat(before, leaving)
    event_times, deaths = np.unique(time[code == cause], return_counts=True)
    start = np.searchsorted(time, event_times, side="left")
    return RiskSets(
        x=x[order] - x.mean(axis=0),
        time=time,
        of_cause=code == cause,
        competing=(code != cause) & (code > 0),
        censored=code == 0,
        uncensored=uncensored,
        event_times=event_times,
        deaths=deaths,
        start=start,
        uncensored_then=uncensored[start],
    )


def moments(sets: RiskSets, coefficients: Floats) -> Moments:
    """Sums over the risk sets: who is still followed, and the weighted who had a competing event before."""
    linear = sets.x @ coefficients
    shift = float(linear.max())  # cancels in every ratio; keeps exp from overflowing
    relative = np.exp(linear - shift)
    left = np.where(sets.competing, relative / sets.uncensored, 0.0)  # as they count once they have left, but for the censoring by then

    def at_risk(power: Floats) -> Floats:
        shape = (-1,) + (1,) * (power.ndim - 1)
        staying = np.cumsum((relative.reshape(shape) * power)[::-1], axis=0)[::-1][sets.start]
        gone = np.concatenate([np.zeros((1, *power.shape[1:])), np.cumsum(left.reshape(shape) * power, axis=0)])[sets.start]
        return staying + sets.uncensored_then.reshape(shape) * gone

    x = sets.x
    total = at_risk(np.ones(len(x)))
    mean = at_risk(x) / total[:, None]
    square = at_risk(x[:, :, None] * x[:, None, :]) / total[:, None, None]
    covariances = square - mean[:, :, None] * mean[:, None, :]
    deaths = sets.deaths
    log_likelihood = float(linear[sets.of_cause].sum() - deaths @ (np.log(total) + shift))
    score = x[sets.of_cause].sum(axis=0) - deaths @ mean
    return Moments(log_likelihood, score, np.tensordot(deaths, covariances, axes=1), relative, total, mean)


def sandwich(sets: RiskSets, fit: Moments) -> Floats:
    """Covariance of the coefficients (Fine and Gray 1999, section 5): each patient's part in the score, and in the weights' estimate.

    All integrals over time are running sums at the event times, read where the patient's time lies among them.
    """
    x, relative = sets.x, fit.relative[:, None]
    hazard = sets.deaths / fit.total
    then = sets.uncensored_then * hazard

    def running(of: Floats) -> Floats:
        return np.concatenate([np.zeros((1, *of.shape[1:])), np.cumsum(of, axis=0)])

    level, drift = running(hazard)[:, None], running(fit.mean * hazard[:, None])
    level_then, drift_then = running(then)[:, None], running(fit.mean * then[:, None])
    until = np.searchsorted(sets.event_times, sets.time, side="right")  # event times up to the patient's, own included

    followed = x * level[until] - drift[until]
    after = (x * (level_then[-1] - level_then[until]) - (drift_then[-1] - drift_then[until])) / sets.uncensored[:, None]
    own = np.zeros_like(x)
    own[sets.of_cause] = (x - fit.mean[np.minimum(until - 1, sets.event_times.size - 1)])[sets.of_cause]
    score = own - relative * (followed + np.where(sets.competing[:, None], after, 0.0))

    # at each distinct time: what the weights of those with a competing event before it still do to the score
    steps, first, leaving = np.unique(sets.time, return_index=True, return_counts=True)
    weighted = np.where(sets.competing[:, None], relative / sets.uncensored[:, None], 0.0)
    gone, gone_x = running(weighted)[first], running(weighted * x)[first]
    onward = np.searchsorted(sets.event_times, steps, side="left")
    pull = gone_x * (level_then[-1] - level_then[onward]) - gone * (drift_then[-1] - drift_then[onward])
    at_risk = (sets.time.size - first)[:, None].astype(float)
    lost = np.add.reduceat(sets.censored.astype(float), first)[:, None]
    compensator = np.cumsum(pull * lost / at_risk**2, axis=0)
    step_of = np.repeat(np.arange(steps.size), leaving)
    of_weights = np.where(sets.censored[:, None], (pull / at_risk)[step_of], 0.0) - compensator[step_of]

    parts = score + of_weights
    bread = np.linalg.inv(fit.information)
    return bread @ (parts.T @ parts) @ bread


def fine_gray(times: Any, causes: Any, covariates: Any, cause: int = 1, names: Sequence[str] = ()) -> FineGrayFit:
    """Subdistribution hazard ratios of `cause`. R: `cmprsk::crr(time, cause, x, failcode = cause)`, converged.

    `times`: (n,), from 0 on; `causes`: (n,), 0 censored; `covariates`: (n,) or (n, p), complete. Ties by Breslow's method, censoring
    taken to be alike for all, both as `crr` does. Raises `NotEstimable` without events of the cause, where a covariate does not vary or
    can't be told from the others, and where the likelihood has no maximum.
    """
    time_array, codes = checked_causes(times, causes, cause)
    if not time_array.size:
        raise NotEstimable("no patients")
    x = np.asarray(covariates, dtype=float).reshape(time_array.size, -1)
    if not np.isfinite(x).all():
        raise ValueError("covariates must be complete")
    events = int((codes == cause).sum())
    if not events:
        raise NotEstimable("no events")
    spread = np.ptp(x, axis=0)
    if not (spread > 0).all():
        raise NotEstimable("a covariate has one value only")
    sets = risk_sets(time_array, codes, x, cause)
    null, at_fit, coefficients = maximum(sets)
    covariance = sandwich(sets, at_fit)
    if not (np.diag(covariance) * spread**2 > 1e-12).all():  # every patient's part in the score is nothing
        raise NotEstimable("too few events for a robust standard error")
    return FineGrayFit(coefficients, covariance, at_fit.log_likelihood, null.log_likelihood, time_array.size, events, tuple(names))


def maximum(sets: RiskSets) -> tuple[Moments, Moments, Floats]:
    """The likelihood at 0 and at its maximum, and where that is, by Newton's method. Raises `NotEstimable` where there is none."""
    separated = NotEstimable("the likelihood has no maximum: the events separate the groups completely")
    spread = np.ptp(sets.x, axis=0)
    coefficients = np.zeros(spread.size)
    null = current = moments(sets, coefficients)
    if np.linalg.matrix_rank(null.information / np.outer(spread, spread), tol=1e-10) < spread.size:
        raise NotEstimable("the covariates can't be told apart among those at risk")
    far = False
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(MOST_STEPS):
            try:
                step = np.linalg.solve(current.information, current.score)
            except np.linalg.LinAlgError:
                raise separated from None
            least = current.log_likelihood - 1e-9 * abs(current.log_likelihood)
            following = moments(sets, coefficients + step)
            halvings = 0
            while not following.log_likelihood >= least and halvings < MOST_HALVINGS:  # so written, it catches NaN
                step, halvings = step / 2, halvings + 1
                following = moments(sets, coefficients + step)
            if not following.log_likelihood >= least:
                break
            gain = following.log_likelihood - current.log_likelihood
            coefficients, current, moved = coefficients + step, following, np.abs(step) * spread
            if (moved < CONVERGED).all():
                return null, current, coefficients
            far = bool((np.abs(coefficients) * spread > FAR).any())
            if far and gain < 1e-6 and (moved > 1e-2).any():  # still moving, and nothing gained by it
                break
    raise separated if far else NotEstimable("the fit did not converge")
