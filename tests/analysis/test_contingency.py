"""Tables of counts against enumeration, scipy and statsmodels."""

from __future__ import annotations

from itertools import product
from math import comb, inf, isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.basics import NotEstimable
from analysis.statistics.contingency import cochran_mantel_haenszel, fisher_exact, independence

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


STRATA = st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=1, max_size=5)


@settings(max_examples=60)
@given(STRATA)
def test_mantel_haenszel_is_that_of_statsmodels_where_it_has_one(cells: list[list[int]]) -> None:
    from statsmodels.stats.contingency_tables import StratifiedTable

    tables = np.array(cells, dtype=float).reshape(-1, 2, 2)
    tells = (tables.sum(axis=1) > 0).all(axis=1) & (tables.sum(axis=2) > 0).all(axis=1)
    if not tells.any():
        with pytest.raises(NotEstimable, match="no stratum"):
            cochran_mantel_haenszel(tables)
        return
    ours = cochran_mantel_haenszel(tables)
    # a stratum with an empty margin tells nothing: leaving it out by hand changes nothing
    theirs = StratifiedTable(list(tables[tells]))
    null = theirs.test_null_odds(correction=False)
    assert (ours.statistic, ours.p) == pytest.approx((null.statistic, null.pvalue))
    if 0 < ours.odds_ratio.value < inf:
        assert ours.odds_ratio.value == pytest.approx(theirs.oddsratio_pooled)
        assert (ours.odds_ratio.lower, ours.odds_ratio.upper) == pytest.approx(theirs.oddsratio_pooled_confint())
    else:
        assert isnan(ours.odds_ratio.lower)
    swapped = cochran_mantel_haenszel(tables[:, ::-1])
    assert swapped.statistic == pytest.approx(ours.statistic)


def test_one_stratum_is_the_chi_square_test_but_for_a_factor() -> None:
    table = np.array([[12, 5], [7, 16]])
    n = table.sum()
    chi_square = stats.chi2_contingency(table, correction=False).statistic
    assert cochran_mantel_haenszel(table[None]).statistic == pytest.approx(chi_square * (n - 1) / n)


def test_mantel_haenszel_names_its_correction() -> None:
    tables = [[[4, 6], [7, 3]]]
    plain, corrected = cochran_mantel_haenszel(tables), cochran_mantel_haenszel(tables, is_corrected=True)
    assert (plain.test, corrected.test) == ("Cochran-Mantel-Haenszel", "Cochran-Mantel-Haenszel, continuity-corrected")
    assert corrected.statistic < plain.statistic


@pytest.mark.parametrize("tables", [[[[1, 2], [3, -1]]], [[[0.5, 2], [3, 1]]], [[1, 2], [3, 4]]])
def test_what_is_no_table_is_refused(tables: object) -> None:
    with pytest.raises(ValueError, match="counts"):
        cochran_mantel_haenszel(tables)
