"""Releases: built elsewhere, then one atomic step."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipeline import integrity
from pipeline.database import attach, connect
from pipeline.errors import Problem, WarehouseError
from pipeline.paths import Warehouse

BUILDING = ".building-"
PUBLISHING = ".publishing-"
REMOVED = ".removed-"
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


class DamagedRelease(WarehouseError):
    """A release, or the link to the current one, isn't as it was published."""


def read(folder: Path) -> Release:
    """The release in a folder, its files there and of their sizes. Raises DamagedRelease."""
    try:
        facts = json.loads((folder / RELEASE).read_text(encoding="utf-8"))
        if facts["release_id"] != folder.name:
            raise ValueError
        found = integrity.damage(folder, facts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, "its release.json can't be read, or is of another release") from error
    if found:
        raise _damaged(folder, *found)
    return Release(folder.name, folder, facts)


def verify(release: Release) -> None:
    """Every byte of a release. Raises DamagedRelease that names what isn't as it was published."""
    if found := integrity.damage(release.folder, release.facts, is_thorough=True):
        raise _damaged(release.folder, *found)


def folders(warehouse: Warehouse) -> list[Path]:
    """The folders of the releases, the oldest first."""
    if not warehouse.releases.is_dir():
        return []
    return sorted(folder for folder in warehouse.releases.iterdir() if folder.is_dir() and not folder.name.startswith("."))


def check_link(warehouse: Warehouse) -> None:
    """Raises WarehouseError where something else stands in the place of the link `current`, so that no release could get readers."""
    if warehouse.current.exists() and not warehouse.current.is_symlink():
        raise WarehouseError(
            "`current` is not the link to a release that it should be",
            where=str(warehouse.current),
            todo="move it away; then `make rollback TO=release` or a refresh makes the link anew",
        )


def current_folder(warehouse: Warehouse) -> Path | None:
    """The folder that readers see, or None before the first release. Raises WarehouseError for a link that leads elsewhere."""
    check_link(warehouse)
    if not warehouse.current.is_symlink():
        return None
    try:
        folder = warehouse.current.resolve(strict=True)
        is_release = folder.is_dir() and folder.parent == warehouse.releases.resolve()
    except (OSError, RuntimeError):
        # Python has an error of its own for links in a circle
        is_release = False
    if not is_release:
        raise DamagedRelease(
            "the link `current` leads to no release",
            where=str(warehouse.current),
            todo="`make rollback TO=release` lets readers see another one, `make refresh` publishes a new one",
        )
    return folder


def current(warehouse: Warehouse) -> Release | None:
    """The release that readers see, or None before the first.

    Raises DamagedRelease when the link leads to no release, or to one whose files are missing or of another size.
    """
    folder = current_folder(warehouse)
    return read(folder) if folder else None


def _damaged(folder: Path, *found: str) -> DamagedRelease:
    return DamagedRelease(
        f"release {folder.name} is damaged",
        where=str(folder),
        problems=[Problem(what) for what in found],
        todo="`make rollback` lets readers go back to the release before it, `make refresh FULL=1` publishes a new one",
    )


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


def copy_published(work_database: Path, database: Path, dictionary: Iterable[tuple[str | None, ...]], key: str | None = None) -> None:
    """A new database with the schema ``published`` of the work database, every table in the order of its rows' values.

    Only whole tables go over, so nothing of the work area is left in the file's free space. ``key`` is that of both.
    """
    with connect(database, key) as connection:
        attach(connection, work_database, "work", key)
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


def checksums_of_views(database: Path, key: str | None = None) -> dict[str, str]:
    """SHA-256 over every row of each published table, in order: the same data have the same."""
    with connect(database, key, read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'published' order by table_name").fetchall()
        return {
            table: _checksum_of_rows(connection.execute(f'select * from published."{table}" order by all asc nulls last'))
            for (table,) in tables
        }


def _checksum_of_rows(rows: duckdb.DuckDBPyConnection) -> str:
    digest = hashlib.sha256("\x1f".join(column[0] for column in rows.description or ()).encode())
    while batch := rows.fetchmany(10_000):
        # a separator before every row, so that it doesn't matter where a batch ends
        digest.update("".join("\x1e" + "\x1f".join(map(repr, row)) for row in batch).encode())
    return digest.hexdigest()


def checksum_of_views(database: Path, key: str | None = None) -> str:
    """SHA-256 over all published tables: two releases with the same data have the same."""
    return combined(checksums_of_views(database, key))


def combined(views: Mapping[str, str]) -> str:
    """One checksum of those of all views."""
    return hashlib.sha256("\n".join(f"{view} {digest}" for view, digest in sorted(views.items())).encode()).hexdigest()


def publish(warehouse: Warehouse, folder: Path, release_id: str, facts: dict[str, Any], kept: int) -> Release:
    """Name the built folder, then let ``current`` point at it in one step; older releases than the last ``kept`` go.

    release.json gets the ``facts`` and every file with its checksum.
    """
    facts = {**facts, "files": integrity.inventory(folder)}
    (folder / RELEASE).write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _sync(folder)
    final = warehouse.releases / release_id
    # before the folder gets its name: after a kill in between this link says that the release never had readers
    link = warehouse.root / f"{PUBLISHING}{release_id}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases") / release_id)
    folder.rename(final)
    _sync_folder(warehouse.releases)
    os.replace(link, warehouse.current)
    _sync_folder(warehouse.root)
    _prune(warehouse, kept)
    return Release(release_id, final, facts)


def switch(warehouse: Warehouse, release: Release) -> None:
    """Let readers see a release that is there, in one step."""
    # not the name that marks a release without readers: after a kill in between only the link must go
    link = warehouse.root / f".current-{release.id}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases") / release.id)
    os.replace(link, warehouse.current)
    _sync_folder(warehouse.root)


def _prune(warehouse: Warehouse, kept: int) -> None:
    """Remove all but the newest releases; the one that readers see always stays."""
    seen = warehouse.current.resolve().name
    releases = sorted(folder.name for folder in warehouse.releases.iterdir() if not folder.name.startswith("."))
    for name in releases[:-kept]:
        if name != seen:
            # half a release must not stand there under its name
            going = warehouse.releases / f"{REMOVED}{name}"
            (warehouse.releases / name).rename(going)
            shutil.rmtree(going)


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
