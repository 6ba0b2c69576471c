"""The demo's other definitions: in the release, described, with the release's own numbers among them, and not for export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.protocol import load
from pipeline.release import current
from pipeline.sensitivity import COLUMNS, decisions_of
from tests.derive import rows
from tests.end_to_end.conftest import Demo, pipeline

DECISIONS = decisions_of(load().settings)
SECONDS = 120


def test_every_combination_of_the_alternatives_is_there(demo: Demo) -> None:
    database = demo.warehouse.current / "cohort.duckdb"
    counted = "select stratum, count(*) as definitions, count(distinct definition) as apart from published.multiverse group by all"
    strata = rows(database, counted)
    assert len(strata) == len(load()["sensitivity"]["strata"]) + 1
    assert all(row["definitions"] == row["apart"] == DECISIONS.definitions == 11_664 for row in strata)
    ids = ", ".join(f'"{decision.id}"' for decision in DECISIONS.decisions)
    ((combinations,),) = (row.values() for row in rows(database, f"select count(*) from (select distinct {ids} from published.multiverse)"))
    assert combinations == DECISIONS.definitions


def test_it_takes_less_than_two_minutes(demo: Demo) -> None:
    (line,) = [line for line in demo.run.errors.splitlines() if line.startswith("Multiverse: 11,664 definitions")]
    assert float(line.rsplit("(", 1)[1].removesuffix(" s)")) < SECONDS


def test_every_column_is_described(demo: Demo) -> None:
    database = demo.warehouse.current / "cohort.duckdb"
    columns = [(row["column_name"], str(row["column_type"]).lower()) for row in rows(database, "describe published.multiverse")]
    told = rows(database, "select column_name, type, description from published.data_dictionary where view_name = 'multiverse'")
    assert {(row["column_name"], row["type"]) for row in told} == set(columns)
    assert all(row["description"] for row in told)
    assert {name: kind for name, kind in columns if name in COLUMNS} == COLUMNS


def test_the_protocols_own_definition_is_the_reports_analysis(demo: Demo) -> None:
    released = current(demo.warehouse)
    assert released is not None
    results = released.read_results()
    own = rows(released.database, "select * from published.multiverse where is_default and measure = 'hazard_ratio'")
    assert len(own) == 4
    for row in own:
        (entry,) = [one for one in results["analyses"] if (one["endpoint"], one["stratum"]) == ("pfs", row["stratum"])]
        assert (row["n"], row["events"]) == (entry["n"], entry["events"])
        theirs = [entry[name] for name in ("hazard_ratio", "hr_ci_lower", "hr_ci_upper", "log_rank_p")]
        assert [row[name] for name in ("hazard_ratio", "ci_lower", "ci_upper", "p_value")] == pytest.approx(theirs, rel=1e-9)
    (interaction,) = rows(released.database, "select * from published.multiverse where is_default and measure = 'interaction'")
    entry = next(one for one in results["interaction"] if one["endpoint"] == "pfs")
    assert interaction["hazard_ratio"] == pytest.approx(entry["ratio_of_hazard_ratios"], rel=1e-6)
    assert interaction["p_value"] == pytest.approx(entry["interaction_p"], rel=1e-6)


def test_the_report_tells_it(demo: Demo) -> None:
    folder = demo.warehouse.current / "results"
    told = json.loads((folder / "results.json").read_text(encoding="utf-8"))["multiverse"]
    assert told["computed"]
    assert told["definitions"] == DECISIONS.definitions
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert 'id="multiverse"' in page
    assert "no evidence adds up" in page
    drawn = sorted(path.name for path in (folder / "figures").glob("specification_*.svg"))
    assert drawn == ["specification_overall.svg", "specification_pd_l1_positive.svg"]
    assert all((folder / "figures" / name).stat().st_size < 300_000 for name in drawn)
    assert sum(1 for _ in (folder / "tables" / "multiverse.csv").open(encoding="utf-8")) == 1 + 5 * DECISIONS.definitions


def test_it_stays_in_the_building(demo: Demo, tmp_path: Path) -> None:
    run = pipeline("export", WAREHOUSE=demo.warehouse.root, OUT=tmp_path / "export")
    assert run.code == 0, run.errors
    names = [path.name for path in (tmp_path / "export").rglob("*")]
    assert names
    assert not [name for name in names if "multiverse" in name or "sensitivity" in name or "specification" in name]
    described = {"data_dictionary.csv", "manifest.json", "README.txt", "export.json"}
    written = [path for path in (tmp_path / "export").rglob("*") if path.suffix in (".csv", ".json", ".svg")]
    texts = {path.name: path.read_text(encoding="utf-8") for path in written}
    assert not [name for name, text in texts.items() if name not in described and "resistance_grace" in text]
