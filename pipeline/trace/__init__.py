"""One patient from file and line to time, event and risk set, readable on a terminal.

It reads the work database and the current release. Days count from the patient's day 0; no date, name or number of the hospital and no
delivered text is shown.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from pipeline import protocol as study
from pipeline import release
from pipeline.database import connect
from pipeline.errors import UsageError
from pipeline.paths import Warehouse
from pipeline.protocol import Protocol
from pipeline.settings import Settings
from pipeline.summary import terminal
from pipeline.trace import criteria, endpoints, facts, lines, rows, who
from pipeline.trace.page import WIDTH, Part
from pipeline.trace.patient import find
from pipeline.work_area import work_database


def run(settings: Settings, environment: Mapping[str, str]) -> None:
    """Print the trace of the patient that $PATIENT names.

    Raises UsageError without a patient, without a warehouse and for a patient that nobody knows; WarehouseError where the work database
    can't be read.
    """
    wanted = environment.get("PATIENT", "").strip()
    if not wanted:
        raise UsageError("PATIENT is not set", todo="say whom to follow: make trace PATIENT=key, or an id of the hospital")
    console = terminal(WIDTH)
    console.width = min(console.width, WIDTH)
    for part in parts(settings, study.load(), wanted):
        console.print()
        console.print(part.title, style="bold")
        for item in part.items:
            console.print(item)


def parts(settings: Settings, protocol: Protocol, wanted: str) -> list[Part]:
    """The trace of one patient, section by section. Raises as `run` does."""
    published = release.current(Warehouse(settings.warehouse))
    with work_database(settings) as work:
        if published is None:
            return _of_patient(work, None, None, protocol, wanted)
        with connect(published.database, settings.warehouse_key, read_only=True) as cohort:
            return _of_patient(work, published, cohort, protocol, wanted)


def _of_patient(
    work: duckdb.DuckDBPyConnection,
    published: release.Release | None,
    cohort: duckdb.DuckDBPyConnection | None,
    protocol: Protocol,
    wanted: str,
) -> list[Part]:
    patient = find(work, wanted)
    delivered = rows.delivered(work, patient)
    first = [who.part(work, published, protocol, patient, delivered), rows.part(delivered)]
    if not patient.is_known:
        return first
    return [
        *first,
        facts.part(work, patient, delivered),
        lines.part(work, protocol, patient),
        criteria.part(work, protocol, patient),
        endpoints.part(work, cohort, protocol, patient, delivered),
    ]
