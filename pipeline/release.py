"""Releases: built elsewhere, then one atomic step."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipeline.errors import WarehouseError
from pipeline.paths import Warehouse

BUILDING = ".building-"
DATABASE = "cohort.duckdb"
RELEASE = "release.json"
RESULTS = "results"
DATA_DOCS = "data_docs"


@dataclass(frozen=True)
class Release:
    """A published release."""

    id: str
    folder: Path
    facts: dict[str, Any]

    @property
    def database(self) -> Path:
        """The database that analysts query."""
        return self.folder / DATABASE

    @property
    def results(self) -> Path:
        """Results and the report."""
        return self.folder / RESULTS

    def read_results(self) -> dict[str, Any]:
        """results.json of the release."""
        return json.loads((self.results / "results.json").read_text(encoding="utf-8"))


def current(warehouse: Warehouse) -> Release | None:
    """The release that readers see, or None before the first.

    Raises WarehouseError when the link leads nowhere or its release.json can't be read.
    """
    if not warehouse.current.is_symlink():
        return None
    folder = warehouse.current.resolve()
    try:
        facts = json.loads((folder / RELEASE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WarehouseError(
            "the current release is damaged: its release.json can't be read",
            where=str(warehouse.current),
            todo="point the link `current` at another folder of `releases`, then run the refresh again",
        ) from error
    return Release(facts["release_id"], folder, facts)


def new_id(created: datetime, fingerprint: str) -> str:
    """An id that sorts by time and tells two releases of one second apart."""
    return f"{created.astimezone(UTC):%Y%m%dT%H%M%SZ}-{fingerprint[:8]}"


def start(warehouse: Warehouse, release_id: str) -> Path:
    """An empty folder in which the release is built; what a killed run left behind is removed."""
    warehouse.releases.mkdir(parents=True, exist_ok=True)
    for left_over in warehouse.releases.glob(f"{BUILDING}*"):
        shutil.rmtree(left_over)
    folder = warehouse.releases / f"{BUILDING}{release_id}"
    folder.mkdir()
    return folder


def copy_published(work_database: Path, database: Path, dictionary: Iterable[tuple[str | None, ...]]) -> None:
    """A new database with the schema ``published`` of the work database, every table in the order of its rows' values.

    Only whole tables go over, so nothing of the work area is left in the file's free space.
    """
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"attach '{_quoted(work_database)}' as work (read_only)")
        connection.execute("create schema published")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'work' and schema_name = 'published' order by table_name"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f'create table published."{table}" as select * from work.published."{table}" order by all asc nulls last')
        connection.execute("detach work")
        connection.execute(
            "create table published.data_dictionary "
            "(view_name varchar, column_name varchar, type varchar, unit varchar, description varchar, source_rule varchar)"
        )
        connection.executemany("insert into published.data_dictionary values (?, ?, ?, ?, ?, ?)", list(dictionary))


def checksum_of_views(database: Path) -> str:
    """SHA-256 over every row of every published table, in order: two releases with the same data have the same."""
    digest = hashlib.sha256()
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'published' order by table_name").fetchall()
        for (table,) in tables:
            rows = connection.execute(f'select * from published."{table}" order by all asc nulls last')
            digest.update(f"{table}\x1e".encode())
            while batch := rows.fetchmany(10_000):
                digest.update("\x1e".join("\x1f".join(map(repr, row)) for row in batch).encode())
    return digest.hexdigest()


def publish(warehouse: Warehouse, folder: Path, release_id: str, facts: dict[str, Any], kept: int) -> Release:
    """Name the built folder, then let ``current`` point at it in one step; older releases than the last ``kept`` go."""
    (folder / RELEASE).write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _sync(folder)
    final = warehouse.releases / release_id
    folder.rename(final)
    link = warehouse.root / f".current-{release_id}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases") / release_id)
    os.replace(link, warehouse.current)
    _sync_folder(warehouse.root)
    _prune(warehouse, kept)
    return Release(release_id, final, facts)


def _prune(warehouse: Warehouse, kept: int) -> None:
    """Remove all but the newest releases; the one that readers see always stays."""
    seen = warehouse.current.resolve().name
    releases = sorted(folder.name for folder in warehouse.releases.iterdir() if not folder.name.startswith("."))
    for name in releases[:-kept]:
        if name != seen:
            shutil.rmtree(warehouse.releases / name)


def _sync(folder: Path) -> None:
    """Everything below the folder is on the disk before the link says that it is there."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        elif path.is_dir():
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
