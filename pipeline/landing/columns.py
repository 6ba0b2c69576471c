"""Which delivered column is which column of the contract."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import Problem
from pipeline.landing.declaration import IS_DELETED, Table

_OTHER_DELIMITERS = (";", "\t", "|")
_NEAR = 0.75


@dataclass(frozen=True)
class ColumnPlan:
    """Where a file's columns go: position by contract column, position by unknown name, and the columns that it lacks.

    ``missing`` are the required columns that a delta file of tombstones may lack; every other fault is a problem.
    """

    contract: dict[str, int]
    unknown: dict[str, int]
    missing: tuple[str, ...]

    @property
    def positions(self) -> tuple[int, ...]:
        return (*self.contract.values(), *self.unknown.values())


def plan_columns(
    table: Table, names: Sequence[str], *, line: int | None, is_delta: bool, keeps_unknown: bool
) -> tuple[ColumnPlan, list[Problem]]:
    """Finds the contract's columns among delivered ``names`` (any letter case, surrounding blanks) and what is wrong with them.

    The names themselves never get into a message: in a file without a header they would be a patient's values.
    """
    own = {_folded(column): column for column in table.column_names}
    contract: dict[str, int] = {}
    unknown: dict[str, int] = {}
    problems: list[Problem] = []
    for position, name in enumerate(names):
        column = own.get(_folded(name))
        if column is not None:
            if column in contract:
                what = f"gives this column twice (columns {contract[column] + 1} and {position + 1})"
                problems.append(Problem(what, line=line, column=column, todo="deliver each column once"))
            contract.setdefault(column, position)
            continue
        # An unnamed column (a delimiter at the end of each line) is known by its number.
        label = name.strip() or f"#{position + 1}"
        if label in unknown:
            what = f"has the same name for columns {unknown[label] + 1} and {position + 1}"
            problems.append(Problem(what, line=line, todo="give every column a name of its own"))
        unknown.setdefault(label, position)

    missing = tuple(column for column in table.required if column not in contract)
    may_be_tombstones = is_delta and IS_DELETED in contract and not set(table.key) & set(missing)
    if missing and not may_be_tombstones:
        hints = {column: _hint(column, names, contract) for column in missing}
        problems = [*missing_columns(missing, line=line, hints=hints), *problems]
    return ColumnPlan(contract, unknown if keeps_unknown else {}, missing if may_be_tombstones else ()), problems


def missing_columns(columns: Sequence[str], *, line: int | None, hints: Mapping[str, str] | None = None) -> list[Problem]:
    """A problem for each required column that a file lacks."""
    return [
        Problem("lacks a required column", line=line, column=column, todo="deliver the column" + (hints or {}).get(column, ""))
        for column in columns
    ]


def _hint(column: str, names: Sequence[str], contract: Mapping[str, int]) -> str:
    """What may have become of a column, without the delivered names: by their number."""
    if len(names) == 1 and any(delimiter in names[0] for delimiter in _OTHER_DELIMITERS):
        return "; are the fields separated by the right character?"
    if not contract:
        return "; does the file have a header line?"
    taken = set(contract.values())
    others = {_bare(name): position for position, name in enumerate(names) if position not in taken}
    near = difflib.get_close_matches(_bare(column), others, n=1, cutoff=_NEAR)
    return f"; was it renamed? The name of column {others[near[0]] + 1} is much like it" if near else ""


def _bare(name: str) -> str:
    return "".join(letter for letter in _folded(name) if letter.isalnum())


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().lower()
