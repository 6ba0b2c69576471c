"""The test of interaction and Firth's penalised fit: what they share with plain fits, and when they have no answer."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from analysis.statistics.basics import NotEstimable
from analysis.statistics.cox import firth_cox, fit_cox, interaction_test

DRAW = np.random.default_rng(12)
N = 120
TIMES, EVENTS = DRAW.exponential(size=N), DRAW.random(N) < 0.7
FIRST, AGE = DRAW.random(N) < 0.5, DRAW.normal(size=N)
GRADE = DRAW.integers(0, 3, N)


def test_levels_can_be_named_and_ordered_in_any_way() -> None:
    found = interaction_test(TIMES, EVENTS, FIRST, GRADE, AGE)
    named = interaction_test(TIMES, EVENTS, FIRST, np.array(["c", "b", "a"])[GRADE], AGE)
    assert [level.level for level in named.levels] == ["a", "b", "c"]
    for one, other in zip(found.levels, reversed(named.levels), strict=True):
        np.testing.assert_allclose(
            [one.hazard_ratio.value, one.hazard_ratio.lower, one.hazard_ratio.upper],
            [other.hazard_ratio.value, other.hazard_ratio.lower, other.hazard_ratio.upper],
            rtol=1e-9,
        )
    assert found.wald.p == pytest.approx(named.wald.p, rel=1e-9)
    assert found.likelihood_ratio.p == pytest.approx(named.likelihood_ratio.p, rel=1e-9)
    assert found.degrees == found.wald.degrees == found.likelihood_ratio.degrees == 2
    assert np.isnan(found.ratio.value)


def test_two_levels_have_a_ratio_of_hazard_ratios() -> None:
    found = interaction_test(TIMES, EVENTS, FIRST, GRADE > 0)
    low, high = found.levels
    assert found.ratio.value == pytest.approx(high.hazard_ratio.value / low.hazard_ratio.value)
    assert sum(level.n_first + level.n_second for level in found.levels) == N
    assert sum(level.events_first + level.events_second for level in found.levels) == EVENTS.sum()
    assert high.n_first == (FIRST & (GRADE > 0)).sum()
    assert high.events_second == (EVENTS & ~FIRST & (GRADE > 0)).sum()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"modifier": np.zeros(N)}, "one level only"),
        ({"events": EVENTS & ~(FIRST & (GRADE == 1))}, r"no events in one group \(level 1\)"),
        ({"events": EVENTS & (GRADE != 1)}, r"no events \(level 1\)"),
        ({"first": FIRST & (GRADE != 2)}, r"one group only \(level 2\)"),
        ({"first": np.ones(N, dtype=bool)}, "one group only"),
    ],
)
def test_no_interaction_without_a_reason(change: dict[str, Any], reason: str) -> None:
    sample = {"times": TIMES, "events": EVENTS, "first": FIRST, "modifier": GRADE}
    with pytest.raises(NotEstimable, match=reason):
        interaction_test(**{**sample, **change})


def test_firth_has_an_estimate_where_the_groups_are_separate() -> None:
    times, events, first = np.arange(1, 13), np.ones(12, dtype=bool), np.arange(12) < 6
    with pytest.raises(NotEstimable, match="separate"):
        fit_cox(times, events, first)
    fit = firth_cox(times, events, first)
    assert fit.coefficients[0] > 0
    assert 1 < fit.hazard_ratios[0].lower < fit.hazard_ratios[0].value
    assert 0 < fit.p_values[0] < 0.05
    assert (fit.n, fit.events) == (12, 12)
    swapped = firth_cox(times, events, ~first)
    assert swapped.hazard_ratios[0].value == pytest.approx(1 / fit.hazard_ratios[0].value, rel=1e-6)
    assert swapped.hazard_ratios[0].upper == pytest.approx(1 / fit.hazard_ratios[0].lower, rel=1e-5)


def test_firth_goes_to_the_plain_fit_and_does_not_depend_on_scale() -> None:
    times, age = np.tile(TIMES, 20), np.tile(AGE, 20)
    events = np.tile(EVENTS, 20)
    times = times + np.arange(times.size) * 1e-6  # no ties: Breslow's are Firth's, Efron's the plain fit's
    penalised, plain = firth_cox(times, events, age), fit_cox(times, events, age)
    assert penalised.coefficients[0] == pytest.approx(plain.coefficients[0], abs=0.01 * plain.std_errors[0])
    months = firth_cox(TIMES, EVENTS, np.column_stack([FIRST, AGE * 1000 + 5e4]))
    days = firth_cox(TIMES, EVENTS, np.column_stack([FIRST, AGE]))
    np.testing.assert_allclose(months.coefficients * [1, 1000], days.coefficients, rtol=1e-6)
    np.testing.assert_allclose(months.p_values, days.p_values, rtol=1e-6)


def test_a_penalised_fit_that_did_not_converge_gives_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.statistics.cox.firth.MOST_STEPS", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nor a warning, which nobody reads
        with pytest.raises(NotEstimable, match="converge"):
            firth_cox(TIMES, EVENTS, np.column_stack([FIRST, AGE]))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"events": np.zeros(N, dtype=bool)}, "no events"),
        ({"covariates": np.ones(N)}, "one value"),
        ({"covariates": np.column_stack([AGE, 2 * AGE])}, "told apart"),
    ],
)
def test_no_penalised_fit_without_a_reason(change: dict[str, Any], reason: str) -> None:
    sample = {"times": TIMES, "events": EVENTS, "covariates": AGE}
    with pytest.raises(NotEstimable, match=reason):
        firth_cox(**{**sample, **change})
