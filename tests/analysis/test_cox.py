"""Cox models: identities that hold on any sample, sums done the long way, and what has to be said instead of a number."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines import CoxPHFitter

from analysis.statistics.basics import NotEstimable
from analysis.statistics.cox import CoxFit, compare_two, exposure_rows, fit_cox, proportional_hazards_test
from analysis.statistics.cox.likelihood import score_residuals
from analysis.statistics.many import cox_fits, risk_table

# time, event, group, stratum, weight, share of the time before entry
Sample = list[tuple[int, bool, bool, int, int, int]]
SAMPLES = st.lists(
    st.tuples(st.integers(1, 9), st.booleans(), st.booleans(), st.integers(0, 2), st.integers(1, 3), st.integers(0, 8)),
    min_size=4,
    max_size=30,
)


def columns(sample: Sample) -> tuple[np.ndarray, ...]:
    """Times, events, groups, strata, weights and entries; who enters at or after the time is there from the start."""
    times, events, groups, strata, weights, entries = (np.array(column) for column in zip(*sample, strict=True))
    return times.astype(float), events, groups, strata, weights.astype(float), np.where(entries < times, entries, 0).astype(float)


def fitted(*arguments: Any, **options: Any) -> CoxFit:
    """A fit; a sample that has none is not looked at."""
    try:
        fit = fit_cox(*arguments, **options)
    except NotEstimable:
        assume(False)
        raise
    assume(abs(fit.coefficients).max() < 8)  # nearly separate: the digits go
    return fit


def same_fit(one: CoxFit, other: CoxFit) -> None:
    for attribute in ("coefficients", "covariance", "log_likelihood", "null_log_likelihood"):
        np.testing.assert_allclose(getattr(one, attribute), getattr(other, attribute), rtol=1e-8, atol=1e-10, err_msg=attribute)


@settings(max_examples=40, deadline=None)
@given(SAMPLES)
def test_a_fit_is_that_of_lifelines_where_it_exists(sample: Sample) -> None:
    times, events, groups, strata, _, _ = columns(sample)  # late entry of lifelines does not give R's digits
    frame = pd.DataFrame({"time": times, "event": events, "group": groups.astype(float), "stratum": strata})
    for options, theirs in (({}, {}), ({"strata": strata}, {"strata": "stratum"})):
        try:
            ours = fit_cox(times, events, groups, **options)
        except NotEstimable:
            continue
        if abs(ours.coefficients[0]) > 5:  # farther out lifelines stops early
            continue
        used = frame[["time", "event", "group", *theirs.values()]]
        fit = CoxPHFitter().fit(used, "time", "event", fit_options={"precision": 1e-13}, **theirs)
        assert ours.coefficients[0] == pytest.approx(fit.params_["group"], rel=1e-5, abs=1e-7)
        assert ours.std_errors[0] == pytest.approx(fit.standard_errors_["group"], rel=1e-5)
        assert ours.log_likelihood == pytest.approx(fit.log_likelihood_, abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(SAMPLES)
def test_counts_are_repeated_rows(sample: Sample) -> None:
    times, events, groups, strata, weights, entry = columns(sample)
    count = weights.astype(int)
    again = np.repeat(np.arange(times.size), count)
    for ties in ("efron", "breslow", "exact"):
        options: dict[str, Any] = {"ties": ties}
        if ties != "exact":
            options["clusters"] = strata
        one = fitted(times, events, groups, strata=strata, entry=entry, counts=count, **options)
        if "clusters" in options:
            options["clusters"] = strata[again]
        other = fit_cox(times[again], events[again], groups[again], strata=strata[again], entry=entry[again], **options)
        same_fit(one, other)
        assert (one.n, one.events) == (other.n, other.events) == (count.sum(), count[events].sum())
        np.testing.assert_allclose(one.concordance, other.concordance, rtol=1e-12)
        if one.robust_covariance is not None:
            np.testing.assert_allclose(one.robust_covariance, other.robust_covariance, rtol=1e-7, atol=1e-12)
            assert one.likelihood_ratio.statistic == pytest.approx(other.likelihood_ratio.statistic, abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(SAMPLES, st.integers(1, 8))
def test_a_patient_cut_in_two_rows_is_one(sample: Sample, day: int) -> None:
    times, events, groups, _, weights, entry = columns(sample)
    whole = fitted(times, events, groups, entry=entry, weights=weights, clusters=np.arange(times.size))
    cut = (entry < day) & (day < times)
    first = (np.where(cut, day, times), events & ~cut, groups, entry)
    second = (times[cut], events[cut], groups[cut], np.full(cut.sum(), float(day)))
    stop, event, group, start = (np.concatenate(pair) for pair in zip(first, second, strict=True))
    who = np.append(np.arange(times.size), np.flatnonzero(cut))
    split = fit_cox(stop, event, group, entry=start, weights=weights[who], clusters=who)
    same_fit(whole, split)
    np.testing.assert_allclose(whole.robust_covariance, split.robust_covariance, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(whole.concordance, split.concordance, rtol=1e-12)
    try:
        tests = [proportional_hazards_test(fit, "identity").global_statistic for fit in (whole, split)]
    except NotEstimable:
        return
    assert tests[0] == pytest.approx(tests[1], rel=1e-6, abs=1e-8)


def long_way(fit: CoxFit, linear: np.ndarray) -> float:
    """Harrell's C, pair by pair."""
    rows = fit.rows
    entry = np.zeros(rows.time.size) if rows.entry is None else rows.entry
    stratum = np.zeros(rows.time.size) if rows.stratum is None else rows.stratum
    weight = np.ones(rows.time.size) if rows.weight is None else rows.weight
    good = comparable = 0.0
    for i in np.flatnonzero(rows.event):
        outlived = (rows.time > rows.time[i]) | ((rows.time == rows.time[i]) & ~rows.event)
        for j in np.flatnonzero(outlived & (stratum == stratum[i]) & ((entry < rows.time[i]) | (entry == 0))):
            comparable += weight[i] * weight[j]
            good += weight[i] * weight[j] * (1.0 if linear[j] < linear[i] else 0.5 if linear[j] == linear[i] else 0.0)
    return good / comparable if comparable else np.nan


@settings(max_examples=60, deadline=None)
@given(SAMPLES)
def test_concordance_is_the_share_of_pairs(sample: Sample) -> None:
    times, events, groups, strata, weights, entry = columns(sample)
    x = groups + 2 * (strata == 1)
    fit = fitted(times, events, x, entry=entry, strata=strata % 2, weights=weights, clusters=np.arange(times.size))
    np.testing.assert_allclose(fit.concordance, long_way(fit, x * fit.coefficients[0]), rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(SAMPLES)
def test_residuals_sum_to_the_score_and_rows_are_their_own_clusters(sample: Sample) -> None:
    times, events, groups, strata, weights, _ = columns(sample)
    for ties in ("efron", "breslow"):
        fit = fitted(times, events, np.column_stack([groups, strata == 1]), weights=weights, ties=ties)
        sums = fit.at_fit.sums
        assert sums is not None
        np.testing.assert_allclose(fit.risk_sets.mass @ score_residuals(fit.risk_sets, sums), 0, atol=1e-7)
        clustered = fit_cox(times, events, np.column_stack([groups, strata == 1]), weights=weights, ties=ties, clusters=range(times.size))
        np.testing.assert_allclose(fit.robust_covariance, clustered.robust_covariance, rtol=1e-8, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(SAMPLES)
def test_score_and_information_are_the_derivatives(sample: Sample) -> None:
    from analysis.statistics.cox.fit import point
    from analysis.statistics.cox.risk_sets import risk_sets
    from analysis.statistics.cox.rows import checked_rows

    times, events, groups, strata, weights, entry = columns(sample)
    assume(events.any())
    x, at, step = np.column_stack([groups, strata]), np.array([0.3, -0.2]), 1e-5
    for ties in ("efron", "breslow", "exact"):
        rows = checked_rows(times, events, x, entry, strata % 2, None if ties == "exact" else weights, None, None)
        sets = risk_sets(rows, ties)
        here = point(sets, at, ties, 0.5)
        for j in range(2):
            up, down = (point(sets, at + sign * step * np.eye(2)[j], ties, 0.5) for sign in (1, -1))
            assert (up.log_likelihood - down.log_likelihood) / (2 * step) == pytest.approx(here.score[j], abs=1e-6)
            np.testing.assert_allclose((down.score - up.score) / (2 * step), here.information[j], atol=1e-6)


def test_exact_ties_sum_over_every_set_that_could_have_died() -> None:
    times, events = np.array([2.0, 2, 2, 1, 3, 4]), np.array([True, True, False, True, False, True])
    x = np.array([0.2, 1.0, 0.5, 0.1, 0.9, 0.3])
    fit = fit_cox(times, events, x, ties="exact")

    def log_likelihood(beta: float) -> float:
        total = 0.0
        for time in np.unique(times[events]):
            at_risk, died = np.flatnonzero(times >= time), np.flatnonzero((times == time) & events)
            sets = combinations(at_risk, died.size)
            total += beta * x[died].sum() - np.log(sum(np.exp(beta * x[list(chosen)].sum()) for chosen in sets))
        return total

    beta = fit.coefficients[0]
    assert fit.log_likelihood == pytest.approx(log_likelihood(beta), rel=1e-12)
    assert all(log_likelihood(beta + away) < fit.log_likelihood for away in (-0.01, 0.01))


def test_who_weighs_nothing_is_not_there() -> None:
    draw = np.random.default_rng(13)
    times, events, x, weights = draw.integers(1, 20, 60), draw.random(60) < 0.7, draw.normal(size=60), draw.integers(0, 3, 60)
    there = weights > 0
    for name in ("weights", "counts"):
        one = fit_cox(times, events, x, **{name: weights})
        other = fit_cox(times[there], events[there], x[there], **{name: weights[there]})
        same_fit(one, other)
        assert one.n == other.n
    assert fit_cox(times, events, x, weights=weights, counts=weights).n == weights.sum()


def test_the_batch_of_many_samples_is_the_single_fit() -> None:
    draw = np.random.default_rng(8)
    samples = [(draw.integers(1, 30, 90), draw.random(90) < 0.7, draw.random(90) < 0.5) for _ in range(20)]
    numbers = np.repeat(np.arange(20), 90)
    fits = cox_fits(risk_table(numbers, *(np.concatenate(column) for column in zip(*samples, strict=True)), samples=20))
    for index, sample in enumerate(samples):
        one = compare_two(*sample)
        np.testing.assert_allclose(fits.coefficients[index], one.coefficients, rtol=1e-10)
        np.testing.assert_allclose(fits.covariances[index], one.covariance, rtol=1e-10)


def test_rows_that_are_alike_are_collapsed() -> None:
    draw = np.random.default_rng(3)
    times, events, first = draw.integers(1, 200, 20_000), draw.random(20_000) < 0.7, draw.random(20_000) < 0.5
    fit = fit_cox(times, events, first)
    assert fit.risk_sets.row.size <= 800
    assert (fit.n, fit.events) == (20_000, events.sum())
    apart = fit_cox(times, events, first, clusters=np.arange(20_000))  # clusters are not collapsed
    assert apart.risk_sets.row.size > 19_000
    same_fit(fit, apart)
    np.testing.assert_allclose(fit_cox(times, events, first, robust=True).std_errors, apart.std_errors, rtol=1e-10)
    assert proportional_hazards_test(fit).global_statistic == pytest.approx(proportional_hazards_test(apart).global_statistic, rel=1e-9)
    assert fit.concordance == pytest.approx(apart.concordance, rel=1e-12)


def test_rows_that_differ_in_anything_are_not_collapsed(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(14)
    n = 4000
    times, entry = draw.integers(3, 8, n), draw.integers(0, 3, n)
    options = {"entry": entry, "strata": draw.integers(0, 2, n), "weights": draw.integers(1, 3, n), "robust": False}
    arrays = (times, draw.random(n) < 0.7, draw.integers(0, 2, (n, 2)))
    one = fit_cox(*arrays, **options)
    assert one.risk_sets.row.size < n / 2
    monkeypatch.setattr("analysis.statistics.cox.rows.COLLAPSE_FROM", n + 1)
    other = fit_cox(*arrays, **options)
    assert other.risk_sets.row.size > n * 0.9
    same_fit(one, other)
    assert one.concordance == pytest.approx(other.concordance, rel=1e-12)


def test_months_and_days_give_the_same_fit() -> None:
    draw = np.random.default_rng(4)
    days, events, first = draw.integers(1, 60, 80), draw.random(80) < 0.8, draw.random(80) < 0.5
    in_days, in_months = compare_two(days, events, first), compare_two(days / 30.4375, events, first)
    assert in_days.coefficients[0] == pytest.approx(in_months.coefficients[0], rel=1e-12)
    assert proportional_hazards_test(in_days).global_p == pytest.approx(proportional_hazards_test(in_months).global_p, rel=1e-9)


def test_times_that_only_rounding_has_split_are_one() -> None:
    draw = np.random.default_rng(5)
    days, events, first = draw.integers(1, 12, 60), draw.random(60) < 0.8, draw.random(60) < 0.5
    split = days / 10 + draw.integers(-2, 3, 60) * 1e-15
    same_fit(compare_two(days, events, first), compare_two(split, events, first))
    assert compare_two(split, events, first).concordance == compare_two(days, events, first).concordance


def test_a_distant_value_of_a_covariate_is_no_separation() -> None:
    draw = np.random.default_rng(6)
    x = np.append(draw.normal(size=200), [0.0])
    times = np.append(draw.exponential(np.exp(-x[:-1])), [0.5])
    x[-1] = -60.0  # over this range the hazard ratio passes e^20
    censored = np.append(np.ones(200, dtype=bool), [False])
    fit = fit_cox(times, censored, x)
    assert abs(fit.coefficients[0]) * 60 > 20
    assert np.isfinite(fit.std_errors).all()


def test_covariates_far_from_zero_lose_no_digits() -> None:
    draw = np.random.default_rng(7)
    year, times, events = draw.integers(0, 5, 100), draw.exponential(size=100), draw.random(100) < 0.7
    near, far = fit_cox(times, events, year), fit_cox(times, events, year + 1e6)
    np.testing.assert_allclose(near.coefficients, far.coefficients, rtol=1e-9)
    np.testing.assert_allclose(near.std_errors, far.std_errors, rtol=1e-9)


def test_a_ridge_shrinks_and_has_an_estimate_where_groups_are_separate() -> None:
    times, events, first = [1, 2, 3, 4], [True] * 4, [1, 1, 0, 0]
    with pytest.raises(NotEstimable, match="separate"):
        fit_cox(times, events, first)
    loose, tight = (fit_cox(times, events, first, ridge=theta) for theta in (0.1, 10))
    assert 0 < tight.coefficients[0] < loose.coefficients[0]
    assert 0 < tight.degrees < loose.degrees < 1
    assert loose.log_likelihood > tight.log_likelihood
    for test in ("wald", "score"):
        with pytest.raises(NotEstimable, match="penalised"):
            getattr(loose, test)
    with pytest.raises(NotEstimable, match="penalised"):
        proportional_hazards_test(loose)


def test_names_and_contrasts() -> None:
    draw = np.random.default_rng(9)
    x = draw.normal(size=(80, 2))
    fit = fit_cox(draw.exponential(size=80), draw.random(80) < 0.8, x, names=("age", "dose"))
    assert fit.hazard_ratio("dose") == fit.hazard_ratio(1)
    assert fit.contrast([1, -1]).value == pytest.approx(fit.hazard_ratio("age").value / fit.hazard_ratio("dose").value)
    assert fit.hazard_ratio("age", 0.99).upper > fit.hazard_ratio("age", 0.95).upper
    with pytest.raises(ValueError, match="tuple"):
        fit.hazard_ratio("weight")


def test_exposure_is_split_at_its_day() -> None:
    nan = np.nan
    rows = exposure_rows([5, 5, 5, 5, 5, 0, 0], [True, True, True, False, True, True, True], [nan, 0, 2, 4, 5, 0, nan])
    found = list(zip(rows.subject, rows.entry, rows.stop, rows.event, rows.exposed, strict=True))
    assert found == [
        (0, 0, 5, True, False),
        (1, 0, 5, True, True),
        (2, 0, 2, False, False),
        (2, 2, 5, True, True),
        (3, 0, 4, False, False),
        (3, 4, 5, False, True),
        (4, 0, 5, True, False),  # begins on the day of the event: too late
        (5, 0, 0, True, True),
        (6, 0, 0, True, False),
    ]
    assert exposure_rows([], [], []).stop.size == 0
    with pytest.raises(ValueError, match="exposed_from"):
        exposure_rows([1, 2], [True, True], [1])


def test_an_event_on_day_0_counts_with_and_without_entry() -> None:
    times, events, first = [0, 0, 1, 2, 3, 4], [True, False, True, True, True, False], [1, 0, 1, 0, 1, 0]
    same_fit(fit_cox(times, events, first), fit_cox(times, events, first, entry=[0, 0, 0, 0, 0, 0]))
    late = fit_cox([*times, 4], [*events, True], [*first, 0], entry=[0] * 6 + [3.5])
    assert late.events == 5


def test_exposure_that_comes_later_does_not_count_as_if_it_had_been_there() -> None:
    draw = np.random.default_rng(10)
    times = draw.exponential(100, 400)
    begins = np.where(draw.random(400) < 0.7, draw.exponential(80, 400), np.nan)
    ever = begins < times
    rows = exposure_rows(times, np.ones(400, dtype=bool), begins)
    fit = fit_cox(rows.stop, rows.event, rows.exposed, entry=rows.entry, clusters=rows.subject)
    biased = compare_two(times, np.ones(400, dtype=bool), ever)
    assert biased.hazard_ratio().upper < 0.8  # who lives to be exposed lives longer
    assert fit.hazard_ratio().lower < 1 < fit.hazard_ratio().upper


# What is no sample, and what has no answer


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
    ("arguments", "reason"),
    [
        ({"counts": [0, 0, 0, 1, 1]}, "no events"),
        ({"counts": [0] * 5}, "no patients"),
        ({"covariates": [1] * 5}, "one value"),
        ({"covariates": [[0, 0], [1, 2], [0, 0], [1, 2], [1, 2]]}, "told apart"),
        ({"strata": [1, 2, 3, 4, 5]}, "told apart"),
        ({"entry": [0, 1.5, 2.5, 3.5, 4.5]}, "told apart"),
    ],
)
def test_no_fit_without_a_reason(arguments: dict[str, Any], reason: str) -> None:
    sample = {"times": [1, 2, 3, 4, 5], "events": [True, True, True, False, False], "covariates": [0, 1, 0, 1, 1]}
    with pytest.raises(NotEstimable, match=reason):
        fit_cox(**{**sample, **arguments})


def test_a_stratum_without_events_takes_no_part_but_is_counted() -> None:
    times, events, first = [1, 2, 3, 4, 5], [True, True, True, False, False], [0, 1, 1, 0, 1]
    fit = fit_cox([*times, 9, 9], [*events, False, False], [*first, 1, 0], strata=[1] * 5 + [2] * 2)
    same_fit(fit, fit_cox(times, events, first))
    assert fit.n == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"covariates": [0, 1, np.nan, 1]}, "missing"),
        ({"covariates": [0, 1]}, "covariates"),
        ({"weights": [1, -1, 1, 1]}, "weights"),
        ({"weights": [1, 1]}, "weights"),
        ({"counts": [1, 1.5, 1, 1]}, "whole"),
        ({"entry": [0, 2, 0, 0]}, "entry"),
        ({"entry": [0, 2 - 1e-12, 0, 0]}, "rounding"),
        ({"strata": [1, None, 1, 1]}, "strata"),
        ({"strata": [1, np.nan, 1, 1]}, "strata"),
        ({"clusters": ["a", "b"]}, "clusters"),
        ({"ties": "other"}, "ties"),
        ({"ties": "exact", "weights": [1, 1, 1, 2]}, "exact"),
        ({"ties": "exact", "robust": True}, "exact"),
        ({"entry": [0, 1, 0, 0], "robust": True}, "clusters"),
        ({"ridge": -1}, "ridge"),
        ({"names": ("a", "b")}, "names"),
        ({"times": [1, 2, -3, 4]}, "times"),
    ],
)
def test_what_is_no_sample_is_refused(arguments: dict[str, Any], message: str) -> None:
    sample = {"times": [1, 2, 3, 4], "events": [True, True, True, False], "covariates": [0, 1, 0, 1]}
    with pytest.raises(ValueError, match=message) as raised:
        fit_cox(**{**sample, **arguments})
    assert not isinstance(raised.value, NotEstimable)


def test_no_test_of_proportional_hazards_without_a_reason() -> None:
    with pytest.raises(NotEstimable, match="event times"):
        proportional_hazards_test(compare_two([1, 1, 2, 3], [True, True, False, False], [True, False, True, False]))
    with pytest.raises(NotEstimable, match="both groups are at risk"):  # at the second event time there is one group only
        proportional_hazards_test(compare_two([1, 1, 2, 3], [True, True, True, False], [True, False, False, False]))
    with pytest.raises(NotEstimable, match="logarithm"):
        proportional_hazards_test(compare_two([0, 1, 1, 2], [True, True, True, False], [True, False, True, False]), "log")
    times, events, first = [1, 2, 3, 4, 5], [True, True, True, True, False], [0, 1, 1, 0, 1]
    with pytest.raises(NotEstimable, match="exact"):
        proportional_hazards_test(fit_cox(times, events, first, ties="exact"))
    with pytest.raises(ValueError, match="transform"):
        proportional_hazards_test(fit_cox(times, events, first), "cubic")  # ty: ignore[invalid-argument-type]


def test_too_few_clusters_for_a_test_of_all() -> None:
    draw = np.random.default_rng(11)
    x = draw.normal(size=(40, 3))
    fit = fit_cox(draw.exponential(size=40), np.ones(40, dtype=bool), x, clusters=np.arange(40) % 2)
    with pytest.raises(NotEstimable, match="too few clusters"):
        _ = fit.wald
    assert np.isfinite(fit.likelihood_ratio.p)
