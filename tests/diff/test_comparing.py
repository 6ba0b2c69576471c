"""The parts of a comparison that need no release."""

from __future__ import annotations

import pytest

from pipeline.diff.figures import compare_figures, counts_in_words, in_words
from pipeline.diff.inputs import flat

MEDIAN, RATIO, TEST = "median_months_immunotherapy", "hazard_ratio", "log_rank_chi_square"


@pytest.mark.parametrize(
    ("quantity", "numbers", "words"),
    [
        (MEDIAN, (5.3224, 1.6427, 7.8193, None, 40, 36), "5.32 (1.64 to 7.82)"),
        (MEDIAN, (12.0, 4.26, None, None, 40, 18), "12 (4.26 to not reached)"),
        (MEDIAN, (None, 17.1, None, None, 40, 9), "not reached (17.1 to not reached)"),
        (MEDIAN, (None, None, None, None, 40, 0), "not reached"),
        (MEDIAN, (None, None, None, None, 0, 0), "not estimable"),
        (RATIO, (None, None, None, None, 9, 0), "not estimable"),
        (TEST, (6.8607, None, None, 0.008811, 89, 82), "6.86, P 0.00881"),
        (TEST, (20.5, None, None, 0.0000059, 89, 82), "20.5, P <0.001"),
        ("fisher_exact_sex", (None, None, None, 0.5, 89, None), "P 0.500"),
        ("patients", (1234567.0, None, None, None, 1234567, None), "1,234,567"),
        (RATIO, None, "-"),
    ],
)
def test_a_figure_in_words(quantity: str, numbers: tuple[float | None, ...] | None, words: str) -> None:
    assert in_words(quantity, numbers) == words


def test_counts_in_words() -> None:
    assert counts_in_words((None, None, None, None, 1040, 36)) == "36/1,040"
    assert counts_in_words((None, None, None, None, 40, None)) == "40"
    assert counts_in_words(None) == "-"


def test_exact_values_are_compared_and_those_that_print_alike_told_apart() -> None:
    before = {
        ("pfs", "overall", MEDIAN): (5.32, 1.64, 7.82, None, 40, 36),
        ("pfs", "overall", RATIO): (0.5448, None, None, None, 89, 82),
        ("pfs", "overall", "gone"): (1.0, None, None, None, 89, 82),
        ("cohort", "overall", "patients"): (89.0, None, None, None, 89, None),
    }
    after = {
        ("cohort", "overall", "patients"): (89.0, None, None, None, 89, None),
        ("pfs", "overall", RATIO): (0.5449, None, None, None, 89, 82),
        ("pfs", "overall", MEDIAN): (None, 1.64, None, None, 40, 19),
    }
    figures = compare_figures(before, after)
    assert [figure.quantity for figure in figures.moved] == [RATIO, MEDIAN, "gone"]
    assert [figure.quantity for figure in figures.printed] == [MEDIAN, "gone"]
    assert figures.printed[0].counts == "36/40 -> 19/40"
    assert figures.printed[1].after == "-"
    assert figures.total == 4


def test_a_protocol_setting_by_setting() -> None:
    protocol = {
        "parameters": {"data_cut_off": None, "minimum_age": 18},
        "criteria": [{"id": "adult", "rule": "age >= 18"}, {"id": "advanced", "rule": "is_advanced"}],
        "analysis": {"landmark_months": [6, 12]},
    }
    assert dict(flat(protocol)) == {
        "parameters.data_cut_off": "none",
        "parameters.minimum_age": "18",
        "criteria in order": "adult, advanced",
        "criteria.adult.rule": "age >= 18",
        "criteria.advanced.rule": "is_advanced",
        "analysis.landmark_months": "6, 12",
    }
