"""What a delta of one percent costs beside a full refresh: ``python -m benchmarks.refresh [--patients N] [--share 0.01]``.

Two refreshes of one warehouse in one run, so that the ratio means something on a busy machine: everything derived again
(``FULL=1``; landing isn't part of it, for the batch has landed), then a delta that touches one patient in a hundred: half of
their rows corrected, a new row beside each of the others.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.landing import read_source
from pipeline.settings import Settings
from synthetic.generate import generate_from_environment

SECONDS = re.compile(r"^(\w[\w ]*?)(?::.*)? \((\d+\.\d) s\)$", re.MULTILINE)
DELTA = {"batch_id": "benchmark-delta", "exported_at": "2023-08-15T02:00:00+08:00", "mode": "delta", "data": "synthetic"}


@dataclass(frozen=True)
class Measured:
    """One refresh: seconds in all and by step, seconds of computing (both cores), and its largest resident memory in GiB."""

    seconds: float
    computing: float
    steps: dict[str, float]
    memory: float


def prepare(folder: Path, patients: int, share: float) -> None:
    """A full batch of invented patients in ``folder/full``, and one more delta in ``folder/delta``."""
    made = folder / "made"
    generate_from_environment({"PATIENTS": str(patients), "OUT": str(made)}, made, lambda _: None)
    full = next(path for path in made.iterdir() if path.name.endswith("_full"))
    (folder / "full").mkdir()
    full.rename(folder / "full" / full.name)
    shutil.rmtree(made)
    delta = folder / "delta" / "benchmark-delta"
    delta.mkdir(parents=True)
    source = read_source(Settings(exports=folder))
    with duckdb.connect() as connection:
        for table in source.tables:
            path = next((folder / "full").rglob(f"{table.name}.*"), None)
            if path is None or "patient_id" not in table.column_names:
                continue
            key, given = table.key[0], _columns(connection, path)
            touched = f'hash("{given["patient_id"]}") % {round(1 / share)} = 0'
            new = "" if table.name == "patients" else f""" || case when hash("{given[key]}") % 2 = 0 then '-new' else '' end"""
            named = [
                f'"{column}"{new if name == key else ""} as {name}'
                for name, column in given.items()
                if name in table.column_names and name != "updated_at"
            ]
            connection.execute(
                f"""copy (select {", ".join(named)}, '2023-08-01 00:00:00' as updated_at
                from read_csv('{path}', all_varchar = true, quote = '"') where {touched})
                to '{delta / f"{table.name}.csv"}' (header)"""
            )
    (delta / "batch.json").write_text(json.dumps(DELTA), encoding="utf-8")


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    """The columns of a file as it writes them, by their names in the contract."""
    described = connection.execute(f"describe select * from read_csv('{path}', all_varchar = true)").fetchall()
    return {row[0].strip().lower(): row[0] for row in described}


def refresh(exports: Path, warehouse: Path, **settings: str) -> Measured:
    """One refresh in a process of its own."""
    environment = {**os.environ, "EXPORTS": str(exports), "WAREHOUSE": str(warehouse), **settings}
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([sys.executable, "-m", "pipeline", "refresh"], env=environment, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        said.seek(0)
        text = said.read()
    if status:
        raise SystemExit(text)
    steps = {name: float(seconds) for name, seconds in SECONDS.findall(text)}
    return Measured(time.monotonic() - started, usage.ru_utime + usage.ru_stime, steps, usage.ru_maxrss / 1024**2)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="The cost of a delta of one percent beside a full refresh.")
    parser.add_argument("--patients", type=int, default=14_000, help="14,000 are about a million rows, 280,000 about twenty")
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--folder", type=Path, help="where to work, kept afterwards; default: a folder that goes away")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "delta").exists():
            prepare(folder, arguments.patients, arguments.share)
        warehouse = folder / "warehouse"
        measured = {"first": refresh(folder / "full", warehouse)} if not warehouse.exists() else {}
        measured["full"] = refresh(folder / "full", warehouse, FULL="1")
        measured["delta"] = refresh(folder / "delta", warehouse)
        measured["nothing new"] = refresh(folder / "delta", warehouse)
        facts = json.loads((warehouse / "current" / "release.json").read_text(encoding="utf-8"))
    rows = {batch["batch_id"]: sum(file["rows"] for file in batch["files"]) for batch in facts["batches"]}
    print(f"{sum(rows.values()):,} rows, of them {rows[DELTA['batch_id']]:,} in the delta")
    names = list(dict.fromkeys(name for entry in measured.values() for name in entry.steps))
    print(f"{'seconds':<12}{'all':>8}{'computing':>12}" + "".join(f"{name:>18}" for name in names) + f"{'GiB':>8}")
    for label, entry in measured.items():
        steps = "".join(f"{entry.steps.get(name, 0):>18.1f}" for name in names)
        print(f"{label:<12}{entry.seconds:>8.1f}{entry.computing:>12.1f}{steps}{entry.memory:>8.1f}")
    whole, delta = measured["full"], measured["delta"]
    said = f"{delta.seconds / whole.seconds:.2f} of the time of the full refresh, {delta.computing / whole.computing:.2f} of its computing"
    print(f"the delta takes {said}")


if __name__ == "__main__":
    main()
