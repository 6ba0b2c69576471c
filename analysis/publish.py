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
        limits = {"ci_lower": test["difference_ci_lower"], "ci_upper": test["difference_ci_upper"]}
        everybody = sum(group["n"] for group in results["response"]["arms"].values())
        yield figure("response", "overall", f"difference_{name}", estimate=test["difference"], **limits, n=everybody)
        if test["p"] is not None:
            yield figure("response", "overall", f"{identifier(test['test'])}_{name}", p_value=test["p"], n=everybody)


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


def hazard_figure(analysis: str, stratum: str, quantity: str, holder: Mapping[str, Any], **counts: Any) -> Row:
    """A hazard ratio with its limits and, where the holder has one, its P."""
    return figure(analysis, stratum, quantity, **estimate_of(holder, "hazard_ratio", "hr"), p_value=holder.get("p"), **counts)


def further_figures(entry: Mapping[str, Any]) -> Iterator[Row]:
    """The further statistics that the protocol names."""
    counts = {"n": entry["n"], "events": entry["events"]}
    for name, found in entry["further"].items():
        limits = {key: found[key] for key in ("estimate", "ci_lower", "ci_upper")}
        yield figure(entry["endpoint"], entry["stratum"], name, **limits, p_value=found["p"], **counts)


def interaction_figures(results: Mapping[str, Any]) -> Iterator[Row]:
    """Treatment by the strata of the protocol, and by each variable of the forest."""
    for entry in results["interaction"]:
        analysis, stratum = f"{entry['endpoint']}_interaction", "_vs_".join(entry["strata"])
        counts = {"n": entry["n"], "events": entry["events"]}
        ratio = estimate_of(entry, "ratio_of_hazard_ratios", "ratio")
        yield figure(analysis, stratum, "ratio_of_hazard_ratios", **ratio, p_value=entry["wald_p"], **counts)
        yield figure(analysis, stratum, "likelihood_ratio_interaction", p_value=entry["interaction_p"], **counts)
    for forest in results["subgroups"]:
        analysis = f"{forest['endpoint']}_subgroups"
        for row in forest["rows"]:
            for level in row["levels"]:
                counts = {"n": level["n"], "events": level["events"]}
                yield hazard_figure(analysis, f"{row['variable']}={level['level']}", "hazard_ratio", level, **counts)
            counts = {"n": row["n"], "events": row["events"]}
            yield figure(analysis, row["variable"], "likelihood_ratio_interaction", p_value=row["interaction_p"], **counts)


def model_figures(results: Mapping[str, Any]) -> Iterator[Row]:
    """The multivariable models, and the weighted comparisons."""
    for entry in results["multivariable"]:
        counts = {"n": entry["n"], "events": entry["events"]}
        for method in ("cox", *(["firth"] if entry["has_firth"] else [])):
            for row in entry["coefficients"]:
                quantity = f"hazard_ratio_{row['id']}" + (f"={row['level']}" if row["level"] else "")
                yield hazard_figure(f"{entry['endpoint']}_multivariable_{method}", "overall", quantity, row[method], **counts)
    for entry in results["weighted"]:
        analysis, counts = f"{entry['endpoint']}_weighted_{entry['method']}", {"n": entry["n"], "events": entry["events"]}
        yield hazard_figure(analysis, "overall", "hazard_ratio", entry, **counts)
        yield figure(analysis, "overall", "e_value", estimate=entry["e_value"], ci_lower=entry["e_value_limit"], **counts)
        for arm, group in entry["arms"].items():
            size = group["effective_sample_size"]
            yield figure(analysis, "overall", f"effective_sample_size_{arm}", estimate=size, n=group["n"], events=group["events"])
        for row in entry["balance"]:
            name = row["column"] + (f"={row['level']}" if row["level"] else "")
            for when in ("before", "after"):
                yield figure(analysis, "overall", f"standardised_difference_{when}_{name}", estimate=row[when], n=entry["n"])


def competing_figures(results: Mapping[str, Any]) -> Iterator[Row]:
    """Each event of an endpoint while the others compete with it."""
    for entry in results["competing_risks"]:
        for row in entry["events"]:
            analysis, counts = f"{entry['endpoint']}_{row['event']}", {"n": row["n"], "events": row["events"]}
            yield figure(analysis, "overall", "gray_test", estimate=row["gray_chi_square"], p_value=row["gray_p"], **counts)
            for kind in ("subdistribution", "cause_specific"):
                yield hazard_figure(analysis, "overall", f"{kind}_hazard_ratio", row[kind], **counts)
            for arm, group in row["arms"].items():
                for key in (key for key in group if key.startswith("incidence_") and key.endswith("_months")):
                    limits = {"estimate": group[key], "ci_lower": group[f"{key}_ci_lower"], "ci_upper": group[f"{key}_ci_upper"]}
                    yield figure(analysis, "overall", f"{key}_{arm}", **limits, n=group["n"], events=group["events"])


def conduct_figures(results: Mapping[str, Any]) -> Iterator[Row]:
    """Assessments, early events, and treatment beyond progression by arm."""
    for arm, group in results["assessments"]["arms"].items():
        yield figure("assessments", "overall", f"per_three_months_{arm}", estimate=group["per_three_months"], n=group["n"])
        yield figure("assessments", "overall", f"median_gap_days_{arm}", estimate=group["gap"]["median"], n=group["gap"]["n"])
    found = results["assessments"]["midpoint"]
    yield hazard_figure("assessments", "overall", "hazard_ratio_midpoint", found, n=found["n"], events=found["events"])
    for entry in results["early_events"]["landmarks"]:
        name = f"hazard_ratio_from_day_{results['early_events']['days']}"
        yield hazard_figure(entry["endpoint"], "overall", name, entry, n=entry["n"], events=entry["events"])
    kinds = {f"early_{name}": kind for name, kind in results["early_events"]["kinds"].items()}
    for name, kind in {**kinds, "therapy_beyond_progression": results["beyond_progression"]}.items():
        for arm, group in kind["arms"].items():
            limits = {"estimate": group["share"], "ci_lower": group["ci_lower"], "ci_upper": group["ci_upper"]}
            yield figure("conduct", "overall", f"{name}_{arm}", **limits, n=group["n"], events=group["count"])
        if kind["p"] is not None:
            n = sum(group["n"] for group in kind["arms"].values())
            yield figure("conduct", "overall", f"{identifier(kind['test'])}_{name}", p_value=kind["p"], n=n)


def identifier(name: str) -> str:
    """The name of a test as part of a quantity: `chi_square`."""
    return name.lower().replace("-", "_").replace(" ", "_")


def statistics_rows(results: Mapping[str, Any]) -> list[Row]:
    """The rows of `published.statistics`, in the order of the analyses."""
    rows = [*cohort_figures(results), *baseline_figures(results)]
    for entry in results["analyses"]:
        rows += [*analysis_figures(entry), *further_figures(entry)]
    further = (regimen_figures, response_figures, interaction_figures, model_figures, competing_figures, conduct_figures)
    return [*rows, *(row for figures in further for row in figures(results))]


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
