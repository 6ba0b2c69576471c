"""Two readings of one protocol, compared row by row and column by column.

Compared are the published views cohort, eligibility, attrition, lines_of_therapy, reconciliation and quarantine_summary in every column
that the oracle's reading has, and the quarantine of the work area. The views endpoints, timeline, assessability and data_dictionary
have no second reading here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

KEYS: dict[str, tuple[str, ...]] = {
    "cohort": ("patient_key",),
    "eligibility": ("patient_key",),
    "attrition": ("step",),
    "lines_of_therapy": ("patient_key", "line_number"),
    "reconciliation": ("table_name",),
    "quarantine_summary": ("table_name", "rule"),
}
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Difference:
    """One value on which the readings differ. `column` is `(row)` where only one of them has the row at all."""

    view: str
    key: tuple[Any, ...]
    column: str
    expected: Any
    got: Any


def same(expected: Any, got: Any) -> bool:
    """Exactly equal, floats within 1e-9; null equals null alone, and a boolean equals no number."""
    if expected is None or got is None:
        return expected is None and got is None
    if isinstance(expected, bool) != isinstance(got, bool):
        return False
    if isinstance(expected, float) or isinstance(got, float):
        return math.isclose(expected, got, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return expected == got


def _read_view(connection: duckdb.DuckDBPyConnection, relation: str) -> list[dict[str, Any]]:
    result = connection.execute(f"select * from {relation}")
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _by_key(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(row[column] for column in columns), []).append(row)
    return found


def compare_rows(view: str, expected: list[dict[str, Any]], got: list[dict[str, Any]], key: tuple[str, ...]) -> list[Difference]:
    """The differences of one view; columns that only the warehouse has are not looked at."""
    differences = []
    wanted, found = _by_key(expected, key), _by_key(got, key)
    for one in sorted(wanted.keys() | found.keys(), key=str):
        ours, theirs = wanted.get(one, []), found.get(one, [])
        if len(ours) != len(theirs):
            differences.append(Difference(view, one, "(row)", f"{len(ours)} rows", f"{len(theirs)} rows"))
        for our, their in zip(ours, theirs, strict=False):
            for column, value in our.items():
                if column not in their:
                    differences.append(Difference(view, one, column, value, "(no such column)"))
                elif not same(value, their[column]):
                    differences.append(Difference(view, one, column, value, their[column]))
    return differences


def compare(oracle_result: dict[str, Any], duckdb_path: Path | str) -> list[Difference]:
    """Every difference between the oracle's result and the views of a warehouse file's schema `published`."""
    differences = []
    with duckdb.connect(str(duckdb_path), read_only=True) as connection:
        for view, key in KEYS.items():
            rows = _read_view(connection, f"published.{view}")
            differences += compare_rows(view, oracle_result[view], rows, key)
    return differences


def compare_quarantine(oracle_result: dict[str, Any], work_path: Path | str) -> list[Difference]:
    """The same row by row for the quarantine, from the work area's conformed tables: file, line, rule and column."""
    columns = 'batch_id as batch, file_name as file, line_number as line, table_name as "table", rule, column_name as "column"'
    with duckdb.connect(str(work_path), read_only=True) as connection:
        rows = _read_view(connection, f"(select {columns} from staging.conformed_quarantine)")
    return compare_rows("quarantine", oracle_result["quarantine"], rows, ("batch", "file", "line"))
