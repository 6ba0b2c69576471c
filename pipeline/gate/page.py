"""The page of the gate: every check with numerator, denominator, threshold and reason, in one file that opens offline."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.gate.checks import LAYERS
from pipeline.gate.results import CheckResult, GateResult

PAGE = "index.html"
RESULTS = "gate.json"
TEMPLATES = Path(__file__).parent / "templates"

LAYER_TITLES = {
    "landing": ("Landing", "what the hospital delivered, and the conformed tables that every source ends in"),
    "clinical": ("Clinical facts", "drugs, lines of therapy, response, resistance, biomarkers, death"),
    "cohort": ("Cohort", "who is in, on which day, in which arm, and when each endpoint ends"),
    "published": ("Published views", "the contract of a release, and that nothing in it points at a person"),
}

_ORDER = {"error": 0, "failed": 1, "passed": 2, "not applicable": 3}
_SEVERITIES = {"critical": 0, "warning": 1, "info": 2}


def write(result: GateResult, folder: Path) -> Path:
    """Write the page and its results as JSON into ``folder``; gives the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / PAGE
    page.write_text(render(result), encoding="utf-8")
    content = {"is_refused": bool(result.critical_failures), "counts": result.counts, "checks": result.as_dicts()}
    (folder / RESULTS).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return page


def render(result: GateResult) -> str:
    """The page as HTML. It holds what the checks are and counts, and asks for nothing from anywhere."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": _number, "percent": _percent, "outcome": _outcome}
    checks = sorted(result.checks, key=_urgency)
    layers = [(*LAYER_TITLES[layer], [check for check in checks if check.layer == layer]) for layer in LAYERS]
    attention = [check for check in checks if check.status in ("error", "failed")]
    return environment.get_template("page.html").render(result=result, attention=attention, layers=layers)


def _urgency(check: CheckResult) -> tuple[int, int]:
    """What a reader should see first; the order of the files settles the rest."""
    return _ORDER[check.status], _SEVERITIES[check.severity]


def _outcome(check: CheckResult) -> str:
    """The word for a check's outcome: a failed warning is one, whatever its status is called."""
    if check.status == "failed" and check.severity != "critical":
        return "note" if check.severity == "info" else "warning"
    return check.status


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _percent(value: float | None) -> str:
    """A share as a percentage that never rounds some to none, nor less than all to all."""
    if value is None:
        return ""
    if 0 < value < 0.0001:
        return "< 0.01 %"
    if 0.9999 < value < 1:
        return "> 99.99 %"
    return f"{value * 100:.2f} %" if 0 < value < 0.1 else f"{value * 100:.1f} %" if 0 < value < 1 else f"{value * 100:.0f} %"
