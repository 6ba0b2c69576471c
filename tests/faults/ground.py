"""What the tests of processes refresh: small exports, warehouses before and after, and what must not be seen in them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline import release
from pipeline.paths import Warehouse
from tests.faults import child
from tests.generative.random_exports import write_exports

PATIENTS, SEED_OF_EXPORTS, BATCHES = 40, 1, 3
KEPT = 10  # releases, see protocol.yml


@dataclass(frozen=True)
class Scenario:
    """What a refresh finds: ``known`` of the batches are published already; ``full`` derives everything again."""

    name: str
    known: int
    full: bool = False


FIRST, DELTA, FULL = SCENARIOS = (Scenario("first", 0), Scenario("delta", BATCHES - 1), Scenario("full", BATCHES, full=True))


@dataclass(frozen=True)
class Peace:
    """A run of a scenario that nobody disturbed: its warehouse after it, how long its stages last, how many steps they have."""

    warehouse: Warehouse
    seconds: dict[str, float]
    steps: dict[str, int]


@dataclass(frozen=True)
class Clean:
    """What a first refresh from everything publishes: a checksum of its rows, and the names of its files."""

    views_sha256: str
    files: frozenset[str]

    def is_current(self, warehouse: Warehouse) -> bool:
        """Whether readers see just that."""
        folder = warehouse.current.resolve()
        return folder.is_dir() and frozenset(files_of(folder)) == self.files and views_of(warehouse) == self.views_sha256


class Ground:
    """The exports, a warehouse a scenario as it is before the refresh, and what a run in peace makes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exports = folder / "exports"
        self._batches = [*write_exports(self.exports, SEED_OF_EXPORTS, PATIENTS, BATCHES - 1), _write_small_delta(self.exports)]
        self._peace: dict[str, Peace] = {}

    def settings(self, scenario: Scenario, warehouse: Path) -> dict[str, object]:
        """The environment of a refresh."""
        return {"EXPORTS": self.exports, "WAREHOUSE": warehouse, "FULL": int(scenario.full), "MULTIVERSE": 0}

    def before(self, scenario: Scenario) -> Path:
        """A warehouse as the scenario finds it, with as many releases as are kept, so that one has to go."""
        place = self.folder / "before" / scenario.name
        if place.exists():
            return place
        if scenario == FULL:
            return copy(self.peace(DELTA).warehouse.root, place)
        place.mkdir(parents=True)
        if scenario.known:
            some = self.folder / "earlier"
            for batch in self._batches[: scenario.known]:
                shutil.copytree(batch, some / batch.name)
            _must(child.run({"EXPORTS": some, "WAREHOUSE": place, "MULTIVERSE": 0}, self.folder / "log"))
            _age(Warehouse(place))
        return place

    def peace(self, scenario: Scenario) -> Peace:
        """The scenario's refresh, undisturbed and measured."""
        if scenario.name not in self._peace:
            warehouse = Warehouse(copy(self.before(scenario), self.folder / "peace" / scenario.name))
            run = child.start(self.settings(scenario, warehouse.root), self.folder / "log")
            began: list[tuple[str, float]] = []
            while (stage := run.next_stage()) is not None:
                began.append((stage, time.monotonic()))
            ended = time.monotonic()
            _must((run.end(), run.said()))
            ends = [*(moment for _, moment in began[1:]), ended]
            seconds = {stage: end - moment for (stage, moment), end in zip(began, ends, strict=True)}
            if scenario == DELTA and "patients touched" not in run.said():
                raise RuntimeError(f"the delta isn't folded in, so no kill would hit that: {run.said()}")
            self._peace[scenario.name] = Peace(warehouse, seconds, run.steps)
        return self._peace[scenario.name]

    def clean(self) -> Clean:
        """What every refresh from these exports must give."""
        warehouse = self.peace(FIRST).warehouse
        return Clean(views_of(warehouse), frozenset(files_of(warehouse.current.resolve())))


def releases(warehouse: Warehouse) -> dict[str, str]:
    """Every release that stands there under its name, with a checksum of all its bytes."""
    if not warehouse.releases.is_dir():
        return {}
    return {folder.name: checksum_of(folder) for folder in sorted(warehouse.releases.iterdir()) if not folder.name.startswith(".")}


def left_overs(warehouse: Warehouse) -> Iterator[Path]:
    """Whatever no release and no landed batch is: hidden names, logs of no database, spilled memory, small databases."""
    for folder in (warehouse.root, warehouse.releases, warehouse.raw, warehouse.work):
        yield from sorted(folder.glob(".*"))
    for pattern in ("*.tmp", "*.part", "*.new"):
        yield from sorted(warehouse.work.glob(pattern))
    for path in sorted(warehouse.root.rglob("*.wal")):
        if not path.with_suffix("").exists():
            yield path
    if warehouse.touched.exists():
        yield warehouse.touched


def copy(source: Path, target: Path) -> Path:
    """A copy of a folder, links as links, in the place of what was there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    return target


def target_of(warehouse: Warehouse) -> str | None:
    """Where `current` points, None before the first release."""
    return os.readlink(warehouse.current) if warehouse.current.is_symlink() else None


def files_of(folder: Path) -> list[str]:
    """Every file below a folder, by its path."""
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]


def views_of(warehouse: Warehouse) -> str:
    """The checksum of the current release's views, counted anew; it must be the one that the release states."""
    folder = warehouse.current.resolve()
    counted = release.checksum_of_views(folder / release.DATABASE)
    stated = json.loads((folder / release.RELEASE).read_text(encoding="utf-8"))["views_sha256"]
    return counted if counted == stated else "not what release.json states"


def checksum_of(folder: Path) -> str:
    """A checksum over all names and bytes below a folder."""
    digest = hashlib.sha256()
    for name in files_of(folder):
        digest.update(f"{name}\0".encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()


def _write_small_delta(exports: Path) -> Path:
    """A third batch that touches two patients: little enough to be folded into what is derived."""
    folder = exports / "2024-12-01_delta"
    folder.mkdir()
    about = {"batch_id": folder.name, "exported_at": "2024-12-01T02:00:00+08:00", "mode": "delta", "data": "synthetic"}
    (folder / "batch.json").write_text(json.dumps(about), encoding="utf-8")
    rows = [f"F-new-{number},P00000{number},2024-11-0{number},alive" for number in (1, 2)]
    (folder / "follow_ups.csv").write_text("\n".join(["contact_id,patient_id,contacted_on,vital_status", *rows, ""]), encoding="utf-8")
    return folder


def _age(warehouse: Warehouse) -> None:
    """Beside the current release older ones than the audit log, until there are as many as are kept."""
    current = warehouse.current.resolve()
    for number in range(KEPT - 1):
        name = f"2020010{number}T000000Z-00000000"
        older = shutil.copytree(current, warehouse.releases / name) / release.RELEASE
        facts = json.loads(older.read_text(encoding="utf-8")) | {"release_id": name, "audit_head": None}
        older.write_text(json.dumps(facts), encoding="utf-8")


def _must(ended: tuple[int, str]) -> None:
    code, said = ended
    if code:
        raise RuntimeError(f"a refresh in peace ended with {code}:\n{said}")
