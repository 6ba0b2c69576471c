"""The landed batches as relations of the schema ``raw``, where dbt finds them as a source."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipeline.database import LANDED_KEY
from pipeline.errors import WarehouseError
from pipeline.landing.declaration import Table
from pipeline.landing.land import Landed, salt_for
from pipeline.landing.tables import TECHNICAL_COLUMNS
from pipeline.settings import Settings

SCHEMA = "raw"

_BATCHES = """
    batch_id varchar, exported_at varchar, exported_instant timestamp, export_day date, mode varchar, date_order varchar,
    checksum varchar, batch_rank integer
"""
_BATCH_FILES = "batch_id varchar, table_name varchar, file_name varchar, rows bigint, sha256 varchar"
_RUN_SETTINGS = "source varchar, data_kind varchar, pseudonym_salt varchar"


def register_raw(connection: duckdb.DuckDBPyConnection, settings: Settings, landed: Landed) -> None:
    """Makes the schema ``raw`` of the work database say what has landed.

    A view a table over the Parquet files of all batches (an empty one where nothing has landed), and the tables
    ``batches``, ``batch_files`` and ``run_settings``. Raises UsageError for real data without a salt, and WarehouseError
    where batches were landed by another version of the source's declaration, or where a landed file or the database is
    damaged.
    """
    salt = salt_for(settings, landed.batches)
    is_encrypted = settings.warehouse_key is not None
    selects = {table.identifier: _select(table, _files(settings, landed, table), is_encrypted) for table in landed.source.tables}
    try:
        connection.execute("begin transaction")
        connection.execute(f"create schema if not exists {SCHEMA}")
        for identifier, select in selects.items():
            connection.execute(f"create or replace view {SCHEMA}.{_quoted(identifier)} as {select}")
        _replace(connection, "batches", _BATCHES, _batch_rows(landed))
        _replace(connection, "batch_files", _BATCH_FILES, _file_rows(landed))
        _replace(connection, "run_settings", _RUN_SETTINGS, [(landed.source.name, landed.data_kind, salt)])
        connection.execute("commit")
    except duckdb.Error as error:
        with contextlib.suppress(duckdb.Error):
            connection.execute("rollback")
        # DuckDB's own words may quote what a file holds.
        what = f"The landed batches can't be registered ({type(error).__name__})"
        todo = "remove work.duckdb, which is rebuilt, and run again; if that fails too, work/raw as well"
        raise WarehouseError(what, where=str(settings.work), todo=todo) from None


def _files(settings: Settings, landed: Landed, table: Table) -> list[Path]:
    """The Parquet files of a table, the oldest export first."""
    found: list[Path] = []
    for batch in landed.batches:
        folder = settings.raw / batch.folder_name
        for file in batch.files:
            if file.table_name != table.name:
                continue
            if file.columns != table.column_names:
                what = f"Table {table.name} was landed with other columns than its declaration has now"
                todo = "remove this folder and run again with the batch in EXPORTS"
                raise WarehouseError(what, where=f"batch {batch.batch_id}, folder {folder}", todo=todo)
            found.append(folder / f"{table.name}.parquet")
    return found


def _select(table: Table, files: Sequence[Path], is_encrypted: bool) -> str:
    columns = (*table.column_names, *TECHNICAL_COLUMNS)
    if files:
        paths = ", ".join(_literal(_no_pattern(str(path))) for path in files)
        how = f", encryption_config = {{footer_key: '{LANDED_KEY}'}}" if is_encrypted else ""
        return f"select {', '.join(map(_quoted, columns))} from read_parquet([{paths}]{how})"
    typed = (f"null::{'bigint' if column == '_line' else 'varchar'} as {_quoted(column)}" for column in columns)
    return f"select {', '.join(typed)} where false"


def _replace(connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    connection.execute(f"create or replace table {SCHEMA}.{name} ({columns})")
    if rows:
        connection.executemany(f"insert into {SCHEMA}.{name} values ({', '.join('?' * len(rows[0]))})", rows)


def _batch_rows(landed: Landed) -> list[tuple[object, ...]]:
    return [
        (
            batch.batch_id,
            batch.exported_at or None,
            batch.instant and batch.instant.replace(tzinfo=None),
            batch.day,
            batch.mode,
            batch.date_order,
            batch.checksum,
            number,
        )
        for number, batch in enumerate(landed.batches, start=1)
    ]


def _file_rows(landed: Landed) -> list[tuple[object, ...]]:
    return [(batch.batch_id, file.table_name, file.file_name, file.rows, file.sha256) for batch in landed.batches for file in batch.files]


def _no_pattern(path: str) -> str:
    """A path in which DuckDB finds no pattern to expand."""
    return re.sub(r"([\[*?])", r"[\1]", path)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
