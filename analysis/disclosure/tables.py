"""The tables that leave, with a word where a number doesn't.

A count is shown as `suppress` decided. A figure computed from patients is shown where more than `most` patients and more than `most`
events are behind it, for a comparison in both arms; a share, an interval of a share, a test of counts only where all its counts are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.disclosure import relations as known_as
from analysis.disclosure.cells import Counts, Key
from analysis.disclosure.curves import Point
from analysis.disclosure.suppress import Reason, Suppressed
from analysis.study.paper import paper_figures
from analysis.study.reading import Row
from analysis.words import NOT_ASSESSABLE, NOT_REACHED, p_value

WORD = "suppressed"
MONTHS, SHARES, RATIOS = 1, 3, 2  # decimals


@dataclass(frozen=True)
class Hidden:
    """In the place of a number that is left out."""

    reason: Reason


DERIVED = Hidden(Reason.DERIVED)


@dataclass(frozen=True)
class Sheet:
    """A table: its columns, of which the first `named` name a row, and its rows."""

    columns: tuple[str, ...]
    named: int
    rows: tuple[Row, ...]

    def printed(self) -> list[Row]:
        """The rows as they leave."""
        return [{name: WORD if isinstance(row.get(name), Hidden) else row.get(name) for name in self.columns} for row in self.rows]

    def hidden(self) -> Iterator[tuple[str, str, Reason]]:
        """Row, column and reason of each number that is left out."""
        for row in self.rows:
            place = " / ".join(str(row[name]) for name in self.columns[: self.named])
            yield from ((place, name, row[name].reason) for name in self.columns if isinstance(row.get(name), Hidden))


@dataclass(frozen=True)
class Judged:
    """The results of a release, what of its counts is left out, and the points of its curves by endpoint, stratum and arm."""

    results: Mapping[str, Any]
    counts: Counts
    suppressed: Suppressed
    most: int
    points: Mapping[tuple[str, str, str], Sequence[Point]]

    def count(self, key: Key) -> int | Hidden:
        """A count, if it is shown."""
        reason = self.suppressed.reasons.get(key)
        return self.counts.cells[key].value if reason is None else Hidden(reason)

    def allows(self, *groups: Mapping[str, Any]) -> bool:
        """Whether figures of these groups are shown."""
        return all(group["n"] > self.most and group["events"] > self.most for group in groups)


def rounded(value: float | None, digits: int) -> float | None:
    """A figure with the decimals that leave."""
    return None if value is None else round(value, digits)


def figures(holder: Mapping[str, Any], digits: Mapping[str, int], is_allowed: bool) -> Row:
    """Figures of a result by their names, rounded, or left out."""
    return {name: rounded(holder[name], count) if is_allowed else DERIVED for name, count in digits.items()}


def limits(name: str, prefix: str, digits: int) -> dict[str, int]:
    """An estimate and its limits."""
    return dict.fromkeys((name, f"{prefix}_ci_lower", f"{prefix}_ci_upper"), digits)


MEDIAN = limits("median_months", "median", MONTHS)
RMST = limits("rmst_months", "rmst", MONTHS)
RATIO = limits("hazard_ratio", "hr", RATIOS)
RMST_DIFFERENCE = limits("rmst_difference_months", "rmst_difference", MONTHS)


def attrition(judged: Judged) -> Sheet:
    """The cohort flow."""
    rows = [
        {
            **{name: row[name] for name in ("step", "criterion", "label")},
            "patients_left": judged.count(known_as.step_key(row["step"], "left")),
            "patients_excluded": judged.count(known_as.step_key(row["step"], "excluded")),
        }
        for row in judged.results["attrition"]
    ]
    return Sheet(("step", "criterion", "label", "patients_left", "patients_excluded"), 2, tuple(rows))


def table_1(judged: Judged) -> Sheet:
    """Baseline characteristics. No least and greatest value: each is a patient's."""
    rows: list[Row] = []
    columns = [column["id"] for column in judged.results["table_1"]["columns"]]
    for entry in judged.results["table_1"]["rows"]:
        levels = [*((level["level"], level["label"], level["cells"]) for level in entry["levels"])]
        levels.append((known_as.MISSING, "Not recorded", entry["missing"]))
        mine = [baseline_cell(judged, entry, level, label, cells, group) for level, label, cells in levels for group in columns]
        is_whole = not any(isinstance(value, Hidden) for row in mine for value in row.values())
        tests = {"test": entry["test"], "p_value": printed_p(entry["p"]), "standardised_difference": rounded(entry["smd"], RATIOS)}
        tests |= {name: DERIVED for name in ("p_value", "standardised_difference") if not is_whole and tests[name] is not None}
        rows += [row | tests for row in mine]
    named = ("characteristic", "level", "group")
    return Sheet((*named, "n", "share", "median", "q1", "q3", "test", "p_value", "standardised_difference"), 3, tuple(rows))


def baseline_cell(judged: Judged, entry: Row, level: Any, label: str, cells: Row, group: str) -> Row:
    """One level of one characteristic in one column. A quantile needs more than `most` patients on either side."""
    cell, count = cells[group], judged.count(known_as.level_key(entry["column"], level, group))
    row: Row = {"characteristic": entry["column"], "level": label, "group": group, "n": count}
    if "share" in cell:
        total = judged.count(known_as.patients("", group))
        row["share"] = DERIVED if isinstance(count, Hidden) or isinstance(total, Hidden) else rounded(cell["share"], SHARES)
        return row
    for name, parts in (("median", 2), ("q1", 4), ("q3", 4)):
        is_shown = not isinstance(count, Hidden) and (not cell["n"] or cell["n"] >= parts * (judged.most + 1))
        row[name] = rounded(cell[name], MONTHS) if is_shown else DERIVED
    return row


def printed_p(p: float | None) -> str | None:
    """A P as it is printed: few digits."""
    return None if p is None else p_value(p)


def survival(judged: Judged) -> Sheet:
    """Patients, events and figures by endpoint, stratum and arm. Survival at a month only where the coarsened curve shows that month."""
    landmarks = [int(months) for months in judged.results["protocol"]["analysis"]["landmark_months"]]
    rows = [survival_row(judged, entry, arm, landmarks) for entry in judged.results["analyses"] for arm in entry["arms"]]
    named = ("endpoint", "stratum", "arm")
    names = (*MEDIAN, *RMST, *(f"survival_{months}_months" for months in landmarks), "note")
    return Sheet((*named, "n", "events", *names), 3, tuple(rows))


def survival_row(judged: Judged, entry: Row, arm: str, landmarks: Sequence[int]) -> Row:
    """One arm of one analysis."""
    endpoint, stratum, group = entry["endpoint"], entry["stratum"], entry["arms"][arm]
    row: Row = {"endpoint": endpoint, "stratum": stratum, "arm": arm}
    if entry["status"] == NOT_ASSESSABLE:
        return row | {"note": NOT_ASSESSABLE}
    row |= {"n": judged.count(known_as.patients(stratum, arm)), "events": judged.count(known_as.events(endpoint, stratum, arm))}
    is_allowed = judged.allows(group)
    # a horizon that is not the protocol's is the last day of a patient
    is_shared = is_allowed and entry["rmst_horizon_months"] == judged.results["protocol"]["analysis"]["rmst_months"]
    row |= figures(group, MEDIAN, is_allowed) | figures(group, RMST, is_shared)
    shown = {point.months: point.printed for point in judged.points.get((endpoint, stratum, arm), ())}
    row |= {f"survival_{months}_months": shown.get(months, DERIVED) for months in landmarks}
    return row | {"note": NOT_REACHED if is_allowed and group["not_reached"] else None}


def comparisons(judged: Judged) -> Sheet:
    """The arms against each other."""
    rows = [comparison_row(judged, entry) for entry in judged.results["analyses"]]
    names = (*RATIO, "log_rank_p", "ph_test_p", *RMST_DIFFERENCE, "note")
    return Sheet(("endpoint", "stratum", "n", "events", *names), 2, tuple(rows))


def comparison_row(judged: Judged, entry: Row) -> Row:
    """One endpoint in one stratum."""
    endpoint, stratum = entry["endpoint"], entry["stratum"]
    row: Row = {"endpoint": endpoint, "stratum": stratum}
    if entry["status"] == NOT_ASSESSABLE:
        return row | {"note": NOT_ASSESSABLE}
    group = known_as.ALL
    row |= {"n": judged.count(known_as.patients(stratum, group)), "events": judged.count(known_as.events(endpoint, stratum, group))}
    is_allowed = judged.allows(*entry["arms"].values())
    row |= figures(entry, RATIO, is_allowed)
    row |= {name: printed_p(entry[name]) if is_allowed else DERIVED for name in ("log_rank_p", "ph_test_p")}
    is_shared = is_allowed and entry["rmst_horizon_months"] == judged.results["protocol"]["analysis"]["rmst_months"]
    return row | figures(entry, RMST_DIFFERENCE, is_shared)


def adjusted(judged: Judged) -> Sheet:
    """The effect of treatment adjusted for covariates: by regression, by weights, and its interaction. No counts: how many lack a
    covariate is a small number."""
    rows: list[Row] = []
    for entry in judged.results["multivariable"]:
        for method in ("cox", *(["firth"] if entry["has_firth"] else [])):
            rows.append(adjusted_row(judged, entry, f"multivariable_{method}", entry["coefficients"][0][method]))
    for entry in judged.results["weighted"]:
        rows.append(adjusted_row(judged, entry, f"weighted_{entry['method']}", entry))
    return Sheet(("endpoint", "method", *RATIO, "test", "p_value"), 2, tuple(rows))


def adjusted_row(judged: Judged, entry: Row, method: str, holder: Mapping[str, Any]) -> Row:
    """One hazard ratio, where enough patients and events of both arms are behind it."""
    is_allowed = len(entry["arms"]) > 1 and judged.allows(*entry["arms"].values())
    row: Row = {"endpoint": entry["endpoint"], "method": method, "test": holder["test"]}
    row |= figures(holder, RATIO, is_allowed)
    return row | {"p_value": printed_p(holder["p"]) if is_allowed else DERIVED}


def regimen_classes(judged: Judged) -> Sheet:
    """The figures by class of the index regimen."""
    rows: list[Row] = []
    for entry in judged.results["by_regimen_class"]:
        reference = entry["classes"].get(entry["reference"], {"n": 0, "events": 0})
        for name, group in entry["classes"].items():
            row: Row = {"endpoint": entry["endpoint"], "regimen_class": name, "reference": entry["reference"]}
            row["n"] = judged.count(known_as.level_key("regimen_class", name, known_as.ALL))
            row["events"] = judged.count(known_as.class_events(entry["endpoint"], name))
            row |= figures(group, MEDIAN, judged.allows(group))
            row |= figures(group, RATIO, judged.allows(group, reference) or name == entry["reference"])
            rows.append(row | {"note": NOT_REACHED if judged.allows(group) and group["not_reached"] else None})
    return Sheet(("endpoint", "regimen_class", "n", "events", *MEDIAN, *RATIO, "reference", "note"), 2, tuple(rows))


def response(judged: Judged) -> Sheet:
    """Best response by arm, and the two rates with their exact intervals."""
    rows: list[Row] = []
    arms = judged.results["response"]["arms"]
    for arm, group in arms.items():
        n = judged.count(known_as.patients("", arm))
        for name in (*group["best_response"], *judged.results["response"]["comparisons"]):
            count = judged.count(known_as.response_key(arm, name))
            row: Row = {"arm": arm, "response": name, "count": count, "n": n}
            if (test := judged.results["response"]["comparisons"].get(name)) is not None:
                is_shown = not isinstance(count, Hidden) and not isinstance(n, Hidden)
                row |= figures(group[name], dict.fromkeys(("estimate", "ci_lower", "ci_upper"), SHARES), is_shown)
                every = [judged.count(known_as.response_key(other, name)) for other in arms]
                is_tested = not any(isinstance(value, Hidden) for value in every)
                row |= {"test": test["test"], "p_value": printed_p(test["p"]) if is_tested else DERIVED}
            rows.append(row)
    return Sheet(("arm", "response", "count", "n", "estimate", "ci_lower", "ci_upper", "test", "p_value"), 2, tuple(rows))


def follow_up(judged: Judged) -> Sheet:
    """Median follow-up by reverse Kaplan-Meier, whose events are the patients who are alive."""
    cohort = judged.results["cohort"]
    rows: list[Row] = []
    for group, median in {known_as.ALL: cohort["median_follow_up_months"], **cohort["median_follow_up_months_by_arm"]}.items():
        is_allowed = judged.allows({"n": median["n"], "events": median["censored"]})
        row: Row = {"group": group, **figures(median, dict.fromkeys(("estimate", "ci_lower", "ci_upper"), MONTHS), is_allowed)}
        row |= {"n": judged.count(known_as.patients("", group)), "censored": judged.count(known_as.censored_key(group))}
        rows.append(row | {"note": NOT_REACHED if is_allowed and median["not_reached"] else None})
    return Sheet(("group", "estimate", "ci_lower", "ci_upper", "n", "censored", "note"), 1, tuple(rows))


def reconciliation(judged: Judged) -> Sheet:
    """Rows of each raw table; a row can be a patient, so that small counts are left out here too."""
    kinds = ("raw_rows", *known_as.FATES)
    rows = [
        {"table_name": row["table_name"], **{kind: judged.count(known_as.rows_key(row["table_name"], kind)) for kind in kinds}}
        for row in judged.results["reconciliation"]
    ]
    return Sheet(("table_name", *kinds), 1, tuple(rows))


def paper_comparison(judged: Judged) -> Sheet:
    """The paper's figures beside ours, where ours stands in another table."""
    of = {entry["figure"]: entry for entry in paper_figures()}
    rows: list[Row] = []
    for row in judged.results["paper_comparison"]:
        kept = {name: row[name] for name in ("figure", "label", "unit", "paper_printed")}
        ours = {name: row[name] if is_in_a_table(judged, of.get(row["figure"], {})) else DERIVED for name in ("ours_printed", "agrees")}
        rows.append(kept | ours)
    return Sheet(("figure", "label", "unit", "paper_printed", "ours_printed", "agrees"), 1, tuple(rows))


def is_in_a_table(judged: Judged, figure: Mapping[str, Any]) -> bool:
    """Whether our number for a figure of the paper is shown."""
    quantity, cohort = figure.get("quantity"), judged.results["cohort"]
    if quantity == "patients":
        return not judged.suppressed.hides(known_as.patients("", known_as.ALL))
    if quantity == "median_follow_up_months":
        median = cohort["median_follow_up_months"]
        return judged.allows({"n": median["n"], "events": median["censored"]})
    wanted = (figure.get("endpoint"), figure.get("stratum"))
    entry = next((entry for entry in known_as.assessable(judged.results) if (entry["endpoint"], entry["stratum"]) == wanted), None)
    if entry is None or quantity not in (*MEDIAN, *RATIO, "log_rank_p"):
        return False
    return judged.allows(*([entry["arms"][figure["arm"]]] if figure["arm"] else entry["arms"].values()))


def sheets(judged: Judged) -> dict[str, Sheet]:
    """Every table with numbers of patients by its name; the curves stand apart."""
    makers = (
        attrition, table_1, survival, comparisons, adjusted, regimen_classes, response, follow_up, reconciliation, paper_comparison,
    )  # fmt: skip
    return {maker.__name__: maker(judged) for maker in makers}
