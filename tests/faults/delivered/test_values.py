"""What a delivery says, however hostile or contradictory, is data: one derivation of a warehouse full of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.derive import derive
from tests.derive import rows as read
from tests.landing.exports import Exports

JINJA = "{{ env_var('PSEUDONYM_SALT') }} {% do run_query('drop schema raw cascade') %}"
SQL = "Robert'); drop table raw.batches; --"
FORMULA = '=HYPERLINK("http://x","y")'
ODD_ID = "P'1\"; -- {{ x }} $1 %s"
LAST_FULL = "2023-01-13_full - copy"


def table(*lines: Sequence[str]) -> str:
    return "".join(",".join('"' + field.replace('"', '""') + '"' for field in line) + "\n" for line in lines)


PATIENTS = ("patient_id", "name", "sex", "birth_date")
DIAGNOSES = ("diagnosis_id", "patient_id", "diagnosed_on", "icd10_code", "diagnosis_text")
ORDERS = ("order_id", "patient_id", "drug_name", "started_on", "status", "updated_at")
FULL = {
    "patients.csv": table(PATIENTS, (ODD_ID, JINJA, "F", "1960-01-02"), ("P2", SQL, "M", "1955-05-06")),
    "diagnoses.csv": table(
        DIAGNOSES,
        ("D1", ODD_ID, "2020-01-02", "C34.1", FORMULA),
        ("twice", "P2", "2020-01-02", "C34.1", "the first line"),
        ("twice", "P2", "2020-01-02", "C34.9", "the last line"),
    ),
    "medications.csv": table(
        ORDERS,
        ("O1", ODD_ID, SQL, "2020-02-03", "active", ""),
        ("O2", ODD_ID, JINJA, "2020-02-03", "active", ""),
        ("zones", "P2", "alectinib", "2020-02-03", "active", ""),
        ("ahead", "P2", "alectinib", "2020-02-03", "active", "2999-01-01"),
        ("future", "P2", "alectinib", "2999-02-03", "active", ""),
    ),
    "biomarkers.csv": table(
        ("test_id", "patient_id", "reported_on", "test_name", "result_text"), ("T1", ODD_ID, "2020-01-10", "ALK IHC", JINJA)
    ),
    "assessments.csv": table(("assessment_id", "patient_id", "assessed_on", "response_text"), ("A1", ODD_ID, "2021-01-10", SQL)),
}


def order(key: str, status: str) -> str:
    return table(ORDERS, (key, "P2", "alectinib", "2020-02-03", status, ""))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The batches arrive out of order: the deltas first, of them the latest first, then the full one and its copy."""
    folder = tmp_path_factory.mktemp("values")
    american, universal, chinese = (Exports(folder / zone) for zone in ("american", "universal", "chinese"))
    american.batch(
        "american",
        {
            "medications.csv": order("zones", "stopped") + order("ahead", "stopped").split("\n", 1)[1],
            "patients.csv": table(PATIENTS, ("P3", "", "1960-01-02", "F")),
        },
        mode="delta",
        exported_at="2023-01-14T20:00:00-05:00",
        data="real",
    )
    universal.batch(
        "universal", {"medications.csv": order("zones", "cancelled")}, mode="delta", exported_at="2023-01-14T22:00:00Z", data="real"
    )
    chinese.batch(
        "chinese", {"medications.csv": order("zones", "completed")}, mode="delta", exported_at="2023-01-15T05:30:00+08:00", data="real"
    )
    for name in ("2023-01-13_full", LAST_FULL):
        chinese.batch(name, FULL, has_head=False)
    return derive([american.folder, universal.folder, chinese.folder], folder / "warehouse")


def outcomes(database: Path, table_name: str, key: str) -> dict[tuple[str, int], str]:
    found = read(database, f"select * from engineer.row_lineage where table_name = '{table_name}' and row_key = '{key}'")
    return {(str(row["batch_id"]), int(str(row["line_number"]))): str(row["outcome"]) for row in found}


@pytest.mark.fault(area="values", fault="SQL, jinja and formulas as names, drugs, results and ids", behaviour="stay values to the letter")
def test_hostile_values(database: Path) -> None:
    unmapped = {row["raw_value"] for row in read(database, "select raw_value from engineer.unmapped_values")}
    assert {SQL, JINJA} <= unmapped
    assert read(database, f"select name from raw.hospital_patients where _batch_id = '{LAST_FULL}' order by _line") == [
        {"name": JINJA},
        {"name": SQL},
    ]
    assert {"diagnosis_text": FORMULA} in read(database, "select distinct diagnosis_text from raw.hospital_diagnoses")
    assert {"patient_id": ODD_ID} in read(database, "select patient_id from engineer.row_lineage where outcome = 'current'")


@pytest.mark.fault(
    area="values", fault="a key twice in one file, with different content", behaviour="the last line counts, the other is superseded"
)
def test_a_key_twice(database: Path) -> None:
    found = outcomes(database, "diagnoses", "twice")
    assert found[LAST_FULL, 4] == "current"
    assert found[LAST_FULL, 3] == "superseded"


@pytest.mark.fault(
    area="batches", fault="a batch folder copied under another name, without batch.json", behaviour="another batch, all rows duplicates"
)
def test_a_copy_without_a_name_inside(database: Path) -> None:
    first = read(database, "select outcome, count(*) as rows from engineer.row_lineage where batch_id = '2023-01-13_full' group by outcome")
    assert [row["outcome"] for row in first] == ["duplicate"]
    accounts = {row["table_name"]: row for row in read(database, "select * from published.reconciliation")}
    assert (accounts["assessments"]["raw_rows"], accounts["assessments"]["duplicate_rows"]) == (2, 1)


@pytest.mark.fault(
    area="time", fault="versions of a row from three time zones, the latest delivered first", behaviour="the latest instant wins"
)
def test_versions_from_three_time_zones(database: Path) -> None:
    found = outcomes(database, "medications", "zones")
    assert found["american", 2] == "current"
    assert found["universal", 2] == found["chinese", 2] == "superseded"
    ranked = read(database, "select batch_id, cast(export_day as varchar) as day from raw.batches order by batch_rank")
    assert [(row["batch_id"], row["day"]) for row in ranked[2:]] == [
        ("chinese", "2023-01-15"),
        ("universal", "2023-01-14"),
        ("american", "2023-01-14"),
    ]


@pytest.mark.fault(area="time", fault="an updated_at in the future", behaviour="counts as written, for nothing else orders versions")
def test_an_updated_at_in_the_future(database: Path) -> None:
    found = outcomes(database, "medications", "ahead")
    assert found[LAST_FULL, 5] == "current"
    assert found["american", 3] == "superseded"


@pytest.mark.fault(area="time", fault="an order in the future", behaviour="quarantined by file and line")
def test_an_order_in_the_future(database: Path) -> None:
    (row,) = read(database, "select * from engineer.quarantine where row_key = 'future'")
    assert (row["rule"], row["batch_id"], row["file_name"], row["line_number"]) == ("date_out_of_range", LAST_FULL, "medications.csv", 6)


@pytest.mark.fault(area="columns", fault="contents swapped under their names", behaviour="quarantined by file, line and column")
def test_swapped_contents(database: Path) -> None:
    (row,) = read(database, "select * from engineer.quarantine where row_key = 'P3'")
    assert (row["rule"], row["column_name"], row["file_name"], row["line_number"]) == ("unreadable_date", "birth_date", "patients.csv", 2)
