"""What the generator means by a text is what the project's vocabulary and rules read in it."""

from __future__ import annotations

import pytest

from synthetic import spellings
from synthetic.drugs import CLASS_WORDS, COMBINATIONS, DRUGS, SPEECHLESS_NAMES, UNKNOWN_DRUGS, names_of
from tests.oracle.biomarkers import alk_result, is_alk_test, is_pd_l1_test, pd_l1_level, pd_l1_result, pd_l1_status
from tests.oracle.drugs import find_ingredients, is_tissue, read_vocabulary
from tests.oracle.values import is_advanced_stage, names_small_cell

VOCABULARY = read_vocabulary()


@pytest.mark.parametrize("ingredient", DRUGS)
def test_drug_names_are_found(ingredient: str) -> None:
    found = {name: set(find_ingredients(name, VOCABULARY.synonyms)) for name in names_of(ingredient)}
    assert {name: ingredients for name, ingredients in found.items() if ingredients != {ingredient}} == {}


@pytest.mark.parametrize("ingredients", COMBINATIONS, ids=" + ".join)
def test_combinations_are_found(ingredients: tuple[str, ...]) -> None:
    for name in COMBINATIONS[ingredients]:
        assert find_ingredients(name, VOCABULARY.synonyms) == set(ingredients), name


@pytest.mark.parametrize("name", [*UNKNOWN_DRUGS, *SPEECHLESS_NAMES, *CLASS_WORDS])
def test_nothing_is_found_where_nothing_is(name: str) -> None:
    assert find_ingredients(name, VOCABULARY.synonyms) == set()


@pytest.mark.parametrize(
    ("reports", "result"),
    [
        (spellings.ALK_POSITIVE, "positive"),
        (spellings.ALK_NEGATIVE, "negative"),
        (spellings.ALK_NO_RESULT, None),
        (spellings.ALK_POINT_MUTATIONS, None),
    ],
)
def test_alk_reports(reports: tuple[spellings.Report, ...], result: str | None) -> None:
    for name, method, text in reports:
        assert is_alk_test(name, text), (name, text)
        assert alk_result(name, method or "", text) == result, (name, text)


@pytest.mark.parametrize("number", [0, 1, 5, 49, 50, 90])
def test_pd_l1_numbers(number: int) -> None:
    for form in spellings.PD_L1_NUMBER:
        result = pd_l1_result(form.format(number))
        assert result is not None
        assert not isinstance(result, str)
        assert (result.number, pd_l1_status(result, 1)) == (number, "positive" if number >= 1 else "negative"), form


@pytest.mark.parametrize("level", spellings.PD_L1_RANGE)
def test_pd_l1_ranges(level: str) -> None:
    for text in spellings.PD_L1_RANGE[level]:
        result = pd_l1_result(text)
        assert result is not None
        assert not isinstance(result, str)
        assert (result.number, pd_l1_level(result)) == (None, level), text


@pytest.mark.parametrize("status", spellings.PD_L1_WORD)
def test_pd_l1_words(status: str) -> None:
    assert {pd_l1_result(text) for text in spellings.PD_L1_WORD[status]} == {status}


def test_pd_l1_without_a_result_and_names_of_tests() -> None:
    assert {pd_l1_result(text) for text in (*spellings.PD_L1_NO_SCORE, *spellings.PD_L1_NO_RESULT)} == {None}
    assert all(is_pd_l1_test(name) for name, _ in spellings.PD_L1_TESTS)


def test_procedures_stages_and_histologies() -> None:
    assert all(is_tissue(text, VOCABULARY.procedures) for text in (*spellings.TISSUE_PROCEDURES, *spellings.RESECTIONS))
    assert not any(is_tissue(text, VOCABULARY.procedures) for text in spellings.BLOOD_PROCEDURES)
    assert all(is_advanced_stage(text) for text in spellings.ADVANCED_STAGES)
    assert not any(is_advanced_stage(text) for text in spellings.EARLY_STAGES)
    for histology, texts in spellings.HISTOLOGY.texts.items():
        assert {names_small_cell(text) for text in texts if text} <= {histology in {"small_cell", "combined"}}
