"""The rank-sum test and standardised differences."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.differences import mean_difference, rank_sum, share_difference
from tests.analysis.reference_data import data_set, quantities


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


def test_standardised_difference_is_rs() -> None:
    rows = data_set("lung.csv").dropna(subset=["ph.ecog", "wt.loss"])
    women, men = (rows[rows["sex"] == sex] for sex in (2, 1))
    for column, expected in quantities()["lung.iptw"]["values"]["smd_before"].items():
        ours = mean_difference(women[column].to_numpy(float), men[column].to_numpy(float))
        assert ours == pytest.approx(abs(expected), rel=1e-6)


def test_standardised_difference_needs_a_spread() -> None:
    assert mean_difference(np.ones(3), np.ones(4)) == 0
    assert mean_difference(np.ones(3), np.zeros(4)) is None
    assert mean_difference(np.ones(1), np.zeros(4)) is None


@pytest.mark.parametrize(("size", "tied", "method"), [(49, False, "exact"), (50, False, "asymptotic"), (9, True, "asymptotic")])
def test_rank_sum_is_exact_by_the_rule_of_r(size: int, tied: bool, method: str) -> None:
    first, second = np.arange(size) * 2.0, np.arange(8) * 10.0 + 7
    if tied:
        second[0] = first[1]
    found = rank_sum(first, second)
    assert found is not None
    assert found.p == pytest.approx(stats.mannwhitneyu(first, second, method=method).pvalue, rel=1e-12)
    other = {"exact": "asymptotic", "asymptotic": "exact"}[method]
    assert found.p != pytest.approx(stats.mannwhitneyu(first, second, method=other).pvalue, rel=1e-6)
