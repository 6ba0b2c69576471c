"""The filled STROBE and RECORD checklist: which item the page meets, where, and which it can't and why.

The items stand in checklist.yml, in our words beside their numbers. An item that rests on the data names the key of the results that it
`needs`; without it, `otherwise` is what the checklist says. Nothing there is decided by hand for one release.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKLIST = Path(__file__).with_name("checklist.yml")
MET, PARTLY, NOT_MET, NOT_APPLICABLE = "met", "partly", "not met", "does not apply"


@dataclass(frozen=True)
class Item:
    """One item as the page tells it. `where`: (id, title) of the sections that meet it."""

    number: str
    asks: str
    status: str
    where: tuple[tuple[str, str], ...]
    how: str


def checklist(results: Mapping[str, Any], titles: Mapping[str, str], path: Path = CHECKLIST) -> dict[str, list[Item]]:
    """The items by guideline, in their order. `titles`: of the sections that the page has, by id."""
    import yaml

    guidelines = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: [item_of(entry, results, titles) for entry in entries] for name, entries in guidelines.items()}


def item_of(entry: Mapping[str, Any], results: Mapping[str, Any], titles: Mapping[str, str]) -> Item:
    """An item of the file, judged by the results at hand."""
    where = tuple((name, titles[name]) for name in entry.get("where", ()) if name in titles)
    lacks = missing(entry.get("needs", ()), results)
    if lacks or (entry.get("where") and not where):
        return Item(str(entry["item"]), entry["asks"], NOT_MET, (), entry.get("otherwise", "This release has no results for it."))
    return Item(str(entry["item"]), entry["asks"], entry.get("status", MET), where, entry["how"])


def missing(needs: Collection[str], results: Mapping[str, Any]) -> list[str]:
    """Which of the keys have nothing in the results; a dot leads into a part."""
    found = []
    for path in needs:
        value: Any = results
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if not value:
            found.append(path)
    return found


def tally(guidelines: Mapping[str, list[Item]]) -> dict[str, dict[str, int]]:
    """How many items of each guideline have which status."""
    statuses = (MET, PARTLY, NOT_MET, NOT_APPLICABLE)
    return {name: {status: sum(item.status == status for item in items) for status in statuses} for name, items in guidelines.items()}
