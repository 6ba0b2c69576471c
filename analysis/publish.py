"""The results as rows: the tables `pfs_curve`, `os_curve` and `statistics` of a release.

Everything here is read off the dictionary of `results.compute`, so that database, JSON, CSV and report can't tell different numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.study.reading import Row
from analysis.words import NOT_ASSESSABLE

CURVE_COLUMNS = {
    "analysis": "varchar",
    "stratum": "varchar",
    "arm": "varchar",
    "months": "double",
    "at_risk": "bigint",
    "events": "bigint",
    "censored": "bigint",
    "survival": "double",
    "ci_lower": "double",
    "ci_upper": "double",
}
STATISTICS_COLUMNS = {
    "analysis": "varchar",
    "stratum": "varchar",
    "quantity": "varchar",
    "estimate": "double",
    "ci_lower": "double",
    "ci_upper": "double",
    "p_value": "double",
    "n": "bigint",
    "events": "bigint",
}


def figure(analysis: str, stratum: str, quantity: str, **values: Any) -> Row:
    """One row of `statistics`; what is not given is null."""
    return {**dict.fromkeys(STATISTICS_COLUMNS), "analysis": analysis, "stratum": stratum, "quantity": quantity, **values}


def estimate_of(holder: Mapping[str, Any], key: str, prefix: str) -> Row:
    """An estimate with its limits from a result."""
    return {"estimate": holder[key], "ci_lower": holder[f"{prefix}_ci_lower"], "ci_upper": holder[f"{prefix}_ci_upper"]}


def group_figures(analysis: str, stratum: str, name: str, group: Mapping[str, Any]) -> Iterator[Row]:
    """The figures of one curve."""
    counts = {"n": group["n"], "events": group["events"]}
    survivals = [key for key in group if key.startswith("survival_") and key.endswith("_months")]
    for key, prefix in (("median_months", "median"), ("rmst_months", "rmst"), *zip(survivals, survivals, strict=True)):
        yield figure(analysis, stratum, f"{key}_{name}", **estimate_of(group, key, prefix), **counts)


def analysis_figures(entry: Mapping[str, Any]) -> Iterator[Row]:
    """The figures of one endpoint in one stratum."""
    analysis, stratum = entry["endpoint"], entry["stratum"]
    counts = {"n": entry["n"], "events": entry["events"]}
    if entry["status"] == NOT_ASSESSABLE:
        return
    for arm, group in entry["arms"].items():
        yield from group_figures(analysis, stratum, arm, group)
    yield figure(analysis, stratum, "log_rank_chi_square", estimate=entry["log_rank_chi_square"], p_value=entry["log_rank_p"], **counts)
    yield figure(analysis, stratum, "hazard_ratio", **estimate_of(entry, "hazard_ratio", "hr"), **counts)
    yield figure(
        analysis, stratum, "proportional_hazards_chi_square", estimate=entry["ph_test_chi_square"], p_value=entry["ph_test_p"], **counts
    )
    yield figure(analysis, stratum, "rmst_difference_months", **estimate_of(entry, "rmst_difference_months", "rmst_difference"), **counts)


def cohort_figures(results: Mapping[str, Any]) -> Iterator[Row]:
    """Counts of patients and follow-up."""
    cohort, everyone = results["cohort"], "overall"
    yield figure("cohort", everyone, "patients", estimate=cohort["patients"], n=cohort["patients"])
    for arm, count in cohort["by_arm"].items():
        yield figure("cohort", everyone, f"patients_{arm}", estimate=count, n=count)
    medians = {"": cohort["median_follow_up_months"]}
    medians |= {f"_{arm}": median for arm, median in cohort["median_follow_up_months_by_arm"].items()}
    for suffix, median in medians.items():
        limits = {key: median[key] for key in ("estimate", "ci_lower", "ci_upper", "n")}
        yield figure("cohort", everyone, f"median_follow_up_months{suffix}", **limits, events=median["censored"])


def baseline_figures(results: Mapping[str, Any]) -> Iterator[Row]:
    """Standardised differences and tests of Table 1; the quantity of a P names its test."""
    for row in results["table_1"]["rows"]:
        counts = {"n": row["known"]}
        if row["smd"] is not None:
            yield figure("baseline", "overall", f"standardised_difference_{row['column']}", estimate=row["smd"], **counts)
        if row["p"] is not None:
            yield figure("baseline", "overall", f"{identifier(row['test'])}_{row['column']}", p_value=row["p"], **counts)


def response_figures(results: Mapping[str, Any]) -> Iterator[Row]:
    """Objective response and disease control; `events` are the responders."""
    for arm, group in results["response"]["arms"].items():
        for name in results["response"]["comparisons"]:
            limits = {key: group[name][key] for key in ("estimate", "ci_lower", "ci_upper")}
            yield figure("response", "overall", f"{name}_{arm}", **limits, n=group["n"], events=group[name]["n"])
    for name, test in results["response"]["comparisons"].items():
        if test["p"] is not None:
            n = sum(group["n"] for group in results["response"]["arms"].values())
            yield figure("response", "overall", f"{identifier(test['test'])}_{name}", p_value=test["p"], n=n)


def regimen_figures(results: Mapping[str, Any]) -> Iterator[Row]:
    """The figures by class of the index regimen."""
    for entry in results["by_regimen_class"]:
        analysis, stratum = f"{entry['endpoint']}_by_regimen_class", "overall"
        for name, group in entry["classes"].items():
            yield from group_figures(analysis, stratum, name, group)
            if name != entry["reference"]:
                ratio = estimate_of(group, "hazard_ratio", "hr")
                reference = entry["classes"].get(entry["reference"], {"n": 0, "events": 0})
                both = {key: group[key] + reference[key] for key in ("n", "events")}
                yield figure(analysis, stratum, f"hazard_ratio_{name}_vs_{entry['reference']}", **ratio, **both)
        counts = {"n": entry["n"], "events": entry["events"]}
        yield figure(analysis, stratum, "log_rank_chi_square", estimate=entry["log_rank_chi_square"], p_value=entry["log_rank_p"], **counts)


def identifier(name: str) -> str:
    """The name of a test as part of a quantity: `chi_square`."""
    return name.lower().replace("-", "_").replace(" ", "_")


def statistics_rows(results: Mapping[str, Any]) -> list[Row]:
    """The rows of `published.statistics`, in the order of the analyses."""
    rows = [*cohort_figures(results), *baseline_figures(results)]
    for entry in results["analyses"]:
        rows += analysis_figures(entry)
    return [*rows, *regimen_figures(results), *response_figures(results)]


def write_statistics(connection: Any, results: Mapping[str, Any]) -> None:
    """Creates or replaces `published.pfs_curve`, `published.os_curve` and `published.statistics` in a writable DuckDB.

    `connection`: of the release's cohort.duckdb. `results`: of `analysis.run`. The order of rows is that of the results.
    """
    connection.execute("create schema if not exists published")
    for endpoint in ("pfs", "os"):
        create_table(connection, f"published.{endpoint}_curve", CURVE_COLUMNS, results["curves"].get(endpoint, []))
    create_table(connection, "published.statistics", STATISTICS_COLUMNS, statistics_rows(results))


def create_table(connection: Any, name: str, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
    """A table of exactly these columns and rows."""
    import pyarrow as pa

    types = {"varchar": pa.string(), "double": pa.float64(), "bigint": pa.int64()}
    arrow = pa.table({column: pa.array([row[column] for row in rows], type=types[kind]) for column, kind in columns.items()})
    connection.register("analysis_rows", arrow)
    listed = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in columns.items())
    connection.execute(f"create or replace table {name} as select {listed} from analysis_rows")
    connection.unregister("analysis_rows")
