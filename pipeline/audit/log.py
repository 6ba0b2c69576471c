"""The log on disk: one line an event, only ever appended, and the head that names the last line.

Whoever appends holds the file's own lock, so that a refresh and an export never interleave. The head is written before a
line, saying what comes, and after it: whatever moment a kill chooses, what it leaves is told apart from a line that was
edited or deleted.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import shortage
from pipeline.audit.chain import Head, Line, Link, end_of, link_of, new_line, read_line
from pipeline.audit.seal import Secret
from pipeline.errors import PipelineError, WarehouseError
from pipeline.paths import Warehouse

PRIVATE = 0o600
REPAIR = "repair"


@dataclass(frozen=True)
class Log:
    """The log as it stands: its lines as read (None for one that isn't as written), its head (None for none), and half a line."""

    lines: tuple[Line, ...] = ()
    head: Head | None = None
    torn: bytes = b""

    @property
    def is_torn_by_a_kill(self) -> bool:
        """Whether the half line is what a killed run left, not what somebody cut."""
        return bool(self.torn) and self.head is not None and self.head.next is not None

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The lines that are as written."""
        return [line for line in self.lines if line is not None]


def read(warehouse: Warehouse) -> Log:
    """The log of the warehouse, empty where there is none. Raises WarehouseError where it can't be read."""
    try:
        with warehouse.audit_log.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            return _parsed(file.read(), _read_head(warehouse.audit_head))
    except FileNotFoundError:
        return Log(head=_read_head(warehouse.audit_head))
    except OSError as error:
        raise _unusable(error, warehouse, "read") from None


def append(warehouse: Warehouse, content: Mapping[str, Any], secret: Secret | None = None) -> str:
    """Add a line that says ``content`` and is on the disk when this returns; gives its hash.

    A damaged log takes the line too, so that nothing goes unrecorded, and stays found out. Raises WarehouseError where the
    log can't be written.
    """
    try:
        with _locked(warehouse.audit_log) as descriptor:
            data = warehouse.audit_log.read_bytes()
            log = _parsed(data, _read_head(warehouse.audit_head))
            end = _end(log)
            if log.torn:
                _close_torn_line(descriptor, len(data), log)
            for what in _repairs(log):
                repair = {**content, "event": REPAIR, "outcome": "done", "what": what, "release": None, "inputs": [], "checksum": None}
                end = _write(warehouse, descriptor, repair, end, secret)
            return _write(warehouse, descriptor, content, end, secret).hash
    except OSError as error:
        raise _unusable(error, warehouse, "written") from None


@contextmanager
def _locked(path: Path) -> Generator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _parsed(data: bytes, head: Head | None) -> Log:
    *complete, torn = data.split(b"\n")
    return Log(tuple(read_line(line) for line in complete), head, torn)


def _end(log: Log) -> Link:
    """What the next line follows. Where lines are missing this is the head, so that the gap stays to be seen."""
    if log.head is not None:
        return end_of(log.lines, log.head)
    return link_of(log.entries[-1]) if log.entries else Link()


def _repairs(log: Log) -> list[str]:
    """What a killed run, or a lost head, makes it necessary to say."""
    found = []
    if log.head is None and (log.lines or log.torn):
        found.append("the head of the log was missing or unreadable, and is written anew")
    if log.is_torn_by_a_kill:
        digest = hashlib.sha256(log.torn).hexdigest()
        found.append(f"half a line of a killed run was set aside ({len(log.torn)} bytes, SHA-256 {digest})")
    return found


def _close_torn_line(descriptor: int, size: int, log: Log) -> None:
    if log.is_torn_by_a_kill:
        os.ftruncate(descriptor, size - len(log.torn))
    else:
        # somebody's doing: it stays as evidence, on a line of its own
        _write_all(descriptor, b"\n")


def _write(warehouse: Warehouse, descriptor: int, content: Mapping[str, Any], end: Link, secret: Secret | None) -> Link:
    line, link = new_line(content, end, secret)
    _write_head(warehouse.audit_head, Head(end, link.hash))
    _write_all(descriptor, f"{line}\n".encode())
    os.fsync(descriptor)
    _write_head(warehouse.audit_head, Head(link))
    return link


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _read_head(path: Path) -> Head | None:
    try:
        content = json.loads(path.read_bytes())
        end, coming = Link(int(content["entries"]), str(content["hash"])), content["next"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return Head(end, None if coming is None else str(coming))


def _write_head(path: Path, head: Head) -> None:
    """Replaces it in one step, on the disk when this returns."""
    text = json.dumps({"entries": head.end.sequence, "hash": head.end.hash, "next": head.next}) + "\n"
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
    try:
        _write_all(descriptor, text.encode())
        os.fsync(descriptor)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    os.replace(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unusable(error: OSError, warehouse: Warehouse, done: str) -> PipelineError:
    lacking = shortage.of_error(error)
    if lacking:
        return shortage.error_of(lacking, str(warehouse.root))
    todo = "check the permissions of the folder and of its audit log"
    return WarehouseError(f"the audit log can't be {done} ({error.strerror})", where=str(warehouse.audit_log), todo=todo)
