"""What the protocol's other definitions say together: read from the table `multiverse` of a release, told as one result.

The definitions share their patients, so nothing here adds evidence up: shares and quantiles describe how far the answer hangs on choices,
and a P value is the one that this definition alone would have given.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import exp
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.basics import Floats
from analysis.study.reading import Row
from pipeline.sensitivity import COLUMNS, Decision, Decisions, decisions_of

SIGNIFICANT = 0.05
MOST_BLOCKS = 120  # of the curve: neighbours in the order of the hazard ratio are drawn together
DRAWN = 2  # strata with a curve: the first ones of the protocol
ESTIMATED = {name: name for name in ("patients", "n", "events", "exposed", "exposed_events", "hazard_ratio")}
ESTIMATED |= {"ci_lower": "hr_ci_lower", "ci_upper": "hr_ci_upper", "p_value": "p_value", "test": "test", "not_estimable": "not_estimable"}
QUANTILES = {"least": 0.0, "lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75, "greatest": 1.0}
NOT_COMPUTED = "not computed: the refresh ran with MULTIVERSE=0"
ANOTHER_PROTOCOL = "computed under another protocol: publish anew"


def multiverse(table: pd.DataFrame | None, protocol: Mapping[str, Any]) -> Row:
    """The entry `multiverse` of results.json.

    `table`: `published.multiverse` of the release, None where it has none. `computed` is False, with a `reason`, where there is nothing
    to tell.
    """
    asked = decisions_of(protocol)
    if not asked.decisions:
        return {"computed": False, "reason": "the protocol has no sensitivity alternatives"}
    if table is None:
        return {"computed": False, "reason": NOT_COMPUTED}
    decisions = decisions_of(protocol, left_out_of(table, asked))
    parts = parts_of(table)
    if not is_of(decisions, parts.values()):
        return {"computed": False, "reason": ANOTHER_PROTOCOL}
    labels = {entry["id"]: entry["label"] for entry in protocol["strata"]}
    endpoint = protocol["sensitivity"]["endpoint"]
    return {
        "computed": True,
        "endpoint": endpoint,
        "endpoint_label": next(entry["label"] for entry in protocol["endpoints"] if entry["id"] == endpoint),
        "definitions": decisions.definitions,
        "decisions": [described(decision) for decision in decisions.decisions],
        "left_out": [{"decision": name, "id": one.id, "label": one.label, "requires": one.requires} for name, one in decisions.left_out],
        "strata": [
            {
                "stratum": stratum,
                "label": " / ".join(labels[name] for name in stratum.split(" / ")),
                "measure": measure,
                **told(part, decisions),
                "curve": curve(part, decisions) if place < DRAWN and measure == "hazard_ratio" else None,
            }
            for place, ((measure, stratum), part) in enumerate(parts.items())
        ],
        "not_assessable": [name for name in protocol["sensitivity"]["strata"] if ("hazard_ratio", name) not in parts],
    }


def parts_of(table: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """The rows of each measure and stratum, in the order of the definitions."""
    pairs = table[["measure", "stratum"]].drop_duplicates().itertuples(index=False)
    found = {(str(measure), str(stratum)): table for measure, stratum in pairs}
    for measure, stratum in found:
        mine = (table["measure"] == measure) & (table["stratum"] == stratum)
        found[measure, stratum] = table[mine].sort_values("definition", kind="stable")
    return found


def left_out_of(table: pd.DataFrame, decisions: Decisions) -> list[str]:
    """What the source can't say, by the alternatives that require it and that the table lacks."""
    return [
        choice.requires
        for decision in decisions.decisions
        for choice in decision.choices
        if choice.requires and decision.id in table and choice.id not in set(table[decision.id])
    ]


def is_of(decisions: Decisions, parts: Any) -> bool:
    """Whether the table has exactly these decisions, every combination of them once in each part."""
    names = [decision.id for decision in decisions.decisions]
    choices = [{choice.id for choice in decision.choices} for decision in decisions.decisions]
    return all(
        set(part.columns) - set(COLUMNS) == set(names)
        and len(part) == decisions.definitions
        and all(set(part[name]) == known for name, known in zip(names, choices, strict=True))
        for part in parts
    )


def described(decision: Decision) -> Row:
    """A decision with its choices, the protocol's own first."""
    return {"id": decision.id, "label": decision.label, "choices": [{"id": one.id, "label": one.label} for one in decision.choices]}


def told(part: pd.DataFrame, decisions: Decisions) -> Row:
    """One stratum, or the interaction: the protocol's own estimate, the others around it, and what moves them."""
    ratio, p = part["hazard_ratio"].to_numpy(dtype=float), part["p_value"].to_numpy(dtype=float)
    estimable = np.isfinite(ratio)
    known, known_p = ratio[estimable], p[np.isfinite(p)]
    own = row_of(part, 0)
    significant = (p < SIGNIFICANT) & estimable
    return {
        "default": own,
        "definitions": len(part),
        "estimable": int(estimable.sum()),
        "not_estimable": [
            {"reason": str(reason), "definitions": int(count)} for reason, count in part["not_estimable"].value_counts().items()
        ],
        "different_results": int(part[["n", "events", "hazard_ratio", "ci_lower", "p_value"]].drop_duplicates().shape[0]),
        "hazard_ratio": {name: float(np.quantile(known, at)) if known.size else None for name, at in QUANTILES.items()},
        "tests": sorted({str(name) for name in part["test"].dropna()}),
        "tested": int(known_p.size),
        "below_1": int((known < 1).sum()),
        "p_below_0_05": int((known_p < SIGNIFICANT).sum()),
        "share_below_1": share(known < 1),
        "share_p_below_0_05": share(known_p < SIGNIFICANT),
        "share_below_1_and_p_below_0_05": share((significant & (ratio < 1))[estimable]),
        "share_above_1_and_p_below_0_05": share((significant & (ratio > 1))[estimable]),
        "one_at_a_time": one_at_a_time(part, decisions),
        "influence": influence(np.log(ratio), p, decisions),
    }


def share(flags: np.ndarray) -> float | None:
    """The share that is true; None of none."""
    return float(flags.mean()) if flags.size else None


def row_of(part: pd.DataFrame, definition: int) -> Row:
    """The estimate of one definition; None for what does not exist."""
    row = part.iloc[definition]
    return {name: plain(row[column]) for column, name in ESTIMATED.items()}


def plain(value: Any) -> Any:
    """A value of the table as JSON carries it."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    return value.item() if isinstance(value, np.generic) else value


def one_at_a_time(part: pd.DataFrame, decisions: Decisions) -> list[Row]:
    """Each alternative alone, every other decision at its default."""
    own = row_of(part, 0)
    found = []
    for place, decision in enumerate(decisions.decisions):
        for number, choice in enumerate(decision.choices[1:], start=1):
            row = row_of(part, number * int(np.prod(decisions.sizes[place + 1 :], dtype=np.int64)))
            both = row["hazard_ratio"] is not None and own["hazard_ratio"] is not None
            found.append(
                {
                    "decision": decision.id,
                    "decision_label": decision.label,
                    "default_label": decision.choices[0].label,
                    "alternative": choice.id,
                    "label": choice.label,
                    **row,
                    "log_hazard_ratio_change": float(np.log(row["hazard_ratio"] / own["hazard_ratio"])) if both else None,
                    "changes_nothing": row == own,
                }
            )
    return found


def influence(log_ratio: Floats, p: Floats, decisions: Decisions) -> list[Row]:
    """What each decision does to the answer, the most first: over all pairs of definitions that differ in this decision only, the mean
    absolute difference of the log hazard ratio, its exponential, the greatest one, and how often P goes across 0.05."""
    found = []
    for place, decision in enumerate(decisions.decisions):
        values, tests = (np.moveaxis(array.reshape(decisions.sizes), place, 0) for array in (log_ratio, p))
        pairs = list(combinations(range(decisions.sizes[place]), 2))
        apart = np.array([np.abs(values[one] - values[other]) for one, other in pairs]).ravel()
        crosses = np.array([(tests[one] < SIGNIFICANT) != (tests[other] < SIGNIFICANT) for one, other in pairs]).ravel()
        tested = np.isfinite(np.array([tests[one] + tests[other] for one, other in pairs]).ravel())
        comparable = apart[np.isfinite(apart)]
        mean, most = (float(comparable.mean()), float(comparable.max())) if comparable.size else (None, None)
        found.append(
            {
                "decision": decision.id,
                "label": decision.label,
                "pairs": int(apart.size),
                "comparable_pairs": int(comparable.size),
                "mean_absolute_log_ratio": mean,
                "mean_factor": None if mean is None else exp(mean),
                "greatest_factor": None if most is None else exp(most),
                "share_p_crosses_0_05": share(crosses[tested]),
            }
        )
    return sorted(found, key=lambda row: -1.0 if row["mean_absolute_log_ratio"] is None else row["mean_absolute_log_ratio"], reverse=True)


def curve(part: pd.DataFrame, decisions: Decisions) -> Row:
    """The specification curve, its columns from the least hazard ratio to the greatest: neighbours together in blocks of nearly equal size.

    Of each block the middle one's hazard ratio and interval, the share with P below 0.05, and of each choice of each decision the share
    that makes it. `default_at`: where among the estimable definitions the protocol's own stands, from 0 to 1.
    """
    estimable = part[part["hazard_ratio"].notna()].sort_values(["hazard_ratio", "definition"], kind="stable")
    blocks = [block for block in np.array_split(np.arange(len(estimable)), min(MOST_BLOCKS, max(len(estimable), 1))) if block.size]
    middles = estimable.iloc[[int(block[block.size // 2]) for block in blocks]] if blocks else estimable
    below = (estimable["p_value"] < SIGNIFICANT).to_numpy()
    places = np.flatnonzero(estimable["is_default"].to_numpy())
    chosen = {
        decision.id: {
            choice.id: [rounded(flags[block].mean(), 3) for block in blocks]
            for choice in decision.choices
            for flags in [(estimable[decision.id] == choice.id).to_numpy()]
        }
        for decision in decisions.decisions
    }
    return {
        "definitions": len(estimable),
        "blocks": [int(block.size) for block in blocks],
        **{name: [rounded(value, 4) for value in middles[name]] for name in ("hazard_ratio", "ci_lower", "ci_upper")},
        "share_p_below_0_05": [rounded(below[block].mean(), 3) for block in blocks],
        "default_at": float((places[0] + 0.5) / len(estimable)) if places.size else None,
        "chosen": chosen,
    }


def rounded(value: float, digits: int) -> float | None:
    """For a drawing; None where an interval has no bound."""
    return round(float(value), digits) if np.isfinite(value) else None
