"""What a refresh leaves in the log, however it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import audit, landing, protocol, refresh
from pipeline.audit.log import read
from pipeline.errors import BatchRefused, DataContradiction, GateFailed, PipelineError
from pipeline.paths import Warehouse
from pipeline.settings import Settings
from tests.derive import SALT
from tests.spec.cases import export, read_cases

CANARY = "Quetzalcoatl"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A small sound export, not yet landed."""
    exports = export(read_cases()[:3], tmp_path / "exports")
    return Settings(exports=exports, warehouse=tmp_path / "warehouse", pseudonym_salt=SALT, multiverse=False)


def ends_with(monkeypatch: pytest.MonkeyPatch, settings: Settings, error: BaseException) -> None:
    """A refresh whose derivation ends with the error."""

    def failing(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(refresh, "derive", failing)
        with pytest.raises(type(error)):
            refresh.refresh(settings, protocol.load())


def events(settings: Settings) -> list[tuple[str, str, list[str]]]:
    entries = read(Warehouse(settings.warehouse)).entries
    return [(entry["event"], entry["outcome"], [given["batch_id"] for given in entry["inputs"]]) for entry in entries]


def test_a_refused_batch(settings: Settings) -> None:
    diagnoses = settings.exports_folder() / "batch" / "diagnoses.csv"
    diagnoses.write_text(diagnoses.read_text(encoding="utf-8").replace("icd10_code", CANARY, 1), encoding="utf-8")
    with pytest.raises(BatchRefused):
        refresh.refresh(settings, protocol.load())
    assert events(settings) == [("landing", "refused", [])]
    (entry,) = read(Warehouse(settings.warehouse)).entries
    assert entry["what"] == "BatchRefused: Batch refused: spec"
    assert CANARY not in Warehouse(settings.warehouse).audit_log.read_text(encoding="utf-8")
    audit.run(settings, {})


@pytest.mark.parametrize(
    ("error", "event", "outcome"),
    [
        (GateFailed("a check failed"), "gate", "failed"),
        (PipelineError("a model can't be built"), "refresh", "failed"),
        (KeyboardInterrupt(), "refresh", "stopped"),
        (ValueError(CANARY), "refresh", "failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_ends_a_refresh_after_landing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, error: BaseException, event: str, outcome: str
) -> None:
    ends_with(monkeypatch, settings, error)
    assert events(settings) == [("landing", "done", ["spec"]), (event, outcome, ["spec"])]
    last = read(Warehouse(settings.warehouse)).entries[-1]
    assert last["what"].startswith(type(error).__name__)
    assert last["protocol_sha256"] == protocol.load().sha256
    assert last["inputs"][0]["sha256"] == landing.land(settings).batches[0].checksum
    assert CANARY not in Warehouse(settings.warehouse).audit_log.read_text(encoding="utf-8")
    # the batch is known by now, and landed once
    ends_with(monkeypatch, settings, error)
    assert events(settings)[2:] == [(event, outcome, ["spec"])]
    audit.run(settings, {})


def test_a_batch_that_is_taken_back_lands_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_with(monkeypatch, settings, DataContradiction("a circle"))
    ends_with(monkeypatch, settings, GateFailed("a check failed"))
    assert [event[:2] for event in events(settings)] == [
        ("landing", "done"),
        ("landing", "taken back"),
        ("landing", "done"),
        ("gate", "failed"),
    ]


@pytest.mark.fault(area="audit", fault="killed after landing, before it was recorded", behaviour="the next refresh records the landing")
def test_what_a_killed_run_landed_is_recorded_late(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    landing.land(settings)
    ends_with(monkeypatch, settings, GateFailed("a check failed"))
    entry = read(Warehouse(settings.warehouse)).entries[0]
    assert (entry["event"], entry["outcome"], entry["inputs"][0]["batch_id"]) == ("landing", "done", "spec")
    assert entry["what"].startswith("recorded late")


def test_what_was_taken_back_and_landed_by_a_killed_run_is_recorded_late(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_with(monkeypatch, settings, DataContradiction("a circle"))
    landing.land(settings)
    ends_with(monkeypatch, settings, GateFailed("a check failed"))
    assert [event[:2] for event in events(settings)][2:] == [("landing", "done"), ("gate", "failed")]


def test_a_log_that_fails_hides_no_error(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(audit.Trail, "failed", lambda *_: 1 / 0)
    ends_with(monkeypatch, settings, GateFailed("a check failed"))
    assert "this failure is not in it" in capsys.readouterr().err
