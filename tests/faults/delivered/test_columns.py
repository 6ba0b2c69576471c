"""Columns that are missing, renamed, in another place, too many or oddly named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.landing import land
from pipeline.landing.records import MOST_COLUMNS
from pipeline.settings import Settings
from tests.landing.exports import CANARY, FULL_TABLES, Exports

Refusal = Callable[..., str]
Rows = Callable[..., list[dict[str, object]]]
PATIENTS = FULL_TABLES["patients.csv"]
ODD_NAMES = [
    "Robert'); drop table raw.batches; --",
    "{{ env_var('PSEUDONYM_SALT') }}",
    "{% do run_query('drop schema raw cascade') %}",
    '"quoted"',
    "../../etc/passwd",
    "a\nb",
    "=1+1",
    "_batch_id",
    "__proto__",
    "%s {0}",
    "😀",
]


@pytest.mark.fault(area="columns", fault="a required column renamed", behaviour="refused; the column that may be it is named by its number")
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("birthdate", "The name of column 3 is much like it"),
        ("Birth Date", "The name of column 3 is much like it"),
        ("date_of_birth", ""),
        (CANARY, ""),
    ],
)
def test_a_renamed_column(exports: Exports, refusal: Refusal, name: str, hint: str) -> None:
    exports.full({"patients.csv": PATIENTS.replace("birth_date", name)})
    message = refusal()
    assert "batch first, file patients.csv, line 1, column birth_date: lacks a required column" in message
    assert (hint or "deliver the column\n") in message
    assert name not in message


@pytest.mark.fault(area="columns", fault="columns swapped together with their names", behaviour="each is read by its name")
def test_swapped_columns(exports: Exports, rows: Rows) -> None:
    exports.full({"patients.csv": "birth_date,patient_id,sex\n1960-01-02,P1,F\n"})
    (row,) = [row for row in rows("hospital_patients") if row["_batch_id"] == "first"]
    assert (row["patient_id"], row["sex"], row["birth_date"]) == ("P1", "F", "1960-01-02")


@pytest.mark.fault(area="columns", fault="fields separated by something else than commas", behaviour="refused, and asked for")
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator(exports: Exports, refusal: Refusal, separator: str) -> None:
    exports.full({"patients.csv": f"{PATIENTS}P9,{CANARY},1960\n".replace(",", separator)})
    assert "file patients.csv, line 1, column sex: lacks a required column -> deliver the column; are the fields separated" in refusal()


TOO_MANY = pytest.mark.fault(area="columns", fault="more columns than any table has", behaviour="refused, whatever their number")


@TOO_MANY
@pytest.mark.parametrize("count", [MOST_COLUMNS, 100_000])
def test_too_many_columns(exports: Exports, refusal: Refusal, count: int) -> None:
    header = ["patient_id", "sex", "birth_date", *(f"{CANARY}{number}" for number in range(count))]
    exports.full({"patients.csv": ",".join(header) + "\n" + ",".join(header) + "\n"})
    assert "batch first, file patients.csv, line 1: has a header of more than 10,000 columns" in refusal()


@TOO_MANY
def test_too_many_columns_of_parquet(exports: Exports, refusal: Refusal, tmp_path: Path) -> None:
    pq.write_table(pa.table({f"{CANARY}{number}": [1] for number in range(MOST_COLUMNS + 1)}), tmp_path / "made")
    exports.full({"labs.parquet": (tmp_path / "made").read_bytes()})
    assert "batch first, file labs.parquet: has more than 10,000 columns" in refusal()


@pytest.mark.fault(
    area="names", fault="SQL, jinja, paths, line breaks and formulas as names of columns", behaviour="kept as they are; nothing runs"
)
def test_odd_names_of_columns(exports: Exports, rows: Rows) -> None:
    quoted = ",".join('"' + name.replace('"', '""') + '"' for name in ODD_NAMES)
    exports.full({"patients.csv": f"patient_id,sex,birth_date,{quoted}\nP1,F,1960-01-02" + ",x" * len(ODD_NAMES) + "\n"})
    (row,) = [row for row in rows("hospital_patients") if row["_batch_id"] == "first"]
    assert json.loads(str(row["_unknown"])) == dict.fromkeys(ODD_NAMES, "x")


@pytest.mark.fault(area="packing", fault="Parquet with nested and binary columns", behaviour="kept as text")
def test_nested_and_binary_parquet(exports: Exports, rows: Rows, tmp_path: Path) -> None:
    columns = {
        "patient_id": pa.array([b"P1"], pa.binary()),
        "sex": pa.array([["F"]]),
        "birth_date": pa.array([{"year": 1960, "deep": [{"er": None}]}]),
    }
    pq.write_table(pa.table(columns), tmp_path / "made")
    files = {**FULL_TABLES, "patients.parquet": (tmp_path / "made").read_bytes()}
    files.pop("patients.csv")
    exports.batch("first", files)
    (row,) = [row for row in rows("hospital_patients") if row["_batch_id"] == "first"]
    assert (row["patient_id"], row["sex"], row["birth_date"]) == ("P1", '["F"]', '{"year": 1960, "deep": [{"er": null}]}')


@pytest.mark.fault(area="columns", fault="a header like another table's", behaviour="refused, the columns named")
def test_another_tables_file(exports: Exports, refusal: Refusal, settings: Settings) -> None:
    exports.full({"patients.csv": FULL_TABLES["diagnoses.csv"]})
    message = refusal()
    assert "column sex: lacks a required column" in message
    assert land(Settings(exports=exports.folder / "before", warehouse=settings.warehouse)).known == ("before",)
