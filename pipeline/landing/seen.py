"""Which delivered files were read before and haven't changed since, so that known batches needn't be read again at every refresh."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

FILE = "seen.json"
Stamp = list[int]


def stamp(path: Path) -> Stamp | None:
    """What no write to a file leaves as it was: the system sets the time of the last change, whatever a program pretends."""
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


class Seen:
    """The stamps of delivered files whose checksum was found to be the landed one, kept in ``work``."""

    def __init__(self, work: Path, *, is_trusted: bool) -> None:
        """``is_trusted`` False: every file is read again, and its stamp kept for the next time."""
        self._path = work / FILE
        self._before: dict[str, Stamp] = {}
        self._now: dict[str, Stamp] = {}
        if is_trusted:
            # a lost or damaged file costs a reading, nothing else
            with suppress(OSError, ValueError, AttributeError):
                self._before = dict(json.loads(self._path.read_text(encoding="utf-8")).items())

    def is_unchanged(self, checksum: str, path: Path) -> bool:
        """Whether the file was read as part of the batch with this checksum and is still the same file."""
        found = stamp(path)
        return found is not None and found == self._before.get(_name(checksum, path))

    def put(self, checksum: str, path: Path, read_as: Stamp | None) -> None:
        """The file, with the stamp that it had before it was read, holds what the batch's checksum says."""
        if read_as is not None:
            self._now[_name(checksum, path)] = read_as

    def keep(self) -> None:
        """Write the stamps down, in one step."""
        beside = self._path.with_name(f".{FILE}")
        with suppress(OSError):
            beside.write_text(json.dumps(self._before | self._now), encoding="utf-8")
            os.replace(beside, self._path)


def _name(checksum: str, path: Path) -> str:
    return f"{checksum} {path.resolve()}"
