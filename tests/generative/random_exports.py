"""Seeded random exports in the hospital's format: small, full of edges, and with every fault that the contract knows.

    python -m tests.generative.random_exports FOLDER --seed 1 --patients 200 --batches 3

writes FOLDER/<batch>/... . The same arguments give the same bytes (but for the time in gzip headers, which is zero).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from random import Random

from . import texts
from .patients import Chart, Numbers, Record, Value, days, patient
from .texts import Month

COLUMNS: dict[str, tuple[str, ...]] = {
    "patients": ("patient_id", "name", "national_id", "sex", "birth_date", "phone", "address", "smoking_status"),
    "patient_merges": ("retired_patient_id", "surviving_patient_id", "merged_at"),
    "diagnoses": ("diagnosis_id", "patient_id", "diagnosed_on", "icd10_code", "diagnosis_text", "histology_text", "stage_text"),
    "medications": (
        "order_id",
        "patient_id",
        "drug_name",
        "drug_code",
        "dose",
        "dose_unit",
        "route",
        "started_on",
        "ended_on",
        "status",
    ),
    "specimens": ("specimen_id", "patient_id", "collected_on", "procedure_text", "site_text"),
    "biomarkers": ("test_id", "patient_id", "specimen_id", "reported_on", "test_name", "method", "result_text"),
    "assessments": ("assessment_id", "patient_id", "assessed_on", "modality", "response_text", "impression_text"),
    "performance_status": ("observation_id", "patient_id", "observed_on", "ecog_text"),
    "labs": ("lab_id", "patient_id", "collected_on", "analyte", "value_text", "unit"),
    "follow_ups": ("contact_id", "patient_id", "contacted_on", "vital_status", "death_date"),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "patients": ("sex", "birth_date"),
    "patient_merges": ("surviving_patient_id",),
    "diagnoses": ("patient_id", "diagnosed_on", "icd10_code"),
    "medications": ("patient_id", "drug_name", "started_on"),
    "specimens": ("patient_id", "collected_on"),
    "biomarkers": ("patient_id", "reported_on", "test_name", "result_text"),
    "assessments": ("patient_id", "assessed_on", "response_text"),
    "performance_status": ("patient_id", "observed_on", "ecog_text"),
    "labs": ("patient_id", "collected_on", "analyte", "value_text"),
    "follow_ups": ("patient_id", "contacted_on", "vital_status"),
}
DATES: dict[str, tuple[str, ...]] = {
    "patients": ("birth_date",),
    "patient_merges": ("merged_at",),
    "diagnoses": ("diagnosed_on",),
    "medications": ("started_on", "ended_on"),
    "specimens": ("collected_on",),
    "biomarkers": ("reported_on",),
    "assessments": ("assessed_on",),
    "performance_status": ("observed_on",),
    "labs": ("collected_on",),
    "follow_ups": ("contacted_on", "death_date"),
}
KEY = {table: columns[0] for table, columns in COLUMNS.items()}
NEEDED_FIRST = ("patients", "diagnoses", "medications", "biomarkers", "assessments")
OPTIONAL_TABLES = ("labs", "performance_status", "patient_merges", "specimens", "follow_ups")
TIE = "2023-01-01 00:00:00"

Text = dict[str, str]


@dataclass(frozen=True)
class Plan:
    """One batch to be written."""

    batch_id: str
    folder: str
    exported_at: datetime
    mode: str
    encoding: str | None
    date_order: str | None
    tables: frozenset[str]  # of a later full batch: those that it contains
    described: bool = True  # has a batch.json

    @property
    def export_day(self) -> date:
        """The day as written, in the batch's own offset."""
        return self.exported_at.date()


@dataclass
class Hospital:
    """Everything that one run of the generator knows."""

    rng: Random
    plans: list[Plan]
    rows: dict[tuple[int, str], list[Text]] = field(default_factory=dict)  # (rank, table): rows as spelled
    last_version: dict[tuple[str, str], tuple[int, Text]] = field(default_factory=dict)

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.rng.random() < probability

    def deliver(self, rank: int, table: str, row: Text) -> None:
        """Puts a spelled row into a batch's file."""
        self.rows.setdefault((rank, table), []).append(row)
        key = (table, row[KEY[table]])
        known = self.last_version.get(key)
        if known is None or known[0] <= rank:
            self.last_version[key] = (rank, row)


def plan_batches(rng: Random, count: int, describe_all: bool = True) -> list[Plan]:
    """A full batch and deltas (now and then another full one), ordered by the instant of the export.

    Some neighbours lie in time zones so far apart that the later instant has the earlier calendar day.
    """
    china, america, hawaii, london = (timezone(timedelta(hours=hours)) for hours in (8, -5, -10, 0))
    moment = datetime(2023, 6, 1, 2, tzinfo=china) + timedelta(days=rng.randrange(300))
    date_order = rng.choice((None, None, *texts.DATE_ORDERS))
    plans: list[Plan] = []
    for number in range(count):
        mode = "full" if number == 0 or (count > 2 and rng.random() < 0.25) else "delta"
        zone = china
        if number:
            moment += timedelta(days=rng.randrange(15, 60))
            if rng.random() < 0.45:
                # 07:00 in China of the day after, then 20:00 in New York: the later instant has the earlier date.
                previous = plans[-1]
                moment = previous.exported_at.astimezone(china).replace(hour=7) + timedelta(hours=1, minutes=rng.randrange(60))
                zone = rng.choice((america, hawaii))
                plans[-1] = replace(previous, exported_at=previous.exported_at.astimezone(china).replace(hour=7))
        stamp = moment.astimezone(zone)
        tables = frozenset(COLUMNS) if number == 0 else frozenset(table for table in COLUMNS if rng.random() < 0.5)
        batch_id = f"{stamp.date()}_{mode}_{rng.randrange(1000):03d}"
        plans.append(
            Plan(
                batch_id=batch_id,
                folder=batch_id if rng.random() < 0.7 else f"delivery_{rng.randrange(10**6)}_{number}",
                exported_at=stamp,
                mode=mode,
                encoding="gb18030" if number and rng.random() < 0.4 else rng.choice((None, "utf-8")),
                date_order=date_order,
                tables=tables or frozenset({"labs"}),
            ),
        )
    if rng.random() < 0.15 and plans[-1].mode == "delta":  # a hospital that changes its mind: the same text is another date then
        plans[-1] = replace(plans[-1], date_order=rng.choice(texts.DATE_ORDERS))
    if not describe_all:  # a folder without batch.json: its name is the id, and its date the time of the export
        first = plans[0]
        name = f"{first.export_day - days(2)}_full"
        midnight = datetime.combine(first.export_day - days(2), datetime.min.time(), tzinfo=london)
        plans[0] = replace(
            first,
            batch_id=name,
            folder=name,
            exported_at=midnight,
            encoding=None,
            date_order=None,
            described=False,
        )
    return plans


def _updated_at(rng: Random, day: date) -> str:
    if rng.random() < 0.3:
        return rng.choice(("", "", "NULL", "yesterday"))
    hour, minute = rng.randrange(24), rng.randrange(60)
    shapes = (
        f"{day} {hour:02d}:{minute:02d}:00",
        f"{day}T{hour:02d}:{minute:02d}:30+08:00",
        f"{day}T{hour:02d}:{minute:02d}:30Z",
        f"{day:%Y/%m/%d} {hour:02d}:{minute:02d}",
        f"{day}",
    )
    return rng.choice(shapes)


def spell(hospital: Hospital, record: Record, rank: int) -> Text:
    """A record's text in a batch, with blanks, full-width signs and stray spaces where they mean nothing."""
    rng, plan = hospital.rng, hospital.plans[rank]
    row: Text = {}
    for column in COLUMNS[record.table]:
        value = record.values.get(column)
        if isinstance(value, date):
            text = texts.spell_date(rng, value, plan.date_order)
        elif isinstance(value, Month):
            text = texts.spell_month(rng, value)
        elif value is None:
            text = texts.spell_blank(rng) if rng.random() < 0.3 else ""
        else:
            draw = rng.random()
            text = texts.full_width(value) if draw < 0.02 and value.isprintable() else f" {value} " if draw < 0.05 else value
        row[column] = text
    row["updated_at"] = _updated_at(rng, plan.export_day - days(rng.randrange(1, 20)))
    row["is_deleted"] = rng.choice(("", "", "", "N", "0", "false", "否"))
    return row


def _changed(hospital: Hospital, record: Record) -> Record:
    """Another version of a record: a date moved, or a text replaced, sometimes by what can't be read."""
    rng = hospital.rng
    columns = [column for column in COLUMNS[record.table][1:] if column in record.values]
    column = rng.choice(columns)
    value = record.values[column]
    new: Value
    if isinstance(value, date):
        new = value - days(rng.randrange(1, 90)) if rng.random() < 0.9 else rng.choice(("2020-13-01", "last week", "2020-02"))
    elif column == "response_text":
        new = rng.choice(("PD", "SD", "PR", "iUPD"))
    elif column == "status":
        new = rng.choice(texts.GIVEN + texts.NOT_GIVEN)
    elif column == "result_text":
        new = rng.choice(("阴性", "阳性", "TPS 60%", "TPS<1%", "NA", ""))
    elif column == "drug_name":
        new = rng.choice(texts.DRUGS[rng.choice(list(texts.DRUGS))])
    elif column == "patient_id" or value is None:
        return Record(record.table, dict(record.values))
    else:
        new = rng.choice((None, value, f"{value} "))
    return Record(record.table, record.values | {column: new})


def _versions(hospital: Hospital, record: Record, row: Text, rank: int) -> None:
    """Delivers an earlier or later version of a row as well; which one wins is left to the contract."""
    rng, later = hospital.rng, hospital.rng.randrange(rank, len(hospital.plans))
    other = spell(hospital, _changed(hospital, record), rank)
    kind = rng.choice(("newer", "newer", "newer", "older", "tie", "tie", "blank", "one blank", "offset"))
    stamps = {
        "newer": ("2023-01-01 10:00", "2023-02-01 10:00"),
        "older": ("2023-02-01 10:00:01", "2023-02-01 10:00"),
        "tie": (TIE, rng.choice((TIE, "2023-01-01", "2023/1/1 0:00"))),
        "blank": ("", ""),
        "one blank": (TIE, rng.choice(("", "soon"))),
        "offset": ("2023-01-01T10:00:00-05:00", "2023-01-01T11:00:00+08:00"),  # as written, the second is the later
    }[kind]
    other["updated_at"], row["updated_at"] = stamps
    hospital.deliver(rank, record.table, other)
    hospital.deliver(later, record.table, row)


def _tombstone(hospital: Hospital, table: str, row: Text, rank: int) -> None:
    """Retracts a row in the same or a later batch; an `updated_at` before the row's makes it lose."""
    rng = hospital.rng
    later = rng.randrange(rank, len(hospital.plans))
    dead = dict(row) if rng.random() < 0.5 else dict.fromkeys(row, "") | {KEY[table]: row[KEY[table]]}
    dead["is_deleted"] = rng.choice(("Y", "1", "true", "是", "TRUE", "y"))
    if rng.random() < 0.7:
        dead["updated_at"] = rng.choice(("2031-01-01", "2031-01-01T00:00:00", row["updated_at"]))
    hospital.deliver(later, table, dead)


def _faults(hospital: Hospital, record: Record, key: str) -> list[tuple[str, Record]]:
    """A copy of a record under another key, with one or two faults of the contract."""
    rng, table = hospital.rng, record.table
    values: dict[str, Value] = record.values | {KEY[table]: key}
    required = rng.choice(REQUIRED[table])
    dated = rng.choice(DATES[table])
    missing = "" if required == "result_text" else texts.spell_blank(rng)
    too_late = max(plan.export_day for plan in hospital.plans) + days(rng.choice((1, 400)))
    faults: dict[str, dict[str, Value]] = {
        "missing": {required: missing},
        "unreadable": {
            dated: rng.choice(("2020-02-30", "2020-05", "soon", "5/13/20", "2021年3月", "20211301", "2020-01-01 25:00", "2021-3-5 noon"))
        },
        "range": {dated: rng.choice((date(1899, 12, 31), too_late, date(1900, 1, 1)))},
    }
    if table not in ("patients", "patient_merges"):
        faults["unknown"] = {"patient_id": "P-nobody"}
        faults["unknown and unreadable"] = {"patient_id": "P-nobody", dated: "2020-02-30"}
    if table == "patients":
        faults["sex"] = {"sex": rng.choice(("X", "3", "other"))}
        faults["sex and date"] = {"sex": "X", "birth_date": "1960-06"}
    if table == "medications" and isinstance(record.values["started_on"], date):
        faults["interval"] = {"ended_on": record.values["started_on"] - days(1)}
        faults["interval and unknown"] = faults["interval"] | {"patient_id": "P-nobody"}
    if table == "performance_status":
        faults["ecog"] = {"ecog_text": rng.choice(("6", "ECOG 9", "good", "0-1", "1.5", "10"))}
    if table == "biomarkers":
        faults["score"] = {
            "test_name": "PD-L1",
            "result_text": rng.choice(("TPS 101%", "TPS 150%", "120%", "TC 100.5%", "CPS 120", "TPS 100%")),
        }
    if table == "follow_ups":
        faults["status"] = {"vital_status": rng.choice(("maybe", "dead?", "出院"))}
        faults["no date"] = {"vital_status": "dead", "death_date": None}
        faults["month"] = {"death_date": rng.choice(("2199-01", "2020年13月", "2020", "2021-00"))}
    name = rng.choice(list(faults))
    return [(name, Record(table, values | faults[name]))]


def _rank_of(hospital: Hospital, record: Record) -> int | None:
    """The batch in which a record first appears: not before its own dates; None where no export is late enough."""
    day = record.last_day
    possible = [rank for rank, plan in enumerate(hospital.plans) if day is None or day <= plan.export_day]
    if not possible:
        return None
    return possible[0] if hospital.chance(0.75) else hospital.rng.choice(possible)


def deliver_record(hospital: Hospital, record: Record, keys: Callable[[], str]) -> None:
    """One record to its batch, with versions, duplicates, retractions and faulty copies at random."""
    rng = hospital.rng
    rank = _rank_of(hospital, record)
    if rank is None:
        if hospital.chance(0.05):  # dated after the last export: out of range
            hospital.deliver(len(hospital.plans) - 1, record.table, spell(hospital, record, len(hospital.plans) - 1))
        return
    row = spell(hospital, record, rank)
    rare = 0.3 if record.table in ("patients", "patient_merges") else 1.0  # a patient's own row decides on everything
    draw = rng.random() / rare
    if draw < 0.04:
        _versions(hospital, record, row, rank)
    else:
        hospital.deliver(rank, record.table, row)
        if draw < 0.07:  # identical content in the same or a later batch
            hospital.deliver(rng.randrange(rank, len(hospital.plans)), record.table, dict(row))
        elif draw < 0.085:
            _tombstone(hospital, record.table, row, rank)
    if rng.random() < 0.025:
        for _, faulty in _faults(hospital, record, keys()):
            hospital.deliver(rank, record.table, spell(hospital, faulty, rank))
    if rng.random() < 0.004:
        keyless = dict(row) | {KEY[record.table]: texts.spell_blank(rng)}
        for _ in range(rng.choice((1, 2))):
            hospital.deliver(rng.randrange(rank, len(hospital.plans)), record.table, dict(keyless))


def _merges(chart: Chart, hospital: Hospital) -> list[Record]:
    """Retired ids of a patient: simple, a chain, or into somebody unknown; the rows lie under all of them."""
    rng, numbers = chart.rng, chart.numbers
    kind = rng.random()
    if kind > 0.12:
        return []
    own = chart.ids[0]
    retired = numbers.next("P")
    merges = [(retired, own)]
    if kind < 0.05:
        older = numbers.next("P")
        merges.append((older, retired))
        chart.ids.append(older)
    chart.ids.append(retired)
    if kind > 0.09:
        # The end of the chain is unknown: that merge is quarantined, and the id before it keeps its rows.
        merges.append((own, rng.choice(("P-nobody", numbers.next("P")))))
    merged_on = min(plan.export_day for plan in hospital.plans) - days(rng.randrange(1, 400))
    return [
        Record("patient_merges", {"retired_patient_id": one, "surviving_patient_id": other, "merged_at": rng.choice((merged_on, None))})
        for one, other in merges
    ]


def _again_in_full(hospital: Hospital) -> None:
    """A later full batch holds the rows known until then once more (a few are left out, and vanish)."""
    for rank, plan in enumerate(hospital.plans):
        if rank == 0 or plan.mode != "full":
            continue
        for (table, _), (known_rank, row) in list(hospital.last_version.items()):
            if table in plan.tables and known_rank < rank and hospital.chance(0.985):
                again = dict(row)
                if hospital.chance(0.3):
                    again["updated_at"] = hospital.rng.choice(("", "2019-01-01", TIE))
                hospital.rows.setdefault((rank, table), []).append(again)


def _after_the_cut_off(chart: Chart, hospital: Hospital) -> None:
    """Where the last batch has an earlier calendar day than another: events that are exported, valid, and do not exist."""
    latest = max(plan.export_day for plan in hospital.plans)
    rng = chart.rng
    if latest == hospital.plans[-1].export_day or rng.random() > 0.3:
        return
    eve = latest - days(rng.randrange(1, 40))
    kind = rng.choice(("order", "order", "order", "PD", "alive", "death", "lab", "line"))
    if kind == "order":
        chart.order(rng.choice(texts.DRUGS["lorlatinib"]), eve, latest)
    elif kind == "line":
        chart.order(rng.choice(texts.DRUGS["gemcitabine"]), latest)
    elif kind == "PD":
        chart.assess(latest, "PD")
    elif kind == "lab":
        chart.lab(latest)
    else:
        chart.contact(latest, "alive" if kind == "alive" else "dead", None if kind == "alive" else eve)


def fill(hospital: Hospital, count: int) -> None:
    """Draws the patients and delivers their rows."""
    rng, numbers = hospital.rng, Numbers()
    for _ in range(count):
        chart = Chart(rng, numbers, [numbers.next("P")])
        merges = _merges(chart, hospital)
        patient(chart)
        _after_the_cut_off(chart, hospital)
        if merges and rng.random() < 0.5:  # a retired id may have a row of its own
            person = next(one for one in chart.records if one.table == "patients")
            chart.records.append(Record("patients", person.values | {"patient_id": chart.ids[-1]}))
        for record in [*chart.records, *merges]:
            prefix = "P" if record.table in ("patients", "patient_merges") else f"Q{record.table[0].upper()}"
            deliver_record(hospital, record, lambda prefix=prefix: numbers.next(prefix))
    _again_in_full(hospital)


def _header(rng: Random, name: str) -> str:
    return rng.choice((name, name, name.upper(), f" {name} ", name.title()))


def _columns(hospital: Hospital, table: str, rows: list[Text]) -> list[str]:
    """The columns of a file in any order; optional ones may be absent, unknown ones come beside them."""
    rng = hospital.rng
    if all(row["is_deleted"] not in ("", "N", "0", "false", "否") for row in rows) and rng.random() < 0.7:
        return [KEY[table], "updated_at", "is_deleted"]
    columns = []
    for column in (*COLUMNS[table], "updated_at", "is_deleted"):
        optional = column != KEY[table] and column not in REQUIRED[table]
        empty = all(row[column] == "" for row in rows)
        if not (optional and rng.random() < (0.8 if empty else 0.004)):
            columns.append(column)
    if rng.random() < 0.3:
        columns.append("ward")
    if rng.random() < 0.5:
        rng.shuffle(columns)
    return columns


def _csv_bytes(hospital: Hospital, plan: Plan, columns: list[str], rows: list[Text]) -> bytes:
    rng = hospital.rng
    buffer = io.StringIO()
    line_end = rng.choice(("\n", "\r\n"))
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    writer = csv.writer(buffer, lineterminator=line_end, quoting=quoting)
    writer.writerow([_header(rng, column) for column in columns])
    for row in rows:
        writer.writerow([row.get(column, "3A") for column in columns])
    data = buffer.getvalue().encode(plan.encoding or "utf-8")
    return b"\xef\xbb\xbf" + data if plan.encoding != "gb18030" and rng.random() < 0.3 else data


def _write_table(hospital: Hospital, plan: Plan, folder: Path, table: str, rows: list[Text]) -> tuple[str, int]:
    """One file of a batch; its name and number of rows."""
    rng = hospital.rng
    rng.shuffle(rows)
    columns = _columns(hospital, table, rows)
    draw = rng.random()
    if draw < 0.05:
        import pyarrow
        import pyarrow.parquet

        name = f"{table}.parquet"
        arrays = {column: pyarrow.array([row.get(column, "3A") for row in rows], pyarrow.string()) for column in columns}
        pyarrow.parquet.write_table(pyarrow.table(arrays), folder / name)
    else:
        data = _csv_bytes(hospital, plan, columns, rows)
        name = f"{table}.csv"
        if draw < 0.3:
            name, data = f"{table}.csv.gz", gzip.compress(data, compresslevel=1, mtime=0)
        (folder / name).write_bytes(data)
    return name, len(rows)


def _write_batch(hospital: Hospital, rank: int, target: Path, absent: set[str]) -> None:
    plan, rng = hospital.plans[rank], hospital.rng
    folder = target / plan.folder
    folder.mkdir(parents=True)
    files = {}
    for table in COLUMNS:
        rows = hospital.rows.get((rank, table), [])
        if table in absent or (not rows and not (rank == 0 and table in NEEDED_FIRST)):
            continue
        if plan.mode == "full" and rank and table not in plan.tables:
            continue
        name, count = _write_table(hospital, plan, folder, table, rows)
        if rng.random() < 0.7:
            files[name] = {"rows": count, "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
    if plan.described:
        facts: dict[str, object] = {
            "batch_id": plan.batch_id,
            "exported_at": plan.exported_at.isoformat(),
            "mode": plan.mode,
        }
        if all(one.described for one in hospital.plans):
            facts["data"] = "synthetic"
        optional = {"encoding": plan.encoding, "date_order": plan.date_order, "files": files}
        facts |= {name: value for name, value in optional.items() if value}
        (folder / "batch.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")


def write_exports(target: Path, seed: int, patients: int = 200, batches: int = 3, describe_all: bool = True) -> list[Path]:
    """Writes random exports into an empty folder and returns the batch folders in the order of the exports.

    `describe_all=False` leaves the first batch without a batch.json; as that can't say that its data are synthetic, none does.
    """
    rng = Random(seed)
    hospital = Hospital(rng, plan_batches(rng, batches, describe_all))
    fill(hospital, patients)
    target.mkdir(parents=True, exist_ok=True)
    absent_everywhere = {rng.choice(OPTIONAL_TABLES[:3])} if rng.random() < 0.15 else set()
    for rank in range(len(hospital.plans)):
        absent = absent_everywhere | ({rng.choice(OPTIONAL_TABLES)} if rng.random() < 0.1 else set())
        _write_batch(hospital, rank, target, absent)
    return [target / plan.folder for plan in hospital.plans]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Random exports in the hospital's format.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--batches", type=int, default=3)
    arguments = parser.parse_args()
    written = write_exports(arguments.folder, arguments.seed, arguments.patients, arguments.batches)
    print(f"{len(written)} batches of {arguments.patients} random patients in {arguments.folder}")


if __name__ == "__main__":
    main()
