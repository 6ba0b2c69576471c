"""Firth's penalised Cox regression, which has an estimate also where the events separate the groups (Heinze and Schemper 2001).

firthmodels makes the fit; that a fit, an interval or a test which did not converge gives no number is ours. R: `coxphf`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.statistics.basics import Estimate, Floats, NotEstimable, normal_p, normal_quantile
from analysis.statistics.cox.fit import singular
from analysis.statistics.cox.likelihood import information, likelihood
from analysis.statistics.cox.risk_sets import risk_sets
from analysis.statistics.cox.rows import checked_rows

MOST_STEPS = 200
NO_CONVERGENCE = "the penalised fit did not converge"


@dataclass(frozen=True)
class FirthFit:
    """Coefficients (log hazard ratios) of a Cox model with Firth's penalty, (p,).

    `hazard_ratios` are with profile-likelihood intervals and go with `p_values`, of the penalised likelihood-ratio test;
    `wald_hazard_ratios` with `wald_p_values`. An interval's end that the search did not find is NaN, as is such a P.
    The log likelihoods are penalised, of covariates brought to a standard deviation of 1, as R gives them.
    """

    names: tuple[str, ...]
    coefficients: Floats
    std_errors: Floats
    hazard_ratios: tuple[Estimate, ...]
    p_values: Floats
    wald_hazard_ratios: tuple[Estimate, ...]
    wald_p_values: Floats
    log_likelihood: float
    null_log_likelihood: float
    n: int
    events: int


def firth_cox(times: Any, events: Any, covariates: Any, names: Sequence[str] = (), level: float = 0.95) -> FirthFit:
    """Fits with Breslow's ties, as coxphf does. R: `coxphf(Surv(time, event) ~ x, maxit = 200, maxstep = 0.5)`.

    `times`, `events`: (n,). `covariates`: (n,) or (n, p), complete. Raises `NotEstimable` without events, where a covariate does not
    vary or can't be told from the others, and where the fit does not converge.
    """
    from firthmodels import FirthCoxPH

    rows = checked_rows(times, events, covariates, None, None, None, None, None)
    x, p = rows.covariates, rows.covariates.shape[1]
    if names and len(names) != p:
        raise ValueError("names must be one for each covariate")
    if not (np.ptp(x, axis=0) > 0).all():
        raise NotEstimable("a covariate has one value only")
    scale = x.std(axis=0, ddof=1)
    sets = risk_sets(rows, "breslow")
    at_zero = likelihood(sets, np.zeros(p))
    if singular(information(sets, at_zero), np.ptp(x, axis=0)):
        raise NotEstimable("the covariates can't be told apart among those at risk")
    standard = (x - x.mean(axis=0)) / scale
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = FirthCoxPH(backend="numpy", max_iter=MOST_STEPS, max_step=0.5, max_halfstep=20, gtol=1e-6, xtol=1e-8)
        try:
            model.fit(standard, (rows.event, rows.time))
            if not model.converged_ or said or not np.isfinite([*model.coef_, *model.bse_]).all():
                raise NotEstimable(NO_CONVERGENCE)
            model.lrt()
            ends = model.conf_int(alpha=1 - level, method="pl", max_iter=MOST_STEPS, tol=1e-8) / scale[:, None]
        except (ArithmeticError, np.linalg.LinAlgError):
            raise NotEstimable(NO_CONVERGENCE) from None
    coefficients, errors, half = model.coef_ / scale, model.bse_ / scale, normal_quantile(level)
    penalty = float(np.linalg.slogdet(information(sets, at_zero) / (scale[:, None] * scale))[1]) / 2
    with np.errstate(over="ignore"):
        profile = tuple(Estimate(*map(float, np.exp([b, *end]))) for b, end in zip(coefficients, ends, strict=True))
        wald = tuple(
            Estimate(*map(float, np.exp([b, b - half * error, b + half * error]))) for b, error in zip(coefficients, errors, strict=True)
        )
    return FirthFit(
        names=tuple(names) or tuple(f"x{index + 1}" for index in range(p)),
        coefficients=coefficients,
        std_errors=errors,
        hazard_ratios=profile,
        p_values=np.asarray(model.lrt_pvalues_),
        wald_hazard_ratios=wald,
        wald_p_values=np.array([normal_p(float(z)) for z in coefficients / errors]),
        log_likelihood=float(model.loglik_),
        null_log_likelihood=at_zero.value + penalty,
        n=rows.n,
        events=rows.events,
    )
