"""The switch: with MULTIVERSE=0 a release has no other definitions, and says so wherever they would stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import leftovers, refresh
from pipeline.errors import UsageError
from pipeline.paths import Warehouse
from pipeline.protocol import load
from pipeline.settings import Settings, load_settings
from tests.derive import SALT, rows
from tests.spec.cases import export, read_cases


def test_the_setting(tmp_path: Path) -> None:
    assert load_settings({}, tmp_path).multiverse
    assert not load_settings({"MULTIVERSE": "0"}, tmp_path).multiverse
    assert load_settings({"MULTIVERSE": "yes"}, tmp_path).multiverse
    with pytest.raises(UsageError, match="set MULTIVERSE to 1 or 0"):
        load_settings({"MULTIVERSE": "some"}, tmp_path)


def test_a_refresh_without_it_says_so(tmp_path: Path) -> None:
    exports = export(read_cases()[:6], tmp_path / "exports")
    settings = Settings(exports=exports, warehouse=tmp_path / "warehouse", pseudonym_salt=SALT, multiverse=False)
    release = refresh.refresh(settings, load()).release
    tables = {row["table_name"] for row in rows(release.database, "select table_name from duckdb_tables() where schema_name = 'published'")}
    assert "cohort" in tables
    assert "multiverse" not in tables
    assert not rows(release.database, "select * from published.data_dictionary where view_name = 'multiverse'")
    told = json.loads((release.folder / "results" / "results.json").read_text(encoding="utf-8"))["multiverse"]
    assert told == {"computed": False, "reason": "not computed: the refresh ran with MULTIVERSE=0"}
    page = (release.folder / "results" / "report.html").read_text(encoding="utf-8")
    assert "not computed: the refresh ran with MULTIVERSE=0" in page
    assert not (release.folder / "results" / "tables" / "multiverse.csv").exists()


def test_what_a_killed_run_spilled_is_removed(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    spilled = warehouse.work / "multiverse.duckdb.tmp"
    spilled.mkdir(parents=True)
    (spilled / "duckdb_temp_storage-0.tmp").write_bytes(b"pages")
    assert "multiverse.duckdb.tmp" in leftovers.sweep(warehouse)[0]
    assert not spilled.exists()
