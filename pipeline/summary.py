"""What a person reads at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from analysis import words
from pipeline.database import connect
from pipeline.paths import Warehouse
from pipeline.release import Release

PLACES = ("raw", "current", "superseded", "duplicate", "retracted", "quarantined")
SHOWN_BATCHES = 5


def show(warehouse: Warehouse, release: Release, is_new: bool) -> None:
    """Print the cohort flow, the comparisons, what was set aside, and where to read on."""
    console = terminal()
    results = release.read_results()
    console.print()
    if not is_new:
        console.print(f"Nothing new: the exports, the protocol and the code are those of the current release {release.id}.")
    with connect(release.database, warehouse.key, read_only=True) as connection:
        batches = [batch["batch_id"] for batch in release.facts["batches"]]
        tables = (_flow(connection), _comparisons(results), _otherwise(results))
        for table in (*tables, _accounts(connection), _batch_accounts(connection, batches)):
            console.print(table)
            console.print()
    for line in _closing(warehouse, release, results):
        console.print(line)


def show_results(results: dict[str, Any], folder: Path) -> None:
    """Print the comparisons alone."""
    console = terminal()
    console.print(_comparisons(results))
    console.print()
    console.print(_otherwise(results))
    if results["data"] == "synthetic":
        console.print(words.SYNTHETIC)
    console.print(f"Report  {_near(folder / 'report.html')}")


def terminal(width: int = 120) -> Console:
    """The terminal; a log, which has no width of its own, gets ``width``."""
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=width)


def _flow(connection: duckdb.DuckDBPyConnection) -> Table:
    table = new_table("Cohort flow", ("", "left"), ("patients", "right"), ("excluded", "right"))
    for label, left, excluded in connection.execute(
        "select label, patients_left, patients_excluded from published.attrition order by step"
    ).fetchall():
        table.add_row(label, f"{left:,}", f"{excluded:,}" if excluded else "")
    return table


def _comparisons(results: dict[str, Any]) -> Table:
    table = new_table(
        "Progression-free survival, months",
        ("", "left"),
        ("", "left"),
        ("n", "right"),
        ("events", "right"),
        ("median (95 % CI)", "right"),
        ("log-rank P", "right"),
        ("HR (95 % CI)", "right"),
    )
    for analysis in results["analyses"]:
        if analysis["endpoint"] != "pfs":
            continue
        label = analysis["label"]
        if analysis["status"] == words.NOT_ASSESSABLE:
            table.add_row(label, words.NOT_ASSESSABLE)
            continue
        for place, (name, arm) in enumerate(analysis["arms"].items()):
            row = [name.replace("_", "-"), str(arm["n"]), str(arm["events"]), _median(arm)]
            shared = [words.p_value(analysis["log_rank_p"]), words.hazard_ratio(analysis)] if place == 0 else ["", ""]
            table.add_row(label if place == 0 else "", *row, *shared)
    return table


def _otherwise(results: dict[str, Any]) -> Table:
    """The first endpoint's hazard ratio adjusted, weighted, between strata, and under every other definition."""
    endpoint = results["protocol"]["endpoints"][0]
    level = f"HR ({100 * results['protocol']['analysis']['confidence_level']:g} % CI)"
    headings = (("", "left"), ("n", "right"), ("events", "right"), (level, "right"), ("P", "right"), ("", "left"))
    table = new_table(f"{endpoint['label']}, asked otherwise", *headings)

    def add(label: str, entry: dict[str, Any], holder: dict[str, Any], p: float | None, test: str) -> None:
        estimate = words.hazard_ratio(holder) if holder["hazard_ratio"] is not None else words.NOT_ESTIMABLE
        table.add_row(label, f"{entry['n']:,}", f"{entry['events']:,}", estimate, words.p_value(p), test if p is not None else "")

    for entry in results["multivariable"]:
        if entry["endpoint"] == endpoint["id"]:
            method = "firth" if entry["has_firth"] else "cox"
            arm = entry["coefficients"][0][method]
            add("Multivariable, Firth" if entry["has_firth"] else "Multivariable", entry, arm, arm["p"], arm["test"])
    for entry in results["weighted"]:
        if entry["endpoint"] == endpoint["id"]:
            add(f"{entry['method_label'][:1].upper()}{entry['method_label'][1:]}", entry, entry, entry["p"], entry["test"])
    for entry in results["interaction"]:
        if entry["endpoint"] == endpoint["id"]:
            names = ("ratio_of_hazard_ratios", "ratio_ci_lower", "ratio_ci_upper")
            ratio = dict(zip(("hazard_ratio", "hr_ci_lower", "hr_ci_upper"), (entry[name] for name in names), strict=True))
            add(f"Ratio {' / '.join(entry['labels'])}", entry, ratio, entry["interaction_p"], entry["interaction_test"])
    found = results["multiverse"]
    if found["computed"] and found["strata"] and found["strata"][0]["tested"]:
        told = found["strata"][0]
        least, greatest = (words.number(told["hazard_ratio"][end], 2) for end in ("least", "greatest"))
        shown = f"P below 0.05 in {told['p_below_0_05']:,} of {told['tested']:,}"
        table.add_row(f"{found['definitions']:,} definitions of the cohort", "", "", f"{least} to {greatest}", "", shown)
    return table


def _accounts(connection: duckdb.DuckDBPyConnection) -> Table:
    table = new_table("Rows", ("table", "left"), *((name, "right") for name in PLACES))
    columns = ", ".join(f"{name}_rows" for name in PLACES)
    rows = connection.execute(f"select table_name, {columns} from published.reconciliation order by raw_rows desc, table_name").fetchall()
    for table_name, *counts in rows:
        table.add_row(table_name, *(f"{count:,}" for count in counts))
    table.add_section()
    table.add_row("all", *(f"{sum(column):,}" for column in list(zip(*rows, strict=True))[1:]))
    return table


def _batch_accounts(connection: duckdb.DuckDBPyConnection, batches: Sequence[str]) -> Table:
    """Where each batch's rows ended, the ``batches`` in their order; all but the last few in one line."""
    table = new_table("Batches", ("batch", "left"), *((name, "right") for name in PLACES))
    sums = ", ".join(f"sum({name}_rows)" for name in PLACES)
    counts = {
        batch: numbers
        for batch, *numbers in connection.execute(
            f"select batch_id, {sums} from published.batch_reconciliation group by batch_id order by batch_id"
        ).fetchall()
    }
    older, newest = batches[:-SHOWN_BATCHES], batches[-SHOWN_BATCHES:]
    if older:
        name = f"{len(older):,} older {'batch' if len(older) == 1 else 'batches'}"
        table.add_row(name, *(f"{sum(column):,}" for column in zip(*(counts[batch] for batch in older), strict=True)))
    for batch in newest:
        table.add_row(batch, *(f"{count:,}" for count in counts[batch]))
    return table


def _closing(warehouse: Warehouse, release: Release, results: dict[str, Any]) -> list[str]:
    follow_up = results["cohort"]["median_follow_up_months"]
    missing = words.NOT_REACHED if follow_up["not_reached"] else words.NOT_ESTIMABLE
    lines = [f"Median follow-up {words.number(follow_up['estimate'], 1, missing)} months (reverse Kaplan-Meier)"]
    agreed = [row for row in results.get("paper_comparison", []) if row.get("agrees")]
    if results["data"] == "synthetic" and results.get("paper_comparison"):
        lines.append(f"Paper's figures met {len(agreed)} of {len(results['paper_comparison'])}")
        lines.append(words.SYNTHETIC)
    gate = release.facts["gate"]
    lines.append(
        f"Quality gate: {gate['passed']} checks passed, {gate['warnings']} with a warning, {gate['not_applicable']} not applicable"
    )
    lines.append("")
    lines.append(f"Report  {_near(warehouse.current / 'results' / 'report.html')}")
    lines.append(f"Checks  {_near(warehouse.current / 'data_docs' / 'index.html')}")
    lines.append(f"Cohort  {_near(warehouse.current / 'cohort.duckdb')}  (release {release.id})")
    return lines


def new_table(title: str, *headings: tuple[str, str]) -> Table:
    """A table without lines; a heading is its text, and left or right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for name, justify in headings:
        table.add_column(name, justify="right" if justify == "right" else "left")
    return table


def _median(arm: dict[str, Any]) -> str:
    return words.median(arm) if arm["n"] else words.NOT_ESTIMABLE


def _near(path: Path) -> str:
    """The path as one would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
