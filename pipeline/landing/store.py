"""The landed batches on disk: ``work/raw/<checksum16>/`` with a Parquet file a table and ``landed.json``.

A batch's folder appears by one rename, complete or not at all. Whoever writes holds the warehouse's lock.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.errors import WarehouseError
from pipeline.landing.batches import Batch
from pipeline.landing.delivered import UTF_8
from pipeline.landing.head import export_day, export_instant
from pipeline.settings import Settings

MANIFEST = "landed.json"
INCOMING = ".incoming"
PRIVATE = 0o700

_FORMAT = 1
_FOLDER_DIGITS = 16


@dataclass(frozen=True)
class LandedFile:
    """A landed file: its table, the contract's columns at that time, its records and its checksum as delivered."""

    table_name: str
    file_name: str
    rows: int
    sha256: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class LandedBatch:
    """A landed batch, as its manifest keeps it; ``checksum`` (hex) is over everything that decides what was read."""

    source: str
    data_kind: str
    batch_id: str
    exported_at: str
    mode: str
    date_order: str | None
    encoding: str
    checksum: str
    files: tuple[LandedFile, ...]

    @property
    def instant(self) -> dt.datetime | None:
        """``exported_at`` in UTC; None where the source's exports carry no day."""
        return export_instant(self.exported_at)

    @property
    def day(self) -> dt.date | None:
        """The day of the export as written."""
        return export_day(self.exported_at)

    @property
    def table_names(self) -> frozenset[str]:
        return frozenset(file.table_name for file in self.files)

    @property
    def folder_name(self) -> str:
        return self.checksum[:_FOLDER_DIGITS]


def rank(batch: Batch | LandedBatch) -> tuple[dt.datetime, str]:
    """What batches are ordered by: the instant of the export, then the batch id."""
    return batch.instant or dt.datetime.min.replace(tzinfo=dt.UTC), batch.batch_id


def batch_checksum(batch: Batch, digests: Mapping[str, str]) -> str:
    """SHA-256, in hex, over the batch's head and its files' checksums. A batch that says nothing of its encoding says UTF-8."""
    head = (batch.batch_id, batch.exported_at, batch.mode, batch.date_order, batch.encoding or UTF_8, batch.data_kind)
    text = json.dumps([head, sorted(digests.items())], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def prepare(settings: Settings) -> None:
    """Makes the private work folder and clears what a killed run left. Raises WarehouseError if it can't."""
    try:
        settings.work.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        settings.work.chmod(PRIVATE)
        settings.raw.mkdir(exist_ok=True, mode=PRIVATE)
        for left_over in settings.raw.glob(f"{INCOMING}*"):
            shutil.rmtree(left_over)
    except OSError as error:
        todo = "check WAREHOUSE, its permissions and the free space"
        raise WarehouseError(f"The warehouse can't be written ({error.strerror})", where=str(settings.work), todo=todo) from None


def new_incoming(settings: Settings) -> Path:
    """An empty hidden folder beside the landed batches, on the same disk."""
    folder = settings.raw / f"{INCOMING}-{os.getpid()}"
    folder.mkdir(mode=PRIVATE)
    return folder


def read_batches(settings: Settings) -> tuple[LandedBatch, ...]:
    """The landed batches in their order. Raises WarehouseError for what is damaged or belongs to another source."""
    if not settings.raw.is_dir():
        return ()
    folders = sorted(folder for folder in settings.raw.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    batches = sorted((_read_manifest(folder) for folder in folders), key=rank)
    other = next((batch for batch in batches if batch.source != settings.source), None)
    if other is not None:
        todo = f"set SOURCE={other.source}, or WAREHOUSE to another folder: a warehouse holds one source"
        raise WarehouseError(f"The warehouse holds source {other.source}, not {settings.source}", where=str(settings.warehouse), todo=todo)
    return tuple(batches)


def _read_manifest(folder: Path) -> LandedBatch:
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if content.pop("format") != _FORMAT:
            raise ValueError
        files = tuple(_landed_file(**file) for file in content.pop("files"))
        batch = LandedBatch(**content, files=files)
        if batch.folder_name != folder.name or not all((folder / f"{name}.parquet").is_file() for name in batch.table_names):
            raise ValueError
        rank(batch)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        todo = "remove this folder and run again with the batch in EXPORTS"
        raise WarehouseError("A landed batch is damaged", where=str(folder), todo=todo) from None
    return batch


def _landed_file(table_name: str, file_name: str, rows: int, sha256: str, columns: list[str]) -> LandedFile:
    return LandedFile(table_name, file_name, rows, sha256, tuple(columns))


def move_into_place(settings: Settings, ready: Iterable[tuple[Path, LandedBatch]]) -> None:
    """Makes complete folders of new batches part of the warehouse, a rename each, the oldest export first.

    In that order a kill in between leaves a warehouse that could have been delivered so; the next run adds the rest.
    """
    try:
        for folder, batch in sorted(ready, key=lambda item: rank(item[1])):
            manifest = folder / MANIFEST
            manifest.write_text(json.dumps({"format": _FORMAT, **asdict(batch)}, ensure_ascii=False, indent=1), encoding="utf-8")
            for path in (*folder.iterdir(), folder):
                _sync(path)
            folder.rename(settings.raw / batch.folder_name)
            _sync(settings.raw)
    except OSError as error:
        todo = "check the permissions and the free space of the warehouse, then run again"
        raise WarehouseError(f"A batch can't be moved into place ({error.strerror})", where=str(settings.raw), todo=todo) from None


def forget(settings: Settings, batches: Iterable[LandedBatch]) -> None:
    """Takes batches out of the warehouse again, a rename each and then their files. The caller holds the lock."""
    for batch in batches:
        left = settings.raw / f"{INCOMING}-{batch.folder_name}"
        (settings.raw / batch.folder_name).rename(left)
        shutil.rmtree(left)


def _sync(path: Path) -> None:
    """Forces a file or a folder onto the disk, so that a rename can't outlive a power cut without what it names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
