"""Propensity scores: the chance of being in the first of two groups, given covariates, by logistic regression."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.statistics.basics import Flags, Floats, NotEstimable

FAR = 10.0  # a log odds ratio over a covariate's observed range that no data hold, unless the likelihood has no maximum
MOST_STEPS = 100
CONVERGED = 1e-6  # Newton's next step, over the covariate's range


@dataclass(frozen=True)
class PropensityModel:
    """A fitted logistic regression and its scores.

    `coefficients`: (1 + p,), the intercept first; `covariance`: (1 + p, 1 + p); `scores`: (n,), strictly between 0 and 1; `is_first`: (n,).
    """

    coefficients: Floats
    covariance: Floats
    scores: Floats
    is_first: Flags

    @property
    def std_errors(self) -> Floats:
        """Of the coefficients."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Lowest and highest score in the first and in the second group."""
        first, second = self.scores[self.is_first], self.scores[~self.is_first]
        return (float(first.min()), float(first.max())), (float(second.min()), float(second.max()))

    @property
    def common_support(self) -> tuple[float, float]:
        """The scores that occur in both groups: from the higher minimum to the lower maximum. Empty where the first is above the second."""
        (low, high), (other_low, other_high) = self.ranges
        return max(low, other_low), min(high, other_high)

    @property
    def outside(self) -> int:
        """Patients whose score is outside the common support: nobody of the other group is like them (positivity)."""
        low, high = self.common_support
        return int(((self.scores < low) | (self.scores > high)).sum())


def two_groups(is_first: Any) -> Flags:
    """Who is of the first group. Raises `NotEstimable` without two groups."""
    first = np.asarray(is_first, dtype=bool)
    if first.ndim != 1:
        raise ValueError("groups must be a one-dimensional array")
    if not first.size:
        raise NotEstimable("no patients")
    if first.all() or not first.any():
        raise NotEstimable("one group only")
    return first


def propensity_scores(is_first: Any, covariates: Any) -> PropensityModel:
    """Fits P(first group | covariates). R: `glm(first ~ x, binomial)`.

    `is_first`: (n,); `covariates`: (n,) or (n, p), complete; p may be 0. Raises ValueError where a covariate is missing, `NotEstimable`
    with one group only, where a covariate does not vary or can't be told from the others, and where covariates separate the groups, so
    that nobody is comparable.
    """
    first = two_groups(is_first)
    x = np.asarray(covariates, dtype=float).reshape(first.size, -1)
    if not np.isfinite(x).all():
        raise ValueError("covariates must be complete")
    spread, centre = np.ptp(x, axis=0), x.mean(axis=0)
    if not (spread > 0).all():
        raise NotEstimable("a covariate has one value only")
    # on one scale the stopping rule and the check of the rank mean the same for every covariate
    scaled = np.column_stack([np.ones(first.size), (x - centre) / spread])
    if np.linalg.matrix_rank(scaled) < scaled.shape[1]:
        raise NotEstimable("the covariates can't be told apart")
    estimates, variances = fit_logistic(first, scaled)
    back = np.diag(np.append(1.0, 1 / spread))
    back[0, 1:] = -centre / spread
    scores = 1 / (1 + np.exp(-scaled @ estimates))
    return PropensityModel(back @ estimates, back @ variances @ back.T, scores, first)


def fit_logistic(outcome: Flags, scaled: Floats) -> tuple[Floats, Floats]:
    """Coefficients and covariance of a logistic regression. Raises `NotEstimable` without a maximum."""
    from statsmodels.discrete.discrete_model import Logit

    separated = NotEstimable("the covariates separate the groups completely")
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        warnings.simplefilter("ignore")  # what it warns of is refused below
        try:
            fit = Logit(outcome.astype(float), scaled).fit(method="newton", maxiter=MOST_STEPS, tol=1e-10, disp=0, skip_hessian=True)
            estimates = np.asarray(fit.params, dtype=float)
            chance = 1 / (1 + np.exp(-scaled @ estimates))
            covariance = np.linalg.inv(scaled.T @ (scaled * (chance * (1 - chance))[:, None]))
        except np.linalg.LinAlgError:
            raise separated from None
    # a step more: where there is no maximum, the likelihood is flat enough for statsmodels to stop, but Newton's step is not small
    step = covariance @ (scaled.T @ (outcome - chance))
    if not (np.abs(step) < CONVERGED).all():
        raise separated if (np.abs(estimates) > FAR).any() else NotEstimable("the propensity model did not converge")
    return estimates, covariance
