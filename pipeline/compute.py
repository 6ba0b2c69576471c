"""From the work database to a release's own: the published tables copied, the survival results computed from them and added."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import dictionary, multiverse, release
from pipeline.database import connect
from pipeline.paths import Warehouse
from pipeline.progress import step
from pipeline.protocol import Protocol

if TYPE_CHECKING:
    from analysis import ReportContext
    from pipeline.multiverse import Multiverse


def other_definitions(warehouse: Warehouse, protocol: Protocol, source: str, threads: int, *, is_asked: bool) -> Multiverse | None:
    """Every sensitivity alternative derived and analysed, told as a step; None where it isn't asked for or there are none."""
    if not is_asked:
        return None
    with step("Multiverse") as running:
        made = multiverse.multiverse(warehouse, protocol, source, threads, running)
        running.conclude(f"{made.definitions:,} definitions of the cohort" if made else "the protocol has no alternatives")
    return made


def compute(
    warehouse: Warehouse, folder: Path, manifest: Path, protocol: Protocol, context: ReportContext, definitions: Multiverse | None = None
) -> Path:
    """Make cohort.duckdb and the results in a folder from the warehouse's work database; gives the path of the former."""
    import analysis

    database = folder / release.DATABASE
    entries = [entry for entry in dictionary.entries(manifest, protocol) if definitions or entry[0] != multiverse.TABLE]
    release.copy_published(warehouse.database, database, entries, warehouse.key)
    if definitions:
        with connect(database, warehouse.key) as connection:
            multiverse.write(connection, definitions)
    results = analysis.run(database, protocol.settings, folder / release.RESULTS, context, warehouse.key)
    with connect(database, warehouse.key) as connection:
        analysis.write_statistics(connection, results)
    return database
