"""What gets in, in every form that the contract allows, and what it looks like once it has landed."""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
import json
import os
import random
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import UsageError, WarehouseError
from pipeline.landing import PUBLIC_SALT_OF_SYNTHETIC_DATA, delivered, land, read_source, register_raw
from pipeline.settings import Settings
from tests.landing.exports import FULL_TABLES, Exports, landed_folders, landed_rows, load_landed

Rows = Callable[..., list[dict[str, object]]]
CHINESE = "patient_id,name,sex,birth_date,smoking_status\nP1,张三,女,1960年1月2日,从不吸烟\nP2,李四,男,1955-05-06,已戒烟\n"


def test_every_contract_column_is_there_as_text_and_never_null(exports: Exports, rows: Rows) -> None:
    exports.full({"patients.csv": "patient_id,sex,birth_date\nP1,,1960\n"})
    (row,) = rows("hospital_patients")
    empty = dict.fromkeys(["name", "national_id", "sex", "phone", "address", "smoking_status", "updated_at", "is_deleted"], "")
    technical = {"_batch_id": "first", "_file": "patients.csv", "_line": 2, "_delivered": None, "_unknown": None}
    assert row == {"patient_id": "P1", "birth_date": "1960", **empty, **technical}


def test_every_declared_table_is_a_relation_also_where_nothing_has_landed(exports: Exports, settings: Settings) -> None:
    exports.full()
    landed = land(settings)
    for table in read_source(settings).tables:
        expected = 1 + (table.name == "patients") if f"{table.name}.csv" in FULL_TABLES else 0
        assert len(landed_rows(settings, landed, table.identifier)) == expected
    with duckdb.connect(settings.work / "work.duckdb") as connection:
        types = connection.execute("select distinct column_name like '\\_line' escape '\\', data_type from information_schema.columns "
                                   "where table_schema = 'raw' and table_name like 'hospital%' order by all").fetchall()  # fmt: skip
    assert types == [(False, "VARCHAR"), (True, "BIGINT")]


@pytest.mark.parametrize(
    ("content", "head"),
    [
        pytest.param(CHINESE.encode(), {}, id="UTF-8"),
        pytest.param(CHINESE.encode(), {"encoding": "UTF-8"}, id="declared UTF-8"),
        pytest.param(CHINESE.encode("utf-8-sig"), {}, id="UTF-8 with mark"),
        pytest.param(CHINESE.encode("gb18030"), {"encoding": "gb18030"}, id="GB18030"),
        pytest.param(b"\x84\x31\x95\x33" + CHINESE.encode("gb18030"), {"encoding": "gb18030"}, id="GB18030 with mark"),
        pytest.param(
            CHINESE.encode("gb18030"),
            {},
            id="GB18030 that nobody declared",
            marks=pytest.mark.fault(
                area="encoding", fault="GB18030 that nobody declared", behaviour="read where it is beyond doubt, with a note"
            ),
        ),
        pytest.param(CHINESE.replace("\n", "\r\n").encode(), {}, id="CRLF"),
        pytest.param(
            CHINESE.replace("\n", "\r").encode(),
            {},
            id="CR",
            marks=pytest.mark.fault(area="structure", fault="lines that end with CR alone", behaviour="read line by line"),
        ),
        pytest.param(CHINESE.removesuffix("\n").encode(), {}, id="no last line break"),
        pytest.param(CHINESE.replace("P1,", '"P1",').replace("name", '"name"').encode("utf-8-sig"), {}, id="quoted"),
        pytest.param(CHINESE.replace("patient_id,name", " Patient_ID\t,ＮＡＭＥ").replace("sex", '" SEX "').encode(), {}, id="header"),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True])
def test_text_in_every_allowed_form_gives_the_same_rows(
    exports: Exports, rows: Rows, content: bytes, head: dict[str, object], is_packed: bool
) -> None:
    exports.full({"patients.csv": gzip.compress(content) if is_packed else content}, **head)
    first, second = rows("hospital_patients")
    assert (first["patient_id"], first["name"], first["sex"], first["_line"]) == ("P1", "张三", "女", 2)
    assert (second["name"], second["smoking_status"], second["_line"]) == ("李四", "已戒烟", 3)


def test_an_encoding_that_was_found_out_is_noted(exports: Exports, settings: Settings) -> None:
    exports.full({"patients.csv": CHINESE.encode("gb18030")})
    assert "first: patients.csv is read as GB18030, which its batch doesn't say" in land(settings).notes


@pytest.mark.parametrize(
    ("data", "is_plain"),
    [
        ("肺腺癌，ALK 重排（＋），克唑替尼".encode("gb18030"), True),
        ("男".encode("gb18030"), True),
        ("肺腺癌，ALK 重排（＋），克唑替尼".encode(), False),
        ("肺腺癌，ALK 重排（＋）".encode()[:-1] + b"x", False),
        ("café, naïve".encode("latin-1"), False),
        (b"\xe9\xe8", False),
        (b"\xff\xfe", False),
        (b"ascii", False),
    ],
)
def test_only_what_is_beyond_doubt_is_taken_for_gb18030(data: bytes, is_plain: bool) -> None:
    assert delivered.is_plainly_gb18030(data) is is_plain


@pytest.mark.fault(area="packing", fault="gzip in several members, padded with zeros", behaviour="read to its end")
def test_gzip_may_come_in_members_and_be_padded_with_zeros(exports: Exports, rows: Rows) -> None:
    head, body = CHINESE.encode()[:30], CHINESE.encode()[30:]
    files = {**FULL_TABLES, "patients.csv.gz": gzip.compress(head) + gzip.compress(body) + bytes(512)}
    files.pop("patients.csv")
    exports.batch("first", files)
    assert [row["name"] for row in rows("hospital_patients")] == ["张三", "李四"]


def test_a_well_packed_file_is_read_in_bounded_pieces(exports: Exports, settings: Settings) -> None:
    line = "L1,P1,2020-01-01,CEA,5.1\n"
    count = (2 * delivered.BLOCK_BYTES) // len(line) + 1
    exports.full({"labs.csv.gz": gzip.compress(b"lab_id,patient_id,collected_on,analyte,value_text\n" + line.encode() * count)})
    landed = land(settings)
    assert {file.rows for file in landed.batches[0].files if file.table_name == "labs"} == {count}
    with duckdb.connect() as connection:
        path = settings.raw / landed.batches[0].folder_name / "labs.parquet"
        assert connection.execute("select count(distinct _line), min(_line), max(_line) from read_parquet(?)", [str(path)]).fetchone() == (
            count,
            2,
            count + 1,
        )


def test_typed_parquet_columns_become_text(exports: Exports, rows: Rows, tmp_path: Path) -> None:
    columns = {
        "Order_ID ": pa.array([1, 2]),
        "patient_id": pa.array([1.0, None]),
        "drug_name": pa.array(["　crizotinib", None]).dictionary_encode(),
        "drug_code": pa.array([b"L01ED01", None]),
        "dose": pa.array([0.1, float("nan")], pa.float32()),
        "dose_unit": pa.array([Decimal("5.00"), Decimal("5.10")]),
        "route": pa.nulls(2),
        "started_on": pa.array([dt.date(2021, 3, 5), None]),
        "ended_on": pa.array([dt.datetime(2021, 3, 5), dt.datetime(2021, 3, 5, 1, 2, 3, 400)]),
        "status": pa.array(["completed", "active"], pa.large_string()),
        "updated_at": pa.array([dt.datetime(2021, 3, 5, 16), None], pa.timestamp("us", tz="Asia/Shanghai")),
        "is_deleted": pa.array([True, False]),
        "remark": pa.array([["a", "b"], None]),
    }
    pq.write_table(pa.table(columns), tmp_path / "made.parquet")
    files = {**FULL_TABLES, "medications.parquet": (tmp_path / "made.parquet").read_bytes()}
    files.pop("medications.csv")
    exports.batch("first", files, files={"medications.parquet": {"rows": 2}})
    first, second = rows("hospital_medications")
    names = ["order_id", "patient_id", "drug_name", "drug_code", "dose", "dose_unit", "route", "started_on", "ended_on"]
    names += ["status", "updated_at", "is_deleted", "_line", "_file", "_delivered", "_unknown"]
    delivered_text, unknown_text = '{"drug_name": "　crizotinib"}', json.dumps({"remark": '["a", "b"]'})
    assert [first[name] for name in names] == [
        *["1", "1", "crizotinib", "L01ED01", "0.1", "5", "", "2021-03-05", "2021-03-05 00:00:00", "completed"],
        *["2021-03-06 00:00:00", "true", 1, "medications.parquet", delivered_text, unknown_text],
    ]
    assert [second[name] for name in names] == [
        *["2", "", "", "", "", "5.10", "", "", "2021-03-05 01:02:03.0004", "active", "", "false", 2, "medications.parquet", None, None],
    ]


def test_normal_form_keeps_the_delivered_text_only_where_it_changed(exports: Exports, rows: Rows) -> None:
    biomarkers = (
        'test_id,patient_id,reported_on,test_name,result_text\nT1,P1, 2020-01-10 ,PD-L1,"ＴＰＳ　６０％\r\n"\nT2,P1,2020-01-11,ALK,（＋）\n'
    )
    biomarkers += "T3,P1,2020-01-12,ALK,positive\n"
    exports.full({"biomarkers.csv": biomarkers})
    first, second, third = rows("hospital_biomarkers")
    assert (first["reported_on"], first["result_text"], second["result_text"]) == ("2020-01-10", "TPS 60%", "(+)")
    assert first["_delivered"] == '{"reported_on": " 2020-01-10 ", "result_text": "ＴＰＳ　６０％\\r\\n"}'
    assert second["_delivered"] == '{"result_text": "（＋）"}'
    assert third["_delivered"] is None


@pytest.mark.fault(area="columns", fault="a column added", behaviour="kept as it came, ignored after the raw layer")
def test_unknown_columns_are_kept_as_delivered(exports: Exports, rows: Rows) -> None:
    exports.full({"patients.csv": "patient_id, Ward ,sex,,birth_date,_line\nP1, ＩＩ ,F,x,1960,9\nP2,,M,,1970,\n"})
    first, second = rows("hospital_patients")
    assert json.loads(str(first["_unknown"])) == {"Ward": " ＩＩ ", "#4": "x", "_line": "9"}
    assert (second["_unknown"], second["_line"]) == (None, 3)


def test_lines_are_physical_and_blank_ones_are_no_records(exports: Exports, rows: Rows) -> None:
    assessments = '\r\nassessment_id,patient_id,assessed_on,response_text,"impression\n_text"\n\nA1,P1,2021-01-10,PD,"one\ntwo\r\nthree"\n'
    assessments += "   \nA2,P1,2021-02-10,SD,x\n,,,,\nA3,P1,2021-03-10,PR,last"
    exports.full({"assessments.csv": assessments}, files={"assessments.csv": {"rows": 4}})
    assert [(row["assessment_id"], row["_line"]) for row in rows("hospital_assessments")] == [("A1", 5), ("A2", 9), ("", 10), ("A3", 11)]


@pytest.mark.fault(area="time", fault="export times in three time zones", behaviour="ordered by the instant, the day as written")
def test_batches_are_ranked_by_instant_then_id_and_keep_their_own_day(exports: Exports, settings: Settings) -> None:
    exports.full(name="b", exported_at="2023-01-15T02:00:00+08:00", date_order="mdy")
    exports.full(name="a", exported_at="2023-01-14T18:00:00Z")
    exports.batch("z", {}, mode="delta", exported_at="2023-01-14T17:59:59", date_order="dmy")
    exports.full(name="c", exported_at="2023-01-14 23:30:00-05:00")
    columns = ["batch_id", "exported_at", "exported_instant", "export_day", "mode", "date_order", "batch_rank"]
    found = sorted(landed_rows(settings, land(settings), "batches"), key=lambda row: row["batch_rank"])
    assert [tuple(row[column] for column in columns) for row in found] == [
        ("z", "2023-01-14T17:59:59", dt.datetime(2023, 1, 14, 17, 59, 59), dt.date(2023, 1, 14), "delta", "dmy", 1),
        ("a", "2023-01-14T18:00:00Z", dt.datetime(2023, 1, 14, 18), dt.date(2023, 1, 14), "full", None, 2),
        ("b", "2023-01-15T02:00:00+08:00", dt.datetime(2023, 1, 14, 18), dt.date(2023, 1, 15), "full", "mdy", 3),
        ("c", "2023-01-14 23:30:00-05:00", dt.datetime(2023, 1, 15, 4, 30), dt.date(2023, 1, 14), "full", None, 4),
    ]


@pytest.mark.parametrize("name", ["2023-01-15_full", "2023-01-15", "20230115 export"])
def test_a_folder_without_batch_json_is_named_and_dated_by_its_name(
    exports: Exports, settings: Settings, tmp_path: Path, name: str
) -> None:
    exports.full(name=name, has_head=False)
    salted = Settings(exports=settings.exports, warehouse=settings.warehouse, pseudonym_salt="salt")
    (batch,) = land(salted).batches
    assert (batch.batch_id, batch.mode, batch.day, batch.data_kind) == (name, "full", dt.date(2023, 1, 15), "real")
    assert batch.instant == dt.datetime(2023, 1, 15, tzinfo=dt.UTC)
    (run,) = landed_rows(salted, load_landed(salted), "run_settings")
    assert run == {"source": "hospital", "data_kind": "real", "pseudonym_salt": "salt"}


def test_exports_may_be_one_batch_itself(exports: Exports, settings: Settings) -> None:
    folder = exports.full()
    assert land(Settings(exports=folder, warehouse=settings.warehouse)).new == ("first",)


def test_the_tables_of_the_run_are_as_designed(exports: Exports, settings: Settings) -> None:
    exports.full()
    landed = land(settings)
    (run,) = landed_rows(settings, landed, "run_settings")
    assert run == {"source": "hospital", "data_kind": "synthetic", "pseudonym_salt": PUBLIC_SALT_OF_SYNTHETIC_DATA}
    files = landed_rows(settings, landed, "batch_files")
    assert [(row["batch_id"], row["table_name"], row["file_name"], row["rows"]) for row in files] == [
        ("first", "assessments", "assessments.csv", 1),
        ("first", "biomarkers", "biomarkers.csv", 1),
        ("first", "diagnoses", "diagnoses.csv", 1),
        ("first", "medications", "medications.csv", 1),
        ("first", "patients", "patients.csv", 2),
    ]
    assert all(len(row["sha256"]) == 64 for row in files)


@pytest.mark.fault(area="batches", fault="batches out of order, and one of them twice", behaviour="the same warehouse to the last row")
def test_nothing_is_landed_twice_and_the_order_of_arrival_does_not_matter(exports: Exports, tmp_path: Path) -> None:
    random.seed(7)
    folders = [exports.full(name="first", exported_at="2023-01-15")]
    for month in (2, 3):
        patients = f"patient_id,sex,birth_date\nP{month},F,19{month}0\n"
        folders.append(exports.batch(f"delta{month}", {"patients.csv": patients}, mode="delta", exported_at=f"2023-0{month}-15"))
    relations = ["hospital_patients", "hospital_labs", "batches", "batch_files", "run_settings"]

    def warehouse(name: str, arrivals: tuple[Path, ...]) -> list[object]:
        settings = Settings(exports=tmp_path / name / "exports", warehouse=tmp_path / name / "warehouse")
        for folder in arrivals:
            shutil.copytree(folder, tmp_path / name / "exports" / f"{random.random()}", dirs_exist_ok=True)
            land(settings)
        return [landed_rows(settings, land(settings), relation) for relation in relations] + [landed_folders(settings)]

    expected = warehouse("all", tuple(folders))
    for number, arrivals in enumerate(itertools.permutations(folders)):
        assert warehouse(f"order{number}", (*arrivals, arrivals[0])) == expected


def test_a_known_batch_need_not_be_delivered_again(exports: Exports, settings: Settings) -> None:
    exports.full()
    land(settings)
    shutil.rmtree(exports.folder / "first")
    exports.batch("delta", {"patients.csv": FULL_TABLES["patients.csv"]}, mode="delta", exported_at="2023-02-01")
    landed = land(settings)
    assert (landed.new, [batch.batch_id for batch in landed.batches]) == (("delta",), ["first", "delta"])
    shutil.rmtree(exports.folder / "delta")
    assert land(settings).new == ()


def test_what_means_nothing_is_passed_over_and_noted(exports: Exports, settings: Settings) -> None:
    folder = exports.full({"readme.txt": "x", "patients.xlsx": "y"}, remark="unknown keys are none of our business")
    (folder / "scans").mkdir()
    exports.batch("notes", {"readme.txt": "x"}, has_head=False)
    (exports.folder / ".upload").mkdir()
    (exports.folder / "list.txt").write_text("x")
    landed = land(settings)
    assert landed.notes == (
        "list.txt: not a batch, passed over",
        "notes: not a batch, passed over",
        "first: ignored patients.xlsx, readme.txt, scans",
    )


def test_a_file_that_batch_json_does_not_list_is_read_all_the_same(exports: Exports, rows: Rows) -> None:
    exports.full(files={"patients.csv": {}})
    assert len(rows("hospital_diagnoses")) == 1


@pytest.mark.fault(area="names", fault="quotes, blanks and patterns in the warehouse's path", behaviour="taken as they are")
def test_a_warehouse_path_with_signs_that_mean_something_elsewhere(exports: Exports, rows: Rows, tmp_path: Path) -> None:
    exports.full()
    where = Settings(exports=exports.folder, warehouse=tmp_path / 'it\'s [a]* "house"')
    assert len(rows("hospital_patients", where)) == 2


def test_batches_landed_under_another_declaration_are_told(exports: Exports, settings: Settings) -> None:
    exports.full()
    landed = land(settings)
    manifest = settings.raw / landed.batches[0].folder_name / "landed.json"
    manifest.write_text(manifest.read_text().replace('"smoking_status"', '"smoking"'))
    with duckdb.connect() as connection, pytest.raises(WarehouseError, match="Table patients was landed with other columns"):
        register_raw(connection, settings, load_landed(settings))


def test_registering_without_a_salt_for_real_data_is_refused(settings: Settings) -> None:
    with duckdb.connect() as connection, pytest.raises(UsageError, match="PSEUDONYM_SALT"):
        register_raw(connection, settings, load_landed(settings))


def test_registering_again_replaces_what_was_there(exports: Exports, settings: Settings) -> None:
    exports.full()
    for _ in range(2):
        assert len(landed_rows(settings, land(settings), "batches")) == 1
    exports.batch("delta", {"labs.csv": "lab_id,is_deleted\nL1,Y\n"}, mode="delta", exported_at="2023-02-01")
    landed = land(settings)
    assert len(landed_rows(settings, landed, "batches")) == 2
    assert len(landed_rows(settings, landed, "hospital_labs")) == 1


def test_a_landed_file_that_was_damaged_since_is_told(exports: Exports, settings: Settings) -> None:
    exports.full()
    landed = land(settings)
    (settings.raw / landed.batches[0].folder_name / "patients.parquet").write_text("no Parquet")
    with duckdb.connect() as connection, pytest.raises(WarehouseError, match="can't be registered"):
        register_raw(connection, settings, landed)


def test_a_run_that_dies_between_two_batches_is_completed_by_the_next(
    exports: Exports, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports.batch("delta", {"patients.csv": FULL_TABLES["patients.csv"]}, mode="delta", exported_at="2023-02-01")
    exports.full()
    real, moved = Path.rename, []

    def dying(self: Path, target: Path) -> Path:
        if moved:
            raise KeyboardInterrupt
        moved.append(target)
        return real(self, target)

    monkeypatch.setattr(Path, "rename", dying)
    with pytest.raises(KeyboardInterrupt):
        land(settings)
    monkeypatch.setattr(Path, "rename", real)
    assert [batch.batch_id for batch in load_landed(settings).batches] == ["first"]
    assert (land(settings).new, landed_folders(settings)) == (("delta",), sorted(b.folder_name for b in load_landed(settings).batches))


def test_a_batch_is_on_the_disk_before_it_gets_its_name(exports: Exports, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    exports.full()
    land(settings)
    files, folder_and_parent, manifest = len(FULL_TABLES), 2, 1
    assert len(synced) == files + manifest + folder_and_parent
