"""The exports read with the standard library, apart from how they were written."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pyarrow.parquet as pq

BATCHES = ("2023-05-15_full", "2023-06-15_delta", "2023-07-15_delta")
FULL, FIRST_DELTA, SECOND_DELTA = BATCHES


def text_of(path: Path) -> str:
    """A CSV file as text, its byte order mark kept."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode("gb18030" if path.parent.name == FIRST_DELTA else "utf-8")


def records(path: Path) -> list[dict[str, str]]:
    """The records of a file, the names of columns in lower case and without blanks around."""
    if path.suffix == ".parquet":
        return [{name.strip().lower(): value for name, value in row.items()} for row in pq.read_table(path).to_pylist()]
    rows = csv.reader(io.StringIO(text_of(path).removeprefix("\ufeff"), newline=""))
    header = [name.strip().lower() for name in next(rows)]
    return [dict(zip(header, row, strict=True)) for row in rows]


def table(out: Path, name: str, batch: str) -> list[dict[str, str]]:
    """The records of a table in a batch, none if the batch doesn't have it."""
    return [record for path in (out / batch).glob(f"{name}.*") for record in records(path)]


def column(out: Path, name: str, heading: str, batch: str | None = None) -> list[str]:
    """A column of a table in one batch or all, as delivered."""
    batches = [batch] if batch else BATCHES
    return [record[heading] for one in batches for record in table(out, name, one) if heading in record]
