"""One delivered file checked and written as the landed Parquet of its table."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import WarehouseError
from pipeline.landing import parquet
from pipeline.landing.columns import ColumnPlan, missing_columns, plan_columns
from pipeline.landing.declaration import IS_DELETED, Source, Table
from pipeline.landing.delivered import GB18030, UTF_8, Advance, DeliveredFile, FileProblem, WrongEncoding, line_blocks, unpacked
from pipeline.landing.findings import EnoughFound, Findings
from pipeline.landing.normalise import delivered_objects, normal_column, unknown_objects
from pipeline.landing.records import Chunk, TextRecords
from pipeline.landing.typed import ParquetRecords

TOMBSTONES = frozenset({"y", "1", "true", "是"})
TECHNICAL_COLUMNS = ("_batch_id", "_file", "_line", "_delivered", "_unknown")


@dataclass(frozen=True)
class Delivery:
    """How a file is to be read: whose table it is, in which batch, and what the batch says of it.

    ``key`` is the warehouse's, which encrypts what is landed of the file.
    """

    source: Source
    table: Table
    batch_id: str
    file_name: str
    path: Path
    encoding: str | None
    is_delta: bool
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Reading:
    """What reading a file gave: its records' number (None if it can't be read to its end) and its checksum in hex.

    ``is_guessed_gb18030``: nothing said so, but its bytes are beyond doubt.
    """

    rows: int | None
    sha256: str | None
    is_guessed_gb18030: bool = False


def land_file(delivery: Delivery, target: Path, findings: Findings, advance: Advance) -> Reading:
    """Reads a delivered file once, checks it, and writes it as Parquet to ``target``.

    Whatever is wrong with the file is put into ``findings``. Memory stays bounded by a block of lines. Raises
    WarehouseError if the disk of the warehouse fails.
    """
    try:
        return _read(delivery, delivery.encoding or UTF_8, False, target, findings, advance)
    except WrongEncoding as error:
        wrong = error
    if delivery.encoding is None and wrong.other == GB18030:
        findings.problems.clear()
        try:
            return _read(delivery, GB18030, True, target, findings, advance)
        except WrongEncoding:
            findings.problems.clear()
    findings.put(wrong.problem)
    return Reading(None, _checksum_or_none(delivery.path))


def _read(delivery: Delivery, encoding: str, is_guessed: bool, target: Path, findings: Findings, advance: Advance) -> Reading:
    rows = digest = None
    try:
        with _writing(target), DeliveredFile(delivery.path, advance) as file:
            try:
                rows = _land_records(delivery, file, encoding, is_guessed, target, findings)
            except WrongEncoding:
                raise
            except FileProblem as error:
                findings.put(error.problem)
            except EnoughFound:
                pass
            digest = file.sha256()
    except WrongEncoding:
        raise
    except FileProblem as error:
        findings.put(error.problem)
    return Reading(rows, digest, is_guessed)


def _checksum_or_none(path: Path) -> str | None:
    try:
        return checksum(path)
    except FileProblem:
        return None


def checksum(path: Path, advance: Advance = lambda amount: None) -> str:
    """The SHA-256 of a file as delivered, in hex. Raises FileProblem if it can't be read or changes meanwhile."""
    with DeliveredFile(path, advance) as file:
        return file.sha256()


@contextmanager
def _writing(target: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        # Reading turns its own failures into findings, so this is the warehouse's disk.
        what = f"The warehouse can't be written ({error.strerror or 'write failed'})"
        todo = "check the free space and the permissions of the warehouse"
        raise WarehouseError(what, where=str(target.parent), todo=todo) from None


def _land_records(delivery: Delivery, file: DeliveredFile, encoding: str, is_guessed: bool, target: Path, findings: Findings) -> int:
    if delivery.file_name.lower().endswith(".parquet"):
        # Parquet is read from its end: a private copy, without a name, is what makes checksum and content the same bytes.
        with TemporaryFile(dir=target.parent) as copy:
            for block in file.raw_blocks():
                copy.write(block)
            copy.flush()
            with ParquetRecords(copy) as records:
                return _Landing(delivery, findings).write(records, target)
    content = unpacked(file.raw_blocks(), must_be_gzip=delivery.file_name.lower().endswith(".gz"))
    blocks = line_blocks(content, encoding, is_guessed=is_guessed)
    return _Landing(delivery, findings).write(TextRecords(blocks, delivery.source.dialect, findings), target)


class _Landing:
    """Chunk by chunk from records to Parquet."""

    def __init__(self, delivery: Delivery, findings: Findings) -> None:
        self._delivery = delivery
        self._findings = findings
        self._table = delivery.table
        self._rows = 0
        texts = [pa.field(name, pa.string(), nullable=False) for name in self._table.column_names]
        technical = [
            pa.field("_batch_id", pa.string(), nullable=False),
            pa.field("_file", pa.string(), nullable=False),
            pa.field("_line", pa.int64(), nullable=False),
            pa.field("_delivered", pa.string()),
            pa.field("_unknown", pa.string()),
        ]
        self._schema = pa.schema(texts + technical)

    def write(self, records: TextRecords | ParquetRecords, target: Path) -> int:
        """Writes all records and gives their number."""
        header = records.read_header()
        plan, problems = plan_columns(
            self._table,
            header.names,
            line=header.line or None,
            is_delta=self._delivery.is_delta,
            keeps_unknown=self._delivery.source.keeps_unknown,
        )
        for problem in problems:
            self._findings.add(problem)
        parquet.write(target, self._schema, self._tables(records, plan), self._delivery.key)
        return self._rows

    def _tables(self, records: TextRecords | ParquetRecords, plan: ColumnPlan) -> Iterator[pa.Table]:
        is_lack_told = False
        for chunk in records.chunks(plan.positions):
            columns, changed = self._normalise(chunk, plan)
            if plan.missing and not is_lack_told:
                is_lack_told = self._tell_lack(chunk, plan, columns[IS_DELETED])
            self._rows += chunk.row_count
            if chunk.row_count:
                yield self._landed(chunk, plan, columns, changed)

    def _normalise(self, chunk: Chunk, plan: ColumnPlan) -> tuple[dict[str, pa.Array], dict[str, np.ndarray]]:
        normal = {name: normal_column(chunk.columns[position]) for name, position in plan.contract.items()}
        return {name: column for name, (column, _) in normal.items()}, {name: rows for name, (_, rows) in normal.items()}

    def _tell_lack(self, chunk: Chunk, plan: ColumnPlan, is_deleted: pa.Array) -> bool:
        """Only tombstones may lack the required columns: whether a row isn't one, which is then told once."""
        is_tombstone = pc.is_in(pc.utf8_lower(is_deleted), value_set=pa.array(sorted(TOMBSTONES)))
        others = np.flatnonzero(~is_tombstone.to_numpy(zero_copy_only=False))
        if not len(others):
            return False
        for problem in missing_columns(plan.missing, line=int(chunk.lines[others[0]])):
            self._findings.add(problem)
        return True

    def _landed(self, chunk: Chunk, plan: ColumnPlan, columns: dict[str, pa.Array], changed: dict[str, np.ndarray]) -> pa.Table:
        count = chunk.row_count
        empty = pa.repeat(pa.scalar(""), count)
        delivered = {name: chunk.columns[position] for name, position in plan.contract.items()}
        ordered = {name: changed[name] for name in self._table.column_names if name in changed}
        arrays = [columns.get(name, empty) for name in self._table.column_names]
        arrays += [
            pa.repeat(pa.scalar(self._delivery.batch_id), count),
            pa.repeat(pa.scalar(self._delivery.file_name), count),
            pa.array(chunk.lines),
            delivered_objects(count, delivered, ordered),
            unknown_objects(count, {name: chunk.columns[position] for name, position in plan.unknown.items()}),
        ]
        return pa.Table.from_arrays(arrays, schema=self._schema)
