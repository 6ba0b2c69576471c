"""What the sections of a trace share: how they read and how they write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
from rich.table import Table

from pipeline.work_area import query

WIDTH = 100


@dataclass(frozen=True)
class Part:
    """A section: its title, and lines or tables below it."""

    title: str
    items: tuple[str | Table, ...]


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    """Whether the database has this table or view."""
    sql = "select 1 from information_schema.tables where table_schema = $schema and table_name = $name"
    return bool(query(connection, sql, schema=schema, name=name))


def grid(*headings: str, right: Sequence[str] = ()) -> Table:
    """A table without lines whose cells fold; the headings in ``right`` stand right."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in headings:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def known(value: object) -> str:
    """The value as a person reads it; a missing one is said."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
