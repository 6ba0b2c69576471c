"""The delivered rows of a patient: where each stands and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import duckdb

from pipeline.trace.page import Part, counted, grid
from pipeline.trace.patient import Patient
from pipeline.work_area import Row, query

SHOWN_LINES = 8
SHOWN_LINES_OF_A_FACT = 3
# so many rows that their lines would fill the page
SUMMARISED = frozenset({"labs"})
OUTCOMES = ("current", "superseded", "duplicate", "retracted", "quarantined")

# a retraction may bear its key alone, so that the row's other versions say whose it is; a merge is of the ids that it retires;
# the rows of somebody without a row in `patients` are known by the id that they were set aside for
LINEAGE = """
with lineage as (
    select * from engineer.row_lineage
),

own as (
    select * from lineage
    where list_contains($ids, patient_id)
),

nobodys as (
    select * from lineage
    where patient_id is null
),

set_aside as (
    select * from engineer.quarantine
),

traced as (
    select * from own

    union all

    select nobodys.*
    from nobodys
    semi join own
        on nobodys.table_name = own.table_name
        and nobodys.row_key = own.row_key

    union all

    select * from nobodys
    where table_name = 'patient_merges' and list_contains($ids, row_key)

    union all

    select nobodys.*
    from nobodys
    semi join (
        select * from set_aside
        where rule = 'unknown_patient' and list_contains($ids, trim(raw_value))
    ) as of_unknown
        on nobodys.batch_id = of_unknown.batch_id
        and nobodys.file_name = of_unknown.file_name
        and nobodys.line_number = of_unknown.line_number
)

select distinct
    traced.table_name,
    traced.row_key,
    batches.batch_rank,
    traced.batch_id,
    traced.file_name,
    traced.line_number,
    traced.outcome,
    set_aside.rule
from traced
left join set_aside
    on traced.batch_id = set_aside.batch_id
    and traced.file_name = set_aside.file_name
    and traced.line_number = set_aside.line_number
left join raw.batches as batches
    on traced.batch_id = batches.batch_id
order by traced.table_name, batches.batch_rank nulls last, traced.batch_id, traced.file_name, traced.line_number
"""


@dataclass(frozen=True)
class Delivered:
    """The rows in the order of their places, the batches that bear them, and the table of each kind of fact."""

    rows: tuple[Row, ...] = field(repr=False)
    batches: Mapping[str, int]
    order_table: str

    def places(self, table: str, keys: Iterable[str | None]) -> str:
        """Where the current rows with these keys stand, for example ``1/labs.csv:12, 40 +3``; a source that bears facts from
        other tables names its own in the key, or has the key in one table only."""
        wanted = {key for key in keys if key is not None}
        current = [row for row in self.rows if row["outcome"] == "current"]
        own = [row for row in current if row["table_name"] == table and row["row_key"] in wanted]
        others = [row for row in current if row["row_key"] in wanted or f"{row['table_name']}:{row['row_key']}" in wanted]
        is_own = any(row["table_name"] == table for row in self.rows)
        if not is_own and len({row["table_name"] for row in others}) > 1:
            return "?"
        return self.written(own if is_own else others) or "?"

    def written(self, rows: Iterable[Row], most: int = SHOWN_LINES_OF_A_FACT) -> str:
        """Places of rows, file by file."""
        parts = []
        for (batch_id, file), group in groupby(rows, key=lambda row: (row["batch_id"], row["file_name"])):
            lines = [row["line_number"] for row in group]
            more = f" +{len(lines) - most}" if len(lines) > most else ""
            parts.append(f"{self.batches[batch_id]}/{file}:{', '.join(map(str, lines[:most]))}{more}")
        return "; ".join(parts)


def delivered(work: duckdb.DuckDBPyConnection, patient: Patient) -> Delivered:
    """Every row that was delivered for the patient, under whichever id."""
    found = query(work, LINEAGE, ids=patient.ids)
    batches = {row["batch_id"]: row["batch_rank"] for row in sorted(found, key=lambda row: row["batch_rank"])}
    [(order_table,)] = work.execute("select table_name from staging.conformed_drug_column").fetchall()
    return Delivered(tuple(found), batches, order_table)


def part(found: Delivered) -> Part:
    """A line a table, file and outcome."""
    title = f"Rows: {counted(len(found.rows), 'row')} delivered"
    if not found.rows:
        return Part(title, ())
    table = grid("table", "outcome", "rows", "lines", right=("rows",))
    named = ""
    for (name, outcome, rule), group in _groups(found.rows):
        words = f"{outcome}: {rule}" if rule else outcome
        table.add_row(name if name != named else "", words, str(len(group)), _lines(found, name, group))
        named = name
    return Part(title, (table,))


def _groups(rows: Iterable[Row]) -> list[tuple[tuple[str, str, str | None], list[Row]]]:
    """The rows by table, outcome and rule, in that order."""

    def place(row: Row) -> tuple[str, int, str]:
        return row["table_name"], OUTCOMES.index(row["outcome"]), row["rule"] or ""

    ordered = sorted(rows, key=place)
    return [((key[0], OUTCOMES[key[1]], key[2] or None), list(group)) for key, group in groupby(ordered, key=place)]


def _lines(found: Delivered, name: str, rows: list[Row]) -> str:
    if name not in SUMMARISED:
        return found.written(rows, SHOWN_LINES)
    parts = []
    for (batch_id, file), group in groupby(rows, key=lambda row: (row["batch_id"], row["file_name"])):
        lines = [row["line_number"] for row in group]
        span = str(lines[0]) if len(lines) == 1 else f"{len(lines)} between {lines[0]} and {lines[-1]}"
        parts.append(f"{found.batches[batch_id]}/{file}:{span}")
    return "; ".join(parts)
