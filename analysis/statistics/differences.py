"""Tests and measures of the difference between two groups at baseline and in response.

A P is two-sided and comes with its test's name. What can't be computed is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite, nan, sqrt

import numpy as np

from analysis.statistics.survival import Estimate, Floats

MOST_TABLES = 1_000_000  # of half the rows: what Fisher's exact test enumerates at most


@dataclass(frozen=True)
class NamedP:
    """A two-sided P and the name of the test that it is of."""

    test: str
    p: float


def rank_sum(first: Floats, second: Floats) -> NamedP | None:
    """Wilcoxon rank-sum test: exact for groups of 8 or fewer without ties, else normal with corrections for ties and continuity.
    R: `wilcox.test`."""
    from scipy.stats import mannwhitneyu

    if not (first.size and second.size) or np.ptp(np.concatenate([first, second])) == 0:
        return None
    return NamedP("Wilcoxon rank-sum", float(mannwhitneyu(first, second, method="auto").pvalue))


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


def mean_difference(first: Floats, second: Floats) -> float | None:
    """Standardised mean difference: the difference of means over the root of the mean of the two variances, as an absolute value."""
    if first.size < 2 or second.size < 2:
        return None
    pooled = sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / 2)
    gap = abs(float(first.mean() - second.mean()))
    return gap / pooled if pooled > 0 else (0.0 if gap == 0 else None)


def share_difference(table: np.ndarray) -> float | None:
    """Standardised difference of a (levels, 2) table: the Mahalanobis distance of the two groups' shares (Yang and Dalton 2012); with
    two levels the usual one of proportions."""
    filled = table[table.sum(axis=1) > 0].astype(float)
    if (filled.sum(axis=0) == 0).any() or not filled.size:
        return None
    shares = (filled / filled.sum(axis=0))[1:]  # all but one level: the shares add up to one
    gap = shares[:, 0] - shares[:, 1]
    if not gap.size or np.allclose(gap, 0):
        return 0.0
    spread = sum(np.diag(share) - np.outer(share, share) for share in shares.T) / 2
    if np.linalg.matrix_rank(spread) < gap.size:
        return None
    distance = float(gap @ np.linalg.solve(spread, gap))
    return sqrt(distance) if isfinite(distance) else None


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """A share with its exact interval (Clopper and Pearson 1934). R: `binom.test`. NaN without patients."""
    from scipy.special import betaincinv

    if n == 0:
        return Estimate(nan)
    tail = (1 - level) / 2
    lower = float(betaincinv(successes, n - successes + 1, tail)) if successes > 0 else 0.0
    upper = float(betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return Estimate(successes / n, lower, upper)


def counts_by_level(levels: Sequence[object], values: np.ndarray, is_first: np.ndarray) -> np.ndarray:
    """A (levels, 2) table: how many of the first and of the other group have each level."""
    counts = [[((values == level) & is_first).sum(), ((values == level) & ~is_first).sum()] for level in levels]
    return np.array(counts, dtype=np.int64).reshape(len(levels), 2)
