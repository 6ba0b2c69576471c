"""Whom a new batch touches, and which rows their derivation needs: small tables, one a rule."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline.derive.touched import cut
from pipeline.landing.declaration import Column, Source, Table


def _table(name: str, *columns: str) -> Table:
    return Table(name, tuple(Column(column, is_key=place == 0) for place, column in enumerate(columns)), name)


SOURCE = Source(
    "hospital",
    (
        _table("patients", "patient_id", "sex"),
        _table("patient_merges", "retired_patient_id", "surviving_patient_id"),
        _table("labs", "lab_id", "patient_id"),
    ),
)


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Patients a to e with a lab each; c was merged into d, a merge that was taken back since; one lab is of nobody known."""
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.batch_files (batch_id varchar, table_name varchar, rows bigint)")
        connection.execute("insert into raw.batch_files values ('old', 'all', 100)")
        for table in SOURCE.tables:
            columns = ", ".join(f"{name} varchar" for name in (*table.column_names, "is_deleted", "_batch_id"))
            connection.execute(f"create table raw.delivered_{table.name} ({columns})")
            connection.execute(f"create view raw.{table.name} as from raw.delivered_{table.name}")
        deliver(connection, "old", "patients", *((name, "F", "") for name in "abcde"))
        deliver(connection, "old", "labs", *((f"lab-{name}", name, "") for name in (*"abcde", "stranger")))
        deliver(connection, "old", "patient_merges", ("c", "d", ""), ("c", "d", "Y"))
        yield connection


def deliver(connection: duckdb.DuckDBPyConnection, batch: str, table: str, *rows: tuple[str, ...]) -> None:
    connection.executemany(f"insert into raw.delivered_{table} values (?, ?, ?, '{batch}')", list(rows))


def touched(connection: duckdb.DuckDBPyConnection) -> tuple[set[str], dict[str, set[str]]]:
    """Whom the batch `new` touches, and the keys that were cut out, by table."""
    cut(connection, SOURCE, ["new"])
    patients = {row[0] for row in connection.execute("from touched.patients").fetchall()}
    keys = {
        table.name: {row[0] for row in connection.execute(f"select {table.key[0]} from raw.{table.name}").fetchall()}
        for table in SOURCE.tables
    }
    return patients, keys


def test_a_new_row_touches_its_patient_alone(warehouse: duckdb.DuckDBPyConnection) -> None:
    deliver(warehouse, "new", "labs", ("lab-new", "a", ""))
    patients, keys = touched(warehouse)
    assert patients == {"a"}
    assert keys == {"patients": {"a"}, "patient_merges": set(), "labs": {"lab-a", "lab-new"}}


def test_a_row_that_moves_touches_both_patients(warehouse: duckdb.DuckDBPyConnection) -> None:
    deliver(warehouse, "new", "labs", ("lab-a", "b", ""))
    patients, keys = touched(warehouse)
    assert patients == {"a", "b"}
    assert keys["labs"] == {"lab-a", "lab-b"}


def test_a_tombstone_without_a_patient_touches_whose_row_it_was(warehouse: duckdb.DuckDBPyConnection) -> None:
    deliver(warehouse, "new", "labs", ("lab-a", "", "Y"))
    patients, _ = touched(warehouse)
    assert patients == {"a", ""}


def test_merges_tie_however_they_ended(warehouse: duckdb.DuckDBPyConnection) -> None:
    deliver(warehouse, "new", "labs", ("lab-new", "d", ""))
    patients, keys = touched(warehouse)
    assert patients == {"c", "d"}
    assert keys["patient_merges"] == {"c"}


def test_a_new_merge_touches_both_and_their_chains(warehouse: duckdb.DuckDBPyConnection) -> None:
    deliver(warehouse, "new", "patient_merges", ("b", "c", ""))
    patients, keys = touched(warehouse)
    assert patients == {"b", "c", "d"}
    assert keys["labs"] == {"lab-b", "lab-c", "lab-d"}


def test_a_patient_who_becomes_known_brings_the_rows_that_waited(warehouse: duckdb.DuckDBPyConnection) -> None:
    deliver(warehouse, "new", "patients", ("stranger", "F", ""))
    patients, keys = touched(warehouse)
    assert patients == {"stranger"}
    assert keys["labs"] == {"lab-stranger"}


def test_the_other_patient_of_a_shared_row_is_known_but_not_touched(warehouse: duckdb.DuckDBPyConnection) -> None:
    """lab-a was b's once; a row of b touches b, and lab-a, which comes along, is a's and needs a's own row."""
    deliver(warehouse, "old", "labs", ("lab-a", "b", ""))
    deliver(warehouse, "new", "labs", ("lab-new", "b", ""))
    patients, keys = touched(warehouse)
    assert patients == {"b"}
    assert keys == {"patients": {"a", "b"}, "patient_merges": set(), "labs": {"lab-a", "lab-b", "lab-new"}}
    assert warehouse.execute("select count(*) from raw.labs where lab_id = 'lab-a'").fetchall() == [(2,)]


def test_rows_without_a_key_come_with_those_of_the_same_text(warehouse: duckdb.DuckDBPyConnection) -> None:
    deliver(warehouse, "old", "labs", ("", "e", ""))
    deliver(warehouse, "new", "labs", ("", "a", ""))
    _, keys = touched(warehouse)
    assert warehouse.execute("select count(*) from raw.labs where lab_id = ''").fetchall() == [(2,)]
    assert {"lab-a", "lab-e"} <= keys["labs"]


def test_nothing_else_is_left_in_the_schema(warehouse: duckdb.DuckDBPyConnection) -> None:
    deliver(warehouse, "new", "labs", ("lab-new", "a", ""))
    touched(warehouse)
    views = warehouse.execute("select view_name from duckdb_views() where schema_name = 'raw' and not internal").fetchall()
    assert views == []
