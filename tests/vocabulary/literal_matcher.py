"""The drug rule word for word and as slow as that is: what the SQL must agree with (raw_exports, Fine print, Drugs)."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

VOCABULARY = Path(__file__).resolve().parents[2] / "vocabulary"
STUDY_CLASSES = ("alk_tki", "ici", "chemotherapy", "anti_angiogenic", "other_tki")

Terms = Mapping[str, frozenset[str]]


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a vocabulary file, every field as text."""
    with (VOCABULARY / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def normalised(text: str) -> str:
    """Full-width twins as half-width ones, lower case, no surrounding blanks."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def terms_of(ingredients: Iterable[str], synonyms: Iterable[tuple[str, str]], regimens: Iterable[tuple[str, str]]) -> Terms:
    """Each text that names a drug, with the ingredients for which it stands."""
    terms = {normalised(ingredient): frozenset({ingredient}) for ingredient in ingredients}
    terms |= {normalised(synonym): frozenset({ingredient}) for synonym, ingredient in synonyms}
    return terms | {normalised(term): frozenset(filter(None, components.split("|"))) for term, components in regimens}


def project_terms() -> Terms:
    """The terms of the project's own vocabulary."""
    return terms_of(
        [row["ingredient"] for row in rows("ingredients")],
        [(row["synonym"], row["ingredient"]) for row in rows("drug_synonyms")],
        [(row["term"], row["component_ingredients"]) for row in rows("regimen_terms")],
    )


def found_terms(text: str, terms: Container[str]) -> list[str]:
    """The terms in the order in which they are consumed: the longest first, of two as long the left one."""
    found = []
    parts = {text[start:end] for start in range(len(text)) for end in range(start + 1, len(text) + 1)}
    held = [part for part in parts if part in terms]
    while places := [(-len(term), place, term) for term in held for place in _free_places(term, text)]:
        _, place, term = min(places)
        found.append(term)
        text = text[:place] + " " * len(term) + text[place + len(term) :]
    return found


def ingredients_of(text: str, terms: Terms) -> frozenset[str]:
    """Every ingredient found counts."""
    return frozenset().union(*(terms[term] for term in found_terms(text, terms)))


def _free_places(term: str, text: str) -> list[int]:
    places = [place for place in range(len(text)) if text.startswith(term, place)]
    return [
        place
        for place in places
        if _is_free(term[0], text[place - 1 : place] if place else "") and _is_free(term[-1], text[place + len(term) :][:1])
    ]


def _is_free(end: str, neighbour: str) -> bool:
    def is_digit(sign: str) -> bool:
        return sign.isascii() and sign.isdigit()

    def is_letter(sign: str) -> bool:
        return sign.isascii() and sign.isalpha()

    if not (is_letter(end) or is_digit(end)):
        return True
    return not is_letter(neighbour) and not (is_digit(end) and is_digit(neighbour))
