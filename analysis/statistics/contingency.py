"""Tables of counts by group: tests of independence, exact and not, and over strata.

A P is two-sided and comes with its test's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import exp, isfinite, nan
from typing import Any

import numpy as np

from analysis.statistics.basics import Estimate, NamedP, NotEstimable, normal_quantile

MOST_TABLES = 1_000_000  # of half the rows: what Fisher's exact test enumerates at most


@dataclass(frozen=True)
class MantelHaenszel:
    """The odds ratio common to all strata with its interval, and the test that it is 1: statistic (one degree of freedom), P, name."""

    odds_ratio: Estimate
    statistic: float
    p: float
    test: str


def counts_by_level(levels: Sequence[object], values: np.ndarray, is_first: np.ndarray) -> np.ndarray:
    """A (levels, 2) table: how many of the first and of the other group have each level."""
    counts = [[((values == level) & is_first).sum(), ((values == level) & ~is_first).sum()] for level in levels]
    return np.array(counts, dtype=np.int64).reshape(len(levels), 2)


def fisher_exact(table: np.ndarray) -> float | None:
    """Fisher's exact test of a (rows, 2) table of counts: the chance of all tables with its margins that are no likelier than it is.
    R: `fisher.test`. None where there are too many tables to count.

    The rows are split in two halves whose tables are enumerated, and joined where their first columns add up.
    """
    from scipy.special import gammaln

    totals, wanted = table.sum(axis=1), int(table[:, 0].sum())
    halves = [totals[: totals.size // 2], totals[totals.size // 2 :]]
    if any(np.prod(half + 1.0) > MOST_TABLES for half in halves):
        return None

    def log_ways(chosen: np.ndarray, of: np.ndarray) -> np.ndarray:
        return (gammaln(of + 1) - gammaln(chosen + 1) - gammaln(of - chosen + 1)).sum(axis=-1)

    enumerated = []
    for half in halves:
        chosen = np.array(list(product(*(range(total + 1) for total in half))), dtype=float).reshape(-1, half.size)
        enumerated.append((chosen.sum(axis=1).astype(int), log_ways(chosen, half)))
    (left_sums, left), (right_sums, right) = enumerated
    all_ways = float(log_ways(np.array([wanted]), np.array([totals.sum()])))
    limit = float(log_ways(table[:, 0], totals)) + 1e-7  # R's tolerance for "as likely"
    p = 0.0
    for left_sum in np.unique(left_sums):
        others = np.sort(right[right_sums == wanted - left_sum])
        cumulated = np.append(0, np.cumsum(np.exp(others - all_ways)))
        mine = left[left_sums == left_sum]
        p += float(np.sum(np.exp(mine) * cumulated[np.searchsorted(others, limit - mine, side="right")]))
    return min(p, 1.0)


def independence(table: np.ndarray) -> NamedP | None:
    """Test of a (levels, 2) table of counts: chi-square without continuity correction, Fisher's exact test where an expected count is
    below 5. None where there is nothing to compare."""
    from scipy.stats import chi2_contingency

    filled = table[table.sum(axis=1) > 0]
    if filled.shape[0] < 2 or (filled.sum(axis=0) == 0).any():
        return None
    chi_square = chi2_contingency(filled, correction=False)
    exact = fisher_exact(filled) if chi_square.expected_freq.min() < 5 else None
    if exact is not None:
        return NamedP("Fisher exact", exact)
    return NamedP("chi-square", float(chi_square.pvalue))


def cochran_mantel_haenszel(tables: Any, *, is_corrected: bool = False, level: float = 0.95) -> MantelHaenszel:
    """Whether two groups differ in a two-level outcome, given strata. R: `mantelhaen.test(correct = FALSE)`.

    `tables`: (strata, 2, 2) counts, rows the groups, columns the outcome with and without. The odds ratio is Mantel and Haenszel's, its
    interval that of Robins, Breslow and Greenland (1986); it is infinite or 0, without interval, where one diagonal is empty in every
    stratum. `is_corrected`: with the continuity correction of 0.5, R's default. A stratum with an empty margin tells nothing and takes
    no part. Raises `NotEstimable` where no other is left, ValueError for what are no counts.
    """
    from scipy.special import chdtrc

    counts = np.asarray(tables, dtype=float)
    if counts.ndim != 3 or counts.shape[1:] != (2, 2) or (counts < 0).any() or (counts != np.rint(counts)).any():
        raise ValueError("tables must be counts of the shape (strata, 2, 2)")
    counts = counts[(counts.sum(axis=1) > 0).all(axis=1) & (counts.sum(axis=2) > 0).all(axis=1)]
    if not len(counts):
        raise NotEstimable("no stratum in which both groups and both outcomes occur")
    n = counts.sum(axis=(1, 2))
    (a, b), (c, d) = counts.transpose(1, 2, 0)
    excess = abs(float(np.sum(a - (a + b) * (a + c) / n)))
    variance = float(np.sum((a + b) * (c + d) * (a + c) * (b + d) / (n**2 * (n - 1))))
    shift = 0.5 if is_corrected and excess >= 0.5 else 0.0  # R's rule: never past zero
    statistic = (excess - shift) ** 2 / variance
    r, s = a * d / n, b * c / n
    big_r, big_s = float(r.sum()), float(s.sum())
    ratio = big_r / big_s if big_s > 0 else float("inf")
    lower = upper = nan
    if ratio > 0 and isfinite(ratio):
        p, q = (a + d) / n, (b + c) / n
        parts = np.sum(p * r) / big_r**2, np.sum(p * s + q * r) / (big_r * big_s), np.sum(q * s) / big_s**2
        spread = normal_quantile(level) * float(np.sqrt(sum(parts) / 2))
        lower, upper = ratio * exp(-spread), ratio * exp(spread)
    name = "Cochran-Mantel-Haenszel" + (", continuity-corrected" if is_corrected else "")
    return MantelHaenszel(Estimate(ratio, lower, upper), statistic, float(chdtrc(1, statistic)), name)
