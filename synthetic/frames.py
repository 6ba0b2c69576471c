"""Rows before they are written: one Arrow table for each table of the exports, dates and references still numbers.

Besides the contract's columns but its numbers of rows and patients, a frame has
`_row` (which row of this chunk it is; several versions of a row share it), `_patient` (number of the patient),
`_batch` (the export that delivers it; AUTO: by its date), `_stamp` (`updated_at` in seconds; AUTO, or NO_STAMP for none) and
`_deleted`. `biomarkers` has `_specimen` (the `_row` of a specimen, NOTHING, or UNKNOWN), `follow_ups` has `_by_month`,
`patient_merges` has `_survivor`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from synthetic.days import NO_DAY
from synthetic.tables import TABLES, Table

AUTO = -2
NO_STAMP = -1
NOTHING = -1
UNKNOWN = -2

Frames = dict[str, pa.Table]


def _extra(table: Table) -> dict[str, tuple[pa.DataType, int | bool]]:
    """The columns of a frame besides the contract's, with their defaults."""
    extra: dict[str, tuple[pa.DataType, int | bool]] = {
        "_row": (pa.int64(), 0),
        "_patient": (pa.int64(), 0),
        "_batch": (pa.int8(), AUTO),
        "_stamp": (pa.int64(), AUTO),
        "_deleted": (pa.bool_(), False),
    }
    match table.name:
        case "biomarkers":
            extra["_specimen"] = (pa.int64(), NOTHING)
        case "follow_ups":
            extra["_by_month"] = (pa.bool_(), False)
        case "patient_merges":
            extra["_survivor"] = (pa.int64(), NOTHING)
    return extra


def frame(name: str, size: int, columns: Mapping[str, object]) -> pa.Table:
    """A frame of `size` rows from its columns (Arrow or NumPy arrays, or lists); what is not given takes its default.

    Raises:
        KeyError: for a column that the table doesn't have.
    """
    table = TABLES[name]
    arrays: dict[str, pa.Array] = {}
    given = dict(columns)
    for column in table.dates:
        arrays[column] = pa.array(given.pop(column, np.full(size, NO_DAY)), pa.int64())
    for column in table.texts:
        values = given.pop(column, None)
        if values is None:
            values = pa.nulls(size, pa.string())
        arrays[column] = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    for column, (kind, default) in _extra(table).items():
        values = given.pop(column, None)
        arrays[column] = pa.array(values, kind) if values is not None else pa.array(np.full(size, default), kind)
    if given:
        raise KeyError(f"{name} has no {', '.join(given)}")
    return pa.table(arrays)


def ragged(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of `counts[i]` children of parent i: the parent's position, and the child's number from 0."""
    parents = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return parents, np.arange(len(parents)) - starts[parents]


def numbers(rows: pa.Table, column: str) -> np.ndarray:
    """A column without nulls as a NumPy array."""
    return rows[column].combine_chunks().to_numpy(zero_copy_only=False)


def with_column(rows: pa.Table, column: str, values: np.ndarray | pa.Array) -> pa.Table:
    """The rows with one column replaced, its type kept."""
    place = rows.schema.get_field_index(column)
    return rows.set_column(place, rows.schema.field(place), pa.array(values, rows.schema.field(place).type))


@dataclass
class Records:
    """Rows noted one by one, as the storylines do; each gets the next `_row` of its table."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES})
    count: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))

    def add(self, name: str, values: Mapping[str, object], version_of: int | None = None) -> int:
        """Notes a row, or another version of the row `version_of`, and returns its `_row`."""
        row = version_of
        if row is None:
            row = self.count[name]
            self.count[name] += 1
        self.rows[name].append({**values, "_row": row})
        return row

    def frames(self) -> Frames:
        """All noted rows as frames."""
        return {name: _of_dicts(name, rows) for name, rows in self.rows.items()}


def _of_dicts(name: str, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    table = TABLES[name]
    defaults: dict[str, object] = dict.fromkeys(table.dates, NO_DAY) | dict.fromkeys(table.texts)
    defaults |= {column: default for column, (_, default) in _extra(table).items()}
    unknown = {column for row in rows for column in row} - set(defaults)
    if unknown:
        raise KeyError(f"{name} has no {', '.join(sorted(unknown))}")
    return frame(name, len(rows), {column: [row.get(column, default) for row in rows] for column, default in defaults.items()})


def joined(parts: Sequence[Frames]) -> Frames:
    """The rows of several sources after one another, their `_row` numbers kept apart."""
    merged: Frames = {}
    offsets = dict.fromkeys(TABLES, 0)
    pieces: dict[str, list[pa.Table]] = {name: [] for name in TABLES}
    for part in parts:
        before = dict(offsets)
        for name, rows in part.items():
            if not rows.num_rows:
                continue
            own = numbers(rows, "_row")
            shifted = with_column(rows, "_row", own + before[name])
            if name == "biomarkers":
                specimens = numbers(rows, "_specimen")
                shifted = with_column(shifted, "_specimen", np.where(specimens >= 0, specimens + before["specimens"], specimens))
            pieces[name].append(shifted)
            offsets[name] = before[name] + int(own.max()) + 1
    for name, tables in pieces.items():
        merged[name] = pa.concat_tables(tables).combine_chunks() if tables else frame(name, 0, {})
    return merged
