"""The search: seeded, and honest when it finds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from synthetic.calibrate import main, search
from synthetic.figures import read_paper_figures

SOME = [figure for figure in read_paper_figures() if figure.quantity in {"patients", "median_follow_up_months"}]


def test_the_same_seed_finds_the_same_patients() -> None:
    found = search(SOME, 5, 3_000)
    assert found is not None
    assert search(SOME, 5, 3_000) == found
    assert search(SOME, 6, 3_000) != found


def test_progress_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    search(SOME, 5, 600)
    assert "exchange 500 of 600" in capsys.readouterr().err


def test_a_search_that_finds_nothing_says_so_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rounds", "5", "--seeds", "2", "--out", str(tmp_path / "cohort.csv")]) == 1
    assert "No cohort found" in capsys.readouterr().err
    assert not (tmp_path / "cohort.csv").exists()
