"""Records of a delivered Parquet file, its typed columns as text."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import Problem
from pipeline.landing.delivered import FileProblem
from pipeline.landing.records import MOST_COLUMNS, Chunk, Header

BATCH_ROWS = 1 << 16

_DAMAGED = Problem("is not a readable Parquet file (damaged or cut short)", todo="deliver the file again")


class ParquetRecords:
    """The header and the records of a Parquet file; a record's line is its number, from 1.

    Values become text as a CSV export would write them: days and times in ISO form (a time with a zone as that zone's
    clock shows it), whole numbers without a fraction, true and false, and nothing for null and NaN.
    """

    def __init__(self, file: Path | IO[bytes]) -> None:
        try:
            self._file = pq.ParquetFile(file, memory_map=False, page_checksum_verification=True)
        except MemoryError:
            raise
        except (pa.ArrowException, OSError):
            raise FileProblem(_DAMAGED) from None

    def __enter__(self) -> ParquetRecords:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read_header(self) -> Header:
        """The names of the columns. Raises FileProblem for more than any table has."""
        names = tuple(self._file.schema_arrow.names)
        if len(names) > MOST_COLUMNS:
            raise FileProblem(Problem(f"has more than {MOST_COLUMNS:,} columns", todo="deliver a column a field"))
        return Header(names, 0)

    def chunks(self, positions: Sequence[int]) -> Iterator[Chunk]:
        """All records, of them the columns at ``positions``. Raises FileProblem for damaged data."""
        first = 1
        batches = self._file.iter_batches(batch_size=BATCH_ROWS, use_threads=False)
        while (batch := _next_batch(batches)) is not None:
            lines = np.arange(first, first + batch.num_rows, dtype=np.int64)
            yield Chunk({position: _column(batch, position) for position in positions}, lines)
            first += batch.num_rows


def _column(batch: pa.RecordBatch, position: int) -> pa.Array:
    try:
        return text_column(batch.column(position))
    except FileProblem as error:
        # By its number: the name of a column of no contract may be anything.
        raise FileProblem(error.problem.at(column=str(position + 1))) from None


def _next_batch(batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    try:
        return next(batches, None)
    except MemoryError:
        raise  # Arrow's is an ArrowException too, and says nothing of the file
    except (pa.ArrowException, OSError):
        raise FileProblem(_DAMAGED) from None


def text_column(column: pa.Array) -> pa.Array:
    """``column`` as text without nulls. Raises FileProblem where a value is no text (wrong encoding, NUL)."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    try:
        column.validate(full=True)
        texts = _as_text(column).fill_null("")
    except MemoryError:
        raise
    except (pa.ArrowException, UnicodeError, ValueError, OverflowError):
        raise FileProblem(Problem("holds values that can't be read as text", todo="write its columns as UTF-8 text")) from None
    if pc.any(pc.match_substring(texts, "\0")).as_py():
        raise FileProblem(Problem("holds NUL characters", todo="take them out of the texts"))
    return texts


def _as_text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_date32(kind):
        return column.cast(pa.string())
    if pa.types.is_nested(kind):
        return pa.array([_text(value) for value in column.to_pylist()], pa.string())
    encoded = column if pa.types.is_dictionary(kind) else column.dictionary_encode()
    values = [_text(value) for value in _exact_values(encoded.dictionary)]
    return pa.array(values, pa.string()).take(encoded.indices)


def _exact_values(values: pa.Array) -> list[object]:
    """Python values that lose nothing: nanoseconds have no Python type, and a 32-bit float prints shorter as such."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        clock = values if kind.tz is None else pc.local_timestamp(values)
        return [_clock(text) for text in clock.cast(pa.string()).to_pylist()]
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return [None if value is None else float(str(np.float32(value))) for value in values.to_pylist()]
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return values.cast(pa.string() if pa.types.is_time(kind) else pa.int64()).to_pylist()
    return values.to_pylist()


def _clock(text: str | None) -> str | None:
    """An Arrow timestamp's text without the fraction where that is zero."""
    return text.rstrip("0").rstrip(".") if text and "." in text else text


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value != value:
            return ""
        case float() if value.is_integer() and abs(value) < 1e16:
            return str(int(value))
        case Decimal() if value.is_finite():
            return format(value.to_integral_value() if value == value.to_integral_value() else value, "f")
        case bytes():
            return value.decode()
        case dt.date() | dt.time():
            return value.isoformat()
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)
