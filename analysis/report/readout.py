"""What the page's script reads: the steps of the curves and the events of the patients, as JSON inside the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from analysis.report.figures.survival import TOP
from analysis.study.patients import Patients
from analysis.words import in_words, level_label

DIGITS = 6  # of a share or a month: more than anybody reads
KINDS = {
    "alk_test": "ALK test",
    "ecog": "ECOG performance status",
    "pd_l1_test": "PD-L1 test",
    "resistance": "ALK-TKI resistance",
    "drug_start": "Drug started",
    "drug_end": "Drug ended",
}


def embedded(value: Any) -> Markup:
    """JSON that can stand inside a script element of a page."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def rounded(value: float | None) -> float | None:
    """A number as short as it can be read."""
    return None if value is None else round(value, DIGITS)


def curves(results: Mapping[str, Any]) -> dict[str, Any]:
    """The published steps of every Kaplan-Meier figure, by the figure's name, with where its axes end.

    A step is [months, survival, lower, upper, at risk, events, censored].
    """
    found: dict[str, Any] = {}
    keys = ("months", "survival", "ci_lower", "ci_upper")
    for entry in results["analyses"]:
        if not entry["n"]:
            continue
        rows = [row for row in results["curves"][entry["endpoint"]] if row["stratum"] == entry["stratum"]]
        found[entry["id"]] = {
            "last": entry["at_risk"]["months"][-1],
            "top": TOP,
            "arms": [
                {
                    "label": label,
                    "steps": [
                        [*(rounded(row[key]) for key in keys), row["at_risk"], row["events"], row["censored"]]
                        for row in rows
                        if row["arm"] == arm
                    ],
                }
                for arm, label in results["protocol"]["arms"].items()
            ],
        }
    return found


def patients_of(patients: Patients, results: Mapping[str, Any]) -> dict[str, Any]:
    """The events of every shown patient, under the number in the swimmer plot. An event is [day, kind, detail], kinds by their place."""
    kinds = sorted({event.kind for patient in patients.shown for event in patient.events})
    return {
        "daysPerMonth": results["protocol"]["parameters"]["days_per_month"],
        "kinds": [{"id": kind, "label": KINDS.get(kind, in_words(kind))} for kind in kinds],
        "patients": [
            {
                "number": patient.number,
                "arm": results["protocol"]["arms"][patient.arm],
                "events": [[event.day, kinds.index(event.kind), detail_of(event.kind, event.detail)] for event in patient.events],
            }
            for patient in patients.shown
        ],
    }


def detail_of(kind: str, detail: str | None) -> str:
    """An event's detail as a reader calls it."""
    if detail is None:
        return ""
    return level_label("", detail) if kind == "assessment" else detail
