"""From the work database to a release's own: the published tables copied, the survival results computed from them and added."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import dictionary, release
from pipeline.database import connect
from pipeline.paths import Warehouse
from pipeline.protocol import Protocol

if TYPE_CHECKING:
    from analysis import ReportContext


def compute(warehouse: Warehouse, folder: Path, manifest: Path, protocol: Protocol, context: ReportContext) -> Path:
    """Make cohort.duckdb and the results in a folder from the warehouse's work database; gives the path of the former."""
    import analysis

    database = folder / release.DATABASE
    release.copy_published(warehouse.database, database, dictionary.entries(manifest, protocol), warehouse.key)
    results = analysis.run(database, protocol.settings, folder / release.RESULTS, context, warehouse.key)
    with connect(database, warehouse.key) as connection:
        analysis.write_statistics(connection, results)
    return database
