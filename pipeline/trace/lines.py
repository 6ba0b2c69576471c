"""Lines of therapy: why each started, and which is the index line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb

from pipeline.protocol import Protocol
from pipeline.trace.page import Part, counted, grid
from pipeline.trace.patient import Patient
from pipeline.work_area import Row

LINES = """
select
    lines.line_number,
    lines.started_on,
    lines.ended_on,
    lines.regimen,
    lines.regimen_class,
    lag(lines.started_on) over (order by lines.line_number) as former_started_on,
    coalesce(lines.line_number = index_lines.line_number, false) as is_index
from clinical.treatment_lines as lines
left join cohort.index_lines as index_lines
    on lines.patient_id = index_lines.patient_id
where lines.patient_id = $patient
order by lines.line_number
"""


def part(work: duckdb.DuckDBPyConnection, protocol: Protocol, patient: Patient) -> Part:
    """A line of therapy a row, then the resistance events."""
    found = patient.rows(work, LINES)
    if not found:
        return Part("Lines of therapy: none", (_why_none(work, patient), *resistance(work, protocol, patient)))
    eras = patient.rows(work, "select * from clinical.possible_line_eras where patient_id = $patient")
    table = grid("line", "days", "regimen", "class", "why it started")
    for line in found:
        days = f"{patient.day(line['started_on'])} to {patient.day(line['ended_on'])}"
        number = f"{line['line_number']} index" if line["is_index"] else str(line["line_number"])
        table.add_row(number, days, line["regimen"], line["regimen_class"], _reason(line, eras, protocol))
    return Part("Lines of therapy", (table, *resistance(work, protocol, patient)))


def _why_none(work: duckdb.DuckDBPyConnection, patient: Patient) -> str:
    if not patient.rows(work, "select 1 from clinical.alk_tki_patients where patient_id = $patient"):
        return "Never an ALK-TKI: lines are derived for nobody else"
    if not patient.rows(work, "select 1 from clinical.advanced_disease where patient_id = $patient"):
        return "No advanced date, so no lines (rule 3)"
    return "No drug era reaches the advanced date"


def _reason(line: Row, eras: Sequence[Row], protocol: Protocol) -> str:
    """What the succession of rule 5 saw on the day."""
    start, former = line["started_on"], line["former_started_on"]
    if former is None:
        return "first drug from the advanced date on"
    of_former = [era for era in eras if era["line_start"] == former]
    reason = _new_drugs(of_former, start) or _gap(of_former, start, protocol)
    carried = sorted({era["ingredient"] for era in eras if era["line_start"] == start and era["era_start"] < start})
    return f"{reason}; carried on: {', '.join(carried)}" if carried else reason


def _new_drugs(of_former: Sequence[Row], start: date) -> str:
    """The drugs begun that day that neither are in the former regimen nor stand for one that is."""
    regimen = {era["exchange_group"] for era in of_former if era["is_in_regimen"]}
    new = sorted({era["ingredient"] for era in of_former if era["era_start"] == start and era["exchange_group"] not in regimen})
    return f"new: {', '.join(new)}" if new else ""


def _gap(of_former: Sequence[Row], start: date, protocol: Protocol) -> str:
    latest = max((era["ended_on"] for era in of_former if era["counts_from"] < start), default=None)
    if latest is None:
        return "unknown"
    return f"gap of {(start - latest).days} days, more than {protocol['parameters']['line_gap_days']}"


def resistance(work: duckdb.DuckDBPyConnection, protocol: Protocol, patient: Patient) -> list[str]:
    """The resistance events, which of them the index line counts from, and what else was considered."""
    sql = "select resistance_on from clinical.resistance_events where patient_id = $patient order by resistance_on"
    events = patient.rows(work, sql)
    if not events:
        return ["Resistance events: none"]
    days = ", ".join(str(patient.day(event["resistance_on"])) for event in events)
    said = [f"{counted(len(events), 'resistance event')}: day {days}"]
    index = patient.rows(work, "select line_number, index_date, resistance_date from cohort.index_lines where patient_id = $patient")
    return [*said, *considered(work, protocol, patient, index[0] if index else None)]


def considered(work: duckdb.DuckDBPyConnection, protocol: Protocol, patient: Patient, index: Row | None) -> list[str]:
    """Rule 8, line by line up to the index line: the latest resistance event on or before it, and whether it is near enough."""
    longest = protocol["parameters"]["resistance_to_index_days"]
    found = patient.rows(work, CONSIDERED)
    if not found:
        return ["No line has immunotherapy or chemotherapy"]
    said = []
    for line in found:
        if index and line["line_number"] > index["line_number"]:
            break
        said.append(_considered(line, patient, longest, bool(index) and line["line_number"] == index["line_number"]))
    return said


def _considered(line: Row, patient: Patient, longest: int | None, is_index: bool) -> str:
    head = f"Line {line['line_number']}, {patient.on_day(line['started_on'])}: "
    if line["resistance_on"] is None:
        return head + "no resistance event on or before it"
    after = (line["started_on"] - line["resistance_on"]).days
    limit = "no limit" if longest is None else f"at most {longest}"
    verdict = "the index line" if is_index else "too late"
    return f"{head}{counted(after, 'day')} after the resistance on {patient.on_day(line['resistance_on'])} ({limit}): {verdict}"


CONSIDERED = """
select
    lines.line_number,
    lines.started_on,
    max(events.resistance_on) as resistance_on
from clinical.treatment_lines as lines
left join clinical.resistance_events as events
    on lines.patient_id = events.patient_id
    and events.resistance_on <= lines.started_on
where lines.patient_id = $patient and (lines.has_ici or lines.has_chemotherapy)
group by lines.line_number, lines.started_on
order by lines.line_number
"""
