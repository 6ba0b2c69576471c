"""Ours against lifelines on random samples with ties, and what has to be said instead of a number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

from analysis.statistics.basics import NotEstimable
from analysis.statistics.kaplan_meier import at_risk_at, interval, kaplan_meier, quantile, survival_at
from analysis.statistics.log_rank import log_rank
from analysis.statistics.restricted_mean import difference, restricted_mean, shared_horizon

Sample = list[tuple[int, bool, int]]
SAMPLES = st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.integers(0, 2)), min_size=1, max_size=40)


def columns(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, events and groups."""
    times, events, groups = (np.array(column) for column in zip(*sample, strict=True))
    return times.astype(float), events.astype(bool), groups


@settings(max_examples=60)
@given(SAMPLES)
def test_interval_is_that_of_lifelines_where_it_exists(sample: Sample) -> None:
    times, events, _ = columns(sample)
    lower, upper = interval(kaplan_meier(times, events))
    theirs = KaplanMeierFitter().fit(times, events).confidence_interval_.to_numpy()
    exists = ~np.isnan(lower)
    np.testing.assert_allclose(np.column_stack([lower, upper])[exists], theirs[exists], atol=1e-12)


@settings(max_examples=60)
@given(SAMPLES)
def test_curve_without_censoring_is_the_share_still_alive(sample: Sample) -> None:
    times, _, _ = columns(sample)
    curve = kaplan_meier(times, np.ones(len(times), dtype=bool))
    np.testing.assert_allclose(curve.survival, [(times > time).mean() for time in curve.time], atol=1e-12)
    assert quantile(curve).value == pytest.approx(np.median(times))  # R's midpoint rule is the median's own
    assert at_risk_at(curve, [0, 3, 99]) == [(times >= time).sum() for time in (0, 3, 99)]
    assert restricted_mean(curve, 20).value == pytest.approx(times.mean())


@settings(max_examples=60)
@given(SAMPLES)
def test_log_rank_is_that_of_lifelines_where_it_exists(sample: Sample) -> None:
    times, events, groups = columns(sample)
    try:
        ours = log_rank(times, events, groups)
    except NotEstimable:
        return
    took_part = times >= times[events].min()  # lifelines counts a degree of freedom for a group that is never at risk of an event
    theirs = multivariate_logrank_test(times[took_part], groups[took_part], events[took_part])
    assert (ours.statistic, ours.p) == pytest.approx((theirs.test_statistic, theirs.p_value), rel=1e-6, abs=1e-9)
    assert sum(ours.expected) == pytest.approx(events.sum())


def test_median_where_the_curve_is_exactly_one_half_in_exact_arithmetic() -> None:
    # 19/20 * 18/19 * ... * 10/11 is not 0.5 in floating point
    assert quantile(kaplan_meier(range(1, 21), [True] * 20)).value == 10.5
    assert quantile(kaplan_meier([1, 2, 5], [True, False, True])).value == 5
    assert quantile(kaplan_meier([3, 8], [True, False])).value == 5.5  # the stretch ends with the follow-up


@pytest.mark.parametrize(
    ("times", "events", "groups", "reason"),
    [
        ([], [], [], "no patients"),
        ([1, 2], [False, False], [0, 1], "no events"),
        ([1, 2], [True, True], [0, 0], "one group only"),
        ([1, 5, 6], [False, True, True], [0, 1, 1], "one group only"),  # the other group left before the first event
        ([3, 3], [True, True], [0, 1], "never at risk together"),  # lifelines says P = 1
    ],
)
def test_no_log_rank_test_without_a_reason(times: list[int], events: list[bool], groups: list[int], reason: str) -> None:
    with pytest.raises(NotEstimable, match=reason):
        log_rank(times, events, groups)


def test_nothing_is_known_beyond_the_follow_up() -> None:
    censored, dead = kaplan_meier([2, 4], [True, False]), kaplan_meier([2, 4], [True, True])
    assert np.isnan(survival_at(censored, 5).value)
    assert survival_at(dead, 5).value == 0
    assert np.isnan(survival_at(kaplan_meier([], []), 1).value)
    assert shared_horizon([censored, dead], 12) == 4
    assert shared_horizon([dead, kaplan_meier([], [])], 12) == 12
    assert np.isnan(shared_horizon([kaplan_meier([], [])], 12))
    with pytest.raises(NotEstimable, match="no patients"):
        restricted_mean(kaplan_meier([], []), 12)


def test_difference_of_means_without_variance_has_no_p() -> None:
    mean = restricted_mean(kaplan_meier([5, 6], [False, False]), 4)
    assert (mean.value, mean.std_error) == (4, 0)
    assert np.isnan(difference(mean, mean)[1])


@pytest.mark.parametrize(("times", "events"), [([-1], [True]), ([np.nan], [True]), ([1, 2], [True])])
def test_what_is_no_sample_is_refused(times: list[float], events: list[bool]) -> None:
    with pytest.raises(ValueError, match="times"):
        kaplan_meier(times, events)
