"""Renders the results as one self-contained page: one small script of ours inside it, no font, no picture, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis import words
from analysis.context import ReportContext
from analysis.report import narrative, readout
from analysis.report.checklist import checklist, tally
from analysis.report.drawings import drawings
from analysis.report.filters import FILTERS
from analysis.report.quality import gate_counts, gate_findings, gate_without
from analysis.report.summary import summary
from analysis.report.tiles import tiles
from analysis.study import comparable
from analysis.study.paper import paper
from analysis.study.patients import Patients
from analysis.study.tables import END_REASONS, RESPONSES

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Section:
    """A section of the page, told by templates/sections/<id>.html.j2. It is left out where the results lack what it `needs`."""

    id: str
    title: str
    needs: str = ""


ENDPOINTS = "endpoints"  # one template, a section and a line of the contents for each endpoint of the protocol
PATIENTS = "patients"  # needs the patients one by one, which the results don't hold
SECTIONS = (
    Section("summary", "In plain words"),
    Section("cohort", "Cohort"),
    Section("baseline", "Table 1"),
    Section(ENDPOINTS, ""),
    Section("curves", "Curves"),
    Section("regimens", "By class of regimen"),
    Section("subgroups", "Subgroups", needs="subgroups"),
    Section("adjusted", "Adjusted comparisons", needs="multivariable"),
    Section("events", "What the curves could hide", needs="early_events"),
    Section("further", "Further statistics"),
    Section("follow-up", "Follow-up"),
    Section("response", "Response"),
    Section(PATIENTS, "Patient by patient"),
    Section("multiverse", "Every other choice", needs="multiverse"),
    Section("paper", "Beside the paper"),
    Section("published", "Beside other studies"),
    Section("quality", "Quality of the data"),
    Section("not-assessable", "Not assessable"),
    Section("methods", "Methods"),
    Section("limits", "Limits"),
    Section("checklist", "STROBE and RECORD"),
    Section("provenance", "Where this comes from"),
)


def shown(results: Mapping[str, Any], patients: Patients | None) -> list[Section]:
    """The sections that these results have something for."""
    has_patients = patients is not None and bool(patients.shown)
    found = [section for section in SECTIONS if not section.needs or results.get(section.needs)]
    return [section for section in found if has_patients or section.id != PATIENTS]


def contents_of(sections: list[Section], results: Mapping[str, Any]) -> list[Section]:
    """The lines of the contents: a section each, and for the endpoints one each."""
    endpoints = [Section(endpoint["id"], endpoint["label"]) for endpoint in results["protocol"]["endpoints"]]
    return [entry for section in sections for entry in (endpoints if section.id == ENDPOINTS else [section])]


def digest(script: str) -> str:
    """A script's SHA-256 as the page's security policy names it: no other script runs in the page."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def render(results: Mapping[str, Any], context: ReportContext, figures: Path, patients: Patients | None = None) -> str:
    """The page. `figures`: the folder with the SVG files of the same results. `patients`: one by one, for the section that shows them."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= FILTERS
    protocol, cohort = results["protocol"], results["cohort"]
    sections = shown(results, patients)
    contents = contents_of(sections, results)
    follow_ups = {"All patients": cohort["median_follow_up_months"]}
    follow_ups |= {label: cohort["median_follow_up_months_by_arm"][arm] for arm, label in protocol["arms"].items()}
    guidelines = checklist(results, {entry.id: entry.title for entry in contents})
    studies = comparable.published()
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    return environment.get_template("page.html.j2").render(
        results=results,
        context=context,
        protocol=protocol,
        study=protocol["study"],
        arms=protocol["arms"],
        endpoints=protocol["endpoints"],
        strata=protocol["strata"],
        landmarks=protocol["analysis"]["landmark_months"],
        level=words.interval_name(results),
        synthetic=results["data"] == "synthetic",
        synthetic_text=words.SYNTHETIC,
        section_ids=[section.id for section in sections],
        contents=contents,
        tiles=tiles(results),
        summary=summary(results),
        follow_ups=list(follow_ups.items()),
        end_reason_ids=END_REASONS,
        response_ids=RESPONSES,
        patients=patients,
        patient_events=readout.embedded(readout.patients_of(patients, results)) if patients else None,
        curve_steps=readout.embedded(readout.curves(results)),
        paper=paper(),
        paper_words=narrative.paper_words(results),
        studies=comparable.comparable(results, studies["studies"]),
        studies_left_out=studies["left_out"],
        guidelines=guidelines,
        guideline_tally=tally(guidelines),
        gate_counts=gate_counts(context),
        gate_findings=gate_findings(context),
        gate_without=gate_without(context),
        unable=narrative.unable(results),
        limits=narrative.limits_facts(results),
        notable_difference=narrative.NOTABLE_DIFFERENCE,
        drawings=drawings(figures, results, patients),
        next_table=count(1).__next__,
        next_figure=count(1).__next__,
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=digest(script),
    )
