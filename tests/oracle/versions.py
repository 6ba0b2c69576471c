"""Every raw row to exactly one place (raw_exports, 'What happens to a row', 'Versions before validation', 'Quarantine rules')."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from .biomarkers import is_pd_l1_test, tumour_cell_numbers
from .exports import TABLES, Batch, Row, read_rows
from .values import (
    Refusal,
    is_blank,
    is_tombstone,
    read_date,
    read_ecog,
    read_month,
    read_sex,
    read_timestamp,
    read_vital_status,
)

EARLIEST = date(1900, 1, 1)
QUARANTINE_RULES = {
    "missing_value",
    "unreadable_date",
    "date_out_of_range",
    "interval_reversed",
    "unknown_patient",
    "unreadable_value",
    "impossible_value",
    "dead_without_date",
}
PLACES = ("current", "superseded", "duplicate", "retracted", "quarantined")


@dataclass
class Settled:
    """Where the rows ended: the current ones by table, the quarantine, and the counts by table and place."""

    current: dict[str, list[Row]] = field(default_factory=dict)
    quarantine: list[dict[str, object]] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    survivors: dict[str, str] = field(default_factory=dict)  # retired id: surviving id at the end of its chain

    def patient_of(self, patient_id: str) -> str:
        """The surviving patient of an id, after merges."""
        return self.survivors.get(patient_id, patient_id)


def _version_order(row: Row, batches: list[Batch]) -> tuple:
    """Later `updated_at` wins (as written; blank or unreadable before all), then the later batch, then the later line."""
    stamp = read_timestamp(row.values["updated_at"], batches[row.rank].date_order)
    return (stamp is not None, stamp or (), row.rank, row.position)


def _quarantined(settled: Settled, row: Row, rule: str, column: str) -> None:
    settled.counts[row.table]["quarantined"] += 1
    settled.quarantine.append(
        {"batch": row.batch, "file": row.file, "line": row.line, "table": row.table, "rule": rule, "column": column},
    )


def settle_versions(settled: Settled, table: str, rows: list[Row], batches: list[Batch]) -> list[Row]:
    """The winning, not retracted row of each key; the others are counted in their places.

    A row without a key is quarantined at once, before anything else is asked of it.
    """
    counts = settled.counts[table]
    keyed = []
    for row in rows:
        if is_blank(row.key):
            _quarantined(settled, row, "missing_value", TABLES[table].key)
        else:
            keyed.append(row)
    # Identical rows (the same text in every column): the last stays, the others are duplicates, also where they would be superseded.
    last_identical: dict[tuple[str, ...], Row] = {}
    for row in keyed:
        if row.delivered in last_identical:
            counts["duplicate"] += 1
        last_identical[row.delivered] = row
    # A full batch replaces everything older for the tables that it contains, whatever its `updated_at`.
    replaced_before = max((rank for rank, batch in enumerate(batches) if batch.mode == "full" and table in batch.files), default=0)
    versions: dict[str, list[Row]] = {}
    for row in last_identical.values():
        if row.rank < replaced_before:
            counts["superseded"] += 1
        else:
            versions.setdefault(row.key, []).append(row)
    winners = []
    for candidates in versions.values():
        candidates.sort(key=lambda row: _version_order(row, batches))
        counts["superseded"] += len(candidates) - 1
        if is_tombstone(candidates[-1].values["is_deleted"]):
            counts["retracted"] += 1
        else:
            winners.append(candidates[-1])
    return sorted(winners, key=lambda row: (row.rank, row.position))


def _dates_of(row: Row, batch: Batch) -> dict[str, date | None]:
    """Each date column that isn't blank: its date (a month's first day), or None where it can't be read."""
    dates: dict[str, date | None] = {}
    for column in TABLES[row.table].dates:
        text = row.values[column]
        if is_blank(text):
            continue
        dates[column] = read_date(text, batch.date_order)
        if dates[column] is None and column == "death_date":
            dates[column] = read_month(text)
    return dates


def _is_missing(row: Row, column: str) -> bool:
    """In `result_text` a blank word is a result; only an empty field is missing."""
    text = row.values[column]
    return text == "" if column == "result_text" else is_blank(text)


def failed_value_rule(row: Row, batch: Batch) -> tuple[str, str] | None:
    """The first rule, in the contract's order up to `interval_reversed`, that a row fails, and its column."""
    table = TABLES[row.table]
    for column in table.required:
        if _is_missing(row, column):
            return "missing_value", column
    dates = _dates_of(row, batch)
    for column, day in dates.items():
        if day is None:
            return "unreadable_date", column
    days = {column: day for column, day in dates.items() if day is not None}
    for column, day in days.items():
        if not EARLIEST <= day <= batch.export_day:
            return "date_out_of_range", column
    if row.table == "medications" and days.get("ended_on", date.max) < days["started_on"]:
        return "interval_reversed", "ended_on"
    return None


def failed_meaning_rule(row: Row) -> tuple[str, str] | None:
    """The first rule, in the contract's order from `unreadable_value` on, that a row fails, and its column."""
    values = row.values
    if row.table == "patients" and read_sex(values["sex"]) is None:
        return "unreadable_value", "sex"
    if row.table == "performance_status":
        ecog = read_ecog(values["ecog_text"])
        if ecog is None:
            return "unreadable_value", "ecog_text"
        if ecog > 5:
            return "impossible_value", "ecog_text"
    if (
        row.table == "biomarkers"
        and is_pd_l1_test(values["test_name"])
        and max(tumour_cell_numbers(values["result_text"], values["test_name"]), default=0) > 100
    ):
        return "impossible_value", "result_text"
    if row.table == "follow_ups":
        status = read_vital_status(values["vital_status"])
        if status is None:
            return "unreadable_value", "vital_status"
        if status == "dead" and is_blank(values["death_date"]):
            return "dead_without_date", "death_date"
    return None


def _check_cycles(merges: dict[str, Row]) -> None:
    for start in merges:
        path = [start]
        while path[-1] in merges:
            following = merges[path[-1]].values["surviving_patient_id"]
            if following in path:
                lines = sorted(f"{merges[one].file} line {merges[one].line}" for one in path[path.index(following) :])
                raise Refusal(f"patient_merges: the merges run in a circle: {', '.join(lines)}")
            path.append(following)


def settle_merges(settled: Settled, merges: list[Row], known: set[str]) -> None:
    """Chains to their ends; a merge into an unknown patient is quarantined, from the end of a chain backwards."""
    by_retired = {row.key: row for row in merges}
    _check_cycles(by_retired)
    ends: dict[str, str] = {}

    def end_of(patient_id: str) -> str:
        """The patient as whom the rows of an id count; decides on the id's own merge, its successors' first."""
        if patient_id not in by_retired:
            return patient_id
        if patient_id not in ends:
            end = end_of(by_retired[patient_id].values["surviving_patient_id"])
            ends[patient_id] = end if end in known else patient_id
        return ends[patient_id]

    for row in merges:
        if end_of(row.key) == row.key:
            _quarantined(settled, row, "unknown_patient", "surviving_patient_id")
        else:
            settled.survivors[row.key] = end_of(row.key)
            settled.counts["patient_merges"]["current"] += 1
            settled.current["patient_merges"].append(row)


def settle(batches: list[Batch]) -> Settled:
    """All rows of all batches, settled; raises Refusal as the contract does."""
    settled = Settled(
        current={table: [] for table in TABLES},
        counts={table: {"raw": 0, **dict.fromkeys(PLACES, 0)} for table in TABLES},
    )
    winners: dict[str, list[Row]] = {}
    for table in TABLES:
        rows = [row for rank, batch in enumerate(batches) if table in batch.files for row in read_rows(batch, rank, table)]
        settled.counts[table]["raw"] = len(rows)
        winners[table] = settle_versions(settled, table, rows, batches)

    def keep(row: Row, failed: tuple[str, str] | None) -> None:
        if failed:
            _quarantined(settled, row, *failed)
        else:
            settled.counts[row.table]["current"] += 1
            settled.current[row.table].append(row)

    for row in winners["patients"]:
        keep(row, failed_value_rule(row, batches[row.rank]) or failed_meaning_rule(row))
    known = {row.key for row in settled.current["patients"]}

    merges = []
    for row in winners["patient_merges"]:
        failed = failed_value_rule(row, batches[row.rank])
        if failed:
            _quarantined(settled, row, *failed)
        else:
            merges.append(row)
    settle_merges(settled, merges, known)

    for table in TABLES:
        if table in ("patients", "patient_merges"):
            continue
        for row in winners[table]:
            failed = failed_value_rule(row, batches[row.rank])
            if not failed and settled.patient_of(row.values["patient_id"]) not in known:
                failed = "unknown_patient", "patient_id"
            keep(row, failed or failed_meaning_rule(row))
    return settled
