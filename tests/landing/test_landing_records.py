"""Random text through landing: nothing is lost, line numbers are right, and the fast way is the reference."""

from __future__ import annotations

import gzip
import json
import tempfile
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from pipeline.landing.declaration import Dialect, read_source
from pipeline.landing.delivered import FileProblem, line_blocks
from pipeline.landing.findings import EnoughFound, Findings
from pipeline.landing.normalise import ASCII_WHITE_SPACE, normal_text
from pipeline.landing.records import TextRecords
from pipeline.landing.tables import Delivery, land_file
from pipeline.settings import Settings

# Letters that a parser may trip over, half of the time; the rest is anything that UTF-8 can say, but for NUL.
TRICKY = st.sampled_from(list("\"',;\n\r\t \x0b\x0c\x1c\x85\u2028\u3000\ufeffＡ１（％　①ﬁ無未#\\aZ0"))
ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
CELLS = st.text(st.one_of(TRICKY, ANY), max_size=12)
HOSPITAL = read_source(Settings())
PATIENTS = next(table for table in HOSPITAL.tables if table.name == "patients")
HEADER = ("patient_id", "name", "sex", "birth_date", "Remark")


def in_chinese_encoding(text: str) -> bool:
    try:
        return text.encode("gb18030").decode("gb18030") == text
    except UnicodeError:
        return False


def as_csv(cells: Sequence[str], *, quotes_all: bool) -> str:
    """A record of RFC 4180 without its line end. (Python's own writer leaves a lone CR unquoted where lines end with LF.)"""
    return ",".join('"' + cell.replace('"', '""') + '"' if quotes_all or set(cell) & set('",\r\n') else cell for cell in cells)


def line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


@given(
    cells=st.lists(st.tuples(*[CELLS] * len(HEADER)), max_size=8),
    quotes_all=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    is_packed=st.booleans(),
)
@effort(max_examples=300)
def test_any_text_comes_through_with_the_line_that_it_stands_on(
    cells: list[tuple[str, ...]], quotes_all: bool, line_end: str, encoding: str, is_packed: bool
) -> None:
    if encoding == "gb18030":
        cells = [row for row in cells if all(map(in_chinese_encoding, row))]
    # A record that starts with a byte order mark is refused (tests/faults/delivered/test_bytes.py).
    cells = [(row[0].lstrip("\ufeff"), *row[1:]) for row in cells]
    text = ",".join(HEADER) + line_end
    lines = []
    for row in cells:
        lines.append(1 + line_ends(text))
        text += as_csv(row, quotes_all=quotes_all) + line_end
    content = text.encode(encoding)
    name = "patients.csv.gz" if is_packed else "patients.csv"
    findings = Findings("first", name)
    with tempfile.TemporaryDirectory() as folder:
        path, target = Path(folder) / name, Path(folder) / "patients.parquet"
        path.write_bytes(gzip.compress(content) if is_packed else content)
        delivery = Delivery(HOSPITAL, PATIENTS, "first", name, path, encoding.removesuffix("-sig"), is_delta=False)
        reading = land_file(delivery, target, findings, lambda amount: None)
        landed = pq.read_table(target).to_pylist()

    assert (findings.problems, reading.rows) == ([], len(cells))
    assert [row["_line"] for row in landed] == lines
    for row, delivered in zip(landed, cells, strict=True):
        given_cells = dict(zip(HEADER[:-1], delivered[:-1], strict=True))
        normal = {column: unicodedata.normalize("NFKC", cell).strip() for column, cell in given_cells.items()}
        assert {column: row[column] for column in normal} == normal
        changed = {column: cell for column, cell in given_cells.items() if cell != normal[column]}
        assert json.loads(str(row["_delivered"] or "{}")) == changed
        assert (row["_delivered"] is None) == (not changed)
        assert json.loads(str(row["_unknown"] or "{}")) == ({"Remark": delivered[-1]} if delivered[-1] else {})


def read(data: bytes, dialect: Dialect, block_bytes: int, *, is_reference_only: bool) -> tuple[object, ...]:
    """Everything that a reader makes of ``data``: header, records with their lines, findings, and what ended the reading."""
    findings = Findings("batch", "file")
    blocks = line_blocks(iter([data[start : start + 7] for start in range(0, len(data), 7)]), "utf-8", block_bytes=block_bytes)
    records = TextRecords(blocks, dialect, findings, is_reference_only=is_reference_only)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    end: object = None
    header = None
    try:
        header = records.read_header()
        positions = range(len(header.names))
        for chunk in records.chunks(positions):
            rows += zip(*(chunk.columns[position].to_pylist() for position in positions), strict=True)
            lines += chunk.lines.tolist()
    except FileProblem as error:
        end = error.problem
    except EnoughFound:
        end = "enough"
    if end is not None:
        # Blocks end elsewhere for another reader, so that what it had given before a failure may differ.
        rows, lines = [], []
    return header, rows, lines, findings.problems, end


CELL = st.text(st.sampled_from("ab１,\"\t '#\r"), max_size=4)
QUOTED_CELL = st.sampled_from(['"a"', '""', '"a,b"', "x", "", '"a""b"', '"a\nb"', "\ufeffx", '"x'])
ODD_LINE = st.sampled_from(["", " ", ",,", "a,b", "a\tb\tc", "#"])
THREE_CELLS = st.one_of(st.tuples(CELL, CELL, CELL), st.tuples(QUOTED_CELL, QUOTED_CELL, QUOTED_CELL))
LINES = st.lists(st.one_of(THREE_CELLS.map(",".join), ODD_LINE), max_size=12)


@given(
    lines=LINES,
    line_end=st.sampled_from(["\n", "\r\n"]),
    is_ended=st.booleans(),
    dialect=st.sampled_from([Dialect(), Dialect("\t", is_quoted=False, comment="#"), Dialect(",", is_quoted=False)]),
    block_bytes=st.sampled_from([1, 16, 40, 1000]),
)
@example(lines=['"a","b","c"'] * 6, line_end="\n", is_ended=True, dialect=Dialect(), block_bytes=16)
@example(lines=['a,"b', 'c",d'] * 3, line_end="\n", is_ended=True, dialect=Dialect(), block_bytes=1)
@example(lines=["\ufeffa,b,c"] * 3, line_end="\n", is_ended=True, dialect=Dialect(), block_bytes=1)
@effort(max_examples=1000)
def test_the_fast_way_is_the_reference(lines: list[str], line_end: str, is_ended: bool, dialect: Dialect, block_bytes: int) -> None:
    header = dialect.delimiter.join(["one", "two", "three"])
    data = (line_end.join([header, *lines]) + line_end * is_ended).encode()
    reference = read(data, dialect, 1 << 20, is_reference_only=True)
    assert read(data, dialect, block_bytes, is_reference_only=False) == reference
    assert read(data, dialect, block_bytes, is_reference_only=True) == reference


@pytest.mark.parametrize("rows", [[["a", "1"], ["b", "2"]], [['"x, y"', '""'], ['"z"', "1"]]])
def test_plain_blocks_do_take_the_fast_way(rows: Sequence[Sequence[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    data = "".join(",".join(row) + "\n" for row in [["one", "two"], *rows]).encode()

    def never(self: TextRecords, positions: Sequence[int]) -> None:
        raise AssertionError

    monkeypatch.setattr(TextRecords, "_read_slowly", never)
    header, found, lines, _, end = read(data, Dialect(), 8, is_reference_only=False)
    assert header is not None
    assert end is None
    assert found == [tuple(cell.strip('"') for cell in row) for row in rows]
    assert lines == [2, 3]


def test_ascii_white_space_is_what_python_strips() -> None:
    assert {chr(code) for code in range(128) if chr(code).isspace()} == set(ASCII_WHITE_SPACE)


@given(text=st.text(st.one_of(TRICKY, ANY)))
def test_normal_form_is_its_own_normal_form_but_for_what_it_uncovers(text: str) -> None:
    # Stripping can't make NFKC text un-NFKC, and what is stripped once has nothing left to strip.
    assert normal_text(normal_text(text)) == normal_text(text)
