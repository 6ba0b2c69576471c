"""A release made again from its release.json alone, and a refresh over a damaged release, a rollback and both on record."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline import audit, protocol, provenance, rebuild, refresh, release, rollback
from pipeline.audit.log import read
from pipeline.errors import UsageError, WarehouseError
from pipeline.paths import Warehouse
from pipeline.settings import Settings
from tests.derive import SALT
from tests.spec.cases import export, read_cases

MORE = {"second": ("2023-02-15", slice(12, 15)), "third": ("2023-03-15", slice(15, 18))}


# another age than that of today's, which `eligibility` shows
OLDER = protocol.load().settings
PROTOCOL_OF_THAT_TIME = protocol.of_settings({**OLDER, "parameters": {**OLDER["parameters"], "minimum_age": 60}})


@dataclass(frozen=True)
class Made:
    """A warehouse whose first release has one batch and an older protocol, and whose second one has two batches more."""

    settings: Settings
    first: release.Release
    second: release.Release

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.settings.warehouse)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("rebuild")
    exports = export(read_cases()[:12], folder / "exports")
    settings = Settings(exports=exports, warehouse=folder / "warehouse", pseudonym_salt=SALT, multiverse=False)
    code = provenance.code_version()
    with pytest.MonkeyPatch.context() as patched:
        # whoever edits the code while these tests run changes nothing of what they are about
        patched.setattr(provenance, "code_version", lambda: code)
        first = refresh.refresh(replace(settings, multiverse=True), PROTOCOL_OF_THAT_TIME).release
        for name, (day, cases) in MORE.items():
            deliver(settings.exports_folder(), name, day, cases)
        second = refresh.refresh(settings, protocol.load()).release
        yield Made(settings, first, second)


def deliver(exports: Path, name: str, day: str, cases: slice) -> None:
    """A delta with more patients."""
    folder = export(read_cases()[cases], exports.parent / name) / "batch"
    about = {"batch_id": name, "exported_at": f"{day}T02:00:00+08:00", "mode": "delta", "data": "synthetic"}
    (folder / "batch.json").write_text(json.dumps(about), encoding="utf-8")
    folder.rename(exports / name)


def changed(made: Made, folder: Path, **facts: object) -> Path:
    """The first release's release.json with other facts."""
    path = folder / "release.json"
    path.write_text(json.dumps({**made.first.facts, **facts}), encoding="utf-8")
    return path


def test_a_release_is_rebuilt_bit_for_bit_from_its_release_json(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # nothing but that one file of the release, and work that has gone on since
    alone = tmp_path / "release.json"
    shutil.copy(made.first.folder / release.RELEASE, alone)
    kept = tmp_path / "kept"
    rebuild.run(made.settings, {"RELEASE": str(alone), "OUT": str(kept)})
    views = made.first.facts["views"]
    assert f"{len(views)} published views, all identical" in capsys.readouterr().out.replace("\n", " ")
    assert release.checksums_of_views(kept / release.DATABASE) == views
    assert {"cohort", "pfs_curve", "statistics", "multiverse", "data_dictionary"} <= views.keys()
    assert made.first.facts["views_sha256"] != made.second.facts["views_sha256"]
    assert list(made.warehouse.work.glob(".rebuild*")) == []
    last = read(made.warehouse).entries[-1]
    assert (last["event"], last["outcome"], last["release"]) == ("rebuild", "identical", made.first.id)
    audit.run(made.settings, {})


def test_the_release_says_all_that_it_was_made_of(made: Made) -> None:
    facts = json.loads((made.second.folder / release.RELEASE).read_text(encoding="utf-8"))
    assert [batch["batch_id"] for batch in facts["batches"]] == ["spec", "second", "third"]
    assert protocol.of_settings(facts["protocol"]).sha256 == facts["protocol_sha256"] == protocol.load().sha256
    assert {file["path"] for file in facts["files"]} >= {"cohort.duckdb", "results/results.json", "results/report.html"}
    assert SALT not in json.dumps(facts)
    entries = read(made.warehouse).entries
    gate = next(entry for entry in entries if entry["hash"] == facts["audit_head"])
    assert (gate["event"], gate["outcome"]) == ("gate", "passed")


def test_a_view_that_differs_is_named(made: Made) -> None:
    facts = made.first.facts
    views = {**facts["views"], "cohort": "0" * 64}
    assert rebuild.differences(facts, facts["views"]) == []
    assert rebuild.differences(facts, views) == ["cohort"]
    assert rebuild.differences(facts, {**facts["views"], "another": "0" * 64}) == ["another"]
    assert rebuild.differences({**facts, "views_sha256": "0" * 64}, facts["views"]) == ["views_sha256"]


def test_a_difference_is_an_error_and_on_record(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "rebuild", lambda *_: made.second.database)
    with pytest.raises(WarehouseError, match=r"can't be had again: these views differ: .*cohort"):
        rebuild.run(made.settings, {"RELEASE": made.first.id})
    assert read(made.warehouse).entries[-1]["outcome"] == "differs"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {"code": {"commit": "0123456789ab", "dirty": False, "sha256": "0" * 64}},
            "made with other code .*(?s:.)*git worktree add .* 0123456789ab",
        ),
        ({"salt_check": "0" * 32}, "made with another PSEUDONYM_SALT"),
        ({"protocol": {}}, "the protocol in release.json isn't the one of its checksum"),
        ({"protocol": None, "protocol_sha256": None}, "the protocol in release.json isn't the one|can't be read"),
        ({"batches": [{"batch_id": "gone", "checksum": "0" * 64, "files": []}]}, "batches that the warehouse doesn't hold any more: gone"),
    ],
    ids=["code", "salt", "protocol", "no protocol", "batch"],
)
def test_what_cannot_be_rebuilt_says_why(made: Made, tmp_path: Path, facts: dict[str, object], said: str) -> None:
    settings = replace(made.settings, exports=None)
    with pytest.raises((UsageError, WarehouseError), match=said):
        rebuild.run(settings, {"RELEASE": str(changed(made, tmp_path, **facts))})
    assert list(made.warehouse.work.glob(".rebuild*")) == []


def test_a_batch_that_is_not_the_one_is_refused(made: Made, tmp_path: Path) -> None:
    (batch,) = made.first.facts["batches"]
    other = {**batch, "files": [{**file, "sha256": "0" * 64} for file in batch["files"]]}
    with pytest.raises(WarehouseError, match=r"aren't those that release .* names: spec"):
        rebuild.run(made.settings, {"RELEASE": str(changed(made, tmp_path, batches=[other]))})


def test_batches_that_are_gone_come_from_the_exports(made: Made, tmp_path: Path) -> None:
    settings = replace(made.settings, warehouse=tmp_path / "empty")
    area = tmp_path / "area"
    (area / "work" / "raw").mkdir(parents=True)
    recipe = rebuild.read_recipe(made.first.folder / release.RELEASE)
    (batch,) = rebuild._batches(settings, recipe, area)
    assert batch.checksum == made.first.facts["batches"][0]["checksum"]


@pytest.mark.parametrize("wanted", ["20200101T000000Z-00000000", "/nowhere/release.json", "."])
def test_an_unknown_release_is_refused(made: Made, wanted: str) -> None:
    with pytest.raises(UsageError, match=f"RELEASE names no release(?s:.*){made.first.id}"):
        rebuild.run(made.settings, {"RELEASE": wanted})


def test_out_is_never_written_over(made: Made, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="OUT is there already"):
        rebuild.run(made.settings, {"OUT": str(tmp_path)})


@pytest.mark.fault(area="releases", fault="refresh over a damaged current release", behaviour="said, and a sound release is published")
def test_a_refresh_replaces_a_damaged_release(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "warehouse"
    shutil.copytree(made.settings.warehouse, folder, symlinks=True)
    settings = replace(made.settings, warehouse=folder)
    os.truncate(folder / "current" / release.DATABASE, 100)
    outcome = refresh.refresh(settings, protocol.load())
    assert "cohort.duckdb has 100 bytes" in capsys.readouterr().err
    assert outcome.is_new
    assert outcome.release.facts["views_sha256"] == made.second.facts["views_sha256"]
    assert release.current(Warehouse(folder)).id == outcome.release.id
    # what is damaged stays until it is removed, and is named as long as it is there
    with pytest.raises(WarehouseError, match=f"releases/{made.second.id}: cohort.duckdb has 100 bytes"):
        audit.run(settings, {})
    # back to the first, and forward by a refresh that has nothing new to land
    shutil.rmtree(made_second := Warehouse(folder).releases / made.second.id)
    assert not made_second.exists()
    rollback.run(settings, {"TO": made.first.id})
    again = refresh.refresh(settings, protocol.load())
    assert again.is_new
    assert again.release.facts["previous_release"] == made.first.id
    assert again.release.facts["views_sha256"] == made.second.facts["views_sha256"]
    audit.run(settings, {})


def test_a_folder_in_the_place_of_the_link_stops_a_refresh_at_once(made: Made, tmp_path: Path) -> None:
    settings = replace(made.settings, warehouse=tmp_path / "warehouse")
    (settings.warehouse / "current").mkdir(parents=True)
    with pytest.raises(WarehouseError, match="`current` is not the link"):
        refresh.refresh(settings, protocol.load())
    assert not Warehouse(settings.warehouse).raw.exists()
