"""Competing risks: identities on random samples with ties, and what has to be said instead of a number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.basics import NotEstimable
from analysis.statistics.competing import aalen_johansen, gray_test, incidence_at, score_of_stratum
from analysis.statistics.cox import fit_cox
from analysis.statistics.fine_gray import fine_gray
from analysis.statistics.kaplan_meier import kaplan_meier
from analysis.statistics.log_rank import log_rank

Sample = list[tuple[int, int, int]]
SAMPLES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


def columns(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, causes and groups."""
    times, causes, groups = (np.array(column) for column in zip(*sample, strict=True))
    return times.astype(float), causes, groups


@settings(max_examples=60)
@given(SAMPLES)
def test_incidences_and_event_free_survival_add_up_to_one(sample: Sample) -> None:
    times, causes, _ = columns(sample)
    first, second = (aalen_johansen(times, causes, cause) for cause in (1, 2))
    np.testing.assert_allclose(first.incidence + second.incidence + first.event_free, 1, atol=1e-12)
    free = kaplan_meier(times, causes > 0)
    np.testing.assert_allclose(first.event_free, free.survival, atol=1e-12)
    assert (first.n, first.total_events) == (len(times), (causes == 1).sum())
    shuffled = np.random.default_rng(1).permutation(len(times))  # ties are not moved apart at random
    again = aalen_johansen(times[shuffled], causes[shuffled])
    np.testing.assert_array_equal(again.incidence, first.incidence)


@settings(max_examples=60)
@given(SAMPLES)
def test_without_competing_events_it_is_one_less_kaplan_meier(sample: Sample) -> None:
    times, causes, _ = columns(sample)
    causes = np.where(causes == 2, 0, causes)
    ours, free = aalen_johansen(times, causes), kaplan_meier(times, causes == 1)
    np.testing.assert_allclose(ours.incidence, 1 - free.survival, atol=1e-12)
    known = ~np.isnan(free.std_error)
    np.testing.assert_allclose(ours.std_error[known], free.std_error[known], atol=1e-7)  # a root of a difference
    np.testing.assert_array_equal(ours.at_risk, free.at_risk)


@settings(max_examples=60)
@given(SAMPLES)
def test_without_censoring_it_is_a_share_with_the_error_of_a_share(sample: Sample) -> None:
    times, causes, _ = columns(sample)
    causes = np.maximum(causes, 1)
    ours = aalen_johansen(times, causes, 2)
    share = np.array([((times <= time) & (causes == 2)).mean() for time in ours.time])
    np.testing.assert_allclose(ours.incidence, share, atol=1e-12)
    np.testing.assert_allclose(ours.std_error**2, share * (1 - share) / len(times), atol=1e-12)


def test_incidence_is_known_as_far_as_somebody_is_followed() -> None:
    followed, over = aalen_johansen([2, 4], [1, 0]), aalen_johansen([2, 4], [1, 2])
    assert incidence_at(followed, 3).value == 0.5
    assert np.isnan(incidence_at(followed, 5).value)
    assert incidence_at(over, 5).value == 0.5
    assert np.isnan(incidence_at(aalen_johansen([], []), 1).value)


def test_no_interval_for_an_incidence_of_nothing() -> None:
    for scale in ("log-log", "log"):
        ours = incidence_at(aalen_johansen([1, 2, 3], [2, 0, 0], scale=scale), 2)
        assert ours.value == 0
        assert np.isnan([ours.lower, ours.upper]).all()


@pytest.mark.parametrize("n", range(2, 30))
def test_no_log_log_interval_for_an_incidence_of_one_whatever_its_last_digit(n: int) -> None:
    ours = incidence_at(aalen_johansen(np.arange(n), np.ones(n)), n)
    assert ours.value == pytest.approx(1)
    assert np.isnan([ours.lower, ours.upper]).all()


@settings(max_examples=60)
@given(SAMPLES)
def test_gray_scores_without_competing_events_are_those_of_the_log_rank_test(sample: Sample) -> None:
    times, causes, groups = columns(sample)
    causes = np.where(causes == 2, 0, causes)
    try:
        theirs = log_rank(times, causes == 1, groups)
    except NotEstimable:
        return
    took_part = times >= times[causes == 1].min()
    members = groups[took_part] == np.unique(groups[took_part])[:, None]
    scores, _ = score_of_stratum(times[took_part], causes[took_part], members, 1, 0.0)
    np.testing.assert_allclose(scores, np.array(theirs.observed) - theirs.expected, atol=1e-9)


@settings(max_examples=60)
@given(SAMPLES)
def test_gray_does_not_depend_on_names_scale_or_a_single_stratum(sample: Sample) -> None:
    times, causes, groups = columns(sample)
    try:
        ours = gray_test(times, causes, groups)
    except NotEstimable:
        return
    renamed = gray_test(np.sqrt(times), causes, np.array(["c", "a", "b"])[groups], strata=np.ones(len(times)))
    assert (renamed.statistic, renamed.degrees) == (pytest.approx(ours.statistic, rel=1e-6, abs=1e-9), ours.degrees)
    assert ours.statistic >= 0


def covariates_of(groups: np.ndarray) -> np.ndarray:
    """Two covariates, of which one is binary."""
    return np.column_stack([groups == 0, groups + np.arange(groups.size) % 5])


@settings(max_examples=40)
@given(SAMPLES)
def test_fine_gray_without_competing_events_is_the_cox_model(sample: Sample) -> None:
    times, causes, groups = columns(sample)
    x, events = covariates_of(groups), causes == 1
    try:
        ours = fine_gray(times, events.astype(int), x)
    except NotEstimable:
        return
    theirs = fit_cox(times, events, x, ties="breslow", robust=True)
    np.testing.assert_allclose(ours.coefficients, theirs.coefficients, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ours.covariance, theirs.robust_covariance, rtol=1e-5, atol=1e-8)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood)


@settings(max_examples=40)
@given(SAMPLES)
def test_fine_gray_without_censoring_keeps_who_had_another_event_at_risk_for_ever(sample: Sample) -> None:
    times, causes, groups = columns(sample)
    causes, x = np.maximum(causes, 1), covariates_of(groups)
    try:
        ours = fine_gray(times, causes, x)
    except NotEstimable:
        return
    theirs = fit_cox(np.where(causes == 2, times.max() + 1, times), causes == 1, x, ties="breslow", robust=True)
    np.testing.assert_allclose(ours.coefficients, theirs.coefficients, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ours.covariance, theirs.robust_covariance, rtol=1e-5, atol=1e-8)


def test_fine_gray_does_not_depend_on_the_order_of_rows() -> None:
    draw = np.random.default_rng(2)
    times, causes = draw.integers(1, 20, 60).astype(float), draw.integers(0, 3, 60)
    x = draw.normal(size=(60, 2))
    order = draw.permutation(60)
    ours, again = fine_gray(times, causes, x), fine_gray(times[order], causes[order], x[order])
    np.testing.assert_allclose(again.covariance, ours.covariance, rtol=1e-9)
    assert ours.hazard_ratio(1).value == pytest.approx(np.exp(ours.coefficients[1]))


@pytest.mark.parametrize(
    ("times", "causes", "x", "reason"),
    [
        ([], [], [], "no patients"),
        ([1, 2, 3], [0, 2, 0], [0, 1, 0], "no events"),
        ([1, 2, 3], [1, 2, 0], [1, 1, 1], "one value"),
        ([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0], "separate"),
        ([4, 4, 2], [1, 1, 0], [2, 0, 0], "too few events for a robust"),  # all die on one day: a standard error of 0
    ],
)
def test_no_subdistribution_hazard_ratio_without_a_reason(times: list[int], causes: list[int], x: list[int], reason: str) -> None:
    with pytest.raises(NotEstimable, match=reason):
        fine_gray(times, causes, x)


def test_events_that_two_covariates_together_separate() -> None:
    draw = np.random.default_rng(3)
    x = draw.normal(size=(30, 2))
    causes = np.where(x.sum(axis=1) > 0, 1, 2)  # the order of the events is that of the sum: no finite coefficient is best
    with pytest.raises(NotEstimable, match="separate"):
        fine_gray(10 - x.sum(axis=1), causes, x)


def test_fine_gray_needs_covariates_that_can_be_told_apart() -> None:
    x = np.array([0.0, 1, 0, 1, 1])
    with pytest.raises(NotEstimable, match="told apart"):
        fine_gray([1, 2, 3, 4, 5], [1, 1, 2, 1, 0], np.column_stack([x, 2 * x]))
    with pytest.raises(ValueError, match="complete"):
        fine_gray([1, 2, 3], [1, 1, 0], [1, np.nan, 0])


@pytest.mark.parametrize(
    ("times", "causes", "groups", "reason"),
    [
        ([], [], [], "no patients"),
        ([1, 2], [2, 0], [0, 1], "no events"),
        ([1, 2], [1, 1], [0, 0], "one group"),
        ([1, 5, 6], [0, 1, 1], [0, 1, 1], "never at risk together"),
    ],
)
def test_no_gray_test_without_a_reason(times: list[int], causes: list[int], groups: list[int], reason: str) -> None:
    with pytest.raises(NotEstimable, match=reason):
        gray_test(times, causes, groups)


@pytest.mark.parametrize(("causes", "cause"), [([1, -1], 1), ([1, 0.5], 1), ([1, 0], 0)])
def test_what_is_no_cause_is_refused(causes: list[float], cause: int) -> None:
    with pytest.raises(ValueError, match="cause"):
        aalen_johansen([1, 2], causes, cause)
