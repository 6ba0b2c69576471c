"""What many definitions say together: counted by hand on a small table, and told in the report's words."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from itertools import product
from math import exp, log
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.report.multiverse_words import estimate_words, factor_words, sentences, spread_words
from analysis.study.definitions import Asked, Cohorts, estimates
from analysis.study.multiverse import ANOTHER_PROTOCOL, NOT_COMPUTED, multiverse
from pipeline.protocol import load

# the log hazard ratio is 0.1 for `gap` 60, -0.2 for `arm` later; together they are not estimable
GAPS, ARMS = ("default", "60"), ("default", "later")
OWN = {"id": "own", "label": "as it is", "change": {}}
LATER = {"id": "later", "label": "later", "change": {"analysis": {"exposure": "any_later_ici"}}, "requires": "x"}


def protocol() -> dict[str, Any]:
    settings = copy.deepcopy(load().settings)
    settings["sensitivity"]["decisions"] = [
        {"id": "gap", "label": "Gap", "choices": [OWN, {"id": "60", "label": "60", "change": {"parameters": {"line_gap_days": 60}}}]},
        {"id": "arm", "label": "Arm by", "choices": [OWN, LATER]},
    ]
    settings["sensitivity"]["strata"] = ["overall"]
    return settings


def table(gaps: tuple[str, ...] = GAPS, arms: tuple[str, ...] = ARMS) -> pd.DataFrame:
    rows = []
    for number, (gap, arm) in enumerate(product(gaps, arms)):
        move = 0.1 * (gap == "60") - 0.2 * (arm == "later")
        ratio = None if move == pytest.approx(-0.1) else 0.9 * exp(move)
        rows.append(
            {
                "definition": number, "gap": gap, "arm": arm, "is_default": number == 0,
                "changed": (gap == "60") + (arm == "later"),
                "stratum": "overall", "measure": "hazard_ratio",
                "patients": 40, "n": 40, "events": 30, "exposed": 20, "exposed_events": 12,
                "hazard_ratio": ratio, "ci_lower": ratio and ratio / 2, "ci_upper": ratio and ratio * 2,
                "p_value": 0.04 if arm == "later" else 0.3, "test": "log-rank",
                "not_estimable": None if ratio else "no events in one group",
            }
        )  # fmt: skip
    return pd.DataFrame(rows).sample(frac=1, random_state=3)


def test_shares_quantiles_and_the_protocols_own() -> None:
    told = multiverse(table(), protocol())
    (entry,) = told["strata"]
    assert told["definitions"] == entry["definitions"] == 4
    assert entry["default"]["hazard_ratio"] == pytest.approx(0.9)
    assert entry["default"]["not_estimable"] is None
    assert entry["estimable"] == 3
    assert entry["not_estimable"] == [{"reason": "no events in one group", "definitions": 1}]
    assert entry["hazard_ratio"]["least"] == pytest.approx(0.9 * exp(-0.2))
    assert entry["hazard_ratio"]["median"] == pytest.approx(0.9)
    assert entry["below_1"] == 3 - (0.9 * exp(0.1) >= 1)
    # P of the definition without a hazard ratio is known
    assert (entry["tested"], entry["p_below_0_05"]) == (4, 2)
    assert entry["share_below_1_and_p_below_0_05"] == pytest.approx(1 / 3)
    json.dumps(told, allow_nan=False)


def test_one_at_a_time_and_what_moves_the_answer() -> None:
    (entry,) = multiverse(table(), protocol())["strata"]
    assert [(row["decision"], row["alternative"], row["log_hazard_ratio_change"]) for row in entry["one_at_a_time"]] == [
        ("gap", "60", pytest.approx(0.1)),
        ("arm", "later", pytest.approx(-0.2)),
    ]
    assert not any(row["changes_nothing"] for row in entry["one_at_a_time"])
    by = {row["decision"]: row for row in entry["influence"]}
    assert [row["decision"] for row in entry["influence"]] == ["arm", "gap"]
    # of the two pairs of each decision one holds the definition without an estimate
    assert (by["gap"]["pairs"], by["gap"]["comparable_pairs"]) == (2, 1)
    assert by["gap"]["mean_absolute_log_ratio"] == pytest.approx(0.1)
    assert by["arm"]["mean_factor"] == pytest.approx(exp(0.2))
    assert by["arm"]["share_p_crosses_0_05"] == 1
    assert by["gap"]["share_p_crosses_0_05"] == 0


def test_a_decision_that_moves_nothing_is_said() -> None:
    still = table()
    still["hazard_ratio"] = np.where(still["arm"] == "later", 0.7, 0.9)
    still["p_value"], still["not_estimable"], still["ci_lower"], still["ci_upper"] = 0.3, None, 0.5, 1.5
    told = multiverse(still, protocol())
    (entry,) = told["strata"]
    assert [row["changes_nothing"] for row in entry["one_at_a_time"]] == [True, False]
    assert factor_words(entry["influence"][1]) == "moves nothing"
    said = " ".join(sentences({"multiverse": told, "protocol": protocol()}))
    assert "No hazard ratio depends on: gap." in said
    assert "arm by (by a factor of 1.29 on average)" in said


def test_the_curve_holds_every_estimable_definition_once() -> None:
    (entry,) = multiverse(table(), protocol())["strata"]
    curve = entry["curve"]
    assert curve["blocks"] == [1, 1, 1]
    assert curve["hazard_ratio"] == [pytest.approx(0.9 * exp(move), abs=1e-4) for move in (-0.2, 0, 0.1)]
    assert curve["chosen"]["arm"] == {"default": [0, 1, 1], "later": [1, 0, 0]}
    assert curve["share_p_below_0_05"] == [1, 0, 0]
    assert curve["default_at"] == pytest.approx(0.5)


def test_a_source_that_cannot_say_it_leaves_an_alternative_out() -> None:
    told = multiverse(table(arms=("default",)), protocol())
    assert told["definitions"] == 2
    assert told["left_out"] == [{"decision": "arm", "id": "later", "label": "later", "requires": "x"}]
    assert "Left out" in sentences({"multiverse": told, "protocol": protocol()})[0]


def test_what_was_not_computed_is_said_and_no_number_shown() -> None:
    assert multiverse(None, protocol()) == {"computed": False, "reason": NOT_COMPUTED}
    for other in (table().rename(columns={"gap": "hole"}), table(gaps=("default",)), table().iloc[1:]):
        assert multiverse(other, protocol()) == {"computed": False, "reason": ANOTHER_PROTOCOL}
    without = {key: value for key, value in protocol().items() if key != "sensitivity"}
    assert not multiverse(table(), without)["computed"]


def test_a_missing_estimate_is_a_word_and_never_a_number() -> None:
    (entry,) = multiverse(table(), protocol())["strata"]
    row = {**entry["default"], "hazard_ratio": None, "hr_ci_lower": None, "hr_ci_upper": None, "not_estimable": "no events in one group"}
    assert estimate_words(row) == ("not estimable", "30 in 40: no events in one group; log-rank P\u00a0=\u00a00.30")
    nothing = table().assign(hazard_ratio=np.nan, ci_lower=np.nan, ci_upper=np.nan, p_value=np.nan, test=None, not_estimable="no patients")
    told = multiverse(nothing, protocol())
    assert spread_words(told["strata"][0]) == ("not estimable", "")
    assert "not estimable under any definition (no patients: 4)" in sentences({"multiverse": told, "protocol": protocol()})[1]
    assert told["strata"][0]["curve"]["blocks"] == []


def cohorts(**more: Any) -> Cohorts:
    draw = np.random.default_rng(8)
    size = 120
    first = draw.random(size) < 0.5
    positive = draw.random(size) < 0.5
    given: dict[str, Any] = {
        "worlds": 2,
        "world": np.zeros(size, dtype=np.int64),
        "first": first,
        "days": draw.integers(1, 40, size).astype(float),
        "events": draw.random(size) < 0.8,
        "first_ici": np.where(first, 0.0, np.where(draw.random(size) < 0.5, draw.integers(1, 30, size), np.nan)),
        "strata": {"overall": np.ones(size, dtype=bool), "high": positive, "low": ~positive, "unknown": None},
    }
    return Cohorts(**(given | more))


def by_stratum(found: Cohorts, exposure: str) -> dict[str, dict[str, np.ndarray]]:
    asked = Asked(exposure, 0.95, ("overall", "high", "unknown"), ("high", "low"))
    return {columns["stratum"][0]: columns for columns in estimates(found, asked)}


def test_exposure_in_time_moves_patients_and_names_its_test() -> None:
    fixed, moving = (by_stratum(cohorts(), exposure) for exposure in ("index_regimen", "any_later_ici"))
    assert list(fixed) == list(moving) == ["overall", "high", "high / low"]
    assert (fixed["overall"]["test"][0], moving["overall"]["test"][0]) == ("log-rank", "Mantel-Byar")
    assert moving["high / low"]["test"][0] == "likelihood ratio"
    assert moving["overall"]["exposed"][0] > fixed["overall"]["exposed"][0]
    assert moving["overall"]["n"][0] == fixed["overall"]["n"][0] == 120
    assert abs(log(moving["overall"]["hazard_ratio"][0] / fixed["overall"]["hazard_ratio"][0])) > 0.01


def test_the_interaction_is_the_ratio_of_the_two_hazard_ratios() -> None:
    from analysis.statistics.cox import interaction_test

    found = cohorts()
    columns = by_stratum(found, "index_regimen")
    ratio = columns["high / low"]
    tested = interaction_test(found.days, found.events, found.first, np.where(found.strata["high"], "high", "low"))
    assert tested.ratio is not None
    ours = ratio["hazard_ratio"][0]
    assert min(abs(ours - tested.ratio.value), abs(1 / ours - tested.ratio.value)) < 1e-6
    # of the first stratum's to the second's
    low = by_stratum(replace(found, strata={**found.strata, "overall": found.strata["low"]}), "index_regimen")["overall"]
    assert (ours > 1) == (columns["high"]["hazard_ratio"][0] > low["hazard_ratio"][0])
    assert ratio["p_value"][0] == pytest.approx(tested.likelihood_ratio.p, rel=1e-6)


def test_a_world_without_patients_has_reasons_alone() -> None:
    for columns in by_stratum(cohorts(), "index_regimen").values():
        assert columns["patients"].tolist() == [120, 0]
        assert columns["not_estimable"][1] == "no patients"
        assert columns["test"][1] == ""
        assert np.isnan([columns[name][1] for name in ("hazard_ratio", "ci_lower", "ci_upper", "p_value")]).all()
