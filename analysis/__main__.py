"""The analysis by itself: `python -m analysis --database cohort.duckdb --protocol protocol.yml --out results/`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis import AnalysisError, recompute
from pipeline.errors import PipelineError
from pipeline.protocol import load


def facts_beside(database: Path, data: str | None) -> dict[str, Any]:
    """What release.json beside the database says. Without one, `data` must tell whether the patients are synthetic or real."""
    beside = database.parent / "release.json"
    if beside.is_file():
        return json.loads(beside.read_text(encoding="utf-8"))
    if data is None:
        raise AnalysisError("no release.json lies beside the database: say with --data whether the patients are synthetic or real")
    return {"release_id": "not a release", "data": data, "source": "not recorded", "previous_release": None, "gate": {}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the analysis of one database. Exit code 2 where it can't run as asked."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Survival statistics and the report of a release.")
    parser.add_argument("--database", type=Path, required=True, help="cohort.duckdb of a release; opened read-only")
    parser.add_argument("--protocol", type=Path, default=Path("protocol.yml"), help="the study protocol (default: protocol.yml)")
    parser.add_argument("--out", type=Path, default=Path("results"), help="folder for the results (default: results)")
    parser.add_argument("--data", choices=("synthetic", "real"), help="needed only where no release.json lies beside the database")
    asked = parser.parse_args(arguments)
    try:
        recompute(asked.database, load(asked.protocol).settings, asked.out, facts_beside(asked.database, asked.data))
    except (AnalysisError, PipelineError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"report: {asked.out / 'report.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
