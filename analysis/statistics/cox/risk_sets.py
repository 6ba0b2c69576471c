"""The risk sets of a sample, laid out for sums: rows by stratum and falling time, event times as steps.

Nobody is at risk before the steps of its stratum, so a sum over a risk set is a running sum over segments of rows. Times that differ
by less than rounding are one time, as in R (`aeqSurv`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.statistics.basics import Counts, Floats
from analysis.statistics.cox.rows import Rows, same_time

Ties = Literal["efron", "breslow", "exact"]


@dataclass(frozen=True)
class RiskSets:
    """The rows that are at risk at some event, by stratum and falling time, and the distinct (stratum, event time) steps.

    Rows: `row` is the row's place in what was given, `count` the patients it stands for, `mass` its count times its weight,
    `covariates` (rows, p) are centred within the stratum, which changes no likelihood. A row is at risk at the steps from `first` on to
    the stratum's end, or, if it entered late, to `entered`, exclusive. Deaths: `dead` are their rows, in order of the steps.
    Terms: the likelihood's denominators, one for each step, or with Efron's ties one for each death, which leaves out a `fraction` of
    the step's deaths; `term_mass` is the mass of the deaths that the term is for.
    """

    row: Counts
    count: Counts
    mass: Floats
    covariates: Floats
    first: Counts
    row_starts: Counts  # of each stratum
    segment_starts: Counts  # of each step: rows at risk there and not at a later step
    step_time: Floats
    step_starts: Counts  # of each stratum
    dead: Counts
    dead_step: Counts
    dead_starts: Counts  # of each step
    deaths: Counts  # of each step, patients
    term_step: Counts | None  # None: each step is one term
    term_starts: Counts
    fraction: Floats
    term_mass: Floats
    late: Counts  # rows that entered late, by stratum and falling entry
    late_starts: Counts  # of each stratum
    late_left: Counts  # of each step: late rows, from the stratum's first, that are not yet in
    entered: Counts  # of each late row: the first step at which it is no longer, backwards in time, at risk

    @property
    def steps(self) -> int:
        """Distinct event times, over all strata."""
        return self.step_time.size

    @property
    def p(self) -> int:
        """Covariates."""
        return self.covariates.shape[1]


def risk_sets(rows: Rows, ties: Ties) -> RiskSets:
    """The layout of `rows`, which have an event."""
    order = np.argsort(-rows.time, kind="stable") if rows.stratum is None else np.lexsort((-rows.time, rows.stratum))
    time, event = rows.time[order], rows.event[order]
    stratum = np.zeros(order.size, dtype=np.int64) if rows.stratum is None else rows.stratum[order]
    gap = same_time(time)
    new = np.empty(order.size, dtype=bool)  # a new (stratum, time)
    new[0] = True
    np.greater(time[:-1] - time[1:], gap, out=new[1:])
    if rows.stratum is not None:
        new[1:] |= stratum[1:] != stratum[:-1]
    block = np.cumsum(new) - 1
    died = np.zeros(int(block[-1]) + 1, dtype=bool)
    died[block[event]] = True
    step_block = np.flatnonzero(died)
    first = (np.cumsum(died) - died)[block]  # the first step at or before the row's time, in any stratum
    block_start = np.flatnonzero(new)
    step_time, step_stratum = time[block_start[step_block]], stratum[block_start[step_block]]
    end_of_stratum = np.searchsorted(step_stratum, np.arange(stratum[-1] + 1), side="right")

    stop = end_of_stratum[stratum]
    entry = np.zeros(order.size) if rows.entry is None else rows.entry[order]
    if rows.entry is not None:
        for here in np.flatnonzero(np.diff(np.append(0, end_of_stratum)) > 0):
            mine = np.flatnonzero((stratum == here) & (entry > 0))
            start, end = (int(end_of_stratum[here - 1]) if here else 0), int(end_of_stratum[here])
            # steps of a time above the entry come first
            stop[mine] = start + np.searchsorted(-step_time[start:end], -(entry[mine] + gap), side="left")
    keep = np.flatnonzero(first < stop)
    order, event, first, stop, stratum, entry = order[keep], event[keep], first[keep], stop[keep], stratum[keep], entry[keep]

    count = rows.each()[order]
    mass = count.astype(float) if rows.weight is None else count * rows.weight[order]
    strata_starts = np.flatnonzero(np.append(True, stratum[1:] != stratum[:-1]))
    dead = np.flatnonzero(event)
    dead_step = first[dead]
    dead_starts = np.searchsorted(dead_step, np.arange(step_time.size))
    deaths, dead_mass = np.add.reduceat(count[dead], dead_starts), np.add.reduceat(mass[dead], dead_starts)
    term_step, term_starts, fraction, term_mass = None, np.arange(step_time.size), np.zeros(step_time.size), dead_mass
    if ties == "efron" and deaths.max() > 1:
        term_step = np.repeat(np.arange(step_time.size), deaths)
        term_starts = np.cumsum(deaths) - deaths
        fraction = (np.arange(term_step.size) - term_starts[term_step]) / deaths[term_step]
        term_mass = (dead_mass / deaths)[term_step]

    late = np.flatnonzero(entry > 0)
    late = late[np.lexsort((-entry[late], stratum[late]))]
    late_strata = np.searchsorted(stratum[late], stratum[strata_starts])
    return RiskSets(
        row=order,
        count=count,
        mass=mass,
        covariates=centred(rows.covariates[order], mass, strata_starts),
        first=first,
        row_starts=strata_starts,
        segment_starts=np.searchsorted(first, np.arange(step_time.size)),
        step_time=step_time,
        step_starts=first[strata_starts],
        dead=dead,
        dead_step=dead_step,
        dead_starts=dead_starts,
        deaths=deaths,
        term_step=term_step,
        term_starts=term_starts,
        fraction=fraction,
        term_mass=term_mass,
        late=late,
        late_starts=late_strata,
        late_left=left_at(step_time, first[strata_starts], late_strata, stop[late]),
        entered=stop[late],
    )


def left_at(step_time: Floats, step_starts: Counts, late_starts: Counts, entered: Counts) -> Counts:
    """For each step, how many of its stratum's late rows, by falling entry, are not yet in: those that end at or before the step."""
    left = np.zeros(step_time.size, dtype=np.int64)
    if entered.size:
        ends = np.append(step_starts[1:], step_time.size)
        late_ends = np.append(late_starts[1:], entered.size)
        for start, end, late_start, late_end in zip(step_starts, ends, late_starts, late_ends, strict=True):
            # `entered` rises as the entry falls
            left[start:end] = np.searchsorted(entered[late_start:late_end], np.arange(start, end), side="right")
    return left


def centred(x: Floats, mass: Floats, starts: Counts) -> Floats:
    """Covariates less their mean within the stratum."""
    if starts.size == 1:
        return x - (mass @ x) / mass.sum()
    means = np.add.reduceat(mass[:, None] * x, starts, axis=0) / np.add.reduceat(mass, starts)[:, None]
    return x - np.repeat(means, np.diff(np.append(starts, len(x))), axis=0)


def running(values: Floats, starts: Counts) -> Floats:
    """Running sums along the first axis that begin anew at each of `starts`."""
    if starts.size == 1:
        return np.cumsum(values, axis=0)
    return np.concatenate([np.cumsum(part, axis=0) for part in np.split(values, starts[1:])])


def remaining(values: Floats, starts: Counts) -> Floats:
    """Sums from each place to the end of its stratum: added from the far end, where they are small."""
    if starts.size == 1:
        return np.cumsum(values[::-1], axis=0)[::-1]
    return np.concatenate([np.cumsum(part[::-1], axis=0)[::-1] for part in np.split(values, starts[1:])])
