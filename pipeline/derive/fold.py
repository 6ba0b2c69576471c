"""What the models gave for the touched patients takes the place of these patients' earlier rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from pipeline.derive.touched import PATIENTS
from pipeline.errors import GateFailed

# the schemas whose tables say something of single patients; what comes after them is small and built over the whole
FOLDED_SCHEMAS = ("staging", "clinical")
ROW = ("_batch_id", "_line")
ROW_MODEL = "stg_"


def folded_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """The tables of the connection's database that are folded, by schema.table, and the columns that they are folded by.

    A staged table is folded by delivered row, every other table that has a patient's id by patient. Tables without one
    (vocabularies' readings of texts, accounts, ways of merges) are built over the whole.
    """
    columns = connection.execute(
        f"""select schema_name, table_name, list(column_name) from duckdb_columns()
        inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = current_database() and schema_name in {FOLDED_SCHEMAS} group by all order by all"""
    ).fetchall()
    folded: dict[str, tuple[str, ...]] = {}
    for schema, table, names in columns:
        if table.startswith(ROW_MODEL):
            folded[f"{schema}.{table}"] = ROW
        elif "patient_id" in names:
            folded[f"{schema}.{table}"] = ("patient_id",)
    return folded


def fold(connection: duckdb.DuckDBPyConnection, touched: str, tables: Iterable[tuple[str, tuple[str, ...]]]) -> None:
    """Replace rows by those of the attached database ``touched``; within the caller's transaction."""
    for table, by in tables:
        if by == ROW:
            same = " and ".join(f"{table}.{column} = touched.{column}" for column in by)
            connection.execute(f"delete from {table} using {touched}.{table} as touched where {same}")
            connection.execute(f"insert into {table} by name select * from {touched}.{table}")
        else:
            within = f"where patient_id in (from {touched}.{PATIENTS})"
            connection.execute(f"delete from {table} {within}")
            connection.execute(f"insert into {table} by name select * from {touched}.{table} {within}")


def grains(manifest: Any) -> dict[str, tuple[str, ...]]:
    """The key of every model, by schema.table, as its test `grain` states it in dbt's manifest."""
    found: dict[str, tuple[str, ...]] = {}
    for node in manifest.nodes.values():
        about = getattr(node, "test_metadata", None)
        if about is not None and about.name == "grain":
            model = manifest.nodes[node.attached_node]
            found[f"{model.schema}.{model.name}"] = tuple(about.kwargs["columns"])
    return found


def check_keys(
    connection: duckdb.DuckDBPyConnection, touched: str, tables: Mapping[str, Sequence[str]], keys: Mapping[str, Sequence[str]]
) -> None:
    """The keys of the rows that were put in are complete, and each stands in one row of its table.

    All other rows were tested so when they came: together the grains hold without reading every row again. Raises GateFailed.
    """
    for table, by in tables.items():
        key = keys.get(table, ())
        if not key:
            continue
        within = "" if by == ROW else f"where patient_id in (from {touched}.{PATIENTS})"
        columns, matching = ", ".join(key), " and ".join(f"rows.{column} = put_in.{column}" for column in key)
        # rows were taken out by a part of the key: no row that stayed can bear it
        borne = "0" if set(by) <= set(key) else f"(select count(*) from {table} as rows semi join put_in on {matching}) - count(*)"
        ((too_many, elsewhere),) = connection.execute(
            f"""with put_in as (select {columns} from {touched}.{table} {within})
            select count(*) - count(distinct ({columns})) filter (where {" and ".join(f"{column} is not null" for column in key)}), {borne}
            from put_in"""
        ).fetchall()
        if too_many or elsewhere:
            raise GateFailed(
                f"the key of {table} doesn't hold after the delta",
                todo="derive everything with FULL=1 and report it; nothing was published",
            )
