"""Refreshes killed with SIGKILL at random moments and at every step on files, in every stage.

    python -m tests.faults.kills --kills 100 [--seed 1]

After each kill `current` is, to the byte, what it was (or, if the kill came after the switch, the new release as a whole), the
other releases are untouched, the next refresh succeeds and gives what a run in peace gives, and nothing unfinished is left.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from pipeline import release
from pipeline.paths import Warehouse
from tests.faults import child
from tests.faults.child import STAGES, Fault
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
        return folder.is_dir() and frozenset(_files(folder)) == self.files and _views(warehouse) == self.views_sha256


@dataclass(frozen=True)
class Kill:
    """What came of one kill; ``faults`` says in words what should not have been."""

    scenario: str
    stage: str
    moment: str
    has_switched: bool = False
    left_over: int = 0
    faults: tuple[str, ...] = ()
    current_intact: bool = True
    next_succeeded: bool = True
    equals_clean: bool = True
    nothing_left: bool = True


class Ground:
    """The exports, a warehouse a scenario as it is before the refresh, and what a run in peace makes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exports = folder / "exports"
        self._batches = [*write_exports(self.exports, SEED_OF_EXPORTS, PATIENTS, BATCHES - 1), _write_small_delta(self.exports)]
        self._peace: dict[str, Peace] = {}

    def settings(self, scenario: Scenario, warehouse: Path) -> dict[str, object]:
        """The environment of a refresh."""
        return {"EXPORTS": self.exports, "WAREHOUSE": warehouse, "FULL": int(scenario.full)}

    def before(self, scenario: Scenario) -> Path:
        """A warehouse as the scenario finds it, with as many releases as are kept, so that one has to go."""
        place = self.folder / "before" / scenario.name
        if place.exists():
            return place
        if scenario == FULL:
            return _copy(self.peace(DELTA).warehouse.root, place)
        place.mkdir(parents=True)
        if scenario.known:
            some = self.folder / "earlier"
            for batch in self._batches[: scenario.known]:
                shutil.copytree(batch, some / batch.name)
            _must(child.run({"EXPORTS": some, "WAREHOUSE": place}, self.folder / "log"))
            _age(Warehouse(place))
        return place

    def peace(self, scenario: Scenario) -> Peace:
        """The scenario's refresh, undisturbed and measured."""
        if scenario.name not in self._peace:
            warehouse = Warehouse(_copy(self.before(scenario), self.folder / "peace" / scenario.name))
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
        return Clean(_views(warehouse), frozenset(_files(warehouse.current.resolve())))


def kill(ground: Ground, scenario: Scenario, stage: str, rng: Random) -> Kill:
    """One refresh, killed in the stage, and the next one."""
    peace, clean = ground.peace(scenario), ground.clean()
    root = _copy(ground.before(scenario), ground.folder / "killed")
    warehouse, settings = Warehouse(root), ground.settings(scenario, root)
    before = releases(warehouse)
    seen = _target(warehouse)
    moment, code = _killed(ground, settings, stage, rng, peace)
    faults = [] if code == -signal.SIGKILL else [f"the run ended with {code} before it was killed"]
    wrong = _wrong(warehouse, before, seen, clean)
    has_switched = _target(warehouse) != seen
    left = list(left_overs(warehouse))
    code, said = child.run(settings, ground.folder / "log")
    succeeded = code == 0
    equals = succeeded and clean.is_current(warehouse)
    still = [*left_overs(warehouse), *(ground.folder / "log" / "tmp").iterdir()]
    audited, report = child.run(settings, ground.folder / "log", command="audit")
    faults += wrong
    faults += [f"the audit log isn't whole: {report[-400:]}"] if audited else []
    faults += [] if succeeded else [f"the next refresh ended with {code}: {said[-800:]}"]
    faults += [] if equals or not succeeded else ["the next refresh isn't that of a run in peace"]
    faults += [f"left over: {path.name}" for path in still]
    # the audit log mends itself
    untold = [path.name for path in left if path.name not in said and not path.name.startswith(".audit")]
    faults += [f"removed without a word: {', '.join(untold)}"] if untold else []
    return Kill(scenario.name, stage, moment, has_switched, len(left), tuple(faults), not wrong, succeeded, equals, not still)


def _killed(ground: Ground, settings: dict[str, object], stage: str, rng: Random, peace: Peace) -> tuple[str, int]:
    """The moment in words, and the exit code. Short stages are all steps, in the long ones half the kills come at any time."""
    steps, seconds = peace.steps.get(stage, 0), peace.seconds[stage]
    if steps and (seconds < 0.2 or rng.random() < 0.5):
        step = rng.randrange(steps)
        run = child.start(settings, ground.folder / "log", Fault(stage, step=step))
        return f"before step {step + 1} of {steps}", run.end()
    delay = rng.uniform(0, seconds)
    run = child.start(settings, ground.folder / "log")
    if run.reach(stage):
        time.sleep(delay)
    run.signal(signal.SIGKILL)
    return f"after {delay:.2f} of {seconds:.2f} s", run.end()


def releases(warehouse: Warehouse) -> dict[str, str]:
    """Every release that stands there under its name, with a checksum of all its bytes."""
    if not warehouse.releases.is_dir():
        return {}
    return {folder.name: _checksum(folder) for folder in sorted(warehouse.releases.iterdir()) if not folder.name.startswith(".")}


def _wrong(warehouse: Warehouse, before: dict[str, str], seen: str | None, clean: Clean) -> list[str]:
    """What is wrong with the releases right after the kill; nothing, if all is well."""
    now = releases(warehouse)
    target = _target(warehouse)
    faults = [f"release {name} changed" for name in before.keys() & now.keys() if before[name] != now[name]]
    gone = sorted(before.keys() - now.keys())
    if target == seen:
        faults += [f"release {name} is gone" for name in gone]
        return faults
    if not clean.is_current(warehouse):
        faults.append("current is neither what it was nor a whole new release")
    if gone not in ([], sorted(before)[: len(before) + 1 - KEPT]):
        faults.append("another release than the oldest is gone")
    return faults


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


def _write_small_delta(exports: Path) -> Path:
    """A third batch that touches two patients: little enough to be folded into what is derived."""
    folder = exports / "2024-12-01_delta"
    folder.mkdir()
    about = {"batch_id": folder.name, "exported_at": "2024-12-01T02:00:00+08:00", "mode": "delta", "data": "synthetic"}
    (folder / "batch.json").write_text(json.dumps(about), encoding="utf-8")
    rows = [f"F-new-{number},P00000{number},2024-11-0{number},alive" for number in (1, 2)]
    (folder / "follow_ups.csv").write_text("\n".join(["contact_id,patient_id,contacted_on,vital_status", *rows, ""]), encoding="utf-8")
    return folder


def _copy(source: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    return target


def _age(warehouse: Warehouse) -> None:
    """Beside the current release older ones than the audit log, until there are as many as are kept."""
    current = warehouse.current.resolve()
    for number in range(KEPT - 1):
        name = f"2020010{number}T000000Z-00000000"
        older = shutil.copytree(current, warehouse.releases / name) / release.RELEASE
        facts = json.loads(older.read_text(encoding="utf-8")) | {"release_id": name, "audit_head": None}
        older.write_text(json.dumps(facts), encoding="utf-8")


def _target(warehouse: Warehouse) -> str | None:
    return os.readlink(warehouse.current) if warehouse.current.is_symlink() else None


def _files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]


def _checksum(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in _files(folder):
        digest.update(f"{name}\0".encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()


def _views(warehouse: Warehouse) -> str:
    """The checksum of the current release's views, counted anew; it must be the one that the release states."""
    folder = warehouse.current.resolve()
    counted = release.checksum_of_views(folder / release.DATABASE)
    stated = json.loads((folder / release.RELEASE).read_text(encoding="utf-8"))["views_sha256"]
    return counted if counted == stated else "not what release.json states"


def _must(ended: tuple[int, str]) -> None:
    code, said = ended
    if code:
        raise RuntimeError(f"a refresh in peace ended with {code}:\n{said}")


def plan(count: int) -> list[tuple[Scenario, str]]:
    """As many kills, every stage in turn and every scenario in turn; nothing is pruned in a first refresh."""
    pairs = [(SCENARIOS[(number + turn) % len(SCENARIOS)], stage) for turn in range(len(SCENARIOS)) for number, stage in enumerate(STAGES)]
    pairs = [(SCENARIOS[1] if stage == "prune" and not scenario.known else scenario, stage) for scenario, stage in pairs]
    return [pairs[number % len(pairs)] for number in range(count)]


def kills(ground: Ground, count: int, seed: int, tell: bool = False) -> Iterator[Kill]:
    """That many kills and what came of each."""
    rng = Random(seed)
    for number, (scenario, stage) in enumerate(plan(count), start=1):
        one = kill(ground, scenario, stage, rng)
        if tell:
            faults = f": {'; '.join(one.faults)}" if one.faults else ""
            print(f"{number:>4}  {one.scenario:<6} {one.stage:<8} {one.moment}{faults}", file=sys.stderr, flush=True)
        yield one


def table(found: Sequence[Kill]) -> Table:
    """The kills by stage."""
    result = Table(title="Refreshes killed", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    result.add_column("stage")
    headings = (
        "kills",
        "current intact",
        "after the switch",
        "next refresh succeeded",
        "equal to a clean one",
        "left-overs found",
        "and kept",
    )
    for heading in headings:
        result.add_column(heading, justify="right")
    for stage in (*STAGES, "all"):
        some = [one for one in found if stage in (one.stage, "all")]
        counts = (
            len(some),
            sum(one.current_intact for one in some),
            sum(one.has_switched for one in some),
            sum(one.next_succeeded for one in some),
            sum(one.equals_clean for one in some),
            sum(one.left_over for one in some),
            sum(not one.nothing_left for one in some),
        )
        if stage == "all":
            result.add_section()
        result.add_row(stage, *map(str, counts))
    return result


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Refreshes killed at random moments of every stage.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found: list[Kill] = []
    # Ctrl-C ends it with what was found until then
    with tempfile.TemporaryDirectory(prefix="kills", ignore_cleanup_errors=True) as folder, suppress(KeyboardInterrupt):
        for one in kills(Ground(Path(folder)), arguments.kills, arguments.seed, tell=True):
            found.append(one)
    Console(highlight=False, width=140).print(table(found))
    return int(any(one.faults for one in found))


if __name__ == "__main__":
    sys.exit(main())
