"""Runs that fail half-way because of the canary's own values: every message names the place, and none the value."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import __main__ as command
from pipeline import gate, paths, protocol, stop, transform
from pipeline.errors import EXIT_GATE, EXIT_UNEXPECTED, EXIT_WAREHOUSE, GateFailed, PipelineError
from pipeline.gate.checks import LAYERS
from tests.faults.child import Fault
from tests.privacy.canary import LATIN, STEMS, hits, places_of, token
from tests.privacy.conftest import Place, Released

Copied = Callable[[Released], Place]
BROKEN_MODEL = "select cast(name as integer) as number from {{ source('hospital', 'patients') }}"
CHECKS = f"""
checks:
  - &check
    id: no-canary
    title: Nobody bears the canary's name
    severity: critical
    category: plausibility
    rows: raw.hospital_patients
    fails: name like '%{LATIN.lower()}%' or name like '%{LATIN}%'
    reason: test
  - <<: *check
    id: names-are-numbers
    fails: cast(name as integer) > 0
  - <<: *check
    id: names-raise
    fails: case when name <> '' then error(name) else false end
  - id: names-in-a-set
    title: Names are of a set
    severity: critical
    category: plausibility
    rows: raw.hospital_patients
    expectation: expect_column_values_to_be_in_set
    kwargs: {{column: name, value_set: [somebody]}}
    reason: test
"""


def test_a_check_that_fails_on_the_canary(
    plain: Released, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "checks").mkdir()
    for layer in LAYERS:
        (tmp_path / "checks" / f"{layer}.yml").write_text(CHECKS if layer == "clinical" else "checks: []", encoding="utf-8")
    warehouse = plain.place.warehouse
    result = gate.run(warehouse.database, protocol.load(), tmp_path / "page", expectations=tmp_path / "checks")
    with pytest.raises(GateFailed) as failure:
        result.raise_if_critical(tmp_path / "page" / "index.html")
    assert failure.value.exit_code == EXIT_GATE
    assert [check.status for check in result.checks] == ["failed", "error", "error", "failed"]
    (tmp_path / "checks" / "clinical.yml").unlink()  # it names the stem itself
    assert places_of(STEMS, tmp_path) == []
    assert hits(STEMS, f"{failure.value.message}{capfd.readouterr()}{caplog.text}") == []


def test_a_model_that_the_canary_breaks(
    plain: Released, copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    place = copied(plain)
    project = tmp_path / "project"
    project.mkdir()
    for name in ("dbt_project.yml", "profiles.yml", "macros", "vocabulary"):
        (project / name).symlink_to(paths.PROJECT / name)
    shutil.copytree(paths.PROJECT / "models", project / "models")
    (project / "models" / "cohort" / "breaks.sql").write_text(BROKEN_MODEL, encoding="utf-8")
    monkeypatch.setattr(transform, "PROJECT", project)
    with pytest.raises(PipelineError) as failure:
        transform.build(place.warehouse, protocol.load(), "hospital", 1, selection=["--select", "breaks"])
    assert "breaks (Conversion Error)" in failure.value.message
    assert place.found(f"{failure.value.message}{capfd.readouterr()}") == []


UNEXPECTED: dict[str, tuple[str, Exception]] = {
    "a value error": ("pipeline.landing.land", ValueError(f"could not convert {token('name')}")),
    "an error of DuckDB": ("pipeline.landing.land", duckdb.ConversionException(f"Could not convert string '{token('name')}' to INT32")),
    "a key that isn't there": ("pipeline.landing.land", KeyError(token("name"))),
}


@pytest.mark.parametrize("title", UNEXPECTED)
def test_an_error_that_nobody_expected_is_told_by_its_class_and_place(
    title: str, place: Place, exports: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    where, error = UNEXPECTED[title]

    def fail(*_: object, **__: object) -> Any:
        raise error from RuntimeError(token("cause"))

    monkeypatch.setattr(where, fail)
    assert run_here("refresh", place, exports, monkeypatch) == EXIT_UNEXPECTED
    said = "".join(capfd.readouterr())
    assert f"unexpected {'duckdb.' if isinstance(error, duckdb.Error) else ''}{type(error).__name__} (" in said
    assert "test_failures.py, line" in said
    assert "TRACEBACK=1" in said
    assert place.found(said) == []


def test_an_analysis_that_fails_on_the_canary(
    plain: Released, copied: Copied, exports: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    place = copied(plain)

    def fail(*_: object, **__: object) -> Any:
        raise duckdb.InvalidInputException(f"Invalid Input Error: {token('name')}")

    monkeypatch.setattr("analysis.study.results.compute", fail)
    assert run_here("stats", place, exports, monkeypatch) == EXIT_UNEXPECTED
    assert place.found("".join(capfd.readouterr())) == []


def run_here(name: str, place: Place, exports: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A command in this process."""
    for setting, value in (place.settings(exports) | {"RESULTS": str(place.root / "results")}).items():
        monkeypatch.setenv(setting, value)
    monkeypatch.delenv("WAREHOUSE_KEY", raising=False)
    stop.check()
    return command.main([name])


@pytest.mark.parametrize("stage", ["derive", "gate"])
def test_without_memory(stage: str, plain: Released, copied: Copied, exports: Path) -> None:
    place = copied(plain)
    code, said = place.run(exports, Fault(stage=stage, duckdb_bytes=1 << 20), FULL=1)
    assert (code, "ran out of memory" in said) == (EXIT_WAREHOUSE, True), said
    assert place.found(said) == []
