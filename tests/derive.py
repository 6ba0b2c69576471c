"""Runs the models on an export folder, without gate and release: what the tests of the rules need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipeline import landing, transform
from pipeline.paths import Warehouse
from pipeline.protocol import Protocol, load
from pipeline.settings import Settings

SALT = "salt of the tests"


def derive(
    exports: Path | Sequence[Path], folder: Path, *, protocol: Protocol | None = None, threads: int = 2, source: str = "hospital"
) -> Path:
    """Land the exports (several folders: one after the other) in a warehouse and build every model; gives the work database."""
    warehouse = Warehouse(folder)
    warehouse.work.mkdir(parents=True, exist_ok=True)
    for arrival in [exports] if isinstance(exports, Path) else exports:
        settings = Settings(exports=arrival, warehouse=folder, source=source, pseudonym_salt=SALT, threads=threads)
        landed = landing.land(settings)
    with duckdb.connect(str(warehouse.database)) as connection:
        landing.register_raw(connection, settings, landed)
    transform.build(warehouse, protocol or load(), source, threads)
    return warehouse.database


def rows(database: Path, query: str) -> list[dict[str, object]]:
    """The rows of a query, a dict each."""
    with duckdb.connect(str(database), read_only=True) as connection:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def published(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every published table, in the order of its values."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'published' order by table_name").fetchall()
        return {table: connection.execute(f'select * from published."{table}" order by all nulls last').fetchall() for (table,) in tables}
