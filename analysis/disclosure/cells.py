"""Counts and how they add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis.context import AnalysisError

Key = tuple[str, ...]

# How much a reader would miss a count; a dearer one goes only where no cheaper one helps.
DETAIL, STEP, STRATUM, HEADLINE = 1, 3, 20, 100


@dataclass(frozen=True)
class Cell:
    """A count, and how much a reader would miss it.

    What stands in no table (a difference of two counts) is not `is_shown`. `opens_figures`: figures are shown beside it only where it
    isn't small, so that a reader sees which it is even if the count itself is left out.
    """

    key: Key
    value: int
    is_shown: bool = True
    loss: int = DETAIL
    opens_figures: bool = False


@dataclass(frozen=True)
class Sum:
    """A count is the sum of others, and a reader knows it."""

    whole: Key
    parts: tuple[Key, ...]

    @property
    def keys(self) -> tuple[Key, ...]:
        """Every count of the sum."""
        return (self.whole, *self.parts)


@dataclass(frozen=True)
class Counts:
    """The counts of an export and every sum that holds between them."""

    cells: Mapping[Key, Cell]
    sums: tuple[Sum, ...]
    sums_of: Mapping[Key, tuple[Sum, ...]]

    @classmethod
    def of(cls, items: Iterable[Cell | Sum]) -> Counts:
        """Collects counts and sums.

        Raises AnalysisError where a count has two values or a sum doesn't hold: what is not understood is not let out.
        """
        cells: dict[Key, Cell] = {}
        sums: dict[Sum, None] = {}
        for item in items:
            if isinstance(item, Sum):
                sums[item] = None
            elif cells.setdefault(item.key, item).value != item.value:
                raise AnalysisError(f"two tables of the release differ in the count {named(item.key)}: compute the results anew")
        for known in sums:
            if cells[known.whole].value != sum(cells[part].value for part in known.parts):
                raise AnalysisError(f"the counts that make up {named(known.whole)} don't add up: no export can be judged from them")
        touching: dict[Key, list[Sum]] = {}
        for known in sums:
            for key in known.keys:
                touching.setdefault(key, []).append(known)
        return cls(cells, tuple(sums), {key: tuple(known) for key, known in touching.items()})

    def shown(self) -> Iterator[Cell]:
        """The counts that stand in a table."""
        return (cell for cell in self.cells.values() if cell.is_shown)


def named(key: Key) -> str:
    """A count in an error message."""
    return " / ".join(part for part in key if part)
