"""Ours against lifelines on random samples with ties, and what has to be said instead of a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

from analysis.statistics.cox import compare_two, fit_cox, proportional_hazards_test
from analysis.statistics.survival import (
    NotEstimable,
    at_risk_at,
    difference,
    interval,
    kaplan_meier,
    log_rank,
    quantile,
    restricted_mean,
    shared_horizon,
    survival_at,
)

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


@settings(max_examples=40)
@given(SAMPLES)
def test_cox_is_that_of_lifelines_where_it_exists(sample: Sample) -> None:
    times, events, groups = columns(sample)
    first = groups == 0
    try:
        ours = compare_two(times, events, first)
    except NotEstimable:
        return
    assume(abs(ours.coefficients[0]) < 5)  # farther out lifelines stops early
    frame = pd.DataFrame({"time": times, "event": events, "first": first.astype(float)})
    theirs = CoxPHFitter().fit(frame, "time", "event", fit_options={"precision": 1e-13})
    assert ours.coefficients[0] == pytest.approx(theirs.params_["first"], rel=1e-5, abs=1e-7)
    assert ours.std_errors[0] == pytest.approx(theirs.standard_errors_["first"], rel=1e-5)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood_)
    swapped = compare_two(times, events, ~first)
    assert swapped.hazard_ratio().value == pytest.approx(1 / ours.hazard_ratio().value)


def test_rows_that_are_alike_are_counted_not_repeated() -> None:
    draw = np.random.default_rng(3)
    times, events, first = draw.integers(1, 200, 20_000), draw.random(20_000) < 0.7, draw.random(20_000) < 0.5
    fit = fit_cox(times, events, first)
    assert fit.risk_sets.time.size <= 800
    assert (fit.n, fit.events) == (20_000, events.sum())
    repeated = fit_cox(np.tile(times[:50], 3), np.tile(events[:50], 3), np.tile(first[:50], 3))
    assert repeated.n == 150


def test_months_and_days_give_the_same_fit() -> None:
    draw = np.random.default_rng(4)
    days, events, first = draw.integers(1, 60, 80), draw.random(80) < 0.8, draw.random(80) < 0.5
    in_days, in_months = compare_two(days, events, first), compare_two(days / 30.4375, events, first)
    assert in_days.coefficients[0] == pytest.approx(in_months.coefficients[0], rel=1e-12)
    assert proportional_hazards_test(in_days).global_p == pytest.approx(proportional_hazards_test(in_months).global_p, rel=1e-9)


def test_median_where_the_curve_is_exactly_one_half_in_exact_arithmetic() -> None:
    # 19/20 * 18/19 * ... * 10/11 is not 0.5 in floating point
    assert quantile(kaplan_meier(range(1, 21), [True] * 20)).value == 10.5
    assert quantile(kaplan_meier([1, 2, 5], [True, False, True])).value == 5
    assert quantile(kaplan_meier([3, 8], [True, False])).value == 5.5  # the stretch ends with the follow-up


@pytest.mark.parametrize(
    ("times", "events", "first", "reason"),
    [
        ([], [], [], "no patients"),
        ([1, 2], [True, True], [True, True], "one group only"),
        ([1, 2], [False, False], [True, False], "no events"),
        ([1, 2, 3], [True, True, False], [True, True, False], "no events in one group"),
        ([1, 2, 3, 4], [True] * 4, [True, True, False, False], "separate"),
        ([1, 2], [True, True], [True, False], "separate"),
        ([1, 1, 2, 2], [False, False, True, True], [True, True, False, False], "no events in one group"),
    ],
)
def test_no_hazard_ratio_without_a_reason(times: list[int], events: list[bool], first: list[bool], reason: str) -> None:
    with pytest.raises(NotEstimable, match=reason):
        compare_two(times, events, first)


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


def test_no_test_of_proportional_hazards_on_one_event_time() -> None:
    with pytest.raises(NotEstimable, match="event times"):
        proportional_hazards_test(compare_two([1, 1, 2, 3], [True, True, False, False], [True, False, True, False]))
    with pytest.raises(NotEstimable, match="logarithm"):
        proportional_hazards_test(compare_two([0, 1, 1, 2], [True, True, True, False], [True, False, True, False]), "log")


def test_covariates_that_cannot_be_told_apart() -> None:
    x = np.array([0.0, 1, 0, 1, 1])
    with pytest.raises(NotEstimable, match="told apart"):
        fit_cox([1, 2, 3, 4, 5], [True] * 5, np.column_stack([x, 2 * x]))
    with pytest.raises(NotEstimable, match="one value"):
        fit_cox([1, 2, 3], [True] * 3, [1, 1, 1])


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
