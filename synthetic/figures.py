"""The paper's figures of a set of patients, and how far they are from what the paper prints.

Small and fast because the search calls them some hundred thousand times; `analysis/` computes the same figures for the
report, and `tests/synthetic` holds the two against each other.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.paths import PROJECT
from pipeline.protocol import load

PAPER_FIGURES = PROJECT / "analysis" / "study" / "paper_figures.json"
DAYS_PER_MONTH = float(load()["parameters"]["days_per_month"])


@dataclass(frozen=True)
class PaperFigure:
    """One figure of the paper: `value` to `digits` decimals of `quantity` in `stratum`, for `arm` or for both."""

    name: str
    quantity: str
    stratum: str
    arm: str | None
    value: float
    digits: int

    @property
    def half_digit(self) -> float:
        """Half a unit of the last printed digit: a value within it rounds to the printed one."""
        return 0.5 * 10.0**-self.digits

    def matches(self, ours: float) -> bool:
        """Whether `ours` prints as the paper's figure does."""
        return f"{ours:.{self.digits}f}" == f"{self.value:.{self.digits}f}"


def read_paper_figures(path: Path = PAPER_FIGURES) -> tuple[PaperFigure, ...]:
    """The paper's figures from the comparison table, their only home."""
    return tuple(
        PaperFigure(
            name=figure["figure"],
            quantity=figure["quantity"],
            stratum=figure["stratum"],
            arm=figure["arm"],
            value=float(figure["paper"]),
            digits=int(figure["digits"]),
        )
        for figure in json.loads(path.read_text(encoding="utf-8"))["figures"]
    )


@dataclass(frozen=True)
class Columns:
    """What the figures need of the patients, an array each: booleans but for the days."""

    is_immunotherapy: np.ndarray
    is_positive: np.ndarray
    is_negative: np.ndarray
    is_rebiopsied: np.ndarray
    pfs_days: np.ndarray
    pfs_event: np.ndarray
    os_days: np.ndarray
    os_event: np.ndarray

    def members(self, stratum: str) -> np.ndarray:
        """The patients of a stratum of protocol.yml.

        Raises:
            KeyError: for a stratum that the search doesn't know.
        """
        return {
            "overall": np.ones(len(self.pfs_days), dtype=bool),
            "pd_l1_positive": self.is_positive,
            "pd_l1_negative": self.is_negative,
            "pd_l1_positive_rebiopsied": self.is_positive & self.is_rebiopsied,
        }[stratum]


def kaplan_meier(days: np.ndarray, events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days with an event, ascending, and the survival after each."""
    times, died = np.unique(days[events], return_counts=True)
    at_risk = len(days) - np.searchsorted(np.sort(days), times, side="left")
    return times, np.cumprod(1.0 - died / at_risk)


def median_days(days: np.ndarray, events: np.ndarray) -> float:
    """The Kaplan-Meier median as R's survfit gives it: the midpoint of a step that lies at exactly one half.

    NaN where the median isn't reached.
    """
    times, survival = kaplan_meier(days, events)
    on_half = np.flatnonzero(np.abs(survival - 0.5) < 1e-9)
    if len(on_half) and on_half[0] + 1 < len(times):
        return (times[on_half[0]] + times[on_half[0] + 1]) / 2.0
    reached = np.flatnonzero(survival <= 0.5 + 1e-9)
    return float(times[reached[0]]) if len(reached) else math.nan


def has_step_on_half(days: np.ndarray, events: np.ndarray) -> bool:
    """Whether a step lies at one half, where software differs on the median."""
    return bool(np.any(np.abs(kaplan_meier(days, events)[1] - 0.5) < 1e-9))


def log_rank_p(days: np.ndarray, events: np.ndarray, is_first: np.ndarray) -> float:
    """Two-sided P of the unstratified log-rank test between two arms (chi-square with one degree of freedom)."""
    times = np.unique(days[events])

    def count_from(values: np.ndarray) -> np.ndarray:
        return len(values) - np.searchsorted(np.sort(values), times, side="left")

    def count_at(values: np.ndarray) -> np.ndarray:
        ordered = np.sort(values)
        return np.searchsorted(ordered, times, side="right") - np.searchsorted(ordered, times, side="left")

    at_risk, at_risk_first = count_from(days), count_from(days[is_first])
    died, died_first = count_at(days[events]), count_at(days[events & is_first])
    share = at_risk_first / at_risk
    several = at_risk > 1
    variance = (died * share * (1 - share) * (at_risk - died))[several] / (at_risk - 1)[several]
    statistic = (died_first - died * share).sum() ** 2 / variance.sum()
    return math.erfc(math.sqrt(statistic / 2.0))


def compute(figure: PaperFigure, patients: Columns) -> float:
    """The figure of these patients, unrounded: a count, months, or a P value.

    Raises:
        KeyError: for a quantity that the search doesn't know.
    """
    chosen = patients.members(figure.stratum)
    if figure.arm is not None:
        chosen = chosen & (patients.is_immunotherapy == (figure.arm == "immunotherapy"))
    pfs = patients.pfs_days[chosen], patients.pfs_event[chosen]
    if figure.quantity == "patients":
        return float(chosen.sum())
    if figure.quantity == "median_follow_up_months":
        return median_days(patients.os_days[chosen], ~patients.os_event[chosen]) / DAYS_PER_MONTH
    if figure.quantity == "median_months":
        return median_days(*pfs) / DAYS_PER_MONTH
    if figure.quantity == "log_rank_p":
        return log_rank_p(*pfs, patients.is_immunotherapy[chosen])
    raise KeyError(figure.quantity)


def distance(figure: PaperFigure, ours: float, margin: float) -> float:
    """0 where `ours` lies within `margin` (a share of half a digit) of the figure; else how far off, on a like scale."""
    if math.isnan(ours):
        return 50.0
    allowed = margin * figure.half_digit
    if abs(ours - figure.value) <= allowed:
        return 0.0
    if figure.quantity == "log_rank_p":
        return 1.0 + 10.0 * abs(math.log(max(ours, 1e-12) / figure.value))
    return 1.0 + 10.0 * (abs(ours - figure.value) - allowed)


def total_distance(figures: Sequence[PaperFigure], patients: Columns, margin: float) -> float:
    """The sum of the figures' distances."""
    return sum(distance(figure, compute(figure, patients), margin) for figure in figures)


def ambiguous_medians(figures: Sequence[PaperFigure], patients: Columns) -> int:
    """How many of the medians have a step at exactly one half, where conventions part."""
    count = 0
    for figure in figures:
        chosen = patients.members(figure.stratum)
        if figure.quantity == "median_months":
            chosen = chosen & (patients.is_immunotherapy == (figure.arm == "immunotherapy"))
            count += has_step_on_half(patients.pfs_days[chosen], patients.pfs_event[chosen])
        elif figure.quantity == "median_follow_up_months":
            count += has_step_on_half(patients.os_days[chosen], ~patients.os_event[chosen])
    return count
