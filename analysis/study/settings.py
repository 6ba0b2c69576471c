"""What of the protocol decides how a number is computed, and how numbers that do not exist are written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

from analysis.statistics.basics import Estimate
from analysis.study.names import EXPOSURES

Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """The protocol's sections `parameters`, `analysis` and `arms`, as the analyses use them."""

    days_per_month: float
    level: float
    rmst_months: float
    landmark_months: tuple[float, ...]
    arms: Mapping[str, str]
    statistics: tuple[str, ...]
    events_per_coefficient: float
    exposure: str

    @classmethod
    def of(cls, protocol: Mapping[str, Any]) -> Settings:
        """From the contents of protocol.yml."""
        asked = protocol["analysis"]
        return cls(
            days_per_month=float(protocol["parameters"]["days_per_month"]),
            level=float(asked["confidence_level"]),
            rmst_months=float(asked["rmst_months"]),
            landmark_months=tuple(float(months) for months in asked["landmark_months"]),
            arms=dict(protocol["arms"]),
            statistics=tuple(asked["statistics"]),
            events_per_coefficient=float(asked["events_per_coefficient"]),
            exposure=str(asked.get("exposure", EXPOSURES[0])),
        )

    @property
    def first(self) -> str:
        """The arm whose hazard is compared with the other's."""
        return next(iter(self.arms))

    @property
    def second(self) -> str:
        """The arm of reference."""
        return list(self.arms)[1]

    @property
    def is_in_time(self) -> bool:
        """Whether a patient of the second arm changes to the first one's treatment in time, with the first line that has it."""
        return self.exposure == EXPOSURES[1]

    def months(self, days: float) -> float | None:
        """Days in months; None for NaN."""
        return None if isnan(days) else days / self.days_per_month


def known(value: float) -> float | None:
    """None for NaN, which JSON can't carry."""
    return None if isnan(value) else float(value)


def bounds(prefix: str, estimate: Estimate, convert: Callable[[float], float | None] = known) -> Row:
    """The limits of an estimate as `<prefix>_ci_lower` and `<prefix>_ci_upper`."""
    return {f"{prefix}_ci_lower": convert(estimate.lower), f"{prefix}_ci_upper": convert(estimate.upper)}


def hazard_ratio_row(estimate: Estimate | None) -> Row:
    """A hazard ratio with its limits under the keys that every analysis uses; None for each without one."""
    if estimate is None:
        return dict.fromkeys(("hazard_ratio", "hr_ci_lower", "hr_ci_upper"))
    return {"hazard_ratio": estimate.value, **bounds("hr", estimate)}


def merged(*parts: Row) -> Row:
    """The parts as one, with the reasons of all under `not_estimable`."""
    whole: Row = {}
    reasons: dict[str, str] = {}
    for part in parts:
        reasons |= part.get("not_estimable", {})
        whole |= part
    return whole | {"not_estimable": reasons}


def survival_key(months: float) -> str:
    """`survival_6_months`."""
    return f"survival_{months:g}_months"
