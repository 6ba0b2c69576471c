"""Renders one macro or model with the little of jinja and dbt that the parsers use, and runs it in DuckDB."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
import yaml
from jinja2.runtime import Context

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "models" / "staging" / "hospital" / "texts"
MACROS = ("engine", "values", "biomarker_text")

Render = Callable[[str], str]


class _Adapter:
    """dbt's adapter, as far as it sends a macro to its implementation for DuckDB."""

    @staticmethod
    def dispatch(name: str) -> Callable[..., str]:
        @jinja2.pass_context
        def implementation(context: Context, *arguments: Any, **named: Any) -> str:
            return context.resolve(f"default__{name}")(*arguments, **named)

        return implementation


@pytest.fixture(scope="session")
def render() -> Render:
    """A function that renders SQL with the project's macros; source() and ref() give bare table names."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)
    protocol = yaml.safe_load((ROOT / "protocol.yml").read_text(encoding="utf-8"))
    environment.globals.update(
        adapter=_Adapter(),
        source=lambda _source, table: table,
        ref=lambda model: model,
        var={"protocol": protocol}.__getitem__,
    )
    macros = "".join((ROOT / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in MACROS)
    return lambda sql: environment.from_string(macros + sql).render()
