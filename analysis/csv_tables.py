"""The results as CSV files, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.publish import CURVE_COLUMNS, STATISTICS_COLUMNS, statistics_rows
from analysis.study.reading import Row
from analysis.words import NOT_ASSESSABLE, NOT_REACHED

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
MEDIAN_COLUMNS = ("n", "events", "median_months", "median_ci_lower", "median_ci_upper", "median_note")
RMST_COLUMNS = ("rmst_months", "rmst_ci_lower", "rmst_ci_upper")


def guarded(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: text that starts like one gets an apostrophe; numbers stay numbers."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """A CSV file (UTF-8, RFC 4180); None is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([guarded(row.get(column)) for column in columns] for row in rows)


def survival_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row an endpoint, stratum and arm."""
    for entry in results["analyses"]:
        for arm, group in entry["arms"].items():
            note = NOT_ASSESSABLE if entry["status"] == NOT_ASSESSABLE else NOT_REACHED if group["not_reached"] else ""
            yield {"endpoint": entry["endpoint"], "stratum": entry["stratum"], "arm": arm, **group, "median_note": note}


def comparison_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row an endpoint and stratum."""
    for entry in results["analyses"]:
        reasons = "; ".join(f"{key}: {reason}" for key, reason in entry["not_estimable"].items())
        yield {**entry, "note": NOT_ASSESSABLE if entry["status"] == NOT_ASSESSABLE else f"not estimable: {reasons}" if reasons else ""}


def at_risk_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """Numbers at risk as the figures print them."""
    for entry in results["analyses"]:
        table = entry.get("at_risk") or {"months": []}
        for arm in entry["arms"]:
            for months, count in zip(table["months"], table.get(arm, []), strict=True):
                yield {"endpoint": entry["endpoint"], "stratum": entry["stratum"], "arm": arm, "months": months, "at_risk": count}


def table_1_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row a characteristic, level and column of Table 1."""
    table = results["table_1"]
    for row in table["rows"]:
        levels: list[Row] = [*row["levels"], {"label": "Not recorded", "cells": row["missing"]}]
        for level in levels:
            for column in table["columns"]:
                where = {"characteristic": row["column"], "level": level["label"], "group": column["id"]}
                test = {"test": row["test"], "p_value": row["p"], "standardised_difference": row["smd"]}
                yield {**where, **level["cells"][column["id"]], **test}


def regimen_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row an endpoint and class of regimen."""
    for entry in results["by_regimen_class"]:
        for name, group in entry["classes"].items():
            note = NOT_REACHED if group["not_reached"] else ""
            yield {"endpoint": entry["endpoint"], "regimen_class": name, **group, "median_note": note, "reference": entry["reference"]}


def response_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row an arm and response, then the two rates."""
    for arm, group in results["response"]["arms"].items():
        for name, count in group["best_response"].items():
            yield {"arm": arm, "response": name, "count": count, "n": group["n"]}
        for name, test in results["response"]["comparisons"].items():
            rate = group[name]
            yield {"arm": arm, "response": name, **rate, "count": rate["n"], "n": group["n"], "test": test["test"], "p_value": test["p"]}


def follow_up_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """Median follow-up of everybody and by arm."""
    cohort = results["cohort"]
    for group, median in {"all": cohort["median_follow_up_months"], **cohort["median_follow_up_months_by_arm"]}.items():
        yield {"group": group, **median, "note": NOT_REACHED if median["not_reached"] else ""}


def further_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row an endpoint, stratum and further statistic."""
    for entry in results["analyses"]:
        for name, found in entry["further"].items():
            where = {"endpoint": entry["endpoint"], "stratum": entry["stratum"], "n": entry["n"], "events": entry["events"]}
            yield {**where, "statistic": name, **found, "note": reasons_of(found) or found["note"]}


def reasons_of(holder: Mapping[str, Any]) -> str:
    """Why something of a result is not estimable; empty where everything is."""
    reasons = "; ".join(f"{key}: {reason}" for key, reason in holder["not_estimable"].items())
    return f"not estimable: {reasons}" if reasons else ""


def subgroup_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row an endpoint, variable and level; the test of interaction is the variable's."""
    for forest in results["subgroups"]:
        for row in forest["rows"]:
            tested = {"interaction_test": row["interaction_test"], "interaction_p": row["interaction_p"]}
            for level in row["levels"]:
                counts = {f"{what}_{arm}": group[what] for arm, group in level["arms"].items() for what in ("n", "events")}
                where = {"endpoint": forest["endpoint"], "variable": row["variable"]}
                yield {**where, **level, **counts, **tested, "note": reasons_of(level)}


def multivariable_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row an endpoint, method and coefficient."""
    for entry in results["multivariable"]:
        for method in ("cox", *(["firth"] if entry["has_firth"] else [])):
            for row in entry["coefficients"]:
                where = {"endpoint": entry["endpoint"], "method": method, "n": entry["n"], "events": entry["events"]}
                named = {"covariate": row["id"], "level": row["level"], "reference": row["reference"]}
                yield {**where, **named, **row[method], "note": entry["not_estimable"].get(method, "")}


def weighted_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row an endpoint and kind of weights."""
    for entry in results["weighted"]:
        sizes = {f"effective_sample_size_{arm}": group["effective_sample_size"] for arm, group in entry["arms"].items()}
        yield {**entry, **sizes, "note": reasons_of(entry)}


def balance_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row a kind of weights and covariate, once: the balance is the same for every endpoint."""
    seen = set()
    for entry in results["weighted"]:
        if entry["method"] not in seen:
            seen.add(entry["method"])
            yield from ({"method": entry["method"], **row} for row in entry["balance"])


def competing_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row an endpoint, event and hazard ratio."""
    for entry in results["competing_risks"]:
        for row in entry["events"]:
            for kind in ("cause_specific", "subdistribution"):
                where = {"endpoint": entry["endpoint"], "event": row["event"], "n": row["n"], "events": row["events"]}
                yield {**where, "hazard": kind, **row[kind], "gray_p": row["gray_p"], "note": row["not_estimable"].get(kind, "")}


def conduct_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """Early events and treatment beyond progression, one row a measure and arm."""
    kinds = {f"early_{name}": kind for name, kind in results["early_events"]["kinds"].items()}
    for name, kind in {**kinds, "therapy_beyond_progression": results["beyond_progression"]}.items():
        for arm, group in kind["arms"].items():
            yield {"measure": name, "arm": arm, **group, "test": kind["test"], "p_value": kind["p"]}


def assessment_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """Frequency of assessments by arm, one row an arm and measure in days."""
    found = results["assessments"]
    for arm, group in found["arms"].items():
        whole = {key: group[key] for key in ("assessments", "patient_months", "per_three_months")}
        for measure, tested in found["tests"].items():
            where = {"arm": arm, "patients": group["n"], **whole, "measure": measure}
            yield {**where, **group[measure], "test": tested["test"], "p_value": tested["p"]}


def csv_tables(results: Mapping[str, Any]) -> dict[str, tuple[Iterable[Row], tuple[str, ...]]]:
    """Every CSV file by its name: rows and columns."""
    landmarks = next((tuple(key for key in group if key.startswith("survival_")) for group in first_groups(results)), ())
    groups = (*MEDIAN_COLUMNS, *RMST_COLUMNS, *landmarks)
    estimate = ("estimate", "ci_lower", "ci_upper")
    ratio = ("hazard_ratio", "hr_ci_lower", "hr_ci_upper")
    rmst = ("rmst_horizon_months", "rmst_difference_months", "rmst_difference_ci_lower", "rmst_difference_ci_upper", "rmst_difference_p")
    tests = ("log_rank_chi_square", "log_rank_p", "ph_test_chi_square", "ph_test_p")
    summary = ("n", "share", "median", "q1", "q3", "minimum", "maximum")
    described = tuple(name for name in summary if name != "share")
    tested = ("interaction_test", "interaction_p")
    interaction = ("ratio_of_hazard_ratios", "ratio_ci_lower", "ratio_ci_upper")
    arms = tuple(results["protocol"]["arms"])
    sizes = tuple(f"effective_sample_size_{arm}" for arm in arms)
    of_arms = tuple(f"{what}_{arm}" for arm in arms for what in ("n", "events"))
    return {
        "attrition": (results["attrition"], ("step", "criterion", "label", "patients_left", "patients_excluded")),
        "table_1": (table_1_rows(results), ("characteristic", "level", "group", *summary, "test", "p_value", "standardised_difference")),
        "survival": (survival_rows(results), ("endpoint", "stratum", "arm", *groups)),
        "comparisons": (
            comparison_rows(results),
            ("endpoint", "stratum", "n", "events", *ratio, *tests, *rmst, "note"),
        ),
        "numbers_at_risk": (at_risk_rows(results), ("endpoint", "stratum", "arm", "months", "at_risk")),
        "regimen_classes": (regimen_rows(results), ("endpoint", "regimen_class", *groups, *ratio, "reference")),
        "follow_up": (follow_up_rows(results), ("group", *estimate, "n", "censored", "note")),
        "response": (response_rows(results), ("arm", "response", "count", "n", *estimate, "test", "p_value")),
        "further_statistics": (
            further_rows(results),
            ("endpoint", "stratum", "n", "events", "statistic", *estimate, "test", "p", "note"),
        ),
        "interaction": (
            ({**entry, "strata": " | ".join(entry["strata"]), "note": reasons_of(entry)} for entry in results["interaction"]),
            ("endpoint", "strata", "n", "events", *interaction, "wald_p", *tested, "interaction_degrees", "note"),
        ),
        "subgroups": (
            subgroup_rows(results),
            ("endpoint", "variable", "level", "n", "events", *of_arms, *ratio, *tested, "note"),
        ),
        "multivariable": (
            multivariable_rows(results),
            ("endpoint", "method", "n", "events", "covariate", "level", "reference", *ratio, "test", "p", "note"),
        ),
        "weighted": (
            weighted_rows(results),
            ("endpoint", "method", "n", "events", *ratio, "test", "p", "e_value", "e_value_limit", *sizes, "note"),
        ),
        "balance": (balance_rows(results), ("method", "column", "label", "level", "before", "after")),
        "competing_risks": (
            competing_rows(results),
            ("endpoint", "event", "n", "events", "hazard", *ratio, "test", "p", "gray_p", "note"),
        ),
        "conduct": (conduct_rows(results), ("measure", "arm", "count", "n", "share", "ci_lower", "ci_upper", "test", "p_value")),
        "assessments": (
            assessment_rows(results),
            ("arm", "patients", "assessments", "patient_months", "per_three_months", "measure", *described, "test", "p_value"),
        ),
        "paper_comparison": (
            results["paper_comparison"],
            ("figure", "label", "unit", "paper", "ours", "paper_digits", "paper_printed", "ours_printed", "agrees"),
        ),
        "sensitivity": (sensitivity_rows(results), SENSITIVITY_COLUMNS),
        "not_assessable": (results["not_assessable"], ("kind", "id", "requires")),
        "statistics": (statistics_rows(results), tuple(STATISTICS_COLUMNS)),
        **{f"{endpoint}_curve": (rows, tuple(CURVE_COLUMNS)) for endpoint, rows in results["curves"].items()},
    }


def first_groups(results: Mapping[str, Any]) -> Iterator[Row]:
    """The results of the arms, to see which columns they have."""
    return (group for entry in results["analyses"] for group in entry["arms"].values())


def sensitivity_rows(results: Mapping[str, Any]) -> Iterator[Row]:
    """One row a stratum and alternative, every other decision at its default; the protocol's own first."""
    for entry in results["multiverse"].get("strata", ()):
        where = {"endpoint": results["multiverse"]["endpoint"], "stratum": entry["stratum"], "measure": entry["measure"]}
        yield {**where, "decision": "", "alternative": "default", **entry["default"], "log_hazard_ratio_change": 0.0}
        yield from ({**where, **row} for row in entry["one_at_a_time"])


SENSITIVITY_COLUMNS = (
    *("endpoint", "stratum", "measure", "decision", "alternative", "label", "patients", "n", "events", "exposed", "exposed_events"),
    *("hazard_ratio", "hr_ci_lower", "hr_ci_upper", "p_value", "test", "not_estimable", "log_hazard_ratio_change"),
)


def write_grid(folder: Path, table: Any, data: str) -> None:
    """multiverse.csv: every definition as the view `multiverse` has it; nothing where there is no such view."""
    if table is not None:
        table.assign(data=data).to_csv(folder / "multiverse.csv", index=False, float_format="%.8g", lineterminator="\r\n")


def write_tables(folder: Path, results: Mapping[str, Any]) -> list[Path]:
    """Writes every CSV file; each row says in its last column whether the data are synthetic or real. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (rows, columns) in csv_tables(results).items():
        written.append(folder / f"{name}.csv")
        write_csv(written[-1], ({**row, "data": results["data"]} for row in rows), (*columns, "data"))
    return written
