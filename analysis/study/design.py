"""The protocol's covariates as columns of numbers, for the multivariable model and the propensity score.

Who lacks a covariate takes no part (complete cases); how many that are, and for which covariate, is said. A status that was never
tested can be a level of its own: the protocol's `by` decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.statistics.basics import Flags, Floats
from analysis.study.reading import Published


@dataclass(frozen=True)
class Column:
    """One coefficient: a number (`level` None), or a level against the reference."""

    id: str
    label: str
    level: str | None
    reference: str | None


@dataclass(frozen=True)
class Design:
    """The covariates of the complete cases.

    `matrix`: (complete cases, columns). `complete`: who of the cohort is one. `missing`: how many of the cohort lack each covariate.
    `left_out`: covariates that can't be used, with the reason.
    """

    columns: tuple[Column, ...]
    matrix: Floats
    complete: Flags
    missing: Mapping[str, int]
    left_out: Mapping[str, str]


def design(published: Published, covariates: Sequence[Mapping[str, Any]]) -> Design:
    """The columns of every covariate that varies among the complete cases."""
    unavailable = {row["requires"] for row in published.not_assessable}
    missing: dict[str, int] = {}
    left_out: dict[str, str] = {}
    usable = []
    for entry in covariates:
        lacks = np.array([one is None for one in published.expressions[entry.get("by") or entry["value"]]], dtype=bool)
        if entry.get("requires") in unavailable or (lacks.size and lacks.all()):
            left_out[entry["label"]] = "not recorded in this source"
            continue
        missing[entry["label"]] = int(lacks.sum())
        usable.append((entry, lacks))
    complete = ~np.logical_or.reduce([lacks for _, lacks in usable]) if usable else np.ones(len(published.cohort), dtype=bool)
    columns: list[Column] = []
    vectors: list[Floats] = []
    for entry, _ in usable:
        made = covariate_columns(entry, published, complete)
        if not made:
            left_out[entry["label"]] = "one value only"
        columns += [column for column, _ in made]
        vectors += [vector for _, vector in made]
    matrix = np.column_stack(vectors) if vectors else np.empty((int(complete.sum()), 0))
    return Design(tuple(columns), matrix, complete, missing, left_out)


def covariate_columns(entry: Mapping[str, Any], published: Published, complete: Flags) -> list[tuple[Column, Floats]]:
    """The columns of one covariate among the complete cases; none where it has one value."""
    if "value" in entry:
        values = published.values(entry["value"])[complete]
        varies = values.size and np.ptp(values) > 0
        return [(Column(entry["id"], entry["label"], None, None), values)] if varies else []
    labels = published.levels(entry["by"])[complete].astype(str)
    found, counts = np.unique(labels, return_counts=True)
    if found.size < 2:
        return []
    # where nobody has the protocol's level of reference, the commonest stands for it
    reference = str(entry.get("reference"))
    reference = reference if reference in found else str(found[np.argmax(counts)])
    others = [str(level) for level in found if level != reference]
    return [(Column(entry["id"], entry["label"], level, reference), (labels == level).astype(float)) for level in others]
