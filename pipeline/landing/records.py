"""Records of a delimited text file with the physical line on which each starts.

Python's ``csv.reader`` in strict mode is the reference. A block of lines takes a faster way through Arrow where a record
is a line and can't be anything else: no quote in it, or only such as plainly enclose a field of one line. Whatever Arrow
does not take exactly so is read again by the reference, which also words every error. The tests hold that both give the
same records, lines and problems.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from pipeline.errors import Problem
from pipeline.landing.declaration import Dialect
from pipeline.landing.delivered import Block, FileProblem
from pipeline.landing.findings import Findings

LONGEST_FIELD = 16 << 20
MOST_COLUMNS = 10_000

_MARK_LETTER = "\ufeff"
_MARK = _MARK_LETTER.encode()


@dataclass(frozen=True)
class Chunk:
    """Some consecutive records: by column position their text as delivered, and the line on which each starts."""

    columns: dict[int, pa.Array]
    lines: np.ndarray

    @property
    def row_count(self) -> int:
        return len(self.lines)


@dataclass(frozen=True)
class Header:
    """The column names as delivered and the line on which they stand."""

    names: tuple[str, ...]
    line: int


class TextRecords:
    """The header and the records of a file that comes as blocks of lines.

    Use ``read_header`` first, then ``chunks``. A row with a wrong number of fields is added to ``findings`` and left
    out; what makes the rest unreadable raises FileProblem. ``is_reference_only`` switches the fast way off.
    """

    def __init__(self, blocks: Iterator[Block], dialect: Dialect, findings: Findings, *, is_reference_only: bool = False) -> None:
        self._blocks = blocks
        self._dialect = dialect
        self._findings = findings
        self._is_reference_only = is_reference_only
        self._lines: list[str] = []
        self._next = 0
        self._line = 1
        self._width = 0
        # The limit is Python's for the whole process; it only ever matters to csv readers, and raising it harms none.
        csv.field_size_limit(max(LONGEST_FIELD, csv.field_size_limit()))
        quoting = csv.QUOTE_MINIMAL if dialect.is_quoted else csv.QUOTE_NONE
        self._csv = csv.reader(self._physical_lines(), delimiter=dialect.delimiter, quoting=quoting, strict=True)

    def read_header(self) -> Header:
        """The first record that is neither blank nor a comment. Raises FileProblem for a file without any."""
        while self._has_line():
            if self._dialect.comment and self._lines[self._next].startswith(self._dialect.comment):
                self._next += 1
                self._line += 1
                continue
            line = self._line
            names = self._read_record()
            if not _is_blank(names):
                return self._header(names, line)
        raise FileProblem(Problem("is empty, without even a header line", todo="deliver the file again, or leave it out of the batch"))

    def _header(self, names: list[str], line: int) -> Header:
        if len(names) > MOST_COLUMNS:
            todo = "check that the header ends with its line"
            raise FileProblem(Problem(f"has a header of more than {MOST_COLUMNS:,} columns", line=line, todo=todo))
        if names[0].startswith(_MARK_LETTER):
            self._findings.add(_stray_mark(line))
            names[0] = names[0].lstrip(_MARK_LETTER)
        self._width = len(names)
        return Header(tuple(names), line)

    def chunks(self, positions: Sequence[int]) -> Iterator[Chunk]:
        """All further records, of them the columns at ``positions``; about a block of lines at a time."""
        if self._next < len(self._lines):
            yield self._read_slowly(positions)
        for block in self._blocks:
            chunk = None if self._is_reference_only else self._read_fast(block, positions)
            if chunk is None:
                self._take(block)
                chunk = self._read_slowly(positions)
            else:
                self._line += block.line_count
            yield chunk

    def _physical_lines(self) -> Iterator[str]:
        """Line by line what csv.reader asks for: past the end of a block only in the middle of a quoted field."""
        while self._has_line():
            self._next += 1
            self._line += 1
            yield self._lines[self._next - 1]

    def _has_line(self) -> bool:
        while self._next >= len(self._lines):
            block = next(self._blocks, None)
            if block is None:
                return False
            self._take(block)
        return True

    def _take(self, block: Block) -> None:
        # newline="" splits at LF, CR and CRLF and keeps them; str.splitlines would split at a dozen other characters.
        self._lines = list(io.StringIO(block.data.decode(), newline=""))
        self._next = 0

    def _read_record(self) -> list[str]:
        line = self._line
        try:
            return next(self._csv)
        except csv.Error as error:
            raise FileProblem(_reworded(str(error), line)) from None

    def _read_slowly(self, positions: Sequence[int]) -> Chunk:
        # One flat list of cells: a list of rows would keep Python's garbage collector busy.
        cells: list[str] = []
        lines: list[int] = []
        while self._next < len(self._lines):
            line = self._line
            row = self._read_record()
            if len(row) != self._width and not self._mend(row, line):
                continue
            if row[0].startswith(_MARK_LETTER):
                # Nobody sees it, and in a key it would make another patient.
                self._findings.add(_stray_mark(line))
                continue
            cells.extend(row)
            lines.append(line)
        columns = {position: pa.array(cells[position :: self._width], pa.string()) for position in positions}
        return Chunk(columns, np.array(lines, dtype=np.int64))

    def _mend(self, row: list[str], line: int) -> bool:
        """Whether a row of another width than the header's is a record all the same; where it is not, and not blank, says so."""
        if _is_blank(row):
            return False
        if self._dialect.pads_short_rows and len(row) < self._width:
            row.extend([""] * (self._width - len(row)))
            return True
        hint = "a field with a delimiter, quote or line break must be quoted"
        todo = hint if self._dialect.is_quoted else "take delimiters out of the fields"
        self._findings.add(Problem(f"has {len(row)} fields where the header has {self._width}", line=line, todo=todo))
        return False

    def _read_fast(self, block: Block, positions: Sequence[int]) -> Chunk | None:
        """The block's records by way of Arrow, or None where a line might not be a record."""
        data = block.data
        # Arrow drops a byte order mark at the start of what it is given; the reference looks for stray ones, and for endless fields.
        if self._width < 2 or _MARK in data or len(data) > LONGEST_FIELD or data.count(b"\r") != data.count(b"\r\n"):
            return None
        has_quotes = self._dialect.is_quoted and b'"' in data
        if has_quotes and not has_only_enclosing_quotes(data, self._dialect.delimiter):
            return None
        names = [str(position) for position in range(self._width)]
        wanted = [str(position) for position in positions]
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(data),
                read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self._dialect.delimiter,
                    quote_char='"' if has_quotes else False,
                    double_quote=False,
                    escape_char=False,
                    newlines_in_values=False,
                    ignore_empty_lines=True,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    check_utf8=False,
                    column_types=dict.fromkeys(wanted, pa.string()),
                    null_values=[],
                    strings_can_be_null=False,
                    quoted_strings_can_be_null=False,
                    include_columns=wanted,
                ),
            )
        except pa.ArrowInvalid:
            return None
        # Arrow passes over empty lines, after which no line number would be right.
        if table.num_rows != block.line_count:
            return None
        columns = {position: _one_array(table.column(str(position))) for position in positions}
        return Chunk(columns, np.arange(block.first_line, block.first_line + block.line_count, dtype=np.int64))


def has_only_enclosing_quotes(data: bytes, delimiter: str) -> bool:
    """Whether every quote in a block of whole lines opens or closes a field, and no quoted field has a line break or quote.

    Taken in pairs, each first quote must stand where a field starts, each second one where a field ends, both on one line.
    So no quote is doubled, stray or open, and every reader of CSV agrees on what such a block says.
    """
    letters = np.frombuffer(b"\n" + data + b"\n", dtype=np.uint8)
    quotes = np.flatnonzero(letters == ord('"'))
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before, after = letters[opening - 1], letters[closing + 1]
    line_feeds = np.flatnonzero(letters == ord("\n"))
    starts = (before == ord(delimiter)) | (before == ord("\n"))
    ends = (after == ord(delimiter)) | (after == ord("\n")) | (after == ord("\r"))
    is_one_line = np.searchsorted(line_feeds, opening) == np.searchsorted(line_feeds, closing)
    return bool(np.all(starts & ends & is_one_line))


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())


def _stray_mark(line: int) -> Problem:
    todo = "take the mark out; were two files put together?"
    return Problem("starts a record with a byte order mark, which belongs at the very start of a file alone", line=line, todo=todo)


def _is_blank(row: Sequence[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())


def _reworded(message: str, line: int) -> Problem:
    """csv.reader's error without what it may quote."""
    if message.startswith("unexpected end"):
        return Problem("has a quote that is never closed in the record that starts here", line=line, todo="close the quote, or double it")
    if message.startswith("field larger"):
        what = f"has a field of more than {LONGEST_FIELD >> 20} million characters in the record that starts here"
        return Problem(what, line=line, todo="a quote may not be closed")
    what = "breaks the rules of CSV in the record that starts here"
    return Problem(what, line=line, todo="a quote inside a quoted field must be doubled")
