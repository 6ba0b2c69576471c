"""The hazard of one group relative to another. Thousands of such comparisons at once are `analysis.statistics.many`'s."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.statistics.basics import Flags, Floats, NotEstimable, checked
from analysis.statistics.cox.fit import CoxFit, fit_cox


def checked_groups(times: Any, events: Any, is_first: Any) -> tuple[Floats, Flags, Flags]:
    """The arrays. Raises `NotEstimable` with the reason in words of two groups."""
    time, event = checked(times, events)
    first = np.asarray(is_first, dtype=bool)
    if first.shape != time.shape:
        raise ValueError("is_first must be one for each time")
    n, n_first = time.size, int(np.count_nonzero(first))
    if not n:
        raise NotEstimable("no patients")
    if n_first in (0, n):
        raise NotEstimable("one group only")
    deaths, deaths_first = int(np.count_nonzero(event)), int(np.count_nonzero(event & first))
    if not deaths:
        raise NotEstimable("no events")
    if deaths_first in (0, deaths):
        raise NotEstimable("no events in one group")
    return time, event, first


def compare_two(times: Any, events: Any, is_first: Any) -> CoxFit:
    """The Cox fit of the first group (true) against the second. R: `coxph(Surv(time, event) ~ first)`.

    Raises `NotEstimable` with the reason in words of two groups.
    """
    return fit_cox(*checked_groups(times, events, is_first))
