"""The key figures on top of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis import words
from analysis.study.reading import Row


def around_median(group: Mapping[str, Any], ci: str) -> str:
    """The interval of a median and the events behind it."""
    if not group["n"]:
        return "no patients"
    around = words.limits(group["median_ci_lower"], group["median_ci_upper"], 1, words.NOT_REACHED)
    return f"{ci} {around}, {words.counted(group['events'], 'event')} in {group['n']}"


def tiles(results: Mapping[str, Any]) -> list[Row]:
    """The key figures on top: patients and follow-up, then median and hazard ratio of each endpoint in all patients."""
    cohort, arms, ci = results["cohort"], results["protocol"]["arms"], words.interval_name(results)
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
            counts = "; ".join(f"{label}: {around_median(groups[arm], ci)}" for arm, label in arms.items())
            medians.append({"name": f"Median {short}, months", "values": values, "more": counts})
            test = f"log-rank {words.equals(words.p_value(entry['log_rank_p']))}" if entry["log_rank_p"] is not None else "no log-rank test"
            limits = f"{ci} {words.limits(entry['hr_ci_lower'], entry['hr_ci_upper'], 2)}; {test}"
            reason = entry["not_estimable"].get("hazard_ratio")
            ratios.append({"name": f"Hazard ratio, {short}", "values": [words.number(entry["hazard_ratio"], 2)], "more": reason or limits})
    return [*shown, *(tile for pair in zip(medians, ratios, strict=True) for tile in pair)]
