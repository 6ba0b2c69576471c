"""What a refresh does when something is wrong: message, exit code, and `current` as it was."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pipeline import gate, protocol, refresh
from pipeline.errors import EXIT_BATCH, EXIT_CONTRADICTION, EXIT_GATE, EXIT_USAGE, EXIT_WAREHOUSE, GateFailed
from pipeline.lock import exclusive
from pipeline.paths import EXPECTATIONS, Warehouse
from pipeline.settings import Settings
from tests.derive import SALT
from tests.end_to_end.conftest import Run, pipeline
from tests.spec.cases import export, read_cases

CANARY = "Quetzalcoatl"
IMPOSSIBLE_CHECK = """
  - id: nobody-in-the-cohort
    title: The cohort is empty
    severity: critical
    category: plausibility
    rows: published.cohort
    fails: patient_key is not null
    reason: A check that must fail in this test.
"""


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A small sound export."""
    return export(read_cases()[:12], tmp_path / "exports")


def refreshed(exports: Path, warehouse: Path) -> Run:
    return pipeline("refresh", EXPORTS=exports, WAREHOUSE=warehouse, MULTIVERSE=0)


def test_no_exports(tmp_path: Path) -> None:
    run = pipeline("refresh", WAREHOUSE=tmp_path)
    assert run.code == EXIT_USAGE
    assert "EXPORTS" in run.errors


def test_a_batch_is_refused_by_batch_file_and_column(exports: Path, tmp_path: Path) -> None:
    diagnoses = exports / "batch" / "diagnoses.csv"
    diagnoses.write_text(diagnoses.read_text(encoding="utf-8").replace("icd10_code", CANARY, 1), encoding="utf-8")
    run = refreshed(exports, tmp_path / "warehouse")
    assert run.code == EXIT_BATCH
    for words in ("batch spec", "diagnoses.csv", "icd10_code"):
        assert words in run.errors
    assert CANARY not in run.errors + run.output
    assert not (tmp_path / "warehouse" / "current").exists()


@pytest.mark.fault(area="values", fault="patients merged in a circle", behaviour="refused, the rows named; mended, the same batch goes in")
def test_a_circle_of_merges_names_its_rows(exports: Path, tmp_path: Path) -> None:
    (exports / "batch" / "patient_merges.csv").write_text(
        f"retired_patient_id,surviving_patient_id\n{CANARY}-1,{CANARY}-2\n{CANARY}-2,{CANARY}-3\n{CANARY}-3,{CANARY}-1\n"
        f"{CANARY}-4,{CANARY}-4\n",
        encoding="utf-8",
    )
    run = refreshed(exports, tmp_path / "warehouse")
    assert run.code == EXIT_CONTRADICTION
    for line in (2, 3, 4, 5):
        assert f"patient_merges.csv, line {line}" in run.errors
    assert CANARY not in run.errors + run.output
    # mended, the batch comes again under the same name
    (exports / "batch" / "patient_merges.csv").unlink()
    assert refreshed(exports, tmp_path / "warehouse").code == 0


def test_a_failed_gate_publishes_nothing(exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(exports=exports, warehouse=tmp_path / "warehouse", pseudonym_salt=SALT, multiverse=False)
    study = protocol.load()
    published = refresh.refresh(settings, study).release
    shutil.copytree(EXPECTATIONS, tmp_path / "expectations")
    with (tmp_path / "expectations" / "published.yml").open("a", encoding="utf-8") as file:
        file.write(IMPOSSIBLE_CHECK)
    run = gate.run
    monkeypatch.setattr(gate, "run", lambda *arguments, **options: run(*arguments, **options, expectations=tmp_path / "expectations"))
    again = Settings(exports=exports, warehouse=tmp_path / "warehouse", pseudonym_salt=SALT, full=True, multiverse=False)
    with pytest.raises(GateFailed) as failure:
        refresh.refresh(again, study)
    assert failure.value.exit_code == EXIT_GATE
    assert "nobody-in-the-cohort" in failure.value.message
    page = tmp_path / "warehouse" / "work" / "gate" / "index.html"
    assert str(page) in failure.value.message
    assert page.is_file()
    assert (tmp_path / "warehouse" / "current").resolve() == published.folder.resolve()
    assert [path.name for path in (tmp_path / "warehouse" / "releases").iterdir()] == [published.id]


def test_the_second_refresh_says_who_holds_the_lock(exports: Path, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.work.mkdir(parents=True)
    with exclusive(warehouse):
        run = refreshed(exports, warehouse.root)
    assert run.code == EXIT_WAREHOUSE
    assert f"process {os.getpid()}" in run.errors


def test_real_data_without_a_salt_are_refused(exports: Path, tmp_path: Path) -> None:
    about = exports / "batch" / "batch.json"
    about.write_text(about.read_text(encoding="utf-8").replace(', "data": "synthetic"', ""), encoding="utf-8")
    run = refreshed(exports, tmp_path / "warehouse")
    assert run.code == EXIT_USAGE
    assert "PSEUDONYM_SALT" in run.errors
    assert not (tmp_path / "warehouse" / "current").exists()


def test_the_work_area_is_its_owners_alone(exports: Path, tmp_path: Path) -> None:
    refreshed(exports, tmp_path / "warehouse")
    assert (tmp_path / "warehouse" / "work").stat().st_mode & 0o777 == 0o700


def test_an_empty_cohort_is_published_too(tmp_path: Path) -> None:
    cases = [case for case in read_cases() if case.expected.get("excluded_by") not in (None, "none")][:3]
    run = refreshed(export(cases, tmp_path / "exports"), tmp_path / "warehouse")
    assert run.code == 0, run.errors
    assert "not estimable" in run.output
