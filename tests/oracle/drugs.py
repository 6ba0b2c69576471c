"""Drug names to ingredients (raw_exports, 'Fine print', Drugs), literally: longest synonym first, its text consumed, and again."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from .values import is_blank, normalise

ANTI_CANCER = ("alk_tki", "ici", "chemotherapy", "anti_angiogenic", "other_tki")
ORAL_TKI = ("alk_tki", "other_tki")
EXCHANGEABLE = (
    frozenset({"cisplatin", "carboplatin", "nedaplatin", "lobaplatin"}),
    frozenset({"paclitaxel", "nab-paclitaxel", "paclitaxel liposome", "paclitaxel polymeric micelles"}),
)
CONSUMED = "\x00"  # neither a letter nor a digit, and in no synonym
VOCABULARY = Path(__file__).resolve().parents[2] / "vocabulary"


@dataclass
class Vocabulary:
    """What the project knows of drugs: classes and generations by ingredient, ingredients by synonym and by code."""

    drug_class: dict[str, str] = field(default_factory=dict)
    generation: dict[str, int] = field(default_factory=dict)  # ALK-TKIs only
    synonyms: dict[str, frozenset[str]] = field(default_factory=dict)  # a class word stands for no ingredient
    codes: dict[str, frozenset[str]] = field(default_factory=dict)
    procedures: dict[str, bool] = field(default_factory=dict)  # words of a specimen's procedure: tissue or not
    _names: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def add(self, ingredient: str, drug_class: str, generation: str = "", codes: tuple[str, ...] = ()) -> None:
        """One ingredient, whose name is a synonym too, with the codes that it bears."""
        self.add_synonym(ingredient, frozenset({ingredient}))
        self.drug_class[ingredient] = drug_class
        if drug_class == "alk_tki" and generation.isdigit():
            self.generation[ingredient] = int(generation)
        for code in codes:
            if code.strip():
                self.codes[code.strip().lower()] = self.codes.get(code.strip().lower(), frozenset()) | {ingredient}

    def add_synonym(self, synonym: str, ingredients: frozenset[str]) -> None:
        """A text and the ingredients for which it stands."""
        text = normalise(synonym).lower()
        self.synonyms[text] = self.synonyms.get(text, frozenset()) | ingredients

    def ingredients_of(self, drug_name: str, drug_code: str) -> frozenset[str]:
        """Every ingredient that the name gives; only where it gives none, all that bear the code."""
        asked = (drug_name, drug_code)
        if asked not in self._names:
            self._names[asked] = find_ingredients(drug_name, self.synonyms) or self._by_code(drug_code)
        return self._names[asked]

    def _by_code(self, drug_code: str) -> frozenset[str]:
        return frozenset() if is_blank(drug_code) else self.codes.get(normalise(drug_code).lower(), frozenset())


def _is_letter(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


def _is_digit(sign: str) -> bool:
    return sign.isascii() and sign.isdigit()


def _end_is_free(sign: str, neighbour: str) -> bool:
    """A Latin end of a synonym has no ASCII letter beside it, and a digit has no digit."""
    if _is_digit(sign) and _is_digit(neighbour):
        return False
    return not (sign.isascii() and _is_letter(neighbour))


def _place_of(synonym: str, text: str) -> int | None:
    """The first place at which a synonym stands with free ends."""
    at = text.find(synonym)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(synonym) : at + len(synonym) + 1]
        if (not before or _end_is_free(synonym[0], before)) and (not after or _end_is_free(synonym[-1], after)):
            return at
        at = text.find(synonym, at + 1)
    return None


def find_ingredients(drug_name: str, synonyms: dict[str, frozenset[str]]) -> frozenset[str]:
    """The longest synonym that the text holds, its text consumed, and so on until nothing more is found."""
    text = normalise(drug_name).lower()
    found: frozenset[str] = frozenset()
    longest_first = sorted((one for one in synonyms if one in text), key=lambda one: (-len(one), one))
    while True:
        for synonym in longest_first:
            at = _place_of(synonym, text)
            if at is not None:
                found |= synonyms[synonym]
                text = text[:at] + CONSUMED * len(synonym) + text[at + len(synonym) :]
                break
        else:
            return found


def is_tissue(procedure: str, terms: dict[str, bool]) -> bool:
    """Rule 11: biopsy, resection or cytology; not blood or plasma, also where it is called a liquid biopsy; unknown is not tissue."""
    text = normalise(procedure).lower()
    found = [tissue for term, tissue in terms.items() if _place_of(term, text) is not None]
    return bool(found) and all(found)


def exchangeable(one: str, other: str) -> bool:
    """Rule 5: the same ingredient, or two of one exchangeable group."""
    return one == other or any(one in group and other in group for group in EXCHANGEABLE)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{name: value or "" for name, value in row.items()} for row in csv.DictReader(file)]


def read_vocabulary(folder: Path = VOCABULARY) -> Vocabulary:
    """The project's vocabulary: ingredients.csv, drug_synonyms.csv, regimen_terms.csv and procedure_terms.csv."""
    vocabulary = Vocabulary()
    for row in _rows(folder / "ingredients.csv"):
        codes = tuple(code for name, value in row.items() if name.startswith(("atc", "rxnorm")) for code in value.split("|"))
        vocabulary.add(row["ingredient"], row["drug_class"], row.get("generation", ""), codes)
    for row in _rows(folder / "drug_synonyms.csv"):
        vocabulary.add_synonym(row["synonym"], frozenset({row["ingredient"]}))
    for row in _rows(folder / "regimen_terms.csv"):
        vocabulary.add_synonym(row["term"], frozenset(filter(None, row["component_ingredients"].split("|"))))
    vocabulary.procedures = {normalise(row["term"]).lower(): row["is_tissue"] == "true" for row in _rows(folder / "procedure_terms.csv")}
    return vocabulary
