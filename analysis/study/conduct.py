"""How the patients were watched and treated: what could make a difference between arms without any effect of the drugs.

Assessments: progression is seen at a scan, so arms that are scanned more often progress earlier. Early events: the arm follows from the
drugs of the first weeks, so who dies or progresses in them could not get a later drug. Beyond progression: treatment that goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.basics import Flags, Floats, NamedP, NotEstimable
from analysis.statistics.contingency import counts_by_level, independence
from analysis.statistics.cox import compare_two
from analysis.statistics.differences import rank_sum
from analysis.statistics.landmark import landmark
from analysis.statistics.proportions import clopper_pearson
from analysis.study.reading import Published, Row
from analysis.study.settings import Settings, hazard_ratio_row
from analysis.study.tables import summary_of, test_of

PFS = "pfs"


def arms_of(published: Published, settings: Settings) -> dict[str, Flags]:
    """Who is in each arm."""
    return {arm: published.arm(arm) for arm in settings.arms}


def share_row(yes: Flags, members: Flags, level: float) -> Row:
    """How many of an arm, with the exact interval of the share."""
    n, count = int(members.sum()), int((yes & members).sum())
    share = clopper_pearson(count, n, level)
    bounds = (share.value, share.lower, share.upper) if n else (None, None, None)
    return {"n": n, "count": count, **dict(zip(("share", "ci_lower", "ci_upper"), bounds, strict=True))}


def shares(yes: Flags, among: Flags, published: Published, settings: Settings) -> Row:
    """How many of each arm, of those `among`, and the test between the arms."""
    arms = {arm: mine & among for arm, mine in arms_of(published, settings).items()}
    either = arms[settings.first] | arms[settings.second]
    tested = independence(counts_by_level([True, False], yes[either], arms[settings.first][either]))
    return {"arms": {arm: share_row(yes, mine, settings.level) for arm, mine in arms.items()}, **test_of(tested)}


def watched(published: Published) -> pd.DataFrame:
    """Distinct assessment days of every patient while followed for progression, with the gap in days since the one before (or day 0)."""
    ends = published.cohort.set_index("patient_key")[f"{PFS}_days"]
    days = published.assessments[["patient_key", "day"]].drop_duplicates().sort_values(["patient_key", "day"])
    days = days[days["day"] <= days["patient_key"].map(ends)]
    gaps = days.groupby("patient_key")["day"].diff().fillna(days["day"])
    return days.assign(gap=gaps)


def assessments(published: Published, settings: Settings) -> Row:
    """Frequency of assessments by arm, the width of the interval in which a progression happened, and what dating it in the middle does."""
    days = watched(published)
    days = days[days["gap"] > 0]
    keys = published.cohort["patient_key"]
    first_scan = keys.map(days.groupby("patient_key")["day"].min()).to_numpy(dtype=float)
    usual_gap = keys.map(days.groupby("patient_key")["gap"].mean()).to_numpy(dtype=float)
    widths = progression_widths(published, days)
    measures = {"gap": usual_gap, "first": first_scan, "width": widths}
    arms: Row = {}
    followed = published.endpoint(PFS)[0]
    scans = keys.map(days.groupby("patient_key").size()).fillna(0).to_numpy(dtype=float)
    for arm, mine in arms_of(published, settings).items():
        patient_months = float(followed[mine].sum()) / settings.days_per_month
        arms[arm] = {
            "n": int(mine.sum()),
            "assessments": int(scans[mine].sum()),
            "patient_months": patient_months,
            "per_three_months": 3 * float(scans[mine].sum()) / patient_months if patient_months else None,
            **{name: summary_of(values[mine & ~np.isnan(values)]) for name, values in measures.items()},
        }
    tests: Row = {}
    for name, values in measures.items():
        samples = [values[mine & ~np.isnan(values)] for mine in arms_of(published, settings).values()]
        tested: NamedP | None = rank_sum(samples[0], samples[1])
        tests[name] = test_of(tested)
    return {"arms": arms, "tests": tests, "midpoint": midpoint(published, widths, settings)}


def progression_widths(published: Published, days: pd.DataFrame) -> Floats:
    """For who progressed, the days between the assessment before (or day 0) and the progression; NaN for the others."""
    ends = published.cohort.set_index("patient_key")[f"{PFS}_days"]
    at_end = days[days["day"] == days["patient_key"].map(ends)].set_index("patient_key")["gap"]
    widths = published.cohort["patient_key"].map(at_end).to_numpy(dtype=float)
    progressed = (published.cohort["pfs_end_reason"] == "progression").to_numpy(dtype=bool)
    return np.where(progressed, widths, np.nan)


def midpoint(published: Published, widths: Floats, settings: Settings) -> Row:
    """The hazard ratio with every progression dated in the middle between the two assessments that enclose it."""
    days, events = published.endpoint(PFS)
    moved = days - np.where(np.isnan(widths), 0, widths) / 2
    row: Row = {"n": int(days.size), "events": int(events.sum()), "moved": int((~np.isnan(widths)).sum())}
    try:
        ratio = compare_two(moved, events, published.arm(settings.first)).hazard_ratio(level=settings.level)
    except NotEstimable as reason:
        return {**row, **hazard_ratio_row(None), "not_estimable": {"hazard_ratio": str(reason)}}
    return {**row, **hazard_ratio_row(ratio), "not_estimable": {}}


def early_events(published: Published, protocol: Mapping[str, Any], settings: Settings) -> Row:
    """Deaths and progressions up to the protocol's `early_days` by arm, those that the blanking leaves out apart."""
    limit, blanked_before = int(protocol["analysis"]["early_days"]), int(protocol["parameters"]["progression_blanking_days"])
    keys = published.cohort["patient_key"]
    progressions = published.assessments[(published.assessments["response"] == "PD") & (published.assessments["day"] <= limit)]
    everybody = np.ones(len(keys), dtype=bool)
    days, deaths = published.endpoint("os")

    def has(rows: pd.DataFrame) -> Flags:
        return keys.isin(rows["patient_key"]).to_numpy(dtype=bool)

    kinds = {
        "deaths": deaths & (days <= limit),
        "progressions": has(progressions[progressions["day"] >= blanked_before]),
        "blanked_progressions": has(progressions[progressions["day"] < blanked_before]),
    }
    kinds["any"] = np.logical_or.reduce(list(kinds.values()))
    found = {name: shares(yes, everybody, published, settings) for name, yes in kinds.items()}
    landmarks = [after_landmark(endpoint, limit, published, settings) for endpoint in protocol["endpoints"]]
    return {"days": limit, "blanked_before": blanked_before, "kinds": found, "landmarks": landmarks}


def after_landmark(endpoint: Mapping[str, Any], day: int, published: Published, settings: Settings) -> Row:
    """The hazard ratio from a day on, among who is still followed without the event then: no arm can owe anything to the days before."""
    days, events = published.endpoint(endpoint["id"])
    chosen = landmark(days, events, day)
    first = published.arm(settings.first)[chosen.members]
    row: Row = {"endpoint": endpoint["id"], "endpoint_label": endpoint["label"], "n": int(first.size), "events": int(chosen.events.sum())}
    try:
        ratio = compare_two(chosen.times, chosen.events, first).hazard_ratio(level=settings.level)
    except NotEstimable as reason:
        return {**row, **hazard_ratio_row(None), "not_estimable": {"hazard_ratio": str(reason)}}
    return {**row, **hazard_ratio_row(ratio), "not_estimable": {}}


def beyond_progression(published: Published, protocol: Mapping[str, Any], settings: Settings) -> Row:
    """Of who progressed, how many had the index line go on for longer than the protocol's `beyond_progression_days`, and how long."""
    limit = int(protocol["analysis"]["beyond_progression_days"])
    progressed = (published.cohort["pfs_end_reason"] == "progression").to_numpy(dtype=bool)
    after = published.index_line_ends.to_numpy(dtype=float) - published.cohort[f"{PFS}_days"].to_numpy(dtype=float)
    went_on = progressed & (after > limit)
    found = shares(went_on, progressed, published, settings)
    lasting = {arm: summary_of(after[went_on & mine]) for arm, mine in arms_of(published, settings).items()}
    return {"days": limit, **found, "lasting": lasting}
