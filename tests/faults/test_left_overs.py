"""What a run left unfinished is found by its name, removed, and nothing else with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipeline import leftovers, lock, release, shortage, stop
from pipeline.errors import WarehouseError
from pipeline.paths import PROJECT, Warehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse with two releases."""
    made = Warehouse(tmp_path / "warehouse")
    made.raw.mkdir(parents=True)
    for number in (1, 2):
        publish(made, number)
    return made


def publish(warehouse: Warehouse, number: int, kept: int = 10) -> release.Release:
    name = f"20230101T{number:06d}Z-00000000"
    folder = release.start(warehouse, name)
    with duckdb.connect(str(folder / release.DATABASE)) as connection:
        connection.execute("create schema published")
        connection.execute(f"create table published.cohort as select {number} as release_number")
    return release.publish(warehouse, folder, name, {"release_id": name}, kept)


def standing(warehouse: Warehouse) -> list[str]:
    return sorted(path.name for path in warehouse.releases.iterdir())


class Killed(BaseException):
    """Stands for a kill: nothing handles it."""


def dies(*_: object, **__: object) -> None:
    raise Killed


def killed_at(monkeypatch: pytest.MonkeyPatch, place: object, name: str, warehouse: Warehouse, kept: int = 10) -> None:
    """A publish that dies as it comes to a function."""
    with monkeypatch.context() as patched:
        patched.setattr(place, name, dies)
        with pytest.raises(Killed):
            publish(warehouse, 3, kept)


@pytest.mark.fault(
    area="processes", fault="a kill between a release's name and its readers", behaviour="the release that nobody saw is removed"
)
def test_a_release_without_readers_goes(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    before = standing(warehouse)
    seen = os.readlink(warehouse.current)
    killed_at(monkeypatch, os, "replace", warehouse)
    assert len(standing(warehouse)) == 3
    (note,) = leftovers.sweep(warehouse)
    assert "20230101T000003Z" in note
    assert standing(warehouse) == before
    assert os.readlink(warehouse.current) == seen
    assert [path.name for path in warehouse.root.glob(".*")] == []


@pytest.mark.fault(area="processes", fault="a kill right after the switch", behaviour="the new release stays")
def test_a_release_with_readers_stays(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_at(monkeypatch, release, "_prune", warehouse)
    (warehouse.root / f"{release.PUBLISHING}20230101T000003Z-00000000").symlink_to("releases/20230101T000003Z-00000000")
    leftovers.sweep(warehouse)
    assert release.current(warehouse).id.startswith("20230101T000003Z")
    assert len(standing(warehouse)) == 3


@pytest.mark.fault(area="processes", fault="a kill while an old release is removed", behaviour="no half of it stands under its name")
def test_half_a_release_goes(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_at(monkeypatch, shutil, "rmtree", warehouse, kept=2)
    assert [name for name in standing(warehouse) if not name.startswith(".")] == [
        "20230101T000002Z-00000000",
        "20230101T000003Z-00000000",
    ]
    assert leftovers.sweep(warehouse)
    assert len(standing(warehouse)) == 2


@pytest.mark.fault(area="processes", fault="a rollback that is killed", behaviour="its link goes, every release stays")
def test_a_half_switched_link_goes(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = release.Release("20230101T000001Z-00000000", warehouse.releases / "20230101T000001Z-00000000", {})
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", dies)
        with pytest.raises(Killed):
            release.switch(warehouse, earlier)
    before = standing(warehouse)
    assert leftovers.sweep(warehouse)
    assert standing(warehouse) == before
    assert [path.name for path in warehouse.root.glob(".*")] == []


def test_a_failed_run_clears_up(warehouse: Warehouse) -> None:
    def fails() -> None:
        with leftovers.none(warehouse):
            (release.start(warehouse, "failed") / "half").write_text("half", encoding="utf-8")
            warehouse.touched.mkdir()
            dies()

    before = standing(warehouse)
    with pytest.raises(Killed):
        fails()
    assert standing(warehouse) == before
    assert not warehouse.touched.exists()


def test_nothing_is_said_where_nothing_was_left(warehouse: Warehouse) -> None:
    assert leftovers.sweep(warehouse) == ()


@pytest.mark.fault(area="processes", fault="a work database cut short", behaviour="removed with a note, and everything is derived again")
@pytest.mark.parametrize("size", [0, 100, 5_000])
def test_a_damaged_work_database_goes(warehouse: Warehouse, size: int) -> None:
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("create table numbers as select range as number from range(100000)")
    with warehouse.database.open("r+b") as file:
        file.seek(size)
        file.write(b"\0" * 20_000)
        file.truncate()
    notes = leftovers.sweep(warehouse)
    assert any("work database" in note for note in notes)
    assert not warehouse.database.exists()


@pytest.mark.fault(
    area="processes", fault="another program has the work database open", behaviour="the message says so; nothing is removed"
)
def test_a_work_database_in_use_stays(warehouse: Warehouse) -> None:
    held = f"import duckdb, sys; connection = duckdb.connect({str(warehouse.database)!r}); print('open', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(WarehouseError, match="another program has the work database open"):
            leftovers.sweep(warehouse)
        assert warehouse.database.is_file()
    finally:
        holder.communicate("")


@pytest.mark.fault(area="processes", fault="the lock of a killed run", behaviour="holds nobody up")
def test_a_stale_lock_holds_nobody_up(warehouse: Warehouse) -> None:
    held = (
        "import os, pathlib\nfrom pipeline import lock\nfrom pipeline.paths import Warehouse\n"
        f"with lock.exclusive(Warehouse(pathlib.Path({str(warehouse.root)!r}))):\n    os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", held], cwd=PROJECT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert "process" in (warehouse.work / "lock").read_text(encoding="utf-8")
    with lock.exclusive(warehouse):
        pass


@pytest.mark.parametrize(
    ("error", "lacking"),
    [
        (OSError(28, "Auf dem Gerät ist kein Speicherplatz mehr verfügbar"), "disk"),
        (OSError(27, "File too large"), "disk"),
        (FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"), "disk"),
        (shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")]), "disk"),
        (duckdb.IOException("IO Error: Could not write file: No space left on device"), "disk"),
        (duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block"), "memory"),
        (MemoryError(), "memory"),
        (OSError(12, "Nicht genügend Hauptspeicher verfügbar"), "memory"),
        (RuntimeError("can't start new thread"), "memory"),
        (OSError(13, "Permission denied"), None),
        (ValueError("No space left on device, a patient wrote"), None),
    ],
)
def test_a_shortage_is_known_by_its_signs(error: Exception, lacking: str | None) -> None:
    assert shortage.of_error(error) == lacking
    clearer = WarehouseError("something else")
    # what `from None` leaves of the error that it takes the place of
    clearer.__context__, clearer.__suppress_context__ = error, True
    assert shortage.of_error(clearer) == lacking


def test_a_stop_that_a_library_swallowed_is_remembered() -> None:
    with stop.listening():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        assert stop.asked() == signal.SIGTERM
        with pytest.raises(KeyboardInterrupt):
            stop.check()
    with stop.listening():
        stop.check()
