"""The exact log-rank test of two small groups: every way to deal the patients into groups of these sizes, by their log-rank scores.

The chi-square of the usual test is an approximation that small or unequal groups strain. There are C(n, n1) ways to deal, too many to
walk through one by one. The two halves of the sample are walked through apart and joined by sorting (van de Wiel 2001), which is exact; a
larger sample's scores are put on a fine grid, whose sums a table counts (Streitberg and Roehmel 1986), and the P is given between two
bounds that hold for the scores as they are. Tested against R's coin.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt
from typing import Any

import numpy as np

from analysis.statistics.basics import Counts, Floats, NotEstimable, checked, normal_p
from analysis.statistics.log_rank import coded

MOST_HALF_SUMS = 1 << 21  # of one half of the sample: what is walked through
MOST_PATIENTS = 1000  # with more the number of arrangements is no floating-point number
MOST_ADDITIONS = 400_000_000  # that the table may cost: some tenths of a second
FINEST = 10_000  # steps of a score of 1 on the grid; fewer where the table would cost too much
SAME = 1e-9  # scores and statistics closer than this are equal: sums of the same numbers in another order
WIDEST = 0.02  # of the P itself: bounds farther apart than this are no answer


@dataclass(frozen=True)
class PermutationTest:
    """The exact two-sided P, and the normal approximation's with its z (negative: the second group has fewer events than expected).

    `method` says how P was found: "every arrangement counted", with `p_lower` and `p_upper` the same as `p`, or "between bounds".
    """

    name: str
    z: float
    p: float
    p_lower: float
    p_upper: float
    asymptotic_p: float
    method: str


def log_rank_scores(times: Any, events: Any) -> Floats:
    """(n,) Each patient's event less the cumulative hazard to the patient's time; their sum is 0. Ties share the risk set of their time.
    R: `-coin::logrank_trafo(Surv(time, event), ties.method = "mid-ranks")`."""
    time, event = checked(times, events)
    steps, step = np.unique(time, return_inverse=True)
    at_risk = np.cumsum(np.bincount(step, minlength=steps.size)[::-1])[::-1]
    hazard = np.cumsum(np.bincount(step, weights=event, minlength=steps.size) / at_risk)
    return event - hazard[step]


def permutation_log_rank(times: Any, events: Any, groups: Any) -> PermutationTest:
    """The exact conditional log-rank test of two groups. R: `coin::logrank_test(Surv(time, event) ~ group, distribution = "exact")`.

    `groups` (n,): two labels, in sorted order. All arrangements are equally likely only where the groups are censored alike: it is as much
    a test of that. P is the chance of a statistic as far from its mean as the sample's or farther. Raises `NotEstimable` without events,
    with one group only, where all patients are alike, and of samples too large to be counted, where `log_rank` is as good.
    """
    time, event = checked(times, events)
    labels, group = coded(groups, time.size, "groups")
    if not time.size or not event.any():
        raise NotEstimable("no events" if time.size else "no patients")
    if labels.size != 2:
        raise NotEstimable("one group only" if labels.size < 2 else "more than two groups")
    second = group == 1
    chosen, n = int(second.sum()), time.size
    if n > MOST_PATIENTS:
        raise NotEstimable("too many patients for an exact test")
    scores = log_rank_scores(time, event)
    variance = chosen * (n - chosen) / (n * (n - 1)) * float(scores @ scores)
    if variance < SAME:
        raise NotEstimable("all patients end alike: nothing could have gone otherwise")
    statistic = float(scores[second].sum())
    z = statistic / sqrt(variance)
    fewer = min(chosen, n - chosen)  # the sum of the other group is the same with the other sign
    found = counted(*alike(scores), fewer, abs(statistic))
    method = "every arrangement counted"
    if found is None:
        found = bounded(scores, fewer, abs(statistic))
        method = "between bounds"
    lower, upper = found
    return PermutationTest("exact log-rank (permutation)", z, (lower + upper) / 2, lower, upper, normal_p(z), method)


def alike(scores: Floats) -> tuple[Floats, Counts]:
    """The distinct scores, and how many patients have each: who is alike need not be told apart."""
    ordered = np.sort(scores)
    starts = np.flatnonzero(np.append(True, np.diff(ordered) > SAME))
    return ordered[starts], np.diff(np.append(starts, ordered.size))


def subsets(values: Floats, numbers: Counts) -> tuple[Counts, Floats, Floats]:
    """Every way to choose patients from these: how many, the sum of their scores, and in how many ways it comes about."""
    size, total, ways = np.zeros(1, dtype=np.int64), np.zeros(1), np.ones(1)
    for value, number in zip(values, numbers, strict=True):
        taken = np.arange(number + 1)
        each = np.array([comb(int(number), int(count)) for count in taken], dtype=float)
        size = np.add.outer(size, taken).ravel()
        total = np.add.outer(total, value * taken).ravel()
        ways = np.multiply.outer(ways, each).ravel()
    return size, total, ways


def counted(values: Floats, numbers: Counts, chosen: int, distance: float) -> tuple[float, float] | None:
    """The exact P that a sum of `chosen` scores lies `distance` from 0 or farther, twice; None where there is too much to count."""
    # halves that cost alike: each score goes to the cheaper one
    cost, half = [0.0, 0.0], np.empty(values.size, dtype=np.int64)
    for index in np.argsort(-numbers, kind="stable"):
        half[index] = int(cost[1] < cost[0])
        cost[half[index]] += np.log(numbers[index] + 1.0)
    if max(cost) > np.log(MOST_HALF_SUMS):
        return None
    left, right = (subsets(values[half == side], numbers[half == side]) for side in (0, 1))
    far = 0.0
    for size in np.unique(left[0]):
        others = right[0] == chosen - size
        if not others.any():
            continue
        mine = left[0] == size
        order = np.argsort(right[1][others])
        sums, below = right[1][others][order], np.append(0.0, np.cumsum(right[2][others][order]))
        low = below[np.searchsorted(sums, -distance + SAME - left[1][mine], side="right")]
        high = below[-1] - below[np.searchsorted(sums, distance - SAME - left[1][mine], side="left")]
        far += float(left[2][mine] @ (low + high))
    p = min(1.0, far / comb(int(numbers.sum()), chosen))
    return p, p


def bounded(scores: Floats, chosen: int, distance: float) -> tuple[float, float]:
    """Bounds of the same P from scores on a grid: what rounding can add to a sum is less than the largest roundings together."""
    widest = float(np.sort(scores)[-chosen:].sum()) - chosen * float(scores.min())
    grid = max(1, min(FINEST, int(MOST_ADDITIONS / (widest * chosen * scores.size))))
    on_grid = np.rint(scores * grid).astype(np.int64)
    rounding = np.sort(scores - on_grid / grid)
    most = max(rounding[-chosen:].sum(), -rounding[:chosen].sum()) + SAME
    lowest = int(on_grid.min())
    steps = np.sort(on_grid - lowest)
    width = int(steps[-chosen:].sum()) + 1
    table = np.zeros((chosen + 1, width))
    table[0, 0] = 1.0
    reached = 0
    for number, step in enumerate(steps.tolist(), start=1):
        reached = min(reached + step, width - 1)
        top = min(number, chosen)
        # each row from the one above as it was before this patient
        for row in range(top, 0, -1):
            table[row, step : reached + 1] += table[row - 1, : reached + 1 - step]
    sums = (np.arange(width) + chosen * lowest) / grid
    total = comb(scores.size, chosen)
    lower, upper = (float(table[chosen][np.abs(sums) >= distance + shift].sum() / total) for shift in (most, -most))
    if upper - lower > WIDEST * upper:
        raise NotEstimable("too many patients for an exact test")
    return lower, min(1.0, upper)


