"""How strong unmeasured confounding would have to be to explain a hazard ratio away."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan, sqrt


@dataclass(frozen=True)
class EValue:
    """The E-value of an estimate, and of the limit of its interval that is nearer to 1 (1 where the interval includes 1)."""

    estimate: float
    limit: float


def risk_ratio(hazard_ratio: float, is_common: bool = True) -> float:
    """A hazard ratio as the risk ratio that it comes to: itself for a rare event, else VanderWeele's approximation (2017) for an event
    that more than 15 % have by the end of follow-up."""
    if not is_common:
        return hazard_ratio
    return (1 - 0.5 ** sqrt(hazard_ratio)) / (1 - 0.5 ** sqrt(1 / hazard_ratio))


def of_risk_ratio(ratio: float) -> float:
    """RR + sqrt(RR (RR - 1)), of the inverse where the ratio is below 1."""
    away = ratio if ratio >= 1 else 1 / ratio
    return away + sqrt(away * (away - 1))


def e_value(hazard_ratio: float, lower: float = nan, upper: float = nan, is_common: bool = True) -> EValue:
    """The least association, as a risk ratio with both treatment and outcome, that an unmeasured confounder would need (VanderWeele and
    Ding 2017). R: `EValue::evalues.HR(est, lo, hi, rare = FALSE)`.

    NaN for what is NaN. Raises ValueError where a ratio is not above 0, or the limits do not enclose the estimate.
    """
    if any(ratio <= 0 for ratio in (hazard_ratio, lower, upper)):
        raise ValueError("a hazard ratio is above 0")
    if lower > hazard_ratio or upper < hazard_ratio:
        raise ValueError("the limits must enclose the estimate")
    if isnan(hazard_ratio):
        return EValue(nan, nan)
    nearer = lower if hazard_ratio >= 1 else upper
    if isnan(nearer):
        limit = nan
    elif nearer <= 1 if hazard_ratio >= 1 else nearer >= 1:  # the interval includes 1
        limit = 1.0
    else:
        limit = of_risk_ratio(risk_ratio(nearer, is_common))
    return EValue(of_risk_ratio(risk_ratio(hazard_ratio, is_common)), limit)
