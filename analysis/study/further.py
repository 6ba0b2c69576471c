"""Further statistics of a comparison of two arms, each under the name by which the protocol asks for it.

A new statistic is a function of `Compared` here, its label in names.py, its name in the protocol's `analysis.statistics`, and its
reference test beside the method that it calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from analysis.context import AnalysisError
from analysis.statistics.basics import Estimate, Flags, Floats, NotEstimable
from analysis.study.names import STATISTICS
from analysis.study.settings import Settings, bounds, known

Row = dict[str, Any]

POWER = 0.8  # of the smallest detectable effect


@dataclass(frozen=True)
class Compared:
    """Two arms in one stratum: days, events, who is in the first arm, and the horizon in days that both arms' follow-up reaches."""

    days: Floats
    events: Flags
    is_first: Flags
    horizon: float
    settings: Settings


@dataclass(frozen=True)
class Statistic:
    """What a further statistic found. `test` names the test of `p`; NaN where a part does not exist."""

    estimate: Estimate | None = None
    p: float | None = None
    test: str | None = None
    note: str = ""


def weighted_log_rank(weighting: Any, test: str, compared: Compared) -> Statistic:
    """A log-rank test that gives early or late differences more weight."""
    from analysis.statistics.log_rank import log_rank

    tested = log_rank(compared.days, compared.events, ~compared.is_first, weighting=weighting)
    return Statistic(p=tested.p, test=test)


def fleming_harrington(p: float, q: float, compared: Compared) -> Statistic:
    """The Fleming-Harrington test: with q above p late differences weigh more."""
    from analysis.statistics.log_rank import FlemingHarrington

    return weighted_log_rank(FlemingHarrington(p, q), "weighted log-rank", compared)


def permutation(compared: Compared) -> Statistic:
    """The permutation log-rank test, which needs no large samples."""
    from analysis.statistics.permutation import permutation_log_rank

    tested = permutation_log_rank(compared.days, compared.events, ~compared.is_first)
    return Statistic(p=tested.p, test=f"permutation log-rank, {tested.method}")


def rmst_ratio(compared: Compared) -> Statistic:
    """The ratio of the arms' restricted means."""
    from analysis.statistics.kaplan_meier import kaplan_meier
    from analysis.statistics.restricted_mean import ratio, restricted_mean

    if not compared.horizon > 0:
        raise NotEstimable("no follow-up")
    means = [
        restricted_mean(kaplan_meier(compared.days[arm], compared.events[arm]), compared.horizon)
        for arm in (compared.is_first, ~compared.is_first)
    ]
    estimate, p = ratio(*means, level=compared.settings.level)
    return Statistic(estimate, p, "z test of the logarithm")


def e_value(compared: Compared) -> Statistic:
    """How strong an unmeasured confounder would have to be to explain the hazard ratio away."""
    from analysis.statistics.cox import compare_two
    from analysis.statistics.sensitivity import e_value as strength

    ratio = compare_two(compared.days, compared.events, compared.is_first).hazard_ratio(level=compared.settings.level)
    found = strength(ratio.value, ratio.lower, ratio.upper)
    return Statistic(Estimate(found.estimate), note=f"{found.limit:.2f} for the interval's limit nearer to 1")


def minimum_detectable_hazard_ratio(compared: Compared) -> Statistic:
    """The hazard ratio that as many events would have shown with a power of 80 %."""
    from analysis.statistics.planning import minimum_detectable_hazard_ratio as detectable

    share = float(compared.is_first.mean()) if compared.is_first.size else 0.0
    found = detectable(int(compared.events.sum()), share, level=compared.settings.level, power=POWER)
    return Statistic(Estimate(found.below), note=f"power {100 * POWER:g} %, these events and this allocation")


FURTHER: dict[str, Callable[[Compared], Statistic]] = {
    "peto_peto": partial(weighted_log_rank, "peto-peto", "Peto-Peto log-rank"),
    "gehan": partial(weighted_log_rank, "gehan", "Gehan-Wilcoxon"),
    "tarone_ware": partial(weighted_log_rank, "tarone-ware", "Tarone-Ware"),
    "fleming_harrington_0_1": partial(fleming_harrington, 0, 1),
    "fleming_harrington_1_0": partial(fleming_harrington, 1, 0),
    "fleming_harrington_1_1": partial(fleming_harrington, 1, 1),
    "permutation": permutation,
    "rmst_ratio": rmst_ratio,
    "e_value": e_value,
    "minimum_detectable_hazard_ratio": minimum_detectable_hazard_ratio,
}


def further_statistics(compared: Compared) -> dict[str, Row]:
    """Each statistic that the protocol names, or why there is none. Raises `AnalysisError` for a name that nobody knows."""
    check_names(compared.settings.statistics)
    return {name: row_of(STATISTICS[name], FURTHER[name], compared) for name in compared.settings.statistics}


def check_names(names: Sequence[str]) -> None:
    """Raises `AnalysisError` for a name that nobody knows."""
    if unknown := [name for name in names if name not in FURTHER]:
        raise AnalysisError(f"analysis.statistics of protocol.yml: `{unknown[0]}` is unknown: it may be one of {', '.join(FURTHER)}")


def row_of(label: str, compute: Callable[[Compared], Statistic], compared: Compared) -> Row:
    """A statistic as data."""
    nothing: Row = {"label": label} | dict.fromkeys(("estimate", "ci_lower", "ci_upper", "p", "test", "note"))
    try:
        first = int(compared.is_first.sum())
        if not compared.days.size:
            raise NotEstimable("no patients")
        if not 0 < first < compared.days.size:
            raise NotEstimable("one group only")
        found = compute(compared)
    except NotEstimable as reason:
        return {**nothing, "not_estimable": {"estimate": str(reason)}}
    estimate = found.estimate or Estimate(float("nan"))
    limits = {key.removeprefix("_"): value for key, value in bounds("", estimate).items()}
    p = None if found.p is None else known(found.p)
    found_values = {"estimate": known(estimate.value), **limits, "p": p, "test": found.test, "note": found.note}
    return {**nothing, **found_values, "not_estimable": {}}
