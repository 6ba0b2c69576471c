"""What a reader of the tables can work out of a count that they don't show.

The counts of an export are the unknowns of one system of equations in whole numbers. Other numbers that fit everything that is shown
are a witness: as long as there are witnesses in which a count is 1 and in which it is 7, the tables don't tell what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from analysis.disclosure.cells import Counts, Key

Range = tuple[int, int]
Numbers = np.ndarray
FAR = 1_000_000  # further than any count of patients goes


@dataclass(frozen=True)
class Equations:
    """The sums of an export as a matrix: every row times the counts is zero."""

    keys: tuple[Key, ...]
    place: Mapping[Key, int]
    truth: Numbers
    matrix: csr_array

    @classmethod
    def of(cls, counts: Counts) -> Equations:
        """The equations of counts."""
        keys = tuple(counts.cells)
        place = {key: column for column, key in enumerate(keys)}
        entries = [
            (line, place[key], sign)
            for line, known in enumerate(counts.sums)
            for key, sign in ((known.whole, 1.0), *((part, -1.0) for part in known.parts))
        ]
        lines, columns, signs = (np.array(values) for values in zip(*entries, strict=True)) if entries else (np.empty(0, dtype=int),) * 3
        matrix = csr_array((signs, (lines, columns)), shape=(len(counts.sums), len(keys)))
        return cls(keys, place, np.array([cell.value for cell in counts.cells.values()], dtype=float), matrix)

    def linked(self, is_open: Numbers, start: int) -> tuple[Numbers, Numbers]:
        """The open counts that hang together with one of them, and the sums that tie them. Fixed counts tie nothing."""
        incidence = abs(self.matrix)
        reached = np.zeros(len(self.keys), dtype=bool)
        reached[start] = True
        while True:
            ties = incidence @ reached > 0
            further = (incidence.T @ ties > 0) & is_open | reached
            if (further == reached).all():
                return np.flatnonzero(reached), np.flatnonzero(ties)
            reached = further


def witness(equations: Equations, lower: Numbers, upper: Numbers, at: int, goal: Range, price: Numbers) -> Numbers | None:
    """Counts that fit the equations with the one `at` within `goal`, or None.

    `lower`, `upper`: between what a reader knows each count to be. `price`: what it costs to change a count by one; the
    cheapest witness is found.
    """
    inside, ties = equations.linked(lower < upper, at)
    matrix, truth = equations.matrix[ties][:, inside], equations.truth
    ends = lower[inside].copy(), upper[inside].copy()
    place = int(np.flatnonzero(inside == at)[0])
    ends[0][place], ends[1][place] = max(goal[0], lower[at]), min(goal[1], upper[at])
    if ends[0][place] > ends[1][place]:
        return None
    right = matrix @ truth[inside]
    priced = np.flatnonzero(price[inside] > 0)
    pick = eye_array(len(inside), format="csr")[priced]
    distance = eye_array(len(priced), format="csr")
    nothing = csr_array((len(ties), len(priced)))
    near = truth[inside][priced]
    answer = milp(
        np.concatenate([np.zeros(len(inside)), price[inside][priced]]),
        integrality=np.concatenate([np.ones(len(inside)), np.zeros(len(priced))]),
        bounds=Bounds(np.concatenate([ends[0], np.zeros(len(priced))]), np.concatenate([ends[1], np.full(len(priced), FAR)])),
        constraints=[
            LinearConstraint(hstack([matrix, nothing]), right, right),
            LinearConstraint(vstack([hstack([pick, -distance]), hstack([-pick, -distance])]), -np.inf, np.concatenate([near, -near])),
        ]
        if len(priced)
        else [LinearConstraint(matrix, right, right)],
    )
    if answer.x is None:
        return None
    found = truth.copy()
    found[inside] = np.round(answer.x[: len(inside)])
    return found if fits(equations, lower, upper, found) else None


def fits(equations: Equations, lower: Numbers, upper: Numbers, found: Numbers) -> bool:
    """Whether counts agree with every sum and with what a reader knows of each."""
    return not (equations.matrix @ found).any() and bool(((lower <= found) & (found <= upper)).all())
