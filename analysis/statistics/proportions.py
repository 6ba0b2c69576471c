"""Shares of patients, and the difference of two, with their intervals."""

from __future__ import annotations

from math import nan, sqrt

from analysis.statistics.basics import Estimate, normal_quantile


def checked_share(successes: int, n: int) -> None:
    """Raises ValueError for what is no count out of `n`."""
    if not 0 <= successes <= n:
        raise ValueError("successes must be from 0 to n")


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """A share with its exact interval (Clopper and Pearson 1934). R: `binom.test`. NaN without patients."""
    from scipy.special import betaincinv

    checked_share(successes, n)
    if n == 0:
        return Estimate(nan)
    tail = (1 - level) / 2
    lower = float(betaincinv(successes, n - successes + 1, tail)) if successes > 0 else 0.0
    upper = float(betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return Estimate(successes / n, lower, upper)


def wilson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """A share with the interval that inverts its score test (Wilson 1927). R: `prop.test(correct = FALSE)`. NaN without patients."""
    checked_share(successes, n)
    if n == 0:
        return Estimate(nan)
    z, share = normal_quantile(level), successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    # at 0 and n one limit is the share itself, but for rounding
    return Estimate(share, 0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half)


def risk_difference(successes: int, n: int, other_successes: int, other_n: int, level: float = 0.95) -> Estimate:
    """The first share less the other, with Newcombe's interval (1998, method 10: from both Wilson intervals, no continuity correction).

    Stays between -1 and 1 and has a width where neither group, or all of both, had the event. NaN where a group has no patients.
    """
    first, other = wilson(successes, n, level), wilson(other_successes, other_n, level)
    gap = first.value - other.value
    below = sqrt((first.value - first.lower) ** 2 + (other.upper - other.value) ** 2)
    above = sqrt((first.upper - first.value) ** 2 + (other.value - other.lower) ** 2)
    return Estimate(gap, gap - below, gap + above)
