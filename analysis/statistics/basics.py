"""What every statistic here shares: array types, the estimate with its interval, the refusal, and the check of times and events."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Scale = Literal["log-log", "log", "plain"]

TOLERANCE = float(np.sqrt(np.finfo(float).eps))  # R's tolerance for "the curve is at the level"


class NotEstimable(ValueError):
    """A quantity that the data can't give. The message is the reason, in words for a reader of the report."""


@dataclass(frozen=True)
class Estimate:
    """A number and its interval. NaN where a part does not exist."""

    value: float
    lower: float = nan
    upper: float = nan


@dataclass(frozen=True)
class NamedP:
    """A two-sided P and the name of the test that it is of."""

    test: str
    p: float


def checked(times: Any, events: Any) -> tuple[Floats, Flags]:
    """`times` and `events` as arrays of one length. Raises ValueError where a time is missing or negative."""
    time_array, event_array = np.asarray(times, dtype=float), np.asarray(events, dtype=bool)
    if time_array.shape != event_array.shape or time_array.ndim != 1:
        raise ValueError("times and events must be two one-dimensional arrays of the same length")
    if time_array.size and not (np.isfinite(time_array).all() and time_array.min() >= 0):
        raise ValueError("times must be finite and not negative")
    return time_array, event_array


def normal_quantile(level: float) -> float:
    """The z of a two-sided interval at confidence `level`: 1.96 for 0.95."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))


def normal_p(z: float) -> float:
    """The two-sided P of a standard normal statistic; NaN of NaN."""
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def checked_counts(counts: Any, size: int) -> Counts:
    """How many patients each row stands for: one each where None. Raises ValueError where they aren't `size` whole numbers from 0 on."""
    if counts is None:
        return np.ones(size, dtype=np.int64)
    given = np.asarray(counts)
    if given.shape != (size,):
        raise ValueError("counts must have one element for each time")
    if size and not (np.isfinite(given).all() and (given == np.floor(given)).all() and given.min() >= 0):
        raise ValueError("counts must be whole numbers from 0 on")
    return given.astype(np.int64)


def checked_weights(weights: Any, size: int) -> Floats:
    """Sampling weights, one for each row. Raises ValueError where they aren't finite and from 0 on."""
    given = np.asarray(weights, dtype=float)
    if given.shape != (size,):
        raise ValueError("weights must have one element for each time")
    if size and not (np.isfinite(given).all() and given.min() >= 0):
        raise ValueError("weights must be finite and not negative")
    return given


def checked_entry(entry: Any, times: Floats) -> Floats:
    """Since when each row is under observation. Under observation from the outset, time 0 included, where None or not above 0: -inf.

    Raises ValueError where a row would leave before it enters, or as it does.
    """
    if entry is None:
        return np.full(times.size, -np.inf)
    given = np.asarray(entry, dtype=float)
    if given.shape != times.shape:
        raise ValueError("entry must have one element for each time")
    if np.isnan(given).any():
        raise ValueError("entry must not be missing")
    since = np.where(given <= 0, -np.inf, given)
    if (since >= times).any():
        raise ValueError("entry must come before the time")
    return since
