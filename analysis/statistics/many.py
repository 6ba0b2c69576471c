"""Log-rank tests and Cox models of many samples at once: one pass of array arithmetic for thousands of definitions of a cohort.

A sample of a few groups says to either method no more than how many of each group are at risk and die at each event time. So all
samples are collapsed to these counts in one table, and fitted side by side by Newton's method. The numbers are those of the
functions for one sample; what can't be estimated is NaN with its reason, where those would raise `NotEstimable`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.statistics.basics import Counts, Flags, Floats, checked, normal_quantile

LARGEST_LOG_HAZARD_RATIO = 20.0  # past a ratio of e^20 the likelihood has no maximum
MOST_STEPS = 100
NO_PATIENTS, NO_EVENTS, ONE_GROUP = "no patients", "no events", "one group only"
NO_EVENTS_IN_GROUP, NEVER_TOGETHER = "no events in one group", "the groups are never at risk together"
SEPARATED = "the likelihood has no maximum: the events separate the groups completely"
NOT_CONVERGED = "the fit did not converge"


@dataclass(frozen=True)
class RiskTable:
    """All samples collapsed: a row for each sample and event time, by sample and rising time.

    `sample` (rows,); `at_risk` and `deaths` (rows, groups); `sizes`, `events` (samples, groups): patients ever in the group, events in it.
    """

    sample: Counts
    at_risk: Counts
    deaths: Counts
    sizes: Counts
    events: Counts


@dataclass(frozen=True)
class LogRanks:
    """One degree of freedom each: chi-square and two-sided P of every sample, and why there is none (empty where there is)."""

    statistic: Floats
    p: Floats
    reason: np.ndarray


@dataclass(frozen=True)
class CoxFits:
    """Log hazard ratios (samples, p), their covariances (samples, p, p), log likelihoods, and why there are none (empty else)."""

    coefficients: Floats
    covariances: Floats
    log_likelihood: Floats
    reason: np.ndarray

    def hazard_ratios(self, index: int = 0, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
        """The hazard ratio of one coefficient with its Wald limits, a value a sample."""
        coefficient = self.coefficients[:, index]
        half = normal_quantile(level) * np.sqrt(self.covariances[:, index, index])
        return np.exp(coefficient), np.exp(coefficient - half), np.exp(coefficient + half)


def risk_table(
    sample: Any, times: Any, events: Any, group: Any, *, samples: int, groups: int = 2, moves: Any = None, to: Any = None
) -> RiskTable:
    """The counts that log-rank and Cox rest on.

    One row a patient and sample: the sample's number from 0, the time, whether it is an event, the group's number from 0. `moves`: the
    time at which a row passes into the group `to`, NaN for never; it is in the former group up to and at that time (R: rows
    `(start, stop]` cut there). Raises ValueError for times as `basics.checked` does, and for arrays of other lengths.
    """
    time_array, event_array = checked(times, events)
    of, own = np.asarray(sample, dtype=np.int64), np.asarray(group, dtype=np.int64)
    moving = np.full(time_array.size, np.nan) if moves is None else np.asarray(moves, dtype=float)
    target = own if to is None else np.broadcast_to(np.asarray(to, dtype=np.int64), own.shape)
    if not of.shape == own.shape == moving.shape == time_array.shape:
        raise ValueError("sample, times, events and group must be arrays of the same length")
    distinct, rank = np.unique(time_array, return_inverse=True)
    moved = moving < time_array  # false for NaN
    last_group = np.where(moved, target, own)
    key = of * distinct.size + rank
    # the first time that lies after the move
    entry = of[moved] * distinct.size + np.searchsorted(distinct, moving[moved], side="right")

    event_keys, place = np.unique(key[event_array], return_inverse=True)
    row_sample = event_keys // max(distinct.size, 1)
    deaths = np.bincount(place * groups + last_group[event_array], minlength=event_keys.size * groups).reshape(-1, groups)
    at_risk = np.empty_like(deaths)
    for number in range(groups):
        mine = own == number
        up_to_sample = np.cumsum(np.bincount(of[mine], minlength=samples))
        at_risk[:, number] = up_to_sample[row_sample] - _below(key[mine], event_keys)
        gone, come = (own[moved] == number), (target[moved] == number)
        at_risk[:, number] -= _within(entry[gone], key[moved][gone], event_keys)
        at_risk[:, number] += _within(entry[come], key[moved][come], event_keys)
    sizes = _table(of, own, samples, groups) + _table(of[moved], target[moved], samples, groups)
    return RiskTable(row_sample, at_risk, deaths, sizes, _table(of[event_array], last_group[event_array], samples, groups))


def _below(keys: Counts, at: Counts) -> Counts:
    return np.searchsorted(np.sort(keys), at, side="left")


def _within(entry: Counts, leave: Counts, at: Counts) -> Counts:
    """How many rows are in at each key: entered at or before it, leaving at or after it. Rows of other samples cancel."""
    return np.searchsorted(np.sort(entry), at, side="right") - np.searchsorted(np.sort(leave), at, side="left")


def _table(of: Counts, group: Counts, samples: int, groups: int) -> Counts:
    return np.bincount(of * groups + group, minlength=samples * groups).reshape(samples, groups)


def log_ranks(table: RiskTable) -> LogRanks:
    """The unstratified log-rank test of two groups in every sample. R: `survdiff(Surv(time, event) ~ group)`.

    With patients who move between the groups it is the test of Mantel and Byar (1974), the same sums over the groups as they stand at
    each time. R: the score test of `coxph(Surv(start, stop, event) ~ group, ties = "exact")`.
    """
    from scipy.special import chdtrc

    samples = len(table.sizes)
    total, deaths = table.at_risk.sum(axis=1), table.deaths.sum(axis=1)
    share = table.at_risk[:, 1] / np.maximum(total, 1)
    excess = np.bincount(table.sample, table.deaths[:, 1] - deaths * share, samples)
    # the hypergeometric variance of the deaths at each time, summed
    spread = deaths * (total - deaths) / np.maximum(total - 1, 1) * share * (1 - share)
    variance = np.bincount(table.sample, spread, samples)
    reason = _reasons(table, every_group=False)
    reason[(reason == "") & (variance <= 1e-10)] = NEVER_TOGETHER
    known = reason == ""
    statistic = np.where(known, excess**2 / np.where(known, variance, 1.0), np.nan)
    return LogRanks(statistic, np.where(known, chdtrc(1, statistic), np.nan), reason)


def cox_fits(table: RiskTable, design: Any = ((0.0,), (1.0,))) -> CoxFits:
    """Cox models with Efron's handling of ties, one for every sample. R: `coxph(Surv(time, event) ~ x, ties = "efron")`.

    `design` (groups, p): the covariates of each group, from 0 to 1 each. Every group must have events, for else a coefficient has no
    bound. A sample without a maximum, and one that does not converge, has NaN.
    """
    x: Floats = np.asarray(design, dtype=float)
    samples, p = len(table.sizes), x.shape[1]
    reason = _reasons(table, every_group=True)
    coefficients, covariances = np.full((samples, p), np.nan), np.full((samples, p, p), np.nan)
    log_likelihood = np.full(samples, np.nan)
    open_samples = np.flatnonzero(reason == "")
    fit = _Newton(table, x, open_samples)
    singular = np.linalg.matrix_rank(fit.information, tol=1e-10, hermitian=True) < p
    reason[open_samples[singular]] = NEVER_TOGETHER
    fit.drop(singular)
    for _ in range(MOST_STEPS):
        if not fit.open.size:
            break
        step = fit.advance()
        endless = (np.abs(fit.beta) > LARGEST_LOG_HAZARD_RATIO).any(axis=1)
        done = ~endless & (np.abs(step) < 1e-10).all(axis=1)
        reason[fit.open[endless]] = SEPARATED
        coefficients[fit.open[done]] = fit.beta[done]
        covariances[fit.open[done]] = np.linalg.inv(fit.information[done])
        log_likelihood[fit.open[done]] = fit.log_likelihood[done]
        fit.drop(endless | done)
    reason[fit.open] = NOT_CONVERGED
    return CoxFits(coefficients, covariances, log_likelihood, reason)


def _reasons(table: RiskTable, *, every_group: bool) -> np.ndarray:
    """Why a sample has no estimate, as the functions for one sample say it; empty where nothing of it shows in the counts."""
    reason = np.full(len(table.sizes), "", dtype=object)
    if every_group:
        reason[(table.events == 0).any(axis=1)] = NO_EVENTS_IN_GROUP
    reason[table.events.sum(axis=1) == 0] = NO_EVENTS
    reason[(table.sizes == 0).any(axis=1)] = ONE_GROUP
    reason[table.sizes.sum(axis=1) == 0] = NO_PATIENTS
    return reason


class _Newton:
    """Newton's method over the samples that are still open, all in one array. `open` are their numbers."""

    def __init__(self, table: RiskTable, design: Floats, open_samples: Counts) -> None:
        self.design = design
        self.products = np.einsum("gp,gq->gpq", design, design)
        # Efron: of d tied deaths the l-th finds l/d of each of them gone
        chosen = np.isin(table.sample, open_samples)
        tied = table.deaths[chosen].sum(axis=1)
        row = np.repeat(np.flatnonzero(chosen), tied)
        first = np.cumsum(tied) - tied
        fraction = (np.arange(row.size) - np.repeat(first, tied)) / np.repeat(tied, tied)
        self.weights: Floats = table.at_risk[row] - fraction[:, None] * table.deaths[row]
        self.place = np.searchsorted(open_samples, table.sample[row])
        self.open = open_samples
        self.deaths: Floats = table.events[open_samples] @ design
        self.beta = np.zeros((open_samples.size, design.shape[1]))
        self._evaluate()

    def drop(self, finished: Flags) -> None:
        """Leave samples out of what follows."""
        if not finished.any():
            return
        kept = ~finished
        rows = kept[self.place]
        self.weights, self.place = self.weights[rows], (np.cumsum(kept) - 1)[self.place[rows]]
        self.open, self.deaths, self.beta = self.open[kept], self.deaths[kept], self.beta[kept]
        self.log_likelihood, self.score, self.information = self.log_likelihood[kept], self.score[kept], self.information[kept]

    def advance(self) -> Floats:
        """One step, halved where it would go downhill; gives the step of each sample."""
        step = np.linalg.solve(self.information, self.score[:, :, None])[:, :, 0]
        before, start = self.log_likelihood, self.beta
        while True:
            self.beta = start + step
            self._evaluate()
            downhill = self.log_likelihood < before - 1e-9 * np.abs(before)
            if not downhill.any():
                return step
            step = np.where(downhill[:, None], step / 2, step)

    def _evaluate(self) -> None:
        """Efron's partial likelihood, its gradient and information at `beta`."""
        linear = self.beta @ self.design.T
        risk = self.weights * np.exp(linear)[self.place]
        total = risk.sum(axis=1)
        share = risk / total[:, None]
        mean = share @ self.design
        count = self.open.size
        self.log_likelihood = (self.deaths * self.beta).sum(axis=1) - np.bincount(self.place, np.log(total), count)
        self.score = self.deaths - self._summed(mean)
        spread = np.tensordot(share, self.products, axes=1) - mean[:, :, None] * mean[:, None, :]
        self.information = self._summed(spread)

    def _summed(self, values: Floats) -> Floats:
        summed: Floats = np.empty((self.open.size, *values.shape[1:]))
        for entry in np.ndindex(*values.shape[1:]):
            summed[:, *entry] = np.bincount(self.place, values[:, *entry], self.open.size)
        return summed
