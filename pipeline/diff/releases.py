"""Which two releases are compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import UsageError, WarehouseError
from pipeline.paths import Warehouse
from pipeline.release import RELEASE, Release, current


@dataclass(frozen=True)
class Pair:
    """The release that a comparison starts from, the one that it goes to, and the results of both."""

    before: Release
    after: Release
    results_before: dict[str, Any]
    results_after: dict[str, Any]


def chosen(warehouse: Warehouse, environment: Mapping[str, str]) -> Pair:
    """The releases that $FROM and $TO name; without them the current release and the one before it.

    Raises UsageError for an id that is none or more than one, and where there is nothing to compare; WarehouseError for a damaged release.
    """
    wanted_after, wanted_before = (environment.get(name, "").strip() for name in ("TO", "FROM"))
    after = find(warehouse, wanted_after, "TO") if wanted_after else current(warehouse)
    if after is None:
        raise UsageError("there is no release yet", where=str(warehouse.root), todo="run `make` or `make refresh EXPORTS=dir` first")
    if not wanted_before:
        wanted_before = after.facts.get("previous_release") or ""
        if not wanted_before:
            raise UsageError(f"no release came before {after.id}", where="FROM", todo=_choose("FROM", known_ids(warehouse)))
    before = find(warehouse, wanted_before, "FROM")
    return Pair(before, after, _results(before), _results(after))


def known_ids(warehouse: Warehouse) -> list[str]:
    """The ids of the releases that are kept, the oldest first."""
    if not warehouse.releases.is_dir():
        return []
    return sorted(folder.name for folder in warehouse.releases.iterdir() if folder.is_dir() and not folder.name.startswith("."))


def find(warehouse: Warehouse, wanted: str, setting: str) -> Release:
    """The release whose id is, or alone begins with, ``wanted``. Raises UsageError that lists what there is."""
    known = known_ids(warehouse)
    matching = [wanted] if wanted in known else [name for name in known if name.startswith(wanted)]
    if len(matching) != 1:
        what = f"{wanted} begins more than one release" if matching else f"there is no release {wanted}"
        raise UsageError(what, where=setting, todo=_choose(setting, matching or known))
    folder = warehouse.releases / matching[0]
    try:
        facts = json.loads((folder / RELEASE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(RELEASE, str(folder)) from error
    return Release(matching[0], folder, facts)


def _choose(setting: str, names: list[str]) -> str:
    return f"set {setting} to one of: {', '.join(names)}" if names else "run a refresh first"


def _results(release: Release) -> dict[str, Any]:
    try:
        return release.read_results()
    except (OSError, ValueError) as error:
        raise _damaged("results.json", str(release.folder)) from error


def _damaged(name: str, where: str) -> WarehouseError:
    return WarehouseError(f"a release is damaged: its {name} can't be read", where=where, todo="compare other releases: FROM=... TO=...")
