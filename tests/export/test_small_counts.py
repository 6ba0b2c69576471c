"""No small count can be worked out of what is exported."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.context import AnalysisError
from analysis.csv_tables import write_csv
from analysis.disclosure.cells import Cell, Counts, Sum
from analysis.disclosure.judge import judge
from analysis.disclosure.suppress import Reason, suppress
from analysis.disclosure.tables import Judged, sheets
from analysis.study.reading import read
from pipeline.paths import Warehouse
from tests.analysis import made_up
from tests.export.conftest import Exported, results_of
from tests.export.reader import Notes, notes, table

MOST = 7


def write_sheets(folder: Path, judged: Judged) -> Path:
    """The tables alone, as an export has them."""
    folder.mkdir()
    for name, sheet in sheets(judged).items():
        write_csv(folder / f"{name}.csv", sheet.printed(), sheet.columns)
    return folder


def small_ones(judged: Judged, folder: Path) -> dict[tuple[str, ...], int]:
    """Every count of 1 to 7 that the tables would show, or that lies between two of them, by the reader's names."""
    everything = Judged(judged.results, judged.counts, suppress(Counts.of([]), 0), 0, {})
    seen = notes(write_sheets(folder, everything))
    truth = dict(seen.printed) | {name: seen.between(name)[0] for name in seen.hidden}
    return {name: value for name, value in truth.items() if 1 <= value <= MOST}


def worked_out(found: Notes, small: dict[tuple[str, ...], int]) -> list[tuple[object, ...]]:
    """The small counts that a reader can tell from 1 or from 7."""
    ends = {name: (value, value) if name in found.printed else found.between(name) for name, value in small.items()}
    return [(name, small[name], end) for name, end in ends.items() if end[0] > 1 or end[1] < MOST]


@pytest.fixture(scope="module")
def judged(exported: Exported) -> Judged:
    """The made-up release, judged."""
    views = read(Warehouse(exported.settings.warehouse).current / "cohort.duckdb", exported.results["protocol"])
    return judge(exported.results, views, MOST)


def test_a_reader_of_the_export_works_out_no_small_count(exported: Exported, judged: Judged, tmp_path: Path) -> None:
    small = small_ones(judged, tmp_path / "all")
    assert len(small) > 20
    assert worked_out(notes(exported.folder), small) == []


@settings(max_examples=2)
@given(patients=st.integers(20, 160), seed=st.integers(0, 10_000))
def test_a_reader_works_out_no_small_count_of_any_cohort(patients: int, seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    database = made_up.write(folder / "cohort.duckdb", made_up.cohort(patients, seed))
    results = results_of(database)
    found = judge(results, read(database, results["protocol"]), MOST)
    small = small_ones(found, folder / "all")
    assert worked_out(notes(write_sheets(folder / "out", found)), small) == []


def test_the_reader_would_work_them_out_if_only_small_counts_were_left_out(judged: Judged, tmp_path: Path) -> None:
    primary = {key: reason for key, reason in judged.suppressed.reasons.items() if reason == Reason.PRIMARY}
    naive = Judged(judged.results, judged.counts, type(judged.suppressed)(primary, {}, judged.suppressed.witnesses), MOST, {})
    assert len(worked_out(notes(write_sheets(tmp_path / "out", naive)), small_ones(judged, tmp_path / "all"))) > 5


def square(inner: tuple[tuple[int, ...], ...]) -> Counts:
    """A table of counts with its totals."""
    rows, columns = range(len(inner)), range(len(inner[0]))
    cells = {(str(row), str(column)): inner[row][column] for row, column in product(rows, columns)}
    cells |= {(str(row), "all"): sum(inner[row]) for row in rows}
    cells |= {("all", str(column)): sum(line[column] for line in inner) for column in columns}
    cells |= {("all", "all"): sum(map(sum, inner))}
    sums = [Sum((str(row), "all"), tuple((str(row), str(column)) for column in columns)) for row in (*rows, "all")]
    sums += [Sum(("all", str(column)), tuple((str(row), str(column)) for row in rows)) for column in (*columns, "all")]
    return Counts.of([*(Cell(key, value) for key, value in cells.items()), *sums])


def every_table(shown: Mapping[tuple[str, ...], int], highest: int) -> dict[tuple[str, ...], np.ndarray]:
    """Each count of every table of two rows and two columns that prints the same, one table after the other."""
    inner = [(str(row), str(column)) for row in (0, 1) for column in (0, 1)]
    tried = np.meshgrid(*([shown[key]] if key in shown else range(highest + 1) for key in inner), indexing="ij")
    values = {key: numbers.ravel() for key, numbers in zip(inner, tried, strict=True)}
    for row, column in product(("0", "1", "all"), repeat=2):
        parts = [numbers for key, numbers in zip(inner, tried, strict=True) if row in (key[0], "all") and column in (key[1], "all")]
        values[row, column] = sum(numbers.ravel() for numbers in parts)
    fits = np.logical_and.reduce([values[key] == value for key, value in shown.items()], initial=True)
    return {key: numbers[fits] for key, numbers in values.items()}


@settings(max_examples=40)
@given(st.tuples(*[st.tuples(*[st.integers(0, 16)] * 2)] * 2))
def test_whoever_tries_every_table_finds_none_that_a_small_count_is_told_by(inner: tuple[tuple[int, int], tuple[int, int]]) -> None:
    counts = square(inner)
    found = suppress(counts, MOST)
    shown = {key: cell.value for key, cell in counts.cells.items() if not found.hides(key)}
    assert not any(1 <= value <= MOST for value in shown.values())
    same = every_table(shown, 24)
    for key, cell in counts.cells.items():
        if 1 <= cell.value <= MOST:
            assert same[key].min() <= 1, key
            assert same[key].max() >= MOST, key


def test_a_total_hides_with_its_only_small_part() -> None:
    counts = square(((5, 20), (30, 40)))
    found = suppress(counts, MOST)
    assert found.hides(("0", "0"))
    assert len([key for key in found.reasons if found.reasons[key] == Reason.SECONDARY]) == 3


def test_what_a_small_group_is_broken_down_into_is_left_out_with_its_zeros() -> None:
    counts = Counts.of([Cell(("all",), 5), Cell(("a",), 5), Cell(("b",), 0), Sum(("all",), (("a",), ("b",)))])
    assert suppress(counts, MOST).reasons == dict.fromkeys([("all",), ("a",), ("b",)], Reason.PRIMARY)


def test_a_difference_of_two_tables_is_a_count_too() -> None:
    counts = Counts.of(
        [Cell(("n",), 40), Cell(("events",), 36), Cell(("censored",), 4, is_shown=False), Sum(("n",), (("events",), ("censored",)))]
    )
    assert set(suppress(counts, MOST).reasons) in ({("n",)}, {("events",)})


def test_figures_that_tell_that_a_count_is_large_are_reckoned_with() -> None:
    """The 9 is left out for the 2; if figures beside it say that it is above 7, a total of 11 leaves 3 at most for the 2."""
    parts = (("small",), ("large",))

    def left_out(opens: bool) -> set[tuple[str, ...]]:
        cells = [Cell(("all",), 11, loss=3), Cell(("small",), 2), Cell(("large",), 9, opens_figures=opens), Sum(("all",), parts)]
        return set(suppress(Counts.of(cells), MOST).reasons)

    assert ("all",) not in left_out(False)
    assert ("all",) in left_out(True)


def test_a_small_count_without_a_witness_refuses_the_export(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.disclosure.suppress.witness", lambda *_: None)
    with pytest.raises(AnalysisError, match="whatever is left out"):
        suppress(square(((5, 20), (30, 40))), MOST)


def test_counts_that_do_not_add_up_are_refused(exported: Exported) -> None:
    views = read(Warehouse(exported.settings.warehouse).current / "cohort.duckdb", exported.results["protocol"])
    steps = [dict(row) for row in exported.results["attrition"]]
    steps[3]["patients_excluded"] += 1
    with pytest.raises(AnalysisError, match="don't add up"):
        judge(exported.results | {"attrition": steps}, views, MOST)


def test_no_printed_count_is_small(exported: Exported) -> None:
    counted = {
        "attrition": ("patients_left", "patients_excluded"),
        "table_1": ("n",),
        "survival": ("n", "events"),
        "comparisons": ("n", "events"),
        "regimen_classes": ("n", "events"),
        "response": ("count", "n"),
        "follow_up": ("n", "censored"),
        "reconciliation": ("raw_rows", "current_rows", "superseded_rows", "duplicate_rows", "retracted_rows", "quarantined_rows"),
    }
    for name, columns in counted.items():
        printed = [int(row[column]) for row in table(exported.folder, name) for column in columns if row[column] not in ("", "suppressed")]
        assert printed, name
        assert not [count for count in printed if 1 <= count <= MOST], name


def test_no_share_interval_or_test_tells_a_count_that_is_left_out(exported: Exported) -> None:
    for row in table(exported.folder, "response"):
        if "suppressed" in (row["count"], row["n"]) and row["test"]:
            assert {row["estimate"], row["ci_lower"], row["ci_upper"], row["p_value"]} == {"suppressed"}
    rows = pd.DataFrame(table(exported.folder, "table_1"))
    for _, group in rows.groupby("characteristic"):
        if "suppressed" in set(group["n"]):
            assert set(group["p_value"]) <= {"suppressed", ""}
        assert set(group.loc[group["n"] == "suppressed", "share"]) <= {"suppressed", ""}


def test_a_group_with_few_patients_or_events_shows_no_figure(exported: Exported) -> None:
    shown = {(row["endpoint"], row["stratum"], row["arm"]): row for row in table(exported.folder, "survival")}
    few = [
        (entry["endpoint"], entry["stratum"], arm)
        for entry in exported.results["analyses"]
        for arm, group in entry["arms"].items()
        if group["n"] <= MOST or group["events"] <= MOST
    ]
    assert few
    for key in few:
        assert {value for name, value in shown[key].items() if name.startswith(("median", "rmst", "survival"))} == {"suppressed"}
