"""Other published studies beside ours.

`comparable_studies.json` is the one place where their figures stand. Each of their groups names the group of ours that comes nearest;
the populations differ, and the file says how.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.words import NOT_ESTIMABLE, NOT_REACHED, estimate, hazard_ratio, level_label, median

COMPARABLE_STUDIES = Path(__file__).with_name("comparable_studies.json")
NOT_REPORTED = "not reported"


def published(path: Path = COMPARABLE_STUDIES) -> dict[str, Any]:
    """The file: the studies, and which ones were left out."""
    return json.loads(path.read_text(encoding="utf-8"))


def comparable(results: Mapping[str, Any], studies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One entry a group of a study: their figures and ours in words, under the same keys of `theirs` and `ours`."""
    return [
        {
            **{key: study[key] for key in ("citation", "doi", "population", "differs")},
            "is_first": not place,
            "groups": len(study["groups"]),
            "label": group["label"],
            "theirs": theirs(group),
            "ours": ours(group["ours"], results),
        }
        for study in studies
        for place, group in enumerate(study["groups"])
    ]


def theirs(group: Mapping[str, Any]) -> dict[str, str]:
    """The published figures of a group; a word for what it does not report."""
    is_comparison = "hazard_ratio" in group
    responded = group.get("objective_response_counts")
    counts = f"{responded[0]} of {responded[1]}: " if responded else ""
    rate = printed(group.get("objective_response_percent"))
    return {
        "n": f"{group['n']}",
        "median_pfs": "" if is_comparison else printed(group.get("median_pfs_months"), group.get("median_upper_not_reached", False)),
        "objective_response": "" if is_comparison else rate if rate == NOT_REPORTED else f"{counts}{rate}",
        "hazard_ratio": printed(group.get("hazard_ratio")) if is_comparison else "",
    }


def printed(figure: Sequence[float | None] | None, is_open: bool = False) -> str:
    """A published estimate at the digits that it was published with, and its interval where one was reported."""
    if figure is None or figure[0] is None:
        return NOT_REPORTED
    value, lower, upper = figure
    if lower is None:
        return f"{value:g}"
    return f"{value:g} ({lower:g} to {f'{upper:g}' if upper is not None else NOT_REACHED if is_open else NOT_REPORTED})"


def ours(which: Mapping[str, str], results: Mapping[str, Any]) -> dict[str, str]:
    """Our figures of the group that comes nearest, from the overall analysis of PFS and the response."""
    entry = next(one for one in results["analyses"] if (one["endpoint"], one["stratum"]) == ("pfs", "overall"))
    nothing = {"median_pfs": "", "objective_response": "", "hazard_ratio": ""}
    if "comparison" in which:
        return {**nothing, "label": "both arms", "n": f"{entry['n']}", "hazard_ratio": hazard_ratio(entry)}
    if "class" in which:
        classes = next(one for one in results["by_regimen_class"] if one["endpoint"] == "pfs")["classes"]
        group, label = classes.get(which["class"]), level_label("", which["class"])
        response = "not computed by class"
    else:
        group, label = entry["arms"][which["arm"]], results["protocol"]["arms"][which["arm"]]
        response = response_of(which["arm"], results)
    if not group or not group["n"]:
        return {**nothing, "label": label, "n": "0", "median_pfs": "no patients"}
    return {**nothing, "label": label, "n": f"{group['n']}", "median_pfs": median(group), "objective_response": response}


def response_of(arm: str, results: Mapping[str, Any]) -> str:
    """Our objective response of an arm in per cent, with its interval."""
    group = results["response"]["arms"].get(arm)
    if group is None:
        return "not assessable"
    rate = group["objective_response"]
    if rate["estimate"] is None:
        return NOT_ESTIMABLE
    share = {"estimate": rate["estimate"], "rate_ci_lower": rate["ci_lower"], "rate_ci_upper": rate["ci_upper"]}
    return f"{rate['n']} of {group['n']}: {estimate(share, 'estimate', 'rate', 1, 100)}"
