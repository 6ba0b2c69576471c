"""The protocol's other defensible choices: decisions, their choices, and the protocol that a combination of them makes.

A choice is a change of protocol.yml; the one that changes nothing is the protocol's own, whatever the protocol says now. Nothing here
knows what a change means: the same models and analyses read the changed protocol as they read the protocol itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

DEFAULT = "default"
UNNAMED = "as in the protocol"
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
CHOICE = re.compile(r"[a-z0-9][a-z0-9_]*")
FIXED = ("study", "sensitivity", "release")  # sections that no choice may change
EXPOSURES = ("index_regimen", "any_later_ici")
# what the table `multiverse` holds beside a column for each decision, whose names no decision may take
COLUMNS = {
    "definition": "bigint",
    "is_default": "boolean",
    "changed": "bigint",
    "stratum": "varchar",
    "measure": "varchar",
    "patients": "bigint",
    "n": "bigint",
    "events": "bigint",
    "exposed": "bigint",
    "exposed_events": "bigint",
    "hazard_ratio": "double",
    "ci_lower": "double",
    "ci_upper": "double",
    "p_value": "double",
    "test": "varchar",
    "not_estimable": "varchar",
}


@dataclass(frozen=True)
class Alternative:
    """One choice of a decision; ``change`` is what it changes in the protocol, nothing for the default, whose id is `default`."""

    id: str
    label: str
    change: Mapping[str, Any] = field(default_factory=dict)
    requires: str | None = None


@dataclass(frozen=True)
class Decision:
    """A decision with its choices, the protocol's own first."""

    id: str
    label: str
    choices: tuple[Alternative, ...]


Choice = tuple[int, ...]  # of every decision the number of its choice, 0 for the default


@dataclass(frozen=True)
class Decisions:
    """The decisions of a protocol that its source can say something of; ``left_out`` are (decision, alternative) that it can't."""

    settings: Mapping[str, Any]
    decisions: tuple[Decision, ...]
    left_out: tuple[tuple[str, Alternative], ...] = ()

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many choices each decision has."""
        return tuple(len(decision.choices) for decision in self.decisions)

    @property
    def definitions(self) -> int:
        """How many combinations there are."""
        return prod(self.sizes)

    @property
    def default(self) -> Choice:
        """The protocol as it stands."""
        return (0,) * len(self.decisions)

    def combinations(self, deciding: Sequence[int]) -> Iterator[Choice]:
        """Every combination of some decisions' choices, by their places; the others stay at the default."""
        for picked in product(*(range(self.sizes[place]) for place in deciding)):
            chosen = dict(zip(deciding, picked, strict=True))
            yield tuple(chosen.get(place, 0) for place in range(len(self.decisions)))

    def protocol(self, choice: Choice) -> dict[str, Any]:
        """The protocol's contents under a combination of choices."""
        settings = dict(self.settings)
        for decision, number in zip(self.decisions, choice, strict=True):
            settings = merged(settings, decision.choices[number].change)
        return settings

    def names(self, choice: Choice) -> tuple[str, ...]:
        """The id of each decision's choice."""
        return tuple(decision.choices[number].id for decision, number in zip(self.decisions, choice, strict=True))


def decisions_of(settings: Mapping[str, Any], lacking: Sequence[str] = ()) -> Decisions:
    """The decisions of a sound protocol. ``lacking``: what the source can't say; alternatives that require it are left out."""
    kept, left_out = [], []
    for entry in settings.get("sensitivity", {}).get("decisions", ()):
        choices = [Alternative(one["id"], str(one["label"]), one["change"], one.get("requires")) for one in entry["choices"]]
        own = [one for one in choices if merged(settings, one.change) == settings]
        others = [one for one in choices if one not in own]
        left_out += [(entry["id"], one) for one in others if one.requires in lacking]
        found = [one for one in others if one.requires is None or one.requires not in lacking]
        kept.append(Decision(entry["id"], entry["label"], (Alternative(DEFAULT, own[0].label if own else UNNAMED), *found)))
    return Decisions(settings, tuple(kept), tuple(left_out))


def merged(settings: Any, change: Any) -> Any:
    """A change merged in: mappings by key, lists of entries with an ``id`` by id, all else replaced.

    Of such a list a new entry is appended, and one that the change says to ``remove`` is taken out.
    """
    if isinstance(settings, Mapping) and isinstance(change, Mapping):
        return {**settings, **{key: merged(settings.get(key), value) for key, value in change.items()}}
    if _has_ids(settings) and _has_ids(change):
        changes = {entry["id"]: entry for entry in change}
        known = [merged(entry, changes.pop(entry["id"], {})) for entry in settings]
        return [entry for entry in (*known, *changes.values()) if not entry.get("remove")]
    return change


def _has_ids(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) and "id" in entry for entry in value)


def problems(settings: Mapping[str, Any], problems_of: Callable[[Mapping[str, Any]], list[str]]) -> list[str]:
    """What is wrong with the section ``sensitivity``; ``problems_of`` judges the protocol that an alternative makes."""
    section = settings["sensitivity"]
    if not isinstance(section, Mapping) or not isinstance(section.get("decisions"), list):
        return ["`sensitivity`: `decisions` must be a list"]
    found = [f"`sensitivity`: `{key}` is missing" for key in ("endpoint", "strata") if key not in section]
    found += _unknown(section, "endpoint", [section.get("endpoint")], settings["endpoints"])
    found += _unknown(section, "stratum", section.get("strata", []), settings["strata"])
    ids = [str(entry.get("id")) for entry in section["decisions"]]
    found += [f"`sensitivity`: id `{name}` occurs twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
    found += [f"`sensitivity`: a decision can't be called `{name}`" for name in ids if name in COLUMNS or not IDENTIFIER.fullmatch(name)]
    for entry in section["decisions"]:
        found += _problems_of_decision(entry)
    if found:
        return found
    rest = {key: value for key, value in settings.items() if key != "sensitivity"}
    for entry in section["decisions"]:
        made: list[Any] = []
        for choice in entry["choices"]:
            where = f"decision `{entry['id']}`, choice `{choice['id']}`"
            found += [f"{where}: section `{key}` can't be changed" for key in FIXED if key in choice["change"]]
            found += [f"{where}: parameter `{name}` is unknown" for name in _new_parameters(choice["change"], settings)]
            changed = merged(rest, choice["change"])
            found += [f"{where}: it is the same as another choice"] if changed in made else []
            found += [f"{where}: {problem}" for problem in problems_of(changed)]
            made.append(changed)
    return found


def _unknown(section: Mapping[str, Any], kind: str, names: Any, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    known = {entry.get("id") for entry in entries}
    return [f"`sensitivity`: {kind} `{name}` is unknown" for name in (names if isinstance(names, list) else [names]) if name not in known]


def _problems_of_decision(entry: Mapping[str, Any]) -> list[str]:
    name = entry.get("id")
    found = [f"decision `{name}`: `{key}` is missing" for key in ("label", "choices") if key not in entry]
    choices = entry.get("choices") or []
    found += [] if choices else [f"decision `{name}`: it has no choices"]
    ids = [str(one.get("id")) for one in choices]
    found += [f"decision `{name}`: choice `{one}` occurs twice" for one in sorted({one for one in ids if ids.count(one) > 1})]
    for one in choices:
        if not isinstance(one.get("id"), str) or not CHOICE.fullmatch(one["id"]) or one["id"] == DEFAULT:
            found.append(f"decision `{name}`: a choice's id must be lower-case letters, digits and _ in quotes, and not `{DEFAULT}`")
        found += [f"decision `{name}`: choice `{one.get('id')}` lacks `{key}`" for key in ("label", "change") if key not in one]
        if not isinstance(one.get("change", {}), Mapping):
            found.append(f"decision `{name}`: the change of `{one.get('id')}` must name sections of the protocol")
    return found


def _new_parameters(change: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """A slip of the pen in a parameter's name would change nothing, in silence."""
    return [name for name in change.get("parameters", {}) if name not in settings["parameters"]]
