"""Log-rank tests for more than two groups: for a trend over ordered ones, and pair by pair with adjusted P.

Tested against R's `coxph` score test and `p.adjust`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import nan, sqrt
from typing import Any, Literal

import numpy as np

from analysis.statistics.basics import NotEstimable
from analysis.statistics.log_rank import LogRank, Sample, Weighting, log_rank

Adjustment = Literal["holm", "bonferroni", "benjamini-hochberg"]


@dataclass(frozen=True)
class Trend:
    """A test for trend: chi-square with one degree of freedom, two-sided P, and z (positive: the hazard rises with the score)."""

    name: str
    statistic: float
    p: float
    z: float


def trend_test(times: Any, events: Any, scores: Any, *, strata: Any = None, entry: Any = None, counts: Any = None) -> Trend:
    """Whether the hazard rises or falls with a score, such as 0, 1, 2 for ordered levels (Tarone 1975).
    R: the score test of `coxph(Surv(time, event) ~ score + strata(stratum), ties = "breslow")`.

    `scores` (n,): numbers; equal steps mean equally large differences. The other arrays as of `log_rank`. Raises `NotEstimable` without
    events or where nobody with another score was at risk at any of them.
    """
    from scipy.special import chdtrc

    sample = Sample.of(times, events, np.asarray(scores, dtype=float), strata, entry, counts)
    score = variance = 0.0
    labels = sample.labels - sample.labels.mean()
    for table in sample.tables():
        share = table.at_risk / table.all_at_risk
        mean = labels @ share
        score += float((labels @ table.deaths - mean * table.all_deaths).sum())
        variance += float((((labels[:, None] - mean) ** 2 * share).sum(axis=0) * table.all_deaths).sum())
    if variance <= 1e-10 * float(np.ptp(labels)) ** 2:
        raise NotEstimable("one score only among those at risk")
    name = "stratified log-rank test for trend" if strata is not None else "log-rank test for trend"
    statistic = score**2 / variance
    return Trend(name, statistic, float(chdtrc(1, statistic)), score / sqrt(variance))


@dataclass(frozen=True)
class Pair:
    """Two groups compared: the test, or why there is none, and its P adjusted for the number of pairs that could be tested."""

    first: Any
    second: Any
    test: LogRank | None
    adjusted_p: float
    reason: str = ""


def pairwise_log_rank(
    times: Any,
    events: Any,
    groups: Any,
    *,
    adjustment: Adjustment = "holm",
    strata: Any = None,
    weighting: Weighting = "log-rank",
    entry: Any = None,
    counts: Any = None,
) -> tuple[Pair, ...]:
    """Each two of the groups compared. R: `p.adjust` of the P of `survdiff` on each pair.

    `adjustment`: Holm's or Bonferroni's of the chance of any false finding, Benjamini and Hochberg's of the share of false ones among
    the findings. A pair that can't be tested has its reason, and is not counted among the tests.
    """
    from statsmodels.stats.multitest import multipletests

    labels = np.asarray(groups)
    optional = {"strata": strata, "entry": entry, "counts": counts}
    tested: list[tuple[Any, Any, LogRank | None, str]] = []
    for first, second in combinations(np.unique(labels).tolist(), 2):
        mine = (labels == first) | (labels == second)
        part = {name: None if values is None else np.asarray(values)[mine] for name, values in optional.items()}
        try:
            test = log_rank(np.asarray(times)[mine], np.asarray(events)[mine], labels[mine], weighting=weighting, **part)
            tested.append((first, second, test, ""))
        except NotEstimable as reason:
            tested.append((first, second, None, str(reason)))
    p_values = [test.p for _, _, test, _ in tested if test]
    method = "fdr_bh" if adjustment == "benjamini-hochberg" else adjustment
    adjusted = iter(multipletests(p_values, method=method)[1] if p_values else ())
    return tuple(Pair(first, second, test, float(next(adjusted)) if test else nan, reason) for first, second, test, reason in tested)
