"""Bootstrap intervals of any number that a sample gives: percentile and BCa, the same for the same seed.

Ours, for a resample may have no answer (no median, no events), which scipy's bootstrap turns into NaN for all in silence, and because
groups must keep their sizes. Tested against R's boot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, Literal

import numpy as np

from analysis.statistics.basics import Counts, Estimate, Floats, NotEstimable

Method = Literal["percentile", "bca"]
Statistic = Callable[[Counts], float]

MOST_WITHOUT = 0.05  # share of the resamples that may have no answer


@dataclass(frozen=True)
class Bootstrap:
    """A statistic of the sample with its bootstrap interval. `without` of the `draws` resamples had no answer and were left out."""

    estimate: Estimate
    method: Method
    draws: int
    without: int


def bootstrap(
    statistic: Statistic,
    size: int,
    *,
    groups: Any = None,
    level: float = 0.95,
    method: Method = "bca",
    draws: int = 2000,
    seed: int,
) -> Bootstrap:
    """A bootstrap interval. R: `boot.ci(boot(data, statistic, draws, strata = groups), level, type = "perc" or "bca")`.

    `statistic`: of the rows whose numbers (size,) it is given, a number; infinite where it lies beyond all data (a median not reached);
    NaN or `NotEstimable` where it has no value. `size`: rows of the sample. `groups` (size,): groups that keep their sizes in each
    resample, such as the arms. `seed` makes the resamples, nothing else does. BCa corrects for bias and skewness (Efron 1987); it calls
    the statistic once for each row as well. A limit at an infinite value is NaN.

    Raises `NotEstimable` where the sample itself has no finite value, where more than 5 % of the resamples have no value, and for BCa
    where leaving out one patient can leave none.
    """
    if not size:
        raise NotEstimable("no patients")
    rows = np.arange(size)
    parts = [rows] if groups is None else [rows[np.asarray(groups) == group] for group in np.unique(np.asarray(groups))]
    value = value_of(statistic, rows)
    if not isfinite(value):
        raise NotEstimable("the sample has no value to put an interval around")
    generator = np.random.default_rng(seed)
    drawn = np.array([value_of(statistic, resample(parts, generator)) for _ in range(draws)])
    answered = drawn[~np.isnan(drawn)]
    without = draws - answered.size
    if without > MOST_WITHOUT * draws:
        raise NotEstimable(f"no value in {without} of {draws} bootstrap samples")
    tails = (1 - level) / 2, (1 + level) / 2
    if method == "bca":
        tails = corrected(tails, answered, value, influence(statistic, parts, value))
    lower, upper = (quantile_of(answered, tail) for tail in tails)
    return Bootstrap(Estimate(value, lower, upper), method, draws, without)


def value_of(statistic: Statistic, rows: Counts) -> float:
    """The statistic of these rows; NaN where it has none."""
    try:
        return float(statistic(rows))
    except NotEstimable:
        return nan


def resample(parts: list[Counts], generator: np.random.Generator) -> Counts:
    """As many rows of each part as it has, with replacement."""
    return np.concatenate([generator.choice(part, size=part.size) for part in parts])


def influence(statistic: Statistic, parts: list[Counts], value: float) -> Floats:
    """(n,) what each row adds to the statistic, from the samples that leave it out. R: `boot::empinf(type = "jack")`."""
    found = []
    for number, part in enumerate(parts):
        others = np.concatenate([other for index, other in enumerate(parts) if index != number] or [part[:0]])
        if part.size < 2:
            raise NotEstimable("a group of one patient")
        left_out = np.array([value_of(statistic, np.concatenate([others, np.delete(part, index)])) for index in range(part.size)])
        found.append((part.size - 1) * (value - left_out))
    values = np.concatenate(found)
    if not np.isfinite(values).all():
        raise NotEstimable("without one of the patients there is no value")
    return values


def corrected(tails: tuple[float, float], drawn: Floats, value: float, values: Floats) -> tuple[float, float]:
    """The tails that BCa looks up instead: moved by the bias of the resamples and by the skewness of the influence."""
    from scipy.special import ndtr, ndtri

    below = float((drawn < value).mean())
    if not 0 < below < 1:
        raise NotEstimable("all bootstrap samples lie on one side of the sample's value")
    bias = float(ndtri(below))
    size = float((values**2).sum()) ** 1.5
    acceleration = float((values**3).sum()) / (6 * size) if size > 0 else 0.0
    moved = [bias + float(ndtri(tail)) for tail in tails]
    if any(acceleration * z >= 1 for z in moved):
        raise NotEstimable("the bootstrap samples are too skewed for a BCa interval")
    lower, upper = (float(ndtr(bias + z / (1 - acceleration * z))) for z in moved)
    return lower, upper


def quantile_of(drawn: Floats, tail: float) -> float:
    """The quantile of the resamples, between two of them on the scale of the normal distribution (Davison and Hinkley 1997).
    R: `boot:::norm.inter`. NaN where that would be infinite."""
    from scipy.special import ndtri

    ordered = np.sort(drawn)
    rank = (ordered.size + 1) * tail
    below = int(rank)
    if below < 1 or below >= ordered.size:
        found = float(ordered[0] if below < 1 else ordered[-1])
    elif rank == below or ordered[below - 1] == ordered[below]:
        found = float(ordered[below - 1])
    else:
        low, wanted, high = (float(ndtri(q)) for q in (below / (ordered.size + 1), tail, (below + 1) / (ordered.size + 1)))
        found = float(ordered[below - 1] + (wanted - low) / (high - low) * (ordered[below] - ordered[below - 1]))
    return found if isfinite(found) else nan
