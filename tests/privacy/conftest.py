"""The canary's exports, a refresh of them by the real command, and places whose every file is watched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.paths import PROJECT, Warehouse
from tests.faults import child
from tests.privacy import exports as canary_exports
from tests.privacy.canary import ENGINEERS_ALONE, KEY, SALT, hits, places_of, tokens


@dataclass(frozen=True)
class Place:
    """A folder in which a run has its warehouse, its home, its temporary files and the folder that it starts in."""

    root: Path

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.root / "warehouse")

    def settings(self, exports: Path, **more: object) -> dict[str, str]:
        """The environment of a run."""
        given = {"EXPORTS": exports, "WAREHOUSE": self.warehouse.root, "PSEUDONYM_SALT": SALT, "HOME": self.root / "home", "MULTIVERSE": 0}
        given |= more
        return {name: str(value) for name, value in given.items()}

    def run(self, exports: Path, fault: child.Fault | None = None, **more: object) -> tuple[int, str]:
        """A refresh in a process of its own: exit code, and all that it printed."""
        return child.run(self.settings(exports, **more), self.root, fault)

    def found(self, said: str = "", allowed: tuple[str, ...] = ENGINEERS_ALONE, key: str | None = None) -> list[str]:
        """Where the canary, the salt or the key is, that it must not be."""
        searched = (*tokens(), KEY)
        return [f"printed: {hit}" for hit in hits(searched, said)] + places_of(
            searched, self.root, [f"warehouse/{pattern}" for pattern in allowed], key
        )


def refresh(place: Place, exports: Path, **more: object) -> tuple[int, str]:
    """``python -m pipeline refresh`` as a person calls it."""
    for name in ("home", "tmp", "cwd"):
        (place.root / name).mkdir(parents=True, exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(PROJECT), "TMPDIR": str(place.root / "tmp")}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "refresh"],
        cwd=place.root / "cwd",
        env=environment | place.settings(exports, **more),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The canary's exports; to be copied before they are changed."""
    return canary_exports.write(tmp_path_factory.mktemp("canary") / "exports")


@dataclass(frozen=True)
class Released:
    """A warehouse with a release of the canary's exports; ``said`` is what the refresh printed."""

    place: Place
    said: str


@pytest.fixture(scope="session")
def plain(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A warehouse without a key. Not to be changed."""
    place = Place(tmp_path_factory.mktemp("plain"))
    code, said = refresh(place, exports, MULTIVERSE=1)
    assert code == 0, said
    return Released(place, said)


@pytest.fixture(scope="session")
def encrypted(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A warehouse with a key that got the second batch after the first. Not to be changed; ``said`` is of the second refresh."""
    place = Place(tmp_path_factory.mktemp("encrypted"))
    first = tmp_path_factory.mktemp("first") / "exports"
    shutil.copytree(exports / "2023-01-15_full", first / "2023-01-15_full")
    for arrival in (first, exports):
        code, said = refresh(place, arrival, WAREHOUSE_KEY=KEY, MULTIVERSE=int(arrival == exports))
        assert code == 0, said
    return Released(place, said)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty place."""
    return Place(tmp_path / "place")


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Released], Place]:
    """A function that copies a released warehouse, to be changed."""

    def copy(released: Released) -> Place:
        place = Place(tmp_path / "copy")
        shutil.copytree(released.place.warehouse.root, place.warehouse.root, symlinks=True)
        return place

    return copy
