"""Somebody outside with the exported CSV files, a pencil, and a linear program. Written without a look at how counts are suppressed.

What such a reader knows: the meaning of each table, that counts are whole and not negative, and everything that is printed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import linprog

MANY = 100_000
Name = tuple[str, ...]


@dataclass
class Notes:
    """Counts that are printed, counts that are not, and sums between them."""

    printed: dict[Name, int] = field(default_factory=dict)
    hidden: dict[Name, None] = field(default_factory=dict)
    sums: list[tuple[Name, list[Name]]] = field(default_factory=list)

    def see(self, name: Name, cell: str) -> None:
        """Take down a cell. A count that two tables print must be one number."""
        if cell == "suppressed":
            self.hidden[name] = None
        elif cell:
            assert self.printed.setdefault(name, int(cell)) == int(cell), name
        if name in self.printed:
            self.hidden.pop(name, None)

    def know(self, whole: Name, *parts: Name) -> None:
        """Take down a sum; what no table has is one more unknown."""
        self.sums.append((whole, list(parts)))
        for name in (whole, *parts):
            if name not in self.printed:
                self.hidden[name] = None

    def between(self, name: Name) -> tuple[int, int]:
        """The least and greatest that a count can be."""
        names = list(self.hidden)
        place = {one: number for number, one in enumerate(names)}
        rows, right = np.zeros((len(self.sums), len(names))), np.zeros(len(self.sums))
        for line, (whole, parts) in enumerate(self.sums):
            for one, sign in ((whole, 1), *((part, -1) for part in parts)):
                if one in place and one not in self.printed:
                    rows[line, place[one]] += sign
                else:
                    right[line] -= sign * self.printed[one]
        goal = np.zeros(len(names))
        goal[place[name]] = 1
        ends = [linprog(sign * goal, A_eq=rows, b_eq=right, bounds=(0, MANY)) for sign in (1, -1)]
        assert all(end.status == 0 for end in ends), name
        return int(np.ceil(ends[0].fun - 1e-6)), int(np.floor(-ends[1].fun + 1e-6))


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of an exported CSV file."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def notes(folder: Path) -> Notes:
    """Everything that the tables say of counts."""
    found = Notes()
    flow(found, table(folder, "attrition"))
    first_table(found, table(folder, "table_1"))
    outcomes(found, folder)
    best_responses(found, table(folder, "response"))
    for row in table(folder, "reconciliation"):
        fates = [name for name in row if name.endswith("_rows")]
        for fate in fates:
            found.see(("rows", row["table_name"], fate), row[fate])
        found.know(("rows", row["table_name"], "raw_rows"), *(("rows", row["table_name"], fate) for fate in fates if fate != "raw_rows"))
    return found


def flow(found: Notes, rows: list[dict[str, str]]) -> None:
    """Left before is left after and excluded; the last are the cohort."""
    for row in rows:
        found.see(("left", row["step"]), row["patients_left"])
        found.see(("excluded", row["step"]), row["patients_excluded"])
    for before, after in pairwise(rows):
        found.know(("left", before["step"]), ("left", after["step"]), ("excluded", after["step"]))
    found.know(("left", rows[-1]["step"]), ("n", "overall", "all"))


def first_table(found: Notes, rows: list[dict[str, str]]) -> None:
    """Levels make up a column, columns make up a level; the level of a stratum is that stratum."""
    columns: dict[Name, list[Name]] = defaultdict(list)
    levels: dict[Name, list[Name]] = defaultdict(list)
    for row in rows:
        name = ("level", row["characteristic"], row["level"], row["group"])
        found.see(name, row["n"])
        columns[row["characteristic"], row["group"]].append(name)
        levels[row["characteristic"], row["level"]].append(name)
    for (_, group), parts in columns.items():
        found.know(("n", "overall", group), *parts)
    for parts in levels.values():
        whole = next(part for part in parts if part[-1] == "all")
        found.know(whole, *(part for part in parts if part != whole))
    for group in {row["group"] for row in rows}:
        for level, stratum in (("Positive", "pd_l1_positive"), ("Negative", "pd_l1_negative")):
            if ("pd_l1_status", level) in levels:
                found.know(("level", "pd_l1_status", level, group), ("n", stratum, group))
        if ("rebiopsied", "Yes") in levels:
            found.know(("level", "rebiopsied", "Yes", group), ("n", "pd_l1_positive_rebiopsied", group), ("rest", "rebiopsied", group))


def outcomes(found: Notes, folder: Path) -> None:
    """Events and censored make up patients, arms a stratum, strata the cohort, classes an arm."""
    survival, compared, classes = (table(folder, name) for name in ("survival", "comparisons", "regimen_classes"))
    for row in survival:
        found.see(("n", row["stratum"], row["arm"]), row["n"])
        found.see(("events", row["endpoint"], row["stratum"], row["arm"]), row["events"])
    for row in compared:
        found.see(("n", row["stratum"], "all"), row["n"])
        found.see(("events", row["endpoint"], row["stratum"], "all"), row["events"])
    arms = sorted({row["arm"] for row in survival})
    for endpoint, stratum in sorted({(row["endpoint"], row["stratum"]) for row in compared}):
        found.know(("n", stratum, "all"), *(("n", stratum, arm) for arm in arms))
        found.know(("events", endpoint, stratum, "all"), *(("events", endpoint, stratum, arm) for arm in arms))
        for group in ("all", *arms):
            parts = (("events", endpoint, stratum, group), ("censored", endpoint, stratum, group))
            found.know(("n", stratum, group), *parts)
    for kind in (("n",), *(("events", endpoint) for endpoint in sorted({row["endpoint"] for row in compared}))):
        for group in ("all", *arms):
            status = ("pd_l1_positive", "pd_l1_negative", "pd_l1_unknown")
            found.know((*kind, "overall", group), *((*kind, stratum, group) for stratum in status))
            found.know((*kind, "pd_l1_positive", group), (*kind, "pd_l1_positive_rebiopsied", group), ("rest", *kind, group))
    for row in table(folder, "follow_up"):
        found.see(("n", "overall", row["group"]), row["n"])
        found.see(("censored", "os", "overall", row["group"]), row["censored"])
    for endpoint in sorted({row["endpoint"] for row in classes}):
        mine = [row for row in classes if row["endpoint"] == endpoint]
        for row in mine:
            name = row["regimen_class"]
            found.see(("class", name), row["n"])
            found.see(("class events", endpoint, name), row["events"])
            found.know(("class", name), ("class events", endpoint, name), ("class censored", endpoint, name))
        for arm in arms:
            of_arm = [row["regimen_class"] for row in mine if row["regimen_class"].startswith("ici") == (arm == "immunotherapy")]
            found.know(("events", endpoint, "overall", arm), *(("class events", endpoint, name) for name in of_arm))
            found.know(("n", "overall", arm), *(("class", name) for name in of_arm))


def best_responses(found: Notes, rows: list[dict[str, str]]) -> None:
    """Responses make up an arm and the rates."""
    for row in rows:
        found.see(("response", row["arm"], row["response"]), row["count"])
        found.see(("n", "overall", row["arm"]), row["n"])
    for arm in sorted({row["arm"] for row in rows}):
        named = {name: ("response", arm, name) for name in ("CR", "PR", "SD", "PD", "NE", "objective_response", "disease_control")}
        found.know(("n", "overall", arm), *(named[name] for name in ("CR", "PR", "SD", "PD", "NE")))
        found.know(named["objective_response"], named["CR"], named["PR"])
        found.know(named["disease_control"], named["CR"], named["PR"], named["SD"])
