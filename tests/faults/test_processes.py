"""Runs that are killed, starved, interrupted or in each other's way: readers see a whole release, and the next run mends the rest."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from pipeline.errors import EXIT_WAREHOUSE
from pipeline.paths import Warehouse
from tests.faults import child
from tests.faults.child import Fault
from tests.faults.ground import DELTA, Ground, left_overs, releases
from tests.faults.kills import kills

KILLS = int(os.environ.get("KILLS") or 6)
DISK_BYTES = 256 << 20


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Small exports, and warehouses before and after a refresh in peace."""
    return Ground(tmp_path_factory.mktemp("ground"))


@pytest.mark.fault(
    area="processes",
    fault="kill -9 at random moments and between the steps of every stage",
    behaviour="current byte-identical, or the whole new release; the next refresh succeeds, equals a clean one and leaves nothing over",
)
def test_kills(ground: Ground) -> None:
    found = list(kills(ground, KILLS, seed=KILLS))
    assert [(one.scenario, one.stage, one.moment, one.faults) for one in found if one.faults] == []
    assert len({one.stage for one in found}) == min(KILLS, len(child.STAGES))


class Battered:
    """A published warehouse with a new batch before it, on which one run after another fails."""

    def __init__(self, ground: Ground, root: Path) -> None:
        self.ground = ground
        self.warehouse = Warehouse(shutil.copytree(ground.before(DELTA), root, symlinks=True))
        self.settings = ground.settings(DELTA, root)
        self.log = ground.folder / "battered"
        self.published = releases(self.warehouse)
        self.current = os.readlink(self.warehouse.current)

    def changes(self) -> list[str]:
        """Whatever readers see otherwise than before, releases that aren't what they were to the byte, unfinished things."""
        found = [] if os.readlink(self.warehouse.current) == self.current else ["current"]
        found += [name for name, _ in self.published.items() ^ releases(self.warehouse).items()]
        return found + [str(path) for path in (*left_overs(self.warehouse), *(self.log / "tmp").iterdir())]


@pytest.fixture(scope="module")
def battered(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Battered:
    """A warehouse on a disk that is large enough."""
    return Battered(ground, tmp_path_factory.mktemp("battered") / "warehouse")


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path | None]:
    """A disk of its own that can be filled; None where the test may not mount one."""
    place = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)]
    is_mounted = shutil.which("mount") is not None and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield place if is_mounted else None
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture(scope="module")
def on_small_disk(ground: Ground, small_disk: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Battered:
    """A warehouse on the small disk, or where there is none, one whose files won't be allowed to grow."""
    return Battered(ground, (small_disk or tmp_path_factory.mktemp("no_disk")) / "warehouse")


# what the disk still has when the stage begins; dbt needs some before the first model
FREE = {"landing": 0, "derive": 1 << 20, "gate": 0, "results": 1 << 20, "publish": 0}


@pytest.mark.fault(
    area="processes",
    fault="the disk fills up, in each stage",
    behaviour="the message says so and what to do, current is as it was, nothing unfinished is left",
)
@pytest.mark.parametrize("stage", FREE)
def test_full_disk(stage: str, on_small_disk: Battered, small_disk: Path | None) -> None:
    balloon = None if small_disk is None else small_disk / "balloon"
    # where no disk can be mounted, no file may grow: the nearest thing that the operating system does for everybody
    fault = Fault(stage, file_bytes=0) if balloon is None else Fault(stage, balloon=balloon, free=FREE[stage])
    code, said = child.run(on_small_disk.settings, on_small_disk.log, fault)
    if balloon is not None:
        balloon.unlink()
    assert "the disk is full" in said
    assert "free some space" in said
    assert "Traceback" not in said
    assert code == EXIT_WAREHOUSE
    assert on_small_disk.changes() == []


@pytest.mark.fault(
    area="processes",
    fault="there is space on the disk again",
    behaviour="the next refresh succeeds and equals a clean one",
)
def test_space_again(on_small_disk: Battered) -> None:
    assert_next_is_clean(on_small_disk)


LITTLE = {
    "landing": Fault("landing", memory_bytes=16 << 20),
    "derive": Fault("derive", dbt_bytes=4 << 20),
    "gate": Fault("gate", duckdb_bytes=1 << 20),
    "results": Fault("results", duckdb_bytes=1 << 20),
}


@pytest.mark.fault(
    area="processes",
    fault="no memory, in each stage",
    behaviour="the message says so and what to do, no batch and no check is blamed, current is as it was",
)
@pytest.mark.parametrize("stage", LITTLE)
def test_no_memory(stage: str, battered: Battered) -> None:
    code, said = child.run(battered.settings, battered.log, LITTLE[stage])
    assert "ran out of memory" in said
    assert "Traceback" not in said
    assert code == EXIT_WAREHOUSE
    assert battered.changes() == []


@pytest.mark.fault(
    area="processes",
    fault="Ctrl-C or SIGTERM, in each stage",
    behaviour="a calm end with 130 or 143 within seconds, current is as it was, nothing unfinished is left",
)
@pytest.mark.parametrize(
    ("stage", "number"), [("derive", signal.SIGINT), ("derive", signal.SIGTERM), ("gate", signal.SIGTERM), ("results", signal.SIGINT)]
)
def test_interrupted(stage: str, number: signal.Signals, battered: Battered) -> None:
    run = child.start(battered.settings, battered.log)
    assert run.reach(stage)
    time.sleep(0.5)
    run.signal(number)
    assert run.end() == 128 + number
    assert "Stopped; the current release is as it was." in run.said()
    assert "Traceback" not in run.said()
    assert battered.changes() == []


@pytest.mark.fault(
    area="processes",
    fault="two refreshes at once, after runs that failed in every stage",
    behaviour="the second says at once who holds the warehouse and since when; the first is undisturbed and equals a clean one",
)
def test_two_at_once(battered: Battered) -> None:
    first = child.start(battered.settings, battered.log)
    assert first.reach("derive")
    code, said = child.run(battered.settings, battered.ground.folder / "second")
    assert code == EXIT_WAREHOUSE
    assert f"process {first.process.pid}, since 2" in said
    assert first.process.is_alive()
    assert first.end() == 0, first.said()
    assert battered.ground.clean().is_current(battered.warehouse)


def assert_next_is_clean(battered: Battered) -> None:
    code, said = child.run(battered.settings, battered.log)
    assert code == 0, said
    assert battered.ground.clean().is_current(battered.warehouse)
    assert [*left_overs(battered.warehouse)] == []
    code, said = child.run(battered.settings, battered.log, command="audit")
    assert code == 0, said
