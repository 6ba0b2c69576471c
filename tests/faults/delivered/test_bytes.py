"""Encodings, line ends, quotes and packing that are not what they should be."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.landing import land, read_source
from pipeline.landing.declaration import Dialect
from pipeline.landing.delivered import BLOCK_BYTES, Block, FileProblem, unpacked
from pipeline.landing.findings import Findings
from pipeline.landing.records import LONGEST_FIELD, TextRecords
from pipeline.landing.tables import Delivery, land_file
from pipeline.settings import Settings
from tests.landing.exports import CANARY, FULL_TABLES, Exports

Refusal = Callable[..., str]
PATIENTS = FULL_TABLES["patients.csv"]
MARK = "\ufeff"
# More than the first block, which is read record by record.
MANY = "P8,F,1960-01-02\n" * 20_000
LATIN = "P9,Quetzalcóatl,1960-01-02\n"

LATIN_1 = pytest.mark.fault(area="encoding", fault="Latin-1, undeclared, declared as UTF-8 or as itself", behaviour="refused, line named")
STRAY_MARK = pytest.mark.fault(area="encoding", fault="a stray byte order mark at the start of a record", behaviour="refused, line named")


@LATIN_1
@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ({}, "file patients.csv, line 4: holds bytes that are not utf-8"),
        ({"encoding": "utf-8"}, "file patients.csv, line 4: holds bytes that are not utf-8"),
        ({"encoding": "latin-1"}, "file batch.json: encoding is none that can be read"),
    ],
)
def test_latin_1(exports: Exports, refusal: Refusal, head: dict[str, object], expected: str) -> None:
    exports.full({"patients.csv": (PATIENTS + LATIN).encode("latin-1")}, **head)
    message = refusal()
    assert f"batch first, {expected}" in message
    assert "Quetzalc" not in message


@pytest.mark.fault(area="encoding", fault="UTF-32", behaviour="refused")
@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf_32(exports: Exports, refusal: Refusal, encoding: str) -> None:
    exports.full({"patients.csv": (PATIENTS + f"P9,{CANARY},1960\n").encode(encoding)})
    assert "batch first, file patients.csv, line 1" in refusal()


@STRAY_MARK
@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(MARK + MARK + PATIENTS, 1, id="two at the start"),
        pytest.param(f"{PATIENTS}{MARK}P9,{CANARY},1960\n", 4, id="before a record"),
        pytest.param(f'{PATIENTS}{MARK}"P9",{CANARY},1960\n', 4, id="before a quote"),
        pytest.param(f'{PATIENTS}"{MARK}P9",{CANARY},1960\n', 4, id="in a quoted field"),
        pytest.param(PATIENTS + MARK + PATIENTS, 4, id="two files put together"),
        pytest.param(f'{PATIENTS}P8,"\n\n",1960\r\n{MARK}P9,{CANARY},1960\n', 7, id="behind a quoted line break"),
        pytest.param(f"{PATIENTS}{MANY}{MARK}P9,{CANARY},1960\n{MANY}", 20_004, id="far down"),
    ],
)
@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())], ids=["plain", "gzip"])
def test_a_stray_mark(exports: Exports, refusal: Refusal, content: str, line: int, pack: Callable[[str], bytes]) -> None:
    exports.full({"patients.csv": pack(content)})
    message = refusal()
    assert f"batch first, file patients.csv, line {line}: " in message
    assert "mark" in message or "quote" in message


@pytest.mark.fault(
    area="structure",
    fault="a CSV file cut at any byte of its last row",
    behaviour="refused where a field is lost; refused at every byte where batch.json states the sha256",
)
@pytest.mark.parametrize("is_stated", [True, False], ids=["sha256", "nothing stated"])
def test_a_file_that_is_cut(exports: Exports, refusal: Refusal, settings: Settings, is_stated: bool) -> None:
    last = f"P2,{CANARY},1955\n"
    whole = f"patient_id,sex,birth_date\nP1,F,1960-01-02\n{last}".encode()
    start, last_field = len(whole) - len(last.encode()), whole.rindex(b",")
    said = {"rows": 2, "sha256": hashlib.sha256(whole).hexdigest()} if is_stated else {}
    batch = exports.full({"patients.csv": whole}, files={"patients.csv": said})
    cuts = range(start, len(whole)) if is_stated else range(start + 1, last_field + 1)
    for cut in cuts:
        (batch / "patients.csv").write_bytes(whole[:cut])
        assert "batch first, file patients.csv" in refusal(is_mended=False)
    (batch / "patients.csv").write_bytes(whole)
    assert land(settings).new == ("first",)


@pytest.mark.fault(
    area="structure", fault="a quote that opens gigabytes of text", behaviour="refused after the first 16 million characters"
)
def test_an_open_quote_does_not_read_on_for_ever() -> None:
    read = 0

    def endless() -> Iterator[Block]:
        nonlocal read
        yield Block(b'a,b\n1,"open\n', 1, 2)
        while read < 20 * LONGEST_FIELD:
            read += BLOCK_BYTES
            yield Block((b"x" * 63 + b"\n") * (BLOCK_BYTES // 64), 3, BLOCK_BYTES // 64)

    records = TextRecords(endless(), Dialect(), Findings("batch", "file"))
    records.read_header()
    with pytest.raises(FileProblem) as caught:
        list(records.chunks([0, 1]))
    assert caught.value.problem.line == 2
    assert read <= LONGEST_FIELD + BLOCK_BYTES


@pytest.mark.fault(area="structure", fault="a field of 16 million characters, quoted or not", behaviour="refused, line named")
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_very_long_field(exports: Exports, refusal: Refusal, quote: str) -> None:
    exports.full({"patients.csv": f"{PATIENTS}P9,F,{quote}{'9' * (LONGEST_FIELD + 1)}{quote}\n"})
    assert "batch first, file patients.csv, line 4: has a field of more than 16 million characters" in refusal()


@pytest.mark.fault(area="structure", fault="a header only", behaviour="taken; a note says that a full batch empties the table")
@pytest.mark.parametrize("header", ["patient_id,sex,birth_date\n", "patient_id,sex,birth_date"])
def test_a_header_only(exports: Exports, settings: Settings, header: str) -> None:
    exports.full({"patients.csv": header})
    exports.batch("delta", {"patients.csv": header}, mode="delta", exported_at="2023-02-01")
    assert land(settings).notes == ("first: patients.csv holds no record, and replaces all older rows of its table",)


EMPTY = pytest.mark.fault(area="packing", fault="gzip without a byte, and of nothing", behaviour="refused as empty")


@EMPTY
@pytest.mark.parametrize(
    "content", [b"", gzip.compress(b"", mtime=0), gzip.compress(b" \n\n", mtime=0)], ids=["nothing", "packed", "blank"]
)
def test_an_empty_gzip_file(exports: Exports, refusal: Refusal, content: bytes) -> None:
    exports.full({"labs.csv.gz": content})
    assert "batch first, file labs.csv.gz: is empty" in refusal()


@pytest.mark.fault(
    area="packing", fault="gzip cut at any byte, or with any byte changed", behaviour="refused, or the same text to the byte"
)
def test_gzip_of_which_any_byte_is_damaged() -> None:
    text = (PATIENTS * 3).encode()
    packed = gzip.compress(text, mtime=0)
    damaged = [packed[:end] for end in range(len(packed))]
    damaged += [packed[:place] + bytes([packed[place] ^ 0x55]) + packed[place + 1 :] for place in range(len(packed))]
    refused = 0
    for data in damaged:
        try:
            assert b"".join(unpacked(iter([data]), must_be_gzip=True)) == text
        except FileProblem:
            refused += 1
    assert refused > 0.9 * len(damaged)


@pytest.mark.fault(area="packing", fault="Parquet with a byte of its pages changed", behaviour="refused where its pages have checksums")
def test_parquet_of_which_a_byte_is_damaged(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "patients.parquet"
    columns = {"patient_id": [f"P{number}" for number in range(50)], "sex": ["F"] * 50, "birth_date": ["1960-01-02"] * 50}
    pq.write_table(pa.table(columns), path, compression="none", write_page_checksum=True)
    sound, source = path.read_bytes(), read_source(settings)
    table = next(table for table in source.tables if table.name == "patients")
    places = [sound.index(b"P7"), sound.index(b"P49"), sound.index(b"1960-01-02")]
    for place in places:
        path.write_bytes(sound[:place] + b"\xff" + sound[place + 1 :])
        findings = Findings("first", path.name)
        land_file(
            Delivery(source, table, "first", path.name, path, None, is_delta=False), tmp_path / "landed", findings, lambda amount: None
        )
        assert [problem.what for problem in findings.problems] == ["is not a readable Parquet file (damaged or cut short)"]
