"""The trace of the demo's patients: what it prints is what the release publishes."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

import duckdb
import pytest

from pipeline.paths import PROJECT
from pipeline.settings import Settings
from pipeline.trace import run
from pipeline.trace.page import WIDTH
from tests.end_to_end.conftest import Demo

EXAMPLE = re.compile(r"```\n\$ make trace PATIENT=(?P<key>[0-9a-f]{16})\n(?P<text>.*?)```", re.DOTALL)
RELEASE = re.compile(r"Release \S+")


def trace(demo: Demo, wanted: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a terminal shows."""
    run(Settings(warehouse=demo.warehouse.root), {"PATIENT": wanted})
    return capsys.readouterr().out


def query(path: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_times_and_risk_sets_are_those_of_the_release(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    """At risk: who of the same arm has at least the patient's time, counted from the cohort and not from the curve."""
    released = demo.warehouse.current / "cohort.duckdb"
    members = query(
        released, "select patient_key, arm, pfs_days, pfs_months, pfs_event, os_days, os_event from published.cohort order by patient_key"
    )
    for key, arm, days, months, is_event, os_days, os_event in members[::11]:
        text = trace(demo, key, capsys)
        assert "excluded" not in text
        pfs, overall = text[text.index("(pfs): ") :].split("(os): ")
        assert pfs.startswith(f"(pfs): {'event' if is_event else 'censored'}, ")
        assert f"day {days} = {months:.2f} months" in pfs
        assert overall.startswith("event, death, " if os_event else "censored, last record, ")
        assert f"day {os_days} = " in overall
        for part, own, column in ((pfs, days, 2), (overall, os_days, 5)):
            in_arm = [member for member in members if member[1] == arm]
            at_risk = sum(member[column] >= own for member in in_arm)
            assert re.search(rf"overall +{arm} +{len(in_arm)} +{at_risk} ", part)


def test_the_same_criterion_as_the_published_view(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    found = query(
        demo.warehouse.current / "cohort.duckdb",
        "select excluded_by, min(patient_key) from published.eligibility where excluded_by is not null group by excluded_by order by all",
    )
    assert len(found) == 10
    for reason, key in found:
        text = trace(demo, key, capsys)
        assert f"excluded by {reason} (" in text
        assert f"Criteria: excluded by {reason}\n" in text


def test_no_name_no_number_and_no_id_of_the_hospital(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    """A member with merged ids, a member, an excluded patient and one who is no candidate: whatever their rows say of them."""
    known = query(
        demo.warehouse.database,
        """
        (select min(known.patient_id) from staging.hospital_known_patients as known
            inner join cohort.cohort_members as members on known.surviving_patient_id = members.patient_id
            where known.patient_id <> known.surviving_patient_id)
        union all (select min(patient_id) from cohort.cohort_members)
        union all (select min(patient_id) from cohort.criteria where is_in_eligibility and excluded_by is not null)
        union all (select min(patient_id) from cohort.criteria where not is_in_eligibility)
        """,
    )
    personal = _personal(demo.exports)
    assert len(personal) > 3000
    for (patient_id,) in known:
        text = trace(demo, patient_id, capsys)
        assert not [value for value in personal if value in text]
        assert max(map(len, text.splitlines())) <= WIDTH


def _personal(exports: Path) -> set[str]:
    """Every id, name, number, phone and address of the demo's patients."""
    found: set[str] = set()
    for path in exports.glob("*/patients.csv*"):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = next(_decoded(content))
        for row in csv.DictReader(text.lstrip("\ufeff").splitlines()):
            found |= {row.get(name) or "" for name in ("patient_id", "name", "national_id", "phone", "address")}
    return {value for value in found if len(value) > 1}


def _decoded(content: bytes):
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            yield content.decode(encoding)
        except UnicodeDecodeError:
            continue


def test_the_printed_example_is_true(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    """docs/trace.md shows what the demo prints; print it anew with the command above it."""
    example = EXAMPLE.search((PROJECT / "docs" / "trace.md").read_text(encoding="utf-8"))
    assert example
    text = trace(demo, example["key"], capsys)
    assert _lines(example["text"]) == _lines(text)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in RELEASE.sub("Release", text).strip().splitlines()]
