"""Tables of texts and what they mean, and the parsers run over them in DuckDB.

A table's line is ``text | expected``; of biomarkers ``text | test name | method | expected`` or shorter, with the test's
usual name and no method where they are left out. Texts go through Unicode NFKC and lose surrounding blanks before they are
read, as landing does it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import duckdb

from tests.sql_harness import build, create, render

BIOMARKER_COLUMNS = ("test_name", "method", "result_text")


def landed(text: str) -> str:
    """The text as the landing step leaves it."""
    return unicodedata.normalize("NFKC", text).strip()


def cells(table: str) -> list[list[str]]:
    """The cells of a table's lines, with `⏎` for a line break inside a text."""
    lines = [line for line in table.strip("\n").splitlines() if line.strip()]
    return [[cell.strip().replace("⏎", "\n") for cell in line.split("|")] for line in lines]


def expectations(table: str) -> dict[str, str]:
    """A table's texts with what is expected of them."""
    return dict(cells(table))


def read_values(expression: str, texts: Iterable[str]) -> dict[str, Any]:
    """What a macro reads in texts; `expression` is jinja over the column `text`, such as ``{{ read_date('text') }}``."""
    connection = duckdb.connect()
    written = list(texts)
    create(connection, "texts", {"place": "integer", "text": "varchar"}, [(place, landed(text)) for place, text in enumerate(written)])
    found = connection.execute(render(f"select {expression} from texts order by place")).fetchall()
    return {text: value for text, (value,) in zip(written, found, strict=True)}


def shown(value: object) -> str:
    """A value as tables write it: `-` for none, ISO dates and timestamps."""
    return "-" if value is None else str(value)


def look_up(model: str, table: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[dict[str, Any]]:
    """A text lookup model's rows for raw rows of a hospital's table."""
    connection = duckdb.connect()
    create(connection, f"hospital_{table}", dict.fromkeys(columns, "varchar"), [[landed(text) for text in row] for row in rows])
    build(connection, model)
    found = connection.execute(f"select * from {model}")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def look_up_texts(model: str, table: str, column: str, texts: Iterable[str], answer: Callable[[dict[str, Any]], str]) -> dict[str, str]:
    """What a lookup model of one text column answers to each text."""
    written = list(texts)
    answers = {row[column]: answer(row) for row in look_up(model, table, [column], [[text] for text in written])}
    return {text: answers[landed(text)] for text in written}


def biomarker_cases(table: str, test_name: str) -> dict[tuple[str, str, str], str]:
    """A biomarker table as {(test name, method, result text): expected}."""
    cases = {}
    for text, *context, expected in cells(table):
        name, method, *_ = [*context, *[test_name, ""][len(context) :]]
        cases[name, method, text] = expected
    return cases


def biomarker_answers(cases: Iterable[tuple[str, str, str]], marker: str) -> dict[tuple[str, str, str], str]:
    """What the biomarker texts say of one marker, as tables write it (see ``biomarker_answer``); `no row` where it isn't tested."""
    written = list(cases)
    rows = look_up("hospital_biomarker_texts", "biomarkers", BIOMARKER_COLUMNS, written)
    answers = {tuple(row[column] for column in BIOMARKER_COLUMNS): biomarker_answer(row) for row in rows if row["marker"] == marker}
    return {case: answers.get(tuple(map(landed, case)), "no row") for case in written}


def biomarker_answer(row: dict[str, Any]) -> str:
    """positive, negative, 60, [1, 50), impossible, no result, or `unmapped` where nothing of the text is known."""
    if row["is_impossible"]:
        return "impossible"
    if not row["is_understood"]:
        return "unmapped"
    if row["result"] != "by_score":
        return row["result"] or "no result"
    if row["score"] is not None:
        return f"{row['score']:g}"
    opening, closing = "(" if row["score_low_open"] else "[", ")" if row["score_high_open"] else "]"
    return f"{opening}{row['score_low']:g}, {row['score_high']:g}{closing}"
