"""Which counts an export leaves out.

A count of 1 to `most` is left out, and everything that such a group is broken down into (zeros too). Then larger counts go, until a
reader who adds and subtracts everything that is shown finds that every small count could be 1 and could be `most`. The same holds
for the small counts that stand in no table but are a difference of two that do. For each there are two witnesses: other numbers that
fit all that is shown (where the sums themselves rule out 1 or `most`, as far as they allow).

What is left out doesn't say whether it was small itself or protects another: that would narrow it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from analysis.context import AnalysisError
from analysis.disclosure.attacker import FAR, Equations, Numbers, Range, fits, witness
from analysis.disclosure.cells import HEADLINE, STRATUM, Counts, Key, named

ANYTHING = (0, FAR)


class Reason(StrEnum):
    """Why a number is left out."""

    PRIMARY = "primary"  # a count of 1 to 7, or part of such a group
    SECONDARY = "secondary"  # it would give one back
    DERIVED = "derived"  # computed from a number that is left out, or from too few patients


@dataclass(frozen=True)
class Suppressed:
    """The counts that are left out and why; of the counts that aren't shown, between what a reader knows them to be; the witnesses."""

    reasons: Mapping[Key, Reason]
    known: Mapping[Key, Range]
    witnesses: Numbers

    def hides(self, key: Key) -> bool:
        """Whether a count is left out."""
        return key in self.reasons


def is_small(value: int, most: int) -> bool:
    """Whether a count is one of 1 to `most`."""
    return 1 <= value <= most


def primary(counts: Counts, most: int) -> dict[Key, Range]:
    """The small counts and what they are broken down into, each with all that its being left out says of it.

    A zero is shown unless it belongs to a small group: whatever else is left out is at least 1.
    """
    found = {cell.key: (1, most if cell.opens_figures else FAR) for cell in counts.shown() if is_small(cell.value, most)}
    waiting = list(found)
    while waiting:
        whole = waiting.pop()
        for part in (part for known in counts.sums_of.get(whole, ()) if known.whole == whole for part in known.parts):
            known = (0, most if counts.cells[part].opens_figures else FAR)
            if counts.cells[part].is_shown and found.get(part) != known:
                found[part] = known
                waiting.append(part)
    return found


@dataclass
class Search:
    """The secondary counts found so far.

    `lower` and `upper` are what a reader knows of each count; `may_go` says which counts could still be left out, `loss` how much they
    would be missed, `least` what a reader would still know of them.
    """

    equations: Equations
    most: int
    lower: Numbers
    upper: Numbers
    may_go: Numbers
    loss: Numbers
    least: Numbers
    pool: list[Numbers]

    @classmethod
    def of(cls, counts: Counts, first: Mapping[Key, Range], most: int) -> Search:
        """Before any secondary count is chosen."""
        equations = Equations.of(counts)
        lower, upper = equations.truth.copy(), equations.truth.copy()
        cells = counts.cells.values()
        for place, cell in enumerate(cells):
            if not cell.is_shown or cell.key in first:
                lower[place], upper[place] = first.get(cell.key, ANYTHING)
        may_go = np.array([cell.is_shown and cell.key not in first and cell.value > most for cell in cells], dtype=bool)
        loss = np.array([cell.loss for cell in cells], dtype=float)
        least = np.array([most + 1 if cell.opens_figures else 1 for cell in cells], dtype=float)
        return cls(equations, most, lower, upper, may_go, loss, least, [])

    def has_witness(self, at: int, goal: Range) -> bool:
        """Whether one of the witnesses so far shows that a count could be within `goal`."""
        return any(goal[0] <= found[at] <= goal[1] and fits(self.equations, self.lower, self.upper, found) for found in self.pool)

    def find(self, at: int, goal: Range, opened: Numbers) -> Numbers | None:
        """The cheapest witness if the counts of `opened` were left out too."""
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[opened], upper[opened] = self.least[opened], FAR
        # the logarithm: a small count is missed less than a large one
        price = np.where(opened, self.loss * np.log2(self.equations.truth + 2), 0.0)
        return witness(self.equations, lower, upper, at, goal, price)

    def protect(self, at: int, goal: Range) -> bool:
        """Leaves out what lets a count be within `goal`; false where nothing does."""
        if self.has_witness(at, goal):
            return True
        for dearest in (STRATUM, HEADLINE, np.inf):
            opened = self.may_go & (self.loss < dearest)
            if (found := self.find(at, goal, opened)) is not None:
                self.leave_out(opened & (found != self.equations.truth))
                self.pool.append(found)
                return True
        return False

    def leave_out(self, chosen: Numbers) -> None:
        """A reader no longer knows these counts."""
        self.lower[chosen], self.upper[chosen] = self.least[chosen], FAR
        self.may_go = self.may_go & ~chosen

    def show_again(self, at: int, goals: Mapping[int, tuple[Range, Range]]) -> bool:
        """Shows a secondary count again if every small count keeps its witnesses."""
        before = self.lower[at], self.upper[at]
        self.lower[at] = self.upper[at] = self.equations.truth[at]
        nothing = np.zeros(len(self.may_go), dtype=bool)
        found = len(self.pool)
        for place, pair in goals.items():
            for goal in pair:
                if self.has_witness(place, goal):
                    continue
                if (other := self.find(place, goal, nothing)) is None:
                    self.lower[at], self.upper[at] = before
                    del self.pool[found:]
                    return False
                self.pool.append(other)
        return True


def suppress(counts: Counts, most: int) -> Suppressed:
    """The counts to leave out so that no small one can be worked out.

    Raises AnalysisError where a small count can be told whatever is left out.
    """
    first = primary(counts, most)
    search = Search.of(counts, first, most)
    goals: dict[int, tuple[Range, Range]] = {}
    for place, cell in enumerate(counts.cells.values()):
        if is_small(cell.value, most):
            goals[place] = low, high = lowest(search, place, cell.value), highest(search, place, cell.value)
            if low[1] == high[0]:
                raise AnalysisError(f"the small count {named(cell.key)} could be worked out whatever is left out: nothing is exported")
    start = Search.of(counts, first, most).may_go
    second = sorted(np.flatnonzero(start & ~search.may_go), key=lambda place: (-search.loss[place], -search.equations.truth[place], place))
    kept = [place for place in second if search.loss[place] < STRATUM or not search.show_again(int(place), goals)]
    keys = search.equations.keys
    reasons = dict.fromkeys(first, Reason.PRIMARY) | {keys[place]: Reason.SECONDARY for place in kept}
    known = {keys[place]: (int(search.lower[place]), int(search.upper[place])) for place in np.flatnonzero(search.lower < search.upper)}
    return Suppressed(reasons, known, np.array(search.pool))


def lowest(search: Search, place: int, value: int) -> Range:
    """The least that a small count can be made to look like, 1 where possible."""
    return next(goal for goal in ((0, least) for least in range(1, value + 1)) if search.protect(place, goal) or goal[1] == value)


def highest(search: Search, place: int, value: int) -> Range:
    """The most that a small count can be made to look like, `most` where possible."""
    tried = ((greatest, FAR) for greatest in range(search.most, value - 1, -1))
    return next(goal for goal in tried if search.protect(place, goal) or goal[0] == value)
