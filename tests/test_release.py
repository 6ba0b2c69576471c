"""Releases: one atomic step, ten kept, nothing of a killed run left."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import release
from pipeline.errors import WarehouseError
from pipeline.paths import Warehouse


def publish(warehouse: Warehouse, number: int, kept: int = 10) -> release.Release:
    name = f"20230101T{number:06d}Z-00000000"
    folder = release.start(warehouse, name)
    (folder / release.DATABASE).write_text(str(number), encoding="utf-8")
    return release.publish(warehouse, folder, name, {"release_id": name}, kept)


def test_readers_follow_the_newest(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for number in range(3):
        published = publish(warehouse, number)
        assert warehouse.current.resolve() == published.folder.resolve()
        assert (warehouse.current / release.DATABASE).read_text(encoding="utf-8") == str(number)


def test_ten_are_kept(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for number in range(13):
        publish(warehouse, number)
    kept = sorted(path.name for path in warehouse.releases.iterdir())
    assert [int(name[9:15]) for name in kept] == list(range(3, 13))


def test_a_killed_build_leaves_nothing(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    publish(warehouse, 1)
    (release.start(warehouse, "killed") / "half").write_text("half", encoding="utf-8")
    publish(warehouse, 2)
    assert [path.name for path in warehouse.releases.iterdir() if path.name.startswith(".")] == []


def test_a_damaged_release_is_said(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    published = publish(warehouse, 1)
    assert release.current(warehouse).id == published.id
    (published.folder / release.RELEASE).write_text("{", encoding="utf-8")
    with pytest.raises(WarehouseError, match="damaged"):
        release.current(warehouse)


def test_no_release_yet(tmp_path: Path) -> None:
    assert release.current(Warehouse(tmp_path)) is None


def test_an_id_sorts_by_time() -> None:
    ids = [release.new_id(datetime(2023, 1, day, tzinfo=UTC), "f" * 64) for day in (1, 2, 11)]
    assert ids == sorted(ids)
