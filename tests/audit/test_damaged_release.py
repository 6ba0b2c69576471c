"""A damaged release is noticed: quickly by whoever reads it, by every byte in `make audit` and before a rollback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import audit, release
from pipeline.errors import WarehouseError
from pipeline.paths import Warehouse
from pipeline.settings import Settings
from tests.audit.made_up import publish, settings_of

Damage = Callable[[Warehouse], object]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse with two releases."""
    settings = settings_of(tmp_path / "warehouse")
    publish(settings, 1)
    publish(settings, 2)
    return settings


def relink(warehouse: Warehouse, target: Path | str) -> None:
    warehouse.current.unlink()
    warehouse.current.symlink_to(target)


def swap(warehouse: Warehouse) -> None:
    older, newer = release.folders(warehouse)
    shutil.copy(older / release.RELEASE, newer / release.RELEASE)


def folder_for_link(warehouse: Warehouse) -> None:
    folder = warehouse.current.resolve()
    warehouse.current.unlink()
    shutil.copytree(folder, warehouse.current)


AT_ONCE: dict[str, tuple[Damage, str]] = {
    "database cut short": (
        lambda warehouse: os.truncate(warehouse.current / release.DATABASE, 3),
        "cohort.duckdb has 3 bytes instead of 19",
    ),
    "database gone": (lambda warehouse: (warehouse.current / release.DATABASE).unlink(), "cohort.duckdb is missing"),
    "results.json gone": (lambda warehouse: (warehouse.current / "results" / "results.json").unlink(), "results/results.json is missing"),
    "results gone": (lambda warehouse: shutil.rmtree(warehouse.current / "results"), "results/results.json is missing"),
    "release.json gone": (lambda warehouse: (warehouse.current / release.RELEASE).unlink(), "its release.json can't be read"),
    "release.json broken": (lambda warehouse: os.truncate(warehouse.current / release.RELEASE, 40), "its release.json can't be read"),
    "release.json empty": (lambda warehouse: os.truncate(warehouse.current / release.RELEASE, 0), "its release.json can't be read"),
    "release.json no object": (lambda warehouse: (warehouse.current / release.RELEASE).write_text("[1]"), "its release.json can't be read"),
    "release.json of another release": (swap, "or is of another release"),
    "link to nowhere": (lambda warehouse: relink(warehouse, "releases/gone"), "`current` leads to no release"),
    "link out of the releases": (lambda warehouse: relink(warehouse, warehouse.root.parent), "`current` leads to no release"),
    "link to itself": (lambda warehouse: relink(warehouse, "current"), "`current` leads to no release"),
    "link to the releases": (lambda warehouse: relink(warehouse, "releases"), "`current` leads to no release"),
    "a folder for the link": (folder_for_link, "`current` is not the link"),
}
THOROUGHLY: dict[str, tuple[Damage, str]] = {
    "database changed": (
        lambda warehouse: (warehouse.current / release.DATABASE).write_text("the cohort of day 9"),
        "cohort.duckdb was changed",
    ),
    "a file added": (lambda warehouse: (warehouse.current / "cohort.duckdb.wal").write_text("x"), "cohort.duckdb.wal is not a file of it"),
}
BY_THE_LOG: dict[str, tuple[Damage, str]] = {
    "release.json edited": (
        lambda warehouse: (warehouse.current / release.RELEASE).write_text(
            (warehouse.current / release.RELEASE).read_text().replace('"2023-01-02', '"2023-01-03')
        ),
        "its release.json isn't the one that was published",
    ),
    "the link moved by hand": (
        lambda warehouse: relink(warehouse, f"releases/{release.folders(warehouse)[0].name}"),
        "moved by hand",
    ),
    "the link deleted": (lambda warehouse: warehouse.current.unlink(), "readers see no release"),
    "an older release damaged": (lambda warehouse: (release.folders(warehouse)[0] / release.DATABASE).unlink(), "cohort.duckdb is missing"),
}


@pytest.mark.fault(
    area="releases",
    fault="the current release damaged: files cut, missing or mixed up, its link led astray",
    behaviour="said, with what to do",
)
@pytest.mark.parametrize("name", AT_ONCE)
def test_who_reads_it_is_told(settings: Settings, name: str) -> None:
    damage, said = AT_ONCE[name]
    warehouse = Warehouse(settings.warehouse)
    damage(warehouse)
    with pytest.raises(WarehouseError) as found:
        release.current(warehouse)
    assert said in found.value.message
    assert "make rollback" in found.value.message


@pytest.mark.fault(
    area="releases", fault="a release changed by a single byte, a file too many, its link moved", behaviour="`make audit` names it"
)
@pytest.mark.parametrize("name", [*AT_ONCE, *THOROUGHLY, *BY_THE_LOG])
def test_make_audit_finds_it(settings: Settings, name: str) -> None:
    audit.run(settings, {})
    damage, said = (AT_ONCE | THOROUGHLY | BY_THE_LOG)[name]
    damage(Warehouse(settings.warehouse))
    with pytest.raises(WarehouseError) as found:
        audit.run(settings, {})
    assert said in found.value.message


def test_a_release_from_before_the_files_were_listed_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warehouse = Warehouse(tmp_path)
    folder = warehouse.releases / "old"
    folder.mkdir(parents=True)
    (folder / release.RELEASE).write_text('{"release_id": "old"}')
    warehouse.current.symlink_to("releases/old")
    with pytest.raises(WarehouseError, match=r"cohort\.duckdb is missing"):
        release.current(warehouse)
    (folder / release.DATABASE).write_text("cohort")
    assert release.current(warehouse)
    audit.run(settings_of(tmp_path), {})
    printed = capsys.readouterr().out
    assert "nobody knows whether they are as they were" in printed.replace("\n", " ")
    assert "every file as it was published" not in printed


def test_a_release_slipped_in_is_not_in_the_log(settings: Settings) -> None:
    warehouse = Warehouse(settings.warehouse)
    older, _ = release.folders(warehouse)
    forged = shutil.copytree(older, warehouse.releases / "20230103T000000Z-00000003")
    text = (forged / release.RELEASE).read_text()
    (forged / release.RELEASE).write_text(text.replace(older.name, forged.name))
    with pytest.raises(WarehouseError, match=f"releases/{forged.name}: isn't in the log as published"):
        audit.run(settings, {})
