"""The plain-language summary: the first thing on the page, every number read off the results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.report import multiverse_words
from analysis.report.narrative import NOTABLE_P, follow_up_words, outcome, outcome_tests, paper_words, response_words
from analysis.words import NOT_ESTIMABLE, counted, equals, hazard_ratio, in_sentence, interval_name, limits, listed, number, p_value

Said = tuple[str, str]


def summary(results: Mapping[str, Any]) -> list[Said]:
    """(lead, sentences) pairs. A stratum is told with the test of interaction, and all with how many tests there were."""
    said = [("Who was studied", who(results))]
    for endpoint in results["protocol"]["endpoints"]:
        for entry in results["analyses"]:
            if entry["endpoint"] == endpoint["id"] and (entry["stratum"] == "overall" or endpoint["id"] == "pfs"):
                said.append((f"{endpoint['label']}, {in_sentence(entry['label'])}", outcome(entry, results)))
        said += interaction(results, endpoint["id"])
    said += [("Response", response_words(results)), *adjusted(results), *other_choices(results)]
    return [*said, *how_many_tests(results), ("Beside the paper", paper_words(results))]


def who(results: Mapping[str, Any]) -> str:
    """Patients, arms and follow-up."""
    arms, cohort = results["protocol"]["arms"], results["cohort"]
    if not cohort["patients"]:
        return "No patient met every criterion, so there is nothing to estimate."
    split = listed(f"{cohort['by_arm'][arm]} received {in_sentence(label)}" for arm, label in arms.items())
    return f"{counted(cohort['patients'], 'patient')} met every criterion: {split}. {follow_up_words(results)}"


def interaction(results: Mapping[str, Any], endpoint: str) -> Iterator[Said]:
    """Whether the effect differs between the protocol's strata: the only ground on which a subgroup may be claimed."""
    ci = interval_name(results)
    for entry in results.get("interaction", ()):
        if entry["endpoint"] != endpoint or not results["cohort"]["patients"]:
            continue
        groups = [f"{in_sentence(label)} patients" for label in entry["labels"]]
        lead = f"{entry['endpoint_label']}: does the effect differ between these groups?"
        if entry["interaction_p"] is None:
            yield lead, f"The test of interaction of {listed(groups)} is {NOT_ESTIMABLE}: {entry['not_estimable']['interaction_p']}."
            continue
        ratio = ""
        if entry["ratio_of_hazard_ratios"] is not None:
            around = f"{ci} {limits(entry['ratio_ci_lower'], entry['ratio_ci_upper'], 2)}"
            value = number(entry["ratio_of_hazard_ratios"], 2)
            ratio = f"The hazard ratio in {groups[0]} is {value} times that in {groups[1]} ({around}). "
        counts = f"{counted(entry['events'], 'event')} in {counted(entry['n'], 'patient')}"
        test = f"Test of interaction ({entry['interaction_test']}; {counts}) {equals(p_value(entry['interaction_p']))}"
        shown = "so the effect may differ between them" if entry["interaction_p"] < NOTABLE_P else "so a different effect is not shown"
        yield lead, f"{ratio}{test}: {shown}, however the ratios above look."


def adjusted(results: Mapping[str, Any]) -> Iterator[Said]:
    """The comparison adjusted for what was recorded: by regression and by weights, for the first endpoint."""
    parts = []
    ci = interval_name(results)
    for entry in results.get("multivariable", ())[:1]:
        arm = next((row for row in entry["coefficients"] if row["id"] == "arm"), None)
        method, name = ("firth", "Firth's penalised Cox regression") if entry["has_firth"] else ("cox", "multivariable Cox regression")
        if arm is not None and arm[method]["hazard_ratio"] is not None:
            test = f"{arm[method]['test']} {equals(p_value(arm[method]['p']))}"
            parts.append(f"{told(arm[method], ci)} by {name} ({test}; {counts_of(entry)})")
    for entry in results.get("weighted", ()):
        if entry["hazard_ratio"] is not None and entry["endpoint"] == results["weighted"][0]["endpoint"]:
            test = f"{entry['test']} {equals(p_value(entry['p']))}"
            parts.append(f"{told(entry, ci)} by {entry['method_label']} ({test}; {counts_of(entry)})")
    if parts:
        label = in_sentence(results["protocol"]["endpoints"][0]["label"])
        text = f"Adjusted for what was recorded, the hazard ratio of {label} was {listed(parts)}."
        yield "Adjusted for differences between the arms", f"{text} What was not recorded can't be adjusted for."


def told(holder: Mapping[str, Any], ci: str) -> str:
    """`0.51 (95 % CI 0.30 to 0.85)`."""
    return hazard_ratio(holder).replace("(", f"({ci} ", 1)


def counts_of(entry: Mapping[str, Any]) -> str:
    """Events and patients of a model."""
    return f"{counted(entry['events'], 'event')} in {counted(entry['n'], 'patient')}"


def other_choices(results: Mapping[str, Any]) -> Iterator[Said]:
    """What other definitions would have given, in all patients."""
    if results.get("multiverse", {}).get("computed"):
        yield "Had the rules been others", " ".join(multiverse_words.sentences(results)[:2])


def how_many_tests(results: Mapping[str, Any]) -> Iterator[Said]:
    """Multiplicity, named where the P values are read first."""
    if tests := outcome_tests(results):
        first = results["analyses"][0]
        alone = f"{in_sentence(first['endpoint_label'])} in {in_sentence(first['label'])}"
        said = f"This page holds {counted(tests, 'test')} of outcomes between the arms, none corrected for the others."
        yield "How many tests", f"{said} The first, {alone}, stands by itself; the others explore."
