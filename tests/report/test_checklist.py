"""The filled checklist: every item of both guidelines once, its links lead somewhere, and it follows the results."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from analysis.report import page
from analysis.report.checklist import CHECKLIST, MET, NOT_MET, checklist, missing, tally
from tests.report.conftest import Made

STROBE = "1a 1b 2 3 4 5 6a 6b 7 8 9 10 11 12a 12b 12c 12d 12e 13a 13b 13c 14a 14b 14c 15 16a 16b 16c 17 18 19 20 21 22"
RECORD = "1.1 1.2 1.3 6.1 6.2 6.3 7.1 12.1 12.2 12.3 13.1 19.1 22.1"
TITLES = {section.id: section.title for section in page.SECTIONS} | {"pfs": "Progression-free survival", "os": "Overall survival"}
KEYS = {"item", "asks", "where", "how", "needs", "status", "otherwise"}


def test_every_item_is_there_once() -> None:
    found = checklist({}, TITLES)
    assert " ".join(item.number for item in found["STROBE"]) == STROBE
    assert " ".join(item.number for item in found["RECORD"]) == RECORD


def test_every_item_says_where_it_is_met_or_why_not() -> None:
    for entries in yaml.safe_load(CHECKLIST.read_text(encoding="utf-8")).values():
        for entry in entries:
            assert set(entry) <= KEYS
            assert entry["asks"]
            assert len(entry["how"]) > 15
            assert set(entry.get("where", ())) <= set(TITLES)
            assert entry.get("where") or entry["status"] == NOT_MET
            assert ("needs" in entry) == ("otherwise" in entry)


@pytest.mark.parametrize(
    ("number", "key"), [("12b", "subgroups"), ("12e", "multiverse"), ("16a", "multivariable"), ("9", "early_events"), ("17", "subgroups")]
)
def test_what_rests_on_results_follows_them(release: Made, number: str, key: str) -> None:
    results: dict[str, Any] = copy.copy(release.results) | {"multiverse": {"computed": True}}
    before = next(item for item in checklist(results, TITLES)["STROBE"] if item.number == number)
    after = next(item for item in checklist(results | {key: None}, TITLES)["STROBE"] if item.number == number)
    assert before.status != NOT_MET
    assert before.where
    assert (after.status, after.where) == (NOT_MET, ())
    assert after.how != before.how


def test_a_computed_part_that_is_false_counts_as_missing() -> None:
    assert missing(["multiverse.computed"], {"multiverse": {"computed": False}}) == ["multiverse.computed"]
    assert missing(["multiverse.computed"], {"multiverse": {"computed": True}}) == []


def test_a_section_that_the_page_lacks_is_no_place() -> None:
    found = checklist({"subgroups": [1]}, {key: title for key, title in TITLES.items() if key != "subgroups"})
    assert next(item for item in found["STROBE"] if item.number == "12b").status == NOT_MET


def test_the_tally_adds_up() -> None:
    found = checklist({}, TITLES)
    assert [sum(counts.values()) for counts in tally(found).values()] == [len(STROBE.split()), len(RECORD.split())]
    assert tally(found)["STROBE"][MET] == sum(item.status == MET for item in found["STROBE"])
