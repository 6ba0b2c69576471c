"""What the data engineer's commands share: the work database to read, and files with patients' values to hand over."""

from __future__ import annotations

import csv
import os
import unicodedata
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from analysis.csv_tables import guarded
from pipeline.database import connect
from pipeline.errors import UsageError, WarehouseError
from pipeline.paths import Warehouse
from pipeline.settings import Settings

Row = dict[str, Any]
FETCHED_ROWS = 10_000


@contextmanager
def work_database(settings: Settings) -> Generator[duckdb.DuckDBPyConnection]:
    """The work database, read only. Raises UsageError where there is none yet, WarehouseError where it can't be read."""
    path = Warehouse(settings.warehouse).database
    if not path.is_file():
        todo = "run `make` or `make refresh EXPORTS=dir` first"
        raise UsageError("there is no work database yet", where=str(settings.warehouse), todo=todo)
    try:
        with connect(path, settings.warehouse_key, read_only=True) as connection:
            yield connection
    except duckdb.IOException as error:
        raise WarehouseError(
            "the work database can't be opened: a refresh is writing to it, or it is damaged",
            where=str(path),
            todo="wait for a running refresh to end, then run the command again",
        ) from error
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise WarehouseError(
            "the work database lacks what this version derives: its last refresh broke off, or was of another version",
            where=str(path),
            todo="run the refresh again",
        ) from error


def each(connection: duckdb.DuckDBPyConnection, sql: str, **values: object) -> Iterator[Row]:
    """The rows of a query one after the other, a dict each; its parameters are ``$name``."""
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(FETCHED_ROWS):
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def query(connection: duckdb.DuckDBPyConnection, sql: str, **values: object) -> list[Row]:
    """All rows of a query that gives few; otherwise as `each`."""
    return list(each(connection, sql, **values))


def handover_folder(settings: Settings, environment: Mapping[str, str]) -> Path | None:
    """The folder that $OUT names, None where it isn't set.

    Raises UsageError for a file, and for a folder in which patients' values must not lie.
    """
    given = environment.get("OUT", "").strip()
    if not given:
        return None
    folder = Path(given).expanduser().resolve()
    warehouse = Warehouse(settings.warehouse)
    refused = {settings.project: "the project", warehouse.releases: "the releases", warehouse.current: "the releases"}
    if settings.exports:
        refused[settings.exports] = "the exports"
    for place, name in refused.items():
        if folder.is_relative_to(place.resolve()):
            raise UsageError(
                f"OUT lies in the folder of {name}, where patients' values must not be",
                where=str(folder),
                todo="give a folder outside of it that only you can read",
            )
    if folder.exists() and not folder.is_dir():
        raise UsageError("OUT is not a folder", where=str(folder), todo="give a folder, it is made if it isn't there")
    return folder


def write_private_csv(folder: Path, name: str, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Path:
    """A CSV file that its owner alone can read and that a spreadsheet opens safely; gives its path.

    Raises UsageError where the folder can't be written to.
    """
    path = folder / name
    part = folder / f".{name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.unlink(missing_ok=True)
        # without the byte order mark a spreadsheet takes Chinese for another encoding
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([safe_cell(row.get(column)) for column in columns] for row in rows)
        part.replace(path)
    except OSError as error:
        todo = "give a folder that you can write to"
        raise UsageError(f"OUT can't be written to ({error.strerror})", where=str(folder), todo=todo) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return path


def safe_cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula, also not by a full-width sign or behind blanks."""
    if not isinstance(value, str):
        return guarded(value)
    plain = unicodedata.normalize("NFKC", value)
    is_formula = guarded(plain) != plain or guarded(plain.lstrip()) != plain.lstrip()
    return f"'{value}" if is_formula else value
