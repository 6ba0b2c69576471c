"""The rows of a Cox model as given: checked, and collapsed where many are alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.statistics.basics import (
    TOLERANCE,
    Counts,
    Flags,
    Floats,
    NotEstimable,
    checked,
    checked_counts,
    checked_entry,
    checked_weights,
)

COLLAPSE_FROM = 1000  # rows: below it, looking for rows that are alike costs more than it saves


@dataclass(frozen=True)
class Rows:
    """One row a patient, or a stretch (entry, time] of a patient; `count` patients where a row stands for several.

    `covariates` is (n, p), the rest (n,). `entry` 0 is "from the start", day 0 included. `stratum` and `cluster` are codes from 0.
    """

    time: Floats
    event: Flags
    covariates: Floats
    entry: Floats | None
    stratum: Counts | None
    weight: Floats | None
    count: Counts | None
    cluster: Counts | None

    @property
    def n(self) -> int:
        """Rows, each counted as often as `count` says."""
        return self.time.size if self.count is None else int(self.count.sum())

    @property
    def events(self) -> int:
        """Events, counted alike."""
        return int(self.event.sum()) if self.count is None else int(self.count[self.event].sum())

    def each(self) -> Counts:
        """The count of each row."""
        return np.ones(self.time.size, dtype=np.int64) if self.count is None else self.count


def checked_rows(times: Any, events: Any, covariates: Any, entry: Any, strata: Any, weights: Any, counts: Any, clusters: Any) -> Rows:
    """The arguments of `fit_cox` as arrays. Raises ValueError for what is no sample, `NotEstimable` for one without events."""
    time, event = checked(times, events)
    n = time.size
    if not n:
        raise NotEstimable("no patients")
    x = np.asarray(covariates, dtype=float)
    if x.ndim not in (1, 2) or x.shape[0] != n:
        raise ValueError("covariates must be (n,) or (n, p), a row for each time")
    x = x.reshape(n, -1)
    if not np.isfinite(x).all():
        raise ValueError("covariates must be finite: leave out the patients with a missing one, or impute")
    since = None if entry is None else np.maximum(checked_entry(entry, time), 0.0)
    if since is not None and ((since > 0) & (since >= time - same_time(time))).any():
        raise ValueError("entry must come before the time, by more than rounding")
    rows = Rows(
        time,
        event,
        x,
        entry=since if since is not None and since.any() else None,
        stratum=None if strata is None else codes(strata, n, "strata"),
        weight=None if weights is None else checked_weights(weights, n),
        count=None if counts is None else checked_counts(counts, n),
        cluster=None if clusters is None else codes(clusters, n, "clusters"),
    )
    for mass in (rows.count, rows.weight):
        if mass is not None and not mass.all():  # who weighs nothing is not there
            there = rows.each() > 0 if rows.weight is None else (rows.each() > 0) & (rows.weight > 0)
            rows = chosen(rows, np.flatnonzero(there))
            break
    if not rows.event.any():
        raise NotEstimable("no events" if rows.time.size else "no patients")
    return rows


def same_time(time: Floats) -> float:
    """Times no farther apart than this are one time that rounding has split. R: `aeqSurv`."""
    return TOLERANCE * max(1.0, float(time.mean()))


def codes(values: Any, n: int, name: str) -> Counts:
    """Labels as codes from 0 in sorted order."""
    array = np.asarray(values)
    if array.shape != (n,):
        raise ValueError(f"{name} must be one label for each time")
    if array.dtype == object:  # a missing label can't be sorted, and is no group
        if any(label is None or label != label for label in array):
            raise ValueError(f"{name} must not be missing")
    elif array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(f"{name} must not be missing")
    return np.unique(array, return_inverse=True)[1].astype(np.int64)


def chosen(rows: Rows, index: np.ndarray) -> Rows:
    """Some of the rows, in the order of `index`."""
    parts = {name: value[index] for name, value in vars(rows).items() if value is not None}
    return replace(rows, **parts)


def collapsed(rows: Rows) -> Rows:
    """Rows that are alike as one with their count, where that saves much. The fit is the same."""
    if rows.time.size < COLLAPSE_FROM or rows.cluster is not None:
        return rows
    keys = [*rows.covariates.T, rows.event, rows.time]
    keys += [value for value in (rows.entry, rows.weight, rows.stratum) if value is not None]
    order = np.lexsort(keys)
    new = np.append(True, np.zeros(order.size - 1, dtype=bool))
    for key in keys:
        ordered = key[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(new)
    if starts.size > rows.time.size // 2:
        return rows
    return replace(chosen(rows, order[starts]), count=np.add.reduceat(rows.each()[order], starts))
