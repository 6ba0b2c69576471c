"""Missing values: who is complete, and multiple imputation with Rubin's rules."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isinf, sqrt
from typing import Any

import numpy as np

from analysis.statistics.basics import Estimate, Flags, Floats, NotEstimable, checked

DONORS = 5  # of predictive mean matching, as in R's `mice`
AGREEMENT = 1e-12  # a share of the variance that is rounding: the t distribution is the normal one long before
FEWEST_OBSERVED = 10  # below, the donors are nearly all the values that there are


@dataclass(frozen=True)
class CompleteCases:
    """Who has every covariate, and how many lack each. `mask`: (n,)."""

    mask: Flags
    missing: Mapping[str, int]

    @property
    def n(self) -> int:
        """Patients with every covariate."""
        return int(self.mask.sum())

    @property
    def left_out(self) -> int:
        """Patients who lack one or more."""
        return int(self.mask.size - self.mask.sum())


@dataclass(frozen=True)
class Pooled:
    """An estimate over imputed data sets. `degrees` are those of its t distribution, infinite where the imputations agree."""

    estimate: float
    std_error: float
    degrees: float
    fraction_missing: float
    between: float
    within: float

    def interval(self, level: float = 0.95) -> Estimate:
        """The estimate with its t interval, on the scale of the estimates."""
        from scipy.special import ndtri, stdtrit

        tail = 0.5 + level / 2
        half = self.std_error * float(ndtri(tail) if isinf(self.degrees) else stdtrit(self.degrees, tail))
        return Estimate(self.estimate, self.estimate - half, self.estimate + half)

    @property
    def p(self) -> float:
        """Two-sided P that the quantity is 0: t test by Rubin's rules."""
        from scipy.special import ndtr, stdtr

        away = -abs(self.estimate) / self.std_error
        return 2 * float(ndtr(away) if isinf(self.degrees) else stdtr(self.degrees, away))


def complete_cases(columns: Mapping[str, Any]) -> CompleteCases:
    """`columns`: covariates by name, each (n,); None and NaN are missing. R: `complete.cases`. Raises ValueError without a column."""
    from pandas import isna

    if not columns:
        raise ValueError("no covariates")
    absent = {name: np.asarray(isna(np.asarray(values, dtype=object)), dtype=bool) for name, values in columns.items()}
    if len({lacks.shape for lacks in absent.values()}) > 1:
        raise ValueError("covariates must be of one length")
    return CompleteCases(~np.any(list(absent.values()), axis=0), {name: int(lacks.sum()) for name, lacks in absent.items()})


def rubins_rules(estimates: Any, variances: Any, complete_degrees: float = inf) -> Pooled:
    """Pools one quantity over imputed data sets (Rubin 1987). R: `mice::pool.scalar`.

    `estimates`, `variances` (squared standard errors): (m,), m of 2 or more. With `complete_degrees`, what the quantity would have without
    missing values, the degrees of freedom are those of Barnard and Rubin (1999). Raises ValueError for fewer than two, `NotEstimable`
    where a value is not finite or nothing varies.
    """
    q, u = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    if q.shape != u.shape or q.ndim != 1 or q.size < 2:
        raise ValueError("estimates and variances must be two arrays of the same length, 2 or more")
    if not (np.isfinite(q).all() and np.isfinite(u).all() and (u > 0).all()):
        raise NotEstimable("an imputed data set has no estimate")
    m, within, between = q.size, float(u.mean()), float(q.var(ddof=1))
    extra = (1 + 1 / m) * between
    total = within + extra
    share = extra / total  # of the variance, that the missing values bring
    old = (m - 1) / share**2 if share > AGREEMENT else inf
    if isinf(complete_degrees):
        degrees = old
    else:
        observed = (complete_degrees + 1) / (complete_degrees + 3) * complete_degrees * (1 - share)
        degrees = observed if isinf(old) else old * observed / (old + observed)
    increase = extra / within
    fraction = (increase + (0.0 if isinf(degrees) else 2 / (degrees + 3))) / (increase + 1)
    return Pooled(float(q.mean()), sqrt(total), degrees, fraction, between, within)


def cumulative_hazard(times: Any, events: Any) -> Floats:
    """(n,): the Nelson-Aalen cumulative hazard at each patient's own time. R: `mice::nelsonaalen`."""
    time_array, event_array = checked(times, events)
    steps, place = np.unique(time_array, return_inverse=True)
    deaths = np.bincount(place[event_array], minlength=steps.size)
    leaving = np.bincount(place, minlength=steps.size)
    at_risk = time_array.size - np.cumsum(leaving) + leaving
    return np.cumsum(deaths / at_risk)[place]


def imputed(covariates: Any, times: Any, events: Any, *, seed: int, repetitions: int = 20, burn_in: int = 10) -> list[Floats]:
    """Completed copies of `covariates`, (n, p) with NaN where missing, by chained equations with predictive mean matching.

    For numbers, ordered codes and two levels (a missing value is taken from a patient who has one, so that codes stay codes), missing at
    random given the other covariates and the outcome. The outcome must be among the predictors: the event and the cumulative hazard
    (White and Royston 2009). `statsmodels` runs the chains, one for each copy. The same seed gives the same copies. Raises `NotEstimable`
    where a covariate is known of fewer than 10 patients.
    """
    import pandas as pd
    from statsmodels.imputation.mice import MICEData

    time_array, event_array = checked(times, events)
    x = np.asarray(covariates, dtype=float).reshape(time_array.size, -1)
    absent = np.isnan(x)
    if not absent.any():
        return [x.copy() for _ in range(repetitions)]
    if ((~absent).sum(axis=0) < FEWEST_OBSERVED).any():
        raise NotEstimable("a covariate is known of too few patients to impute it")
    frame = pd.DataFrame({f"x{column}": values for column, values in enumerate(x.T)})
    frame = frame.assign(event=event_array.astype(float), hazard=cumulative_hazard(time_array, event_array))

    def one_copy(generator: np.random.Generator) -> Floats:
        chain = MICEData(frame, k_pmm=DONORS, rng=generator)
        chain.update_all(burn_in)
        return chain.data.iloc[:, : x.shape[1]].to_numpy(dtype=float)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of covariates that nearly determine each other: the matching only needs their prediction
        return [one_copy(generator) for generator in np.random.default_rng(seed).spawn(repetitions)]


def pooled_over(
    copies: Sequence[Floats], fit: Callable[[Floats], tuple[Floats, Floats]], complete_degrees: float = inf
) -> tuple[Pooled, ...]:
    """Fits every copy and pools each coefficient. `fit` takes a completed (n, p) array and gives coefficients and standard errors,
    both (k,)."""
    fits = [fit(copy) for copy in copies]
    estimates, errors = (np.stack([found[part] for found in fits]) for part in (0, 1))
    return tuple(rubins_rules(estimates[:, k], errors[:, k] ** 2, complete_degrees) for k in range(estimates.shape[1]))
