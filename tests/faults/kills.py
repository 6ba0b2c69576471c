"""Refreshes killed with SIGKILL at random moments and at every step on files, in every stage.

    python -m tests.faults.kills --kills 100 [--seed 1]

After each kill `current` is, to the byte, what it was (or, if the kill came after the switch, the new release as a whole), the
other releases are untouched, the next refresh succeeds and gives what a run in peace gives, and nothing unfinished is left.
"""

from __future__ import annotations

import argparse
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

from pipeline.paths import Warehouse
from tests.faults import child
from tests.faults.child import STAGES, Fault
from tests.faults.ground import KEPT, SCENARIOS, Clean, Ground, Peace, Scenario, copy, left_overs, releases, target_of

TRIES = 5


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


def kill(ground: Ground, scenario: Scenario, stage: str, rng: Random) -> Kill:
    """One refresh, killed in the stage, and the next one."""
    peace, clean = ground.peace(scenario), ground.clean()
    warehouse = Warehouse(ground.folder / "killed")
    settings = ground.settings(scenario, warehouse.root)
    for _ in range(TRIES):
        copy(ground.before(scenario), warehouse.root)
        before, seen = releases(warehouse), target_of(warehouse)
        moment, code = _killed(ground, settings, stage, rng, peace)
        # a run that was quicker than the measured one may be over before the moment that was drawn
        if code != 0:
            break
    faults = [] if code == -signal.SIGKILL else [f"the run ended with {code} before it was killed"]
    wrong = _wrong(warehouse, before, seen, clean)
    has_switched = target_of(warehouse) != seen
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


def _wrong(warehouse: Warehouse, before: dict[str, str], seen: str | None, clean: Clean) -> list[str]:
    """What is wrong with the releases right after the kill; nothing, if all is well."""
    now = releases(warehouse)
    target = target_of(warehouse)
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
