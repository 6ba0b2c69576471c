"""One refresh at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from pipeline.errors import WarehouseError
from pipeline.paths import Warehouse


@contextmanager
def exclusive(warehouse: Warehouse) -> Generator[None]:
    """Hold the warehouse; the operating system lets go of it even after a kill.

    Raises WarehouseError that says who holds it.
    """
    path = warehouse.work / "lock"
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WarehouseError(
                f"another run holds this warehouse: {_holder(path.read_text(encoding='utf-8'))}",
                where=str(warehouse.root),
                todo="wait for it to end, then run the command again",
            ) from error
        file.truncate(0)
        file.write(json.dumps({"process": os.getpid(), "since": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}))
        file.flush()
        yield


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"process {int(holder['process'])}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        return "a process that has just begun"
