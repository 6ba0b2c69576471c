"""Complete cases, Rubin's rules and multiple imputation."""

from __future__ import annotations

from math import inf, isinf, sqrt

import numpy as np
import pytest

from analysis.statistics.basics import NotEstimable
from analysis.statistics.missing import complete_cases, cumulative_hazard, imputed, pooled_over, rubins_rules


def incomplete(n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariates with holes, times and events; who has the event has the higher second covariate."""
    draw = np.random.default_rng(8)
    events = draw.random(n) < 0.5
    x = np.column_stack([draw.integers(0, 2, n), draw.normal(size=n) + 6 * events, draw.normal(size=n)]).astype(float)
    x[:6, 0] = x[4:24, 1] = np.nan
    return x, draw.integers(1, 40, n).astype(float), events


def test_complete_cases_are_counted_by_covariate() -> None:
    found = complete_cases({"age": [60, np.nan, 71, 50], "ecog": ["0", None, None, "1"]})
    assert found.mask.tolist() == [True, False, False, True]
    assert (found.n, found.left_out, found.missing) == (2, 2, {"age": 1, "ecog": 2})
    with pytest.raises(ValueError, match="covariates"):
        complete_cases({})
    with pytest.raises(ValueError, match="length"):
        complete_cases({"age": [1, 2], "ecog": [1]})


def test_rubins_rules_by_hand() -> None:
    found = rubins_rules([1.0, 2.0, 3.0], [0.5, 0.7, 0.6])
    assert found.estimate == 2
    assert (found.within, found.between) == (pytest.approx(0.6), 1)
    assert found.std_error == pytest.approx(sqrt(0.6 + 4 / 3))
    increase = (4 / 3) / 0.6
    assert found.degrees == pytest.approx(2 * (1 + 1 / increase) ** 2)
    assert found.fraction_missing == pytest.approx((increase + 2 / (found.degrees + 3)) / (1 + increase))
    assert rubins_rules([1.0, 2.0, 3.0], [0.5, 0.7, 0.6], 10).degrees < min(found.degrees, 10)


def test_imputations_that_agree_leave_the_estimate_as_it_is() -> None:
    found = rubins_rules([0.4] * 3, [0.09] * 3)
    assert isinf(found.degrees)
    assert (found.std_error, found.fraction_missing) == (pytest.approx(0.3), pytest.approx(0, abs=1e-12))
    limits = found.interval()
    assert (limits.lower, limits.upper) == pytest.approx((0.4 - 1.959964 * 0.3, 0.4 + 1.959964 * 0.3))
    assert found.p == pytest.approx(0.182422, rel=1e-5)
    assert rubins_rules([0.4] * 3, [0.09] * 3, 20).degrees == pytest.approx(21 / 23 * 20)
    assert rubins_rules([0.4] * 3, [0.09] * 3, inf).degrees == inf


def test_rubins_rules_need_estimates() -> None:
    with pytest.raises(ValueError, match="2 or more"):
        rubins_rules([1.0], [1.0])
    with pytest.raises(NotEstimable, match="imputed data set"):
        rubins_rules([1.0, np.nan], [1.0, 1.0])


def test_imputed_values_are_observed_ones_and_decided_by_the_seed() -> None:
    x, times, events = incomplete()
    copies, again, others = (imputed(x, times, events, seed=seed, repetitions=2, burn_in=2) for seed in (1, 1, 2))
    absent = np.isnan(x)
    for copy, same, other in zip(copies, again, others, strict=True):
        np.testing.assert_array_equal(copy, same)
        assert (copy != other).any()
        np.testing.assert_array_equal(copy[~absent], x[~absent])
        for column in range(x.shape[1]):
            assert np.isin(copy[:, column], x[~absent[:, column], column]).all()
    assert (copies[0] != copies[1]).any()
    # the outcome predicts: without it the two means would be alike
    missing = absent[:, 1]
    assert copies[0][missing & events, 1].mean() - copies[0][missing & ~events, 1].mean() > 3


def test_nothing_is_imputed_where_nothing_is_missing_or_too_little_is_known() -> None:
    x, times, events = incomplete()
    full = np.nan_to_num(x)
    assert all((copy == full).all() for copy in imputed(full, times, events, seed=1, repetitions=2))
    x[9:, 2] = np.nan
    with pytest.raises(NotEstimable, match="too few patients"):
        imputed(x, times, events, seed=1)


def test_every_coefficient_is_pooled() -> None:
    copies = [np.array([[1.0], [3.0]]), np.array([[1.0], [5.0]])]
    found = pooled_over(copies, lambda copy: (np.append(copy.mean(axis=0), 1.0), np.array([0.5, 2.0])))
    assert [one.estimate for one in found] == [2.5, 1.0]
    assert found[1].std_error == pytest.approx(2.0)
    assert found[0].std_error == pytest.approx(sqrt(0.25 + 1.5 * 0.5))


def test_cumulative_hazard_counts_who_leaves_as_at_risk() -> None:
    np.testing.assert_allclose(
        cumulative_hazard([1, 2, 2, 3], [True, True, False, True]), [1 / 4, 1 / 4 + 1 / 3, 1 / 4 + 1 / 3, 1 / 4 + 4 / 3]
    )
