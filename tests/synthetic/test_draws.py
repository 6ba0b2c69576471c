"""The integers behind every byte of the demo exports: fixed streams, right bounds."""

from __future__ import annotations

import numpy as np
import pytest

from synthetic.draws import Draws


def test_a_stream_is_the_same_everywhere() -> None:
    # From PCG64 seeded by SeedSequence((1, 2)): NumPy promises this stream for ever, on every machine.
    assert Draws(1, 2).below(1_000_000, 4).tolist() == [448415, 430881, 419999, 277023]
    assert Draws(1, 2).one_below(1_000_000) == 448415


def test_streams_of_different_keys_differ() -> None:
    assert Draws(1, 2).below(1000, 50).tolist() != Draws(1, 3).below(1000, 50).tolist()


@pytest.mark.parametrize("bound", [1, 2, 7, 1000, 2**32 - 1])
def test_numbers_stay_below_their_bound(bound: int) -> None:
    drawn = Draws(5).below(bound, 2_000)
    assert drawn.min() >= 0
    assert drawn.max() < bound


def test_every_number_is_drawn_about_as_often() -> None:
    counts = np.bincount(Draws(6).below(10, 100_000))
    assert counts.min() > 9_600
    assert counts.max() < 10_400


def test_each_number_may_have_its_own_bound() -> None:
    bounds = np.array([1, 5, 100])
    assert (Draws(7).below(np.tile(bounds, 1000), 3000).reshape(-1, 3) < bounds).all()


def test_between_includes_both_ends() -> None:
    assert set(Draws(8).between(-1, 1, 200).tolist()) == {-1, 0, 1}
    assert {Draws(9, number).one_between(3, 4) for number in range(40)} == {3, 4}


def test_weights_are_shares() -> None:
    counts = np.bincount(Draws(10).weighted((1, 0, 3), 40_000), minlength=3)
    assert counts[1] == 0
    assert 2.8 < counts[2] / counts[0] < 3.2
    assert {Draws(11, number).pick_weighted((("a", 1), ("b", 0))) for number in range(20)} == {"a"}


def test_a_shuffle_keeps_the_items() -> None:
    shuffled = Draws(12).shuffled(range(50))
    assert sorted(shuffled) == list(range(50))
    assert shuffled != list(range(50))
