"""Whether a release is as it was published: every file of it, by its size or by its checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

RELEASE_FILE = "release.json"


def checksum_of_file(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inventory(folder: Path) -> list[dict[str, Any]]:
    """Every file of a release but the one that will name them: its path, bytes and SHA-256."""
    return [
        {"path": name, "bytes": (folder / name).stat().st_size, "sha256": checksum_of_file(folder / name)}
        for name in _names(folder)
        if name != RELEASE_FILE
    ]


def damage(folder: Path, facts: Mapping[str, Any], *, is_thorough: bool = False) -> list[str]:
    """What is wrong with a release's files, in words; empty if nothing is.

    By existence and size; thoroughly, also by checksum, and by what doesn't belong there. Releases that were made before
    their files were listed are only asked for their database.
    """
    files = facts.get("files")
    if not isinstance(files, list):
        return [] if (folder / "cohort.duckdb").is_file() else ["cohort.duckdb is missing"]
    found = [problem for file in files if (problem := _problem(folder, file, is_thorough=is_thorough))]
    if is_thorough:
        known = {RELEASE_FILE, *(file["path"] for file in files)}
        found += [f"{name} is not a file of it" for name in _names(folder) if name not in known]
    return found


def _problem(folder: Path, file: Mapping[str, Any], *, is_thorough: bool) -> str:
    path = folder / file["path"]
    if not path.is_file():
        return f"{file['path']} is missing"
    size = path.stat().st_size
    if size != file["bytes"]:
        return f"{file['path']} has {size:,} bytes instead of {file['bytes']:,}"
    if is_thorough and checksum_of_file(path) != file["sha256"]:
        return f"{file['path']} was changed (its SHA-256 differs)"
    return ""


def _names(folder: Path) -> Iterator[str]:
    yield from sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
