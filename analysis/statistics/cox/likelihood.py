"""The Cox partial likelihood with its gradient, information and residuals, by Efron's and Breslow's handling of ties.

No sum runs over pairs of a row and an event time: a row's share of the gradient needs only the cumulative hazard up to its time.
Efron (1977); Breslow (1974). R: `coxph`, `residuals(type = "score")`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.statistics.basics import Floats
from analysis.statistics.cox.risk_sets import RiskSets, remaining, running


@dataclass(frozen=True)
class Likelihood:
    """The partial likelihood at one vector of coefficients, with the sums that its derivatives are made of.

    `risk` is each row's relative hazard times its mass. Of each step, (steps, p): `at_risk` and `dying`, the sums of risk times
    covariates over the risk set and over the deaths. Of each step, (steps,): sums over its terms of mass / denominator (`hazard`) or
    mass / denominator squared (`square`), also times the term's fraction of the deaths, or that squared.
    """

    value: float
    risk: Floats
    expected: Floats  # of each row: events expected of it, times its mass
    hazard: Floats  # of each step: what it adds to the cumulative hazard
    hazard_dying: Floats  # what it doesn't add to that of those who die at it
    square: Floats
    square_fraction: Floats
    square_fraction2: Floats
    at_risk: Floats
    dying: Floats


def likelihood(sets: RiskSets, coefficients: Floats) -> Likelihood:
    """Efron's or Breslow's partial likelihood, as `sets` has the ties."""
    x = sets.covariates
    linear = x @ coefficients
    if sets.row_starts.size == 1:
        linear = linear - linear.max()  # cancels; keeps exp from overflowing
    else:
        shift = np.maximum.reduceat(linear, sets.row_starts)
        linear = linear - np.repeat(shift, np.diff(np.append(sets.row_starts, linear.size)))
    risk = sets.mass * np.exp(linear)
    powers = np.empty((risk.size, 1 + sets.p))  # risk times 1 and each covariate
    powers[:, 0] = risk
    np.multiply(risk[:, None], x, out=powers[:, 1:])
    sums = running(np.add.reduceat(powers, sets.segment_starts, axis=0), sets.step_starts)
    if sets.late.size:
        sums -= not_yet_in(powers[sets.late], sets)
    dying = np.add.reduceat(powers[sets.dead], sets.dead_starts, axis=0)

    mass, fraction = sets.term_mass, sets.fraction
    if sets.term_step is None:
        denominator = sums[:, 0]
        hazard = mass / denominator
        square = hazard / denominator
        none = np.zeros(sets.steps)
        hazard_dying, square_fraction, square_fraction2 = none, none, none
    else:
        denominator = sums[sets.term_step, 0] - fraction * dying[sets.term_step, 0]
        terms = np.empty((5, fraction.size))
        np.divide(mass, denominator, out=terms[0])
        np.multiply(terms[0], fraction, out=terms[1])
        np.divide(terms[:2], denominator, out=terms[2:4])
        np.multiply(terms[3], fraction, out=terms[4])
        hazard, hazard_dying, square, square_fraction, square_fraction2 = np.add.reduceat(terms, sets.term_starts, axis=1)
    dead_mass = sets.mass[sets.dead]
    return Likelihood(
        value=float(dead_mass @ linear[sets.dead] - mass @ np.log(denominator)),
        risk=risk,
        expected=risk * cumulative(hazard, hazard_dying, sets),
        hazard=hazard,
        hazard_dying=hazard_dying,
        square=square,
        square_fraction=square_fraction,
        square_fraction2=square_fraction2,
        at_risk=sums[:, 1:],
        dying=dying[:, 1:],
    )


def score(sets: RiskSets, at: Likelihood) -> Floats:
    """Gradient of the log likelihood: (p,)."""
    return (sets.mass[sets.dead] @ sets.covariates[sets.dead]) - at.expected @ sets.covariates


def information(sets: RiskSets, at: Likelihood) -> Floats:
    """Observed information: (p, p)."""
    return second_moments(sets, at, at.expected, 1.0)


def score_in_time(sets: RiskSets, at: Likelihood, times: Floats) -> Floats:
    """The gradient with each step times its element of `times`: (p,)."""
    died = np.add.reduceat(sets.mass[sets.dead][:, None] * sets.covariates[sets.dead], sets.dead_starts, axis=0)
    return times @ (died - at.hazard[:, None] * at.at_risk + at.hazard_dying[:, None] * at.dying)


def information_in_time(sets: RiskSets, at: Likelihood, times: Floats) -> Floats:
    """The information with each step times its element of `times`: (p, p)."""
    expected = at.risk * cumulative(times * at.hazard, times * at.hazard_dying, sets)
    return second_moments(sets, at, expected, times)


def not_yet_in(values: Floats, sets: RiskSets) -> Floats:
    """Of each step, the sum of `values` over the late rows of its stratum that are not yet in."""
    total = running(values, sets.late_starts[np.append(True, np.diff(sets.late_starts) > 0)])
    start = np.repeat(sets.late_starts, np.diff(np.append(sets.step_starts, sets.steps)))
    last = start + sets.late_left - 1
    return np.where((sets.late_left > 0)[:, None], total[np.maximum(last, 0)], 0.0)


def cumulative(hazard: Floats, hazard_dying: Floats, sets: RiskSets) -> Floats:
    """Each row's cumulative hazard over the steps that it is at risk at. `hazard` is (steps,) or (steps, p)."""
    total = remaining(hazard, sets.step_starts)
    result = total[sets.first]
    if sets.late.size:
        ended = np.append(sets.step_starts[1:], sets.steps)  # a row that is in from the start leaves nothing to take away
        stratum_end = ended[np.searchsorted(sets.step_starts, sets.first[sets.late], side="right") - 1]
        inside = sets.entered < stratum_end
        result[sets.late[inside]] -= total[sets.entered[inside]]
    if sets.term_step is not None:
        result[sets.dead] -= hazard_dying[sets.dead_step]
    return result


def second_moments(sets: RiskSets, at: Likelihood, expected: Floats, times: Floats | float) -> Floats:
    """The sum over the steps of the covariates' covariance in the risk set, each step times its element of `times`: (p, p)."""
    x = sets.covariates
    result = x.T @ (expected[:, None] * x) - at.at_risk.T @ ((times * at.square)[:, None] * at.at_risk)
    if sets.term_step is not None:
        crossed = at.at_risk.T @ ((times * at.square_fraction)[:, None] * at.dying)
        result += crossed + crossed.T - at.dying.T @ ((times * at.square_fraction2)[:, None] * at.dying)
    return result


def score_residuals(sets: RiskSets, at: Likelihood) -> Floats:
    """Each row's part of the score, of one patient and unweighted: (rows, p). They sum, times mass, to the score."""
    x = sets.covariates
    relative = at.risk / sets.mass
    means = at.square[:, None] * at.at_risk - at.square_fraction[:, None] * at.dying
    means_dying = at.square_fraction[:, None] * at.at_risk - at.square_fraction2[:, None] * at.dying
    hazard = cumulative(at.hazard, at.hazard_dying, sets)
    result = -relative[:, None] * (hazard[:, None] * x - cumulative(means, means_dying, sets))
    dead_mass = np.add.reduceat(sets.mass[sets.dead], sets.dead_starts)
    step_means = (at.hazard[:, None] * at.at_risk - at.hazard_dying[:, None] * at.dying) / dead_mass[:, None]
    result[sets.dead] += x[sets.dead] - step_means[sets.dead_step]
    return result
