"""Assessments, early events and treatment beyond progression, on patients whose numbers can be counted by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.study.conduct import assessments, beyond_progression, early_events, watched
from analysis.study.reading import Published
from analysis.study.settings import Settings
from tests.analysis import made_up

PROTOCOL = made_up.protocol()
SETTINGS = Settings.of(PROTOCOL)


def published(patients: list[dict[str, Any]]) -> Published:
    """A release of these patients: arm, pfs_days, reason, os_days, os_event, scans {day: response}, line_end."""
    keys = [f"{place:016x}" for place in range(len(patients))]
    cohort = pd.DataFrame(
        {
            "patient_key": keys,
            "arm": [f"{'' if one['arm'] == 'io' else 'non_'}immunotherapy" for one in patients],
            "pfs_days": [one["pfs_days"] for one in patients],
            "pfs_event": [one["reason"] in ("progression", "death") for one in patients],
            "pfs_end_reason": [one["reason"] for one in patients],
            "os_days": [one.get("os_days", 400) for one in patients],
            "os_event": [one.get("os_event", False) for one in patients],
        }
    )
    scans = [(key, day, response) for key, one in zip(keys, patients, strict=True) for day, response in one["scans"].items()]
    ends = pd.Series([one.get("line_end", 0) for one in patients], index=pd.Index(keys, name="patient_key"), name="end_day")
    return Published(
        cohort=cohort,
        strata=(),
        attrition=(),
        reconciliation=(),
        quarantine=(),
        not_assessable=(),
        assessments=pd.DataFrame(scans, columns=["patient_key", "day", "response"]),
        index_line_ends=ends,
        end_reasons=pd.DataFrame({"pfs": cohort["pfs_end_reason"].to_numpy()}, index=keys),
        expressions={},
    )


FOUR = published(
    [
        {"arm": "io", "pfs_days": 90, "reason": "progression", "scans": {0: "SD", 40: "PR", 90: "PD", 130: "PD"}, "line_end": 119},
        {"arm": "io", "pfs_days": 20, "reason": "progression", "scans": {5: "PD", 20: "PD"}, "line_end": 48},
        {"arm": "non", "pfs_days": 25, "reason": "death", "scans": {}, "os_days": 25, "os_event": True},
        {"arm": "non", "pfs_days": 60, "reason": "last_assessment", "scans": {30: "SD", 60: "SD"}, "line_end": 300},
    ]
)


def counts(kind: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Count and patients of both arms."""
    return [(group["count"], group["n"]) for group in kind["arms"].values()]


def test_gaps_are_between_assessments_until_progression() -> None:
    found = watched(FOUR)
    assert found.groupby("patient_key")["gap"].apply(list).tolist() == [[0, 40, 50], [5, 15], [30, 30]]


def test_frequency_and_width_of_the_interval() -> None:
    found = assessments(FOUR, SETTINGS)
    first, second = found["arms"].values()
    assert (first["assessments"], second["assessments"]) == (4, 2)
    assert first["per_three_months"] == pytest.approx(3 * 4 / (110 / SETTINGS.days_per_month))
    assert (first["width"]["n"], first["width"]["minimum"], first["width"]["maximum"]) == (2, 15, 50)
    assert (second["width"]["n"], second["width"]["median"]) == (0, None)
    assert found["midpoint"]["moved"] == 2


def test_the_middle_of_the_interval_is_what_the_model_sees() -> None:
    from analysis.statistics.cox import compare_two

    days, events = np.array([90 - 25, 20 - 7.5, 25, 60]), np.array([True, True, True, False])
    expected = compare_two(days, events, [True, True, False, False]).hazard_ratio().value
    assert assessments(FOUR, SETTINGS)["midpoint"]["hazard_ratio"] == pytest.approx(expected)


def test_early_events_and_the_blanked_ones_apart() -> None:
    kinds = early_events(FOUR, PROTOCOL, SETTINGS)["kinds"]
    assert counts(kinds["deaths"]) == [(0, 2), (1, 2)]
    assert counts(kinds["progressions"]) == [(1, 2), (0, 2)]  # day 20; day 90 is late
    assert counts(kinds["blanked_progressions"]) == [(1, 2), (0, 2)]  # day 5
    assert counts(kinds["any"]) == [(1, 2), (1, 2)]
    assert kinds["deaths"]["test"] == "Fisher exact"


@pytest.mark.parametrize(("line_end", "went_on"), [(118, 0), (119, 1)])
def test_treatment_beyond_progression_is_longer_than_the_limit(line_end: int, went_on: int) -> None:
    one = {"arm": "io", "pfs_days": 90, "reason": "progression", "scans": {90: "PD"}, "line_end": line_end}
    died = {"arm": "io", "pfs_days": 90, "reason": "death", "scans": {}, "line_end": 300}
    other = {"arm": "non", "pfs_days": 90, "reason": "progression", "scans": {90: "PD"}, "line_end": 80}
    found = beyond_progression(published([one, died, other]), PROTOCOL, SETTINGS)
    assert found["days"] == 28
    assert counts(found) == [(went_on, 1), (0, 1)]
    assert found["lasting"]["immunotherapy"]["n"] == went_on


def test_nobody_has_no_share(tmp_path: Path) -> None:
    nobody = published([])
    assert early_events(nobody, PROTOCOL, SETTINGS)["kinds"]["any"]["arms"]["immunotherapy"]["share"] is None
    assert assessments(nobody, SETTINGS)["arms"]["immunotherapy"]["per_three_months"] is None


def test_the_landmark_counts_from_its_day_among_who_is_still_there() -> None:
    entry = early_events(FOUR, PROTOCOL, SETTINGS)["landmarks"][0]
    assert (entry["endpoint"], entry["n"], entry["events"]) == ("pfs", 2, 1)  # days 90 and 60; days 20 and 25 have gone
    assert entry["not_estimable"] == {"hazard_ratio": "no events in one group"}
