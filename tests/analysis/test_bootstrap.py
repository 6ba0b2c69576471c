"""Bootstrap intervals: the same for the same seed, groups keep their sizes, and no answer without a reason."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.statistics.basics import NotEstimable
from analysis.statistics.bootstrap import Method, bootstrap
from analysis.statistics.kaplan_meier import kaplan_meier, quantile
from analysis.statistics.restricted_mean import difference, restricted_mean

METHODS: list[Method] = ["percentile", "bca"]


def sample(size: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, events, arms."""
    draw = np.random.default_rng(7)
    arms = np.repeat([0, 1], [size // 3, size - size // 3])
    return np.ceil(draw.exponential(np.where(arms == 1, 14.0, 7.0))), draw.random(size) < 0.8, arms


def mean_difference(rows: np.ndarray) -> float:
    """Of the restricted means of the two arms."""
    times, events, arms = (column[rows] for column in sample())
    first, second = (restricted_mean(kaplan_meier(times[arms == arm], events[arms == arm]), 6) for arm in (1, 0))
    return first.value - second.value


@pytest.mark.parametrize("method", METHODS)
def test_interval_of_a_difference_of_restricted_means_is_near_the_normal_one(method: Method) -> None:
    times, events, arms = sample()
    first, second = (restricted_mean(kaplan_meier(times[arms == arm], events[arms == arm]), 6) for arm in (1, 0))
    normal, _ = difference(first, second)
    found = bootstrap(mean_difference, 60, groups=arms, method=method, draws=400, seed=1)
    assert found.estimate.value == pytest.approx(normal.value)
    width = normal.upper - normal.lower
    assert abs(found.estimate.lower - normal.lower) < 0.15 * width
    assert abs(found.estimate.upper - normal.upper) < 0.15 * width
    assert found == bootstrap(mean_difference, 60, groups=arms, method=method, draws=400, seed=1)
    assert found != bootstrap(mean_difference, 60, groups=arms, method=method, draws=400, seed=2)


def test_groups_keep_their_sizes() -> None:
    arms, seen = np.array([0] * 4 + [1] * 9), set()

    def statistic(rows: np.ndarray) -> float:
        seen.add((int((arms[rows] == 0).sum()), rows.size))
        return float(rows.mean())

    bootstrap(statistic, 13, groups=arms, method="percentile", draws=50, seed=3)
    assert seen == {(4, 13)}


def test_a_median_that_some_resamples_do_not_reach_has_no_upper_limit() -> None:
    times, events = np.arange(1, 21), np.arange(20) < 11

    def median(rows: np.ndarray) -> float:
        found = quantile(kaplan_meier(times[rows], events[rows])).value
        return np.inf if np.isnan(found) else found

    found = bootstrap(median, 20, method="percentile", draws=500, seed=4)
    assert found.estimate.value == 10.5
    assert 1 < found.estimate.lower < 10.5
    assert np.isnan(found.estimate.upper)
    assert found.without == 0


def test_a_few_resamples_without_a_value_are_counted_and_many_are_refused() -> None:
    arms = np.array([0] * 10 + [1] * 10)

    def rarely_none(rows: np.ndarray) -> float:
        if (rows < 2).sum() == 5:
            raise NotEstimable("no value")
        return float(rows.mean())

    found = bootstrap(rarely_none, 20, groups=arms, method="percentile", draws=500, seed=5)
    assert 0 < found.without <= 25
    with pytest.raises(NotEstimable, match="bootstrap samples"):
        bootstrap(lambda rows: np.nan if (rows == 0).sum() == 2 else float(rows.mean()), 20, draws=200, seed=5)


@pytest.mark.parametrize(
    ("size", "groups", "statistic", "reason"),
    [
        (0, None, lambda rows: 1.0, "no patients"),
        (5, None, lambda rows: np.nan, "no value to put"),
        (5, None, lambda rows: 1.0, "on one side"),
        (3, [0, 1, 1], lambda rows: float(rows.mean()), "group of one"),
    ],
)
def test_no_interval_without_a_reason(size: int, groups: list[int] | None, statistic: object, reason: str) -> None:
    with pytest.raises(NotEstimable, match=reason):
        bootstrap(statistic, size, groups=groups, draws=50, seed=6)  # ty: ignore[invalid-argument-type]
