"""Changes of the protocol, their combinations, and what is wrong with them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipeline.multiverse.grid import Grid
from pipeline.protocol import load, problems
from pipeline.sensitivity import DEFAULT, decisions_of, merged

SETTINGS = load().settings


def changed(**sensitivity: Any) -> dict[str, Any]:
    settings = copy.deepcopy(SETTINGS)
    settings["sensitivity"] |= sensitivity
    return settings


def decision(*alternatives: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "one", "label": "One", "choices": list(alternatives), **more}


def alternative(change: Any, name: Any = "other", **more: Any) -> dict[str, Any]:
    return {"id": name, "label": "Other", "change": change, **more}


@pytest.mark.parametrize(
    ("settings", "change", "expected"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": None}}, {"a": {"b": 1, "c": None}}),
        ([{"id": "x", "n": 1}, {"id": "y", "n": 2}], [{"id": "y", "n": 3}], [{"id": "x", "n": 1}, {"id": "y", "n": 3}]),
        ([{"id": "x"}], [{"id": "z", "n": 1}], [{"id": "x"}, {"id": "z", "n": 1}]),
        ([{"id": "x"}, {"id": "y"}], [{"id": "y", "remove": True}, {"id": "z", "remove": True}], [{"id": "x"}]),
        ([1, 2], [3], [3]),
        ({"a": [1]}, {}, {"a": [1]}),
    ],
)
def test_a_change_is_merged_in(settings: Any, change: Any, expected: Any) -> None:
    before = copy.deepcopy(settings)
    assert merged(settings, change) == expected
    assert settings == before


def test_the_protocol_has_the_ten_decisions_of_its_page() -> None:
    decisions = decisions_of(SETTINGS)
    assert decisions.definitions == 3**6 * 2**4
    assert decisions.protocol(decisions.default) == SETTINGS
    assert set(decisions.names(decisions.default)) == {DEFAULT}
    everything = decisions.protocol(tuple(size - 1 for size in decisions.sizes))
    assert everything["parameters"]["pd_l1_cut_off_percent"] == 50
    assert everything["parameters"]["window_start"] is None
    assert everything["parameters"]["resistance_to_index_days"] is None
    assert everything["endpoints"][0] == {**SETTINGS["endpoints"][0], "next_line": "ignore"}
    assert everything["criteria"][:-1] == SETTINGS["criteria"]
    assert everything["criteria"][-1]["rule"] == "not tki_continued"
    assert everything["analysis"]["exposure"] == "any_later_ici"


def test_a_changed_default_needs_no_other_change() -> None:
    """Whichever choice the protocol makes is its own; the grid keeps all of them."""
    settings = copy.deepcopy(SETTINGS)
    settings["parameters"]["line_gap_days"] = 60
    settings["parameters"]["resistance_grace_days"] = 45
    (excluded,) = (one for entry in settings["sensitivity"]["decisions"] for one in entry["choices"] if one["id"] == "excluded")
    settings["criteria"] += excluded["change"]["criteria"]
    assert problems(settings) == []
    found = {entry.id: entry.choices for entry in decisions_of(settings).decisions}
    assert [(one.id, one.label) for one in found["line_gap"]] == [("default", "60 days"), ("120", "120 days"), ("90", "90 days")]
    assert [one.id for one in found["tki_continued"]] == ["default", "kept"]
    assert found["tki_continued"][0].label == "excluded"
    # none of the choices: the protocol's own is a further one
    assert [one.id for one in found["resistance_grace"]] == ["default", "30", "0", "90"]
    assert found["resistance_grace"][0].label == "as in the protocol"
    kept = decisions_of(settings)
    choice = tuple(int(entry.id == "tki_continued") for entry in kept.decisions)
    assert kept.protocol(choice)["criteria"] == SETTINGS["criteria"]


def test_what_the_source_cannot_say_is_left_out_and_named() -> None:
    decisions = decisions_of(SETTINGS, ["re_biopsy_reason"])
    assert decisions.definitions == 3**5 * 2**4
    assert [(name, one.id) for name, one in decisions.left_out] == [("pd_l1_source", "re_biopsy"), ("pd_l1_source", "archival")]


@pytest.mark.parametrize(
    ("sensitivity", "words"),
    [
        ({"decisions": [decision(alternative({"parameters": {"minimum_agee": 20}}))]}, "parameter `minimum_agee` is unknown"),
        (
            {"decisions": [decision(*(alternative({"parameters": {"minimum_age": 20}}, name=name) for name in "ab"))]},
            "decision `one`, choice `b`: it is the same as another choice",
        ),
        ({"decisions": [decision(alternative({"endpoints": [{"id": "pfs", "next_line": "forget"}]}))]}, "`next_line` must be one of"),
        ({"decisions": [decision(alternative({"analysis": {"exposure": "sometimes"}}))]}, "`exposure` must be one of"),
        ({"decisions": [decision(alternative({"release": {"kept": 3}}))]}, "section `release` can't be changed"),
        ({"decisions": [decision(alternative({"criteria": [{"id": "new"}]}))]}, "criterion `new`: `rule` is missing"),
        ({"decisions": [decision(alternative({}, name=50))]}, "must be lower-case letters, digits and _ in quotes"),
        ({"decisions": [decision(alternative({}, name="default"))]}, "and not `default`"),
        ({"decisions": [decision()]}, "it has no choices"),
        ({"decisions": [decision(alternative({}), id="stratum")]}, "a decision can't be called `stratum`"),
        ({"decisions": [decision(alternative({"arms": {}})), decision(alternative({"arms": {}}))]}, "id `one` occurs twice"),
        ({"endpoint": "ttnt"}, "endpoint `ttnt` is unknown"),
        ({"strata": ["overall", "tall"]}, "stratum `tall` is unknown"),
        ({"decisions": None}, "`decisions` must be a list"),
    ],
)
def test_what_is_wrong_is_said(sensitivity: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in problems(changed(**sensitivity)))


def test_exposure_in_time_may_be_the_default() -> None:
    settings = copy.deepcopy(SETTINGS)
    settings["analysis"]["exposure"] = "any_later_ici"
    assert problems(settings) == []
    (exposure,) = [one for one in decisions_of(settings).decisions if one.id == "exposure"]
    assert [choice.label for choice in exposure.choices] == ["any later ICI, in time", "index regimen"]



def test_a_protocol_without_alternatives_is_sound() -> None:
    settings = {key: value for key, value in SETTINGS.items() if key != "sensitivity"}
    assert problems(settings) == []
    assert decisions_of(settings).definitions == 1


def test_codes_tell_worlds_apart_and_parts_make_up_the_whole() -> None:
    grid = Grid.whole([0, 2, 3], [2, 5, 3, 4])
    assert grid.worlds == 2 * 3 * 4
    codes = [grid.code((one, 0, two, three)) for one in range(2) for two in range(3) for three in range(4)]
    assert codes == list(range(24)) == grid.offsets([0, 2, 3])
    assert grid.offsets([2]) == [0, 4, 8]
    assert grid.only((1, 9, 2, 3)).offsets([0, 2, 3]) == [23]
    for most in (1, 5, 12, 100):
        parts = list(grid.parts(most))
        assert all(part.derived <= most for part in parts)
        assert sorted(code for part in parts for code in part.offsets(part.places)) == codes
