"""Many samples at once: against R, and sample by sample against the functions for one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from analysis.statistics.basics import NotEstimable
from analysis.statistics.cox import compare_two
from analysis.statistics.log_rank import log_rank
from analysis.statistics.many import RiskTable, cox_fits, log_ranks, risk_table
from tests.analysis.reference_data import REFERENCE, data_set

R = {one["id"]: one for one in json.loads((REFERENCE / "many.json").read_text(encoding="utf-8"))["quantities"]}
PRODUCT, SUM = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 1)), ((0, 0), (1, 0), (0, 1), (1, 1))


def patients(unit: int) -> dict[str, np.ndarray]:
    """The data set as many.R made it."""
    lung = data_set("lung.csv")
    first, age = (lung["sex"] == 2).to_numpy(), lung["age"].to_numpy()
    moves = np.where(~first & (age % 11 > 0), 30 * (age % 11) / unit, np.nan)
    return {
        "times": np.ceil(lung["time"].to_numpy() / unit),
        "events": lung["event"].to_numpy(),
        "first": first.astype(int),
        "moves": moves,
        "high": (age > 63).astype(int),
    }


def collapsed(unit: int, *, is_moving: bool, by_high: bool = False) -> RiskTable:
    """The data set as the middle one of three samples: no sample may see another's patients."""
    one = patients(unit)
    group = one["first"] + 2 * one["high"] if by_high else one["first"]
    draw = np.random.default_rng(1)
    sample = np.repeat([0, 1, 2], group.size)
    times = np.concatenate([draw.permutation(one["times"]), one["times"], one["times"][::-1]])
    events, groups = np.tile(one["events"], 3), np.tile(group, 3)
    moving: dict[str, Any] = {"moves": np.tile(one["moves"], 3), "to": groups | 1} if is_moving else {}
    return risk_table(sample, times, events, groups, samples=3, groups=4 if by_high else 2, **moving)


@pytest.mark.parametrize("name", ["many.fixed", "many.moving"])
def test_cox_with_ties(name: str) -> None:
    expected = R[name]["values"]
    table = collapsed(30, is_moving=name == "many.moving")
    fits = cox_fits(table)
    ratio, lower, upper = fits.hazard_ratios()
    found = [fits.coefficients[1, 0], fits.covariances[1, 0, 0] ** 0.5, fits.log_likelihood[1], ratio[1], lower[1], upper[1]]
    assert found == pytest.approx([expected[key] for key in ("coef", "se", "loglik", "hr", "lower", "upper")], rel=R[name]["rtol"])
    assert table.events[1].sum() == expected["events"]


@pytest.mark.parametrize(("name", "unit"), [("many.fixed", 30), ("many.mantel_byar", 1)])
def test_log_rank_and_mantel_byar(name: str, unit: int) -> None:
    tests, expected = log_ranks(collapsed(unit, is_moving=name == "many.mantel_byar")), R[name]["values"]
    assert [tests.statistic[1], tests.p[1]] == pytest.approx([expected["chisq"], expected["p"]], rel=R[name]["rtol"])


def test_interaction_where_patients_move() -> None:
    expected, rtol = R["many.moving.interaction"]["values"], R["many.moving.interaction"]["rtol"]
    table = collapsed(30, is_moving=True, by_high=True)
    full, without = cox_fits(table, PRODUCT), cox_fits(table, SUM)
    assert list(full.coefficients[1]) == pytest.approx(expected["coef"], rel=rtol)
    assert list(np.sqrt(np.diag(full.covariances[1]))) == pytest.approx(expected["se"], rel=rtol)
    assert [full.log_likelihood[1], without.log_likelihood[1]] == pytest.approx([expected["loglik"], expected["loglik_additive"]], rel=rtol)


def test_each_sample_is_what_it_is_alone() -> None:
    draw = np.random.default_rng(4)
    sizes = draw.integers(0, 25, 300)
    sample = np.repeat(np.arange(300), sizes)
    times, events, first = draw.integers(0, 15, sample.size), draw.random(sample.size) < 0.5, draw.random(sample.size) < 0.4
    table = risk_table(sample, times, events, first, samples=300)
    fits, tests = cox_fits(table), log_ranks(table)
    ratio, lower, upper = fits.hazard_ratios()
    reasons = set()
    for number in range(300):
        mine = sample == number
        try:
            alone = compare_two(times[mine], events[mine], first[mine]).hazard_ratio()
            assert [ratio[number], lower[number], upper[number]] == pytest.approx([alone.value, alone.lower, alone.upper], rel=1e-9)
            refused = ""
        except NotEstimable as reason:
            refused = str(reason)
        assert fits.reason[number] == refused
        assert np.isnan(ratio[number]) == bool(refused)
        reasons.add(refused)
        try:
            assert tests.p[number] == pytest.approx(log_rank(times[mine], events[mine], first[mine]).p, rel=1e-9)
        except NotEstimable:
            assert np.isnan(tests.p[number])
            assert tests.reason[number]
    assert {"no patients", "one group only", "no events in one group"} < reasons
    assert any("no maximum" in reason for reason in reasons)


def test_who_leaves_before_the_move_stays_in_the_group() -> None:
    """A move after the end, or at it, is none."""
    times, events, first = [3.0, 5.0, 7.0, 7.0, 9.0], [True, True, True, False, True], [0, 1, 0, 0, 1]
    still = risk_table(np.zeros(5), times, events, first, samples=1)
    late = risk_table(np.zeros(5), times, events, first, samples=1, moves=[3.0, np.nan, 8.0, 7.0, np.nan], to=1)
    assert (still.at_risk == late.at_risk).all()
    assert (still.events == late.events).all()
    assert (still.sizes == late.sizes).all()


def test_an_event_on_the_day_of_the_move_belongs_to_the_former_group() -> None:
    """The patient who moves on day 5 is at risk in group 0 at the event of day 5, and in group 1 at that of day 8."""
    table = risk_table(np.zeros(3), [5.0, 8.0, 9.0], [True, True, False], [0, 0, 1], samples=1, moves=[np.nan, 5.0, np.nan], to=1)
    assert table.at_risk.tolist() == [[2, 1], [0, 2]]
    assert table.deaths.tolist() == [[1, 0], [0, 1]]
    assert table.sizes.tolist() == [[2, 2]]


@pytest.mark.parametrize("groups", [2, 4])
def test_nobody_at_all_is_a_reason_for_each_sample(groups: int) -> None:
    table = risk_table([], [], [], [], samples=3, groups=groups)
    fits = cox_fits(table, SUM if groups == 4 else ((0,), (1,)))
    assert list(fits.reason) == ["no patients"] * 3
    assert np.isnan(fits.hazard_ratios()).all()
    if groups == 2:
        assert list(log_ranks(table).reason) == ["no patients"] * 3


def test_arrays_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        risk_table([0], [1.0, 2.0], [True, False], [0, 1], samples=1)
