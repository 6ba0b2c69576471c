"""Survival statistics and the report of a release, from its published views alone.

    results = analysis.run(cohort_database, protocol, results_dir, context)   writes results.json, tables/, figures/, report.html
    analysis.write_statistics(connection, results)                            adds pfs_curve, os_curve, statistics to cohort.duckdb
    analysis.recompute(cohort_database, protocol, results_dir, facts)         the same for a release that was made before

Importing this package is cheap: numpy, lifelines and matplotlib are loaded when something is computed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.context import NOT_RECORDED, AnalysisError, ReportContext

__all__ = ["AnalysisError", "ReportContext", "recompute", "run", "write_statistics"]


def run(
    cohort_database: Path, protocol: Mapping[str, Any], results_dir: Path, context: ReportContext, key: str | None = None
) -> dict[str, Any]:
    """Computes every analysis of the protocol and writes the results of one release.

    `cohort_database`: cohort.duckdb with the published views; opened read-only and closed again. `protocol`: the contents of
    protocol.yml, dates as text. `results_dir`: made if it is not there. `key`: of the database, if it is encrypted.
    Returns what results.json holds. Raises `AnalysisError`.
    """
    from analysis.csv_tables import write_grid, write_tables
    from analysis.report.figures import draw_all
    from analysis.report.page import render
    from analysis.report.word import write_document
    from analysis.study.patients import read_patients
    from analysis.study.reading import read
    from analysis.study.results import compute

    published = read(cohort_database, protocol, key)
    results = compute(published, protocol, context)
    results_dir.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, indent=1, ensure_ascii=False, allow_nan=False)
    (results_dir / "results.json").write_text(text + "\n", encoding="utf-8")
    write_tables(results_dir / "tables", results)
    write_grid(results_dir / "tables", published.multiverse, results["data"])
    # an encrypted warehouse has no patient's row outside of its databases
    patients = None if key else read_patients(cohort_database, protocol)
    draw_all(results_dir / "figures", results, patients)
    page = render(results, context, results_dir / "figures", patients)
    (results_dir / "report.html").write_text(page, encoding="utf-8")
    write_document(results_dir / "report_tables.docx", results, context)
    return results


def recompute(
    cohort_database: Path,
    protocol: Mapping[str, Any],
    results_dir: Path,
    facts: Mapping[str, Any],
    protocol_hash: str = NOT_RECORDED,
    key: str | None = None,
) -> dict[str, Any]:
    """The results of a release once more, with the code and protocol at hand.

    `facts`: what its release.json holds. `protocol_hash`: the SHA-256 of the protocol at hand. `key`: as `run` has it.
    """
    from datetime import UTC, datetime

    from pipeline.provenance import code_version, data_checksum, package_versions

    context = ReportContext(
        release_id=facts["release_id"],
        data_kind=facts["data"],
        code_version=str(code_version()),
        protocol_hash=protocol_hash,
        source=facts["source"],
        data_checksum=data_checksum(batch["checksum"] for batch in facts.get("batches", ())),
        previous_release=facts["previous_release"],
        gate_counts=facts["gate"],
        package_versions=package_versions(),
        created_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    )
    return run(cohort_database, protocol, results_dir, context, key)


def write_statistics(connection: Any, results: Mapping[str, Any]) -> None:
    """Creates or replaces `published.pfs_curve`, `published.os_curve` and `published.statistics` through a writable connection."""
    from analysis.publish import write_statistics as write

    write(connection, results)
