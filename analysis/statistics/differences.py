"""How two groups differ at baseline: the rank-sum test, and standardised differences.

What can't be computed is None.
"""

from __future__ import annotations

from math import isfinite, sqrt

import numpy as np

from analysis.statistics.basics import Floats, NamedP

LARGEST_EXACT = 50  # R's rule: exact where both groups are smaller, and nothing is tied


def rank_sum(first: Floats, second: Floats) -> NamedP | None:
    """Wilcoxon rank-sum test: exact for groups below 50 without ties, else normal with corrections for ties and continuity.
    R: `wilcox.test`."""
    from scipy.stats import mannwhitneyu

    both = np.concatenate([first, second])
    if not (first.size and second.size) or np.ptp(both) == 0:
        return None
    is_exact = max(first.size, second.size) < LARGEST_EXACT and np.unique(both).size == both.size
    tested = mannwhitneyu(first, second, method="exact" if is_exact else "asymptotic")
    return NamedP("Wilcoxon rank-sum", float(tested.pvalue))


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
