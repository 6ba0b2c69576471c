"""What ``batch.json``, or a folder's name, says of a batch.

A batch without ``batch.json`` is named by its folder, whose leading ISO day is its export time, and is a full one.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import Problem
from pipeline.landing.declaration import Source
from pipeline.landing.delivered import GB18030, UTF_8

BATCH_FILE = "batch.json"
MODES = ("full", "delta")
DATE_ORDERS = ("mdy", "dmy")
SYNTHETIC, REAL = "synthetic", "real"

_ENCODINGS = {"utf-8": UTF_8, "utf8": UTF_8, "utf-8-sig": UTF_8, "gb18030": GB18030}
_LEADING_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)", re.ASCII)
_LONGEST_ID = 200
_LARGEST_BATCH_FILE = 16 << 20
_LONGEST_FILE_NAME = 255
_MOST_ROWS = (1 << 63) - 1


@dataclass(frozen=True)
class Stated:
    """What ``batch.json`` states of a file: its number of records and its checksum (hex, lower case), each if it does."""

    rows: int | None = None
    sha256: str | None = None


def written_instant(exported_at: str) -> dt.datetime | None:
    """``exported_at`` in its own offset (UTC where it has none); None for an undated export. ValueError if it is no ISO time."""
    if not exported_at:
        return None
    written = dt.datetime.fromisoformat(exported_at.strip())
    return written if written.tzinfo else written.replace(tzinfo=dt.UTC)


def export_instant(exported_at: str) -> dt.datetime | None:
    """The instant of ``exported_at`` in UTC; None for an undated export. ValueError or OverflowError if it is no time."""
    written = written_instant(exported_at)
    return written and written.astimezone(dt.UTC)


def export_day(exported_at: str) -> dt.date | None:
    """The day of ``exported_at`` as written, in its own offset; None for an undated export."""
    written = written_instant(exported_at)
    return written and written.date()


@dataclass
class Head:
    """What ``batch.json``, or the folder's name, says of a batch."""

    batch_id: str = ""
    exported_at: str = ""
    mode: str = "full"
    encoding: str | None = None
    date_order: str | None = None
    data_kind: str = REAL
    stated: dict[str, Stated] = field(default_factory=dict)
    is_named_by_folder: bool = False


def read_head(folder: Path, source: Source, problems: list[Problem]) -> tuple[Head, bool]:
    """The batch's head and whether enough of it is known to look into the files."""
    path = folder / BATCH_FILE
    if not path.exists() and not path.is_symlink():
        return _head_of_folder(folder, source, problems)
    if leads_out(path, folder) or not path.is_file():
        problems.append(Problem("is no file of this folder", file=BATCH_FILE, todo="put the file itself into the batch folder"))
        return Head(), False
    try:
        content = _read_json(path)
    except _BadJson as error:
        problems.append(Problem(str(error), file=BATCH_FILE, line=error.line, todo="write it as a JSON object in UTF-8"))
        return Head(), False
    return _head_of_json(content, folder, source, problems)


def _head_of_folder(folder: Path, source: Source, problems: list[Problem]) -> tuple[Head, bool]:
    name = folder.name
    head = Head(batch_id=shown(name), is_named_by_folder=True)
    fault = _fault_of_id(name)
    if fault:
        problems.append(Problem(f"its folder's name {fault}", todo="rename the folder"))
        return head, False
    if not source.is_dated:
        return head, True
    day = leading_day(name)
    if day is None:
        todo = f"start the folder's name with the day of the export, as in 2023-01-15_full, or write a {BATCH_FILE}"
        problems.append(Problem(f"has neither a {BATCH_FILE} nor a day at the start of its name", todo=todo))
        return head, False
    head.exported_at = day.isoformat()
    return head, True


def leading_day(name: str) -> dt.date | None:
    """The ISO day that a folder's name starts with."""
    match = _LEADING_DAY.match(name)
    try:
        return match and dt.date(*map(int, match.groups()))
    except ValueError:
        return None


class _BadJson(Exception):
    def __init__(self, what: str, line: int | None = None) -> None:
        self.line = line
        super().__init__(what)


def _read_json(path: Path) -> Mapping[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise _BadJson("gives a key twice")
        return dict(pairs)

    try:
        if path.stat().st_size > _LARGEST_BATCH_FILE:
            raise _BadJson("is far too large for what it should say")
        content = json.loads(path.read_bytes().decode("utf-8-sig"), object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        # The parser's message names what it expected, never the text.
        raise _BadJson(f"is not valid JSON ({error.msg})", error.lineno) from None
    except UnicodeDecodeError:
        raise _BadJson("is not UTF-8 text") from None
    except RecursionError:
        raise _BadJson("is nested too deeply") from None
    except ValueError:
        raise _BadJson("holds a number of thousands of digits") from None
    except OSError as error:
        raise _BadJson(f"can't be read ({error.strerror})") from None
    if not isinstance(content, dict):
        raise _BadJson("is not a JSON object")
    return content


def _head_of_json(content: Mapping[str, Any], folder: Path, source: Source, problems: list[Problem]) -> tuple[Head, bool]:
    """Reads the known keys; unknown ones are none of our business. Undated sources may leave out all of them."""

    def wrong(what: str, todo: str) -> None:
        problems.append(Problem(what, file=BATCH_FILE, todo=todo))

    count = len(problems)
    head = Head(data_kind=REAL)
    batch_id = content.get("batch_id", None if source.is_dated else folder.name)
    fault = _fault_of_id(batch_id)
    if fault:
        wrong(f"batch_id {fault}", 'write  "batch_id": "2023-01-15_full"  or the like')
    else:
        head.batch_id = batch_id
    exported_at = content.get("exported_at", None if source.is_dated else "")
    try:
        if not isinstance(exported_at, str) or (source.is_dated and not exported_at.strip()):
            raise ValueError
        export_instant(exported_at)
        head.exported_at = exported_at
    except (ValueError, OverflowError):
        wrong("exported_at is not an ISO time", 'write  "exported_at": "2023-01-15T02:00:00+08:00"')
    head.mode = content.get("mode", None if source.is_dated else "full")
    if head.mode not in MODES:
        wrong("mode is neither full nor delta", 'write  "mode": "full"  or  "mode": "delta"')
    encoding = content.get("encoding")
    if encoding is not None:
        head.encoding = _ENCODINGS.get(encoding.strip().lower()) if isinstance(encoding, str) else None
        if head.encoding is None:
            wrong(
                "encoding is none that can be read",
                'write  "encoding": "utf-8"  or  "encoding": "gb18030"  (which includes GBK and GB2312)',
            )
    head.date_order = content.get("date_order")
    if head.date_order is not None and head.date_order not in DATE_ORDERS:
        wrong("date_order is neither mdy nor dmy", 'write  "date_order": "mdy"  (3/5/2021 is 5 March) or "dmy", or leave it out')
    data_kind = content.get("data") or REAL
    if data_kind not in (SYNTHETIC, REAL):
        wrong("data is neither synthetic nor real", 'write  "data": "synthetic"  for made-up patients, or leave it out')
    head.data_kind = str(data_kind)
    _read_stated(content.get("files"), head, problems)
    return head, len(problems) == count


def _read_stated(files: object, head: Head, problems: list[Problem]) -> None:
    if files is None:
        return
    example = 'write  "files": {"patients.csv": {"rows": 8123, "sha256": "..."}}'
    if not isinstance(files, dict):
        problems.append(Problem("files is not an object", file=BATCH_FILE, todo=example))
        return
    for name, stated in files.items():
        if not name or name in (".", "..") or "/" in name or "\\" in name or not name.isprintable():
            problems.append(Problem("files names something outside of the batch folder", file=BATCH_FILE, todo="give plain file names"))
            continue
        if len(name) > _LONGEST_FILE_NAME:
            problems.append(Problem("files has a name that is too long for a file", file=BATCH_FILE, todo="give plain file names"))
            continue
        stated = {} if stated is None else stated
        rows, digest = (stated.get("rows"), stated.get("sha256")) if isinstance(stated, dict) else (-1, None)
        if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or not 0 <= rows <= _MOST_ROWS):
            problems.append(Problem(f"rows of {name} is not a count", file=BATCH_FILE, todo=example))
            rows = None
        if digest is not None and not (isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest.strip().lower())):
            problems.append(Problem(f"sha256 of {name} is not 64 hexadecimal digits", file=BATCH_FILE, todo=example))
            digest = None
        head.stated[name] = Stated(rows, digest and digest.strip().lower())


def _fault_of_id(batch_id: object) -> str:
    """What makes a text unfit to name a batch; empty if nothing does."""
    if not isinstance(batch_id, str) or not batch_id.strip():
        return "is missing or no text"
    if batch_id != batch_id.strip() or not batch_id.isprintable():
        return "has surrounding blanks or control characters"
    if "/" in batch_id or "\\" in batch_id or batch_id in (".", ".."):
        return "looks like a path"
    return f"is longer than {_LONGEST_ID} characters" if len(batch_id) > _LONGEST_ID else ""


def leads_out(path: Path, folder: Path) -> bool:
    """Whether a link leads anywhere else than into ``folder``; one of a circle of links leads nowhere."""
    try:
        return path.is_symlink() and not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return True


def shown(name: str) -> str:
    """A file's or folder's name fit for one line of a message."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
