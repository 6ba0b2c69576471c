"""What a killed or failed run left behind, removed. The caller holds the warehouse's lock.

Whatever is unfinished has a name of its own until the one step that makes it count, so nothing here is guessed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from pipeline import database, release, shortage
from pipeline.errors import WarehouseError
from pipeline.landing.store import INCOMING
from pipeline.paths import Warehouse

_NOT_THE_FILE = re.compile(r"encrypt|Cannot open file|Permission denied", re.IGNORECASE)


@contextmanager
def none(warehouse: Warehouse, key: str | None = None) -> Generator[tuple[str, ...]]:
    """Nothing unfinished lies about within it (it gives the notes of `sweep`), nor after it where it ends in an error."""
    try:
        yield sweep(warehouse, key)
    except BaseException:
        for path in _unfinished(warehouse):
            # the error at hand is the one to tell; what stays is found by the next run
            with suppress(OSError):
                _remove(path)
        raise


def sweep(warehouse: Warehouse, key: str | None = None) -> tuple[str, ...]:
    """Remove it, and say in words what it was, a note each.

    A work database that can't be opened goes too, for all of it can be derived again. Raises WarehouseError where another
    program holds it.
    """
    found = tuple(dict.fromkeys(_unfinished(warehouse)))
    for path in found:
        _remove(path)
    notes = [f"removed what an unfinished run left: {', '.join(path.name for path in found)}"] if found else []
    if _is_damaged(warehouse.database, key):
        for path in (warehouse.database, _log_of(warehouse.database)):
            _remove(path)
        notes.append("the work database couldn't be opened: removed, everything is derived again")
    return tuple(notes)


def _unfinished(warehouse: Warehouse) -> Iterator[Path]:
    yield from _unpublished(warehouse)
    yield from sorted(warehouse.releases.glob(f"{release.BUILDING}*"))
    yield from sorted(warehouse.releases.glob(f"{release.REMOVED}*"))
    yield from sorted(warehouse.root.glob(".current-*"))
    yield from sorted(warehouse.raw.glob(f"{INCOMING}*"))
    yield from sorted(warehouse.work.glob(".rebuild-*"))
    yield from sorted(warehouse.work.glob(".seen.json"))
    if warehouse.touched.exists():
        yield warehouse.touched
    # what DuckDB spills from memory lies beside its database
    yield from sorted(warehouse.work.glob("*.duckdb.tmp"))
    if not warehouse.database.exists() and _log_of(warehouse.database).exists():
        yield _log_of(warehouse.database)


def _unpublished(warehouse: Warehouse) -> Iterator[Path]:
    """A release that got its name but not yet its readers, and the link that says so."""
    for link in sorted(warehouse.root.glob(f"{release.PUBLISHING}*")):
        folder = warehouse.releases / link.name.removeprefix(release.PUBLISHING)
        if folder.is_dir() and folder.resolve() != warehouse.current.resolve():
            yield folder
        yield link


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _is_damaged(path: Path, key: str | None) -> bool:
    """Whether DuckDB refuses the file. To ask is to open it for writing, which also settles what a killed run wrote last."""
    if not path.exists():
        return False
    try:
        database.connect(path, key).close()
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            todo = "close it there, then run the command again"
            raise WarehouseError("another program has the work database open", where=str(path), todo=todo) from None
        # neither the machine's lack of something nor a wrong key or permission is the file's fault
        if shortage.of_error(error) or _NOT_THE_FILE.search(str(error)):
            raise
        return True
    return False
