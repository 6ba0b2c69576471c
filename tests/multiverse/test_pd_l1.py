"""Rule 10 at another cut-off, and by where the specimen comes from."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import duckdb
import pytest

from pipeline.protocol import load
from tests.sql_harness import build, create

TEXT, NUMBER, FLAG = "varchar", "double", "boolean"
BIOMARKERS = {
    "test_id": TEXT, "patient_id": TEXT, "marker": TEXT, "reported_on": "date", "specimen_id": TEXT, "result": TEXT, "score": NUMBER,
    "score_low": NUMBER, "score_low_open": FLAG, "score_high": NUMBER, "score_high_open": FLAG,
}  # fmt: skip
SPECIMENS = {"specimen_id": TEXT, "patient_id": TEXT, "collected_on": "date", "is_tissue": FLAG}
DAY = date(2020, 1, 1)


def protocol(**parameters: Any) -> dict[str, Any]:
    settings = copy.deepcopy(load().settings)
    settings["parameters"] |= parameters
    return settings


def status(cut_off: float, **result: Any) -> tuple[str, str | None] | None:
    """Status and level of one test; None where it takes no part."""
    row = {"result": "by_score", "score": None, "score_low": None, "score_low_open": False, "score_high": None, "score_high_open": False}
    row |= {"test_id": "t", "patient_id": "p", "marker": "pd_l1", "reported_on": DAY, "specimen_id": None, **result}
    with duckdb.connect() as connection:
        create(connection, "conformed_biomarkers", BIOMARKERS, [tuple(row[name] for name in BIOMARKERS)])
        create(connection, "conformed_specimens", SPECIMENS, [])
        build(connection, "pd_l1_tests", variables={"protocol": protocol(pd_l1_cut_off_percent=cut_off)})
        found = connection.execute("select status, level from pd_l1_tests").fetchall()
    return found[0] if found else None


@pytest.mark.parametrize(
    ("result", "at_1", "at_50"),
    [
        ({"score": 60, "score_low": 60, "score_high": 60}, ("positive", ">=50"), ("positive", ">=50")),
        ({"score": 50, "score_low": 50, "score_high": 50}, ("positive", ">=50"), ("positive", ">=50")),
        ({"score": 49, "score_low": 49, "score_high": 49}, ("positive", "1-49"), ("negative", "1-49")),
        ({"score": 0, "score_low": 0, "score_high": 0}, ("negative", "<1"), ("negative", "<1")),
        # 1-49 %, <1 %, <50 %: wholly below; >=50 %: wholly at or above
        ({"score_low": 1, "score_high": 49}, ("positive", "1-49"), ("negative", "1-49")),
        ({"score_low": 0, "score_high": 1, "score_high_open": True}, ("negative", "<1"), ("negative", "<1")),
        ({"score_low": 1, "score_high": 50, "score_high_open": True}, ("positive", "1-49"), ("negative", "1-49")),
        ({"score_low": 50, "score_high": 100}, ("positive", ">=50"), ("positive", ">=50")),
        # 1-50 %, 30-60 %, >=1 %: astride
        ({"score_low": 1, "score_high": 50}, ("positive", None), None),
        ({"score_low": 30, "score_high": 60}, ("positive", None), None),
        ({"score_low": 1, "score_high": 100}, ("positive", None), None),
        # a word alone
        ({"result": "positive"}, ("positive", None), None),
        ({"result": "negative"}, ("negative", None), None),
    ],
)
def test_a_word_and_a_range_astride_take_no_part_at_50_percent(result: dict[str, Any], at_1: Any, at_50: Any) -> None:
    assert status(1, **result) == at_1
    assert status(50, **result) == at_50


LATER_ARCHIVE, LATER_RE_BIOPSY = (date(2019, 12, 22), date(2019, 12, 20)), (date(2019, 1, 1), date(2019, 12, 20))


@pytest.mark.parametrize(
    ("days", "source", "expected"),
    [
        (LATER_RE_BIOPSY, "any", "re-biopsy"),
        (LATER_RE_BIOPSY, "archival", "archive"),
        (LATER_ARCHIVE, "any", "archive"),
        (LATER_ARCHIVE, "re_biopsy", "re-biopsy"),
        (LATER_ARCHIVE, "archival", "archive"),
    ],
)
def test_the_source_of_the_specimen(days: tuple[date, date], source: str, expected: str) -> None:
    """A test without a specimen of its own, dated by its report, and one of a re-biopsy."""
    with duckdb.connect() as connection:
        index = {"patient_id": TEXT, "index_date": "date", "resistance_date": "date"}
        create(connection, "index_lines", index, [("p", DAY, date(2019, 12, 15))])
        create(connection, "conformed_specimens", SPECIMENS, [("new", "p", days[1], True)])
        columns = {"test_id": TEXT, "patient_id": TEXT, "tested_on": "date", "specimen_id": TEXT}
        columns |= {"status": TEXT, "level": TEXT, "score": NUMBER}
        rows = [("archive", "p", days[0], None, "positive", None, 70.0), ("re-biopsy", "p", days[1], "new", "positive", None, 5.0)]
        create(connection, "pd_l1_tests", columns, rows)
        build(connection, "pd_l1_at_index", variables={"protocol": protocol(pd_l1_source=source)})
        ((score,),) = connection.execute("select score from pd_l1_at_index").fetchall()
    assert score == {"archive": 70.0, "re-biopsy": 5.0}[expected]
