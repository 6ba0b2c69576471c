"""The tables of a manuscript as rows of words: the same numbers as the page, in the order in which a paper tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis import words
from analysis.report import filters
from analysis.study.tables import RESPONSES
from analysis.words import NOT_ASSESSABLE, hazard_ratio, in_sentence, interval_name, level_label, p_value

WIDE = 6  # columns from which on a table stands across the page


@dataclass(frozen=True)
class Line:
    """A row of a table. An indented one belongs to the heading above it."""

    cells: tuple[str, ...]
    is_heading: bool = False
    is_indented: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its caption (without the number) and its notes."""

    id: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    note: str

    @property
    def is_wide(self) -> bool:
        """Whether it needs the page turned."""
        return len(self.heads) >= WIDE


def manuscript_tables(results: Mapping[str, Any]) -> list[Table]:
    """Every table that these results have something for."""
    found = [flow(results), baseline(results), survival(results), *map_(results, "by_regimen_class", regimens), response(results)]
    found += [*map_(results, "multivariable", multivariable), weighted(results), *map_(results, "subgroups", subgroups)]
    found += [competing(results), sensitivity(results), paper(results)]
    return [table for table in found if table is not None and table.lines]


def map_(results: Mapping[str, Any], key: str, make: Any) -> list[Table | None]:
    """A table for each entry of a part of the results."""
    return [make(entry, results) for entry in results.get(key, ())]


def arms_of(results: Mapping[str, Any]) -> Mapping[str, str]:
    """The arms by id."""
    return results["protocol"]["arms"]


def versus(results: Mapping[str, Any]) -> str:
    """`immunotherapy against non-immunotherapy`."""
    first, second = list(arms_of(results).values())[:2]
    return f"{in_sentence(first)} against {in_sentence(second)}"


def counts(group: Mapping[str, Any]) -> str:
    """`36 in 40`: events in patients."""
    return f"{group['events']} in {group['n']}"


def reasoned(text: str, holder: Mapping[str, Any], key: str) -> str:
    """A figure, or that it is not estimable and why."""
    reason = holder.get("not_estimable", {}).get(key)
    return f"{words.NOT_ESTIMABLE}: {reason}" if reason else text


def flow(results: Mapping[str, Any]) -> Table:
    """Patients left after each criterion."""
    lines = [Line((row["label"], f"{row['patients_left']}", f"{row['patients_excluded']}")) for row in results["attrition"]]
    note = "Criteria in their order; a patient counts at the first that fails."
    return Table("attrition", "Cohort flow", ("Criterion", "Patients left", "Excluded"), tuple(lines), note)


def baseline(results: Mapping[str, Any]) -> Table:
    """Table 1."""
    columns = results["table_1"]["columns"]
    heads = ("Characteristic", *(f"{column['label']} (n = {column['n']})" for column in columns), "P", "Test", "SMD")
    lines: list[Line] = []
    for row in results["table_1"]["rows"]:
        tested = (p_value(row["p"], "\u2013"), row["test"] or "\u2013", words.number(row["smd"], 2, "\u2013"))
        unit = f", {row['unit']}" if row["unit"] else ""
        if not row["known"]:
            lines.append(Line((row["label"], *("not recorded" for _ in columns), *tested)))
            continue
        if row["kind"] == "levels":
            lines.append(Line((row["label"], *("" for _ in columns), *tested), is_heading=True))
            for level in row["levels"]:
                cells = (filters.share(level["cells"][column["id"]]) for column in columns)
                lines.append(Line((level["label"], *cells, "", "", ""), is_indented=True))
        else:
            print_ = filters.quartiles if row["kind"] == "number" else filters.share
            lines.append(Line((row["label"] + unit, *(print_(row["levels"][0]["cells"][column["id"]]) for column in columns), *tested)))
        if row["missing"]["all"]["n"]:
            cells = (filters.share(row["missing"][column["id"]]) for column in columns)
            lines.append(Line(("Not recorded", *cells, "", "", ""), is_indented=True))
    note = "Number (%) of all patients, or median (quartiles). SMD: standardised mean difference of the arms. Tests are two-sided."
    return Table("table_1", "Baseline characteristics by arm", heads, tuple(lines), note)


def survival(results: Mapping[str, Any]) -> Table:
    """Every endpoint in every stratum by arm."""
    ci, arms = interval_name(results), arms_of(results)
    heads = ["Endpoint and patients"]
    for label in arms.values():
        heads += [f"{label}: events in patients", f"{label}: median months ({ci})"]
    heads += [f"Hazard ratio ({ci})", "Log-rank P", "Proportional hazards P (score test)"]
    lines = []
    for endpoint in results["protocol"]["endpoints"]:
        lines.append(Line((endpoint["label"], *("" for _ in heads[1:])), is_heading=True))
        for entry in (one for one in results["analyses"] if one["endpoint"] == endpoint["id"]):
            if entry["status"] == NOT_ASSESSABLE:
                lines.append(Line((entry["label"], *(NOT_ASSESSABLE for _ in heads[1:])), is_indented=True))
                continue
            cells = []
            for arm in arms:
                group = entry["arms"][arm]
                cells += [counts(group), words.median(group) if group["n"] else "no patients"]
            cells += [
                reasoned(hazard_ratio(entry), entry, "hazard_ratio"),
                reasoned(p_value(entry["log_rank_p"]), entry, "log_rank_p"),
                reasoned(p_value(entry["ph_test_p"]), entry, "ph_test_p"),
            ]
            lines.append(Line((entry["label"], *cells), is_indented=True))
    tests = sum(entry["log_rank_p"] is not None for entry in results["analyses"])
    note = f"Kaplan-Meier medians with log-log intervals. Hazard ratio of {versus(results)}, Cox, Efron ties, unadjusted."
    note += f" {tests} log-rank tests, two-sided, not corrected for their number."
    return Table("survival", "Survival by arm", tuple(heads), tuple(lines), note)


def regimens(entry: Mapping[str, Any], results: Mapping[str, Any]) -> Table:
    """One endpoint by class of the index regimen."""
    ci = interval_name(results)
    reference = level_label("", entry["reference"])
    heads = ("Class of regimen", "Events in patients", f"Median months ({ci})", f"Hazard ratio against {in_sentence(reference)} ({ci})")
    lines = []
    for name, group in entry["classes"].items():
        ratio = "reference" if name == entry["reference"] else reasoned(hazard_ratio(group), group, "hazard_ratio")
        lines.append(Line((level_label("", name), counts(group), words.median(group), ratio)))
    test = "Log-rank test across the classes not estimable."
    if entry["log_rank_p"] is not None:
        p, degrees = words.equals(p_value(entry["log_rank_p"])), entry["log_rank_degrees"]
        test = f"Log-rank test across the classes: {p}, {degrees} degrees of freedom."
    return Table(f"{entry['endpoint']}_regimens", f"{entry['endpoint_label']} by class of the index regimen", heads, tuple(lines), test)


def response(results: Mapping[str, Any]) -> Table | None:
    """Best response and the two rates."""
    found, arms = results["response"], arms_of(results)
    if not found["arms"]:
        return None
    lines = []
    for name in RESPONSES:
        groups = [found["arms"][arm] for arm in arms]
        cells = [
            filters.share({"n": group["best_response"][name], "share": group["best_response"][name] / group["n"] if group["n"] else None})
            for group in groups
        ]
        lines.append(Line((level_label("", name), *cells, "", "")))
    for name, tested in found["comparisons"].items():
        rates = [filters.rate(found["arms"][arm][name], found["arms"][arm]["n"]) for arm in arms]
        lines.append(Line((level_label("", name), *rates, p_value(tested["p"]), tested["test"] or "\u2013")))
    note = f"Number (%) of all patients of the arm; rates with exact (Clopper-Pearson) {interval_name(results)}."
    return Table("response", "Best response by arm", ("Response", *arms.values(), "P", "Test"), tuple(lines), note)


def multivariable(entry: Mapping[str, Any], results: Mapping[str, Any]) -> Table:
    """The multivariable model of an endpoint, with Firth's fit where it was asked for."""
    ci = interval_name(results)
    heads = ["Covariate", f"Hazard ratio ({ci})", "P (Wald)"]
    if entry["has_firth"]:
        heads += [f"Firth: hazard ratio ({ci})", "P (penalised likelihood ratio)"]
    lines = []
    for row in entry["coefficients"]:
        level = f": {row['level']}" if row["level"] else ""
        name = row["label"] + level + (f", against {in_sentence(row['reference'])}" if row["reference"] else "")
        cells = [hazard_ratio(row["cox"]), p_value(row["cox"]["p"])]
        if entry["has_firth"]:
            cells += [hazard_ratio(row["firth"]), p_value(row["firth"]["p"])]
        lines.append(Line((name, *cells)))
    note = f"Cox regression of {entry['events']} events in the {entry['n']} of {entry['patients']} patients who have every covariate."
    reason = entry["not_estimable"].get("cox")
    note += f" The usual fit is not estimable: {reason}." if reason else ""
    return Table(f"{entry['endpoint']}_multivariable", f"{entry['endpoint_label']}: multivariable model", tuple(heads), tuple(lines), note)


def weighted(results: Mapping[str, Any]) -> Table | None:
    """The weighted comparisons."""
    entries = results.get("weighted")
    if not entries:
        return None
    ci = interval_name(results)
    heads = ("Endpoint and weights", "Events in patients", f"Hazard ratio ({ci})", "P (robust Wald)", "E-value (of the interval)")
    lines = []
    for entry in entries:
        strength = words.NOT_ESTIMABLE
        if entry["e_value"] is not None:
            strength = f"{words.number(entry['e_value'], 2)} ({words.number(entry['e_value_limit'], 2)})"
        ratio = reasoned(hazard_ratio(entry), entry, "hazard_ratio")
        lines.append(Line((f"{entry['endpoint_label']}, {entry['method_label']}", counts(entry), ratio, p_value(entry["p"]), strength)))
    note = f"Propensity score of {versus(results)}; complete cases; robust errors take the weights as known."
    return Table("weighted", "Comparisons weighted by the propensity score", heads, tuple(lines), note)


def subgroups(entry: Mapping[str, Any], results: Mapping[str, Any]) -> Table:
    """The subgroups of an endpoint with the test of interaction of each variable."""
    arms = arms_of(results)
    tests = ", ".join(sorted({row["interaction_test"] for row in entry["rows"]}))
    heads = ("Subgroup", *(f"{label}: events in patients" for label in arms.values()), f"Hazard ratio ({interval_name(results)})")
    lines = []
    for row in entry["rows"]:
        p = reasoned(p_value(row["interaction_p"]), row, "interaction_p")
        lines.append(Line((row["label"], *("" for _ in heads[1:]), p), is_heading=True))
        for level in row["levels"]:
            ratio = reasoned(hazard_ratio(level), level, "hazard_ratio")
            lines.append(Line((level["label"], *(counts(level["arms"][arm]) for arm in arms), ratio, ""), is_indented=True))
    note = f"Hazard ratio of {versus(results)} within the subgroup, unadjusted."
    note += f" {len(entry['rows'])} tests of interaction, not corrected for their number."
    title = f"{entry['endpoint_label']} by subgroup"
    return Table(f"{entry['endpoint']}_subgroups", title, (*heads, f"P of interaction ({tests})"), tuple(lines), note)


def competing(results: Mapping[str, Any]) -> Table | None:
    """Which event came first."""
    arms, ci = arms_of(results), interval_name(results)
    heads = ("Event", *(f"{label}: events in patients" for label in arms.values()), "P (Gray)")
    heads = (*heads, f"Subdistribution hazard ratio ({ci})", f"Cause-specific hazard ratio ({ci})")
    lines = []
    for entry in results.get("competing_risks", ()):
        lines.append(Line((entry["endpoint_label"], *("" for _ in heads[1:])), is_heading=True))
        for event in entry["events"]:
            ratios = (reasoned(hazard_ratio(event[kind]), event, kind) for kind in ("subdistribution", "cause_specific"))
            gray = reasoned(p_value(event["gray_p"]), event, "gray_p")
            lines.append(Line((event["label"], *(counts(event["arms"][arm]) for arm in arms), gray, *ratios), is_indented=True))
    note = f"The first event of each patient; the others compete with it. Ratios of {versus(results)}, Fine-Gray and Cox."
    return Table("competing_risks", "Events apart, as competing risks", heads, tuple(lines), note) if lines else None


def sensitivity(results: Mapping[str, Any]) -> Table | None:
    """Every alternative definition, one at a time, in the first stratum."""
    found = results.get("multiverse")
    if not found or not found.get("computed"):
        return None
    part = next(one for one in found["strata"] if one["measure"] == "hazard_ratio")
    heads = ("Decision", "Default", "Alternative", "Events in patients", f"Hazard ratio ({interval_name(results)})", "P", "Test")
    own = part["default"]
    lines = [Line(("None: the protocol", "", "", *estimated(own)))]
    lines += [Line((row["decision_label"], row["default_label"], row["label"], *estimated(row))) for row in part["one_at_a_time"]]
    note = f"{found['endpoint_label']}, {in_sentence(part['label'])}. One decision changed at a time."
    note += f" All {words.thousands(found['definitions'])} combinations are in the report."
    return Table("sensitivity", "Sensitivity to the definitions of the protocol", heads, tuple(lines), note)


def estimated(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Counts, ratio, P and test of one definition."""
    reason = row["not_estimable"]
    ratio = f"{words.NOT_ESTIMABLE}: {reason}" if reason else hazard_ratio(row)
    return (counts(row), ratio, p_value(row["p_value"]), row["test"] or "\u2013")


def paper(results: Mapping[str, Any]) -> Table:
    """The paper's figures beside ours."""
    lines = []
    for row in results["paper_comparison"]:
        unit = ", months" if row["unit"] == "months" else ""
        lines.append(Line((row["label"] + unit, row["paper_printed"], row["ours_printed"], "yes" if row["agrees"] else "no")))
    note = "Ours is rounded to the decimals that the paper prints."
    return Table("paper", "The paper's figures and ours", ("Figure", "Paper", "Ours", "Agree"), tuple(lines), note)
