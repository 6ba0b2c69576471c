"""What a refresh says, and keeps, of a model that can't be built."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import paths, transform
from pipeline.errors import EXIT_UNEXPECTED, GateFailed, PipelineError
from tests.derive import derive
from tests.spec.cases import export, read_cases

CANARY = "Quetzalcoatl"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project that dbt reads, with room for a further model."""
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml", "macros", "vocabulary"):
        (project / name).symlink_to(paths.PROJECT / name)
    for folder in (paths.PROJECT / "models").iterdir():
        (project / "models" / folder.name).symlink_to(folder)
    (project / "models" / "cohort").unlink()
    (project / "models" / "cohort").mkdir()
    for path in (paths.PROJECT / "models" / "cohort").iterdir():
        (project / "models" / "cohort" / path.name).symlink_to(path)
    monkeypatch.setattr(transform, "PROJECT", project)
    return project


def exports(folder: Path) -> Path:
    """One patient whose number is the canary."""
    case = read_cases()[0]
    case.patient_id = CANARY
    return export([case], folder)


def kept(warehouse: Path) -> bytes:
    """Every byte that dbt left behind."""
    return b"\n".join(path.read_bytes() for path in sorted((warehouse / "work" / "dbt").rglob("*")) if path.is_file())


def test_an_error_of_the_sql_is_told(project: Path, tmp_path: Path) -> None:
    (project / "models" / "cohort" / "breaks.sql").write_text("select no_such_column from {{ ref('candidates') }}", encoding="utf-8")
    with pytest.raises(PipelineError) as failure:
        derive(exports(tmp_path / "exports"), tmp_path / "warehouse")
    assert failure.value.exit_code == EXIT_UNEXPECTED
    assert "breaks (Binder Error" in failure.value.message
    assert "no_such_column" in failure.value.message


def test_an_error_of_a_value_is_named_without_the_value(project: Path, tmp_path: Path) -> None:
    broken = "select cast(patient_id as integer) as number from {{ ref('candidates') }}"
    (project / "models" / "cohort" / "breaks.sql").write_text(broken, encoding="utf-8")
    with pytest.raises(PipelineError) as failure:
        derive(exports(tmp_path / "exports"), tmp_path / "warehouse")
    assert "breaks (Conversion Error)" in failure.value.message
    assert CANARY not in failure.value.message
    assert CANARY.encode() not in kept(tmp_path / "warehouse")


def test_a_failed_test_of_a_key_stops_like_the_gate(project: Path, tmp_path: Path) -> None:
    (project / "models" / "cohort" / "twice.sql").write_text("select 1 as one union all select 1 as one", encoding="utf-8")
    properties = "models:\n  - name: twice\n    data_tests:\n      - grain: {arguments: {columns: [one]}}\n"
    (project / "models" / "cohort" / "_twice.yml").write_text(properties, encoding="utf-8")
    with pytest.raises(GateFailed) as failure:
        derive(exports(tmp_path / "exports"), tmp_path / "warehouse")
    assert "grain_twice_one" in failure.value.message
    assert CANARY.encode() not in kept(tmp_path / "warehouse")
