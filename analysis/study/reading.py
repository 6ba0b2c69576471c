"""Reads the published views of one release. Nothing else of the warehouse is open to the analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.context import AnalysisError
from analysis.statistics.basics import Flags, Floats

Row = dict[str, Any]


@dataclass(frozen=True)
class Stratum:
    """A stratum of the protocol: who of the cohort belongs to it. `members` is None where the source can't tell."""

    id: str
    label: str
    members: Flags | None
    requires: str | None


@dataclass(frozen=True)
class Published:
    """What the analysis takes from the views, in a fixed order of rows."""

    cohort: pd.DataFrame
    strata: tuple[Stratum, ...]
    attrition: tuple[Row, ...]
    reconciliation: tuple[Row, ...]
    quarantine: tuple[Row, ...]
    not_assessable: tuple[Row, ...]  # kind, id, requires
    assessments: pd.DataFrame  # patient_key, day, response of every assessment day, by patient and day
    index_line_ends: pd.Series  # last day of the index line, by patient_key
    end_reasons: pd.DataFrame  # how the follow-up of each endpoint ended, by patient_key; a column an endpoint
    expressions: Mapping[str, np.ndarray]  # what the protocol's `by` and `value` give for each patient; None is not recorded
    multiverse: pd.DataFrame | None = None  # every definition of the cohort, where the release has them

    def arm(self, name: str) -> Flags:
        """Who of the cohort is in an arm."""
        return (self.cohort["arm"] == name).to_numpy(dtype=bool)

    def endpoint(self, name: str) -> tuple[Floats, Flags]:
        """Days and events of an endpoint."""
        return self.cohort[f"{name}_days"].to_numpy(dtype=float), self.cohort[f"{name}_event"].to_numpy(dtype=bool)

    def first_treated_day(self, arm: str) -> Floats:
        """The day on which a patient first has the arm's treatment: 0 in the arm, with a later line in the others, NaN for never."""
        later = pd.to_numeric(self.cohort["first_ici_day"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        return np.where(self.arm(arm), 0.0, later)

    def levels(self, expression: str) -> np.ndarray:
        """The label that a `by` of the protocol gives each patient; None where it is not recorded."""
        return self.expressions[expression]

    def values(self, expression: str) -> Floats:
        """The number that a `value` of the protocol gives each patient; NaN where it is not recorded."""
        return np.array([np.nan if value is None else float(value) for value in self.expressions[expression]])


ASSESSMENTS = """
select patient_key, day, detail as response
from published.timeline
where event_type = 'assessment' and day >= 0
order by patient_key, day, response nulls last
"""
INDEX_LINE_ENDS = "select patient_key, end_day from published.lines_of_therapy where is_index_line order by patient_key"
END_REASONS = "select patient_key, endpoint, end_reason from published.endpoints order by patient_key, endpoint"


def read(database: Path, protocol: Mapping[str, Any], key: str | None = None) -> Published:
    """Reads a release's `cohort.duckdb`, with the warehouse's key if it has one.

    Raises `AnalysisError` where it is not there or not readable as one, and the pipeline's `WarehouseError` for another key.
    """
    import duckdb

    from pipeline.database import connect

    if not database.is_file():
        raise AnalysisError(f"there is no database {database.name}: give the cohort.duckdb of a release")
    try:
        with connect(database, key, read_only=True) as connection:
            return read_from(connection, protocol)
    except (duckdb.IOException, duckdb.CatalogException) as error:
        raise AnalysisError(f"{database.name} can't be read as a release: {type(error).__name__}; publish it anew") from error


def read_from(connection: Any, protocol: Mapping[str, Any]) -> Published:
    """Reads the published views through an open connection."""
    cohort = with_endpoints(connection, connection.sql("select * from published.cohort order by patient_key").df(), protocol)
    unavailable = not_assessable(connection)
    missing = {row["requires"] for row in unavailable}
    return Published(
        cohort=cohort,
        strata=tuple(stratum(connection, entry, cohort, missing) for entry in protocol["strata"]),
        attrition=rows(connection, "select * from published.attrition order by step"),
        reconciliation=rows(connection, "select * from published.reconciliation order by table_name"),
        quarantine=rows(connection, 'select * from published.quarantine_summary order by table_name, rule, "rows"'),
        not_assessable=unavailable,
        assessments=connection.sql(ASSESSMENTS).df(),
        index_line_ends=connection.sql(INDEX_LINE_ENDS).df().set_index("patient_key")["end_day"].reindex(cohort["patient_key"]),
        end_reasons=connection.sql(END_REASONS)
        .df()
        .pivot(index="patient_key", columns="endpoint", values="end_reason")
        .reindex(index=cohort["patient_key"], columns=[endpoint["id"] for endpoint in protocol["endpoints"]]),
        multiverse=connection.sql("select * from published.multiverse").df() if has(connection, "multiverse") else None,
        expressions=expressions(connection, protocol),
    )


def with_endpoints(connection: Any, cohort: pd.DataFrame, protocol: Mapping[str, Any]) -> pd.DataFrame:
    """The cohort with `<endpoint>_days` and `<endpoint>_event` of the protocol's further endpoints, which it has no columns for."""
    for name in (endpoint["id"] for endpoint in protocol["endpoints"]):
        if f"{name}_days" not in cohort:
            query = f"select patient_key, days as {name}_days, is_event as {name}_event from published.endpoints where endpoint = ?"
            cohort = cohort.merge(connection.execute(query, [name]).df(), on="patient_key", how="left", validate="one_to_one")
    return cohort


def rows(connection: Any, query: str) -> tuple[Row, ...]:
    """The rows of a query as dictionaries."""
    relation = connection.sql(query)
    return tuple(dict(zip(relation.columns, values, strict=True)) for values in relation.fetchall())


def has(connection: Any, view: str) -> bool:
    """Whether the release has this published view."""
    query = "select count(*) from information_schema.tables where table_schema = 'published' and table_name = ?"
    return bool(connection.execute(query, [view]).fetchone()[0])


def not_assessable(connection: Any) -> tuple[Row, ...]:
    """What of the protocol the source can't say, from the view `assessability`; empty where a release has no such view."""
    if not has(connection, "assessability"):
        return ()
    return rows(connection, "select kind, id, requires from published.assessability where not is_assessable order by kind, id")


def stratum(connection: Any, entry: Mapping[str, Any], cohort: pd.DataFrame, missing: set[str]) -> Stratum:
    """Evaluates a stratum's `where`, a condition on a row of `published.cohort` (the protocol is trusted like code)."""
    import duckdb

    requires = entry.get("requires")
    if requires in missing:
        return Stratum(entry["id"], entry["label"], None, requires)
    try:
        keys = connection.sql(f"select patient_key from published.cohort where ({entry['where']})").fetchall()
    except (duckdb.BinderException, duckdb.ParserException) as error:
        problem = f"stratum {entry['id']}: its condition is not SQL on a row of the view cohort"
        raise AnalysisError(f"{problem}: mend it in protocol.yml") from error
    return Stratum(entry["id"], entry["label"], cohort["patient_key"].isin([key for (key,) in keys]).to_numpy(dtype=bool), requires)


def expressions(connection: Any, protocol: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """What each `by` and `value` of the protocol's analyses gives for every patient, in the order of the cohort."""
    import duckdb

    asked = [entry for section in ("subgroups", "covariates") for entry in protocol["analysis"][section]]
    found: dict[str, np.ndarray] = {}
    for entry in asked:
        expression = entry.get("by") or entry["value"]
        try:
            answers = connection.sql(f"select ({expression}) from published.cohort order by patient_key").fetchall()
        except (duckdb.BinderException, duckdb.ParserException) as error:
            problem = f"analysis, {entry['id']}: `by` or `value` is not SQL on a row of the view cohort"
            raise AnalysisError(f"{problem}: mend it in protocol.yml, or publish anew if the release is older than the protocol") from error
        found[expression] = np.array([answer for (answer,) in answers], dtype=object)
    return found


def numbers(values: Sequence[Any] | pd.Series | np.ndarray) -> Floats:
    """The known numbers among `values`."""
    known = pd.to_numeric(pd.Series(values), errors="coerce").dropna()
    return known.to_numpy(dtype=float)
