"""`make rollback`: readers back to a release that is still there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline import audit, lock, provenance, release
from pipeline.errors import UsageError, WarehouseError
from pipeline.paths import Warehouse
from pipeline.settings import Settings
from pipeline.summary import terminal


def run(settings: Settings, environment: Mapping[str, str]) -> None:
    """Let readers see the release before the current one, or the one that $TO names, and say so."""
    target, left = roll_back(settings, environment.get("TO", "").strip())
    console = terminal()
    batches = target.facts.get("batches", [])
    console.print(
        f"Readers see release {target.id} now, of {target.facts.get('created_at', 'an unknown time')}; before it {left or 'none'}."
    )
    if batches:
        console.print(f"It holds {len(batches):,} {'batch' if len(batches) == 1 else 'batches'}, the last one {batches[-1]['batch_id']}.")
    console.print("What has landed since stays: the next refresh publishes a new release from all of it.")


def roll_back(settings: Settings, wanted: str = "") -> tuple[release.Release, str]:
    """Let readers see another release; gives it, and the name of the one that they saw.

    Every byte of it is verified first. Raises UsageError for a release that isn't there or is the current one, DamagedRelease
    for one that isn't as it was published.
    """
    warehouse = Warehouse(settings.warehouse, settings.warehouse_key)
    published = release.folders(warehouse)
    if not published:
        raise UsageError("there is no release yet", where=str(settings.warehouse), todo="run `make` or `make refresh EXPORTS=dir` first")
    warehouse.work.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock.exclusive(warehouse):
        release.check_link(warehouse)
        left = _seen(warehouse)
        target = _verified(warehouse, _chosen(warehouse, wanted, left) if wanted else _before(warehouse, left), left)
        log = audit.Trail(settings, provenance.code_version(), target.facts.get("protocol_sha256"))
        if current := _intact(warehouse):
            log.found(current)
        release.switch(warehouse, target)
        log.rolled_back(target, f"from {left or 'a link that led to no release'}")
    return target, left


def _seen(warehouse: Warehouse) -> str:
    """The name of the release that the link names, whether it is damaged, gone or well; empty where it names none."""
    if not warehouse.current.is_symlink():
        return ""
    named = warehouse.root / os.readlink(warehouse.current)
    return named.name if named.parent.resolve() == warehouse.releases.resolve() else ""


def _verified(warehouse: Warehouse, folder: Path, seen: str) -> release.Release:
    try:
        target = release.read(folder)
        release.verify(target)
    except release.DamagedRelease as error:
        others = [other.name for other in release.folders(warehouse) if other != folder]
        raise release.DamagedRelease(error.what, where=error.where, problems=error.problems, todo=_choice(others, seen)) from error
    return target


def _intact(warehouse: Warehouse) -> release.Release | None:
    """The release that readers see, None where it is damaged."""
    try:
        return release.current(warehouse)
    except release.DamagedRelease:
        return None


def _chosen(warehouse: Warehouse, wanted: str, seen: str) -> Path:
    names = [folder.name for folder in release.folders(warehouse)]
    if wanted not in names:
        raise UsageError(f"TO names a release that isn't there: {wanted}", where=str(warehouse.releases), todo=_choice(names, seen))
    if wanted == seen:
        raise UsageError(f"readers see release {wanted} already", where=str(warehouse.current), todo=_choice(names, seen))
    return warehouse.releases / wanted


def _before(warehouse: Warehouse, seen: str) -> Path:
    """The release that the current one names as previous, else the newest of those that are older than it."""
    names = [folder.name for folder in release.folders(warehouse)]
    current = _intact(warehouse)
    named = current.facts.get("previous_release") if current else None
    if named in names:
        return warehouse.releases / named
    if not seen:
        raise WarehouseError("nothing says which release readers saw", where=str(warehouse.current), todo=_choice(names, seen))
    older = [name for name in names if name < seen]
    if not older:
        raise UsageError(f"no release before {seen} is there any more", where=str(warehouse.releases), todo=_choice(names, seen))
    return warehouse.releases / older[-1]


def _choice(names: list[str], seen: str) -> str:
    others = [name for name in names if name != seen]
    return f"`make rollback TO=...` can go to {', '.join(others)}" if others else "there is no other release; run the refresh again"
