"""A made-up release in a warehouse, and its export."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from analysis.context import ReportContext
from analysis.study.reading import read
from analysis.study.results import compute
from pipeline import export
from pipeline.paths import Warehouse
from pipeline.settings import Settings
from tests.analysis import made_up

CANARY = "Zhang Wei, 138-0013-8000, private remark"
FORMULA = '=HYPERLINK("http://somewhere")'


@dataclass(frozen=True)
class Exported:
    """A warehouse with one release, its results, and the folder of its export."""

    settings: Settings
    results: dict[str, Any]
    folder: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """What the export says of itself."""
        return json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))


def results_of(database: Path, kind: Any = "synthetic") -> dict[str, Any]:
    """The results of a made-up release."""
    protocol = made_up.protocol()
    return compute(read(database, protocol), protocol, ReportContext("a-release", kind))


def release(root: Path, members: pd.DataFrame, kind: str = "synthetic", name: str = "20260101T000000Z-00000000") -> Settings:
    """A warehouse whose current release holds these patients, a label that is a formula, and free text where none should go out."""
    warehouse = Warehouse(root)
    folder = warehouse.releases / name
    (folder / "results").mkdir(parents=True)
    database = made_up.write(folder / "cohort.duckdb", members)
    with duckdb.connect(str(database)) as connection:
        connection.execute("update published.attrition set label = ? where step = 1", [FORMULA])
        connection.execute("update published.timeline set detail = ?", [CANARY])
        connection.execute("update published.quarantine_summary set rule = ?", [CANARY])
        connection.execute(
            "create table published.data_dictionary as select 'cohort' as view_name, 'arm' as column_name, 'varchar' as type, "
            "null::varchar as unit, 'Arm' as description, 'Arm' as source_rule"
        )
    (folder / "results" / "results.json").write_text(json.dumps(results_of(database, kind)), encoding="utf-8")
    facts = {
        "release_id": name,
        "created_at": "2026-01-01T00:00:00Z",
        "data": kind,
        "source": "hospital",
        "code": {"commit": "0" * 12, "dirty": False, "sha256": "0" * 64},
        "protocol_sha256": "0" * 64,
        "gate": {"checks": 183, "passed": 182, "warnings": 1},
    }
    (folder / "release.json").write_text(json.dumps(facts), encoding="utf-8")
    warehouse.current.unlink(missing_ok=True)
    warehouse.current.symlink_to(Path("releases") / name)
    return Settings(warehouse=root)


def export_of(root: Path, members: pd.DataFrame, kind: str = "synthetic") -> Exported:
    """The export of a release with these patients."""
    settings = release(root / "warehouse", members, kind)
    export.run(settings, {"OUT": str(root / "out")})
    results = json.loads((Warehouse(settings.warehouse).current / "results" / "results.json").read_text(encoding="utf-8"))
    return Exported(settings, results, root / "out")


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The export of a made-up release."""
    return export_of(tmp_path_factory.mktemp("export"), made_up.cohort(70, seed=3))
