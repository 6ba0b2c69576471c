"""The data dictionary, made from what the models' YAML says of the published columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.protocol import Protocol

Entry = tuple[str, str, str | None, str | None, str | None, str | None]


def entries(manifest: Path, protocol: Protocol) -> list[Entry]:
    """(view, column, type, unit, description, source rule) of every published column, by view and in the columns' order."""
    content = json.loads(manifest.read_text(encoding="utf-8"))
    models = [node for node in content["nodes"].values() if node["resource_type"] == "model" and node["schema"] == "published"]
    computed = [source for source in content["sources"].values() if source["source_name"] == "analysis"]
    views = sorted(models + computed, key=lambda view: view["name"])
    return [entry for view in views for entry in _of_view(view, protocol)]


def _of_view(view: dict[str, Any], protocol: Protocol) -> list[Entry]:
    columns = [_of_column(view["name"], column) for column in view["columns"].values()]
    if view["name"] == "multiverse":
        return [columns[0], *_of_decisions(protocol), *columns[1:]]
    if view["name"] != "eligibility":
        return columns
    criteria: list[Entry] = [
        ("eligibility", entry["id"], "boolean", None, f"{entry['label']}; null where it doesn't apply", "Cohort criteria")
        for entry in protocol["criteria"]
    ]
    return [columns[0], *criteria, *columns[1:]]


def _of_decisions(protocol: Protocol) -> list[Entry]:
    return [
        ("multiverse", entry["id"], "varchar", None, f"{entry['label']}: id of the alternative, or default", "Sensitivity alternatives")
        for entry in protocol.settings.get("sensitivity", {}).get("decisions", ())
    ]


def _of_column(view: str, column: dict[str, Any]) -> Entry:
    meta = column.get("config", {}).get("meta") or column.get("meta") or {}
    kind = column.get("data_type") or "varchar"
    return (view, column["name"], kind, meta.get("unit"), column.get("description"), meta.get("source_rule"))
