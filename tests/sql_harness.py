"""Runs single models in DuckDB without dbt: the project's macros and models over small tables of a test.

>>> connection = duckdb.connect()
>>> create(connection, "conformed_drug_orders", {"drug_name": "varchar", "drug_code": "varchar"}, [("顺铂", None)])
>>> build(connection, "drug_texts")
>>> connection.sql("select * from drug_texts").fetchall()
[('顺铂', '', 'cisplatin')]

ref('x') is the relation x; source('s', 't') is s_t. Only the part of dbt's jinja that models use is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import yaml
from jinja2.runtime import Context

ROOT = Path(__file__).resolve().parents[1]
TEST_BLOCK = re.compile(r"{%-?\s*test\b.*?{%-?\s*endtest\s*-?%}", re.DOTALL)
REFERENCE = re.compile(r"""\bref\(\s*['"](\w+)['"]\s*\)""")


class _Adapter:
    """dbt's adapter, as far as it sends a macro to its implementation for DuckDB."""

    @staticmethod
    def dispatch(name: str, *_: Any) -> Callable[..., str]:
        @jinja2.pass_context
        def implementation(context: Context, *arguments: Any, **named: Any) -> str:
            own = f"duckdb__{name}"
            return context.resolve(own if own in context else f"default__{name}")(*arguments, **named)

        return implementation


class _Types:
    """dbt's names of types, as far as models use them."""

    @staticmethod
    def type_string() -> str:
        return "varchar"


DBT: dict[str, Any] = {
    "adapter": _Adapter(),
    "dbt": _Types(),
    "config": lambda **_: "",
    "ref": lambda model: model,
    "source": lambda source, table: f"{source}_{table}",
}


@cache
def _macro_files() -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in sorted((ROOT / "macros").glob("*.sql")))


@cache
def _protocol() -> Mapping[str, Any]:
    return yaml.safe_load((ROOT / "protocol.yml").read_text(encoding="utf-8"))


@cache
def _template(sql: str) -> jinja2.Template:
    """The text with every macro of the project before it; generic tests are no macros of a model."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)
    environment.globals.update(DBT)
    return environment.from_string("".join(TEST_BLOCK.sub("", text) for text in _macro_files()) + sql)


def render(sql: str, variables: Mapping[str, Any] | None = None) -> str:
    """The SQL of a model's text. ``variables`` are dbt's; `protocol` is protocol.yml unless given."""
    known = {"protocol": _protocol(), **(variables or {})}
    return _template(sql).render(var=lambda name, default=None: known.get(name, default))


def model_path(model: str, source: str = "hospital") -> Path | None:
    """The model's file; of the sources' folders only the chosen one counts. None if it is no model."""
    others = {path for path in (ROOT / "models" / "staging").iterdir() if path.name not in (source, "conformed")}
    found = [path for path in (ROOT / "models").rglob(f"{model}.sql") if not others & set(path.parents)]
    return found[0] if found else None


def create(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """A small table: column names with DuckDB types, and its rows in that order."""
    declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    connection.execute(f"create or replace table {name} ({declared})")
    written = [tuple(row) for row in rows]
    if written:
        connection.executemany(f"insert into {name} values ({', '.join('?' * len(columns))})", written)


def load_seed(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """A vocabulary as dbt loads it: every column text, an empty field null."""
    path = ROOT / "vocabulary" / f"{name}.csv"
    connection.execute(
        f"create or replace table {name} as select * from read_csv(?, header = true, all_varchar = true, "
        "delim = ',', quote = '\"', escape = '\"', nullstr = '', strict_mode = true)",
        [str(path)],
    )


def build(connection: duckdb.DuckDBPyConnection, *models: str, variables: Mapping[str, Any] | None = None) -> None:
    """Builds models as tables, and before each whatever it refers to that is no relation yet (models and vocabularies)."""
    for model in models:
        path = model_path(model)
        if path is None:
            load_seed(connection, model)
            continue
        text = path.read_text(encoding="utf-8")
        for needed in dict.fromkeys(REFERENCE.findall(text)):
            if not _exists(connection, needed):
                build(connection, needed, variables=variables)
        connection.execute(f"create or replace table {model} as {render(text, variables)}")


def failures(connection: duckdb.DuckDBPyConnection, test: str, model: str, **arguments: Any) -> list[tuple[Any, ...]]:
    """The rows that a generic data test of the project finds wrong in a relation."""
    given = ", ".join([repr(model), *(f"{name}={value!r}" for name, value in arguments.items())])
    return connection.execute(render(_test_as_macro(test) + f"{{{{ {test}({given}) }}}}")).fetchall()


def _test_as_macro(name: str) -> str:
    blocks = [block for text in _macro_files() for block in TEST_BLOCK.findall(text)]
    found = next(block for block in blocks if re.match(rf"{{%-?\s*test\s+{name}\(", block))
    return re.sub(r"(?<={%)(-?\s*)(end)?test\b", r"\1\2macro", found)


def _exists(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    query = "select count(*) from information_schema.tables where table_name = ?"
    found = connection.execute(query, [name]).fetchone()
    return bool(found and found[0])
