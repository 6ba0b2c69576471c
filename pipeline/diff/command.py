"""Two releases in, what differs out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.database import connect
from pipeline.diff import page, tables
from pipeline.diff.cohort import Fact, Mover, State, Step, moved_endpoints, moved_facts, moved_steps, movers, read_state, share_keys
from pipeline.diff.figures import Figures, compare_figures, read_figures
from pipeline.diff.inputs import Inputs, compare_inputs
from pipeline.diff.releases import Pair, chosen
from pipeline.diff.rows import Rows, find_rows
from pipeline.errors import WarehouseError
from pipeline.paths import Warehouse
from pipeline.settings import Settings


@dataclass(frozen=True)
class Difference:
    """What differs between the releases of ``pair``. Without ``shares_keys`` nothing is said of patients."""

    pair: Pair
    inputs: Inputs
    before: State
    after: State
    shares_keys: bool
    steps: tuple[Step, ...]
    movers: tuple[Mover, ...]
    facts: tuple[Fact, ...]
    endpoints: tuple[Fact, ...]
    rows: Rows
    figures: Figures

    @property
    def has_patients(self) -> bool:
        """Whether anybody came, left or moved."""
        return bool(self.movers or self.facts or self.endpoints)

    @property
    def is_empty(self) -> bool:
        """Whether both releases say the same of patients and figures."""
        return self.shares_keys and not (self.has_patients or self.steps or self.figures.moved)


def run(settings: Settings, environment: Mapping[str, str]) -> None:
    """Print what changed from the release $FROM to $TO, and write all of it into $OUT if that is set.

    Raises UsageError for an id that is no release and a folder that can't be written to, WarehouseError for a damaged release.
    """
    difference = compare(settings, environment)
    page.show(difference)
    if out := environment.get("OUT", "").strip():
        folder = Path(out).expanduser().resolve()
        tables.write(difference, folder)
        page.show_folder(folder)


def compare(settings: Settings, environment: Mapping[str, str]) -> Difference:
    """What changed, without printing. Raises as `run` does."""
    warehouse = Warehouse(settings.warehouse)
    pair = chosen(warehouse, environment)
    try:
        with (
            connect(pair.before.database, settings.warehouse_key, read_only=True) as was,
            connect(pair.after.database, settings.warehouse_key, read_only=True) as now,
        ):
            return _compare(settings, warehouse, pair, was, now)
    except duckdb.Error as error:
        # the database's own words may quote what it holds
        raise WarehouseError(
            f"a release can't be read ({type(error).__name__})",
            where=f"{pair.before.id} and {pair.after.id}",
            todo="compare other releases: FROM=... TO=...",
        ) from None


def _compare(
    settings: Settings, warehouse: Warehouse, pair: Pair, was: duckdb.DuckDBPyConnection, now: duckdb.DuckDBPyConnection
) -> Difference:
    inputs = compare_inputs(pair)
    endpoints = {entry["id"] for results in (pair.results_before, pair.results_after) for entry in results["protocol"]["endpoints"]}
    before, after = read_state(was, endpoints), read_state(now, endpoints)
    is_same_kind = share_keys(was, now, (before, after))
    moving = tuple(movers(before, after, was, now)) if is_same_kind else ()
    facts, ends = tuple(moved_facts(before, after)), tuple(moved_endpoints(before, after))
    patients = sorted({entry.patient_key for entry in (*moving, *facts, *ends)})
    return Difference(
        pair=pair,
        inputs=inputs,
        before=before,
        after=after,
        shares_keys=is_same_kind,
        steps=tuple(moved_steps(before, after)),
        movers=moving,
        facts=facts,
        endpoints=ends,
        rows=find_rows(warehouse, settings.warehouse_key, pair.after, inputs, patients),
        figures=compare_figures(read_figures(was), read_figures(now)),
    )
