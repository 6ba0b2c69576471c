"""Small random batches on top of what a warehouse already holds: what a hospital sends month by month."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

import duckdb

from tests.generative.random_exports import COLUMNS, KEY

Row = dict[str, str]
TABLES = tuple(COLUMNS)
CHINA = timezone(timedelta(hours=8))


@dataclass
class Hospital:
    """All rows that were ever delivered, by table, and what is to be sent next."""

    rng: Random
    rows: dict[str, list[Row]]
    fresh: int = 0

    def any_row(self, table: str) -> Row:
        return dict(self.rng.choice(self.rows[table])) if self.rows[table] else dict.fromkeys(COLUMNS[table], "")

    def any_patient(self) -> str:
        return self.any_row("patients")["patient_id"]

    def new_id(self) -> str:
        self.fresh += 1
        return f"fresh-{self.fresh}"


def read_hospital(database: Path, seed: int) -> Hospital:
    """Every delivered row of a work database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = {}
        for table, columns in COLUMNS.items():
            names = (*columns, "updated_at", "is_deleted")
            found = connection.execute(f"select {', '.join(names)} from raw.hospital_{table} order by all").fetchall()
            rows[table] = [dict(zip(names, row, strict=True)) for row in found]
    return Hospital(Random(seed), rows)


def _corrected(hospital: Hospital, table: str) -> Row:
    """A version with the latest time stamp that says something else in one column (not the key)."""
    row = hospital.any_row(table)
    others = [column for column in COLUMNS[table] if column != KEY[table]]
    column = hospital.rng.choice(others)
    return row | {column: hospital.any_row(table)[column], "updated_at": _stamp(hospital)}


def _moved(hospital: Hospital, table: str) -> Row:
    """The row is another patient's."""
    row = hospital.any_row(table)
    return row | ({"patient_id": hospital.any_patient(), "updated_at": _stamp(hospital)} if "patient_id" in row else {})


def _retracted(hospital: Hospital, table: str) -> Row:
    return hospital.any_row(table) | {"is_deleted": "Y", "updated_at": _stamp(hospital)}


def _repeated(hospital: Hospital, table: str) -> Row:
    return hospital.any_row(table)


def _returned(hospital: Hospital, table: str) -> Row:
    """What was retracted or superseded comes back as it was, with a later stamp."""
    return hospital.any_row(table) | {"is_deleted": "", "updated_at": _stamp(hospital)}


def _without_key(hospital: Hospital, table: str) -> Row:
    return hospital.any_row(table) | {KEY[table]: hospital.rng.choice(("", "-", "NULL"))}


def _new(hospital: Hospital, table: str) -> Row:
    return hospital.any_row(table) | {KEY[table]: hospital.new_id()}


def _of_a_stranger(hospital: Hospital, table: str) -> Row:
    """A row of a patient whom the hospital hasn't named yet; a later `_introduced` may."""
    row = _new(hospital, table)
    return row | ({"patient_id": hospital.rng.choice(("stranger-1", "stranger-2"))} if "patient_id" in row and table != "patients" else {})


def _merged(hospital: Hospital) -> Row:
    """Ids are tied from the smaller to the greater, so that no circle arises."""
    one, other = sorted((hospital.any_patient(), hospital.rng.choice((hospital.any_patient(), "stranger-1", "zz-unknown"))))
    return {
        "retired_patient_id": one,
        "surviving_patient_id": other if one != other else "zz-unknown",
        "merged_at": "",
        "updated_at": _stamp(hospital),
        "is_deleted": "",
    }


def _introduced(hospital: Hospital) -> Row:
    return hospital.any_row("patients") | {"patient_id": hospital.rng.choice(("stranger-1", "stranger-2")), "is_deleted": ""}


def _stamp(hospital: Hospital) -> str:
    return hospital.rng.choice(("", f"2026-{hospital.rng.randrange(1, 13):02}-01 00:00:00"))


EDITS: tuple[Callable[[Hospital, str], Row], ...] = (
    _corrected, _corrected, _moved, _retracted, _repeated, _returned, _without_key, _new, _of_a_stranger,
)  # fmt: skip


def write_batch(hospital: Hospital, folder: Path, number: int, *, rows: int = 12, is_full: bool = False) -> Path:
    """One more batch below ``folder``: a delta of a few edited rows, or a full batch of one table with most of its rows."""
    made: dict[str, list[Row]] = {}
    if is_full:
        table = hospital.rng.choice([name for name in TABLES if name not in ("patients", "patient_merges")])
        made[table] = [row for row in hospital.rows[table] if hospital.rng.random() < 0.8]
    else:
        for _ in range(rows):
            table = hospital.rng.choice([name for name in TABLES if name != "patient_merges"])
            made.setdefault(table, []).append(hospital.rng.choice(EDITS)(hospital, table))
        for table, row in (("patient_merges", _merged), ("patients", _introduced)):
            if hospital.rng.random() < 0.6:
                made.setdefault(table, []).append(row(hospital))
        if hospital.rows["patient_merges"] and hospital.rng.random() < 0.5:
            made.setdefault("patient_merges", []).append(_retracted(hospital, "patient_merges"))
    # some exports are older than what is there, and some lie in a zone where the day is another
    moment = datetime(2024, 8, 1, 22, tzinfo=UTC) + timedelta(days=hospital.rng.choice((-700, -200, number, 20 + number)))
    batch = folder / f"step-{number}"
    batch.mkdir(parents=True)
    for table, records in made.items():
        names = (*COLUMNS[table], "updated_at", "is_deleted")
        with (batch / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(records)
        hospital.rows[table] += records
    about = {
        "batch_id": f"step-{number}",
        "exported_at": moment.astimezone(hospital.rng.choice((UTC, CHINA))).isoformat(),
        "mode": "full" if is_full else "delta",
        "data": "synthetic",
    }
    (batch / "batch.json").write_text(json.dumps(about), encoding="utf-8")
    return batch
