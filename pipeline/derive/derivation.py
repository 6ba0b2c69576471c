"""The work database brought up to what has landed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import database, landing, transform
from pipeline.derive.fold import FOLDED_SCHEMAS, check_keys, fold, folded_tables, grains
from pipeline.derive.plan import Basis, Plan, forget_state, make_plan, write_state
from pipeline.derive.touched import Cut, cut
from pipeline.errors import DataContradiction
from pipeline.landing import Landed
from pipeline.paths import Warehouse
from pipeline.progress import Step
from pipeline.protocol import Protocol
from pipeline.settings import Settings

# beyond this share of all rows a derivation of everything is the cheaper one
LARGEST_SHARE = 0.5


@dataclass(frozen=True)
class Derived:
    """dbt's manifest, and in words what was derived."""

    manifest: Path
    conclusion: str


@dataclass(frozen=True)
class _Run:
    settings: Settings
    protocol: Protocol
    warehouse: Warehouse
    landed: Landed
    basis: Basis
    running: Step

    @property
    def touched(self) -> Path:
        """The database of the touched patients; its file's name is the catalog's, which is that of the work database."""
        return self.warehouse.touched / self.warehouse.database.name


def derive(settings: Settings, protocol: Protocol, warehouse: Warehouse, landed: Landed, basis: Basis, running: Step) -> Derived:
    """Derive what the new batches touch, or everything where that alone is sound; both give the same rows.

    Raises DataContradiction for merges in a circle, GateFailed when a test of a model fails and PipelineError when a model
    can't be built.
    """
    run = _Run(settings, protocol, warehouse, landed, basis, running)
    shutil.rmtree(warehouse.touched, ignore_errors=True)
    with database.connect(warehouse.database, settings.warehouse_key) as connection:
        plan = make_plan(connection, landed, basis, protocol["parameters"]["data_cut_off"], is_forced=settings.full)
    # it holds the salt and raw values: a copy of it must not be readable by others either
    warehouse.database.chmod(0o600)
    try:
        return _derive_touched(run, plan) if not plan.is_whole else _derive_whole(run, plan.reason)
    finally:
        shutil.rmtree(warehouse.touched, ignore_errors=True)


def _derive_whole(run: _Run, reason: str) -> Derived:
    with database.connect(run.warehouse.database, run.settings.warehouse_key) as connection:
        forget_state(connection)
        landing.register_raw(connection, run.settings, run.landed)
    manifest = transform.build(run.warehouse, run.protocol, run.settings.source, run.settings.threads, advance=run.running.advance)
    _refuse_cycles(run, run.warehouse.database)
    with database.connect(run.warehouse.database, run.settings.warehouse_key) as connection:
        write_state(connection, run.landed, run.basis)
    return Derived(manifest, f"everything, {reason}; keys and contracts hold")


def _derive_touched(run: _Run, plan: Plan) -> Derived:
    manifest = transform.parse(run.warehouse, run.protocol, run.settings.source, run.settings.threads)
    said = "no patient touched"
    if plan.new:
        size = _cut(run, plan)
        if size.rows > LARGEST_SHARE * size.raw_rows:
            return _derive_whole(run, "for the new batches touch most of it")
        selectors = ["resource_type:seed", *(f"path:models/{schema}" for schema in FOLDED_SCHEMAS)]
        # grains are tested as the rows are folded in
        _build(run, manifest, run.touched, "cautious", [*selectors, "--exclude", "test_name:grain"])
        _refuse_cycles(run, run.touched)
        said = f"{size.patients:,} patients touched, {size.rows:,} of {size.raw_rows:,} rows"
        _fold(run, manifest)
    _build(run, manifest, run.warehouse.database, "eager", _over_the_whole(run, manifest))
    return Derived(run.warehouse.dbt / "target" / "manifest.json", f"{said}; keys and contracts hold")


def _over_the_whole(run: _Run, manifest: Any) -> list[str]:
    """dbt's selectors of the models that aren't folded."""
    with database.connect(run.warehouse.database, run.settings.warehouse_key, read_only=True) as connection:
        folded = {table.split(".")[1] for table in folded_tables(connection)}
    models = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    later = {node.schema for node in models} - set(FOLDED_SCHEMAS)
    unfolded = [node.name for node in models if node.schema in FOLDED_SCHEMAS and node.name not in folded]
    return [*(f"path:models/{schema}" for schema in sorted(later)), *unfolded]


def _build(run: _Run, manifest: Any, where: Path, tests: str, selectors: list[str]) -> None:
    """``tests``: of which selected models tests are run, in dbt's words."""
    transform.build(
        run.warehouse,
        run.protocol,
        run.settings.source,
        run.settings.threads,
        advance=run.running.advance,
        selection=["--indirect-selection", tests, "--select", *selectors],
        database=where,
        manifest=manifest,
    )


def _cut(run: _Run, plan: Plan) -> Cut:
    run.warehouse.touched.mkdir(mode=0o700)
    with database.connect(run.touched, run.settings.warehouse_key) as connection:
        landing.register_raw(connection, run.settings, run.landed)
        return cut(connection, run.landed.source, [batch.batch_id for batch in plan.new])


def _fold(run: _Run, manifest: Any) -> None:
    """In one transaction with the state: a kill leaves the work database as it was."""
    with database.connect(run.warehouse.database, run.settings.warehouse_key) as connection:
        landing.register_raw(connection, run.settings, run.landed)
        database.attach(connection, run.touched, "touched", run.settings.warehouse_key)
        connection.execute("begin transaction")
        tables = folded_tables(connection)
        fold(connection, "touched", tables.items())
        check_keys(connection, "touched", tables, grains(manifest))
        write_state(connection, run.landed, run.basis)
        connection.execute("commit")


def _refuse_cycles(run: _Run, where: Path) -> None:
    """A cycle of merges stops the refresh and names its rows."""
    with database.connect(where, run.settings.warehouse_key, read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'staging' and table_name like '%merge_cycles'"
        ).fetchall()
        rows = [
            row
            for (table,) in tables
            for row in connection.execute(
                f'select batch_id, file_name, line_number from staging."{table}" order by all limit 20'
            ).fetchall()
        ]
    if rows:
        places = "; ".join(f"batch {batch}, file {file}, line {line}" for batch, file, line in rows)
        raise DataContradiction(
            "patients are merged in a circle, so that nobody survives",
            where=places,
            todo="ask the hospital which number survives, and deliver the batch again with one of these rows corrected or retracted",
        )
