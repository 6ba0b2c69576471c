"""Who is in the cohort of two releases, and what is known of who is in both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

NO_CANDIDATE = ""


@dataclass(frozen=True)
class Step:
    """A step of the cohort flow; ``left`` is None where a release has no such step."""

    label: str
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Mover:
    """A patient who came or left. ``criterion`` excluded them while they were out; it is empty where they were no candidate."""

    patient_key: str
    has_come: bool
    criterion: str


@dataclass(frozen=True)
class Fact:
    """A published column of a patient who is in both cohorts, or an endpoint, before and after."""

    patient_key: str
    name: str
    before: object
    after: object


@dataclass(frozen=True)
class State:
    """The cohort of one release. ``endpoints`` are by patient and endpoint, in words; ``labels`` are of the criteria."""

    steps: dict[str, int]
    labels: dict[str, str]
    facts: dict[str, dict[str, Any]]
    endpoints: dict[str, dict[str, str]]


def read_state(connection: duckdb.DuckDBPyConnection, endpoints: Iterable[str]) -> State:
    """The cohort of the release that the connection is to; its columns ``<endpoint>_...`` are left to the view of the endpoints."""
    steps = connection.execute("select criterion, label, patients_left from published.attrition order by step").fetchall()
    cursor = connection.execute("select * from published.cohort order by patient_key")
    names = [column[0] for column in cursor.description or ()]
    prefixes = tuple(f"{endpoint}_" for endpoint in endpoints)
    kept = [place for place, name in enumerate(names) if name != "patient_key" and not name.startswith(prefixes)]
    key = names.index("patient_key")
    facts = {row[key]: {names[place]: row[place] for place in kept} for row in cursor.fetchall()}
    times: dict[str, dict[str, str]] = {}
    for patient_key, endpoint, days, is_event, reason in connection.execute(
        "select patient_key, endpoint, days, is_event, end_reason from published.endpoints order by patient_key, endpoint"
    ).fetchall():
        times.setdefault(patient_key, {})[endpoint] = end_in_words(days, is_event, reason)
    return State(
        steps={criterion: left for criterion, _, left in steps},
        labels={criterion: label for criterion, label, _ in steps},
        facts=facts,
        endpoints=times,
    )


def end_in_words(days: int | None, is_event: bool, reason: str) -> str:
    """``day 100, progression`` or ``day 200, censored at last_assessment``"""
    return f"day {'unknown' if days is None else days}, {'' if is_event else 'censored at '}{reason}"


def moved_steps(before: State, after: State) -> list[Step]:
    """The steps that other numbers of patients are left at, in the order of the later release."""
    return [
        Step(after.labels.get(name) or before.labels[name], before.steps.get(name), after.steps.get(name))
        for name in dict.fromkeys([*after.steps, *before.steps])
        if before.steps.get(name) != after.steps.get(name)
    ]


def movers(before: State, after: State, was: duckdb.DuckDBPyConnection, now: duckdb.DuckDBPyConnection) -> list[Mover]:
    """Who came, then who left, by key; the criterion is that of the release in which they are out."""
    came, left = sorted(after.facts.keys() - before.facts.keys()), sorted(before.facts.keys() - after.facts.keys())
    excluded_before, excluded_now = excluded_by(was, came), excluded_by(now, left)
    return [
        *(Mover(key, True, excluded_before.get(key, NO_CANDIDATE)) for key in came),
        *(Mover(key, False, excluded_now.get(key, NO_CANDIDATE)) for key in left),
    ]


def excluded_by(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> dict[str, str]:
    """The first criterion that fails, for those of the patients that are candidates."""
    return dict(
        connection.execute(
            "select patient_key, excluded_by from published.eligibility where patient_key in (select unnest(?::varchar[]))", [list(keys)]
        ).fetchall()
    )


def moved_facts(before: State, after: State) -> list[Fact]:
    """Every published column that differs, of patients of both cohorts; a column of one release alone is no difference of patients."""
    return [
        Fact(key, name, was, now[name])
        for key, now in after.facts.items()
        for name, was in before.facts.get(key, {}).items()
        if name in now and was != now[name]
    ]


def moved_endpoints(before: State, after: State) -> list[Fact]:
    """Every endpoint that ends on another day or for another reason, of patients of both cohorts."""
    return [
        Fact(key, name, was, after.endpoints[key][name])
        for key, ends in before.endpoints.items()
        for name, was in ends.items()
        if name in after.endpoints.get(key, {}) and was != after.endpoints[key][name]
    ]


def value_in_words(value: object) -> str:
    """A published value as it prints."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def share_keys(before: duckdb.DuckDBPyConnection, after: duckdb.DuckDBPyConnection, states: tuple[State, State]) -> bool:
    """Whether the keys of both releases are of one kind: True unless both have candidates and no key is in both."""
    first, second = states
    if first.facts.keys() & second.facts.keys():
        return True
    keys = [{key for (key,) in one.execute("select patient_key from published.eligibility").fetchall()} for one in (before, after)]
    return not all(keys) or bool(keys[0] & keys[1])


def criterion_in_words(state: State, criterion: str) -> str:
    """``Advanced disease (advanced)``"""
    return f"{state.labels.get(criterion, criterion)} ({criterion})"


def counts(facts: Iterable[Fact]) -> Mapping[str, int]:
    """How many patients each column or endpoint moved for, the most first."""
    found: dict[str, int] = {}
    for fact in facts:
        found[fact.name] = found.get(fact.name, 0) + 1
    return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0])))
