"""A delivered file as blocks of whole lines: hashed, unpacked and decoded in one pass, in bounded memory.

The checksum is of exactly the bytes that were parsed, so that a file that changes while it is read can't slip through.
Nothing here quotes what a file holds: a failure is a ``Problem`` with the number of the line.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType

from pipeline.errors import Problem

READ_BYTES = 1 << 20
BLOCK_BYTES = 8 << 20
FIRST_BLOCK_BYTES = 1 << 16
LONGEST_LINE_BYTES = 64 << 20

UTF_8 = "utf-8"
GB18030 = "gb18030"

_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
_BYTE_ORDER_MARKS = {UTF_8: b"\xef\xbb\xbf", GB18030: b"\x84\x31\x95\x33"}
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")

_ASCII = re.compile("[\x00-\x7f]+")
_DELIVER_AGAIN = "deliver the file again; the transfer may have been interrupted"

Advance = Callable[[int], None]


class FileProblem(Exception):
    """A file can't be read any further; ``problem`` says why (internal to landing)."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.what)


class WrongEncoding(FileProblem):
    """The bytes are not text in the encoding that they were read in; ``other`` is the one they plainly are in, if any."""

    def __init__(self, problem: Problem, other: str | None = None) -> None:
        super().__init__(problem)
        self.other = other


@dataclass(frozen=True)
class Block:
    """Whole physical lines as UTF-8 (the last line of a file may lack its line break)."""

    data: bytes
    first_line: int
    line_count: int


class DeliveredFile:
    """The bytes of one file, hashed while they are read. A context manager; ``sha256`` reads what is left."""

    def __init__(self, path: Path, advance: Advance = lambda amount: None) -> None:
        self._path = path
        self._advance = advance
        self._hash = hashlib.sha256()
        self._size = 0

    def __enter__(self) -> DeliveredFile:
        try:
            self._file = self._path.open("rb", buffering=0)
            self._before = os.fstat(self._file.fileno())
        except OSError as error:
            raise _unreadable(error) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def raw_blocks(self) -> Iterator[bytes]:
        """The bytes as delivered, in order; every byte is hashed before it is handed on.

        Raises FileProblem if the file can't be read, or outgrows the size that it had: who writes faster than we read has no end.
        """
        while True:
            try:
                data = self._file.read(READ_BYTES)
            except OSError as error:
                raise _unreadable(error) from None
            if not data:
                return
            self._size += len(data)
            if self._size > self._before.st_size:
                raise _changed()
            self._hash.update(data)
            self._advance(len(data))
            yield data

    def sha256(self) -> str:
        """The checksum of the whole file, in hex. Raises FileProblem if the file was written to meanwhile."""
        for _ in self.raw_blocks():
            pass
        after = os.fstat(self._file.fileno())
        if (after.st_size, after.st_mtime_ns) != (self._before.st_size, self._before.st_mtime_ns):
            raise _changed()
        return self._hash.hexdigest()


def _changed() -> FileProblem:
    return FileProblem(Problem("changed while it was read", todo="wait until the export is complete, then run again"))


def _unreadable(error: OSError) -> FileProblem:
    return FileProblem(Problem(f"can't be read ({error.strerror or type(error).__name__})", todo="check the file and its permissions"))


def unpacked(blocks: Iterator[bytes], *, must_be_gzip: bool) -> Iterator[bytes]:
    """The content of a plain or gzip file, at most ``BLOCK_BYTES`` at a time; gzip is known by its first bytes.

    Raises FileProblem for gzip data that are damaged, cut short, or followed by something else.
    """
    first = _at_least(blocks, len(_PARQUET_MAGIC))
    if not first:
        raise FileProblem(Problem("is empty, not a single byte", todo="deliver the file again, or leave it out of the batch"))
    if first.startswith(_GZIP_MAGIC):
        yield from _inflated(first, blocks)
        return
    if must_be_gzip:
        raise FileProblem(Problem("is not gzip data, as its name says", todo="deliver it again, or name it .csv if it is plain CSV"))
    if first.startswith(_PARQUET_MAGIC):
        raise FileProblem(Problem("is Parquet, which its name doesn't say", todo="name it .parquet"))
    yield first
    yield from blocks


def _at_least(blocks: Iterator[bytes], size: int) -> bytes:
    """The first bytes of a file, at least ``size`` of them where it is that long."""
    first = b""
    for block in blocks:
        first += block
        if len(first) >= size:
            break
    return first


def _inflated(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    for block in chain((first,), blocks):
        while block:
            if member.eof:
                # gzip allows several members in a row, and zeros after the last.
                block = block.lstrip(b"\0")
                if not block:
                    break
                member = zlib.decompressobj(wbits=31)
            data = _inflate(member, block)
            block = member.unused_data if member.eof else member.unconsumed_tail
            if data:
                yield data
    while not member.eof and (data := _inflate(member, b"")):
        yield data
    if not member.eof:
        raise FileProblem(Problem("its gzip data end too early (the file is cut short)", todo=_DELIVER_AGAIN))


def _inflate(member: zlib._Decompress, data: bytes) -> bytes:
    try:
        return member.decompress(data, BLOCK_BYTES)
    except zlib.error:
        raise FileProblem(Problem("its gzip data are damaged (checksum or structure)", todo=_DELIVER_AGAIN)) from None


def line_blocks(content: Iterator[bytes], encoding: str, *, is_guessed: bool = False, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """``content`` as blocks of whole physical lines in UTF-8, without its byte order mark.

    A line ends with LF, CR or CRLF, as for Python's csv module. The first block is small: it holds the header.
    Raises WrongEncoding at the first byte that is not ``encoding``, and FileProblem for NUL bytes, UTF-16 and lines
    that are longer than any table's could be, each with the number of the line. An encoding that ``is_guessed`` must be
    plain in every block.
    """
    first_line = 1
    for data in _whole_lines(_without_mark(content, encoding), min(FIRST_BLOCK_BYTES, block_bytes), block_bytes):
        if b"\0" in data:
            line = first_line + count_lines(data[: data.index(b"\0")])
            raise FileProblem(Problem("holds NUL bytes", line=line, todo="save it as UTF-8 (is it UTF-16, or damaged?)"))
        if is_guessed and not data.isascii() and not is_plainly_gb18030(data):
            raise WrongEncoding(Problem(f"is not {encoding} throughout", line=first_line, todo=_say_encoding(encoding)))
        block = Block(_as_utf8(data, encoding, first_line), first_line, count_lines(data) + (not data.endswith((b"\n", b"\r"))))
        yield block
        first_line += block.line_count


def count_lines(data: bytes) -> int:
    """The number of line ends (LF, CR or CRLF) in ``data``."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _without_mark(content: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    first = _at_least(content, max(len(mark) for mark in _BYTE_ORDER_MARKS.values()))
    if first.startswith(_UTF_16_MARKS):
        todo = 'save it as UTF-8, or as GB18030 with "encoding": "gb18030" in batch.json'
        raise FileProblem(Problem("is UTF-16 text", line=1, todo=todo))
    if encoding != UTF_8 and first.startswith(_BYTE_ORDER_MARKS[UTF_8]):
        what = f"starts with the mark of UTF-8, but is declared as {encoding}"
        raise WrongEncoding(Problem(what, line=1, todo=_say_encoding(UTF_8)), UTF_8)
    yield first.removeprefix(_BYTE_ORDER_MARKS[encoding])
    yield from content


def _whole_lines(content: Iterator[bytes], first_size: int, size: int) -> Iterator[bytes]:
    """Blocks that end where a line ends, except perhaps the last; the first has about ``first_size`` bytes."""
    pending = bytearray()
    wanted = first_size
    for data in content:
        pending += data
        while len(pending) > wanted and (end := _end_of_lines(pending, wanted) or _end_of_lines(pending, len(pending))):
            yield bytes(pending[:end])
            del pending[:end]
            wanted = size
        if len(pending) > max(wanted, LONGEST_LINE_BYTES):
            todo = "check that it is a text file with one record a line"
            raise FileProblem(Problem(f"has a line of more than {LONGEST_LINE_BYTES >> 20} MiB", todo=todo))
    if pending:
        yield bytes(pending)


def _end_of_lines(data: bytearray, size: int) -> int:
    """Where the last line that lies wholly in the first ``size`` bytes ends; 0 if there is none."""
    # A CR that is the very last byte looked at may be half of a CRLF.
    return max(data.rfind(b"\n", 0, size), data.rfind(b"\r", 0, min(size, len(data)) - 1)) + 1


def is_plainly_gb18030(data: bytes) -> bool:
    """Whether bytes that are not UTF-8 are beyond doubt Chinese text in GB18030.

    Nearly any bytes can be read as GB18030, so more is asked: nine in ten of the non-ASCII characters belong to GB 2312,
    and half of them to its signs and its 3,755 frequent characters. UTF-8 with a damaged byte, or Latin-1, is not like that.
    """
    try:
        others = _ASCII.sub("", data.decode(GB18030))
    except UnicodeDecodeError:
        return False
    leads = others.encode("gb2312", errors="ignore")[::2]
    frequent = sum(leads.count(lead) for lead in range(0xA1, 0xD8))
    return bool(others) and len(leads) >= 0.9 * len(others) and frequent >= 0.5 * len(others)


def _as_utf8(data: bytes, encoding: str, first_line: int) -> bytes:
    if data.isascii():
        return data
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = first_line + count_lines(data[: error.start])
        other = _other_encoding(data, encoding)
        todo = _say_encoding(other) if other else f"save it as {encoding}; look at that line for a damaged character"
        raise WrongEncoding(Problem(f"holds bytes that are not {encoding}", line=line, todo=todo), other) from None
    return data if encoding == UTF_8 else text.encode(UTF_8)


def _other_encoding(data: bytes, encoding: str) -> str | None:
    """The encoding that the bytes are in instead, where that is plain."""
    if encoding == UTF_8:
        return GB18030 if is_plainly_gb18030(data) else None
    try:
        data.decode(UTF_8)
    except UnicodeDecodeError:
        return None
    return UTF_8


def _say_encoding(encoding: str) -> str:
    return f'if the file is right, say "encoding": "{encoding}" in batch.json'
