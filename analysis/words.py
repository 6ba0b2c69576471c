"""Numbers and categories in words: one place for how the report prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

NOT_REACHED = "not reached"
NOT_ESTIMABLE = "not estimable"
NOT_ASSESSABLE = "not assessable"
SYNTHETIC = "Synthetic patients, calibrated to the published figures: a demonstration, no evidence"

LEVELS = {
    "ici_mono": "Immunotherapy alone",
    "ici_chemo": "Immunotherapy + chemotherapy",
    "ici_antiangiogenic": "Immunotherapy + anti-angiogenic",
    "ici_chemo_antiangiogenic": "Immunotherapy + chemotherapy + anti-angiogenic",
    "chemo": "Chemotherapy",
    "chemo_antiangiogenic": "Chemotherapy + anti-angiogenic",
    "nsclc_nos": "NSCLC, not otherwise specified",
    "CR": "Complete response",
    "PR": "Partial response",
    "SD": "Stable disease",
    "PD": "Progressive disease",
    "NE": "Not evaluable",
    "progression": "Progression",
    "death": "Death",
    "next_line": "Censored: the next line of therapy started",
    "last_assessment": "Censored at the last evaluable assessment",
    "objective_response": "Objective response (CR + PR)",
    "disease_control": "Disease control (CR + PR + SD)",
}
REQUIREMENTS = {
    "calendar_dates": "calendar dates",
    "age": "the age of a patient",
    "pd_l1_status": "the PD-L1 status",
    "pd_l1_score": "a PD-L1 score",
    "re_biopsy_reason": "why a biopsy was taken",
    "follow_up_contacts": "follow-up contacts",
    "response_grade": "how far a tumour shrank",
}
LEVELS_OF_COLUMN = {
    "pd_l1_level": {"<1": "Below 1", "1-49": "1 to 49", ">=50": "50 or more"},
    "prior_alk_tki_generation": {1: "First", 2: "Second", 3: "Third", 4: "Fourth"},
}


def level_label(column: str, level: Any) -> str:
    """A category as a reader calls it."""
    if isinstance(level, bool) or type(level).__name__ == "bool":
        return "Yes" if level else "No"
    known = LEVELS_OF_COLUMN.get(column, {}).get(level) or LEVELS.get(level if isinstance(level, str) else "")
    return known or (in_words(level) if isinstance(level, str) else f"{level:g}")


def in_words(identifier: str) -> str:
    """An identifier as words: `squamous_cell` is "Squamous cell"."""
    words = identifier.replace("_", " ")
    return words[:1].upper() + words[1:]


def requirement(capability: str) -> str:
    """What a source must be able to say, in words."""
    return REQUIREMENTS.get(capability, in_words(capability).lower())


def in_sentence(label: str) -> str:
    """A label inside a sentence: "All patients" is "all patients", "PD-L1 positive" stays."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def interval_name(results: Mapping[str, Any]) -> str:
    """What the intervals of these results are: `95 % CI`, in one piece."""
    return f"{100 * results['protocol']['analysis']['confidence_level']:g}\u00a0%\u00a0CI"


def number(value: float | None, digits: int, missing: str = NOT_ESTIMABLE) -> str:
    """A number with that many decimals, or the word for a missing one; never a negative zero."""
    if value is None:
        return missing
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text.replace("-", "\u2212")


def limits(lower: float | None, upper: float | None, digits: int, open_end: str = NOT_ESTIMABLE) -> str:
    """An interval: `4.1 to 6.8`. `open_end` is the word for a missing upper limit; nothing known at all is "not estimable"."""
    if lower is None and upper is None:
        return NOT_ESTIMABLE
    return f"{number(lower, digits)} to {number(upper, digits, open_end)}"


def with_limits(value: float | None, lower: float | None, upper: float | None, digits: int, open_end: str = NOT_ESTIMABLE) -> str:
    """An estimate and its interval: `6.4 (4.1 to 8.8)`."""
    return f"{number(value, digits, open_end)} ({limits(lower, upper, digits, open_end)})"


def estimate(holder: Mapping[str, Any], key: str, prefix: str, digits: int, scale: float = 1, open_end: str = NOT_ESTIMABLE) -> str:
    """An estimate of a result with its limits: `6.4 (4.1 to 8.8)`; the word alone where there is none."""
    value, lower, upper = (holder[name] for name in (key, f"{prefix}_ci_lower", f"{prefix}_ci_upper"))
    if value is None and lower is None:
        return open_end
    return with_limits(*(None if one is None else scale * one for one in (value, lower, upper)), digits, open_end)


def median(group: Mapping[str, Any]) -> str:
    """The median of a group in months, with its limits."""
    return estimate(group, "median_months", "median", 1, open_end=NOT_REACHED)


def hazard_ratio(entry: Mapping[str, Any]) -> str:
    """The hazard ratio of an analysis, with its limits."""
    return estimate(entry, "hazard_ratio", "hr", 2)


def p_value(p: float | None, missing: str = NOT_ESTIMABLE) -> str:
    """A P with two digits that matter, three near a border: `0.47`, `0.006`, `<0.001`."""
    if p is None:
        return missing
    if p < 0.001:
        return "<0.001"
    if p < 0.01 or 0.045 <= p < 0.055:
        return f"{p:.3f}"
    return f"{p:.2f}" if p < 0.995 else ">0.99"


def equals(p: str) -> str:
    """`P = 0.03`, `P <0.001`, in one piece."""
    return f"P\u00a0{p}" if p[:1] in "<>" else f"P\u00a0=\u00a0{p}"


def percent(share: float | None, digits: int = 0, missing: str = "\u2013") -> str:
    """A share as per cent, without the sign."""
    return missing if share is None else f"{100 * share:.{digits}f}"


def thousands(value: int) -> str:
    """A count with thin spaces, as in `12 345`."""
    return f"{value:,}".replace(",", "\u202f")


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *most, last = list(words)
    return f"{', '.join(most)} and {last}" if most else last


def counted(count: int, singular: str, plural: str = "") -> str:
    """`1 patient`, `2 patients`."""
    return f"{thousands(count)} {singular if count == 1 else plural or singular + 's'}"


def failing_rows(failing: int | None, total: int | None) -> str:
    """`3 of 1 200 rows`; empty where they were not counted."""
    return "" if failing is None or total is None else f"{thousands(failing)} of {counted(total, 'row')}"
