"""Harrell's C-statistic by R's convention, in n log n steps.

Two can be compared where one had the event while the other was at risk and outlived it; of two at one time, the one with the event came
first if the other was censored, and two events at one time are not compared. R: `concordance`.
"""

from __future__ import annotations

from math import nan

import numpy as np

from analysis.statistics.basics import Counts, Floats
from analysis.statistics.cox.rows import Rows, same_time


def concordance(rows: Rows, predictor: Floats) -> float:
    """The share of comparable pairs in which the higher predictor has the earlier event; equal predictors count half.

    Pairs are within a stratum, and weigh the product of their weights. NaN without any.
    """
    mass = rows.each().astype(float)
    if rows.weight is not None:
        mass *= rows.weight
    times = np.unique(rows.time)
    tied = np.cumsum(np.append(0, np.diff(times) > same_time(rows.time)))  # times that only rounding has split are one
    moment = tied[np.searchsorted(times, rows.time)]
    stratum = np.zeros(rows.time.size, dtype=np.int64) if rows.stratum is None else rows.stratum
    agree = equal = comparable = 0.0
    for here in np.unique(stratum):
        mine = np.flatnonzero(stratum == here)
        rank = np.unique(predictor[mine], return_inverse=True)[1]
        event, weight = rows.event[mine], mass[mine]
        # longest first; at one time those who were censored there have outlived the events, which don't outlive each other
        key = 2 * moment[mine] + ~event
        parts = [pairs(key, rank, weight, key[event], rank[event], weight[event])]
        if rows.entry is not None:  # less those who outlived the event but came under observation only after it
            late = rows.entry[mine] > 0
            last_before = np.searchsorted(times, rows.entry[mine][late] + same_time(rows.time), side="left")
            entered = np.append(0, 2 * tied + 1)[last_before]  # 0: before every event
            parts.append(-pairs(entered, rank[late], weight[late], key[event], rank[event], weight[event]))
        lower, same, all_of_them = np.sum(parts, axis=0)
        agree, equal, comparable = agree + lower, equal + same, comparable + all_of_them
    return float((agree + equal / 2) / comparable) if comparable > 0 else nan


def pairs(key: Counts, rank: Counts, weight: Floats, event_key: Counts, event_rank: Counts, event_weight: Floats) -> Floats:
    """Weights of the pairs of an event and a row with a higher `key`: those where the row's `rank` is lower, the same, any: (3,)."""
    lower = below(key, rank, weight, event_key, event_rank)
    order = np.lexsort((key, rank))
    cumulated = np.append(0.0, np.cumsum(weight[order]))
    # places in the order by (rank, key), as one whole number
    scale = int(max(key.max(initial=0), event_key.max(initial=0))) + 1
    place = rank[order].astype(np.int64) * scale + key[order]
    after = np.searchsorted(place, event_rank.astype(np.int64) * scale + event_key, side="right")
    end = np.searchsorted(place, (event_rank.astype(np.int64) + 1) * scale, side="left")
    same = cumulated[end] - cumulated[after]
    by_key = np.argsort(key, kind="stable")
    total = np.append(0.0, np.cumsum(weight[by_key]))
    higher = total[-1] - total[np.searchsorted(key[by_key], event_key, side="right")]
    return np.array([event_weight @ lower, event_weight @ same, event_weight @ higher])


def below(key: Counts, rank: Counts, weight: Floats, event_key: Counts, event_rank: Counts) -> Floats:
    """For each event the weight of the rows with a higher key and a lower rank.

    Bit by bit of the rank: where an event's rank and a row's first differ, from the highest bit down, in a bit that only the event's
    has set, the row's is lower. All that agree above the bit stand together, by falling key.
    """
    result = np.zeros(event_key.size)
    keys, ranks = np.append(key, event_key), np.append(rank, event_rank).astype(np.int64)
    weights = np.append(weight, np.zeros(event_key.size))
    is_event = np.append(np.zeros(key.size, dtype=bool), np.ones(event_key.size, dtype=bool))
    which = np.append(np.zeros(key.size, dtype=np.int64), np.arange(event_key.size))
    order = np.lexsort((~is_event, -keys))  # at one key events first: a row of the same key does not outlive
    ranks, weights, is_event, which = ranks[order], weights[order], is_event[order], which[order]
    for bit in range(max(int(ranks.max(initial=0)).bit_length(), 1)):
        together = np.argsort(ranks >> (bit + 1), kind="stable")
        group, has = (ranks >> (bit + 1))[together], ((ranks >> bit) & 1)[together].astype(bool)
        running = np.cumsum(np.where(has, 0.0, weights[together]))
        start = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
        before = np.append(0.0, running)[start]
        within = running - np.repeat(before, np.diff(np.append(start, group.size)))
        mine = has & is_event[together]
        result[which[together][mine]] += within[mine]
    return result
