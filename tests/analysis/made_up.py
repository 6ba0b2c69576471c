"""A made-up release: the published views with random patients, for tests and for looking at the report."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from pipeline.protocol import load

PROTOCOL = Path(__file__).parents[2] / "protocol.yml"
DAYS_PER_MONTH = 30.4375
CLASSES = {
    "immunotherapy": ("ici_mono", "ici_chemo", "ici_antiangiogenic", "ici_chemo_antiangiogenic"),
    "non_immunotherapy": ("chemo", "chemo_antiangiogenic"),
}


def protocol() -> dict[str, Any]:
    """The project's protocol."""
    return load(PROTOCOL).settings


def cohort(patients: int = 92, seed: int = 5, has_calendar: bool = True) -> pd.DataFrame:
    """Random patients in the shape of `published.cohort`; immunotherapy works where PD-L1 is positive."""
    draw = np.random.default_rng(seed)
    arm = draw.choice(["immunotherapy", "non_immunotherapy"], patients)
    status = draw.choice(["positive", "negative", "unknown"], patients, p=[0.5, 0.35, 0.15])
    rebiopsied = draw.random(patients) < 0.55
    helped = (arm == "immunotherapy") & (status == "positive")
    progression = draw.exponential(np.where(helped, 10.5, np.where(arm == "immunotherapy", 4.0, 3.6)) * DAYS_PER_MONTH) + 20
    progression = np.ceil(progression / 42) * 42 + draw.integers(-5, 6, patients)  # seen at the next scan
    death = progression + draw.exponential(13 * DAYS_PER_MONTH, patients)
    lost = draw.uniform(14, 48, patients) * DAYS_PER_MONTH
    next_line = draw.random(patients) < 0.08
    pfs_event = (progression < lost) & ~next_line
    pfs_days = np.where(next_line, progression * 0.5, np.minimum(progression, lost)).astype(int)
    os_event = death < lost
    os_days = np.minimum(death, lost).astype(int)
    level = np.where(status == "positive", draw.choice(["1-49", ">=50"], patients), np.where(status == "negative", "<1", None))
    return pd.DataFrame(
        {
            "patient_key": [f"{number:016x}" for number in draw.choice(2**40, patients, replace=False)],
            "arm": arm,
            "regimen_class": [draw.choice(CLASSES[name]) for name in arm],
            "regimen": np.where(arm == "immunotherapy", "carboplatin + pembrolizumab + pemetrexed", "carboplatin + pemetrexed"),
            "index_year": draw.integers(2018, 2023, patients) if has_calendar else pd.array([None] * patients, dtype="Int64"),
            "line_number": draw.integers(2, 5, patients),
            "age_at_index": draw.normal(54, 11, patients).clip(22, 90).astype(int),
            "sex": draw.choice(["female", "male"], patients),
            "smoking": draw.choice(["never", "ever", "unknown"], patients, p=[0.6, 0.3, 0.1]),
            "ecog_at_index": pd.array(np.where(draw.random(patients) < 0.1, None, draw.integers(0, 3, patients)), dtype="Int64"),
            "histology_class": draw.choice(["adenocarcinoma", "squamous", "nsclc_nos"], patients, p=[0.9, 0.04, 0.06]),
            "brain_metastasis": np.random.default_rng(seed + 1).random(patients) < 0.25,
            "pd_l1_status": status,
            "pd_l1_level": level,
            "pd_l1_tps": np.where(level == ">=50", 60.0, np.where(level == "1-49", 10.0, np.nan)),
            "pd_l1_from_rebiopsy": rebiopsied & (status != "unknown"),
            "rebiopsied": rebiopsied,
            "tki_continued": draw.random(patients) < 0.15,
            "prior_alk_tki_count": draw.integers(1, 4, patients),
            "prior_alk_tki_generation": draw.integers(1, 4, patients),
            "prior_lines": draw.integers(1, 4, patients),
            "resistance_day": -draw.integers(0, 120, patients),
            "pfs_days": pfs_days,
            "pfs_event": pfs_event,
            "pfs_end_reason": np.where(
                next_line,
                "next_line",
                np.where(pfs_event, np.where(draw.random(patients) < 0.12, "death", "progression"), "last_assessment"),
            ),
            "pfs_months": pfs_days / DAYS_PER_MONTH,
            "os_days": os_days,
            "os_event": os_event,
            "os_months": os_days / DAYS_PER_MONTH,
            "first_ici_day": np.where(arm == "immunotherapy", 0, np.where(np.arange(patients) % 4 == 0, 30.0, np.nan)),
            "best_response": draw.choice(["CR", "PR", "SD", "PD", "NE"], patients, p=[0.02, 0.24, 0.36, 0.3, 0.08]),
        }
    )


TEXTS = ("patient_key", "arm", "regimen_class", "regimen", "sex", "smoking", "histology_class")
TEXTS += ("pd_l1_status", "pd_l1_level", "best_response")


def attrition(patients: int, criteria: list[dict[str, Any]], missing: tuple[str, ...] = ()) -> pd.DataFrame:
    """A cohort flow that ends with `patients`."""
    left = [1840, 1702, 214, 186, 171, 143, 118, 104, 104, 97]
    left = [count * (patients > 0) for count in left[: len(criteria)]] + [patients]
    labels = ["Source population"] + [
        entry["label"] + (" (not assessable)" if entry.get("requires") in missing else "") for entry in criteria
    ]
    names = ["source_population", *(entry["id"] for entry in criteria)]
    excluded = [0] + [before - after for before, after in pairwise(left)]
    return pd.DataFrame(
        {"step": range(len(left)), "criterion": names, "label": labels, "patients_left": left, "patients_excluded": excluded}
    )


def timeline(members: pd.DataFrame) -> pd.DataFrame:
    """Assessments every six weeks or so until PFS ends."""
    rows = [
        (key, day, "assessment", "SD")
        for key, end in zip(members["patient_key"], members["pfs_days"], strict=True)
        for day in range(40, int(end) + 1, 43)
    ]
    return pd.DataFrame(rows, columns=["patient_key", "day", "event_type", "detail"])


def lines(members: pd.DataFrame) -> pd.DataFrame:
    """An index line for everybody, which ends some weeks before or after PFS does."""
    ends = members["pfs_days"] + np.array([int(key, 16) % 90 for key in members["patient_key"]], dtype=int) - 30
    same = members[["patient_key", "line_number", "regimen_class"]]
    return same.assign(start_day=0, end_day=ends.clip(lower=0), is_index_line=True)


def endpoints(members: pd.DataFrame) -> pd.DataFrame:
    """How the follow-up of PFS and OS ended."""
    reasons = {"pfs": members["pfs_end_reason"], "os": np.where(members["os_event"], "death", "last_record")}
    keys = members["patient_key"]
    return pd.concat([pd.DataFrame({"patient_key": keys, "endpoint": name, "end_reason": ended}) for name, ended in reasons.items()])


def write(path: Path, members: pd.DataFrame, missing: tuple[str, ...] = ()) -> Path:
    """Writes a cohort.duckdb; `missing` lists capabilities that its source lacks."""
    entries = protocol()
    assessability = [
        (kind, entry["id"], entry.get("requires"), entry.get("requires") not in missing)
        for kind, section in (("criterion", "criteria"), ("stratum", "strata"))
        for entry in entries[section]
    ]
    tables = ["patients", "diagnoses", "drug_orders", "assessments", "follow_ups"]
    frames = {
        # without a patient nothing else says that these are texts
        "cohort": members.astype(dict.fromkeys(TEXTS, "string")),
        "attrition": attrition(len(members), entries["criteria"], missing),
        "timeline": timeline(members),
        "lines_of_therapy": lines(members),
        "endpoints": endpoints(members),
        "assessability": pd.DataFrame(assessability, columns=["kind", "id", "requires", "is_assessable"]),
        "reconciliation": pd.DataFrame(
            {
                "table_name": tables,
                "raw_rows": [2100, 5240, 30412, 12044, 9001],
                "current_rows": [1840, 5011, 29100, 11810, 8700],
                "superseded_rows": [200, 150, 1000, 130, 210],
                "duplicate_rows": [40, 60, 210, 70, 60],
                "retracted_rows": [10, 10, 80, 20, 20],
                "quarantined_rows": [10, 9, 22, 14, 11],
            }
        ),
        "quarantine_summary": pd.DataFrame({"table_name": tables, "rule": ["bad_date"] * 5, "rows": [10, 9, 22, 14, 11]}),
    }
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema published")
        for name, frame in frames.items():
            connection.register("rows_of", frame)
            connection.execute(f"create table published.{name} as select * from rows_of")
            connection.unregister("rows_of")
    return path
