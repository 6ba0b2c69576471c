"""The drug vocabulary keeps its promises: one meaning a name, one substance a code, and no added word in a study drug's way."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict

import pytest

from tests.vocabulary.literal_matcher import STUDY_CLASSES, found_terms, ingredients_of, normalised, project_terms, rows

PACLITAXELS = {"paclitaxel", "nab-paclitaxel", "paclitaxel liposome", "paclitaxel polymeric micelles"}
CLASS_OF = {row["ingredient"]: row["drug_class"] for row in rows("ingredients")}
TERMS = project_terms()

# Other drugs' names that hold a study drug's as a word of its own, and rightly take its place: without them the order
# would be read as the shorter one.
RIGHTLY_TAKEN = {
    "诺欣妥": ["诺欣"],  # sacubitril/valsartan, not cisplatin
    "先诺欣": ["诺欣"],  # simnotrelvir, not cisplatin
    "艾力达": ["艾力"],  # vardenafil, not irinotecan
    "艾力雅": ["艾力"],  # aflibercept for the eye
    "doc-q-lace": ["doc"],  # docusate, not docetaxel
    "doc-q-lax": ["doc"],
}
STUDY_TERMS = {term for term, ingredients in TERMS.items() if any(CLASS_OF[ingredient] in STUDY_CLASSES for ingredient in ingredients)}


def test_the_dictionary_is_whole():
    counted = Counter(CLASS_OF.values())
    assert {name: counted[name] for name in STUDY_CLASSES} == {
        "alk_tki": 13,
        "ici": 28,
        "chemotherapy": 17,
        "anti_angiogenic": 6,
        "other_tki": 22,
    }


def test_a_name_has_one_meaning():
    meanings = defaultdict(set)
    for row in rows("ingredients"):
        meanings[normalised(row["ingredient"])].add(row["ingredient"])
    for row in rows("drug_synonyms"):
        meanings[normalised(row["synonym"])].add(row["ingredient"])
    for row in rows("regimen_terms"):
        meanings[normalised(row["term"])].add(f"regimen {row['term']}")
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_no_row_repeats_another():
    spelled = [normalised(row["ingredient"]) for row in rows("ingredients")]
    spelled += [normalised(row["synonym"]) for row in rows("drug_synonyms")]
    spelled += [normalised(row["term"]) for row in rows("regimen_terms")]
    assert [name for name, times in Counter(spelled).items() if times > 1] == []


def test_an_atc_code_is_one_substance():
    bearers = defaultdict(set)
    for row in rows("ingredients"):
        if row["atc_code"]:
            assert re.fullmatch(r"[A-Z]\d{2}[A-Z]{2}\d{2}", row["atc_code"])
            bearers[row["atc_code"]].add(row["ingredient"])
    assert {code: found for code, found in bearers.items() if len(found) > 1} == {"L01CD01": PACLITAXELS}


def test_a_rxnorm_code_is_one_ingredient():
    codes = [row["rxnorm_cui"] for row in rows("ingredients") if row["rxnorm_cui"]]
    assert all(code.isdigit() for code in codes)
    assert len(codes) == len(set(codes))


def test_every_named_ingredient_exists():
    named = {row["ingredient"] for row in rows("drug_synonyms")}
    named |= {part for row in rows("regimen_terms") for part in row["component_ingredients"].split("|") if part}
    assert named - CLASS_OF.keys() == set()


def test_only_alk_tkis_have_a_generation():
    assert {row["drug_class"] for row in rows("ingredients") if row["generation"]} == {"alk_tki"}
    assert {row["generation"] for row in rows("ingredients") if row["drug_class"] == "alk_tki"} <= {"1", "2", "3", "4"}


def test_exchange_groups_are_the_protocols():
    groups = defaultdict(set)
    for row in rows("ingredients"):
        groups[row["exchange_group"]].add(row["ingredient"])
    groups.pop("")
    assert groups == {"platinum": {"cisplatin", "carboplatin", "nedaplatin", "lobaplatin"}, "taxane": PACLITAXELS}


@pytest.mark.parametrize("name", ["ingredients", "drug_synonyms", "regimen_terms"])
def test_texts_are_written_as_they_are_compared(name: str):
    for row in rows(name):
        for field in row.values():
            assert field == unicodedata.normalize("NFKC", field).strip(), field
    assert all(row["ingredient"] == row["ingredient"].lower() for row in rows("ingredients"))


def test_every_name_is_found_as_itself():
    for term, ingredients in TERMS.items():
        assert found_terms(term, TERMS) == [term]
        assert ingredients_of(term, TERMS) == ingredients


def test_no_other_word_takes_a_study_drugs_place():
    """A longer word wins over a shorter one within it: wherever that costs a study drug its name, it must be meant."""
    taken = {term: found_terms(term, STUDY_TERMS) for term in TERMS.keys() - STUDY_TERMS}
    assert {term: names for term, names in taken.items() if names} == RIGHTLY_TAKEN


def test_a_study_drug_keeps_its_name_beside_salts_and_forms():
    for term in STUDY_TERMS:
        for text in (f"注射用{term}", f"盐酸{term}片 250mg", f"{term} 100mg/瓶", f"({term})"):
            assert ingredients_of(text, TERMS) >= TERMS[term], text
