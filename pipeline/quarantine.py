"""What was set aside and why, for the data engineer; and as a file for the hospital, which mends it.

On the terminal are rules, columns and places, never a value: a terminal's scrollback is a log.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import duckdb
from rich.table import Table

from pipeline.errors import UsageError
from pipeline.settings import Settings
from pipeline.summary import new_table, terminal
from pipeline.work_area import Row, each, handover_folder, query, work_database, write_private_csv

FILE = "quarantine.csv"
COLUMNS = ("batch", "file", "line", "table", "key", "rule", "what_to_do", "column", "raw_value")
SHOWN_PLACES = 3

# every rule of the contract, and how the hospital mends what it found
TO_MEND = {
    "missing_value": "fill the required column",
    "unreadable_date": "write the whole date, for example 2021-03-05 (a death date may be a month: 2021-03)",
    "date_out_of_range": "correct the date: it lies before 1900 or after the day of the export",
    "interval_reversed": "correct start or end: the end lies before the start",
    "unknown_patient": "deliver the patient's row in the table of patients, or correct the patient's number",
    "unreadable_value": "write one of the words of the contract",
    "impossible_value": "correct the value: it is outside of what is possible",
    "dead_without_date": "fill the date of death, the month is enough; or correct the vital status",
}

GROUPS = """
    select
        quarantine.table_name,
        quarantine.rule,
        quarantine.column_name,
        count(*) as rows,
        count(*) filter (where quarantine.row_key is null) as keyless,
        arg_min(batches.batch_id, batches.batch_rank) as first_batch,
        arg_max(batches.batch_id, batches.batch_rank) as last_batch
    from engineer.quarantine as quarantine
    inner join raw.batches as batches on quarantine.batch_id = batches.batch_id
    where {chosen}
    group by quarantine.table_name, quarantine.rule, quarantine.column_name
    order by rows desc, quarantine.table_name, quarantine.rule, quarantine.column_name nulls last
"""
PLACES = f"""
    select quarantine.table_name, quarantine.rule, quarantine.column_name, quarantine.batch_id, quarantine.file_name, quarantine.line_number
    from engineer.quarantine as quarantine
    inner join raw.batches as batches on quarantine.batch_id = batches.batch_id
    where {{chosen}}
    qualify row_number() over (
        partition by quarantine.table_name, quarantine.rule, quarantine.column_name
        order by batches.batch_rank, quarantine.file_name, quarantine.line_number
    ) <= {SHOWN_PLACES}
    order by batches.batch_rank, quarantine.file_name, quarantine.line_number
"""
ROWS = """
    select quarantine.*
    from engineer.quarantine as quarantine
    inner join raw.batches as batches on quarantine.batch_id = batches.batch_id
    where {chosen}
    order by quarantine.table_name, batches.batch_rank, quarantine.file_name, quarantine.line_number
"""
# what may be chosen: setting, column of the quarantine, where its known values stand
CHOICES = (
    ("TABLE", "table_name", "select distinct table_name from staging.conformed_reconciliation"),
    ("BATCH", "batch_id", "select batch_id from raw.batches"),
)


def run(settings: Settings, environment: Mapping[str, str]) -> None:
    """Print what was set aside, of $TABLE, $RULE and $BATCH where they are set, and write it to $OUT.

    Raises UsageError for a wrong setting or before the first refresh, WarehouseError where the work database can't be read.
    """
    folder = handover_folder(settings, environment)
    with work_database(settings) as connection:
        chosen = _chosen(connection, environment)
        where = " and ".join(f"quarantine.{column} = ${column}" for column in chosen) or "true"
        groups = query(connection, GROUPS.format(chosen=where), **chosen)
        places = query(connection, PLACES.format(chosen=where), **chosen)
        rows = map(_for_the_hospital, each(connection, ROWS.format(chosen=where), **chosen))
        path = write_private_csv(folder, FILE, rows, COLUMNS) if folder else None
    console = terminal()
    console.print()
    if not groups:
        console.print("Nothing is set aside" + (" of what was chosen." if chosen else "."))
    else:
        for table in (_summary(groups), _where(groups, places), _words(groups)):
            console.print(table)
            console.print()
    if path:
        console.print(f"Written {sum(group['rows'] for group in groups):,} rows to {path}", soft_wrap=True)
        console.print("It holds patients' values: only you can read it; give it to the hospital alone, and remove it afterwards.")
    elif groups:
        console.print("The values aren't shown. OUT=dir writes them, with file and line, for the hospital to mend.")
    if groups:
        console.print("A row that comes mended in a later batch, with its key and a later updated_at, leaves the quarantine by itself.")
    if any(group["keyless"] for group in groups):
        console.print("A row without its key stays listed: nothing ties a mended one to it.")


def _chosen(connection: duckdb.DuckDBPyConnection, environment: Mapping[str, str]) -> dict[str, str]:
    """The value of each column that was chosen. Raises UsageError for one that nothing in the warehouse has."""
    known = {setting: (column, [row[0] for row in connection.execute(sql).fetchall()]) for setting, column, sql in CHOICES}
    known["RULE"] = ("rule", list(TO_MEND))
    chosen = {}
    for setting, (column, values) in known.items():
        given = environment.get(setting, "").strip()
        if given and given not in values:
            near = difflib.get_close_matches(given, values, n=1)
            todo = f"did you mean {near[0]}?" if near else f"set {setting} to one of: {', '.join(sorted(values))}"
            raise UsageError(f"{setting} names nothing of this warehouse", where=given, todo=todo)
        if given:
            chosen[column] = given
    return chosen


def _summary(groups: Sequence[Row]) -> Table:
    headings = (("table", "left"), ("rule", "left"), ("column", "left"), ("rows", "right"), ("first batch", "left"), ("last batch", "left"))
    table = new_table("Set aside", *headings)
    for group in groups:
        last = "" if group["last_batch"] == group["first_batch"] else group["last_batch"]
        table.add_row(*_name(group), f"{group['rows']:,}", group["first_batch"], last)
    table.add_section()
    table.add_row("all", "", "", f"{sum(group['rows'] for group in groups):,}")
    return table


def _where(groups: Sequence[Row], places: Sequence[Row]) -> Table:
    """The first places of each group, a line each."""
    headings = (("table", "left"), ("rule", "left"), ("column", "left"), ("batch", "left"), ("file", "left"), ("line", "right"))
    table = new_table("Where", *headings)
    by_group: dict[tuple[str, ...], list[Row]] = {}
    for place in places:
        by_group.setdefault(_name(place), []).append(place)
    for group in groups:
        for number, place in enumerate(by_group[_name(group)]):
            name = _name(group) if number == 0 else ("", "", "")
            table.add_row(*name, place["batch_id"], place["file_name"], str(place["line_number"]))
        if group["rows"] > SHOWN_PLACES:
            table.add_row("", "", "", f"and {group['rows'] - SHOWN_PLACES:,} more")
    return table


def _words(groups: Sequence[Row]) -> Table:
    table = new_table("What to do", ("rule", "left"), ("", "left"))
    for rule in (rule for rule in TO_MEND if rule in {group["rule"] for group in groups}):
        table.add_row(rule, TO_MEND[rule])
    return table


def _name(row: Row) -> tuple[str, str, str]:
    return row["table_name"], row["rule"], row["column_name"] or ""


def _for_the_hospital(row: Row) -> Row:
    return {
        "batch": row["batch_id"],
        "file": row["file_name"],
        "line": row["line_number"],
        "table": row["table_name"],
        "key": row["row_key"],
        "rule": row["rule"],
        "what_to_do": TO_MEND.get(row["rule"], "ask the data engineer"),
        "column": row["column_name"],
        "raw_value": row["raw_value"],
    }
