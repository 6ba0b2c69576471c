"""The endpoints: the days that compete, the one that counts, and the risk sets that the patient stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
from rich.table import Table

from pipeline.protocol import Protocol
from pipeline.trace.page import Part, counted, grid, has_table
from pipeline.trace.patient import Patient
from pipeline.trace.rows import Delivered
from pipeline.work_area import Row, query

# a curve's months are days divided, so that two equal days may differ in the last digit
SAME_TIME_MONTHS = 1e-6


def part(
    work: duckdb.DuckDBPyConnection,
    cohort: duckdb.DuckDBPyConnection | None,
    protocol: Protocol,
    patient: Patient,
    delivered: Delivered,
) -> Part:
    """Every endpoint of the protocol; without an index there is none."""
    inputs = patient.rows(work, "select * from cohort.endpoint_inputs where patient_id = $patient")
    if not inputs:
        return Part("Endpoints: none, for there is no index date", ())
    times = {row["endpoint"]: row for row in patient.rows(work, "select * from cohort.endpoint_times where patient_id = $patient")}
    items: list[str | Table] = []
    for endpoint in protocol["endpoints"]:
        time = times.get(endpoint["id"])
        if time is None:
            items.append(f"{endpoint['label']} ({endpoint['id']}): not derived yet")
            continue
        items.append(_time(endpoint, time, protocol))
        items.append("  start 0; " + "; ".join(_competing(endpoint, inputs[0])))
        if time["end_reason"] == "last_record":
            items.append("  " + _last_record(work, patient, delivered, inputs[0]["last_record_day"]))
        items += _risk_sets(cohort, protocol, endpoint, patient, time)
    return Part("Endpoints", tuple(items))


def _time(endpoint: Mapping[str, Any], time: Row, protocol: Protocol) -> str:
    months = time["days"] / protocol["parameters"]["days_per_month"]
    ending = "event" if time["is_event"] else "censored"
    reason = time["end_reason"].replace("_", " ")
    return f"{endpoint['label']} ({endpoint['id']}): {ending}, {reason}, day {time['days']} = {months:.2f} months"


def _competing(endpoint: Mapping[str, Any], inputs: Row) -> Iterator[str]:
    """The days that the endpoint looks at, in the order in which it does."""
    for event in endpoint["events"]:
        yield _day(event, inputs.get(f"{event}_day"))
    if endpoint.get("next_line", "ignore") != "ignore":
        yield f"{_day('next line', inputs['next_line_day'])} ({endpoint['next_line']})"
    last = endpoint["censored_at"]
    yield _day(last, inputs.get(f"{last}_day"))
    if endpoint.get("next_line") == "censor" and inputs["next_line_day"] is not None:
        yield _day(f"{last} by the next line", inputs.get(f"{last}_day_by_next_line"))


def _day(name: str, day: int | None) -> str:
    return f"{name.replace('_', ' ')} {'never' if day is None else day}"


def _last_record(work: duckdb.DuckDBPyConnection, patient: Patient, delivered: Delivered, day: int | None) -> str:
    """What the last record is, and where it stands."""
    if day is None or patient.zero is None:
        return "no record from day 0 on"
    kinds = [*RECORDS]
    labs = f"stg_{patient.source}__labs"
    if has_table(work, "staging", labs):
        kinds.append(("lab", f"{labs} where outcome = 'current' and", "collected_on", "row_key", "labs"))
    said = []
    for kind, relation, column, key, table in kinds:
        keys = query(
            work,
            f"select {key} as key from staging.{relation} {column} = cast($zero as date) + cast($day as integer) and patient_id = $patient",
            zero=patient.zero,
            day=day,
            patient=patient.patient_id,
        )
        if keys:
            said.append(f"{kind} {delivered.places(table or delivered.order_table, [row['key'] for row in keys])}")
    return "last record: " + ("; ".join(said) or "place unknown")


# what `record_days` counts: name, relation and its condition, day, key, the source's table ("" where the source names it)
RECORDS = (
    ("assessment", "conformed_assessments where", "assessed_on", "assessment_id", "assessments"),
    ("contact", "conformed_follow_ups where vital_status <> 'lost' and", "contacted_on", "contact_id", "follow_ups"),
    ("order", "conformed_drug_orders where is_given and", "started_on", "order_id", ""),
    ("specimen", "conformed_specimens where", "collected_on", "specimen_id", "specimens"),
    ("biomarker report", "conformed_biomarkers where", "reported_on", "test_id", "biomarkers"),
    ("diagnosis", "conformed_diagnoses where", "diagnosed_on", "diagnosis_id", "diagnoses"),
    ("ECOG", "conformed_performance_status where", "observed_on", "observation_id", "performance_status"),
)


def _risk_sets(
    cohort: duckdb.DuckDBPyConnection | None, protocol: Protocol, endpoint: Mapping[str, Any], patient: Patient, time: Row
) -> list[str | Table]:
    """The strata of the current release in which the patient counts."""
    if cohort is None:
        return ["  in no risk set: there is no release yet"]
    member = query(cohort, "select arm from published.cohort where patient_key = $key", key=patient.key)
    if not member:
        return ["  in no risk set: not in the cohort of the release"]
    name, arm = endpoint["id"], member[0]["arm"]
    sql = "select days, months, is_event from published.endpoints where patient_key = $key and endpoint = $endpoint"
    published = query(cohort, sql, key=patient.key, endpoint=name)
    if not published or not has_table(cohort, "published", f"{name}_curve"):
        return ["  the release has no curve of this endpoint"]
    released = published[0]
    table = grid("  stratum", "arm", "patients", "at risk", "events", "censored", "S(t) after", right=RIGHT)
    outside = []
    for stratum in protocol["strata"]:
        if (row := _at(cohort, stratum, name, arm, patient.key, released["months"])) is None:
            outside.append(stratum["id"])
            continue
        numbers = (row["patients"], row["at_risk"], row["events"], row["censored"])
        table.add_row(f"  {stratum['id']}", arm, *map(str, numbers), f"{row['survival']:.3f}")
    items: list[str | Table] = [f"  risk sets of the release at {released['months']:.2f} months"]
    if (released["days"], released["is_event"]) != (time["days"], time["is_event"]):
        ending = "event" if released["is_event"] else "censored"
        items.append(f"  the release has {counted(released['days'], 'day')}, {ending}: the work database has changed since")
    items.append(table)
    return [*items, f"  not in: {', '.join(outside)}"] if outside else items


RIGHT = ("patients", "at risk", "events", "censored", "S(t) after")

# the step at the patient's own time: every time has one, of events and of censored follow-up
AT = """
with curve as (
    select * from published."{endpoint}_curve"
    where stratum = $stratum and arm = $arm
),

own as (
    select * from curve
    where months <= $months + $tolerance
    qualify row_number() over (order by months desc nulls last) = 1
)

select
    (select max(at_risk) from curve) as patients,
    own.at_risk,
    own.events,
    own.censored,
    own.survival
from own
"""


def _at(cohort: duckdb.DuckDBPyConnection, stratum: Mapping[str, Any], endpoint: str, arm: str, key: str, months: float) -> Row | None:
    """The patient's step of the stratum's curve; None where the patient isn't in it, or the source can't tell."""
    # the protocol's condition is trusted like code, as in the analysis
    if not query(cohort, f"select 1 from published.cohort where patient_key = $key and ({stratum['where']})", key=key):
        return None
    found = query(
        cohort,
        AT.format(endpoint=endpoint),
        stratum=stratum["id"],
        arm=arm,
        months=months,
        tolerance=SAME_TIME_MONTHS,
    )
    return found[0] if found else None
