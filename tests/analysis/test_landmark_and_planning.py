"""Who is in a landmark analysis, what is known by then, and what a comparison could find."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.statistics.basics import NotEstimable
from analysis.statistics.landmark import landmark
from analysis.statistics.planning import events_needed, minimum_detectable_hazard_ratio, power_of_log_rank


def test_the_landmark_keeps_who_is_still_followed_and_resets_the_clock() -> None:
    sample = landmark([5, 10, 10, 12, 30], [True, True, False, False, True], 10)
    assert sample.members.tolist() == [False, True, True, True, True]
    assert sample.times.tolist() == [0, 0, 2, 20]
    assert sample.events.tolist() == [True, False, False, True]
    assert (sample.before_events, sample.before_censored) == (1, 0)


def test_an_exposure_after_the_landmark_does_not_count() -> None:
    sample = landmark([20, 20, 20, 20, 5], [True] * 5, 10, exposed_from=[3, 10, 10.5, np.nan, 1])
    assert sample.exposed.tolist() == [True, True, False, False]
    with pytest.raises(ValueError, match="one element"):
        landmark([20], [True], 10, exposed_from=[1, 2])


def test_power_at_the_detectable_ratio_is_the_power_asked_for() -> None:
    ratio = minimum_detectable_hazard_ratio(78, 0.45, power=0.8)
    assert ratio.below == pytest.approx(1 / ratio.above)
    for value in (ratio.below, ratio.above):
        assert power_of_log_rank(value, 78, 0.45) == pytest.approx(0.8)
        assert events_needed(value * 1.0000001 if value < 1 else value / 1.0000001, 0.45) == 79
        assert events_needed(value / 1.0000001 if value < 1 else value * 1.0000001, 0.45) == 78


def test_nothing_is_planned_without_events_or_with_one_group() -> None:
    for plan in (lambda n, share: minimum_detectable_hazard_ratio(n, share), lambda n, share: power_of_log_rank(0.5, n, share)):
        with pytest.raises(NotEstimable, match="no events"):
            plan(0, 0.5)
        with pytest.raises(NotEstimable, match="one group"):
            plan(10, 1.0)
    with pytest.raises(ValueError, match="not 1"):
        events_needed(1.0)
