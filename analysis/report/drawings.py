"""The figures as parts of the page: inline SVG, each told in words for readers who can't see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from analysis.report import multiverse_words, narrative
from analysis.report.figures import competing_names, overall_of, specification_names
from analysis.study.patients import Patients
from analysis.words import NOT_ASSESSABLE, counted, hazard_ratio, in_sentence, interval_name, listed

WIDE_POINTS = 300  # a figure wider than one column of a journal scrolls on a phone


@dataclass(frozen=True)
class Drawing:
    """A figure's SVG, what it shows, and whether it is as wide as two columns."""

    svg: Markup
    description: str
    is_wide: bool


def drawings(figures: Path, results: Mapping[str, Any], patients: Patients | None = None) -> dict[str, Drawing]:
    """Every figure by its name. `figures`: the folder with the SVG files of the same results."""
    return {name: drawing(figures / f"{name}.svg", text) for name, text in descriptions(results, patients).items()}


def drawing(path: Path, description: str) -> Drawing:
    """A figure with its ids made unique."""
    name = path.stem.replace("_", "-")
    text = path.read_text(encoding="utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(xlink:href="|url\()#', rf"\1#{name}-", text)
    text = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = text.replace("<svg ", f'<svg role="img" aria-label="{escape(description)}" ', 1)
    box = re.search(r'viewBox="0 0 ([\d.]+) ', text)
    # ours: drawn from the results, its texts escaped by matplotlib
    return Drawing(Markup(text), description, box is not None and float(box[1]) > WIDE_POINTS)


def descriptions(results: Mapping[str, Any], patients: Patients | None = None) -> dict[str, str]:
    """What each figure shows, by the names under which `figures.draw_all` wrote them."""
    told = {"cohort_flow": narrative.flow_words(results)}
    told |= {entry["id"]: narrative.figure_words(entry, results) for entry in results["analyses"] if entry["status"] != NOT_ASSESSABLE}
    for subgroup in results.get("subgroups", ()):
        overall = overall_of(results, subgroup["endpoint"])
        if overall is not None and overall["n"]:
            told[f"{subgroup['endpoint']}_forest"] = forest_words(subgroup, overall, results)
    if weighted := [entry for entry in results.get("weighted", ()) if entry["balance"]]:
        told["balance"] = balance_words(weighted)
    told |= {name: competing_words(found, results) for name, found in competing_names(results).items()}
    told |= {name: multiverse_words.curve_words(entry, results) for name, entry in specification_names(results).items()}
    if patients is not None and patients.shown:
        told["swimmer"] = swimmer_words(patients, results)
    return told


def forest_words(subgroup: Mapping[str, Any], overall: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """A subgroup forest in words; the table beside it has every number."""
    names = listed(in_sentence(row["label"]) for row in subgroup["rows"]) if subgroup["rows"] else "no variable"
    first = f"Forest plot of {in_sentence(subgroup['endpoint_label'])}: hazard ratios by {names}, with the test of interaction of each."
    return f"{first} All patients: {hazard_ratio(overall)}, {interval_name(results)}. The table has the same numbers."


def balance_words(weighted: list[Mapping[str, Any]]) -> str:
    """The love plot in words: the largest difference before and after."""

    def largest(entry: Mapping[str, Any], key: str) -> str:
        return f"{max(row[key] for row in entry['balance'] if row[key] is not None):.2f}"

    mine = [entry for entry in weighted if entry["endpoint"] == weighted[0]["endpoint"]]
    after = listed(f"{largest(entry, 'after')} with {entry['method_label']}" for entry in mine)
    return (
        f"Absolute standardised differences of the arms in {len(mine[0]['balance'])} covariates before and after weighting: "
        f"at most {largest(mine[0], 'before')} unweighted, {after}."
    )


def competing_words(found: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """The curves of cumulative incidence in words."""
    parts = []
    for event in found["events"]:
        groups = listed(f"{event['arms'][arm]['events']} of {event['arms'][arm]['n']} with {in_sentence(label)}" for arm, label in
                        results["protocol"]["arms"].items())
        parts.append(f"{event['label']} came first in {groups}")
    return f"Cumulative incidence by arm of the events of {in_sentence(found['endpoint_label'])}. {'. '.join(parts)}."


def swimmer_words(patients: Patients, results: Mapping[str, Any]) -> str:
    """The swimmer plot in words."""
    shown = patients.shown
    counts = listed(
        f"{sum(patient.arm == arm for patient in shown)} with {in_sentence(label)}" for arm, label in results["protocol"]["arms"].items()
    )
    progressed, died = (sum(getattr(patient, name) for patient in shown) for name in ("progressed", "died"))
    return (
        f"Swimmer plot of {counted(len(shown), 'patient')}, {counts}: a bar each from the index date on with the lines of therapy, first "
        f"response, progression ({progressed}), death ({died}) and the end of the record."
    )
