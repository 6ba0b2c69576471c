"""Every way in which a delivery is refused: the exit code, the place in the message, no value, nothing kept."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.landing import delivered, land
from pipeline.landing import tables as landing_tables
from pipeline.landing.records import LONGEST_FIELD
from pipeline.settings import Settings
from tests.landing.exports import CANARY, FULL_TABLES, Exports, landed_folders, load_landed

Refusal = Callable[..., str]
PATIENTS = FULL_TABLES["patients.csv"]
BAD = f"P9,{CANARY},1960-01-02"

A_FIELD_OFF = pytest.mark.fault(area="structure", fault="a row with a field too many or too few", behaviour="refused, line named")
OPEN_QUOTE = pytest.mark.fault(area="structure", fault="a quote that is never closed", behaviour="refused, the line named where it starts")
WILD_QUOTE = pytest.mark.fault(area="structure", fault="text behind a closing quote", behaviour="refused, line named")
ENDLESS_FIELD = pytest.mark.fault(area="structure", fault="a field or line without end", behaviour="refused in bounded memory")
COLUMN_GONE = pytest.mark.fault(area="columns", fault="a required column missing", behaviour="refused, column named")
COLUMN_TWICE = pytest.mark.fault(area="columns", fault="a column delivered twice", behaviour="refused, both named by their number")
NO_HEADER = pytest.mark.fault(area="columns", fault="no header line", behaviour="refused, and asked for; the first row is not quoted")
EMPTY = pytest.mark.fault(area="files", fault="an empty file, not a byte", behaviour="refused as empty")
BAD_BYTE = pytest.mark.fault(area="encoding", fault="a damaged byte in UTF-8 text", behaviour="refused, line named")
NUL = pytest.mark.fault(area="encoding", fault="NUL characters, in text or Parquet", behaviour="refused, line named where there is one")
UTF_16 = pytest.mark.fault(area="encoding", fault="UTF-16, with and without its mark", behaviour="refused as UTF-16")


def utf_8(text: str) -> bytes:
    return text.encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(PATIENTS + BAD + ",more\n", ["line 4", "4 fields where the header has 3"], id="too many fields", marks=A_FIELD_OFF),
        pytest.param(PATIENTS + f"P9,{CANARY}\n", ["line 4", "2 fields where the header has 3"], id="too few fields", marks=A_FIELD_OFF),
        pytest.param(PATIENTS + f'P9,"{CANARY},1960\n', ["line 4", "never closed"], id="unterminated quote", marks=OPEN_QUOTE),
        pytest.param(PATIENTS + f'P9,"{CANARY}"x,1960\n', ["line 4", "quote"], id="text after a quote", marks=WILD_QUOTE),
        pytest.param(f'patient_id,sex,birth_date\n"P\n1",F,1960\nP9,{CANARY}\n', ["line 4"], id="line after a quoted line break"),
        pytest.param(
            f"patient_id,birth_date\nP9,{CANARY}\n", ["column sex", "line 1", "lacks a required column"], id="column", marks=COLUMN_GONE
        ),
        pytest.param(
            f"sex,birth_date\n{CANARY},1960\n", ["column patient_id", "lacks a required column"], id="key column", marks=COLUMN_GONE
        ),
        pytest.param(
            f"patient_id,sex,birth_date, SEX \n{BAD},F\n",
            ["column sex", "line 1", "twice", "columns 2 and 4"],
            id="column twice",
            marks=COLUMN_TWICE,
        ),
        pytest.param(
            f"patient_id,sex,birth_date,{CANARY},{CANARY}\nP1,F,1,2,3\n",
            ["line 1", "columns 4 and 5"],
            id="unknown twice",
            marks=COLUMN_TWICE,
        ),
        pytest.param(f"{BAD}\n", ["column patient_id", "header line?"], id="no header", marks=NO_HEADER),
        pytest.param("", ["is empty"], id="empty file", marks=EMPTY),
        pytest.param(utf_8(PATIENTS + f"P9,{CANARY}") + b"\xff,1960\n", ["line 4", "not utf-8"], id="undecodable byte", marks=BAD_BYTE),
        pytest.param(utf_8(PATIENTS + BAD) + b"\0\n", ["line 4", "NUL"], id="NUL byte", marks=NUL),
        pytest.param(
            PATIENTS + f'P9,"{CANARY}' + "x" * LONGEST_FIELD, ["line 4", "16 million characters"], id="endless field", marks=ENDLESS_FIELD
        ),
        pytest.param((PATIENTS + BAD + "\n").encode("utf-16"), ["line 1", "UTF-16"], id="UTF-16", marks=UTF_16),
        pytest.param((PATIENTS + BAD + "\n").encode("utf-16-le"), ["line 1", "UTF-16"], id="UTF-16 without mark", marks=UTF_16),
    ],
)
def test_a_broken_csv_file_is_refused(exports: Exports, refusal: Refusal, content: str | bytes, expected: list[str]) -> None:
    exports.full({"patients.csv": content})
    message = refusal()
    for part in ["batch first", "file patients.csv", *expected]:
        assert part in message


@ENDLESS_FIELD
def test_an_endless_line_is_refused(exports: Exports, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivered, "LONGEST_LINE_BYTES", delivered.READ_BYTES)
    exports.full({"patients.csv": CANARY * delivered.READ_BYTES})
    assert "batch first, file patients.csv: has a line of more than 1 MiB" in refusal()


def cut(data: bytes) -> bytes:
    return data[:-12]


def with_wrong_crc(data: bytes) -> bytes:
    return data[:-8] + bytes([data[-8] ^ 1]) + data[-7:]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        pytest.param(
            cut, "cut short", id="cut short", marks=pytest.mark.fault(area="packing", fault="gzip that is cut short", behaviour="refused")
        ),
        pytest.param(
            with_wrong_crc,
            "damaged",
            id="wrong CRC",
            marks=pytest.mark.fault(area="packing", fault="gzip whose CRC is wrong", behaviour="refused"),
        ),
        pytest.param(
            lambda data: data + b"more",
            "damaged",
            id="something after it",
            marks=pytest.mark.fault(area="packing", fault="gzip with something behind it", behaviour="refused"),
        ),
        pytest.param(
            gzip.decompress,
            "not gzip data",
            id="plain",
            marks=pytest.mark.fault(area="packing", fault="a file that isn't what its name says", behaviour="refused, its right name told"),
        ),
    ],
)
def test_a_broken_gzip_file_is_refused(exports: Exports, refusal: Refusal, damage: Callable[[bytes], bytes], expected: str) -> None:
    labs = "lab_id,patient_id,collected_on,analyte,value_text\n" + f"L1,P1,2020-01-01,CEA,{CANARY}\n" * 50
    exports.full({"labs.csv.gz": damage(gzip.compress(labs.encode()))})
    message = refusal()
    assert "batch first, file labs.csv.gz" in message
    assert expected in message


def parquet(folder: Path, **columns: list[object] | pa.Array) -> bytes:
    pq.write_table(pa.table(columns), folder / "made.parquet")
    return (folder / "made.parquet").read_bytes()


@pytest.mark.fault(area="packing", fault="Parquet that is cut short", behaviour="refused")
def test_a_broken_parquet_file_is_refused(exports: Exports, refusal: Refusal, tmp_path: Path) -> None:
    data = parquet(tmp_path, specimen_id=[CANARY], patient_id=["P1"], collected_on=["2020-01-01"])
    exports.full({"specimens.parquet": data[:-20]})
    assert "batch first, file specimens.parquet: is not a readable Parquet file" in refusal()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{CANARY}\0", marks=NUL),
        pytest.param(
            f"{CANARY}".encode("gb18030"),
            marks=pytest.mark.fault(
                area="encoding", fault="bytes in Parquet that are no UTF-8 text", behaviour="refused, column named by its number"
            ),
        ),
    ],
)
def test_a_parquet_value_that_is_no_text_is_refused(exports: Exports, refusal: Refusal, tmp_path: Path, text: str | bytes) -> None:
    data = parquet(tmp_path, specimen_id=[text], patient_id=["P1"], collected_on=["2020-01-01"])
    exports.full({"specimens.parquet": data})
    assert "batch first, file specimens.parquet, column 1: holds" in refusal()


@pytest.mark.fault(area="packing", fault="a file that isn't what its name says", behaviour="refused, its right name told")
def test_a_parquet_file_named_csv_is_refused(exports: Exports, refusal: Refusal, tmp_path: Path) -> None:
    data = parquet(tmp_path, specimen_id=[CANARY], patient_id=["P1"], collected_on=["2020-01-01"])
    exports.full({"specimens.csv": data})
    assert "name it .parquet" in refusal()


@pytest.mark.fault(
    area="batch.json",
    fault="counts and checksums that differ or are none (negative, yes/no, no hexadecimals)",
    behaviour="refused, both counts told",
)
@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"rows": 3}, "has 2 records where batch.json says 3"),
        ({"sha256": "0" * 64}, "sha256 differs"),
        ({"rows": -1}, "rows of patients.csv is not a count"),
        ({"rows": True}, "rows of patients.csv is not a count"),
        ({"sha256": "abc"}, "sha256 of patients.csv is not 64 hexadecimal digits"),
        ([], "rows of patients.csv is not a count"),
    ],
)
def test_what_batch_json_states_of_a_file_must_hold(exports: Exports, refusal: Refusal, stated: object, expected: str) -> None:
    exports.full(files={"patients.csv": stated})
    message = refusal()
    assert "batch first" in message
    assert expected in message


def test_a_wrong_checksum_comes_before_what_it_explains(exports: Exports, refusal: Refusal) -> None:
    exports.full({"patients.csv": f"{PATIENTS}P9,{CANARY}\n"}, files={"patients.csv": {"rows": 3, "sha256": "0" * 64}})
    message = refusal()
    assert message.index("sha256 differs") < message.index("line 4")


@pytest.mark.fault(area="batch.json", fault="a stated checksum of a file of no table", behaviour="verified all the same")
def test_a_stated_checksum_holds_for_a_file_of_no_table_too(exports: Exports, refusal: Refusal) -> None:
    exports.full({"notes.txt": CANARY}, files={"notes.txt": {"sha256": "0" * 64}})
    assert "file notes.txt: is not the file that batch.json describes" in refusal()


@pytest.mark.fault(
    area="batch.json", fault="a key that says nothing possible, or a path (`../`, absolute)", behaviour="refused, with what to write"
)
@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ({"batch_id": ""}, "batch_id is missing or no text"),
        ({"batch_id": 7}, "batch_id is missing or no text"),
        ({"batch_id": "../first"}, "batch_id looks like a path"),
        ({"batch_id": ".."}, "batch_id looks like a path"),
        ({"batch_id": "a\nb"}, "control characters"),
        ({"batch_id": "\ud800"}, "control characters"),
        ({"batch_id": "x" * 201}, "longer than 200"),
        ({"exported_at": "15/01/2023"}, "exported_at is not an ISO time"),
        ({"exported_at": ""}, "exported_at is not an ISO time"),
        ({"exported_at": 20230115}, "exported_at is not an ISO time"),
        ({"exported_at": "0001-01-01T00:00:00+14:00"}, "exported_at is not an ISO time"),
        ({"mode": "incremental"}, "mode is neither full nor delta"),
        ({"mode": None}, "mode is neither full nor delta"),
        ({"mode": ["full"]}, "mode is neither full nor delta"),
        ({"encoding": "gbk"}, "includes GBK"),
        ({"encoding": ["utf-8"]}, "encoding is none"),
        ({"date_order": "ymd"}, "date_order is neither mdy nor dmy"),
        ({"data": "demo"}, "data is neither synthetic nor real"),
        ({"files": ["patients.csv"]}, "files is not an object"),
        ({"files": {"../patients.csv": {}}}, "outside of the batch folder"),
        ({"files": {"/etc/passwd": {}}}, "outside of the batch folder"),
        ({"files": {"..\\patients.csv": {}}}, "outside of the batch folder"),
        ({"files": {"labs.csv": {"rows": 1}}}, "file labs.csv: is named in batch.json, but isn't there"),
    ],
)
def test_a_faulty_batch_json_is_refused(exports: Exports, refusal: Refusal, head: Mapping[str, object], expected: str) -> None:
    exports.full({"patients.csv": f"{PATIENTS}{BAD}\n"}, **head)
    message = refusal()
    assert "batch first" in message
    assert expected in message


@pytest.mark.fault(
    area="batch.json",
    fault="no JSON object, a key twice, 100,000 levels deep, not UTF-8",
    behaviour="refused, line named where there is one",
)
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"batch_id": "x",\n}', "line 2: is not valid JSON"),
        (b'{"batch_id": "x", "batch_id": "y"}', "gives a key twice"),
        (b"[]", "not a JSON object"),
        (b"\xff", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_batch_json_that_is_no_json_object_is_refused(exports: Exports, refusal: Refusal, content: bytes, expected: str) -> None:
    exports.full({"batch.json": content}, has_head=False)
    message = refusal()
    assert "batch first, file batch.json" in message
    assert expected in message


@pytest.mark.fault(area="batches", fault="a folder without batch.json and day", behaviour="refused, with what to name it")
def test_a_folder_without_batch_json_and_day_is_refused(exports: Exports, refusal: Refusal) -> None:
    exports.full(name="january", has_head=False)
    message = refusal()
    assert "batch january" in message
    assert "2023-01-15_full" in message


def test_a_dated_folder_without_a_table_is_refused(exports: Exports, refusal: Refusal) -> None:
    exports.batch("2023-01-15_full", {"Patients.xlsx": b"PK"}, has_head=False)
    assert "holds no file of a known table" in refusal()


def test_the_first_full_batch_must_hold_the_required_tables(exports: Exports, refusal: Refusal) -> None:
    exports.batch("first", {name: FULL_TABLES[name] for name in ("patients.csv", "diagnoses.csv", "medications.csv")})
    message = refusal()
    assert "batch first: lacks the required table biomarkers" in message
    assert "batch first: lacks the required table assessments" in message


@pytest.mark.fault(area="batches", fault="an older full batch that comes late and lacks tables", behaviour="refused: it is the first one")
def test_an_older_full_batch_that_comes_late_is_the_first_one(exports: Exports, refusal: Refusal, settings: Settings) -> None:
    exports.full(name="february", exported_at="2023-02-15T00:00:00Z")
    land(settings)
    exports.batch("january", {"patients.csv": PATIENTS}, exported_at="2023-01-15T00:00:00Z")
    assert "batch january: lacks the required table diagnoses" in refusal()


@pytest.mark.fault(area="files", fault="a table in two files", behaviour="refused, both named")
def test_a_table_given_twice_is_refused(exports: Exports, refusal: Refusal) -> None:
    exports.full({"patients.csv.gz": gzip.compress(PATIENTS.encode())})
    assert "batch first, file patients.csv.gz: gives table patients again (also in patients.csv)" in refusal()


LINK_OUT = pytest.mark.fault(area="names", fault="a link out of the folder: table, batch.json, batch", behaviour="refused")


@LINK_OUT
def test_a_link_out_of_the_batch_is_refused(exports: Exports, refusal: Refusal, tmp_path: Path) -> None:
    folder = exports.full()
    (tmp_path / "secret.csv").write_text(f"{PATIENTS}{BAD}\n")
    (folder / "patients.csv").unlink()
    (folder / "patients.csv").symlink_to(tmp_path / "secret.csv")
    assert "batch first, file patients.csv: is a link that leads out" in refusal()


@LINK_OUT
def test_a_batch_json_or_batch_that_is_a_link_out_is_refused(exports: Exports, refusal: Refusal, tmp_path: Path) -> None:
    folder = exports.full()
    shutil.move(folder / "batch.json", tmp_path / "batch.json")
    (folder / "batch.json").symlink_to(tmp_path / "batch.json")
    assert "file batch.json: is no file of this folder" in refusal()
    shutil.move(folder, tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert "leads out of EXPORTS" in refusal()


def test_a_link_inside_the_batch_is_fine(exports: Exports, settings: Settings) -> None:
    folder = exports.full()
    (folder / "tables").mkdir()
    shutil.move(folder / "patients.csv", folder / "tables" / "p.csv")
    (folder / "patients.csv").symlink_to("tables/p.csv")
    assert land(settings).new == ("first",)


@pytest.mark.fault(
    area="files", fault="a named pipe, a folder or a dead link in the place of a table", behaviour="refused at once, nothing hangs"
)
def test_what_is_no_plain_file_is_refused(exports: Exports, refusal: Refusal) -> None:
    folder = exports.full()
    os.mkfifo(folder / "labs.csv")
    assert "batch first, file labs.csv: is not a plain file" in refusal()


OTHER_CONTENT = pytest.mark.fault(
    area="batches", fault="a known batch_id with other content", behaviour="refused: what is loaded never changes"
)


@OTHER_CONTENT
def test_a_known_batch_with_other_content_is_refused(exports: Exports, refusal: Refusal, settings: Settings) -> None:
    folder = exports.full()
    land(settings)
    (folder / "patients.csv").write_text(f"{PATIENTS}{BAD}\n")
    message = refusal()
    assert "batch first: is known with other content" in message


@OTHER_CONTENT
@pytest.mark.parametrize(("key", "value"), [("encoding", "gb18030"), ("date_order", "mdy"), ("data", "real"), ("mode", "delta")])
def test_other_content_is_everything_that_decides_how_it_reads(
    exports: Exports, refusal: Refusal, settings: Settings, key: str, value: str
) -> None:
    folder = exports.full()
    land(settings)
    head = json.loads((folder / "batch.json").read_text())
    (folder / "batch.json").write_text(json.dumps(head | {key: value}))
    assert "batch first" in refusal()


@OTHER_CONTENT
def test_one_id_for_two_new_batches_is_refused(exports: Exports, refusal: Refusal) -> None:
    exports.full(name="one", batch_id="same")
    exports.full({"patients.csv": f"{PATIENTS}{BAD}\n"}, name="two", batch_id="same")
    assert "batch same: is known with other content" in refusal()


@pytest.mark.fault(area="batches", fault="synthetic and real batches together", behaviour="refused")
def test_synthetic_and_real_data_never_mix(exports: Exports, refusal: Refusal, settings: Settings) -> None:
    exports.full(name="one")
    exports.full(name="two", exported_at="2023-02-15", data=None)
    assert "batch two: is real data, but batch one is synthetic" in refusal()
    shutil.rmtree(exports.folder / "two")
    land(settings)
    exports.full(name="two", exported_at="2022-02-15", data="real")
    assert "batch two: is real data, but batch one is synthetic" in refusal()


def test_real_data_need_a_salt(exports: Exports, refusal: Refusal, settings: Settings, tmp_path: Path) -> None:
    exports.full(data=None)
    assert "PSEUDONYM_SALT" in refusal(exit_code=2)
    salted = Settings(exports=settings.exports, warehouse=tmp_path / "salted", pseudonym_salt="grain of salt")
    assert land(salted).data_kind == "real"
    with pytest.raises(Exception, match="PSEUDONYM_SALT"):
        land(Settings(exports=settings.exports, warehouse=tmp_path / "salted"))


@pytest.mark.fault(area="batches", fault="one bad batch among good ones", behaviour="none is loaded")
def test_one_bad_batch_keeps_the_good_ones_out(exports: Exports, refusal: Refusal) -> None:
    exports.full()
    exports.batch("second", {"patients.csv": f"patient_id,sex,birth_date\n{BAD},\n"}, exported_at="2023-02-01", mode="delta")
    message = refusal()
    assert message.startswith("Batch refused: second")


def test_all_problems_of_a_batch_are_told_the_first_one_first(exports: Exports, refusal: Refusal) -> None:
    exports.full({"medications.csv": f"order_id,patient_id\nO1,{CANARY},x\n", "patients.csv": f"{PATIENTS}P9,{CANARY}\n"})
    message = refusal()
    places = ["file medications.csv, line 1, column drug_name", "file medications.csv, line 2", "file patients.csv, line 4"]
    found = [message.index(place) for place in places]
    assert found == sorted(found)


def test_ten_problems_of_a_file_are_enough(exports: Exports, refusal: Refusal) -> None:
    exports.full({"patients.csv": PATIENTS + f"P9,{CANARY}\n" * 1000})
    message = refusal()
    assert "line 13" in message
    assert "line 14" not in message


@pytest.mark.parametrize("rows_alive", [0, 1])
def test_a_delta_of_tombstones_may_lack_required_columns(exports: Exports, refusal: Refusal, settings: Settings, rows_alive: int) -> None:
    exports.full()
    tombstones = "patient_id,updated_at,is_deleted\nP1,2023-01-01,Y\nP2,,是\nP3,,TRUE\nP4,,１\n" + f"{CANARY},,\n" * rows_alive
    exports.batch("delta", {"patients.csv": tombstones}, mode="delta", exported_at="2023-02-01")
    if rows_alive:
        assert "batch delta, file patients.csv, line 6, column sex: lacks a required column" in refusal()
    else:
        assert land(settings).new == ("first", "delta")


def test_a_full_batch_of_tombstones_must_have_every_required_column(exports: Exports, refusal: Refusal) -> None:
    exports.full({"patients.csv": f"patient_id,updated_at,is_deleted\n{CANARY},,Y\n"})
    assert "column sex" in refusal()


WRONG_ENCODING = pytest.mark.fault(
    area="encoding", fault="an encoding that batch.json states wrongly", behaviour="refused, the right one told"
)


@WRONG_ENCODING
def test_declared_gb18030_that_is_utf_8_is_refused_with_a_hint(exports: Exports, refusal: Refusal) -> None:
    exports.full({"patients.csv": f"patient_id,sex,birth_date\nP1,男,1960\nP2,{CANARY},1\n"}, encoding="gb18030")
    message = refusal()
    assert "file patients.csv, line 2: holds bytes that are not gb18030" in message
    assert '"encoding": "utf-8"' in message


@WRONG_ENCODING
def test_declared_utf_8_that_is_gb18030_is_refused_with_a_hint(exports: Exports, refusal: Refusal) -> None:
    text = f"patient_id,sex,birth_date\nP1,F,1960\nP2,{CANARY},1\n"
    exports.full({"patients.csv": text.encode("gb18030")}, encoding="utf-8")
    message = refusal()
    assert "line 3" in message
    assert '"encoding": "gb18030"' in message


CHANGES = pytest.mark.fault(area="files", fault="a file that changes while it is read", behaviour="refused, with the advice to wait")


@CHANGES
def test_a_file_that_changes_while_it_is_read_is_refused(exports: Exports, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = exports.full()
    real = delivered.DeliveredFile.raw_blocks

    def growing(self: delivered.DeliveredFile):
        yield from real(self)
        with (folder / "patients.csv").open("a") as file:
            file.write(f"{BAD}\n")

    monkeypatch.setattr(landing_tables.DeliveredFile, "raw_blocks", growing)
    assert "file patients.csv: changed while it was read" in refusal()


@pytest.mark.fault(area="files", fault="no permission to read a file", behaviour="refused, the reason told")
def test_an_unreadable_file_is_refused(exports: Exports, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = exports.full()
    real = Path.open

    def denied(self: Path, *arguments: object, **options: object) -> object:
        if self == folder / "patients.csv":
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", denied)
    assert "file patients.csv: can't be read (Permission denied)" in refusal()


@pytest.mark.fault(area="batches", fault="table files beside batch folders", behaviour="refused")
def test_table_files_beside_batch_folders_are_refused(exports: Exports, refusal: Refusal) -> None:
    exports.full()
    (exports.folder / "patients.csv").write_text(f"{PATIENTS}{BAD}\n")
    assert "both the files of a batch and batch folders" in refusal()


def test_exports_without_a_batch_are_refused(exports: Exports, refusal: Refusal, settings: Settings) -> None:
    assert "EXPORTS names a folder that isn't there" in refusal(exit_code=2)
    exports.folder.mkdir()
    assert "EXPORTS holds no batch" in refusal(exit_code=2)
    assert "EXPORTS is not set" in refusal(exit_code=2, where=Settings(warehouse=settings.warehouse))


def test_a_damaged_warehouse_is_told(exports: Exports, refusal: Refusal, settings: Settings) -> None:
    exports.full()
    land(settings)
    folder = settings.raw / landed_folders(settings)[0]
    (folder / "patients.parquet").unlink()
    assert str(folder) in refusal(exit_code=6)
    shutil.rmtree(folder)
    assert land(settings).new == ("first",)


def test_a_warehouse_of_another_source_is_refused(exports: Exports, refusal: Refusal, settings: Settings) -> None:
    exports.full()
    land(settings)
    manifest = settings.raw / landed_folders(settings)[0] / "landed.json"
    manifest.write_text(manifest.read_text().replace('"hospital"', '"omop"'))
    assert "SOURCE=omop" in refusal(exit_code=6)


def test_a_full_disk_is_told_as_such(exports: Exports, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    exports.full()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "ParquetWriter", full)
    assert "No space left on device" in refusal(exit_code=6)


def test_the_work_folder_is_private_and_left_overs_go(exports: Exports, settings: Settings) -> None:
    exports.full()
    left_over = settings.raw / ".incoming-4711" / "0"
    left_over.mkdir(parents=True)
    (left_over / "patients.parquet").write_text(CANARY)
    land(settings)
    assert len(landed_folders(settings)) == 1
    assert stat.S_IMODE(settings.work.stat().st_mode) == 0o700


def test_the_checksum_is_of_the_bytes_as_delivered(exports: Exports, settings: Settings) -> None:
    data = gzip.compress(PATIENTS.encode())
    digest = hashlib.sha256(data).hexdigest()
    files = {**FULL_TABLES, "patients.csv.gz": data}
    files.pop("patients.csv")
    exports.batch("first", files, files={"patients.csv.gz": {"rows": 2, "sha256": digest.upper()}})
    assert digest in {file.sha256 for file in land(settings).batches[0].files}
    assert load_landed(settings).batches == land(settings).batches
