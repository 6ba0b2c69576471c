"""The patients that new batches touch, with every row of theirs: a small database in which the models run as they are.

A patient is touched if a new batch holds a version of a row that is theirs now or was once, and with a patient everybody
that a merge, of whatever version, ties to them. The small database gets all versions of each key of those patients, so
that every row of a touched patient is settled there exactly as in a derivation of everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipeline.landing.declaration import Source, Table

PATIENT = "patient_id"
PATIENTS = "touched.patients"


@dataclass(frozen=True)
class Cut:
    """``patients`` touched ids; ``rows`` of theirs out of all ``raw_rows``."""

    patients: int
    rows: int
    raw_rows: int


def cut(connection: duckdb.DuckDBPyConnection, source: Source, new: Sequence[str]) -> Cut:
    """Replaces the views of the schema ``raw``, one a table, by tables with the rows of the patients that batches ``new`` touch.

    The ids of these patients are left in ``touched.patients``.
    """
    of_patients = [table for table in source.tables if PATIENT in table.column_names]
    register = next(table for table in of_patients if table.key == (PATIENT,))
    merges = [table for table in source.tables if table not in of_patients]
    connection.execute("create schema touched")
    connection.execute("create table touched.batches as select unnest(?::varchar[]) as batch_id", [list(new)])
    _tie(connection, merges)
    _touch(connection, of_patients, merges)
    for table in of_patients:
        if table is not register:
            _copy(connection, table, f"select {table.key[0]} from raw.{table.identifier} where {PATIENT} in (from {PATIENTS})")
    # whoever else stands in these rows must be known there as well, or the rows would be taken for an unknown patient's
    connection.execute(f"create table touched.named as {_named([table for table in of_patients if table is not register])}")
    _copy(connection, register, _tied("touched.named"))
    for table in merges:
        _copy(connection, table, _tied("touched.named"))
    for table in source.tables:
        connection.execute(f"drop view raw.{table.identifier}")
        connection.execute(f"alter table raw.{_cut_name(table)} rename to {table.identifier}")
    return _count(connection, source)


def _tie(connection: duckdb.DuckDBPyConnection, merges: Sequence[Table]) -> None:
    """The two ids of every version of a merge, both ways round."""
    pairs = [f"select {', '.join(_ids(table))} from raw.{table.identifier}" for table in merges]
    connection.execute(
        f"""create table touched.ties as
        with pairs (one, other) as ({" union all ".join(pairs) or "select '', '' where false"})
        select one, other from pairs union select other, one from pairs"""
    )


def _ids(table: Table) -> tuple[str, str]:
    """The columns of a merge's two ids."""
    one, other = (name for name in table.column_names if name.endswith(PATIENT))
    return one, other


def _touch(connection: duckdb.DuckDBPyConnection, of_patients: Sequence[Table], merges: Sequence[Table]) -> None:
    found = [
        f"""select {PATIENT} from raw.{table.identifier}
        where {table.key[0]} in (select {table.key[0]} from raw.{table.identifier} where _batch_id in (from touched.batches))"""
        for table in of_patients
    ]
    found += [
        f"select {column} from raw.{table.identifier} where _batch_id in (from touched.batches)"
        for table in merges
        for column in _ids(table)
    ]
    connection.execute(f"create table touched.found as {' union '.join(found)}")
    connection.execute(f"create table {PATIENTS} as {_tied('touched.found')}")


def _tied(ids: str) -> str:
    """The ids of a relation and everybody that merges tie to them."""
    return f"""with recursive reached (patient_id) as (
        select patient_id from {ids}
        union
        select ties.other from reached inner join touched.ties as ties on reached.patient_id = ties.one
    ) select patient_id from reached"""


def _named(tables: Sequence[Table]) -> str:
    """Touched patients, and whoever is named in the rows that were copied."""
    return " union ".join([f"from {PATIENTS}", *(f"select {PATIENT} from raw.{_cut_name(table)}" for table in tables)])


def _copy(connection: duckdb.DuckDBPyConnection, table: Table, keys: str) -> None:
    connection.execute(f"create table raw.{_cut_name(table)} as select * from raw.{table.identifier} where {table.key[0]} in ({keys})")


def _cut_name(table: Table) -> str:
    return f"{table.identifier}_cut"


def _count(connection: duckdb.DuckDBPyConnection, source: Source) -> Cut:
    def number(query: str) -> int:
        (value,) = connection.execute(query).fetchall()[0]
        return int(value or 0)

    return Cut(
        patients=number(f"select count(*) from {PATIENTS}"),
        rows=sum(number(f"select count(*) from raw.{table.identifier}") for table in source.tables),
        raw_rows=number("select sum(rows) from raw.batch_files"),
    )
