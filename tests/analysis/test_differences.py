"""Baseline tests against scipy and against enumeration."""

from __future__ import annotations

from itertools import product
from math import comb, isnan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.differences import clopper_pearson, fisher_exact, independence, mean_difference, rank_sum, share_difference

COUNTS = st.integers(0, 6)


@settings(max_examples=80)
@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=2, max_size=4))
def test_fisher_is_the_sum_over_all_tables_with_the_same_margins(rows: list[tuple[int, int]]) -> None:
    table = np.array(rows)
    totals, first = table.sum(axis=1), table[:, 0].sum()

    def ways(chosen: tuple[int, ...]) -> int:
        return int(np.prod([comb(int(total), int(count)) for total, count in zip(totals, chosen, strict=True)], dtype=object))

    tables = [chosen for chosen in product(*(range(total + 1) for total in totals)) if sum(chosen) == first]
    expected = sum(ways(chosen) for chosen in tables if ways(chosen) <= ways(tuple(table[:, 0]))) / sum(map(ways, tables))
    assert fisher_exact(table) == pytest.approx(expected, rel=1e-9)


def test_fisher_of_two_by_two_is_that_of_scipy() -> None:
    table = np.array([[8, 2], [1, 5]])
    assert fisher_exact(table) == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-12)


def test_fisher_gives_up_on_what_it_cannot_enumerate() -> None:
    table = np.full((8, 2), 400)
    assert fisher_exact(table) is None
    table[0] = [1, 2]
    found = independence(table)
    assert found is not None
    assert found.test == "chi-square"


def test_independence_names_the_test_that_it_made() -> None:
    large, small = np.array([[30, 20], [25, 40]]), np.array([[3, 1], [2, 6], [0, 0]])
    found = independence(large)
    assert found is not None
    assert (found.test, found.p) == ("chi-square", pytest.approx(stats.chi2_contingency(large, correction=False).pvalue))
    found = independence(small)
    assert found is not None
    assert (found.test, found.p) == ("Fisher exact", pytest.approx(stats.fisher_exact(small[:2]).pvalue))
    assert independence(np.array([[3, 4]])) is None
    assert independence(np.array([[3, 0], [2, 0]])) is None
    assert independence(np.empty((0, 2), dtype=int)) is None


def test_rank_sum() -> None:
    first, second = np.array([1.0, 2, 2, 3, 9, 9, 11, 12, 13]), np.array([2.0, 4, 4, 5, 6, 7, 7, 8, 20])
    found = rank_sum(first, second)
    assert found is not None
    # R 4.2: wilcox.test(first, second, exact = FALSE)
    assert found.p == pytest.approx(stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=True).pvalue)
    assert found.test == "Wilcoxon rank-sum"
    assert rank_sum(first, np.empty(0)) is None
    assert rank_sum(np.ones(3), np.ones(4)) is None


def test_standardised_difference_of_two_shares_is_the_usual_one() -> None:
    table = np.array([[12, 5], [8, 15]])
    p, q = 12 / 20, 5 / 20
    assert share_difference(table) == pytest.approx(abs(p - q) / sqrt((p * (1 - p) + q * (1 - q)) / 2))
    assert share_difference(table[::-1]) == pytest.approx(share_difference(table))
    assert share_difference(np.array([[4, 0], [0, 3]])) is None  # no spread in either group
    assert share_difference(np.array([[4, 8], [2, 4], [0, 0]])) == 0
    assert share_difference(np.array([[4, 0]])) is None


def test_standardised_difference_needs_a_spread() -> None:
    assert mean_difference(np.ones(3), np.ones(4)) == 0
    assert mean_difference(np.ones(3), np.zeros(4)) is None
    assert mean_difference(np.ones(1), np.zeros(4)) is None


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 14), (11, 37), (10, 10), (1, 1)])
def test_clopper_pearson_is_that_of_scipy(successes: int, n: int) -> None:
    ours, theirs = clopper_pearson(successes, n), stats.binomtest(successes, n).proportion_ci()
    assert (ours.value, ours.lower, ours.upper) == pytest.approx((successes / n, theirs.low, theirs.high))


def test_clopper_pearson_is_that_of_the_literature() -> None:
    ours = clopper_pearson(11, 37)  # 29.7 % (15.9 to 47.0), Lin 2019
    assert [round(100 * part, 1) for part in (ours.value, ours.lower, ours.upper)] == [29.7, 15.9, 47.0]
    assert isnan(clopper_pearson(0, 0).value)
