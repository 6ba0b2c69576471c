"""Who the patient is to the study, and what the trace was read from."""

from __future__ import annotations

import duckdb

from pipeline.protocol import Protocol
from pipeline.release import Release
from pipeline.trace.page import Part, counted
from pipeline.trace.patient import Patient
from pipeline.trace.rows import Delivered
from pipeline.work_area import query


def part(work: duckdb.DuckDBPyConnection, published: Release | None, protocol: Protocol, patient: Patient, delivered: Delivered) -> Part:
    """The patient's standing, day 0, the data and the release."""
    lines = [standing(work, protocol, patient)]
    if patient.retired_ids:
        lines.append(f"{counted(len(patient.retired_ids), 'other id')} of the hospital merged into this patient")
    if patient.is_known:
        lines.append(f"Day 0 is {patient.zero_is}")
    lines += [_data(work), _release(work, published, protocol)]
    if delivered.batches:
        lines.append("Batches " + ", ".join(f"{number} = {batch}" for batch, number in delivered.batches.items()))
    return Part(f"Patient {patient.key}", tuple(lines))


def standing(work: duckdb.DuckDBPyConnection, protocol: Protocol, patient: Patient) -> str:
    """In the cohort, or where the patient left."""
    found = patient.rows(work, "select is_in_eligibility, excluded_by from cohort.criteria where patient_id = $patient")
    if not found:
        return "Not in the source population: no current row in `patients`, so nothing is derived"
    reason = found[0]["excluded_by"]
    if reason is None:
        [member] = patient.rows(work, "select arm, regimen_class, line_number from cohort.cohort_members where patient_id = $patient")
        return f"In the cohort: {member['arm']}, {member['regimen_class']}, index line {member['line_number']}"
    labels = {criterion["id"]: criterion["label"] for criterion in protocol["criteria"]}
    left = f"excluded by {reason} ({labels.get(reason, 'a criterion that protocol.yml no longer has')})"
    if not found[0]["is_in_eligibility"]:
        return f"Not a candidate: neither lung cancer nor an ALK-TKI; {left}"
    return f"Not in the cohort: {left}"


def _data(work: duckdb.DuckDBPyConnection) -> str:
    """The cut-off is a date of the whole export and none of the patient's."""
    cut_off = query(work, "select data_cut_off from staging.conformed_coverage")
    known = [row["data_cut_off"] for row in cut_off if row["data_cut_off"]]
    return f"Data cut-off {known[0]}" if known else "Data cut-off: the source has no calendar"


def _release(work: duckdb.DuckDBPyConnection, published: Release | None, protocol: Protocol) -> str:
    """The current release, and whether the work database still is what it was made from."""
    if published is None:
        return "Release: there is none yet, so no risk sets"
    landed = {row["checksum"] for row in query(work, "select checksum from raw.batches")}
    differs = []
    if landed != {batch["checksum"] for batch in published.facts.get("batches", [])}:
        differs.append("the work database holds other batches")
    if published.facts.get("protocol_sha256") != protocol.sha256:
        differs.append("protocol.yml has changed since")
    return f"Release {published.id}" + (f"; {' and '.join(differs)}" if differs else "")
