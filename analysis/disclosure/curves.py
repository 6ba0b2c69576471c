"""Survival curves with steps of many patients.

A coarsened curve is read at whole months. Between two months that it shows lie more than `most` events, and more than `most` patients
are still followed at each. Events and censored of a step aren't shown, nor intervals: their width tells how many are at risk. The median
is a point of the curve to a reader, so months within `most` events of it aren't shown either. Survival has two decimals.

Survival and the number of patients still tell something of how many were censored. A month is shown only if, from everything that is
shown, every number of censored from 1 to `most` remains possible where the true one is as small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from analysis.disclosure.attacker import Numbers
from analysis.disclosure.suppress import is_small
from analysis.statistics.basics import Flags
from analysis.study.reading import Row

DIGITS = 2
HALF = 0.5 / 10**DIGITS
SEARCHED = 12  # so far from the truth other events and censored are looked for; further can only add to what is possible
LOOKED_BACK = 3
HAIR = 1e-9


@dataclass(frozen=True)
class Point:
    """A month of a curve: events and censored so far, patients still at risk, survival. Month and rounded survival are shown."""

    months: int
    events: int
    censored: int
    at_risk: int
    survival: float

    @property
    def printed(self) -> float:
        """Survival as it is shown."""
        return round(self.survival, DIGITS)

    @property
    def exact(self) -> tuple[float, float]:
        """Between what survival lies, to a reader."""
        return (self.printed - HALF, min(1.0, self.printed + HALF)) if self.months else (1.0, 1.0)


@dataclass(frozen=True)
class Curve:
    """The exact steps of one arm in one stratum; its median and all its events where these are shown, else None."""

    n: int
    steps: Sequence[Row]
    median_months: float | None = None
    shown_events: int | None = None

    def at(self, months: float, *, before: bool = False) -> Point:
        """Where the curve is at a month, or just before it."""
        seen = [row for row in self.steps if row["months"] < months or (row["months"] == months and not before)]
        events, censored = (sum(row[name] for row in seen) for name in ("events", "censored"))
        return Point(int(months), events, censored, self.n - events - censored, seen[-1]["survival"] if seen else 1.0)


def coarsened(curve: Curve, most: int, is_clear: Callable[[Point], bool] = lambda _: True) -> list[Point]:
    """The months to show, month 0 first; none where not a single step can be shown. `is_clear` may refuse a month."""
    points = [Point(0, 0, 0, curve.n, 1.0)]
    for month in range(1, int(max((row["months"] for row in curve.steps), default=0)) + 1):
        point = curve.at(month)
        if is_far(curve, points[-1], point, most) and is_clear(point) and not is_pinned(curve, [*points[-LOOKED_BACK:], point], most):
            points.append(point)
    # while they were chosen, the months long before were taken as known, which only makes a reader stronger; now everything is looked at
    while len(points) > 1 and is_pinned(curve, points, most):
        points.pop()
    return points if len(points) > 1 else []


def is_far(curve: Curve, before: Point, point: Point, most: int) -> bool:
    """Whether a month has enough events since the one before and to the median, and enough patients at risk."""
    if point.events - before.events <= most or point.at_risk <= most:
        return False
    if curve.median_months is None:
        return True
    until, since = curve.at(curve.median_months, before=True), curve.at(curve.median_months)
    return until.events - point.events > most or point.events - since.events > most


def is_pinned(curve: Curve, points: Sequence[Point], most: int) -> bool:
    """Whether a reader could narrow a small number of censored, or of events after the last month."""
    every = set(range(1, most + 1))
    states = possible_states(curve.n, points, most)
    for place, (before, after) in enumerate(pairwise(points)):
        starts, ends = states[place], states[place + 1]
        censored = (ends[None, :, 1] - starts[:, None, 1])[ways(starts, ends, before, after, curve.n, most)]
        if is_small(after.censored - before.censored, most) and not every <= set(censored.tolist()):
            return True
    if curve.shown_events is None or not is_small(curve.shown_events - points[-1].events, most):
        return False
    return not every <= set((curve.shown_events - states[-1][:, 0]).tolist())


def possible_states(n: int, points: Sequence[Point], most: int) -> list[Numbers]:
    """For each month, the (events, censored) so far that fit all that is shown, before it and after it."""
    forward = [np.array([[points[0].events, points[0].censored]])]
    for before, after in pairwise(points):
        ends = around(after, n, most)
        forward.append(ends[ways(forward[-1], ends, before, after, n, most).any(axis=0)])
    backward = [forward[-1]]
    for place in range(len(points) - 2, -1, -1):
        starts = forward[place]
        backward.append(starts[ways(starts, backward[-1], points[place], points[place + 1], n, most).any(axis=1)])
    return backward[::-1]


def around(point: Point, n: int, most: int) -> Numbers:
    """The (events, censored) near the true ones that leave more than `most` patients at risk."""
    spread = np.arange(-SEARCHED, SEARCHED + 1)
    grid = np.stack(np.meshgrid(point.events + spread, point.censored + spread, indexing="ij"), axis=-1).reshape(-1, 2)
    return grid[(grid.min(axis=1) >= 0) & (n - grid.sum(axis=1) > most)]


def ways(starts: Numbers, ends: Numbers, before: Point, after: Point, n: int, most: int) -> Numbers:
    """Which states could grow into which, while survival falls as it is shown to.

    Survival falls least where everybody is censored after the last event, and most where they are censored before the first.
    """
    events = ends[None, :, 0] - starts[:, None, 0]
    censored = ends[None, :, 1] - starts[:, None, 1]
    at_risk = (n - starts.sum(axis=1))[:, None]
    least, greatest = after.exact[0] / before.exact[1], after.exact[1] / before.exact[0]
    falls_most = 1 - events / np.maximum(at_risk - censored, 1)
    falls_least = 1 - events / at_risk
    return (events > most) & (censored >= 0) & (falls_most <= greatest + HAIR) & (falls_least >= least - HAIR)


def leftovers(shown: Mapping[str, Point], members: Mapping[str, Flags]) -> Iterator[int]:
    """What strata leave of a stratum around them at one month: events, and patients at risk, outside one or several that don't overlap."""
    for outer, whole in shown.items():
        within = [name for name in shown if name != outer and (members[name] <= members[outer]).all()]
        for chosen in (chosen for size in range(1, len(within) + 1) for chosen in combinations(within, size)):
            if np.max(np.sum([members[name] for name in chosen], axis=0), initial=0) <= 1:
                yield whole.events - sum(shown[name].events for name in chosen)
                yield whole.at_risk - sum(shown[name].at_risk for name in chosen)


def of_strata(curves: Mapping[str, Curve], members: Mapping[str, Flags], most: int) -> dict[str, list[Point]]:
    """The coarsened curves of one arm's strata: no month shows a small number as what one of them has beyond others."""
    chosen: dict[str, list[Point]] = {}
    for name, curve in curves.items():

        def is_clear(point: Point, name: str = name) -> bool:
            same = {other: shown for other, points in chosen.items() for shown in points if shown.months == point.months}
            return not any(is_small(count, most) for count in leftovers({**same, name: point}, members))

        chosen[name] = coarsened(curve, most, is_clear)
    return chosen
