"""Batch folders to raw rows (raw_exports, 'Batches' and the first paragraph of 'Fine print')."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from .values import Refusal, is_tombstone, normalise, read_instant


@dataclass(frozen=True)
class Table:
    """One table of the contract: its columns in order, the key first, and which are required or dates."""

    columns: tuple[str, ...]
    required: tuple[str, ...]
    dates: tuple[str, ...]

    @property
    def key(self) -> str:
        """The primary key's column."""
        return self.columns[0]

    @property
    def all_columns(self) -> tuple[str, ...]:
        """The contract's columns with the two that every table may have."""
        return (*self.columns, "updated_at", "is_deleted")


def _table(text: str) -> Table:
    names, required, dates = [], [], []
    for word in text.split():
        name = word.strip("!@")
        names.append(name)
        if "!" in word:
            required.append(name)
        if "@" in word:
            dates.append(name)
    return Table(tuple(names), tuple(required), tuple(dates))


# `!` is required, `@` a date; the first column is the key.
TABLES: dict[str, Table] = {
    "patients": _table("patient_id! name national_id sex! birth_date!@ phone address smoking_status"),
    "patient_merges": _table("retired_patient_id! surviving_patient_id! merged_at@"),
    "diagnoses": _table("diagnosis_id! patient_id! diagnosed_on!@ icd10_code! diagnosis_text histology_text stage_text"),
    "medications": _table("order_id! patient_id! drug_name! drug_code dose dose_unit route started_on!@ ended_on@ status"),
    "specimens": _table("specimen_id! patient_id! collected_on!@ procedure_text site_text"),
    "biomarkers": _table("test_id! patient_id! specimen_id reported_on!@ test_name! method result_text!"),
    "assessments": _table("assessment_id! patient_id! assessed_on!@ modality response_text! impression_text"),
    "performance_status": _table("observation_id! patient_id! observed_on!@ ecog_text!"),
    "labs": _table("lab_id! patient_id! collected_on!@ analyte! value_text! unit"),
    "follow_ups": _table("contact_id! patient_id! contacted_on!@ vital_status! death_date@"),
}
REQUIRED_IN_FIRST_FULL = ("patients", "diagnoses", "medications", "biomarkers", "assessments")


@dataclass(frozen=True)
class Row:
    """A raw row: its values are normalised texts of the contract's columns, an absent column reading as empty.

    `delivered` holds the same columns' texts as they came: what means the same needn't be the same text.
    """

    table: str
    batch: str
    file: str
    line: int
    rank: int  # of the batch, from 0
    position: int  # of the row in its file
    values: dict[str, str]
    delivered: tuple[str, ...]

    @property
    def key(self) -> str:
        """The text of the primary key."""
        return self.values[TABLES[self.table].key]


@dataclass(frozen=True)
class Batch:
    """A delivered folder."""

    batch_id: str
    exported_at: datetime
    export_day: date  # as written, in its own offset
    mode: str
    date_order: str | None
    encoding: str | None
    folder: Path
    files: dict[str, Path]  # table: file
    declared: dict[str, dict[str, object]]
    content: tuple[tuple[str, str], ...]


def table_of(file_name: str) -> str | None:
    """`medications.csv.gz` is the table `medications`; None for a file that is no table of the contract."""
    match = re.fullmatch(r"(\w+)\.(csv|csv\.gz|parquet)", file_name.lower())
    return match[1] if match and match[1] in TABLES else None


def read_batch(folder: Path) -> Batch:
    """The description of one batch folder, its checksums verified."""
    described = folder / "batch.json"
    facts = json.loads(described.read_text(encoding="utf-8-sig")) if described.exists() else {}
    batch_id = facts.get("batch_id", folder.name)
    exported_at = facts.get("exported_at") or folder.name[:10]
    files: dict[str, Path] = {}
    content = []
    for path in sorted(folder.iterdir()):
        table = table_of(path.name)
        if table is None:
            continue
        if table in files:
            raise Refusal(f"batch {batch_id}: two files of the table {table}")
        files[table] = path
        content.append((path.name, hashlib.sha256(path.read_bytes()).hexdigest()))
    declared = facts.get("files", {})
    for name, checksum in content:
        if declared.get(name, {}).get("sha256", checksum) != checksum:
            raise Refusal(f"batch {batch_id}: checksum of {name} differs")
    return Batch(
        batch_id=batch_id,
        exported_at=read_instant(exported_at),
        export_day=date.fromisoformat(exported_at[:10]),
        mode=facts.get("mode", "full"),
        date_order=facts.get("date_order"),
        encoding=facts.get("encoding"),
        folder=folder,
        files=files,
        declared=declared,
        content=tuple(content),
    )


def order_batches(folders: list[Path]) -> list[Batch]:
    """Batches by the instant of `exported_at`, then `batch_id`; one delivered twice counts once, other content is refused."""
    known: dict[str, Batch] = {}
    for folder in folders:
        batch = read_batch(folder)
        earlier = known.setdefault(batch.batch_id, batch)
        if earlier.content != batch.content:
            raise Refusal(f"batch {batch.batch_id} is known with other content")
    batches = sorted(known.values(), key=lambda batch: (batch.exported_at, batch.batch_id))
    first_full = next((batch for batch in batches if batch.mode == "full"), None)
    missing = [table for table in REQUIRED_IN_FIRST_FULL if first_full and table not in first_full.files]
    if first_full and missing:
        raise Refusal(f"batch {first_full.batch_id}: no file of the tables {', '.join(missing)}")
    return batches


def _decoded(data: bytes, encoding: str | None, what: str) -> str:
    """The text in the declared encoding; without a declaration UTF-8, or else GB18030."""
    encodings = [encoding] if encoding else ["utf-8", "gb18030"]
    for name in encodings:
        try:
            return data.decode(name).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    raise Refusal(f"{what} is not in the encoding {' or '.join(encodings)}")


def _csv_records(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and each record with the physical line on which it starts."""
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] = []
    records: list[tuple[int, list[str]]] = []
    line = 1
    for fields in reader:
        if fields and not header:
            header = fields
        elif fields:
            records.append((line, fields))
        line = reader.line_num + 1
    return header, records


def _parquet_records(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The columns, and each record with its number from 1."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    columns = [column.to_pylist() for column in table.columns]
    rows = [["" if value is None else str(value) for value in record] for record in zip(*columns, strict=True)]
    return table.column_names, list(enumerate(rows, start=1))


def read_rows(batch: Batch, rank: int, table: str) -> list[Row]:
    """Every row of one file; raises Refusal for a missing required column or a wrong count of rows."""
    path = batch.files[table]
    if path.suffix == ".parquet":
        header, records = _parquet_records(path)
    else:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        header, records = _csv_records(_decoded(data, batch.encoding, f"batch {batch.batch_id}: {path.name}"))
    header = [normalise(name).lower() for name in header]
    declared = batch.declared.get(path.name, {}).get("rows", len(records))
    if declared != len(records):
        raise Refusal(f"batch {batch.batch_id}: {path.name} has another number of rows than declared")
    rows = []
    for position, (line, fields) in enumerate(records):
        delivered = dict(zip(header, fields, strict=False))
        columns = TABLES[table].all_columns
        values = {column: normalise(delivered.get(column, "")) for column in columns}
        texts = tuple(delivered.get(column, "") for column in columns)
        rows.append(Row(table, batch.batch_id, path.name, line, rank, position, values, texts))
    for column in TABLES[table].required:
        if column not in header and not _needs_key_alone(batch, table, header, rows):
            raise Refusal(f"batch {batch.batch_id}: {path.name} has no column {column}")
    return rows


def _needs_key_alone(batch: Batch, table: str, header: list[str], rows: list[Row]) -> bool:
    """A delta file in which every row is a tombstone may have the key, `updated_at` and `is_deleted` alone."""
    return batch.mode == "delta" and TABLES[table].key in header and all(is_tombstone(row.values["is_deleted"]) for row in rows)
