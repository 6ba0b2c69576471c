"""Batches on disk: CSV plain or gzip, one Parquet file, and batch.json with rows and checksums.

The same rows give the same bytes everywhere: gzip's members hold stored blocks, because compressed ones differ between
versions of zlib, and nothing written depends on the clock, the locale or the order of a set.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synthetic.days import EXPORTS, Export
from synthetic.tables import TABLES, Table

LONGEST_STORED_BLOCK = 65_535
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Dialect:
    """How a file is written: which columns, their order, the header, quoting, line ends, and the container."""

    suffix: str = ".csv"
    header: str = "plain"
    quote_all: bool = False
    line_end: str = "\n"
    byte_order_mark: bool = False
    reversed_columns: bool = False
    without: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None

    def columns(self, table: Table) -> list[str]:
        """The columns of the file, in its order."""
        every = [*table.columns, "updated_at", "is_deleted", *((table.unknown,) if table.unknown else ())]
        chosen = [column for column in every if column not in self.without and (self.only is None or column in self.only)]
        return chosen[::-1] if self.reversed_columns else chosen

    def heading(self, column: str) -> str:
        """A column's name as the header has it."""
        match self.header:
            case "upper":
                return column.upper()
            case "title":
                return column.title()
            case "blanks":
                return f"  {column} "
            case "mixed":
                return f" {column[0].upper()}{column[1:]}"
        return column


NO_STAMPS = ("updated_at", "is_deleted")
# Table: how each export writes it; None where the export has no such file.
DIALECTS: dict[str, tuple[Dialect | None, Dialect | None, Dialect | None]] = {
    "patients": (Dialect(byte_order_mark=True, line_end="\r\n"), Dialect(without=("address",)), Dialect(header="upper")),
    "patient_merges": (Dialect(header="title"), Dialect(without=("merged_at",)), Dialect()),
    "diagnoses": (Dialect(quote_all=True, header="mixed"), Dialect(line_end="\r\n"), Dialect(reversed_columns=True)),
    "medications": (Dialect(suffix=".csv.gz", header="title"), Dialect(header="upper"), Dialect(byte_order_mark=True)),
    "specimens": (Dialect(reversed_columns=True, header="blanks"), Dialect(), Dialect(only=("specimen_id", *NO_STAMPS))),
    "biomarkers": (Dialect(header="upper", line_end="\r\n"), Dialect(header="blanks"), Dialect(quote_all=True)),
    "assessments": (Dialect(header="blanks"), Dialect(quote_all=True, line_end="\r\n"), Dialect(header="mixed")),
    "performance_status": (Dialect(without=NO_STAMPS), None, Dialect(suffix=".parquet", header="mixed")),
    "labs": (Dialect(without=NO_STAMPS), Dialect(reversed_columns=True), Dialect(line_end="\r\n")),
    "follow_ups": (Dialect(header="mixed"), Dialect(), Dialect(header="title")),
}


class _Sink(Protocol):
    """Where the bytes of a table go."""

    def write(self, data: bytes) -> object: ...

    def close(self) -> None: ...


class Hashed:
    """A file that knows the checksum of what was written."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("wb")
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Writes bytes."""
        self._hash.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Hands on what is buffered."""
        self._file.flush()

    @property
    def closed(self) -> bool:
        """Whether the file is closed; Arrow asks."""
        return self._file.closed

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def sha256(self) -> str:
        """The checksum so far, in hex."""
        return self._hash.hexdigest()


class StoredGzip:
    """A gzip member of stored blocks (RFC 1951, 3.2.4; RFC 1952), without a name or time."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self._check = 0
        self._size = 0
        sink.write(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")

    def write(self, data: bytes) -> None:
        """Adds bytes to the member."""
        self._check = zlib.crc32(data, self._check)
        self._size += len(data)
        view = memoryview(data)
        for start in range(0, len(view), LONGEST_STORED_BLOCK):
            self._block(view[start : start + LONGEST_STORED_BLOCK], is_last=False)

    def close(self) -> None:
        """Ends the member with an empty last block, its checksum and size."""
        self._block(memoryview(b""), is_last=True)
        self._sink.write(struct.pack("<II", self._check, self._size & 0xFFFFFFFF))

    def _block(self, data: memoryview, *, is_last: bool) -> None:
        size = len(data)
        self._sink.write(struct.pack("<BHH", is_last, size, size ^ 0xFFFF))
        self._sink.write(bytes(data))


def quoted(values: pa.Array, *, always: bool) -> pa.Array:
    """CSV fields: in double quotes where they need it or always, quotes doubled (RFC 4180)."""
    needs = pc.match_substring_regex(values, '[",\r\n]')
    if not always and not pc.any(needs).as_py():
        return values
    wrapped = pc.binary_join_element_wise(pa.scalar('"'), pc.replace_substring(values, '"', '""'), pa.scalar('"'), "")
    return wrapped if always else pc.if_else(needs, wrapped, values)


def csv_text(rows: pa.Table, columns: Sequence[str], dialect: Dialect, plain: frozenset[str]) -> bytes:
    """The rows as CSV in UTF-8; `plain` columns never need quotes."""
    if not rows.num_rows:
        return b""
    fields = [rows[column].combine_chunks() for column in columns]
    written = [
        field if column in plain and not dialect.quote_all else quoted(field, always=dialect.quote_all)
        for column, field in zip(columns, fields, strict=True)
    ]
    ended = pc.binary_join_element_wise(written[-1], pa.scalar(dialect.line_end), "")
    lines = pc.binary_join_element_wise(*written[:-1], ended, ",")
    # A string array without nulls holds its texts one after another: they are the file.
    lines = pa.concat_arrays([lines])
    offsets, data = lines.buffers()[1:3]
    first, last = (
        struct.unpack_from("<i", offsets, 4 * lines.offset)[0],
        struct.unpack_from("<i", offsets, 4 * (lines.offset + len(lines)))[0],
    )
    return data[first:last].to_pybytes()


@dataclass
class TableFile:
    """One file of a batch, written chunk by chunk."""

    folder: Path
    table: Table
    dialect: Dialect
    encoding: str
    rows: int = 0
    _hashed: Hashed = field(init=False)
    _sink: _Sink = field(init=False)
    _parquet: pq.ParquetWriter | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._hashed = Hashed(self.folder / self.name)
        self._sink = StoredGzip(self._hashed) if self.dialect.suffix == ".csv.gz" else self._hashed
        columns = self.dialect.columns(self.table)
        if self.dialect.suffix == ".parquet":
            schema = pa.schema([(self.dialect.heading(column), pa.string()) for column in columns])
            self._parquet = pq.ParquetWriter(
                pa.PythonFile(self._hashed, mode="w"),
                schema,
                version="1.0",
                compression="none",
                use_dictionary=False,
                write_statistics=False,
                store_schema=False,
            )
            return
        header = ",".join(
            f'"{self.dialect.heading(column)}"' if self.dialect.quote_all else self.dialect.heading(column) for column in columns
        )
        mark = BYTE_ORDER_MARK if self.dialect.byte_order_mark else ""
        self._sink.write((mark + header + self.dialect.line_end).encode(self.encoding))

    @property
    def name(self) -> str:
        """The file's name."""
        return self.table.name + self.dialect.suffix

    def append(self, rows: pa.Table) -> None:
        """Writes a chunk of rows."""
        self.rows += rows.num_rows
        columns = self.dialect.columns(self.table)
        if self._parquet is not None:
            chosen = rows.select(columns).rename_columns([self.dialect.heading(column) for column in columns])
            self._parquet.write_table(chosen.combine_chunks())
            return
        plain = frozenset((self.table.key, *self.table.dates, "updated_at", "is_deleted"))
        text = csv_text(rows, columns, self.dialect, plain)
        self._sink.write(text if self.encoding == "utf-8" else text.decode("utf-8").encode(self.encoding))

    def close(self) -> dict[str, int | str]:
        """Ends the file; gives what batch.json says of it."""
        if self._parquet is not None:
            self._parquet.close()
        self._sink.close()
        self._hashed.close()
        return {"rows": self.rows, "sha256": self._hashed.sha256()}


@dataclass
class BatchFolder:
    """One batch: its folder with the files of all tables that it has."""

    export: Export
    folder: Path
    files: dict[str, TableFile]

    @classmethod
    def create(cls, out: Path, number: int) -> "BatchFolder":
        """The folder of the export with this number below `out`, with its files opened."""
        export = EXPORTS[number]
        folder = out / export.folder
        folder.mkdir(parents=True)
        files = {
            name: TableFile(folder, TABLES[name], dialect, export.encoding)
            for name, dialects in DIALECTS.items()
            if (dialect := dialects[number]) is not None
        }
        return cls(export, folder, files)

    def close(self) -> dict[str, dict[str, int | str]]:
        """Ends all files and writes batch.json; gives rows and checksum of each file."""
        described = {file.name: file.close() for file in self.files.values()}
        batch: dict[str, object] = {
            "batch_id": self.export.folder,
            "exported_at": self.export.exported_at,
            "mode": self.export.mode,
            "data": "synthetic",
            "note": "Invented patients. The cohort among them is calibrated to a published abstract's figures.",
        }
        if self.export.states_encoding:
            batch["encoding"] = self.export.encoding
        if self.export.date_order:
            batch["date_order"] = self.export.date_order
        batch["files"] = described
        (self.folder / "batch.json").write_text(json.dumps(batch, indent=2) + "\n", encoding="utf-8", newline="\n")
        return described
