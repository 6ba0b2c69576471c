"""The exact handling of ties: the discrete (conditional logistic) partial likelihood. R: `coxph(ties = "exact")`.

The denominator at d tied deaths sums over every d of those at risk: an elementary symmetric polynomial of their hazards. The risk set
only grows as time falls, so that one polynomial with its derivatives is carried along (Gail, Lubin and Rubinstein 1981).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.statistics.basics import Floats, NotEstimable
from analysis.statistics.cox.risk_sets import RiskSets

LARGEST = 1e280  # of a polynomial, with room for one more product


@dataclass(frozen=True)
class ExactLikelihood:
    """The log likelihood, its gradient (p,) and its information (p, p)."""

    value: float
    score: Floats
    information: Floats


@dataclass
class Polynomials:
    """The elementary symmetric polynomials of degrees 0 to d of the hazards, their gradients and second derivatives."""

    values: Floats  # (d + 1,)
    gradients: Floats  # (d + 1, p)
    seconds: Floats  # (d + 1, p, p)

    def add(self, hazard: float, x: Floats) -> None:
        """One more at risk: B(d, n) = B(d, n - 1) + hazard B(d - 1, n - 1), and its derivatives."""
        outer = x[:, None] * x[None, :]
        crossed = self.gradients[:-1, :, None] * x[None, None, :]
        self.seconds[1:] += hazard * (self.seconds[:-1] + crossed + crossed.transpose(0, 2, 1) + self.values[:-1, None, None] * outer)
        self.gradients[1:] += hazard * (self.gradients[:-1] + self.values[:-1, None] * x)
        self.values[1:] += hazard * self.values[:-1]


def nothing(degree: int, p: int) -> Polynomials:
    """Of nobody at risk."""
    values = np.zeros(degree + 1)
    values[0] = 1.0
    return Polynomials(values, np.zeros((degree + 1, p)), np.zeros((degree + 1, p, p)))


def exact_likelihood(sets: RiskSets, coefficients: Floats) -> ExactLikelihood:
    """The discrete partial likelihood. Raises `NotEstimable` where so many are tied that its terms pass the largest number."""
    x = np.repeat(sets.covariates, sets.count, axis=0)
    linear = x @ coefficients
    shift = float(linear.mean())  # cancels: each term has as many hazards above as below
    hazards = np.exp(linear - shift)
    row_of = np.repeat(np.arange(sets.count.size), sets.count)
    first, stop = sets.first[row_of], stops(sets)[row_of]
    value, score, information = 0.0, np.zeros(sets.p), np.zeros((sets.p, sets.p))
    dead = np.repeat(sets.dead, sets.count[sets.dead])
    value += float(coefficients @ sets.covariates[dead].sum(axis=0)) - shift * dead.size
    score += sets.covariates[dead].sum(axis=0)
    stratum_ends = np.append(sets.step_starts[1:], sets.steps)
    for start, end in zip(sets.step_starts, stratum_ends, strict=True):
        polynomials, added = nothing(int(sets.deaths[start:end].max()), sets.p), np.searchsorted(first, start)
        delayed = sets.late.size > 0  # a polynomial can't be made smaller without loss: begun anew at each step
        for step in range(start, end):
            if delayed:
                polynomials = nothing(int(sets.deaths[step]), sets.p)
                members = np.flatnonzero((first >= start) & (first <= step) & (stop > step))
            else:
                until = np.searchsorted(first, step, side="right")
                members, added = np.arange(added, until), until
            for member in members:
                polynomials.add(float(hazards[member]), x[member])
            d = int(sets.deaths[step])
            total = polynomials.values[d]
            if not 0 < total < LARGEST or not polynomials.values.max() < LARGEST:
                raise NotEstimable("too many events are tied for the exact method")
            mean = polynomials.gradients[d] / total
            value -= float(np.log(total))
            score -= mean
            information += polynomials.seconds[d] / total - np.outer(mean, mean)
    return ExactLikelihood(value, score, information)


def stops(sets: RiskSets) -> np.ndarray:
    """Of each row the step, exclusive, that its time at risk begins with."""
    stratum = np.searchsorted(sets.step_starts, sets.first, side="right") - 1
    result = np.append(sets.step_starts[1:], sets.steps)[stratum]
    result[sets.late] = sets.entered
    return result
