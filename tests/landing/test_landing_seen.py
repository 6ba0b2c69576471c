"""A known batch is read again only where its files may have changed."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from pipeline.errors import BatchRefused
from pipeline.landing import Landed, land, tables
from pipeline.landing.seen import FILE
from pipeline.settings import Settings
from tests.landing.exports import Exports

CHANGED = "patient_id,sex,birth_date\nP1,F,1960-01-02\nP2,M,1955-05-07\n"


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files whose checksum is computed."""
    names: list[str] = []
    real = tables.checksum

    def counted(path: Path, *arguments: object) -> str:
        names.append(path.name)
        return real(path, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(import_module("pipeline.landing.land"), "checksum", counted)
    return names


@pytest.fixture
def landed(exports: Exports, settings: Settings) -> Landed:
    """A batch that landed, and was seen again since."""
    exports.full()
    land(settings)
    return land(settings)


def test_unchanged_files_are_not_read_again(landed: Landed, settings: Settings, read_files: list[str]) -> None:
    assert land(settings).known == landed.known == ("first",)
    assert read_files == []


def test_all_are_read_again_when_everything_is_derived(landed: Landed, settings: Settings, read_files: list[str]) -> None:
    land(replace(settings, full=True))
    assert len(read_files) == 5


def test_a_change_of_the_same_length_and_time_is_found(landed: Landed, exports: Exports, settings: Settings) -> None:
    path = exports.folder / "first" / "patients.csv"
    before = path.stat()
    assert len(CHANGED) == before.st_size
    path.write_text(CHANGED, encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(BatchRefused, match="is known with other content"):
        land(settings)


def test_a_file_put_in_its_place_is_read(landed: Landed, exports: Exports, settings: Settings, read_files: list[str]) -> None:
    path = exports.folder / "first" / "patients.csv"
    shutil.copy2(path, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)
    land(settings)
    assert read_files == ["patients.csv"]


def test_another_head_is_other_content(landed: Landed, exports: Exports, settings: Settings) -> None:
    head = exports.folder / "first" / "batch.json"
    head.write_text(head.read_text(encoding="utf-8").replace("2023-01-15", "2023-01-16"), encoding="utf-8")
    with pytest.raises(BatchRefused, match="is known with other content"):
        land(settings)


def test_a_damaged_list_costs_a_reading(landed: Landed, settings: Settings, read_files: list[str]) -> None:
    (settings.work / FILE).write_text("[1", encoding="utf-8")
    assert land(settings).known == ("first",)
    assert len(read_files) == 5
