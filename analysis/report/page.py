"""Renders the results as one self-contained page: no script, no font, no picture from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from analysis import words
from analysis.context import ReportContext
from analysis.report import narrative
from analysis.study.paper import paper
from analysis.study.reading import Row
from analysis.study.results import survival_key
from analysis.study.tables import END_REASONS, RESPONSES

TEMPLATES = Path(__file__).with_name("templates")
SECTIONS = (
    ("summary", "In plain words"),
    ("cohort", "Cohort"),
    ("baseline", "Table 1"),
    ("endpoints", ""),
    ("curves", "Curves"),
    ("regimens", "By class of regimen"),
    ("follow-up", "Follow-up"),
    ("response", "Response"),
    ("paper", "Beside the paper"),
    ("quality", "Quality of the data"),
    ("not-assessable", "Not assessable"),
    ("methods", "Methods"),
    ("limits", "Limits"),
    ("provenance", "Where this comes from"),
)


def survival(group: Mapping[str, Any], months: float) -> str:
    """Survival at a landmark in per cent."""
    key = survival_key(months)
    reason = group["not_estimable"].get(key)
    if reason:
        return f"{words.NOT_ESTIMABLE}: {reason}"
    if group[key] == 1:
        return "100 (no event yet)"
    if group[f"{key}_ci_lower"] is None:  # nobody left alive: no scale has an interval
        return f"{words.percent(group[key])} (interval {words.NOT_ESTIMABLE})"
    return words.estimate(group, key, key, 0, 100)


def share(cell: Mapping[str, Any]) -> str:
    """A count and its per cent: `12 (24)`."""
    return f"{words.thousands(cell['n'])} ({words.percent(cell['share'])})"


def quartiles(cell: Mapping[str, Any]) -> str:
    """Median and quartiles."""
    if not cell["n"]:
        return "\u2013"
    middle, q1, q3 = (f"{round(cell[key], 1):g}" for key in ("median", "q1", "q3"))
    return f"{middle} ({q1} to {q3})"


def extremes(cell: Mapping[str, Any]) -> str:
    """The range."""
    return f"range {cell['minimum']:g} to {cell['maximum']:g}" if cell["n"] else ""


def rate(measured: Mapping[str, Any], n: int) -> str:
    """A response rate: `13 of 50: 26 % (15 to 40)`."""
    if not n:
        return "no patients"
    around = f"{words.percent(measured['ci_lower'])} to {words.percent(measured['ci_upper'])}"
    return f"{measured['n']} of {n}: {words.percent(measured['estimate'])} % ({around})"


def follow_up(found: Mapping[str, Any]) -> str:
    """A median follow-up."""
    if not found["n"]:
        return "no patients"
    return words.with_limits(found["estimate"], found["ci_lower"], found["ci_upper"], 1, words.NOT_REACHED)


def in_plain_words(value: Any) -> str:
    """An identifier or number inside a sentence."""
    return words.in_words(value).lower() if isinstance(value, str) else f"{value:g}"


FILTERS = {
    "counted": words.counted,
    "equals": lambda p: words.equals(words.p_value(p)),
    "extremes": extremes,
    "follow_up": follow_up,
    "in_plain_words": in_plain_words,
    "in_sentence": words.in_sentence,
    "level_label": partial(words.level_label, ""),
    "listed": words.listed,
    "median": words.median,
    "number": words.number,
    "p_value": words.p_value,
    "percent": words.percent,
    "quartiles": quartiles,
    "rate": rate,
    "ratio": words.hazard_ratio,
    "requirement": words.requirement,
    "rmst": lambda group: words.estimate(group, "rmst_months", "rmst", 1),
    "rmst_difference": lambda entry: words.estimate(entry, "rmst_difference_months", "rmst_difference", 1),
    "share": share,
    "survival": survival,
    "thousands": words.thousands,
}


def inline_svg(path: Path, description: str) -> Markup:
    """A figure as part of the page: its ids made unique, named and described for readers who can't see it."""
    name = path.stem.replace("_", "-")
    text = path.read_text(encoding="utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(xlink:href="|url\()#', rf"\1#{name}-", text)
    text = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = text.replace("<svg ", f'<svg role="img" aria-label="{escape(description)}" ', 1)
    return Markup(text)  # ours: drawn from the results, its texts escaped by matplotlib


def tiles(results: Mapping[str, Any]) -> list[Row]:
    """The key figures on top: patients and follow-up, then median and hazard ratio of each endpoint in all patients."""
    cohort, arms, ci = results["cohort"], results["protocol"]["arms"], narrative.level_of(results)
    split = words.listed(f"{cohort['by_arm'][arm]} {words.in_sentence(label)}" for arm, label in arms.items())
    found = cohort["median_follow_up_months"]
    missing = words.NOT_REACHED if found["not_reached"] else words.NOT_ESTIMABLE
    around = words.limits(found["ci_lower"], found["ci_upper"], 1, words.NOT_REACHED)
    shown = [
        {"name": "Patients", "values": [words.thousands(cohort["patients"])], "more": split},
        {"name": "Median follow-up, months", "values": [words.number(found["estimate"], 1, missing)], "more": f"{ci} {around}"},
    ]
    medians, ratios = [], []
    for entry in results["analyses"]:
        if entry["stratum"] == "overall" and entry["n"]:
            short, groups = entry["endpoint"].upper(), entry["arms"]
            values = [words.number(group["median_months"], 1, words.NOT_REACHED if group["n"] else "\u2013") for group in groups.values()]
            counts = "; ".join(
                f"{label}: {words.counted(groups[arm]['events'], 'event')} in {groups[arm]['n']}" for arm, label in arms.items()
            )
            medians.append({"name": f"Median {short}, months", "values": values, "more": counts})
            test = f"log-rank {words.equals(words.p_value(entry['log_rank_p']))}" if entry["log_rank_p"] is not None else "no log-rank test"
            limits = f"{ci} {words.limits(entry['hr_ci_lower'], entry['hr_ci_upper'], 2)}; {test}"
            reason = entry["not_estimable"].get("hazard_ratio")
            ratios.append({"name": f"Hazard ratio, {short}", "values": [words.number(entry["hazard_ratio"], 2)], "more": reason or limits})
    return [*shown, *(tile for pair in zip(medians, ratios, strict=True) for tile in pair)]


def drawings(figures: Path, results: Mapping[str, Any]) -> dict[str, Markup]:
    """Every figure by its name, ready for the page."""
    described = {"cohort_flow": narrative.flow_words(results)}
    described |= {
        entry["id"]: narrative.figure_words(entry, results) for entry in results["analyses"] if entry["status"] != words.NOT_ASSESSABLE
    }
    return {name: inline_svg(figures / f"{name}.svg", description) for name, description in described.items()}


def render(results: Mapping[str, Any], context: ReportContext, figures: Path) -> str:
    """The page. `figures`: the folder with the SVG files of the same results."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= FILTERS
    protocol, cohort = results["protocol"], results["cohort"]
    endpoints = [(endpoint["id"], endpoint["label"]) for endpoint in protocol["endpoints"]]
    follow_ups = {"All patients": cohort["median_follow_up_months"]}
    follow_ups |= {label: cohort["median_follow_up_months_by_arm"][arm] for arm, label in protocol["arms"].items()}
    return environment.get_template("page.html.j2").render(
        results=results,
        context=context,
        protocol=protocol,
        study=protocol["study"],
        arms=protocol["arms"],
        endpoints=protocol["endpoints"],
        strata=protocol["strata"],
        landmarks=protocol["analysis"]["landmark_months"],
        level=narrative.level_of(results),
        synthetic=results["data"] == "synthetic",
        synthetic_text=words.SYNTHETIC,
        sections=[pair for section in SECTIONS for pair in (endpoints if section[0] == "endpoints" else [section])],
        tiles=tiles(results),
        summary=narrative.summary(results),
        follow_ups=list(follow_ups.items()),
        end_reason_ids=END_REASONS,
        response_ids=RESPONSES,
        paper=paper(),
        paper_words=narrative.paper_words(results),
        gate_counts=gate_counts(context),
        gate_findings=gate_findings(context),
        unable=narrative.unable(results),
        limits=narrative.limits_facts(results),
        notable_difference=narrative.NOTABLE_DIFFERENCE,
        drawings=drawings(figures, results),
        next_table=count(1).__next__,
        next_figure=count(1).__next__,
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
    )


STATUSES = {"passed": "passed", "failed": "failed", "error": "could not run", "not applicable": "not applicable"}


def gate_counts(context: ReportContext) -> str:
    """`98 checks: 90 passed, 3 failed, 5 not applicable`; empty where nothing of the gate is at hand."""
    statuses = [check["status"] for check in context.gate_summary]
    counts = {status: statuses.count(status) for status in STATUSES}
    if not statuses:
        counts = {status: context.gate_counts.get(status.replace(" ", "_"), 0) for status in STATUSES}
    total = sum(counts.values())
    parts = ", ".join(f"{count} {STATUSES[status]}" for status, count in counts.items() if count)
    return f"{words.counted(total, 'check')}: {parts}" if total else ""


def gate_findings(context: ReportContext) -> list[Row]:
    """The checks that failed or could not run, with how many rows failed and why the check is made."""
    return [
        {
            "title": check.get("title") or check["id"],
            "severity": check.get("severity", ""),
            "found": words.failing_rows(check.get("failing"), check.get("total")) or check.get("detail", ""),
            "reason": check.get("reason", ""),
        }
        for check in context.gate_summary
        if check["status"] in ("failed", "error")
    ]
