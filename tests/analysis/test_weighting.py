"""Propensity scores, weights and E-values: identities, the literature, and what has to be said instead of a number."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.basics import NotEstimable
from analysis.statistics.cox import compare_two
from analysis.statistics.propensity import propensity_scores
from analysis.statistics.sensitivity import e_value
from analysis.statistics.weighting import (
    Kind,
    balance,
    bootstrap_hazard_ratio,
    effective_sample_size,
    propensity_weights,
    weighted_comparison,
)

KINDS = get_args(Kind)
ROWS = st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.booleans(), st.integers(0, 1), st.integers(0, 9)), min_size=8, max_size=60)


def arrays(rows: list[tuple[Any, ...]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Times, events, groups and two covariates, a level and a number."""
    times, events, first, level, number = (np.array(column) for column in zip(*rows, strict=True))
    return times.astype(float), events.astype(bool), first.astype(bool), np.column_stack([level, number]).astype(float)


def drawn(n: int = 80, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A sample in which the covariates decide both the group and the hazard."""
    draw = np.random.default_rng(seed)
    x = np.column_stack([draw.integers(0, 2, n), draw.normal(size=n)]).astype(float)
    first = draw.random(n) < 1 / (1 + np.exp(-(x[:, 0] - 0.5 + x[:, 1])))
    times = np.ceil(draw.exponential(30 * np.exp(-0.5 * x[:, 1] - 0.4 * first)) + 1)
    return times, draw.random(n) < 0.75, first, x


@settings(max_examples=50)
@given(ROWS)
def test_overlap_weights_balance_the_means_exactly(rows: list[tuple[Any, ...]]) -> None:
    _, _, first, x = arrays(rows)
    try:
        model = propensity_scores(first, x)
    except NotEstimable:
        return
    after = balance(first, x, propensity_weights(first, model.scores, "overlap"))
    np.testing.assert_allclose(after, 0, atol=1e-6)
    assert model.scores.sum() == pytest.approx(first.sum())  # so does any logistic model with an intercept
    (low, high), (other_low, other_high) = model.ranges
    assert 0 < min(low, other_low) <= max(high, other_high) < 1


@settings(max_examples=50)
@given(ROWS, st.sampled_from(KINDS))
def test_effective_sample_size_is_at_most_the_size(rows: list[tuple[Any, ...]], kind: Kind) -> None:
    _, _, first, x = arrays(rows)
    try:
        scores = propensity_scores(first, x).scores
    except NotEstimable:
        return
    weights = propensity_weights(first, scores, kind)
    assert (weights > 0).all()
    for group in (first, ~first):
        assert 1 - 1e-9 <= effective_sample_size(weights[group]) <= group.sum() + 1e-9
    assert effective_sample_size(weights * 7) == pytest.approx(effective_sample_size(weights))
    assert effective_sample_size(np.full(9, 0.3)) == pytest.approx(9)


def test_weights_are_what_they_are_called() -> None:
    first, e = np.array([True, True, False, False]), np.array([0.5, 0.8, 0.2, 0.6])
    np.testing.assert_allclose(propensity_weights(first, e, "overlap"), [0.5, 0.2, 0.2, 0.6])
    np.testing.assert_allclose(propensity_weights(first, e, "unstabilised"), [2, 1.25, 1.25, 2.5])
    np.testing.assert_allclose(propensity_weights(first, e, "inverse_probability"), [1, 0.625, 0.625, 1.25])
    np.testing.assert_allclose(propensity_weights(first, e, "treated"), [1, 1, 0.25, 1.5])
    with pytest.raises(ValueError, match="kind"):
        propensity_weights(first, e, "other")  # ty: ignore[invalid-argument-type]
    with pytest.raises(ValueError, match="scores"):
        propensity_weights(first, [0.5, 0.8, 0.2, 1.0])


@pytest.mark.parametrize("kind", KINDS)
def test_without_covariates_everybody_of_a_group_weighs_the_same(kind: Kind) -> None:
    times, events, first, x = drawn()
    ours, plain = weighted_comparison(times, events, first, x[:, :0], kind), compare_two(times, events, first)
    if kind == "inverse_probability":  # 1 for everybody; the others weigh one group against the other
        np.testing.assert_allclose(ours.weights, 1)
        assert ours.hazard_ratio.value == pytest.approx(plain.hazard_ratio().value)
    assert ours.effective_sample_size == pytest.approx((first.sum(), (~first).sum()))
    assert (ours.n, sum(ours.events)) == ((first.sum(), (~first).sum()), events.sum())


@pytest.mark.parametrize("kind", KINDS)
def test_comparison_is_robust_balanced_and_the_same_with_groups_swapped(kind: Kind) -> None:
    times, events, first, x = drawn(200)
    ours = weighted_comparison(times, events, first, x, kind)
    assert ours.test == "Wald, robust"
    np.testing.assert_allclose(ours.fit.std_errors, np.sqrt(np.diag(ours.fit.robust_covariance)))
    assert ours.fit.std_errors[0] != pytest.approx(ours.fit.naive_std_errors[0], rel=1e-3)
    assert max(map(abs, ours.balance_after)) < 0.5 * max(map(abs, ours.balance_before))
    if kind != "treated":  # whose population is the first group's
        swapped = weighted_comparison(times, events, ~first, x, kind)
        assert swapped.hazard_ratio.value == pytest.approx(1 / ours.hazard_ratio.value)
        assert swapped.effective_sample_size == pytest.approx(ours.effective_sample_size[::-1])


def test_balance_keeps_the_unweighted_spread_and_knows_levels() -> None:
    first = np.array([True] * 4 + [False] * 5)
    level, number = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0]), np.array([3.0, 5, 4, 9, 1, 2, 2, 6, 7])
    weights = np.array([1, 2, 1, 1, 3, 1, 1, 1, 1.0])
    p, q = 3 / 4, 1 / 5
    pooled = np.sqrt((number[first].var(ddof=1) + number[~first].var(ddof=1)) / 2)
    before = [(p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2), (number[first].mean() - number[~first].mean()) / pooled]
    np.testing.assert_allclose(balance(first, np.column_stack([level, number])), before)
    after = (np.average(number[first], weights=weights[:4]) - np.average(number[~first], weights=weights[4:])) / pooled
    assert balance(first, number, weights)[0] == pytest.approx(after)
    assert np.isnan(balance(first, first.astype(float))[0])  # all of one group, none of the other
    assert balance(first, np.ones(9))[0] == 0


def test_balance_table_can_have_more_columns_than_the_model() -> None:
    times, events, first, x = drawn()
    both = np.column_stack([x[:, 0], 1 - x[:, 0], x[:, 1]])
    ours = weighted_comparison(times, events, first, x, balance_on=both)
    assert len(ours.balance_after) == 3
    assert ours.balance_before[0] == pytest.approx(-ours.balance_before[1])


def test_patients_like_nobody_of_the_other_group_are_counted() -> None:
    x = np.array([0.0, 1, 2, 3, 4, 1, 2, 3, 4, 9])
    model = propensity_scores([False] * 5 + [True] * 5, x)
    assert model.outside == 2  # the lowest and the highest
    assert model.common_support == (model.scores[1], model.scores[4])


@pytest.mark.parametrize(
    ("first", "x", "reason"),
    [
        ([], [], "no patients"),
        ([True, True], [0, 1], "one group"),
        ([True, False, True], [1, 1, 1], "one value"),
        ([True, True, False, False], [3, 4, 1, 2], "separate"),
        ([True, True, False, False, False], [1, 1, 0, 0, 1], "separate"),  # no maximum either, though not apart
        ([True, False, True, False], [[0, 0], [1, 2], [2, 4], [3, 6]], "told apart"),
    ],
)
def test_no_scores_without_a_reason(first: list[bool], x: list[Any], reason: str) -> None:
    with pytest.raises(NotEstimable, match=reason):
        propensity_scores(first, x)


def test_a_covariate_with_a_long_tail_is_no_separation() -> None:
    draw = np.random.default_rng(4)
    x = draw.standard_normal(300) / draw.uniform(0.001, 1, 300)  # a range of hundreds, most of it near 0
    first = draw.random(300) < 1 / (1 + np.exp(-x))
    model = propensity_scores(first, x)
    assert model.coefficients[1] * np.ptp(x) > 100
    assert model.scores[np.abs(x) < 1].var() > 0.01


@pytest.mark.parametrize("kind", ["overlap", "inverse_probability"])
def test_no_weighted_hazard_ratio_without_events(kind: Kind) -> None:
    times, events, first, x = drawn()
    with pytest.raises(NotEstimable, match=r"no events$"):
        weighted_comparison(times, np.zeros_like(events), first, x, kind)
    with pytest.raises(NotEstimable, match="no events in one group"):
        weighted_comparison(times, events & first, first, x, kind)
    with pytest.raises(NotEstimable, match="too few events for a robust"):
        weighted_comparison([4, 4, 2], [True, True, False], [True, False, False], np.empty((3, 0)), kind)
    with pytest.raises(ValueError, match="complete"):
        weighted_comparison(times, events, first, np.where(x == x[0], np.nan, x), kind)


def test_bootstrap_is_decided_by_its_seed_and_estimates_the_scores_anew() -> None:
    sample = drawn(120)
    one, again, other = (bootstrap_hazard_ratio(*sample, seed=seed, draws=60) for seed in (1, 1, 2))
    assert one == again
    assert one.estimate != other.estimate
    assert one.without == 0
    whole = weighted_comparison(*sample)
    assert one.estimate.value == pytest.approx(whole.hazard_ratio.value)
    assert one.estimate.lower < whole.hazard_ratio.value < one.estimate.upper


def test_bootstrap_says_when_too_many_samples_have_no_estimate() -> None:
    times, first = np.arange(1, 41.0), np.arange(40) % 2 == 0
    few = times <= 4  # two events each: many samples have none of one group
    assert weighted_comparison(times, few, first, np.empty((40, 0))).hazard_ratio.value > 0
    with pytest.raises(NotEstimable, match=r"no value in \d+ of 40 bootstrap samples"):
        bootstrap_hazard_ratio(times, few, first, np.empty((40, 0)), seed=1, draws=40)


def test_e_value_of_the_literature() -> None:
    found = e_value(3.9, 1.8, 8.7, is_common=False)  # VanderWeele and Ding 2017
    assert (round(found.estimate, 2), round(found.limit, 1)) == (7.26, 3.0)


@settings(max_examples=60)
@given(st.floats(0.05, 20), st.floats(1, 5), st.floats(1, 5), st.booleans())
def test_e_value_is_the_same_for_the_inverse_and_one_where_the_interval_includes_one(
    ratio: float, down: float, up: float, is_common: bool
) -> None:
    lower, upper = ratio / down, ratio * up
    found, inverse = e_value(ratio, lower, upper, is_common), e_value(1 / ratio, 1 / upper, 1 / lower, is_common)
    assert found.estimate == pytest.approx(inverse.estimate, rel=1e-6)
    assert 1 <= found.limit <= found.estimate + 1e-9
    assert (found.limit == 1) == (lower <= 1 <= upper)
    assert found.estimate == pytest.approx(e_value(ratio, is_common=is_common).estimate)


def test_e_value_refuses_what_is_no_interval_of_a_ratio() -> None:
    assert np.isnan(e_value(float("nan")).estimate)
    assert np.isnan(e_value(0.5).limit)
    assert e_value(1.0).estimate == 1
    for arguments in ((-1.0,), (0.5, 0.6, 0.9), (0.5, 0.0, 0.9)):
        with pytest.raises(ValueError, match=r"hazard ratio|limits"):
            e_value(*arguments)
