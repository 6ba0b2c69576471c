"""The bytes: gzip of stored blocks, and CSV that the standard library reads back."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pyarrow as pa
import pytest

from synthetic.write import Dialect, Hashed, StoredGzip, csv_text

HARD = ["plain", 'a "quoted" word', "comma, here", "line\nbreak", "line\r\nbreak", "", "病灶，\n较前"]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
def test_stored_gzip_is_gzip(size: int, tmp_path: Path) -> None:
    data = bytes(number % 251 for number in range(size))
    file = Hashed(tmp_path / "file.gz")
    member = StoredGzip(file)
    member.write(data[: size // 3])
    member.write(data[size // 3 :])
    member.close()
    file.close()
    assert gzip.decompress((tmp_path / "file.gz").read_bytes()) == data


def test_stored_gzip_has_no_time_or_name(tmp_path: Path) -> None:
    file = Hashed(tmp_path / "file.gz")
    StoredGzip(file).close()
    file.close()
    assert (tmp_path / "file.gz").read_bytes()[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@pytest.mark.parametrize("quote_all", [True, False])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_csv_reads_back(quote_all: bool, line_end: str) -> None:
    rows = pa.table({"key": [str(number) for number in range(len(HARD))], "text": HARD, "last": HARD[::-1]})
    text = csv_text(rows, ["key", "text", "last"], Dialect(quote_all=quote_all, line_end=line_end), frozenset({"key"})).decode()
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [[str(number), HARD[number], HARD[-1 - number]] for number in range(len(HARD))]
    assert text.endswith(line_end)


def test_a_slice_of_rows_is_written_alone() -> None:
    rows = pa.table({"key": ["1", "2", "3"], "text": ["a", "b", "c"]}).slice(1, 1)
    assert csv_text(rows, ["key", "text"], Dialect(), frozenset()) == b"2,b\n"
