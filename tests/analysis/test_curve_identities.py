"""What must be the same however it is written: counts and repeated rows, weights of one, one stratum, entry from the outset."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.basics import NotEstimable
from analysis.statistics.kaplan_meier import KaplanMeier, at_risk_at, follow_up, interval, kaplan_meier, quantile
from analysis.statistics.log_rank import FlemingHarrington, Weighting, log_rank
from analysis.statistics.restricted_mean import adjusted_restricted_mean, difference, ratio, restricted_mean
from analysis.statistics.several_groups import pairwise_log_rank, trend_test
from tests.analysis.reference_data import data_set, quantities

Rows = list[tuple[int, bool, int, int]]
ROWS = st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=30)
WEIGHTINGS: list[Weighting] = ["log-rank", "gehan", "tarone-ware", "peto-peto", FlemingHarrington(1, 1)]


def columns(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Times, events, groups, counts."""
    times, events, groups, counts = (np.array(column) for column in zip(*rows, strict=True))
    return times.astype(float), events.astype(bool), groups, counts


def same_curve(first: KaplanMeier, second: KaplanMeier) -> None:
    for name in ("time", "at_risk", "events", "censored", "survival", "std_error"):
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-9, err_msg=name)
    assert (first.n, first.total_events) == (second.n, second.total_events)


def result_of(test: Callable[[], Any]) -> Any:
    """What a test gives, or the reason why it gives nothing."""
    try:
        return test()
    except NotEstimable as reason:
        return str(reason)


def same_test(first: Any, second: Any) -> None:
    if isinstance(first, str) or isinstance(second, str):
        assert first == second
        return
    for name in ("statistic", "p", "z", "observed", "expected", "covariance"):
        if hasattr(first, name):
            np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-7, atol=1e-9, err_msg=name)


@settings(max_examples=80)
@given(ROWS)
def test_counts_are_repeated_rows(rows: Rows) -> None:
    times, events, groups, counts = columns(rows)
    repeated = [np.repeat(column, counts) for column in (times, events, groups)]
    same_curve(kaplan_meier(times, events, counts=counts), kaplan_meier(*repeated[:2]))
    ours, theirs = follow_up(times, events, counts=counts), follow_up(repeated[0], repeated[1])
    np.testing.assert_array_equal([ours.value, ours.lower, ours.upper], [theirs.value, theirs.lower, theirs.upper])
    for weighting in WEIGHTINGS:
        same_test(
            result_of(lambda w=weighting: log_rank(times, events, groups, counts=counts, weighting=w)),
            result_of(lambda w=weighting: log_rank(*repeated, weighting=w)),
        )
    same_test(result_of(lambda: trend_test(times, events, groups, counts=counts)), result_of(lambda: trend_test(*repeated)))


@settings(max_examples=80)
@given(ROWS)
def test_weights_of_one_weigh_nothing(rows: Rows) -> None:
    times, events, _, _ = columns(rows)
    # the robust variance of equal weights is Greenwood's
    same_curve(kaplan_meier(times, events, weights=np.ones(times.size)), kaplan_meier(times, events))
    doubled = kaplan_meier(times, events, weights=np.full(times.size, 2.0))
    np.testing.assert_allclose(doubled.std_error, kaplan_meier(times, events).std_error)


@settings(max_examples=60)
@given(ROWS)
def test_who_weighs_nothing_changes_nothing(rows: Rows) -> None:
    times, events, _, weights = columns(rows)
    heavy = weights > 0
    whole = kaplan_meier(times, events, weights=weights.astype(float))
    part = kaplan_meier(times[heavy], events[heavy], weights=weights[heavy].astype(float))
    if not heavy.any():
        assert (whole.survival == 1).all()
        return
    steps = np.searchsorted(part.time, whole.time, side="right") - 1
    np.testing.assert_allclose(whole.survival, part.survival[steps])
    np.testing.assert_allclose(whole.std_error, part.std_error[steps])


@settings(max_examples=60)
@given(ROWS)
def test_entry_at_zero_is_no_entry(rows: Rows) -> None:
    times, events, groups, _ = columns(rows)
    times = times - 1  # leaving at time 0 too
    nothing = np.zeros(times.size)
    same_curve(kaplan_meier(times, events, entry=nothing), kaplan_meier(times, events))
    same_test(result_of(lambda: log_rank(times, events, groups, entry=nothing)), result_of(lambda: log_rank(times, events, groups)))


@settings(max_examples=60)
@given(ROWS)
def test_a_patient_cut_in_two_rows_is_one(rows: Rows) -> None:
    times, events, groups, cut = columns(rows)
    cut = np.where((cut > 0) & (cut < times), cut, 0)
    both, changed = np.concatenate([np.where(cut > 0, cut, times), times[cut > 0]]), cut > 0
    halves = (
        both,
        np.concatenate([np.where(changed, False, events), events[changed]]),
        np.concatenate([groups, groups[changed]]),
    )
    entry = np.concatenate([np.zeros(times.size), cut[changed]])
    same_test(result_of(lambda: log_rank(*halves, entry=entry)), result_of(lambda: log_rank(times, events, groups)))
    whole, cut_up = kaplan_meier(times, events), kaplan_meier(*halves[:2], entry=entry)
    np.testing.assert_allclose(cut_up.survival[np.searchsorted(cut_up.time, whole.time)], whole.survival)
    assert at_risk_at(cut_up, [0.5, 3, 5.5]) == at_risk_at(whole, [0.5, 3, 5.5])


@settings(max_examples=60)
@given(ROWS)
def test_one_stratum_is_none_and_the_log_rank_test_is_fleming_and_harringtons(rows: Rows) -> None:
    times, events, groups, _ = columns(rows)
    plain = result_of(lambda: log_rank(times, events, groups))
    same_test(result_of(lambda: log_rank(times, events, groups, strata=np.full(times.size, "all"))), plain)
    same_test(result_of(lambda: log_rank(times, events, groups, weighting=FlemingHarrington(0, 0))), plain)


@settings(max_examples=60)
@given(ROWS)
def test_strata_that_are_copies_add_up(rows: Rows) -> None:
    times, events, groups, _ = columns(rows)
    one = result_of(lambda: log_rank(times, events, groups, weighting="peto-peto"))
    twice = [np.tile(column, 2) for column in (times, events, groups)]
    two = result_of(lambda: log_rank(*twice, strata=np.repeat([0, 1], times.size), weighting="peto-peto"))
    if isinstance(one, str):
        assert two == one
    else:
        np.testing.assert_allclose(np.subtract(two.observed, two.expected), 2 * np.subtract(one.observed, one.expected), atol=1e-9)
        np.testing.assert_allclose(two.covariance, 2 * one.covariance, atol=1e-9)


@settings(max_examples=60)
@given(ROWS)
def test_two_groups_in_order_have_the_score_of_a_trend(rows: Rows) -> None:
    times, events, groups, _ = columns(rows)
    two = np.minimum(groups, 1)
    test, trend = result_of(lambda: log_rank(times, events, two)), result_of(lambda: trend_test(times, events, two))
    if isinstance(test, str) or isinstance(trend, str):
        return
    assert trend.z * test.z >= -1e-12
    assert trend.statistic <= test.statistic * (1 + 1e-9)  # its variance, without ties' correction, is the larger one


def test_without_ties_a_trend_over_two_groups_is_the_log_rank_test() -> None:
    draw = np.random.default_rng(5)
    times, events, groups = draw.permutation(40) + 1.0, draw.random(40) < 0.7, draw.integers(0, 2, 40)
    assert trend_test(times, events, groups).statistic == pytest.approx(log_rank(times, events, groups).statistic)


def test_who_comes_late_is_not_at_risk_before() -> None:
    curve = kaplan_meier([2, 3, 4], [True] * 3, entry=[0, 2, 0])
    assert at_risk_at(curve, [0, 1, 2, 2.5, 3, 4, 5]) == [2, 2, 2, 2, 2, 1, 0]
    np.testing.assert_allclose(curve.survival, [1, 0.5, 0.25, 0])


def test_a_weighted_curve_comes_to_zero_where_all_die() -> None:
    # 0.3 and 0.7 come late and die at 2: the weights at risk are a difference of sums, not exactly 1
    curve = kaplan_meier([2, 2, 3, 4], [True] * 4, weights=[0.3, 0.7, 0.2, 1.0], entry=[1, 1, 2, 3])
    assert curve.survival.tolist() == [1, 1, 0, 0, 0]
    assert np.isnan(curve.std_error[2:]).all()
    assert curve.known_until(99)
    assert quantile(curve).value == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"counts": [1]}, "one element"),
        ({"counts": [1, 0.5]}, "whole numbers"),
        ({"counts": [1, -1]}, "whole numbers"),
        ({"counts": [1, np.nan]}, "whole numbers"),
        ({"weights": [1, -1]}, "not negative"),
        ({"weights": [1, np.nan]}, "finite"),
        ({"weights": [1]}, "one element"),
        ({"entry": [0]}, "one element"),
        ({"entry": [0, 2]}, "before the time"),
        ({"entry": [0, np.nan]}, "missing"),
        ({"counts": [1, 1], "weights": [1, 1]}, "together"),
    ],
)
def test_what_is_no_sample_is_refused(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        kaplan_meier([1, 2], [True, False], **arguments)


def test_nobody_is_left_where_every_count_is_zero() -> None:
    assert kaplan_meier([1], [True], counts=[0]).n == 0
    with pytest.raises(NotEstimable, match="no patients"):
        log_rank([1], [True], [0], counts=[0])


@pytest.mark.parametrize("column", ["groups", "strata"])
def test_a_missing_group_is_refused(column: str) -> None:
    arrays = {"groups": [0.0, 1.0], "strata": [0.0, 0.0]} | {column: [0.0, np.nan]}
    with pytest.raises(ValueError, match=f"{column} must not be missing"):
        log_rank([1, 2], [True, True], arrays["groups"], strata=arrays["strata"])


def test_a_test_without_weight_gives_no_p() -> None:
    with pytest.raises(NotEstimable, match="no weight"):
        log_rank([2, 2, 3, 3], [True, True, False, False], [0, 1, 0, 1], weighting=FlemingHarrington(0, 1))
    with pytest.raises(ValueError, match="no weighting"):
        log_rank([1, 2], [True, True], [0, 1], weighting="wilcoxon")  # ty: ignore[invalid-argument-type]


def test_groups_that_never_meet_within_a_stratum_are_not_compared() -> None:
    times, events, groups = [1, 2, 3, 4], [True] * 4, [0, 0, 1, 1]
    with pytest.raises(NotEstimable, match="never at risk together"):
        log_rank(times, events, groups, strata=groups)
    assert log_rank(times, events, groups).degrees == 1


def test_names_of_tests() -> None:
    times, events, groups = [1, 2, 3, 4], [True] * 4, [0, 1, 0, 1]
    assert log_rank(times, events, groups).name == "log-rank"
    assert log_rank(times, events, groups, weighting=FlemingHarrington(0, 0.5)).name == "Fleming-Harrington(0, 0.5)"
    assert log_rank(times, events, groups, strata=[0] * 4, weighting="gehan").name == "stratified Gehan-Wilcoxon"


def test_score_and_variance_are_of_two_groups_only() -> None:
    test = log_rank([1, 2, 3, 4, 5, 6], [True] * 6, [0, 1, 2, 0, 1, 2])
    assert np.isnan([test.score, test.variance, test.z]).all()
    assert test.groups == (0, 1, 2)


def test_a_pair_that_cannot_be_tested_has_its_reason_and_is_not_counted() -> None:
    times, events, groups = [1, 2, 3, 4, 5, 6, 0.5], [True] * 4 + [False] * 3, ["a", "b", "a", "b", "a", "b", "c"]
    pairs = pairwise_log_rank(times, events, groups, adjustment="bonferroni")
    assert [(pair.first, pair.second) for pair in pairs] == list(combinations("abc", 2))
    assert pairs[0].test is not None
    assert pairs[0].adjusted_p == pairs[0].test.p
    assert [pair.reason for pair in pairs[1:]] == ["one group only"] * 2
    assert np.isnan(pairs[1].adjusted_p)


def test_follow_up_is_not_the_median_of_the_times() -> None:
    frame, naive = data_set("lung.csv"), quantities()["lung.naive_followup"]["values"]
    median = follow_up(frame["time"], frame["event"]).value
    assert median == 588
    assert median > naive["censored"] > naive["all"]


def test_interval_is_undefined_where_nobody_is_left() -> None:
    lower, upper = interval(kaplan_meier([1, 2], [True, True]))
    assert np.isnan([lower[-1], upper[-1]]).all()
    assert (lower[0], upper[0]) == (1, 1)


def test_restricted_mean_needs_follow_up() -> None:
    with pytest.raises(NotEstimable, match="follow-up ends"):
        restricted_mean(kaplan_meier([1, 2], [True, False]), 3)
    assert restricted_mean(kaplan_meier([1, 2], [True, True]), 3).value == 1.5


def test_restricted_means_of_nothing() -> None:
    dead, mean = restricted_mean(kaplan_meier([0, 0], [True, True]), 4), restricted_mean(kaplan_meier([5, 6], [False, False]), 4)
    assert dead.value == 0
    with pytest.raises(NotEstimable, match="of 0"):
        ratio(dead, mean)
    assert np.isnan(ratio(mean, mean)[1])


def test_an_adjusted_mean_without_censoring_is_the_linear_model_of_the_means() -> None:
    draw = np.random.default_rng(6)
    times, arm, age = draw.integers(1, 100, 60).astype(float), np.arange(60) % 2, draw.integers(40, 80, 60).astype(float)
    events = np.ones(60, dtype=bool)
    fit = adjusted_restricted_mean(times, events, arm, arm, 50)
    first, second = (restricted_mean(kaplan_meier(times[arm == name], events[arm == name]), 50) for name in (1, 0))
    gap, p = difference(first, second)
    ours, ours_p = fit.difference()
    assert (ours.value, ours.lower, ours.upper, ours_p) == pytest.approx((gap.value, gap.lower, gap.upper, p))
    both = np.column_stack([arm, age])
    expected = np.linalg.lstsq(np.column_stack([np.ones(60), both]), np.minimum(times, 50), rcond=None)[0]
    np.testing.assert_allclose(adjusted_restricted_mean(times, events, both, arm, 50).coefficients, expected)


@pytest.mark.parametrize(
    ("times", "covariates", "reason"),
    [
        ([], [], "no patients"),
        ([1, 2, 3, 4], [0, 0, 1, 1], "follow-up ends"),
        ([9, 9, 9, 9], [1, 1, 1, 1], "told apart"),
        ([9, 9, 9, 9], [0, 0, 0, 0], "told apart"),
    ],
)
def test_no_adjusted_mean_without_a_reason(times: list[int], covariates: list[int], reason: str) -> None:
    with pytest.raises(NotEstimable, match=reason):
        adjusted_restricted_mean(times, [False] * len(times), covariates, [0, 0, 1, 1][: len(times)], 8)
