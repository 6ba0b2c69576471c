"""How the tables of a release overlap: what a reader can subtract across them.

Strata and the characteristics that they are defined by overlap. Their counts are sums over regions (patients, events and censored of
those in the same strata) and over profiles (patients with the same values of all characteristics that belong together), so every
difference between two tables is in the sums.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from analysis.disclosure.cells import STEP, Cell, Key, Sum
from analysis.disclosure.relations import ALL, MISSING, Item, class_events, events, groups_of, level_key, strata_of
from analysis.statistics.basics import Flags
from analysis.study.reading import Published
from analysis.study.tables import BASELINES, UNKNOWN

# Characteristics that say something of each other whatever the strata are.
RELATED = (("pd_l1_status", "pd_l1_level", "pd_l1_from_rebiopsy", "rebiopsied"),)


@dataclass(frozen=True)
class Group:
    """A set of patients that a table counts by arm: its key without the arm, and its members."""

    key: Key
    members: Flags


def items(results: Mapping[str, Any], published: Published) -> Iterator[Item]:
    """The events by regimen, the differences between tables, and the sums across them."""
    yield from regions(results, published)
    yield from regimens(results, published)
    yield from profiles(results, published)


def regions(results: Mapping[str, Any], published: Published) -> Iterator[Item]:
    """How strata overlap: the regions that they cut out of an arm, the events of each, and what a stratum has beyond one inside it."""
    strata = strata_of(results, published)
    patterns = np.array(list(strata.values())).T
    everybody = np.ones(len(published.cohort), dtype=bool)
    endpoints = dict.fromkeys(entry["endpoint"] for entry in results["analyses"])
    for group, mine in {ALL: everybody, **groups_of(results, published)}.items():
        occurring = [tuple(row) for row in np.unique(patterns[mine], axis=0)]
        members = {str(place): (patterns == pattern).all(axis=1) & mine for place, pattern in enumerate(occurring)}
        inside = {name: [str(place) for place, pattern in enumerate(occurring) if pattern[index]] for index, name in enumerate(strata)}
        counted = {("patients",): everybody} | {("events", endpoint): published.endpoint(endpoint)[1] for endpoint in endpoints}
        for kind, having in counted.items():
            for place, region in members.items():
                yield Cell(("region", *kind, place, group), int((region & having).sum()), is_shown=False)
            for name, places in inside.items():
                yield Sum((*kind, name, group), tuple(("region", *kind, place, group) for place in places))
            yield from differences({(*kind, name, group): within & mine & having for name, within in strata.items()})
        for endpoint in endpoints:
            for place, region in members.items():
                alive = ("region", "censored", endpoint, place, group)
                yield Cell(alive, int((region & ~published.endpoint(endpoint)[1]).sum()), is_shown=False)
                yield Sum(("region", "patients", place, group), (("region", "events", endpoint, place, group), alive))


def differences(sets: Mapping[Key, Flags]) -> Iterator[Item]:
    """What a set of patients has beyond another that lies inside it: a reader can subtract."""
    for (outer, wide), (inner, narrow) in permutations(sets.items(), 2):
        if narrow.any() and (narrow <= wide).all() and (narrow != wide).any():
            rest = ("beyond", *outer, *inner)
            yield from (Cell(rest, int((wide & ~narrow).sum()), is_shown=False), Sum(outer, (inner, rest)))
        elif outer < inner and (narrow == wide).all():
            yield Sum(outer, (inner,))


def regimens(results: Mapping[str, Any], published: Published) -> Iterator[Item]:
    """Events by class of regimen: the classes of an arm make up its events."""
    classes = published.cohort["regimen_class"].to_numpy().astype(str)
    arms = groups_of(results, published)
    for entry in results["by_regimen_class"]:
        endpoint = entry["endpoint"]
        _, had_event = published.endpoint(endpoint)
        for name, group in entry["classes"].items():
            alive = ("class_censored", endpoint, name)
            yield from (
                Cell(class_events(endpoint, name), group["events"], loss=STEP - 1, opens_figures=True),
                Cell(alive, group["n"] - group["events"], is_shown=False),
            )
            yield Sum(level_key("regimen_class", name, ALL), (class_events(endpoint, name), alive))
            inside = {
                arm: int((had_event & mine & (classes == name)).sum()) for arm, mine in arms.items() if (mine & (classes == name)).any()
            }
            for arm, count in inside.items():
                yield Cell((*class_events(endpoint, name), arm), count, is_shown=False)
            yield Sum(class_events(endpoint, name), tuple((*class_events(endpoint, name), arm) for arm in inside))
        for arm, mine in arms.items():
            present = [name for name in entry["classes"] if (mine & (classes == name)).any()]
            yield Sum(events(endpoint, "", arm), tuple((*class_events(endpoint, name), arm) for name in present))


def families(results: Mapping[str, Any]) -> list[tuple[set[str], list[str]]]:
    """Characteristics of Table 1 that belong together, each with the strata that are defined by them."""
    columns = {entry.column for entry in BASELINES if entry.kind != "number"}
    found: list[tuple[set[str], list[str]]] = [(set(related) & columns, []) for related in RELATED]
    for entry in results["protocol"]["strata"]:
        named = set(re.findall(r"\w+", str(entry["where"]))) & columns
        touching = [family for family in found if family[0] & named]
        apart = [family for family in found if not family[0] & named]
        whole = (named.union(*(family[0] for family in touching)), [name for family in touching for name in family[1]] + [entry["id"]])
        found = [*apart, whole] if named else found
    return found


def profiles(results: Mapping[str, Any], published: Published) -> Iterator[Item]:
    """Counts of strata and of the characteristics behind them, as sums over patients who are alike in all of these."""
    arms, strata = groups_of(results, published), strata_of(results, published)
    everybody = np.ones(len(published.cohort), dtype=bool)
    for number, (columns, named) in enumerate(families(results)):
        sets = [group for column in sorted(columns) for group in levels_of(results, published, column)]
        sets += [Group(("patients", name), strata[name]) for name in named if name in strata]
        patterns = np.array([group.members for group in sets]).T
        for arm, mine in {ALL: everybody, **arms}.items():
            occurring = [tuple(row) for row in np.unique(patterns[mine], axis=0)]
            for place, pattern in enumerate(occurring):
                count = int(((patterns == pattern).all(axis=1) & mine).sum())
                yield Cell(("profile", str(number), arm, str(place)), count, is_shown=False)
            for index, group in enumerate(sets):
                inside = tuple(("profile", str(number), arm, str(place)) for place, pattern in enumerate(occurring) if pattern[index])
                yield Sum((*group.key, arm), inside)
            everyone = {("patients", "", arm): mine}
            yield from differences(everyone | {(*group.key, arm): group.members & mine for group in sets})


def levels_of(results: Mapping[str, Any], published: Published, column: str) -> Sequence[Group]:
    """Who of the cohort is at each level of a characteristic, and whose is not recorded."""
    row = next(row for row in results["table_1"]["rows"] if row["column"] == column)
    series = published.cohort[column]
    known = (series.notna() & (series.astype(object) != UNKNOWN)).to_numpy(dtype=bool)
    values = series.astype(object).to_numpy()
    found = [Group(("table_1", column, str(level["level"])), (values == level["level"]) & known) for level in row["levels"]]
    return [*found, Group(("table_1", column, MISSING), ~known)]
