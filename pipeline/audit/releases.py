"""Releases against the log: each one's release.json is the one that was published, every file of it as it was, and so is `current`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import release
from pipeline.audit.record import seen_by_readers
from pipeline.errors import Problem, WarehouseError
from pipeline.integrity import checksum_of_file, damage
from pipeline.paths import Warehouse


def check_releases(warehouse: Warehouse, entries: Sequence[dict[str, Any]]) -> Iterator[Problem]:
    """What is wrong with the link `current` and with any release of the warehouse."""
    try:
        folder = release.current_folder(warehouse)
    except WarehouseError as error:
        yield Problem(error.what)
        seen = ""
    else:
        seen = folder.name if folder else ""
        recorded = seen_by_readers(entries)
        if recorded and seen != recorded:
            # after a kill right behind the step that moved the link, the next refresh records it
            what = f"readers see {seen or 'no release'}, the log says {recorded}: moved by hand, or by a run that was killed"
            yield Problem(what, file="current")
    hashes = {entry["hash"] for entry in entries}
    published = {entry["release"]: entry["checksum"] for entry in entries if entry["event"] == "publish"}
    for folder in release.folders(warehouse):
        yield from (
            Problem(what, file=f"releases/{folder.name}") for what in _check(folder, hashes, published, is_seen=folder.name == seen)
        )


def _check(folder: Path, hashes: set[str], published: Mapping[str, str], *, is_seen: bool) -> Iterator[str]:
    try:
        found = release.read(folder)
    except release.DamagedRelease as error:
        yield from (problem.what for problem in error.problems)
        return
    yield from damage(folder, found.facts, is_thorough=True)
    head = found.facts.get("audit_head")
    if head is not None and head not in hashes:
        yield "the log's line that its release.json names isn't in the log"
    if folder.name not in published:
        # the one that readers see may be of a run that was killed; one without a line's hash is older than the log
        if head is not None and not is_seen:
            yield "isn't in the log as published"
    elif published[folder.name] != checksum_of_file(folder / release.RELEASE):
        yield "its release.json isn't the one that was published"
