"""Rows that are alike counted in the database, so that ten million patients cost little more than their distinct days.

A Kaplan-Meier estimate, a log-rank test and a Cox model see a patient only as time, event, group and covariates: `counts=` of
`kaplan_meier`, `log_rank` and `fit_cox` says how many patients a row stands for, and the result is the same to the last digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

COUNT = "count"


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def collapsed(connection: DuckDBPyConnection, relation: str, columns: Sequence[str]) -> pd.DataFrame:
    """The distinct rows of `columns` with their number as `count`, ordered.

    `relation`: the name of a table or view, `schema.name` where it needs one. Times in whole days collapse well, in months as
    floating-point numbers too where they come from days. Raises ValueError where a column has a missing value, which the caller must leave
    out or fill first, and where a column is called `count`.
    """
    if COUNT in columns:
        raise ValueError("a column can't be called count")
    if not columns:
        raise ValueError("at least one column is needed")
    source = ".".join(quoted(part) for part in relation.split("."))
    listed = ", ".join(quoted(column) for column in columns)
    frame = connection.execute(f"select {listed}, count(*) as {COUNT} from {source} group by all order by all").df()
    missing = [column for column in columns if frame[column].isna().any()]
    if missing:
        raise ValueError(f"missing values in {', '.join(missing)}: leave out or fill those rows first")
    return frame
