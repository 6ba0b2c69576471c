"""What a comparison of two groups could have found: events, hazard ratio and power of a log-rank test.

Schoenfeld's approximation (1981, 1983): the log hazard ratio's variance is 1 / (events * share * (1 - share)). Power is a matter of the
hazard ratio that would matter, fixed beforehand: at the one that was observed it only says the P again (Hoenig and Heisey 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, log, sqrt

from analysis.statistics.basics import NotEstimable, normal_quantile


@dataclass(frozen=True)
class DetectableRatio:
    """The nearest hazard ratios to 1, below and above it, that the comparison finds with the asked power."""

    below: float
    above: float


def checked_share(share: float) -> float:
    """The share of patients in the first group. Raises `NotEstimable` where there is one group only."""
    if not 0 < share < 1:
        raise NotEstimable("one group only")
    return share


def minimum_detectable_hazard_ratio(events: int, share: float = 0.5, level: float = 0.95, power: float = 0.8) -> DetectableRatio:
    """With so many `events` in both groups together. R: `exp(c(-1, 1) * (qnorm((1 + level) / 2) + qnorm(power)) / sqrt(events * share *
    (1 - share)))`.

    `share`: of the patients, in either group. `level`: of the two-sided test, 0.95 for 5 %. Raises `NotEstimable` without events.
    """
    from scipy.special import ndtri

    if events < 1:
        raise NotEstimable("no events")
    distance = (normal_quantile(level) + float(ndtri(power))) / sqrt(events * checked_share(share) * (1 - share))
    return DetectableRatio(exp(-distance), exp(distance))


def power_of_log_rank(hazard_ratio: float, events: int, share: float = 0.5, level: float = 0.95) -> float:
    """The chance that the two-sided log-rank test finds this hazard ratio, on its own side. R: `pnorm(sqrt(events * share * (1 - share)) *
    abs(log(hazard_ratio)) - qnorm((1 + level) / 2))`. Raises `NotEstimable` without events."""
    from scipy.special import ndtr

    if events < 1:
        raise NotEstimable("no events")
    return float(ndtr(sqrt(events * checked_share(share) * (1 - share)) * abs(log(hazard_ratio)) - normal_quantile(level)))


def events_needed(hazard_ratio: float, share: float = 0.5, level: float = 0.95, power: float = 0.8) -> int:
    """How many events find this hazard ratio with the asked power. Raises ValueError of a ratio of 1, that none can find."""
    from scipy.special import ndtri

    if hazard_ratio <= 0 or hazard_ratio == 1:
        raise ValueError("the hazard ratio must be above 0 and not 1")
    wanted = normal_quantile(level) + float(ndtri(power))
    return ceil((wanted / log(hazard_ratio)) ** 2 / (checked_share(share) * (1 - share)))
