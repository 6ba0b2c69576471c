"""What survival statistics cost at ten million patients: ``python -m benchmarks.statistics [--rows 10000000] [--lifelines 100000]``.

Invented patients in a DuckDB file: days, death, arm, sex, age. A Kaplan-Meier estimate, a log-rank test and a Cox model of three
covariates, each twice in one run: from counts that the database makes of rows that are alike, and from the rows themselves.
``--lifelines``: the Cox model of so many of the rows by lifelines too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from analysis.statistics.collapse import collapsed
from analysis.statistics.cox import fit_cox
from analysis.statistics.kaplan_meier import kaplan_meier, quantile
from analysis.statistics.log_rank import log_rank

# a death rate that the arm, sex and age change; censoring evenly over three years
MADE = """
create table patients as
with drawn as (
    select hash(i) % 2 = 0 as first_arm, (hash(i, 1) % 2)::integer as sex, (40 + hash(i, 2) % 40)::integer as age,
        (1 + hash(i, 3) % 1000000) / 1000001 as chance, 1 + hash(i, 4) % 1095 as censored_on
    from range(?) as made(i)
), timed as (
    select *, ceil(-ln(chance) * 400 * exp(if(first_arm, 0.3, 0) + 0.1 * sex - 0.02 * (age - 60))) as died_on from drawn
)
select least(died_on, censored_on)::integer as days, died_on <= censored_on as died, first_arm, sex, age
from timed
"""
OUTCOME = ["days", "died"]
COVARIATES = ["first_arm", "sex", "age"]


@dataclass(frozen=True)
class Timed:
    """One statistic: seconds in the database, seconds of computing, how many rows it saw, and its value."""

    reading: float
    computing: float
    rows: int
    value: float


def timed(read: Callable[[], pd.DataFrame], statistic: Callable[[pd.DataFrame], float]) -> Timed:
    """The rows read, then the statistic."""
    started = time.monotonic()
    rows = read()
    read_at = time.monotonic()
    value = statistic(rows)
    return Timed(read_at - started, time.monotonic() - read_at, len(rows), value)


def median(rows: pd.DataFrame) -> float:
    """By Kaplan-Meier."""
    return quantile(kaplan_meier(rows["days"], rows["died"], counts=rows.get("count"))).value


def chi_square(rows: pd.DataFrame) -> float:
    """Of the log-rank test of the arms."""
    return log_rank(rows["days"], rows["died"], rows["first_arm"], counts=rows.get("count")).statistic


def coefficient(rows: pd.DataFrame) -> float:
    """Of the arm in the Cox model."""
    return float(fit_cox(rows["days"], rows["died"], rows[COVARIATES].astype(float), counts=rows.get("count")).coefficients[0])


def by_lifelines(rows: pd.DataFrame) -> float:
    """The same coefficient by lifelines."""
    from lifelines import CoxPHFitter

    return float(CoxPHFitter().fit(rows[OUTCOME + COVARIATES].astype(float), "days", "died").params_["first_arm"])


STATISTICS: dict[str, tuple[list[str], Callable[[pd.DataFrame], float]]] = {
    "Kaplan-Meier": (OUTCOME, median),
    "log-rank": ([*OUTCOME, "first_arm"], chi_square),
    "Cox, 3 covariates": (OUTCOME + COVARIATES, coefficient),
}


def said(label: str, from_counts: Timed, from_rows: Timed) -> None:
    """One line of the table."""
    whole, others = from_counts.reading + from_counts.computing, from_rows.reading + from_rows.computing
    if not np.isclose(from_counts.value, from_rows.value, rtol=1e-9):
        raise SystemExit(f"{label}: {from_counts.value!r} from counts, {from_rows.value!r} from rows")
    print(
        f"{label:<20}{from_counts.rows:>12,}{from_counts.reading:>10.2f}{from_counts.computing:>10.2f}{whole:>10.2f}{others:>10.2f}"
        f"{whole / others:>8.2f}"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Survival statistics from counts beside the same from the rows.")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--lifelines", type=int, default=0, help="fit the Cox model of so many rows by lifelines too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "made.duckdb")) as connection:
        connection.execute(MADE, [arguments.rows])
        print(f"{arguments.rows:,} patients; seconds")
        print(f"{'':<20}{'counts':>12}{'SQL':>10}{'computing':>10}{'together':>10}{'from rows':>10}{'ratio':>8}")
        for label, (columns, statistic) in STATISTICS.items():
            from_counts = timed(lambda c=columns: collapsed(connection, "patients", c), statistic)
            listed = ", ".join(columns)
            from_rows = timed(lambda c=listed: connection.execute(f"select {c} from patients").df(), statistic)
            said(label, from_counts, from_rows)
        if arguments.lifelines:
            sample = connection.execute("from patients limit ?", [arguments.lifelines]).df()
            ours, theirs = (timed(lambda: sample, statistic) for statistic in (coefficient, by_lifelines))
            print(f"Cox of {arguments.lifelines:,} rows: ours {ours.computing:.2f} s, lifelines {theirs.computing:.2f} s")


if __name__ == "__main__":
    main()
