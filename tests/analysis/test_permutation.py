"""The exact log-rank test against counting every arrangement one by one, and its bounds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics import permutation
from analysis.statistics.basics import NotEstimable
from analysis.statistics.log_rank import log_rank
from analysis.statistics.permutation import bounded, log_rank_scores, permutation_log_rank

ROWS = st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.booleans()), min_size=2, max_size=11)


def by_hand(scores: np.ndarray, second: np.ndarray) -> float:
    """The share of all arrangements that lie as far from 0 as the sample's."""
    sums = np.array([scores[list(chosen)].sum() for chosen in combinations(range(scores.size), int(second.sum()))])
    return float((np.abs(sums) >= abs(scores[second].sum()) - 1e-9).mean())


@settings(max_examples=100)
@given(ROWS)
def test_is_every_arrangement_counted(rows: list[tuple[int, bool, bool]]) -> None:
    times, events, second = (np.array(column) for column in zip(*rows, strict=True))
    try:
        test = permutation_log_rank(times, events, second)
    except NotEstimable:
        return
    scores = log_rank_scores(times, events)
    assert scores.sum() == pytest.approx(0, abs=1e-9)
    assert test.p == test.p_lower == test.p_upper == pytest.approx(by_hand(scores, second), rel=1e-12)
    assert test.z * (scores[second].sum()) >= 0


def test_the_score_is_the_log_rank_tests() -> None:
    draw = np.random.default_rng(1)
    times, events, groups = draw.integers(1, 15, 24), draw.random(24) < 0.7, draw.integers(0, 2, 24)
    assert log_rank_scores(times, events)[groups == 1].sum() == pytest.approx(log_rank(times, events, groups).score)


@pytest.mark.parametrize("chosen", [5, 9, 13])
def test_bounds_hold_what_is_counted(chosen: int) -> None:
    draw = np.random.default_rng(chosen)
    times, events, second = draw.random(26), draw.random(26) < 0.8, np.arange(26) < chosen
    exact = permutation_log_rank(times, events, second)
    scores = log_rank_scores(times, events)
    lower, upper = bounded(scores, chosen, abs(scores[second].sum()))
    assert lower <= exact.p <= upper
    assert lower < upper < lower * 1.01


def test_a_cohort_of_89_has_a_p_between_close_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permutation, "MOST_ADDITIONS", 500_000_000)
    draw = np.random.default_rng(2)
    groups = np.repeat([0, 1], [40, 49])
    times, events = draw.exponential(np.where(groups == 1, 12, 8)), draw.random(89) < 0.75
    test = permutation_log_rank(times, events, groups)
    assert test.method == "between bounds"
    assert test.p_lower < test.p < test.p_upper < test.p_lower * 1.02
    scores = log_rank_scores(times, events)
    shuffled = np.array([draw.permutation(scores)[:40].sum() for _ in range(4000)])
    drawn = (np.abs(shuffled) >= abs(scores[:40].sum())).mean()
    assert abs(drawn - test.p) < 4 * np.sqrt(test.p * (1 - test.p) / 4000)


@pytest.mark.parametrize(
    ("times", "events", "groups", "reason"),
    [
        ([], [], [], "no patients"),
        ([1, 2], [False, False], [0, 1], "no events"),
        ([1, 2], [True, True], [0, 0], "one group"),
        ([1, 2, 3], [True] * 3, [0, 1, 2], "more than two"),
        ([3, 3, 3], [True] * 3, [0, 1, 1], "alike"),
        (range(400), [True] * 400, [0, 1] * 200, "too many"),
        ([1, 2, 3, 4] * 500, [True] * 2000, [0, 1, 1, 0] * 500, "too many"),
    ],
)
def test_no_exact_test_without_a_reason(times: list[int], events: list[bool], groups: list[int], reason: str) -> None:
    with pytest.raises(NotEstimable, match=reason):
        permutation_log_rank(times, events, groups)
