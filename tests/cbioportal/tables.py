"""Expected tables as text: a header, then a row a line, cells between bars; an empty cell is null."""

from __future__ import annotations

from pathlib import Path

from tests.derive import rows

ANCHOR = "date '2000-01-01'"

Table = list[tuple[str, ...]]


def table(text: str) -> Table:
    """The rows of an expected table, sorted, without its header."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return sorted(tuple(cell.strip() for cell in line.split("|")) for line in lines[1:])


def found(database: Path, query: str) -> Table:
    """The rows of a query as the same text."""
    return sorted(tuple("" if value is None else str(value) for value in row.values()) for row in rows(database, query))


def day(column: str) -> str:
    """SQL for the study's day of a date."""
    return f"{column} - {ANCHOR}"
