"""The paper's figures beside ours.

`paper_figures.json` is the one place where the paper's figures stand. Two figures agree when ours, rounded to the decimals that the
paper prints, is the paper's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.words import NOT_ASSESSABLE, NOT_ESTIMABLE, NOT_REACHED

PAPER_FIGURES = Path(__file__).with_name("paper_figures.json")


def paper(path: Path = PAPER_FIGURES) -> dict[str, Any]:
    """The file: citation, setting, figures, and what the abstract does not report."""
    return json.loads(path.read_text(encoding="utf-8"))


def paper_figures(path: Path = PAPER_FIGURES) -> list[dict[str, Any]]:
    """The paper's figures, each with the quantity, endpoint, stratum and arm that say which of ours it is."""
    return paper(path)["figures"]


def our_figure(figure: Mapping[str, Any], results: Mapping[str, Any]) -> tuple[float | None, str]:
    """Our number for a figure of the paper, or None and the word for why there is none."""
    cohort = results["cohort"]
    if figure["quantity"] == "patients":
        return cohort["patients"], ""
    if figure["quantity"] == "median_follow_up_months":
        median = cohort["median_follow_up_months"]
        return median["estimate"], NOT_REACHED if median["not_reached"] else NOT_ESTIMABLE
    wanted = (figure["endpoint"], figure["stratum"])
    entry = next((entry for entry in results["analyses"] if (entry["endpoint"], entry["stratum"]) == wanted), None)
    if entry is None:
        return None, "not in the protocol"
    if entry["status"] == NOT_ASSESSABLE:
        return None, NOT_ASSESSABLE
    holder = entry["arms"][figure["arm"]] if figure["arm"] else entry
    return holder[figure["quantity"]], NOT_REACHED if holder.get("not_reached") else NOT_ESTIMABLE


def comparison(results: Mapping[str, Any], figures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One entry a figure: the paper's, ours, and whether they agree at the decimals that the paper prints."""
    compared = []
    for figure in figures:
        ours, word = our_figure(figure, results)
        shown = {"paper": f"{figure['paper']:.{figure['digits']}f}", "ours": word if ours is None else f"{ours:.{figure['digits']}f}"}
        if figure["quantity"] == "log_rank_p" and ours is not None and not float(shown["ours"]):
            shown["ours"] = f"<{10 ** -figure['digits']:.{figure['digits']}f}"
        compared.append(
            {
                "figure": figure["figure"],
                "label": figure["label"],
                "unit": figure["unit"],
                "paper": figure["paper"],
                "ours": ours,
                "paper_digits": figure["digits"],
                "paper_printed": shown["paper"],
                "ours_printed": shown["ours"],
                "agrees": ours is not None and shown["paper"] == shown["ours"],
            }
        )
    return compared
