"""The counts of a release and the sums inside its tables.

Arms make up the cohort, levels and responses an arm, steps the cohort flow; events and censored make up patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from analysis.disclosure.cells import HEADLINE, STEP, STRATUM, Cell, Key, Sum
from analysis.statistics.basics import Flags
from analysis.study.reading import Published, Row
from analysis.words import NOT_ASSESSABLE

ALL = "all"
MISSING = "missing"

Item = Cell | Sum


def patients(stratum: str, group: str) -> Key:
    """The patients of a stratum in an arm, or in all."""
    return ("patients", stratum, group)


def events(endpoint: str, stratum: str, group: str) -> Key:
    """The events of a stratum in an arm, or in all."""
    return ("events", endpoint, stratum, group)


def level_key(column: str, level: Any, group: str) -> Key:
    """The patients at a level of a characteristic of Table 1."""
    return ("table_1", column, str(level), group)


def class_events(endpoint: str, name: str) -> Key:
    """The events among the patients of a class of regimen."""
    return ("class_events", endpoint, name)


def response_key(arm: str, name: str) -> Key:
    """The patients of an arm with a response."""
    return ("response", arm, name)


def step_key(step: Any, what: str) -> Key:
    """The patients left after, or excluded at, a step of the cohort flow."""
    return ("attrition", str(step), what)


def rows_key(table: str, kind: str) -> Key:
    """The rows of a raw table that met a fate."""
    return ("rows", table, kind)


def censored_key(group: str) -> Key:
    """The patients of an arm, or of all, who are alive."""
    return ("follow_up", "censored", group)


def items(results: Mapping[str, Any], published: Published) -> Iterator[Item]:
    """Every count that an export shows, but the events by regimen, and the sums inside one table."""
    yield from cohort_flow(results)
    yield from accounts(results)
    yield from baseline(results)
    yield from responses(results)
    yield from outcomes(results, published)


def cohort_flow(results: Mapping[str, Any]) -> Iterator[Item]:
    """Who is left is who was left without who is excluded; the last step is the cohort."""
    steps = results["attrition"]
    for row in steps:
        is_end = row is steps[0] or row is steps[-1]
        yield Cell(step_key(row["step"], "left"), row["patients_left"], loss=HEADLINE if is_end else STEP)
        yield Cell(step_key(row["step"], "excluded"), row["patients_excluded"], loss=STEP - 1)
    for before, row in pairwise(steps):
        left, excluded = step_key(row["step"], "left"), step_key(row["step"], "excluded")
        yield Sum(step_key(before["step"], "left"), (left, excluded))
    yield Sum(step_key(steps[-1]["step"], "left"), (patients("", ALL),))


FATES = ("current_rows", "superseded_rows", "duplicate_rows", "retracted_rows", "quarantined_rows")


def accounts(results: Mapping[str, Any]) -> Iterator[Item]:
    """Rows as delivered are the rows of each fate; current patients are the source population and retired ids."""
    for row in results["reconciliation"]:
        table = row["table_name"]
        for kind in ("raw_rows", *FATES):
            yield Cell(rows_key(table, kind), row[kind])
        yield Sum(rows_key(table, "raw_rows"), tuple(rows_key(table, kind) for kind in FATES))
        source = results["attrition"][0]
        if table == "patients" and row["current_rows"] >= source["patients_left"]:
            yield Cell(("retired",), row["current_rows"] - source["patients_left"], is_shown=False)
            yield Sum(rows_key(table, "current_rows"), (step_key(source["step"], "left"), ("retired",)))


def baseline(results: Mapping[str, Any]) -> Iterator[Item]:
    """Table 1: the levels and the missing make up an arm, the arms make up a level."""
    groups = [column["id"] for column in results["table_1"]["columns"]]
    for column in results["table_1"]["columns"]:
        yield Cell(patients("", column["id"]), column["n"], loss=HEADLINE)
    yield Sum(patients("", ALL), tuple(patients("", group) for group in groups if group != ALL))
    for row in results["table_1"]["rows"]:
        levels = [*((level["level"], level["cells"]) for level in row["levels"]), (MISSING, row["missing"])]
        for level, cells in levels:
            for group in groups:
                is_class = row["column"] == "regimen_class" and group == ALL
                yield Cell(level_key(row["column"], level, group), cells[group]["n"], opens_figures=is_class)
            yield Sum(level_key(row["column"], level, ALL), tuple(level_key(row["column"], level, arm) for arm in groups if arm != ALL))
        for group in groups:
            yield Sum(patients("", group), tuple(level_key(row["column"], level, group) for level, _ in levels))


def responses(results: Mapping[str, Any]) -> Iterator[Item]:
    """Best responses make up an arm, and the two rates."""
    for arm, group in results["response"]["arms"].items():
        best = group["best_response"]
        for name, count in best.items():
            yield Cell(response_key(arm, name), count, loss=STEP - 1)
        yield Sum(patients("", arm), tuple(response_key(arm, name) for name in best))
        for name, parts in (("objective_response", ("CR", "PR")), ("disease_control", ("CR", "PR", "SD"))):
            yield Cell(response_key(arm, name), group[name]["n"], loss=STEP)
            yield Cell(response_key(arm, f"no {name}"), group["n"] - group[name]["n"], is_shown=False)
            yield Sum(response_key(arm, name), tuple(response_key(arm, part) for part in parts))
            yield Sum(patients("", arm), (response_key(arm, name), response_key(arm, f"no {name}")))


def assessable(results: Mapping[str, Any]) -> list[Row]:
    """The analyses that have numbers."""
    return [entry for entry in results["analyses"] if entry["status"] != NOT_ASSESSABLE]


def strata_of(results: Mapping[str, Any], published: Published) -> dict[str, Flags]:
    """Who of the cohort is in each stratum that has numbers; everybody first."""
    shown = {entry["stratum"] for entry in assessable(results)}
    everybody = {"": np.ones(len(published.cohort), dtype=bool)}
    return everybody | {entry.id: entry.members for entry in published.strata if entry.members is not None and entry.id in shown}


def groups_of(results: Mapping[str, Any], published: Published) -> dict[str, Flags]:
    """Who of the cohort is in each arm."""
    return {arm: published.arm(arm) for arm in results["cohort"]["by_arm"]}


def outcomes(results: Mapping[str, Any], published: Published) -> Iterator[Item]:
    """Patients and events of each stratum and arm, with who is censored and what one stratum has more than another."""
    strata, arms = strata_of(results, published), groups_of(results, published)
    everybody = np.ones(len(published.cohort), dtype=bool)
    for stratum, members in strata.items():
        loss = HEADLINE if members.all() else STRATUM
        for group, mine in {ALL: everybody, **arms}.items():
            yield Cell(patients(stratum, group), int((members & mine).sum()), loss=loss, opens_figures=bool(stratum) and group != ALL)
        yield Sum(patients(stratum, ALL), tuple(patients(stratum, arm) for arm in arms))
    for endpoint in dict.fromkeys(entry["endpoint"] for entry in results["analyses"]):
        _, had_event = published.endpoint(endpoint)
        for stratum, members in strata.items():
            for group, mine in {ALL: everybody, **arms}.items():
                inside = members & mine
                # the events of the whole cohort stand in the stratum of everybody, if the protocol has one
                key, count = events(endpoint, stratum, group), int((inside & had_event).sum())
                counted = Cell(key, count, is_shown=bool(stratum), loss=STEP, opens_figures=bool(stratum) and group != ALL)
                alive = ("censored", endpoint, stratum, group)
                yield from (counted, Cell(alive, int((inside & ~had_event).sum()), is_shown=False))
                yield Sum(patients(stratum, group), (counted.key, alive))
            yield Sum(events(endpoint, stratum, ALL), tuple(events(endpoint, stratum, arm) for arm in arms))
    if "os" in {entry["endpoint"] for entry in results["analyses"]}:
        for group in (ALL, *arms):
            yield Cell(
                censored_key(group),
                int((~published.endpoint("os")[1] & arms.get(group, everybody)).sum()),
                loss=STEP - 1,
                opens_figures=True,
            )
            yield Sum(("censored", "os", "", group), (censored_key(group),))
