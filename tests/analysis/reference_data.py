"""The reference: values computed by R on public data sets."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

REFERENCE = Path(__file__).parent / "reference"


@cache
def quantities() -> dict[str, dict[str, Any]]:
    """R's values of every file reference/*.json by id: {"id", "dataset", "spec", "r_call", "values", "rtol"}.

    Raises ValueError for an id that two files have.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(REFERENCE.glob("*.json")):
        for quantity in json.loads(path.read_text(encoding="utf-8"))["quantities"]:
            if quantity["id"] in found:
                raise ValueError(f"two references have {quantity['id']}")
            found[quantity["id"]] = quantity
    return found


@cache
def data_set(name: str) -> pd.DataFrame:
    """A public data set that R used, with `time` and a boolean `event`."""
    frame = pd.read_csv(REFERENCE / name)
    if name == "ovarian.csv":
        frame = frame.rename(columns={"futime": "time", "fustat": "event"})
    elif name == "lung.csv":
        frame["event"] = frame["status"] == 2
    return frame.assign(event=frame["event"].astype(bool))
