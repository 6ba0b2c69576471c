"""The report's sentences. Every number in them is read off the results or the protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.study.reading import Row
from analysis.words import (
    NOT_ASSESSABLE,
    NOT_ESTIMABLE,
    NOT_REACHED,
    counted,
    equals,
    in_sentence,
    in_words,
    interval_name,
    limits,
    listed,
    number,
    p_value,
    percent,
    requirement,
)

NOTABLE_DIFFERENCE = 0.1  # of standardised means: the usual border of "balanced"
NOTABLE_P = 0.05




HAPPENED = {"progression": "progressed", "death": "died", "next_line": "started the next line"}


def ending_of(endpoint: str, results: Mapping[str, Any]) -> str:
    """What an endpoint's event is, as a participle: `progressed or died`."""
    entry = next(entry for entry in results["protocol"]["endpoints"] if entry["id"] == endpoint)
    return " or ".join(HAPPENED.get(event, event) for event in entry["events"])


def median_words(group: Mapping[str, Any], arm: str, ci: str) -> str:
    """A median in a sentence: `by 6.4 months (95 % CI 4.1 to 8.8) with immunotherapy (40 events in 50 patients)`."""
    counts = f"{counted(group['events'], 'event')} in {counted(group['n'], 'patient')}"
    if not group["n"]:
        return f"nobody was treated with {arm}"
    around = f"({ci} {limits(group['median_ci_lower'], group['median_ci_upper'], 1, NOT_REACHED)})"
    if group["not_reached"]:
        return f"the median is not reached {around} with {arm} ({counts})"
    return f"by {number(group['median_months'], 1)} months {around} with {arm} ({counts})"


def ratio_words(entry: Mapping[str, Any], arms: Sequence[str], ci: str) -> str:
    """A hazard ratio with the log-rank test in a sentence, or why there is none."""
    if entry["log_rank_p"] is None:
        test = f"the log-rank test is {NOT_ESTIMABLE}: {entry['not_estimable']['log_rank_p']}"
    else:
        test = f"log-rank {equals(p_value(entry['log_rank_p']))}"
    if entry["hazard_ratio"] is None:
        return f"The hazard ratio is {NOT_ESTIMABLE}: {entry['not_estimable']['hazard_ratio']}; {test}."
    around = f"{ci} {limits(entry['hr_ci_lower'], entry['hr_ci_upper'], 2)}"
    if entry["hr_ci_upper"] < 1:
        reading = f"the interval lies below 1, in favour of {arms[0]}"
    elif entry["hr_ci_lower"] > 1:
        reading = f"the interval lies above 1, against {arms[0]}"
    else:
        reading = "the interval includes 1, so the data are compatible with no difference"
    return f"The hazard with {arms[0]} was {number(entry['hazard_ratio'], 2)} times that with {arms[1]} ({around}; {test}): {reading}."


def outcome(entry: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """One endpoint in one stratum, in words."""
    arms, ci = results["protocol"]["arms"], interval_name(results)
    if entry["status"] == NOT_ASSESSABLE:
        return f"Not assessable: the source does not tell {requirement(entry['requires'])}."
    if not entry["n"]:
        return "No patients."
    names = [in_sentence(label) for label in arms.values()]
    groups = [median_words(entry["arms"][arm], name, ci) for arm, name in zip(arms, names, strict=True)]
    medians = f"Half of the patients had {ending_of(entry['endpoint'], results)} {' and '.join(groups)}."
    if not groups[0].startswith("by"):
        medians = f"Until half of the patients had {ending_of(entry['endpoint'], results)}: {'; '.join(groups)}."
    hazards = ""
    if entry["ph_test_p"] is not None and entry["ph_test_p"] < NOTABLE_P:
        p = equals(p_value(entry["ph_test_p"]))
        hazards = f" The hazards were not proportional (score test {p}): one ratio averages an effect that changed."
    return f"{medians} {ratio_words(entry, names, ci)}{hazards}"


def follow_up_words(results: Mapping[str, Any]) -> str:
    """Median follow-up in a sentence."""
    median = results["cohort"]["median_follow_up_months"]
    if median["estimate"] is None:
        return f"Median follow-up is {NOT_REACHED if median['not_reached'] else NOT_ESTIMABLE} (reverse Kaplan-Meier)."
    around = limits(median["ci_lower"], median["ci_upper"], 1, NOT_REACHED)
    return f"Median follow-up was {number(median['estimate'], 1)} months ({interval_name(results)} {around}; reverse Kaplan-Meier)."


def response_words(results: Mapping[str, Any]) -> str:
    """Objective response in a sentence."""
    arms, ci, found = results["protocol"]["arms"], interval_name(results), results["response"]
    if not found["arms"]:
        return f"Not assessable: the source does not tell {requirement(found['requires'])}."
    parts = []
    for arm, label in arms.items():
        rate = found["arms"][arm]["objective_response"]
        n = found["arms"][arm]["n"]
        if n:
            around = f"{percent(rate['ci_lower'])} to {percent(rate['ci_upper'])} %"
            parts.append(f"{rate['n']} of {n} ({percent(rate['estimate'])} %, {ci} {around}) with {in_sentence(label)}")
    if not parts:
        return "No patients."
    test = found["comparisons"]["objective_response"]
    ending = f"; {test['test']} {equals(p_value(test['p']))}" if test["p"] is not None else ""
    return f"Tumours responded in {listed(parts)}{ending}."


def paper_words(results: Mapping[str, Any]) -> str:
    """How many of the paper's figures agree."""
    compared = results["paper_comparison"]
    agreeing = sum(entry["agrees"] for entry in compared)
    text = f"{agreeing} of the {len(compared)} figures in the paper's abstract agree with ours at the digits that it prints."
    if results["data"] == "synthetic":
        text += " The synthetic patients were calibrated to these very figures, so agreement is made, not found."
    return text


def figure_words(entry: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """What a reader who can't see a Kaplan-Meier figure gets of it."""
    first = f"Kaplan-Meier curves of {in_sentence(entry['endpoint_label'])} by arm, {in_sentence(entry['label'])}."
    return f"{first} {outcome(entry, results)}"


def flow_words(results: Mapping[str, Any]) -> str:
    """The cohort flow for a reader who can't see it."""
    steps = [f"{row['label']}: {row['patients_left']} left, {row['patients_excluded']} excluded" for row in results["attrition"]]
    arms = [f"{label}: {results['cohort']['by_arm'][arm]}" for arm, label in results["protocol"]["arms"].items()]
    return f"Cohort flow. {'; '.join([*steps, *arms])}."


def unable(results: Mapping[str, Any]) -> list[str]:
    """What of the protocol the source can't say, one sentence each."""
    protocol = results["protocol"]
    entries = {"criterion": protocol["criteria"], "stratum": protocol["strata"], "measure": protocol["analysis"]["measures"]}
    labels = {kind: {entry["id"]: entry["label"] for entry in section} for kind, section in entries.items()}
    effect = {"criterion": "it excluded nobody", "stratum": "it was not analysed", "measure": "it was not computed"}
    return [
        f"{in_words(row['kind'])} \u201c{labels[row['kind']].get(row['id'], row['id'])}\u201d needs {requirement(row['requires'])}, "
        f"which this source does not have: {effect[row['kind']]}."
        for row in results["not_assessable"]
    ]


def outcome_tests(results: Mapping[str, Any]) -> int:
    """How many P values of outcomes between the arms, or between classes of regimen, the page holds."""
    analyses = [*results["analyses"], *results["by_regimen_class"]]
    found = [entry["log_rank_p"] for entry in analyses]
    found += [entry.get("rmst_difference_p") for entry in results["analyses"]]
    found += [one["p"] for entry in results["analyses"] for one in entry.get("further", {}).values()]
    found += [entry["interaction_p"] for entry in results.get("interaction", ())]
    found += [row["interaction_p"] for entry in results.get("subgroups", ()) for row in entry["rows"]]
    found += [entry["p"] for entry in results.get("weighted", ())]
    found += [event["gray_p"] for entry in results.get("competing_risks", ()) for event in entry["events"]]
    found += [test["p"] for test in results["response"]["comparisons"].values()]
    return sum(p is not None for p in found)


def limits_facts(results: Mapping[str, Any]) -> Row:
    """The release's own numbers behind the section on limits."""
    analysed = [entry for entry in results["analyses"] if entry["status"] != NOT_ASSESSABLE and entry["n"]]
    tests = outcome_tests(results)
    compared = [row for row in results["table_1"]["rows"] if row["smd"] is not None]
    uneven = sorted((row for row in compared if row["smd"] > NOTABLE_DIFFERENCE), key=lambda row: -row["smd"])
    pd_l1 = next(row for row in results["table_1"]["rows"] if row["column"] == "pd_l1_status")
    return {
        "smallest": min(analysed, key=lambda entry: (entry["events"], entry["n"]), default=None),
        "scan_gaps": {arm: gap for arm, gap in results["assessment_gap_days"].items() if gap["n"]},
        "next_line": sum(reasons["next_line"]["n"] for reasons in results["pfs_end_reasons"].values()),
        "tests": tests,
        "chance_of_one": 1 - (1 - NOTABLE_P) ** tests,
        "compared": len(compared),
        "uneven": [row["label"] for row in uneven],
        "pd_l1_unknown": pd_l1["missing"]["all"],
    }
