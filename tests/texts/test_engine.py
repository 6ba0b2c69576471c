"""The macros of what engines read differently."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from tests.sql_harness import render

SOURCES = {
    "word": " from (values ('b', 3), ('a', 1), ('c', 2), ('a', 3), (null, null)) as words (word, number)",
    "nullif(word, word)": " from (values ('b'), ('a')) as words (word)",
    "document": """ from (values ('{"a b": "x"}')) as documents (document)""",
}

CASES: list[tuple[str, Any]] = [
    ("{{ add_days(\"date '2020-02-28'\", 2) }}", date(2020, 3, 1)),
    ("{{ add_days(\"date '2020-03-01'\", 'cast(-1 as bigint)') }}", date(2020, 2, 29)),
    ("{{ days_between(\"date '2020-03-01'\", \"date '2020-02-28'\") }}", 2),
    ("{{ days_between(\"date '2020-02-28'\", \"date '2020-03-01'\") }}", -2),
    ("{{ days_between(\"date '2020-02-28'\", 'cast(null as date)') }}", None),
    ("{{ completed_years(\"date '2000-02-29'\", \"date '2019-02-28'\") }}", 18),
    ("{{ completed_years(\"date '2000-02-29'\", \"date '2019-03-01'\") }}", 19),
    ("{{ completed_years(\"date '2000-02-29'\", \"date '2020-02-28'\") }}", 19),
    ("{{ completed_years(\"date '2000-02-29'\", \"date '2020-02-29'\") }}", 20),
    ("{{ completed_years(\"date '1950-06-01'\", \"date '2020-05-31'\") }}", 69),
    ("{{ completed_years(\"date '1950-06-01'\", \"date '2020-06-01'\") }}", 70),
    ("{{ last_day_of_month(\"date '2020-02-03'\") }}", date(2020, 2, 29)),
    ("{{ last_day_of_month(\"date '2021-12-31'\") }}", date(2021, 12, 31)),
    ("{{ matches(\"'abc'\", 'b') }}", True),
    ("{{ matches(\"'abc'\", '^b') }}", False),
    ("{{ matches('cast(null as varchar)', 'b') }}", None),
    ("{{ matches(\"'it''s'\", \"t's\") }}", True),
    ("{{ regex_extract(\"'TPS 60%'\", '([0-9]+)%', 1) }}", "60"),
    ("{{ regex_extract(\"'TPS'\", '([0-9]+)%', 1) }}", None),
    ("{{ regex_extract(\"'ac'\", 'a(b?)c', 1) }}", None),
    ("{{ regex_replace_all(\"'a1b22'\", '[0-9]+', '#') }}", "a#b#"),
    ("{{ regex_replace_all(\"'a1b22'\", '([a-z])([0-9]+)', '{2}{1}') }}", "1a22b"),
    ("{{ sha256_hex(\"'abc'\") }}", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("{{ json_text('document', 'a b') }}", "x"),
    ("{{ json_text('document', 'a') }}", None),
    ("{{ json_text('cast(null as varchar)', 'a') }}", None),
    ("{{ string_list('word') }}", "a, b, c"),
    ("{{ string_list('word', ' + ') }}", "a + b + c"),
    ("{{ string_list('word', '+', '-ascii(word)') }}", "c+b+a"),
    ("{{ string_list('nullif(word, word)') }}", None),
]


@pytest.mark.parametrize(("expression", "expected"), CASES, ids=[expression for expression, _ in CASES])
def test_macro(expression: str, expected: object) -> None:
    source = next((source for column, source in SOURCES.items() if f"'{column}'" in expression), "")
    assert duckdb.sql(render(f"select {expression}{source}")).fetchone() == (expected,)
