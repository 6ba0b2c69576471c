"""The reference: values computed by R on public data sets."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

REFERENCE = Path(__file__).parent / "reference"


@cache
def quantities() -> dict[str, Any]:
    """R's values by id: {"dataset", "spec", "r_call", "values", "rtol"}."""
    listed = json.loads((REFERENCE / "r_survival.json").read_text(encoding="utf-8"))["quantities"]
    return {quantity["id"]: quantity for quantity in listed}


@cache
def data_set(name: str) -> pd.DataFrame:
    """A public data set that R used, with `time` and a boolean `event`."""
    frame = pd.read_csv(REFERENCE / name)
    if name == "ovarian.csv":
        frame = frame.rename(columns={"futime": "time", "fustat": "event"})
    elif name == "lung.csv":
        frame["event"] = frame["status"] == 2
    return frame.assign(event=frame["event"].astype(bool))
