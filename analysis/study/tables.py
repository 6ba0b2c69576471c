"""Table 1 by arm and the tables of response, as plain data that JSON, CSV and the report share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.statistics.basics import Flags, Floats, NamedP
from analysis.statistics.contingency import counts_by_level, independence
from analysis.statistics.differences import mean_difference, rank_sum, share_difference
from analysis.statistics.proportions import clopper_pearson, risk_difference
from analysis.study.reading import Published, Row, numbers
from analysis.words import NOT_ASSESSABLE, level_label

Kind = Literal["number", "levels", "flag"]


@dataclass(frozen=True)
class Baseline:
    """A row group of Table 1. `levels` gives their order; others that occur follow it. `is_tested` is false for what defines the arms."""

    column: str
    label: str
    kind: Kind
    levels: tuple[Any, ...] = ()
    unit: str = ""
    is_tested: bool = True


BASELINES = (
    Baseline("age_at_index", "Age at index", "number", unit="years"),
    Baseline("sex", "Sex", "levels", ("female", "male")),
    Baseline("smoking", "Smoking", "levels", ("never", "ever")),
    Baseline("ecog_at_index", "ECOG performance status", "levels"),
    Baseline("histology_class", "Histology", "levels"),
    Baseline("brain_metastasis", "Brain metastasis coded", "flag"),
    Baseline("pd_l1_status", "PD-L1", "levels", ("positive", "negative")),
    Baseline("pd_l1_level", "PD-L1 level (TPS, %)", "levels", ("<1", "1-49", ">=50")),
    Baseline("rebiopsied", "Re-biopsied after resistance", "flag"),
    Baseline("pd_l1_from_rebiopsy", "PD-L1 measured on the re-biopsy", "flag"),
    Baseline("prior_alk_tki_count", "Prior ALK-TKIs", "levels"),
    Baseline("prior_alk_tki_generation", "Highest generation of a prior ALK-TKI", "levels"),
    Baseline("prior_lines", "Prior lines of therapy", "number"),
    Baseline("days_from_resistance", "From resistance to index", "number", unit="days"),
    Baseline("tki_continued", "ALK-TKI in the index regimen", "flag"),
    Baseline("index_year", "Year of the index date", "levels"),
    Baseline(
        "regimen_class",
        "Class of the index regimen",
        "levels",
        ("ici_mono", "ici_chemo", "ici_antiangiogenic", "ici_chemo_antiangiogenic", "chemo", "chemo_antiangiogenic"),
        is_tested=False,
    ),
)
UNKNOWN = "unknown"
RESPONSES = ("CR", "PR", "SD", "PD", "NE")


def summary_of(values: Floats) -> Row:
    """n, median, quartiles (R's type 7) and range; None without values."""
    if not values.size:
        return {"n": 0, "median": None, "q1": None, "q3": None, "minimum": None, "maximum": None}
    lowest, q1, median, q3, highest = (float(value) for value in np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))
    return {"n": int(values.size), "median": median, "q1": q1, "q3": q3, "minimum": lowest, "maximum": highest}


def share_of(count: int | np.integer, n: int | np.integer) -> Row:
    """A count and its share of `n`."""
    return {"n": int(count), "share": float(count / n) if n else None}


def test_of(tested: NamedP | None) -> Row:
    """A test as data."""
    return {"test": tested.test if tested else None, "p": tested.p if tested else None}


def table_1(published: Published, arms: Mapping[str, str]) -> Row:
    """Baseline characteristics of all patients and by arm.

    Shares are of all patients of the column. Tests and standardised differences compare the first two arms, on known values.
    """
    cohort = published.cohort.assign(days_from_resistance=-published.cohort["resistance_day"])
    columns: dict[str, Flags] = {"all": np.ones(len(cohort), dtype=bool), **{arm: published.arm(arm) for arm in arms}}
    return {
        "columns": [
            {"id": name, "label": {"all": "All patients", **arms}[name], "n": int(members.sum())} for name, members in columns.items()
        ],
        "rows": [baseline_row(cohort[entry.column], entry, columns, list(arms)) for entry in BASELINES],
    }


def baseline_row(series: pd.Series, entry: Baseline, columns: Mapping[str, Flags], arms: Sequence[str]) -> Row:
    """One characteristic: its cells by level and column, its test and standardised difference."""
    known = (series.notna() & (series.astype(object) != UNKNOWN)).to_numpy(dtype=bool)
    values = series.astype(object).to_numpy()
    missing = {name: share_of((members & ~known).sum(), members.sum()) for name, members in columns.items()}
    row: Row = {"column": entry.column, "label": entry.label, "kind": entry.kind, "unit": entry.unit, "known": int(known.sum())}
    tested: NamedP | None
    if entry.kind == "number":
        cells = {name: summary_of(numbers(series[members])) for name, members in columns.items()}
        row["levels"] = [{"level": None, "label": "Median (quartiles)", "cells": cells}]
        samples = [numbers(series[columns[arm] & known]) for arm in arms[:2]]
        tested, gap = rank_sum(*samples), mean_difference(*samples)
    else:
        levels = [True, False] if entry.kind == "flag" else levels_of(values[known], entry.levels)
        row["levels"] = [
            {
                "level": plain_level(level),
                "label": level_label(entry.column, level),
                "cells": {name: share_of((values[known & members] == level).sum(), members.sum()) for name, members in columns.items()},
            }
            for level in levels
        ]
        either = known & (columns[arms[0]] | columns[arms[1]])
        counts = counts_by_level(levels, values[either], columns[arms[0]][either])
        tested, gap = independence(counts), share_difference(counts)
    return row | {"missing": missing, **test_of(tested if entry.is_tested else None), "smd": gap if entry.is_tested else None}


def levels_of(values: np.ndarray, order: tuple[Any, ...]) -> list[Any]:
    """The levels that occur, in the given order, then others sorted."""
    found = set(values)
    return [level for level in order if level in found] + sorted(found - set(order))


def plain_level(level: Any) -> Any:
    """A level as JSON can carry it: whole numbers lose the decimal point that a column with gaps gave them."""
    return int(level) if isinstance(level, (int, float, np.number)) and not isinstance(level, bool) else level


def response(published: Published, arms: Mapping[str, str], level: float) -> Row:
    """Best response by arm, with objective response and disease control among all patients of the arm (exact intervals).

    Where the source can't grade a response, its status is "not assessable" and it holds no arm.
    """
    unavailable = [row for row in published.not_assessable if row["id"] == "best_response"]
    if unavailable:
        return {"status": NOT_ASSESSABLE, "requires": unavailable[0]["requires"], "arms": {}, "comparisons": {}}
    best = published.cohort["best_response"].to_numpy()
    members = {arm: published.arm(arm) for arm in arms}
    measures = {"objective_response": ("CR", "PR"), "disease_control": ("CR", "PR", "SD")}
    reached = {name: np.isin(best.astype(str), responses) for name, responses in measures.items()}
    result: Row = {"arms": {}, "comparisons": {}}
    for arm, mine in members.items():
        n = int(mine.sum())
        result["arms"][arm] = {"n": n, "best_response": {name: int((best[mine] == name).sum()) for name in RESPONSES}}
        for name, yes in reached.items():
            count = int((yes & mine).sum())
            share = clopper_pearson(count, n, level)
            bounds = (share.value, share.lower, share.upper) if n else (None, None, None)
            result["arms"][arm][name] = {"n": count, **dict(zip(("estimate", "ci_lower", "ci_upper"), bounds, strict=True))}
    first, second = list(arms)[:2]
    either = members[first] | members[second]
    for name, yes in reached.items():
        tested = test_of(independence(counts_by_level([True, False], yes[either], members[first][either])))
        result["comparisons"][name] = tested | difference_of(result["arms"][first], result["arms"][second], name, level)
    return result


def difference_of(first: Row, second: Row, name: str, level: float) -> Row:
    """The first arm's rate less the second's, with Newcombe's interval; None where an arm has nobody."""
    if not (first["n"] and second["n"]):
        return dict.fromkeys(("difference", "difference_ci_lower", "difference_ci_upper"))
    gap = risk_difference(first[name]["n"], first["n"], second[name]["n"], second["n"], level)
    return {"difference": gap.value, "difference_ci_lower": gap.lower, "difference_ci_upper": gap.upper}


def end_reasons(published: Published, arms: Mapping[str, str]) -> Row:
    """How the follow-up for progression-free survival ended, by arm."""
    reasons = published.cohort["pfs_end_reason"]
    return {
        arm: {reason: share_of(int((reasons[published.arm(arm)] == reason).sum()), int(published.arm(arm).sum())) for reason in END_REASONS}
        for arm in arms
    }


END_REASONS = ("progression", "death", "next_line", "last_assessment")
