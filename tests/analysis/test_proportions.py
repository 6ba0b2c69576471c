"""Shares and their differences against scipy and the literature."""

from __future__ import annotations

from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.proportions import clopper_pearson, risk_difference, wilson


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 14), (11, 37), (10, 10), (1, 1)])
def test_clopper_pearson_is_that_of_scipy(successes: int, n: int) -> None:
    ours, theirs = clopper_pearson(successes, n), stats.binomtest(successes, n).proportion_ci()
    assert (ours.value, ours.lower, ours.upper) == pytest.approx((successes / n, theirs.low, theirs.high))


def test_clopper_pearson_is_that_of_the_literature() -> None:
    ours = clopper_pearson(11, 37)  # 29.7 % (15.9 to 47.0), Lin 2019
    assert [round(100 * part, 1) for part in (ours.value, ours.lower, ours.upper)] == [29.7, 15.9, 47.0]
    assert isnan(clopper_pearson(0, 0).value)


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 14), (10, 10), (1, 1)])
def test_wilson_is_that_of_scipy(successes: int, n: int) -> None:
    ours, theirs = wilson(successes, n), stats.binomtest(successes, n).proportion_ci(method="wilson")
    assert (ours.lower, ours.upper) == pytest.approx((theirs.low, theirs.high))


def test_risk_difference_is_that_of_the_literature() -> None:
    ours = risk_difference(56, 70, 48, 80)  # Newcombe 1998, table II, case a, method 10
    assert [round(part, 4) for part in (ours.value, ours.lower, ours.upper)] == [0.2, 0.0524, 0.3339]


@settings(max_examples=60)
@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))
def test_risk_difference_changes_its_sign_with_the_groups(successes: int, more: int, other: int, other_more: int) -> None:
    n, other_n = successes + more, other + other_more
    ours, swapped = risk_difference(successes, n, other, other_n), risk_difference(other, other_n, successes, n)
    if not (n and other_n):
        assert isnan(ours.value)
        assert isnan(ours.lower)
        return
    assert (ours.value, ours.lower, ours.upper) == pytest.approx((-swapped.value, -swapped.upper, -swapped.lower))
    assert -1 <= ours.lower <= ours.value <= ours.upper <= 1
    assert ours.lower < ours.upper


@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_more_successes_than_patients_are_refused(interval: object) -> None:
    with pytest.raises(ValueError, match="successes"):
        interval(3, 2)  # ty: ignore[call-non-callable]
