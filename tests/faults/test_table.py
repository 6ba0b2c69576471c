"""The table of faults says what the tests try, no more and no less."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.table import Fault, Tally, declared, page_table, screen_table, shown_table, tally

CUT = Fault("packing", "gzip that is cut short", "refused")
KILLED = Fault("processes", "killed", "nothing is half there")


def test_the_page_lists_every_fault_and_no_other() -> None:
    assert shown_table() == page_table(declared()), "write it anew: python -m tests.faults.table"


def test_a_fault_has_one_behaviour() -> None:
    faults = list(declared())
    assert len({(fault.area, fault.fault) for fault in faults}) == len(faults)


def test_every_collected_fault_is_a_declared_one(request: pytest.FixtureRequest) -> None:
    collected = {Fault(**mark.kwargs) for item in request.session.items for mark in item.iter_markers("fault")}
    assert collected <= set(declared())


def test_a_fault_that_is_not_literal_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_made.py").write_text('pytest.mark.fault(area="a", fault=NAME, behaviour="c")\n')
    with pytest.raises(ValueError, match="line 1: write area, fault and behaviour"):
        declared(tmp_path)


def test_only_what_passed_at_every_stage_survived() -> None:
    faults_of = {"a": [CUT], "b": [CUT, KILLED], "c": [KILLED], "not run": [CUT], "no fault": []}
    counts = tally(faults_of, passed={"a", "b", "c", "no fault"}, failed={"c"})
    assert counts == {CUT: Tally(2, 2), KILLED: Tally(2, 1)}


def test_the_screen_shows_what_did_not_survive() -> None:
    lines = screen_table({CUT: Tally(2, 2), KILLED: Tally(2, 1)}).splitlines()
    assert lines[1].split() == ["packing", *CUT.fault.split(), "refused", "2", "2"]
    assert lines[2].split()[-3:] == ["2", "only", "1"]
    assert lines[-1].split() == ["all", "4", "3"]
