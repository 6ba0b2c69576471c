"""The documentation that is made from the models."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline import dictionary
from pipeline.errors import PipelineError
from pipeline.paths import PROJECT, Warehouse
from pipeline.progress import step
from pipeline.protocol import Protocol
from pipeline.settings import Settings
from pipeline.transform import invoke

DICTIONARY = PROJECT / "docs" / "data_dictionary.md"


def write(settings: Settings, protocol: Protocol) -> None:
    """dbt's documentation as one offline page in the work area, and docs/data_dictionary.md."""
    warehouse = Warehouse(settings.warehouse, settings.warehouse_key)
    with step("Write documentation") as running:
        result = invoke(warehouse, protocol, settings.source, settings.threads, "docs", "generate", "--static")
        if not result.success:
            raise PipelineError("dbt could not write its documentation", todo="run `make` first, so that the work database is there")
        page = warehouse.work / "documentation.html"
        shutil.copyfile(warehouse.dbt / "target" / "static_index.html", page)
        DICTIONARY.write_text(dictionary_page(warehouse.dbt / "target" / "manifest.json", protocol), encoding="utf-8")
        running.conclude(f"{page} and {DICTIONARY.relative_to(PROJECT)}")


def dictionary_page(manifest: Path, protocol: Protocol) -> str:
    """The data dictionary as Markdown, one table a view."""
    lines = ["# Data dictionary", "", "Made by `make docs` from the YAML of the models: mend it there."]
    view = ""
    for name, column, kind, unit, description, rule in dictionary.entries(manifest, protocol):
        if name != view:
            lines += ["", f"## {name}", "", "| column | type | unit | meaning | rule |", "|---|---|---|---|---|"]
            view = name
        lines.append(f"| `{column}` | {kind} | {unit or ''} | {description or ''} | {rule or ''} |")
    return "\n".join(lines) + "\n"
