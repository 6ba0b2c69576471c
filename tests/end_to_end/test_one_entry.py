"""A drug is added by one row, a criterion and an endpoint by one entry, and a parameter's change reaches the results."""

from __future__ import annotations

import copy
import csv
from pathlib import Path

import pytest

import analysis
from pipeline import gate, paths, release, transform
from pipeline.protocol import Protocol, load
from tests.derive import derive, rows
from tests.spec.cases import Case, export, read_cases


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return read_cases()[:20]


def changed(**sections: object) -> Protocol:
    """The protocol with entries added to these sections."""
    settings = copy.deepcopy(load().settings)
    for name, entry in sections.items():
        if isinstance(settings[name], list):
            settings[name].append(entry)
        else:
            settings[name] |= entry
    return Protocol(settings, "0" * 64)


def test_a_criterion_and_an_endpoint_are_entries(cases: list[Case], tmp_path: Path) -> None:
    protocol = changed(
        criteria={"id": "not_too_old", "label": "At most fifty", "rule": "age_at_index <= 50", "applies_to": "index"},
        endpoints={
            "id": "ttnt",
            "label": "Time to next treatment",
            "events": ["death"],
            "next_line": "event",
            "censored_at": "last_record",
        },
    )
    database = derive(export(cases, tmp_path / "exports"), tmp_path / "warehouse", protocol=protocol)
    steps = rows(database, "select criterion, label, patients_left from published.attrition order by step")
    assert steps[-1]["criterion"] == "not_too_old"
    assert steps[-1]["label"] == "At most fifty"
    assert rows(database, "select not_too_old from published.eligibility limit 1")
    endpoints = {row["endpoint"] for row in rows(database, "select distinct endpoint from published.endpoints")}
    assert endpoints == {"pfs", "os", "ttnt"}
    assert gate.run(database, protocol, tmp_path / "gate").critical_failures == ()
    release.copy_published(database, tmp_path / "cohort.duckdb", [("cohort", "arm", "varchar", None, "Arm", "Rule 9")])
    results = analysis.run(
        tmp_path / "cohort.duckdb",
        protocol.settings,
        tmp_path / "results",
        analysis.ReportContext(release_id="test", data_kind="synthetic"),
    )
    assert {entry["endpoint"] for entry in results["analyses"]} == {"pfs", "os", "ttnt"}
    assert "At most fifty" in (tmp_path / "results" / "report.html").read_text(encoding="utf-8")


def test_a_parameter_changes_the_cohort(cases: list[Case], tmp_path: Path) -> None:
    exports = export(cases, tmp_path / "exports")
    protocols = {"unchanged": load(), "changed": changed(parameters={"window_end": "2019-12-31"})}
    years = {
        name: [
            row["index_year"]
            for row in rows(derive(exports, tmp_path / name, protocol=protocol), "select index_year from published.cohort")
        ]
        for name, protocol in protocols.items()
    }
    assert max(years["unchanged"]) > 2019
    assert sorted(years["changed"]) == sorted(year for year in years["unchanged"] if year <= 2019)
    assert years["changed"]


def test_a_drug_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vocabulary with one more row, in a copy of the project that dbt reads."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("dbt_project.yml", "profiles.yml", "models", "macros"):
        (project / name).symlink_to(paths.PROJECT / name)
    (project / "vocabulary").mkdir()
    for path in (paths.PROJECT / "vocabulary").iterdir():
        (project / "vocabulary" / path.name).write_bytes(path.read_bytes())
    with (project / "vocabulary" / "ingredients.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    row = {"ingredient": "novelimab", "drug_class": "ici"}
    with (project / "vocabulary" / "ingredients.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow([row.get(name, "") for name in header])
    monkeypatch.setattr(transform, "PROJECT", project)
    case = next(case for case in read_cases() if case.title == "One begun on day 29 doesn't")
    case.events = [event for event in case.events if event.what != ("tislelizumab",)]
    exports = export([case], tmp_path / "exports")
    orders = exports / "batch" / "medications.csv"
    orders.write_text(orders.read_text(encoding="utf-8") + "new,rule_09_arm-02,Novelimab 200mg,2020-06-01,,\n", encoding="utf-8")
    found = rows(derive(exports, tmp_path / "warehouse"), "select arm, regimen from published.cohort")
    assert found == [{"arm": "immunotherapy", "regimen": "carboplatin + novelimab + pemetrexed"}]
