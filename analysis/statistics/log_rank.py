"""The log-rank test and its relatives: k samples, weighted, stratified, with delayed entry.

Ours, for lifelines has no stratified test, calls it P = 1 where nothing could have gone otherwise, and says neither observed and expected
events nor score and variance. Tested against R's `survdiff` and the score test of `coxph`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any, Literal

import numpy as np

from analysis.statistics.basics import Flags, Floats, NotEstimable, checked, checked_counts, checked_entry


@dataclass(frozen=True)
class FlemingHarrington:
    """The weight S(t-)^p (1 - S(t-))^q, where S is the pooled curve just before the time: p looks at early differences, q at late ones.

    (0, 0) is the log-rank test, (1, 0) Peto and Peto's; R's `survdiff(rho=p)` is (p, 0). Harrington and Fleming 1982.
    """

    p: float = 0.0
    q: float = 0.0


Weighting = Literal["log-rank", "gehan", "tarone-ware", "peto-peto"] | FlemingHarrington

NAMES = {
    "log-rank": "log-rank",
    "gehan": "Gehan-Wilcoxon",
    "tarone-ware": "Tarone-Ware",
    "peto-peto": "modified Peto-Peto",
}


@dataclass(frozen=True)
class LogRank:
    """A test of equal hazards: chi-square statistic, degrees of freedom, two-sided P, and what they are of, by group.

    One element for each group that was ever at risk of an event, in sorted order: `groups` its label, `n` its patients (rows, where
    a patient has several), `observed` and `expected` its events, weighted as the test weighs them. `covariance` (groups, groups) is of
    observed - expected. `name` says which test the P is of.
    """

    name: str
    statistic: float
    degrees: int
    p: float
    groups: tuple[Any, ...]
    n: tuple[int, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    covariance: Floats

    @property
    def score(self) -> float:
        """Of two groups, the weighted observed - expected events of the second; NaN of more."""
        return self.observed[1] - self.expected[1] if len(self.groups) == 2 else nan

    @property
    def variance(self) -> float:
        """Of `score`."""
        return float(self.covariance[1, 1]) if len(self.groups) == 2 else nan

    @property
    def z(self) -> float:
        """`score` over its standard error: negative where the second group has fewer events than expected."""
        return self.score / sqrt(self.variance)


@dataclass(frozen=True)
class RiskTable:
    """One stratum at its event times: (groups, times) numbers at risk just before, and events."""

    at_risk: Floats
    deaths: Floats

    @property
    def all_at_risk(self) -> Floats:
        """(times,) of all groups."""
        return self.at_risk.sum(axis=0)

    @property
    def all_deaths(self) -> Floats:
        """(times,) of all groups."""
        return self.deaths.sum(axis=0)


@dataclass(frozen=True)
class Sample:
    """Checked rows: `group` and `stratum` are numbers from 0 on, `labels` names the groups."""

    time: Floats
    event: Flags
    since: Floats
    count: np.ndarray
    group: np.ndarray
    stratum: np.ndarray
    labels: np.ndarray

    @classmethod
    def of(cls, times: Any, events: Any, groups: Any, strata: Any, entry: Any, counts: Any) -> Sample:
        """Raises ValueError where the arrays are no sample, `NotEstimable` without events."""
        time, event = checked(times, events)
        since, count = checked_entry(entry, time), checked_counts(counts, time.size)
        labels, group = coded(groups, time.size, "groups")
        stratum = np.zeros(time.size, dtype=np.int64) if strata is None else coded(strata, time.size, "strata")[1]
        if not count[event].any():
            raise NotEstimable("no events" if count.any() else "no patients")
        return cls(time, event, since, count, group, stratum, labels)

    def tables(self) -> Iterator[RiskTable]:
        """The risk table of each stratum that has an event."""
        for stratum in np.unique(self.stratum[self.event & (self.count > 0)]):
            yield self.table(self.stratum == stratum)

    def table(self, mine: Flags) -> RiskTable:
        """Of the rows `mine`."""
        times = np.unique(self.time[mine & self.event & (self.count > 0)])
        size = (self.labels.size, times.size + 1)

        def counted(rows: Flags, steps: np.ndarray) -> Floats:
            cells = np.bincount(self.group[rows] * size[1] + steps, weights=self.count[rows], minlength=size[0] * size[1])
            return cells.astype(float).reshape(size)  # whole even where there are no rows

        died = mine & self.event
        deaths = counted(died, np.searchsorted(times, self.time[died]))[:, :-1]
        # a row is at risk from the first event time after its entry to the last that is not after its time
        ended = counted(mine, np.searchsorted(times, self.time[mine], side="right"))
        begun = counted(mine, np.searchsorted(times, self.since[mine], side="right"))
        return RiskTable(np.cumsum(begun - ended, axis=1)[:, :-1], deaths)


def coded(values: Any, size: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values in order, and the number of each row's."""
    array = np.asarray(values)
    if array.shape != (size,):
        raise ValueError(f"{name} must have one element for each time")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(f"{name} must not be missing")
    return np.unique(array, return_inverse=True)


def weights_of(table: RiskTable, weighting: Weighting) -> Floats:
    """(times,) the test's weight at each event time, from the pooled sample of the stratum."""
    at_risk, deaths = table.all_at_risk, table.all_deaths
    if isinstance(weighting, FlemingHarrington):
        before = np.append(1.0, np.cumprod(1 - deaths / at_risk)[:-1])
        return before**weighting.p * (1 - before) ** weighting.q
    if weighting == "log-rank":
        return np.ones_like(at_risk)
    if weighting == "gehan":
        return at_risk
    if weighting == "tarone-ware":
        return np.sqrt(at_risk)
    return np.cumprod(1 - deaths / (at_risk + 1)) * at_risk / (at_risk + 1)


def name_of(weighting: Weighting, stratified: bool) -> str:
    """What a report calls the test."""
    if not isinstance(weighting, FlemingHarrington) and weighting not in NAMES:
        raise ValueError(f"no weighting {weighting!r}")
    named = f"Fleming-Harrington({weighting.p:g}, {weighting.q:g})" if isinstance(weighting, FlemingHarrington) else NAMES[weighting]
    return f"stratified {named}" if stratified else named


def log_rank(
    times: Any,
    events: Any,
    groups: Any,
    *,
    strata: Any = None,
    weighting: Weighting = "log-rank",
    entry: Any = None,
    counts: Any = None,
) -> LogRank:
    """The two-sided test of equal hazards in two or more groups. R: `survdiff(Surv(time, event) ~ group + strata(stratum), rho = p)`.

    All arrays (n,). `strata`: the test adds up what each stratum's own test compares, its weights from its own pooled curve.
    `weighting`: log-rank; Gehan's Wilcoxon (weight: the number at risk); Tarone and Ware's (its root); Peto and Peto's as modified by
    Andersen; or `FlemingHarrington(p, q)`. Whoever chooses it after seeing the curves has no valid P. `counts`: how many patients a row
    stands for. `entry`: since when a row is at risk, in (entry, time]; not above 0 is from the outset. A patient whose group changes has
    one row for each stretch, with the event on the last: the test is then Mantel and Byar's (1974). R: the score test of
    `coxph(Surv(entry, time, event) ~ group)`, where no events are tied.

    A group that was never at risk of an event takes no part. Raises `NotEstimable` without events, with one group only, or where nothing
    could have gone otherwise.
    """
    from scipy.special import chdtrc

    name = name_of(weighting, strata is not None)
    sample = Sample.of(times, events, groups, strata, entry, counts)
    k = sample.labels.size
    observed, expected, covariance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    part, largest = np.zeros(k, dtype=bool), 0.0
    for table in sample.tables():
        at_risk, deaths, weight = table.all_at_risk, table.all_deaths, weights_of(table, weighting)
        share = table.at_risk / at_risk
        observed += table.deaths @ weight
        expected += share @ (weight * deaths)
        # the hypergeometric variance of the deaths of each group at each time, summed
        spread = weight**2 * deaths * (at_risk - deaths) / np.maximum(at_risk - 1, 1)
        covariance += np.diag(share @ spread) - (share * spread) @ share.T
        part |= (table.at_risk > 0).any(axis=1)
        largest = max(largest, float(weight.max()))
    degrees = int(part.sum()) - 1
    if degrees < 1:
        raise NotEstimable("one group only")
    excess, free = (observed - expected)[part], covariance[np.ix_(part, part)]
    if np.linalg.matrix_rank(free[1:, 1:], tol=1e-10 * largest**2) < degrees:
        raise NotEstimable("the groups are never at risk together" if largest else "the test gives every event time no weight")
    statistic = float(excess[1:] @ np.linalg.solve(free[1:, 1:], excess[1:]))
    patients = np.bincount(sample.group, weights=sample.count, minlength=k)[part]
    return LogRank(
        name=name,
        statistic=statistic,
        degrees=degrees,
        p=float(chdtrc(degrees, statistic)),
        groups=tuple(sample.labels[part].tolist()),
        n=tuple(int(number) for number in patients),
        observed=tuple(observed[part].tolist()),
        expected=tuple(expected[part].tolist()),
        covariance=free,
    )
