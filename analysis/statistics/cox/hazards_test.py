"""The test of proportional hazards: the exact score test of a coefficient that changes with time.

lifelines' own is the older approximation of Grambsch and Therneau (1994), which R left with survival 3.0. R: `cox.zph`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.statistics.basics import Floats, NotEstimable
from analysis.statistics.cox.fit import CoxFit, chi_square
from analysis.statistics.cox.likelihood import information_in_time, score_in_time
from analysis.statistics.cox.rows import Rows, same_time

Transform = Literal["km", "rank", "identity", "log"]


@dataclass(frozen=True)
class HazardsTest:
    """Score test of proportional hazards: chi-square and P of each covariate (one degree of freedom), and of all together."""

    statistics: tuple[float, ...]
    p_values: tuple[float, ...]
    global_statistic: float
    global_p: float
    degrees: int


def proportional_hazards_test(fit: CoxFit, transform: Transform = "km") -> HazardsTest:
    """Tests whether coefficients change with g(t): the score test of the model with x * g(t) added, at zero. R >= 3: `cox.zph`.

    Goes with strata, weights and late entry; like R's it leaves robust errors aside. Raises `NotEstimable` where g takes one value only
    (a single event time), and for a fit with exact ties or a ridge.
    """
    sums = fit.at_fit.sums
    if sums is None:
        raise NotEstimable("a fit with exact ties has no such test")
    fit.refuse_ridge()
    sets, p = fit.risk_sets, fit.coefficients.size
    g = time_scale(fit.rows, sets.step_time, transform)
    if not np.isfinite(g).all():
        raise NotEstimable("an event at time 0 has no logarithm")
    g = g - np.average(g, weights=sets.deaths)  # the test doesn't change, the matrix is better conditioned
    score = score_in_time(sets, sums, g)
    crossed, squared = information_in_time(sets, sums, g), information_in_time(sets, sums, g**2)
    # the part of the score's variance that the fitted main effects leave
    left = squared - crossed @ np.linalg.solve(fit.at_fit.information, crossed)
    scale = np.sqrt(np.diag(squared))
    if not (scale > 0).all() or np.linalg.matrix_rank(left / (scale[:, None] * scale), tol=1e-10, hermitian=True) < p:
        raise NotEstimable("too few event times at which both groups are at risk")
    each = [chi_square(float(score[j] ** 2 / left[j, j]), 1) for j in range(p)]
    together = chi_square(float(score @ np.linalg.solve(left, score)), p)
    return HazardsTest(tuple(test.statistic for test in each), tuple(test.p for test in each), together.statistic, together.p, p)


def time_scale(rows: Rows, event_times: Floats, transform: Transform) -> Floats:
    """g(t) of the test at each event time, over all strata and unweighted, as R's `transform`."""
    if transform == "identity":
        return event_times
    if transform == "log":
        with np.errstate(divide="ignore"):
            return np.log(event_times)
    order = np.argsort(rows.time, kind="stable")
    time, count = rows.time[order], np.append(0, np.cumsum(rows.each()[order]))
    before = count[np.searchsorted(time, event_times, side="left")]
    if transform == "rank":
        until = count[np.searchsorted(time, event_times, side="right")]
        return (before + 1 + until) / 2
    if transform == "km":
        return 1 - pooled_survival_before(rows, event_times)
    raise ValueError('transform must be "km", "rank", "identity" or "log"')


def pooled_survival_before(rows: Rows, event_times: Floats) -> Floats:
    """The Kaplan-Meier survival of all strata together just before each event time."""
    gap = same_time(rows.time)
    times = np.unique(event_times)
    times = times[np.append(True, np.diff(times) > gap)]
    each = rows.each()
    order = np.argsort(rows.time)
    count = np.append(0, np.cumsum(each[order]))
    at_risk = count[-1] - count[np.searchsorted(rows.time[order], times - gap, side="left")]
    if rows.entry is not None:
        by_entry = np.argsort(rows.entry)
        entered = np.append(0, np.cumsum((each * (rows.entry > 0))[by_entry]))
        at_risk = at_risk - (entered[-1] - entered[np.searchsorted(rows.entry[by_entry], times - gap, side="left")])
    died = np.bincount(np.searchsorted(times, rows.time[rows.event] + gap, side="right") - 1, each[rows.event], times.size)
    survival = np.append(1.0, np.cumprod(1 - died / at_risk))
    return survival[np.searchsorted(times, event_times - gap, side="left")]
