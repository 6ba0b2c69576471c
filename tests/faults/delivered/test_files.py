"""Files that are none, change, vanish or fail while they are read."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.landing import delivered, land
from pipeline.settings import Settings
from tests.landing.exports import CANARY, FULL_TABLES, Exports

Refusal = Callable[..., str]

NO_FILE = pytest.mark.fault(
    area="files", fault="a named pipe, a folder or a dead link in the place of a table", behaviour="refused at once, nothing hangs"
)
NO_BATCH_FILE = pytest.mark.fault(
    area="files", fault="a named pipe, a folder or a circle of links in the place of batch.json", behaviour="refused at once, nothing hangs"
)
CHANGES = pytest.mark.fault(area="files", fault="a file that changes while it is read", behaviour="refused, with the advice to wait")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def dead_link(path: Path) -> None:
    path.symlink_to("nowhere")


def circle_of_links(path: Path) -> None:
    path.symlink_to(path.name)


@NO_FILE
@pytest.mark.parametrize("make", [pipe, folder, dead_link])
@pytest.mark.parametrize("name", ["patients.csv", "labs.csv.gz", "labs.parquet"])
def test_no_file_in_the_place_of_a_table(exports: Exports, refusal: Refusal, make: Callable[[Path], None], name: str) -> None:
    batch = exports.full()
    (batch / name).unlink(missing_ok=True)
    make(batch / name)
    assert f"batch first, file {name}: is not a plain file" in refusal()


@pytest.mark.fault(area="files", fault="a circle of links in the place of a table", behaviour="refused")
def test_a_circle_of_links(exports: Exports, refusal: Refusal) -> None:
    batch = exports.full()
    circle_of_links(batch / "labs.csv")
    (exports.folder / "round").symlink_to("round")
    assert "batch first, file labs.csv: is a link that leads out" in refusal()


@NO_BATCH_FILE
@pytest.mark.parametrize("make", [pipe, folder, dead_link, circle_of_links])
def test_no_file_in_the_place_of_batch_json(exports: Exports, refusal: Refusal, make: Callable[[Path], None]) -> None:
    batch = exports.full()
    (batch / "batch.json").unlink()
    make(batch / "batch.json")
    assert "batch first, file batch.json: is no file of this folder" in refusal()


@pytest.mark.fault(area="batch.json", fault="a stated checksum of what is no plain file", behaviour="refused: it can't be verified")
@pytest.mark.parametrize("make", [pipe, folder, dead_link, circle_of_links])
def test_a_stated_file_that_is_none(exports: Exports, refusal: Refusal, make: Callable[[Path], None]) -> None:
    batch = exports.full(files={"notes.txt": {"sha256": "0" * 64}})
    make(batch / "notes.txt")
    assert "batch first, file notes.txt: is named in batch.json, but is no plain file" in refusal()


@pytest.mark.fault(area="names", fault="links that stay inside: hard, of files, and EXPORTS itself", behaviour="followed")
def test_harmless_links(exports: Exports, settings: Settings, tmp_path: Path) -> None:
    batch = exports.full()
    os.link(batch / "patients.csv", tmp_path / "other name")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(batch)
    assert land(Settings(exports=tmp_path / "here" / "link", warehouse=settings.warehouse)).new == ("first",)


@CHANGES
@pytest.mark.parametrize("name", ["patients.csv", "batch.json.part"])
def test_a_file_that_never_stops_growing(exports: Exports, refusal: Refusal, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    batch = exports.full({name: FULL_TABLES["patients.csv"]}, files={name: {"sha256": "0" * 64}})
    monkeypatch.setattr(delivered, "READ_BYTES", 16)
    real = delivered.DeliveredFile.raw_blocks

    def racing(self: delivered.DeliveredFile) -> Iterator[bytes]:
        for block in real(self):
            if self._path == batch / name:
                with (batch / name).open("a") as file:
                    file.write(f"P9,{CANARY},1960\n" * 2)
            yield block

    monkeypatch.setattr(delivered.DeliveredFile, "raw_blocks", racing)
    message = refusal()
    assert message.count(f"batch first, file {name}: changed while it was read") == 1


@CHANGES
@pytest.mark.parametrize("change", [lambda path: path.write_bytes(b""), lambda path: os.truncate(path, 40), lambda path: os.utime(path)])
def test_a_file_that_is_written_anew(
    exports: Exports, refusal: Refusal, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    batch = exports.full({"patients.csv": FULL_TABLES["patients.csv"] + f"P9,{CANARY},1960\n"})
    monkeypatch.setattr(delivered, "READ_BYTES", 64)
    real, changed = delivered.DeliveredFile.raw_blocks, []

    def racing(self: delivered.DeliveredFile) -> Iterator[bytes]:
        for block in real(self):
            yield block
            if self._path == batch / "patients.csv" and not changed:
                changed.append(change(self._path))

    monkeypatch.setattr(delivered.DeliveredFile, "raw_blocks", racing)
    assert "batch first, file patients.csv: changed while it was read" in refusal()


@pytest.mark.fault(area="files", fault="a file or folder deleted between two looks", behaviour="refused, the reason told")
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_vanishes(exports: Exports, refusal: Refusal, monkeypatch: pytest.MonkeyPatch, is_folder: bool) -> None:
    batch = exports.full()
    landing_module = importlib.import_module("pipeline.landing.land")
    real = landing_module.discover

    def then_delete(*arguments: object) -> object:
        found = real(*arguments)
        for path in batch.iterdir() if is_folder else [batch / "patients.csv"]:
            path.unlink(missing_ok=True)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(landing_module, "discover", then_delete)
        message = refusal(is_mended=False)
    assert "batch first, file patients.csv: can't be read (No such file or directory)" in message


@pytest.mark.fault(area="files", fault="a disk that fails while a file is read", behaviour="refused, the reason told")
def test_a_disk_that_fails(exports: Exports, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = exports.full()
    real = Path.open

    class Failing:
        def __init__(self, file: object) -> None:
            self._file = file

        def read(self, size: int) -> bytes:
            raise OSError(5, "Input/output error")

        def __getattr__(self, name: str) -> object:
            return getattr(self._file, name)

    def opened(self: Path, *arguments: object, **options: object) -> object:
        file = real(self, *arguments, **options)
        return Failing(file) if self == batch / "patients.csv" else file

    monkeypatch.setattr(Path, "open", opened)
    assert "batch first, file patients.csv: can't be read (Input/output error)" in refusal()


@pytest.mark.fault(area="files", fault="no permission to look into a batch folder", behaviour="refused, the reason told")
@pytest.mark.parametrize("closed", ["iterdir", "exists"])
def test_a_closed_folder(exports: Exports, refusal: Refusal, monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    batch = exports.full()
    real = getattr(Path, closed)

    def denied(self: Path) -> object:
        if self in (batch, batch / "batch.json"):
            raise PermissionError(13, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, closed, denied)
    assert "batch first: can't be read (Permission denied)" in refusal()
