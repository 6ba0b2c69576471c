"""Cox proportional hazards by Newton's method to full precision.

Ours, and not lifelines': its stopping rule costs digits on small samples, a million rows take it a minute, it has neither the exact test
of proportional hazards nor exact ties, and of a coefficient without a maximum it only warns. R: `coxph`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import exp
from typing import Any

import numpy as np

from analysis.statistics.basics import Estimate, Floats, NotEstimable, normal_p, normal_quantile
from analysis.statistics.cox.concordance import concordance
from analysis.statistics.cox.exact_ties import exact_likelihood
from analysis.statistics.cox.likelihood import Likelihood, information, likelihood, score, score_residuals
from analysis.statistics.cox.risk_sets import RiskSets, Ties, risk_sets
from analysis.statistics.cox.rows import Rows, checked_rows, collapsed

LARGEST_LOG_HAZARD_RATIO = 20.0  # over a covariate's observed range: past a ratio of e^20 it is asked whether there is a maximum
MOST_STEPS = 100
MOST_HALVINGS = 40
CONVERGED = 1e-10  # the last step, over the covariate's range


@dataclass(frozen=True)
class ChiSquare:
    """A test: chi-square statistic, degrees of freedom, P."""

    statistic: float
    degrees: float
    p: float


def chi_square(statistic: float, degrees: float) -> ChiSquare:
    """The test with its P."""
    from scipy.special import chdtrc

    return ChiSquare(statistic, degrees, float(chdtrc(degrees, max(statistic, 0.0))))


@dataclass(frozen=True)
class Point:
    """The (penalised) log likelihood at some coefficients, with its gradient and information."""

    coefficients: Floats
    log_likelihood: float
    score: Floats
    information: Floats
    sums: Likelihood | None  # None with exact ties


@dataclass(frozen=True)
class CoxFit:
    """A fitted Cox model. Coefficients are log hazard ratios, (p,); covariances are (p, p).

    `covariance` is the inverse information, `robust_covariance` the sandwich of Lin and Wei or None. `std_errors`, `p_values`,
    `hazard_ratio` and `wald` are by the robust one where it is there; `likelihood_ratio` and `score` never are. `n` and `events` count
    rows, each as often as its `counts` says.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    robust_covariance: Floats | None
    log_likelihood: float
    null_log_likelihood: float
    n: int
    events: int
    ties: Ties
    ridge: float
    rows: Rows = field(repr=False)
    risk_sets: RiskSets = field(repr=False)
    null: Point = field(repr=False)
    at_fit: Point = field(repr=False)

    @property
    def naive_std_errors(self) -> Floats:
        """Of the coefficients, from the information."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def std_errors(self) -> Floats:
        """Of the coefficients: robust where the fit is."""
        return self.naive_std_errors if self.robust_covariance is None else np.sqrt(np.diag(self.robust_covariance))

    @property
    def p_values(self) -> Floats:
        """Of each coefficient, two-sided, by Wald's test."""
        return np.array([normal_p(float(z)) for z in self.coefficients / self.std_errors])

    def index(self, name: int | str) -> int:
        """The place of a covariate by its name. Raises ValueError for none of this name."""
        return self.names.index(name) if isinstance(name, str) else name

    def hazard_ratio(self, index: int | str = 0, level: float = 0.95) -> Estimate:
        """The hazard ratio of one covariate, by its place or name, with its Wald interval."""
        contrast = np.zeros(self.coefficients.size)
        contrast[self.index(index)] = 1
        return self.contrast(contrast, level)

    def contrast(self, weights: Any, level: float = 0.95) -> Estimate:
        """The hazard ratio exp(weights . coefficients) with its Wald interval."""
        weight = np.asarray(weights, dtype=float)
        covariance = self.covariance if self.robust_covariance is None else self.robust_covariance
        log_ratio, half = float(weight @ self.coefficients), normal_quantile(level) * float(weight @ covariance @ weight) ** 0.5
        return Estimate(exp(log_ratio), exp(log_ratio - half), exp(log_ratio + half))

    @cached_property
    def degrees(self) -> float:
        """Degrees of freedom: the covariates, or with a ridge the effective number, the trace of (information + ridge)^-1 information."""
        if not self.ridge:
            return self.coefficients.size
        return float(np.trace(self.covariance @ (self.at_fit.information - self.ridge * np.eye(self.coefficients.size))))

    @cached_property
    def likelihood_ratio(self) -> ChiSquare:
        """Likelihood-ratio test that every coefficient is 0."""
        return chi_square(2 * (self.log_likelihood - self.null_log_likelihood), self.degrees)

    @cached_property
    def wald(self) -> ChiSquare:
        """Wald's test that every coefficient is 0."""
        self.refuse_ridge()
        covariance = self.covariance if self.robust_covariance is None else self.robust_covariance
        if np.linalg.matrix_rank(covariance, hermitian=True) < self.coefficients.size:
            raise NotEstimable("too few clusters for a test of all coefficients")
        return chi_square(float(self.coefficients @ np.linalg.solve(covariance, self.coefficients)), self.coefficients.size)

    @cached_property
    def score(self) -> ChiSquare:
        """Score test that every coefficient is 0."""
        self.refuse_ridge()
        return chi_square(float(self.null.score @ np.linalg.solve(self.null.information, self.null.score)), self.coefficients.size)

    def refuse_ridge(self) -> None:
        """Raises `NotEstimable` for a penalised fit."""
        if self.ridge:
            raise NotEstimable("a penalised fit has no such test")

    @cached_property
    def concordance(self) -> float:
        """Harrell's C of the linear predictor, ties of it counted half, within strata and with the weights. R: `concordance(fit)`.
        NaN where no two can be compared."""
        linear = np.zeros(self.rows.time.size)
        for column, coefficient in zip(self.rows.covariates.T, self.coefficients, strict=True):
            linear += column * coefficient  # by columns: rows that are alike give the same sum to the last bit
        return concordance(self.rows, linear)


def fit_cox(
    times: Any,
    events: Any,
    covariates: Any,
    *,
    entry: Any = None,
    strata: Any = None,
    weights: Any = None,
    counts: Any = None,
    clusters: Any = None,
    robust: bool | None = None,
    ties: Ties = "efron",
    ridge: float = 0.0,
    names: Sequence[str] = (),
) -> CoxFit:
    """Fits a Cox model. R: `coxph(Surv(entry, time, event) ~ x + strata(s) + cluster(id), weights = w, ties = "efron")`.

    `times`, `events`: (n,), times from 0 on in any unit. `covariates`: (n,) or (n, p), complete; `names` of the p columns.
    `entry`: (n,), the time after which the row is at risk; 0 or below is from the start, day 0 included. A patient may have rows that
    follow each other, with `clusters` the patient (`exposure_rows` makes them).
    `strata`: (n,) labels, each with a baseline hazard of its own.
    `weights`: (n,) from 0 on, sampling weights: one patient stands for others who were not seen, which calls for robust errors.
    `counts`: (n,) whole numbers, so many patients who are alike: the same as repeating the row.
    `clusters`: (n,) labels of rows that are not independent, for the sandwich. `robust`: Lin and Wei's sandwich (1989); by default
    where there are weights or clusters.
    `ridge`: theta of a penalty theta / 2 * sum of squared coefficients. R: `ridge(x, theta = theta, scale = FALSE)`. The log likelihood
    is the unpenalised, the covariance that of R's `vcov`.

    Raises `NotEstimable` without events, where a covariate does not vary or can't be told from the others, and where the likelihood has
    no maximum; ValueError for arrays that are no sample, and for weights or robust errors with exact ties, which nobody has defined.
    """
    rows = checked_rows(times, events, covariates, entry, strata, weights, counts, clusters)
    p = rows.covariates.shape[1]
    if names and len(names) != p:
        raise ValueError("names must be one for each covariate")
    sandwich = (weights is not None or clusters is not None) if robust is None else robust or clusters is not None
    if ties not in ("efron", "breslow", "exact"):
        raise ValueError('ties must be "efron", "breslow" or "exact"')
    if ties == "exact" and (weights is not None or sandwich):
        raise ValueError("exact ties have no weights and no robust errors")
    if sandwich and clusters is None and rows.entry is not None:
        raise ValueError("robust errors with late entry need clusters: the patient of each row")
    if ridge < 0 or not np.isfinite(ridge):
        raise ValueError("ridge must not be negative")
    rows = collapsed(rows)
    if not (np.ptp(rows.covariates, axis=0) > 0).all():
        raise NotEstimable("a covariate has one value only")
    sets = risk_sets(rows, ties)
    null, at_fit = maximum(sets, ties, ridge)
    covariance = np.linalg.inv(at_fit.information)
    coefficients = at_fit.coefficients
    return CoxFit(
        names=tuple(names) or tuple(f"x{index + 1}" for index in range(p)),
        coefficients=coefficients,
        covariance=covariance,
        robust_covariance=lin_wei(rows, sets, at_fit, covariance) if sandwich else None,
        log_likelihood=at_fit.log_likelihood + ridge / 2 * float(coefficients @ coefficients),
        null_log_likelihood=null.log_likelihood,
        n=rows.n,
        events=rows.events,
        ties=ties,
        ridge=ridge,
        rows=rows,
        risk_sets=sets,
        null=null,
        at_fit=at_fit,
    )


def point(sets: RiskSets, coefficients: Floats, ties: Ties, ridge: float) -> Point:
    """The likelihood and its derivatives at some coefficients."""
    if ties == "exact":
        exact = exact_likelihood(sets, coefficients)
        value, gradient, curvature, sums = exact.value, exact.score, exact.information, None
    else:
        sums = likelihood(sets, coefficients)
        value, gradient, curvature = sums.value, score(sets, sums), information(sets, sums)
    if ridge:
        value -= ridge / 2 * float(coefficients @ coefficients)
        gradient, curvature = gradient - ridge * coefficients, curvature + ridge * np.eye(coefficients.size)
    return Point(coefficients, value, gradient, curvature, sums)


def maximum(sets: RiskSets, ties: Ties, ridge: float) -> tuple[Point, Point]:
    """The likelihood at 0 and at its maximum. Raises `NotEstimable` where it has none."""
    spread = np.ptp(sets.covariates, axis=0)
    null = current = point(sets, np.zeros(sets.p), ties, ridge)
    if not (spread > 0).all() or singular(null.information, spread):
        raise NotEstimable("the covariates can't be told apart among those at risk")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(MOST_STEPS):
            try:
                step = np.linalg.solve(current.information, current.score)
            except np.linalg.LinAlgError:
                raise NotEstimable("the likelihood has no maximum: the events separate the groups completely") from None
            following = point(sets, current.coefficients + step, ties, ridge)
            step, following = halved(sets, current, step, following, ties, ridge)
            gain, current = following.log_likelihood - current.log_likelihood, following
            moved = np.abs(step) * spread
            if (moved < CONVERGED).all():
                return null, current
            # far out, still moving, and nothing gained by it
            far = (np.abs(current.coefficients) * spread > LARGEST_LOG_HAZARD_RATIO).any()
            if far and gain < 1e-6 and (moved > 1e-2).any():
                raise NotEstimable("the likelihood has no maximum: the events separate the groups completely")
    raise NotEstimable("the fit did not converge")


def halved(sets: RiskSets, current: Point, step: Floats, following: Point, ties: Ties, ridge: float) -> tuple[Floats, Point]:
    """The step, halved until the likelihood does not fall by it."""
    least = current.log_likelihood - 1e-9 * abs(current.log_likelihood)
    for _ in range(MOST_HALVINGS):
        if following.log_likelihood >= least:
            return step, following
        step = step / 2
        following = point(sets, current.coefficients + step, ties, ridge)
    raise NotEstimable("the fit did not converge")


def singular(matrix: Floats, spread: Floats) -> bool:
    """Whether an information matrix, of covariates brought to one scale, has no inverse."""
    scaled = matrix / (spread[:, None] * spread)
    if scaled.shape == (1, 1):
        return not scaled[0, 0] > 1e-10
    return not np.isfinite(scaled).all() or np.linalg.matrix_rank(scaled, tol=1e-10, hermitian=True) < len(scaled)


def lin_wei(rows: Rows, sets: RiskSets, at_fit: Point, covariance: Floats) -> Floats:
    """The sandwich: the sum of each cluster's squared change of the coefficients if it were left out. R: `coxph(robust = TRUE)`."""
    assert at_fit.sums is not None
    changes = score_residuals(sets, at_fit.sums) @ covariance
    if rows.cluster is None:
        weight = sets.mass / sets.count
        weighted = weight[:, None] * changes
        return (sets.count[:, None] * weighted).T @ weighted
    cluster = rows.cluster[sets.row]
    summed: Floats = np.array([np.bincount(cluster, sets.mass * column) for column in changes.T], dtype=float).T
    return summed.T @ summed
