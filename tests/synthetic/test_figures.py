"""The search's figures against lifelines and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test

from synthetic.draws import Draws
from synthetic.figures import PaperFigure, has_step_on_half, log_rank_p, median_days


def _arms(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draws = Draws(seed)
    size = 41
    return 1 + draws.below(60, size), draws.chance(700, size), draws.chance(500, size)


@pytest.mark.parametrize("seed", range(8))
def test_log_rank_agrees_with_lifelines(seed: int) -> None:
    days, events, first = _arms(seed)
    theirs = logrank_test(days[first], days[~first], events[first], events[~first]).p_value
    assert log_rank_p(days, events, first) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_median_agrees_with_lifelines_off_one_half(seed: int) -> None:
    days, events, _ = _arms(seed)
    if not has_step_on_half(days, events):
        assert median_days(days, events) == KaplanMeierFitter().fit(days, events).median_survival_time_


def test_median_is_the_midpoint_of_a_step_on_one_half() -> None:
    # R: survfit(Surv(c(10, 20, 30, 40), c(1, 1, 1, 1)) ~ 1) prints the median 25
    days, events = np.array([10, 20, 30, 40]), np.ones(4, dtype=bool)
    assert has_step_on_half(days, events)
    assert median_days(days, events) == 25


def test_median_that_is_not_reached() -> None:
    assert math.isnan(median_days(np.array([5, 6, 7]), np.array([True, False, False])))


@pytest.mark.parametrize(("ours", "matches"), [(8.15001, True), (8.24999, True), (8.14, False), (8.26, False)])
def test_a_figure_matches_to_its_printed_digits(ours: float, matches: bool) -> None:
    assert PaperFigure("median", "median_months", "overall", "immunotherapy", 8.2, 1).matches(ours) is matches
