"""A full disk and a lack of memory, told as such wherever they show.

They show as many things: an error of the operating system, of DuckDB, of Arrow, or the text of a failed model or check. Every
one of them ends in the same plain words, and never in blame of a batch or a model.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from typing import Literal

from pipeline.errors import WarehouseError

Shortage = Literal["disk", "memory"]

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MEMORY = frozenset({errno.ENOMEM})
# libraries hand on the operating system's words, not its numbers
_WORDS: tuple[tuple[Shortage, re.Pattern[str]], ...] = (
    (
        "disk",
        re.compile(
            r"No space left on device|Disk quota exceeded|File too large|max_temp_directory_size|Could not write all bytes"
            r"|No usable temporary directory"
        ),
    ),
    ("memory", re.compile(r"Out of Memory|OutOfMemory|Cannot allocate memory|MemoryError|bad[ _]alloc|can't start new thread")),
)
_SAID: dict[Shortage, tuple[str, str]] = {
    "disk": ("the disk is full", "free some space there, or in /tmp, where temporary files go; then run the command again"),
    "memory": (
        "the machine ran out of memory",
        "end other programs, or run with THREADS=1 or on a machine with more memory",
    ),
}


def of_error(error: BaseException) -> Shortage | None:
    """What an exception, or one of those that led to it, lacked."""
    return next((found for link in _chain(error) if (found := _of_one(link))), None)


def of_text(text: str) -> Shortage | None:
    """What a library's message says was lacking."""
    return next((shortage for shortage, words in _WORDS if words.search(text)), None)


def error_of(shortage: Shortage, where: str) -> WarehouseError:
    """The error that says it; ``where`` is a folder of the warehouse."""
    what, todo = _SAID[shortage]
    return WarehouseError(what, where=where, todo=todo)


def _of_one(error: BaseException) -> Shortage | None:
    import duckdb

    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return of_text(str(error)) or "memory"
    if isinstance(error, OSError) and error.errno in _DISK:
        return "disk"
    if isinstance(error, OSError) and error.errno in _MEMORY:
        return "memory"
    # an OSError without a number is Arrow's, or shutil's list of several
    if isinstance(error, duckdb.Error | RuntimeError | OSError):
        return of_text(str(error))
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it was raised from or while handling, also where a clearer one took its place (``from None``)."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
