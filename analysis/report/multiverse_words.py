"""The multiverse in sentences, every number of them computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import words
from analysis.words import counted, in_sentence, listed, number, thousands

Entry = Mapping[str, Any]


def sentences(results: Mapping[str, Any]) -> list[str]:
    """What the other definitions say together, a paragraph each."""
    told = results["multiverse"]
    alternatives = sum(len(decision["choices"]) - 1 for decision in told["decisions"])
    first = (
        f"The protocol decides {counted(len(told['decisions']), 'question')} that others could answer in another way. "
        f"All {thousands(told['definitions'])} combinations of its choices with {counted(alternatives, 'alternative')} "
        f"were derived by the same rules from the same records, and analysed for {in_sentence(told['endpoint_label'])}."
    )
    named = {decision["id"]: in_sentence(decision["label"]) for decision in told["decisions"]}
    if told["left_out"]:
        missing = [f"{named[one['decision']]}, {one['label']} ({words.requirement(one['requires'])})" for one in told["left_out"]]
        first += f" Left out, for the source can't say what they need: {listed(missing)}."
    return [first, stratum_words(told["strata"][0]), *movers(told["strata"])]


def stratum_words(entry: Entry) -> str:
    """Where the estimates of one stratum lie."""
    what = "hazard ratio" if entry["measure"] == "hazard_ratio" else "ratio of hazard ratios"
    spread = entry["hazard_ratio"]
    if not entry["estimable"]:
        return f"{entry['label']}: the {what} is not estimable under any definition ({reasons(entry)})."
    least, lower, upper, greatest = (number(spread[name], 2) for name in ("least", "lower_quartile", "upper_quartile", "greatest"))
    text = (
        f"{entry['label']}: the {what} is {number(entry['default']['hazard_ratio'], 2)} under the protocol and between {least} and "
        f"{greatest} over all definitions, half of them from {lower} to {upper}. It is below 1 in "
        f"{thousands(entry['below_1'])} of {counted(entry['estimable'], 'estimable definition')}; "
        f"P ({' or '.join(entry['tests'])}) is below 0.05 in {thousands(entry['p_below_0_05'])} of the "
        f"{thousands(entry['tested'])} with a test."
    )
    missing = entry["definitions"] - entry["estimable"]
    return f"{text} In {counted(missing, 'definition')} it is not estimable ({reasons(entry)})." if missing else text


def reasons(entry: Entry) -> str:
    """Why definitions have no estimate, with how many."""
    return listed(f"{one['reason']}: {thousands(one['definitions'])}" for one in entry["not_estimable"])


def movers(strata: Sequence[Entry]) -> list[str]:
    """Which decision moves the answer most, in each stratum; and which moves it nowhere."""
    parts = []
    for entry in strata:
        most = entry["influence"][0]
        if entry["measure"] == "hazard_ratio" and most["mean_factor"] and most["mean_factor"] > 1:
            factor = f"by a factor of {number(most['mean_factor'], 2)} on average"
            parts.append(f"{in_sentence(entry['label'])}: {in_sentence(most['label'])} ({factor})")
    found = [f"What moves the hazard ratio most, between two definitions that differ in nothing else: {'; '.join(parts)}."] if parts else []
    still = [
        row["label"]
        for row in strata[0]["influence"]
        if all(one["greatest_factor"] in (1, None) for entry in strata for one in entry["influence"] if one["decision"] == row["decision"])
    ]
    if still:
        found.append(f"No hazard ratio depends on: {listed(in_sentence(label) for label in still)}.")
    return found


def curve_words(entry: Entry, results: Mapping[str, Any]) -> str:
    """A specification curve in words."""
    own, (least, greatest) = entry["default"], (number(entry["hazard_ratio"][name], 2) for name in ("least", "greatest"))
    shown = f"{in_sentence(results['multiverse']['endpoint_label'])}, {in_sentence(entry['label'])}"
    return (
        f"Specification curve of {shown}: the hazard ratios of {counted(entry['estimable'], 'definition')} in rising order from "
        f"{least} to {greatest}, with {words.interval_name(results)}; under them the choices that each makes. "
        f"The protocol's own: {words.hazard_ratio(own)}. "
        f"P is below 0.05 ({' or '.join(entry['tests'])}) in {counted(entry['p_below_0_05'], 'definition')}."
    )


def estimate_words(row: Entry) -> tuple[str, str]:
    """A cell: the estimate with its interval, and below it events, patients, and P with its test's name."""
    counts = f"{row['events']} in {row['n']}"
    tested = f"; {row['test']} {words.equals(words.p_value(row['p_value']))}" if row["p_value"] is not None else ""
    if row["hazard_ratio"] is None:
        return "not estimable", f"{counts}: {row['not_estimable']}{tested}"
    return f"{number(row['hazard_ratio'], 2)} ({words.limits(row['hr_ci_lower'], row['hr_ci_upper'], 2)})", counts + tested


def factor_words(row: Entry) -> str:
    """How far a decision moves the hazard ratio."""
    if row["mean_factor"] is None:
        return "not estimable"
    if row["greatest_factor"] == 1:
        return "moves nothing"
    return f"{number(row['mean_factor'], 2)} (at most {number(row['greatest_factor'], 2)})"


def spread_words(entry: Entry) -> tuple[str, str]:
    """From the least to the greatest estimate, and the middle half."""
    spread = {name: number(value, 2) for name, value in entry["hazard_ratio"].items()}
    if not entry["estimable"]:
        return "not estimable", ""
    return f"{spread['least']} to {spread['greatest']}", f"{spread['lower_quartile']} to {spread['upper_quartile']}"


FILTERS = {
    "multiverse_spread": spread_words,
    "multiverse_reasons": reasons,
    "multiverse_sentences": sentences,
    "multiverse_estimate": estimate_words,
    "multiverse_factor": factor_words,
}
