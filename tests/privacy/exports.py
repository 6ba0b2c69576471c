"""A small real export: patients of both arms, and among them the canary, whose every text is a token."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.privacy.canary import NATIONAL_ID, PHONE, token

Row = dict[str, str]
Tables = dict[str, list[Row]]

DAY_ZERO = date(2020, 6, 1)
CANARY_ID = token("patient_id")
# the column that no contract knows has a token for its name as well
UNKNOWN_COLUMN = token("unknown column")
CHEMOTHERAPY, IMMUNOTHERAPY = ("pemetrexed", "carboplatin"), ("pembrolizumab",)


def day(number: int) -> str:
    """A day counted from the start of the index line."""
    return (DAY_ZERO + timedelta(days=number)).isoformat()


def chart(patient_id: str, drugs: tuple[str, ...], progression: int, last: int, is_dead: bool) -> Tables:
    """A patient of the cohort: ALK-TKI, progression on it, then ``drugs``."""

    def of(number: int, **values: str) -> Row:
        return {"key": f"{patient_id}/{number}", "patient_id": patient_id} | values

    contact = {"vital_status": "dead", "death_date": day(last)} if is_dead else {"vital_status": "alive"}
    return {
        "patients": [{"patient_id": patient_id, "sex": "F", "birth_date": "1961-06-03", "smoking_status": "never"}],
        "diagnoses": [of(1, diagnosed_on=day(-420), icd10_code="C34.1", histology_text="adenocarcinoma", stage_text="IVB")],
        "specimens": [of(1, collected_on=day(-415), procedure_text="core needle biopsy")],
        "biomarkers": [
            of(1, reported_on=day(-410), test_name="ALK", method="IHC", result_text="positive"),
            of(2, reported_on=day(-410), test_name="PD-L1 22C3", method="IHC", result_text="TPS 30%"),
        ],
        "medications": [
            of(1, drug_name="alectinib", started_on=day(-400), ended_on=day(-12)),
            *(of(2 + number, drug_name=drug, started_on=day(0), ended_on=day(63)) for number, drug in enumerate(drugs)),
        ],
        "assessments": [
            of(1, assessed_on=day(-10), response_text="PD"),
            of(2, assessed_on=day(45), response_text="SD"),
            of(3, assessed_on=day(progression), response_text="PD"),
        ],
        "performance_status": [of(1, observed_on=day(-3), ecog_text="1")],
        "labs": [of(1, collected_on=day(-2), analyte="LDH", value_text="190", unit="U/L")],
        "follow_ups": [of(1, contacted_on=day(last), **contact)],
    }


KEYS = {
    "patients": "patient_id",
    "diagnoses": "diagnosis_id",
    "specimens": "specimen_id",
    "biomarkers": "test_id",
    "medications": "order_id",
    "assessments": "assessment_id",
    "performance_status": "observation_id",
    "labs": "lab_id",
    "follow_ups": "contact_id",
    "patient_merges": "retired_patient_id",
}


def canary() -> Tables:
    """A patient of the cohort with a token wherever a text can stand beside what makes them one, and rows of every rule of quarantine."""
    tables = chart(CANARY_ID, IMMUNOTHERAPY, 130, 420, is_dead=True)
    tables["patients"][0] |= {"name": token("name"), "national_id": NATIONAL_ID, "phone": PHONE, "address": token("address")}
    tables["patients"][0] |= {"smoking_status": token("smoking")}
    free = {
        "diagnoses": ("diagnosis_text",),
        "medications": ("drug_code", "dose", "dose_unit", "route"),
        "specimens": ("site_text",),
        "assessments": ("modality", "impression_text"),
        "labs": ("analyte", "value_text", "unit"),
        "biomarkers": ("method",),
    }
    beside = {
        "diagnoses": ("histology_text",),
        "medications": ("drug_name",),
        "specimens": ("procedure_text",),
        "biomarkers": ("test_name", "result_text"),
        "assessments": ("response_text",),
    }
    for table, rows in tables.items():
        for row in rows:
            row |= {column: token(column) for column in free.get(table, ())}
            row |= {column: f"{row[column]} ({token(column)})" for column in beside.get(table, ())}
            row |= {"updated_at": token("updated_at"), "unknown": token("unknown value")}
            if "key" in row:
                row["key"] += token(table)
    for table, rows in set_aside().items():
        tables.setdefault(table, []).extend(rows)
    return tables


def set_aside() -> Tables:
    """Rows that no vocabulary knows, and one of each rule of quarantine, a token for the value that offends."""

    def of(name: str, **values: str) -> Row:
        return {"key": token(f"key of {name}"), "patient_id": CANARY_ID, "unknown": token(f"unknown of {name}")} | values

    known_day = day(10)
    return {
        "patients": [
            {"patient_id": token("another patient"), "name": token("another name"), "sex": token("sex"), "birth_date": "1950-01-02"}
        ],
        "patient_merges": [
            {"key": token("retired id"), "surviving_patient_id": CANARY_ID, "merged_at": known_day},
            {"key": token("merged away"), "surviving_patient_id": token("nobody"), "merged_at": known_day},
        ],
        "diagnoses": [
            of("stage", diagnosed_on=known_day, icd10_code=token("icd"), stage_text=token("stage"), histology_text=token("histology"))
        ],
        "medications": [
            of("missing_value", drug_name="", started_on=known_day, dose=token("dose of none")),
            of("unreadable_date", drug_name="aspirin", started_on=token("started_on")),
            of("date_out_of_range", drug_name=token("drug of the future"), started_on="2999-01-01"),
            of("interval_reversed", drug_name=token("drug backwards"), started_on=known_day, ended_on=day(9)),
            of("unknown_patient", drug_name=token("drug of nobody"), started_on=known_day) | {"patient_id": token("unknown patient")},
            of("unmapped", drug_name=token("unmapped drug"), started_on=known_day),
            of("not given", drug_name="aspirin", started_on=known_day, status=token("status")),
        ],
        "specimens": [of("procedure", collected_on=known_day, procedure_text=token("no procedure"))],
        "biomarkers": [
            of("impossible_value", reported_on=known_day, test_name="PD-L1", result_text=f"TPS 130% {token('impossible')}"),
            of("no result", reported_on=known_day, test_name="ALK", result_text=token("no result")),
        ],
        "assessments": [of("response", assessed_on=day(60), response_text=token("no response"))],
        "performance_status": [of("unreadable_value", observed_on=known_day, ecog_text=token("ecog"))],
        "follow_ups": [
            of("dead_without_date", contacted_on=day(420), vital_status="dead", death_date=""),
            of("vital status", contacted_on=day(300), vital_status=token("vital_status")),
        ],
    }


def everybody() -> Tables:
    """The canary among patients of both arms."""
    others = [
        chart(f"P{number:03}", IMMUNOTHERAPY if number % 2 else CHEMOTHERAPY, 60 + 13 * number, 300 + 11 * number, number % 3 == 0)
        for number in range(24)
    ]
    tables: Tables = {}
    for patient in (*others[:12], canary(), *others[12:]):
        for table, rows in patient.items():
            tables.setdefault(table, []).extend(rows)
    return tables


def columns(table: str, rows: list[Row]) -> dict[str, list[str]]:
    """The rows as columns, under the names of the contract."""
    names = {name for row in rows for name in row} - {"key", "unknown", KEYS[table]}
    listed = {KEYS[table]: [row.get("key", row.get(KEYS[table], "")) for row in rows]}
    listed |= {name: [row.get(name, "") for row in rows] for name in sorted(names)}
    return listed | {UNKNOWN_COLUMN: [row.get("unknown", "") for row in rows]}


def as_csv(table: str, rows: list[Row]) -> str:
    """The rows as a file of the contract."""
    listed = columns(table, rows)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(listed), *zip(*listed.values(), strict=True)])
    return text.getvalue()


def write(folder: Path) -> Path:
    """The full batch, and a delta in GB18030 that touches the canary; gives the folder of the exports."""
    full = folder / "2023-01-15_full"
    full.mkdir(parents=True)
    tables = everybody()
    for table, rows in tables.items():
        if table == "assessments":
            pq.write_table(pa.table(columns(table, rows)), full / "assessments.parquet")
        elif table == "medications":
            (full / "medications.csv.gz").write_bytes(gzip.compress(as_csv(table, rows).encode(), mtime=0))
        else:
            (full / f"{table}.csv").write_text(as_csv(table, rows), encoding="utf-8")
    describe(full, "full", "2023-01-15T02:00:00+08:00", "utf-8")
    delta = folder / "2023-02-15_delta"
    delta.mkdir()
    again = {"patients": [tables["patients"][12] | {"address": token("new address"), "updated_at": "2023-02-01"}], "labs": canary()["labs"]}
    for table, rows in again.items():
        (delta / f"{table}.csv").write_text(as_csv(table, rows), encoding="gb18030")
    describe(delta, "delta", "2023-02-15T02:00:00+08:00", "gb18030")
    return folder


def describe(batch: Path, mode: str, exported_at: str, encoding: str, **more: object) -> None:
    """batch.json of a real export; whatever it says beyond the contract is a token."""
    said = {"batch_id": batch.name, "exported_at": exported_at, "mode": mode, "encoding": encoding, "note": token("note")} | more
    (batch / "batch.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
