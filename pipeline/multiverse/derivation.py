"""The models run once for all definitions together: a patient's id carries the definition, and no model knows.

The models speak of patients and of nothing that two patients share, so that a patient in two definitions can be two patients to them.
A model's own SQL is run once for each combination of the choices that change it, over inputs in which the patients stand once for
each definition that the inputs tell apart; what comes before is shared. The work database is only read.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipeline import database, stop
from pipeline.errors import PipelineError
from pipeline.multiverse.grid import Grid
from pipeline.multiverse.plan import Model, Plan, Relation
from pipeline.paths import Warehouse
from pipeline.sensitivity import Choice

# the names under which a patient stands in a table; in these tables both are the number that carries the definition
IDS = ("patient_id", "patient_key")
BASE, STORE, PATIENTS = "base", "derived", "memory.main.patients"
# nobody else can have a resistance event, so nobody else an index line under any definition: the models say so themselves
POPULATION = Relation("clinical", "alk_tki_patients")
EVERYBODY = Relation("staging", "conformed_patients")


@dataclass(frozen=True)
class _Table:
    """A table as it is kept: ``ids`` are its columns of patients, ``by`` the decisions whose choices their numbers carry.

    A table without patients is kept once for each combination of those choices, ``names`` by combination.
    """

    ids: tuple[str, ...]
    by: tuple[int, ...]
    names: Mapping[Choice, str] = field(default_factory=dict)


@contextmanager
def opened(warehouse: Warehouse, plan: Plan, threads: int) -> Generator[duckdb.DuckDBPyConnection]:
    """A database in memory with the work database beside it; what doesn't fit is spilled into the work area, with a key encrypted."""
    connection = duckdb.connect()
    try:
        if warehouse.key:
            database.prepare(connection, _place(warehouse), warehouse.key)
        connection.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
        spilled = f"{_place(warehouse)}.tmp".replace("'", "''")
        connection.execute(f"set temp_directory = '{spilled}'; set threads = {int(threads)}")
        database.attach(connection, warehouse.database, BASE, warehouse.key)
        # the models name their inputs as they do in the work database
        connection.execute("attach ':memory:' as work")
        for schema in sorted({relation.schema for model in plan.models for relation in (model.relation, *model.inputs)}):
            connection.execute(f"create schema work.{schema}")
        _number_patients(connection, plan)
        yield connection
    finally:
        connection.close()


def _place(warehouse: Warehouse) -> Path:
    """Its spilled pages lie where what a killed run leaves is looked for."""
    return warehouse.work / "multiverse.duckdb"


def _number_patients(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """In the order of their ids, so that any run gives the same rows in the same order."""
    is_kept = POPULATION not in {model.relation for model in plan.models}
    population = POPULATION if is_kept else EVERYBODY
    connection.execute(
        f"""create table {PATIENTS} as
        select patient_id, row_number() over (order by patient_id) - 1 as number
        from (select distinct patient_id from {BASE}.{population})"""
    )


def derive(connection: duckdb.DuckDBPyConnection, plan: Plan, grid: Grid) -> None:
    """Derive every model of the plan for a part of the definitions; `rows_of` then reads them.

    Raises PipelineError where a model loses whose row it is.
    """
    connection.execute(f"drop schema if exists memory.{STORE} cascade; create schema memory.{STORE}")
    tables: dict[Relation, _Table] = {}
    for relation in plan.kept:
        tables[relation] = _keep(connection, relation, grid.worlds)
    for model in plan.models:
        stop.check()
        tables[model.relation] = _derive_model(connection, model, tables, grid)


def rows_of(plan: Plan, model: str) -> str:
    """The derived rows of a model as a relation for SQL; their ids are ``number * worlds + code``."""
    relation = next(one.relation for one in plan.models if one.relation.name == model)
    return f"memory.{STORE}.{_name(relation)}"


def _keep(connection: duckdb.DuckDBPyConnection, relation: Relation, worlds: int) -> _Table:
    """A table of the work database, of the patients who can matter and under their numbers."""
    ids = _ids(connection, f"{BASE}.{relation}")
    name = f"memory.{STORE}.{_name(relation)}"
    if not ids:
        connection.execute(f"create view {name} as select * from {BASE}.{relation}")
        return _Table((), (), {(): name})
    numbers = ", ".join(f"patients.number * {worlds} as {column}" for column in ids)
    connection.execute(
        f"""create table {name} as select kept.* replace ({numbers})
        from {BASE}.{relation} as kept inner join {PATIENTS} as patients on kept.patient_id = patients.patient_id"""
    )
    return _Table(ids, ())


def _derive_model(connection: duckdb.DuckDBPyConnection, model: Model, tables: Mapping[Relation, _Table], grid: Grid) -> _Table:
    inputs = {relation: tables[relation] for relation in model.inputs}
    # of an input without patients there is one table for each choice: the model is run for each of these too
    by = tuple(sorted({*model.by, *(place for table in inputs.values() if not table.ids for place in table.by)}))
    carried = tuple(sorted({place for table in inputs.values() if table.ids for place in table.by}))
    parts: dict[Choice, str] = {}
    for choice in _choices(model, by, grid):
        for relation, table in inputs.items():
            _show(connection, relation, table, carried, choice, by, grid)
        parts[tuple(choice[place] for place in by)] = part = f"memory.{STORE}.{_name(model.relation)}_{len(parts)}"
        own = tuple(number if place in model.by else 0 for place, number in enumerate(choice))
        _run(connection, model.relation, f"create table {part} as {model.sql[own]}")
    ids = _ids(connection, next(iter(parts.values())))
    if not ids:
        if carried:
            raise PipelineError(f"the model {model.relation} gives rows of no patient, and can't be derived for every definition")
        return _Table((), by, parts)
    added = [place for place in by if place not in carried]
    selects = []
    for picked, part in parts.items():
        offset = sum(number * grid.stride(place) for place, number in zip(by, picked, strict=True) if place in added)
        numbers = ", ".join(f"{column} + {offset} as {column}" for column in ids)
        selects.append(f"select * replace ({numbers}) from {part}")
    _run(connection, model.relation, f"create table memory.{STORE}.{_name(model.relation)} as {' union all by name '.join(selects)}")
    for part in parts.values():
        connection.execute(f"drop table {part}")
    return _Table(ids, tuple(sorted({*carried, *by})))


def _choices(model: Model, by: Sequence[int], grid: Grid) -> list[Choice]:
    """Every picked combination of the decisions ``by``, as choices of all decisions."""
    width = len(next(iter(model.sql)))
    found: list[dict[int, int]] = [{}]
    for place in by:
        found = [{**chosen, place: number} for chosen in found for number in grid.picked[grid.places.index(place)]]
    return [tuple(chosen.get(place, 0) for place in range(width)) for chosen in found]


def _show(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    table: _Table,
    carried: Sequence[int],
    choice: Choice,
    by: Sequence[int],
    grid: Grid,
) -> None:
    """An input under its own name, its patients once for each definition that any input tells apart.

    Of decisions that change both the model and its inputs, only the choice that the model is run for.
    """
    source = f"memory.{STORE}.{_name(relation)}"
    if not table.ids:
        source = table.names[tuple(choice[place] for place in table.by)]
        connection.execute(f"create or replace view work.{relation} as select * from {source}")
        return
    conditions = [
        f"({table.ids[0]} // {grid.stride(place)}) % {grid.size(place)} = {choice[place]}" for place in table.by if place in by
    ]
    where = f" where {' and '.join(conditions)}" if conditions else ""
    missing = [place for place in carried if place not in table.by]
    free = grid.offsets([place for place in missing if place not in by])
    fixed = sum(choice[place] * grid.stride(place) for place in missing if place in by)
    numbers = ", ".join(f"{column} + worlds.code as {column}" for column in table.ids)
    codes = ", ".join(f"({offset + fixed})" for offset in free)
    connection.execute(
        f"""create or replace view work.{relation} as
        select kept.* replace ({numbers}) from (select * from {source}{where}) as kept cross join (values {codes}) as worlds (code)"""
    )


def _run(connection: duckdb.DuckDBPyConnection, relation: Relation, sql: str) -> None:
    try:
        connection.execute(sql)
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as error:
        # these speak of the SQL and quote no value
        raise PipelineError(f"the model {relation} can't be derived for every definition ({type(error).__name__}: {error})") from error


def _ids(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, ...]:
    names = [column for column, *_ in connection.execute(f"describe {table}").fetchall()]
    return tuple(column for column in IDS if column in names)


def _name(relation: Relation) -> str:
    return f"{relation.schema}__{relation.name}"
