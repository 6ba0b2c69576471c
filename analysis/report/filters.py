"""How the templates print a number, a share or a test."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from analysis import words
from analysis.report import multiverse_words
from analysis.study.comparison import survival_key


def survival(group: Mapping[str, Any], months: float) -> str:
    """Survival at a landmark in per cent."""
    key = survival_key(months)
    reason = group["not_estimable"].get(key)
    if reason:
        return f"{words.NOT_ESTIMABLE}: {reason}"
    if group[key] == 1:
        return "100 (no event yet)"
    if group[f"{key}_ci_lower"] is None:  # nobody left alive: no scale has an interval
        return f"{words.percent(group[key])} (interval {words.NOT_ESTIMABLE})"
    return words.estimate(group, key, key, 0, 100)


def share(cell: Mapping[str, Any]) -> str:
    """A count and its per cent: `12 (24)`."""
    return f"{words.thousands(cell['n'])} ({words.percent(cell['share'])})"


def quartiles(cell: Mapping[str, Any]) -> str:
    """Median and quartiles."""
    if not cell["n"]:
        return "\u2013"
    middle, q1, q3 = (f"{round(cell[key], 1):g}" for key in ("median", "q1", "q3"))
    return f"{middle} ({q1} to {q3})"


def extremes(cell: Mapping[str, Any]) -> str:
    """The range."""
    return f"range {cell['minimum']:g} to {cell['maximum']:g}" if cell["n"] else ""


def rate(measured: Mapping[str, Any], n: int) -> str:
    """A response rate: `13 of 50: 26 % (15 to 40)`."""
    if not n:
        return "no patients"
    around = f"{words.percent(measured['ci_lower'])} to {words.percent(measured['ci_upper'])}"
    return f"{measured['n']} of {n}: {words.percent(measured['estimate'])} % ({around})"


def follow_up(found: Mapping[str, Any]) -> str:
    """A median follow-up."""
    if not found["n"]:
        return "no patients"
    return words.with_limits(found["estimate"], found["ci_lower"], found["ci_upper"], 1, words.NOT_REACHED)


def in_plain_words(value: Any) -> str:
    """An identifier or number inside a sentence."""
    return words.in_words(value).lower() if isinstance(value, str) else f"{value:g}"


FILTERS = {
    **multiverse_words.FILTERS,
    "counted": words.counted,
    "equals": lambda p: words.equals(words.p_value(p)),
    "extremes": extremes,
    "follow_up": follow_up,
    "in_plain_words": in_plain_words,
    "in_sentence": words.in_sentence,
    "level_label": partial(words.level_label, ""),
    "listed": words.listed,
    "median": words.median,
    "number": words.number,
    "p_value": words.p_value,
    "percent": words.percent,
    "quartiles": quartiles,
    "rate": rate,
    "ratio": words.hazard_ratio,
    "requirement": words.requirement,
    "rmst": lambda group: words.estimate(group, "rmst_months", "rmst", 1),
    "rmst_difference": lambda entry: words.estimate(entry, "rmst_difference_months", "rmst_difference", 1),
    "share": share,
    "survival": survival,
    "thousands": words.thousands,
}
