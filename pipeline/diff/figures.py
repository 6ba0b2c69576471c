"""Which published figures moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from analysis.words import NOT_ESTIMABLE, NOT_REACHED

Numbers = tuple[float | None, ...]  # estimate, ci_lower, ci_upper, p_value, n, events
ABSENT = "-"
SMALL_P = 0.001


@dataclass(frozen=True)
class Figure:
    """A figure of `published.statistics` whose exact values differ; None where a release doesn't have it."""

    analysis: str
    stratum: str
    quantity: str
    was: Numbers | None
    now: Numbers | None

    @property
    def place(self) -> str:
        """``pfs, overall``"""
        return f"{self.analysis}, {self.stratum}"

    @property
    def before(self) -> str:
        """As it prints: ``5.32 (1.64 to 7.82)``."""
        return in_words(self.quantity, self.was)

    @property
    def after(self) -> str:
        """As it prints."""
        return in_words(self.quantity, self.now)

    @property
    def counts(self) -> str:
        """Events and patients: ``36/40``, or ``36/40 -> 37/41``."""
        before, after = counts_in_words(self.was), counts_in_words(self.now)
        return before if before == after else f"{before} -> {after}"

    @property
    def prints_alike(self) -> bool:
        """Whether only digits that aren't printed moved."""
        return self.before == self.after and counts_in_words(self.was) == counts_in_words(self.now)


@dataclass(frozen=True)
class Figures:
    """Every figure that moved, in the protocol's order; ``total`` counts those that didn't as well."""

    moved: tuple[Figure, ...]
    total: int

    @property
    def printed(self) -> list[Figure]:
        """Those that print differently."""
        return [figure for figure in self.moved if not figure.prints_alike]


def read_figures(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], Numbers]:
    """Every figure of a release by analysis, stratum and quantity, in the order of the results, which is the protocol's."""
    rows = connection.execute(
        "select analysis, stratum, quantity, estimate, ci_lower, ci_upper, p_value, n, events from published.statistics order by rowid"
    ).fetchall()
    return {(row[0], row[1], row[2]): row[3:] for row in rows}


def compare_figures(before: Mapping[tuple[str, str, str], Numbers], after: Mapping[tuple[str, str, str], Numbers]) -> Figures:
    """Exact values are compared, a figure of one release alone too."""
    names = list(dict.fromkeys([*after, *before]))
    moved = (Figure(*name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name))
    return Figures(moved=tuple(moved), total=len(names))


def in_words(quantity: str, numbers: Numbers | None) -> str:
    """A figure with its limits and P, three digits that matter; a number that isn't there as the word for why."""
    if numbers is None:
        return ABSENT
    estimate, lower, upper, p, n, _ = numbers
    # a median that isn't there though there are patients is not reached; any other number that isn't there can't be estimated
    open_end = NOT_REACHED if quantity.startswith("median_") and n else NOT_ESTIMABLE
    parts = []
    if estimate is not None or p is None:
        has_limits = lower is not None or upper is not None
        limits = f" ({short(lower, NOT_ESTIMABLE)} to {short(upper, open_end)})" if has_limits else ""
        parts.append(short(estimate, open_end) + limits)
    if p is not None:
        parts.append(f"P {'<0.001' if p < SMALL_P else short(p, '')}")
    return ", ".join(parts)


def counts_in_words(numbers: Numbers | None) -> str:
    """``36/40`` events of patients, or the patients alone."""
    if numbers is None or numbers[4] is None:
        return ABSENT
    n, events = numbers[4:]
    return f"{n:,}" if events is None else f"{events:,}/{n:,}"


def short(value: float | None, missing: str) -> str:
    """A number with three significant digits, whole numbers whole, or the word for a missing one."""
    if value is None:
        return missing
    if float(value).is_integer():
        return f"{value:,.0f}"
    text = f"{value:#.3g}"
    return f"{value:,.0f}" if "e+" in text else text.rstrip(".")
