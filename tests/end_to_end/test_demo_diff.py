"""What the last batch of the demo changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.diff import compare
from pipeline.paths import Warehouse
from pipeline.release import current
from pipeline.settings import Settings
from tests.derive import rows
from tests.end_to_end.conftest import Demo, pipeline


def test_what_the_last_batch_changed(demo: Demo, tmp_path: Path) -> None:
    shutil.copytree(demo.exports, tmp_path / "exports")
    last = sorted(folder.name for folder in (tmp_path / "exports").iterdir())[-1]
    shutil.rmtree(tmp_path / "exports" / last)
    run = pipeline("refresh", EXPORTS=tmp_path / "exports", WAREHOUSE=tmp_path / "earlier", MULTIVERSE=0)
    assert run.code == 0, run.errors
    # the earlier release beside the demo's, as if it had been refreshed batch by batch
    shutil.copytree(demo.warehouse.root, tmp_path / "warehouse", symlinks=True)
    earlier = current(Warehouse(tmp_path / "earlier"))
    assert earlier is not None
    before = Warehouse(tmp_path / "warehouse").releases / earlier.id
    shutil.copytree(earlier.folder, before)
    found = compare(Settings(warehouse=tmp_path / "warehouse"), {"FROM": earlier.id})

    keys = [
        {str(row["patient_key"]) for row in rows(database, "select patient_key from published.cohort")}
        for database in (before / "cohort.duckdb", demo.warehouse.current / "cohort.duckdb")
    ]
    assert {mover.patient_key for mover in found.movers if mover.has_come} == keys[1] - keys[0]
    assert {mover.patient_key for mover in found.movers if not mover.has_come} == keys[0] - keys[1]
    assert all(mover.criterion for mover in found.movers)
    assert [batch["batch_id"] for batch in found.inputs.added] == [last]
    assert {row.batch_id for row in found.rows.rows if row.part == "new"} == {last}
    moved = {entry.patient_key for entry in (*found.movers, *found.facts, *found.endpoints)}
    assert len(moved) > 20
    assert {row.patient_key for row in found.rows.rows} | set(found.rows.without) == moved
    run = pipeline("diff", WAREHOUSE=tmp_path / "warehouse", FROM=earlier.id)
    assert run.code == 0, run.errors
    assert "Who came (" in run.output
    assert max(len(line.rstrip()) for line in run.output.splitlines()) <= 110
