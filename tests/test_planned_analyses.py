"""Mistakes in the protocol's section `analysis` are named before anything is derived."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipeline import planned_analyses, protocol


@pytest.fixture
def settings() -> dict[str, Any]:
    """The study's protocol, to be spoilt."""
    return copy.deepcopy(protocol.load().settings)


def test_the_study_s_own_is_sound(settings: dict[str, Any]) -> None:
    assert planned_analyses.problems(settings) == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("confidence_level", 95, "`confidence_level` must be below 1"),
        ("rmst_months", 0, "`rmst_months` must be a number above 0"),
        ("rmst_months", True, "`rmst_months` must be a number above 0"),
        ("landmark_months", [6, -1], "months of `landmark_months`"),
        ("statistics", ["magic"], "`magic` of `statistics` is unknown: it may be one of peto_peto"),
        ("weighting", ["trimmed"], "`trimmed` of `weighting` is unknown: it may be one of overlap"),
        ("interaction", ["pd_l1_positive", "nobody"], "`nobody` of `interaction` is unknown"),
        ("interaction", ["pd_l1_positive"], "two strata that share no patient"),
        ("subgroups", [{"id": "sex", "label": "Sex"}], "`sex` of `subgroups` must have `by`"),
        ("subgroups", [{"id": "sex", "label": "Sex", "by": "sex"}] * 2, "id `sex` occurs twice"),
        ("covariates", [{"id": "age", "label": "Age", "by": "x", "value": "y"}], "must have `by` or `value`"),
        ("covariates", [{"id": "age", "value": "y"}], "an entry of `covariates` has no `label`"),
        ("covariates", "age", "`covariates` must be a list"),
    ],
)
def test_a_mistake_is_named(settings: dict[str, Any], name: str, value: Any, message: str) -> None:
    settings["analysis"][name] = value
    assert message in "; ".join(planned_analyses.problems(settings))


@pytest.mark.parametrize("name", [*planned_analyses.NUMBERS, *planned_analyses.LISTS])
def test_a_missing_entry_is_named(settings: dict[str, Any], name: str) -> None:
    del settings["analysis"][name]
    assert planned_analyses.problems(settings) == [f"`analysis`: `{name}` is missing"]
