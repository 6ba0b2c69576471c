"""Reads the published views of one release. Nothing else of the warehouse is open to the analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.context import AnalysisError
from analysis.statistics.survival import Flags, Floats

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
    scan_gaps: Mapping[str, Floats]  # days between a patient's successive assessments while followed for progression, by arm

    def arm(self, name: str) -> Flags:
        """Who of the cohort is in an arm."""
        return (self.cohort["arm"] == name).to_numpy(dtype=bool)

    def endpoint(self, name: str) -> tuple[Floats, Flags]:
        """Days and events of an endpoint."""
        return self.cohort[f"{name}_days"].to_numpy(dtype=float), self.cohort[f"{name}_event"].to_numpy(dtype=bool)


SCAN_GAPS = """
with assessments as (
    select distinct timeline.patient_key, cohort.arm, timeline.day
    from published.timeline
    join published.cohort using (patient_key)
    where timeline.event_type = 'assessment' and timeline.day between 0 and cohort.pfs_days
)
select arm, day - lag(day, 1, 0) over (partition by patient_key order by day) as gap
from assessments
qualify gap > 0
order by arm, gap
"""


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
    gaps = connection.sql(SCAN_GAPS).df()
    return Published(
        cohort=cohort,
        strata=tuple(stratum(connection, entry, cohort, missing) for entry in protocol["strata"]),
        attrition=rows(connection, "select * from published.attrition order by step"),
        reconciliation=rows(connection, "select * from published.reconciliation order by table_name"),
        quarantine=rows(connection, 'select * from published.quarantine_summary order by table_name, rule, "rows"'),
        not_assessable=unavailable,
        scan_gaps={str(arm): group["gap"].to_numpy(dtype=float) for arm, group in gaps.groupby("arm")},
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


def not_assessable(connection: Any) -> tuple[Row, ...]:
    """What of the protocol the source can't say, from the view `assessability`; empty where a release has no such view."""
    found = connection.execute(
        "select count(*) from information_schema.tables where table_schema = 'published' and table_name = 'assessability'"
    ).fetchone()
    if not found[0]:
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


def numbers(values: Sequence[Any] | pd.Series | np.ndarray) -> Floats:
    """The known numbers among `values`."""
    known = pd.to_numeric(pd.Series(values), errors="coerce").dropna()
    return known.to_numpy(dtype=float)
