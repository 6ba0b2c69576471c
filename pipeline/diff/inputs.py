"""What went into two releases: batches, data cut-off, protocol, code, packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.diff.releases import Pair

NOTHING = "-"

Batch = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was, in words."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Inputs:
    """What differs and what doesn't; ``added`` and ``removed`` are batches as release.json has them."""

    changes: tuple[Change, ...]
    same: tuple[str, ...]
    added: tuple[Batch, ...]
    removed: tuple[Batch, ...]
    causes: tuple[str, ...]  # what moves a patient of whom no row is new


def compare_inputs(pair: Pair) -> Inputs:
    """The inputs of both releases, kind by kind."""
    before, after = pair.before.facts, pair.after.facts
    added, removed = _without(after["batches"], before["batches"]), _without(before["batches"], after["batches"])
    cut_offs = cut_off(before, pair.results_before["protocol"]), cut_off(after, pair.results_after["protocol"])
    kinds: dict[str, list[Change]] = {
        "data": _changed("data", before["data"], after["data"]),
        "source": _changed("source", before["source"], after["source"]),
        "batches": [
            *(Change("batch removed", described(batch), NOTHING) for batch in removed),
            *(Change("batch added", NOTHING, described(batch)) for batch in added),
        ],
        "data cut-off": _changed("data cut-off", *cut_offs),
        "protocol": list(_settings(pair.results_before["protocol"], pair.results_after["protocol"])),
        "code": _code(before["code"], after["code"]),
        "packages": list(_entries("package ", before["packages"], after["packages"])),
    }
    return Inputs(
        changes=tuple(change for changes in kinds.values() for change in changes),
        same=tuple(kind for kind, changes in kinds.items() if not changes),
        added=added,
        removed=removed,
        causes=tuple(_causes(kinds, removed)),
    )


def described(batch: Batch) -> str:
    """``2023-02-15_delta, delta, 1,204 rows``"""
    rows = sum(file["rows"] for file in batch["files"])
    return f"{batch['batch_id']}, {batch['mode']}, {rows:,} {'row' if rows == 1 else 'rows'}"


def cut_off(facts: Mapping[str, Any], protocol: Mapping[str, Any]) -> str:
    """The last day that counts: the protocol's, or the day of the newest export as written in it."""
    fixed = protocol["parameters"].get("data_cut_off")
    return str(fixed or facts["batches"][-1]["exported_at"][:10] or "not known")


def _without(batches: list[Batch], others: list[Batch]) -> tuple[Batch, ...]:
    # by content: a batch of the same name may hold other rows
    known = {batch["checksum"] for batch in others}
    return tuple(batch for batch in batches if batch["checksum"] not in known)


def _changed(what: str, before: str, after: str) -> list[Change]:
    return [] if before == after else [Change(what, before, after)]


def _code(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    return [] if before["sha256"] == after["sha256"] else [Change("code", _version(before), _version(after))]


def _version(code: Mapping[str, Any]) -> str:
    known = code["commit"] or "no commit"
    # of two dirty trees of one commit only the checksum tells the difference
    return f"{known} and changes, {code['sha256'][:8]}" if code["dirty"] else known


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    yield from _entries("", dict(flat(before)), dict(flat(after)))


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The settings of a protocol one by one: ``parameters.window_end``, ``criteria.adult.rule``; the order of entries is one too."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from flat(entry, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value and all(isinstance(entry, Mapping) and "id" in entry for entry in value):
        yield f"{path} in order", ", ".join(str(entry["id"]) for entry in value)
        for entry in value:
            rest = {key: part for key, part in entry.items() if key != "id"}
            yield from flat(rest, f"{path}.{entry['id']}")
    elif isinstance(value, list):
        yield path, ", ".join(map(str, value))
    else:
        yield path, "none" if value is None else str(value)


def _entries(prefix: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        yield from _changed(f"{prefix}{name}", before.get(name, NOTHING), after.get(name, NOTHING))


def _causes(kinds: Mapping[str, list[Change]], removed: tuple[Batch, ...]) -> Iterator[str]:
    for change in kinds["data cut-off"]:
        yield f"the data cut-off, which went from {change.before} to {change.after}"
    if removed:
        yield "the batches that are gone"
    if kinds["protocol"]:
        yield "the protocol"
    if kinds["code"]:
        yield "the code"
