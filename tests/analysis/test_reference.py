"""Every value that R gave, against ours, at the reference's own tolerance; and the docs' tables of both."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest

from tests.analysis import reference_table
from tests.analysis.reference_data import quantities
from tests.analysis.reference_table import (
    DIFFERENCES,
    NOT_THERE,
    PAGE,
    SUMMARY,
    Compared,
    compared,
    comparison,
    parts,
    registered,
)


@pytest.mark.parametrize("identifier", [name for name in quantities() if name in registered()])
def test_is_rs_value(identifier: str) -> None:
    rtol = quantities()[identifier]["rtol"]
    wrong = [value for value in comparison(identifier) if not value.difference <= rtol]
    assert comparison(identifier)
    assert not wrong


def test_every_quantity_of_r_is_computed_and_no_other() -> None:
    assert set(quantities()) - set(registered()) == set()
    assert set(registered()) - set(quantities()) == set()


def test_a_value_that_is_missing_or_wrong_is_seen() -> None:
    theirs = {"a": 1.0, "b": [1.0, None], "c": {"d": "text"}, "z": 0.0}
    assert [value.difference for value in compared(theirs, {"a": 1.0, "b": [1, float("nan")], "c": {"d": "text"}, "z": 0})] == [0] * 5
    for other in ({}, {"a": None, "b": [1.0], "c": {"d": 3.0}, "z": 1e-30}, {"a": float("nan"), "b": 1, "c": {"d": "other"}, "z": None}):
        assert all(value.difference == float("inf") for value in compared(theirs, other))
    assert Compared("", 2.0, 2.1).difference == pytest.approx(0.05)
    assert Compared("", None, 1.0).difference == float("inf")
    assert Compared("", "text", NOT_THERE).difference == float("inf")


# The committed tables, cell by cell: a number of ours may be off by what another machine's rounding does to the last digit shown


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()]


def is_same_class(one: str, other: str) -> bool:
    """The same, or next to it: a difference at a class's border lies on either side of it."""
    order = [reference_table.size(limit / 2) for limit in DIFFERENCES]
    return one == other or (one in order and other in order and abs(order.index(one) - order.index(other)) <= 1)


def is_same_number(one: str, other: str) -> bool:
    try:
        return float(one) == pytest.approx(float(other), rel=3e-9)
    except ValueError:
        return one == other


def test_the_docs_list_what_the_code_gives() -> None:
    hint = "run python -m tests.analysis.reference_table"
    for page, table in ((SUMMARY, reference_table.summary_table()), (PAGE, reference_table.whole_table())):
        committed, now = cells(parts(page)[1]), cells(table)
        assert [row[:3] for row in committed] == [row[:3] for row in now], hint
        assert all(is_same_class(old[-1], new[-1]) for old, new in zip(committed[2:], now[2:], strict=True)), hint
        assert all(is_same_number(old[-2], new[-2]) for old, new in zip(committed[2:], now[2:], strict=True)), hint


def test_the_example_gives_what_it_says() -> None:
    found = doctest.testfile(str(SUMMARY), module_relative=False)
    assert found.attempted > 10
    assert not found.failed


def test_the_library_is_whole_sorted_and_cheap_to_import() -> None:
    import analysis.statistics as library

    assert library.__all__ == sorted(library.__all__)
    assert all(hasattr(library, name) for name in library.__all__)
    heavy = {"scipy", "pandas", "lifelines", "statsmodels", "sklearn", "firthmodels", "duckdb", "matplotlib"}
    script = "import analysis.statistics, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert not heavy & set(loaded)
