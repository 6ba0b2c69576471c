"""The patients one by one: their order, what is read of them, the sample of a large cohort, and that no pseudonym leaves the database."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import analysis
from analysis.context import AnalysisError
from analysis.study.patients import read_patients, systematic_sample
from tests.analysis import made_up
from tests.report.conftest import CONTEXT, Made


def release_of(folder: Path, timeline: list[tuple[str, int, str, str | None]], **changes: object) -> Path:
    """A database of three patients with this timeline."""
    members = made_up.cohort(3).assign(
        patient_key=["a", "b", "c"],
        arm=["non_immunotherapy", "immunotherapy", "immunotherapy"],
        pfs_days=[300, 100, 200],
        pfs_end_reason="progression",
        os_days=[400, 150, 250],
        os_event=[True, False, True],
        best_response=["PR", "SD", "CR"],
    )
    members = members.assign(**changes)
    path = folder / "cohort.duckdb"
    lines = [("a", 2, 0, 90, "chemo", True), ("a", 1, -400, -1, "alk_tki", False), ("a", 3, 120, 300, "ici_mono", False)]
    frames = {
        "cohort": members,
        "timeline": pd.DataFrame(timeline, columns=["patient_key", "day", "event_type", "detail"]),
        "lines_of_therapy": pd.DataFrame(
            lines, columns=["patient_key", "line_number", "start_day", "end_day", "regimen_class", "is_index_line"]
        ),
    }
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema published")
        for name, frame in frames.items():
            connection.register("rows_of", frame)
            connection.execute(f"create table published.{name} as select * from rows_of")
    return path


def test_order_numbers_and_treatments(tmp_path: Path) -> None:
    found = read_patients(release_of(tmp_path, [("a", 5, "assessment", "SD")]), made_up.protocol())
    assert [(one.number, one.arm, one.pfs_days, one.died) for one in found.shown] == [
        (1, "immunotherapy", 200, True),
        (2, "immunotherapy", 100, False),
        (3, "non_immunotherapy", 300, True),
    ]
    assert not found.is_sample
    assert [(line.start, line.end, line.regimen_class, line.is_index) for line in found.shown[2].treatments] == [
        (0, 90, "chemo", True),
        (120, 300, "ici_mono", False),
    ]


def test_the_first_response_that_counts(tmp_path: Path) -> None:
    """From day 14 to the end of PFS, and only where a response is the best one."""
    timeline = [
        ("a", 10, "assessment", "PR"),
        ("a", 50, "assessment", "PR"),
        ("a", 90, "assessment", "CR"),
        ("b", 40, "assessment", "PR"),  # not confirmed: its best response is SD
        ("c", 201, "assessment", "CR"),  # after the end of PFS
    ]
    found = read_patients(release_of(tmp_path, timeline), made_up.protocol())
    assert {one.number: one.response_day for one in found.shown} == {1: None, 2: None, 3: 50}


def test_what_starts_and_ends_on_one_day_starts_first(tmp_path: Path) -> None:
    events = [(7, "drug_end"), (7, "drug_start"), (-3, "specimen"), (7, "death")]
    found = read_patients(release_of(tmp_path, [("a", day, kind, None) for day, kind in events]), made_up.protocol())
    told = [(event.day, event.kind) for event in found.shown[2].events]
    assert told == [(-3, "specimen"), (7, "death"), (7, "drug_start"), (7, "drug_end")]


def test_a_large_cohort_is_a_systematic_sample(release: Made) -> None:
    assert systematic_sample(list(range(10)), 10) == list(range(10))
    assert systematic_sample(list(range(10)), 4) == [1, 3, 6, 8]
    found = read_patients(release.database, made_up.protocol(), most=20)
    everybody = read_patients(release.database, made_up.protocol())
    assert (len(found.shown), found.cohort_size, found.is_sample) == (20, 92, True)
    chosen = [(one.arm, one.pfs_days, one.os_days) for one in found.shown]
    assert chosen == systematic_sample([(one.arm, one.pfs_days, one.os_days) for one in everybody.shown], 20)
    assert [one.number for one in found.shown] == list(range(1, 21))
    shares = [sum(one.arm == "immunotherapy" for one in group.shown) / len(group.shown) for group in (found, everybody)]
    assert shares[0] == pytest.approx(shares[1], abs=0.06)


def test_a_release_without_the_views_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cohort.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema published")
    with pytest.raises(AnalysisError, match="publish it anew"):
        read_patients(path, made_up.protocol())


def test_pseudonyms_stay_in_the_database_and_rows_out_of_the_results(release: Made) -> None:
    keys = set(made_up.cohort()["patient_key"])
    for path in release.folder.rglob("*"):
        if path.suffix in (".html", ".svg", ".json", ".csv"):
            assert not keys & set(re.findall(r"[0-9a-f]{16}", path.read_text(encoding="utf-8"))), path.name
    assert "patients" not in release.results
    assert "treatments" not in json.dumps(release.results)


def test_an_encrypted_warehouse_shows_no_patient_in_the_clear(tmp_path: Path) -> None:
    """Its results are not encrypted: neither swimmer plot nor timeline may lie there."""
    from pipeline.database import connect

    plain = made_up.write(tmp_path / "plain.duckdb", made_up.cohort(30))
    with connect(tmp_path / "cohort.duckdb", "k" * 32) as connection:
        connection.execute(f"attach '{plain}' as plain (read_only)")
        connection.execute("create schema published")
        for (name,) in connection.execute("select table_name from duckdb_tables() where database_name = 'plain'").fetchall():
            connection.execute(f"create table published.{name} as select * from plain.published.{name}")
    analysis.run(tmp_path / "cohort.duckdb", made_up.protocol(), tmp_path / "results", CONTEXT, key="k" * 32)
    page = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert "patient-records" not in page.split("<script>")[0]
    assert "one by one" not in page
    assert not list((tmp_path / "results" / "figures").glob("swimmer*"))
