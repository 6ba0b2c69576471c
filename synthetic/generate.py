"""Demo exports of an invented hospital: `python -m synthetic.generate --out DIR --patients N --seed S`.

The calibrated cohort is in every export, whatever its size; stories of patients who fail each criterion, patients without a
story and all the trouble that the contract of the exports names grow with the size. Patients are made in chunks of 20,000,
each from streams of draws of its own, and written as they are made, so that a million of them fit into a few gigabytes of memory.
"""

import argparse
import hashlib
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.errors import UsageError
from pipeline.progress import step
from synthetic.background import Background
from synthetic.broken import REPEATED, REPEATED_LATER, broken_patients, broken_rows, repeated_rows
from synthetic.chart import Chart, Person
from synthetic.cohort import CalibratedPatient, read_cohort
from synthetic.days import EXPORTS, DateTexts, number
from synthetic.delivery import delivered, keyed
from synthetic.draws import Draws
from synthetic.excluded import SINGLE_STORIES, STORIES, Story
from synthetic.frames import Frames, Records, joined, numbers
from synthetic.members import Member, assign_traps, tell
from synthetic.merges import ODD_PATIENTS, SpareNumbers, merged
from synthetic.numbering import patient_texts
from synthetic.render import Renderer
from synthetic.spellings import SMOKING
from synthetic.tables import TABLES
from synthetic.write import BatchFolder

DEFAULT_OUT = Path(__file__).with_name("exports")
DEFAULT_PATIENTS = 3_000
DEFAULT_SEED = 20250614
FEWEST_PATIENTS = 200
MOST_PATIENTS = 5_000_000
CHUNK_PATIENTS = 20_000
STORIES_IN_FIRST_CHUNK = 2
FEWEST_FOR_STORIES = 2_000
MERGED_MEMBERS = 8
MERGED_PERMILLE = 12
MERGE_CANDIDATES = 800
MISTAKEN_PATIENTS = 3
# Numbers for retired and broken patients, and keys, that a chunk may use.
SPARE_NUMBERS = 1_000
CHUNK_KEYS = 1_000_000_000
PURPOSES = ("cohort", "stories", "people", "background", "labs", "merges", "delivery", "render", "broken")


Advance = Callable[[int], None]


def _unheard(patients: int) -> None:
    """For callers who show no progress."""


@dataclass(frozen=True)
class Summary:
    """What was generated: rows and checksum by batch and file, patients by the criterion that excludes them (None: cohort)."""

    files: dict[str, dict[str, dict[str, int | str]]]
    outcomes: Counter[str | None]

    @property
    def patients(self) -> int:
        """The source population."""
        return sum(self.outcomes.values())

    @property
    def rows(self) -> int:
        """All rows of all files."""
        return sum(int(file["rows"]) for files in self.files.values() for file in files.values())


@dataclass
class _Chunk:
    """The patients with numbers from `first` on, and everything drawn for them."""

    position: int
    first: int
    size: int
    patients: int
    seed: int
    members: tuple[CalibratedPatient, ...] = ()
    stories: tuple[Story, ...] = ()
    outcomes: Counter[str | None] = field(default_factory=Counter)

    def draws(self, purpose: str) -> Draws:
        """The stream of draws for a purpose."""
        return Draws(self.seed, self.position, PURPOSES.index(purpose))

    @property
    def told(self) -> int:
        """How many patients have a story."""
        return len(self.members) + len(self.stories)

    @property
    def without_story(self) -> np.ndarray:
        """The numbers of the patients without a story."""
        return np.arange(self.first + self.told, self.first + self.size)

    def spare(self) -> SpareNumbers:
        """Numbers beyond the source population that only this chunk takes, counted from the first."""
        return SpareNumbers(self.patients + self.position * SPARE_NUMBERS)


def chunks(patients: int, seed: int) -> list[_Chunk]:
    """The population in chunks; the calibrated patients are in the first one."""
    members = read_cohort()
    planned = []
    for position, first in enumerate(range(0, patients, CHUNK_PATIENTS)):
        size = min(CHUNK_PATIENTS, patients - first)
        if position == 0:
            planned.append(_Chunk(position, first, size, patients, seed, members, (*STORIES * STORIES_IN_FIRST_CHUNK, *SINGLE_STORIES)))
        else:
            planned.append(_Chunk(position, first, size, patients, seed, (), STORIES if size >= FEWEST_FOR_STORIES else ()))
    return planned


def case_patient_ids(patients: int, seed: int) -> dict[str, str]:
    """The hospital's number of each calibrated patient, by case."""
    chunk = chunks(patients, seed)[0]
    texts = patient_texts(np.arange(len(chunk.members)), seed).to_pylist()
    return dict(zip((member.case for member in chunk.members), texts, strict=True))


def _tell_members(chunk: _Chunk, records: Records) -> list[Chart]:
    draws = chunk.draws("cohort")
    charts = []
    traps = assign_traps(chunk.members, draws)
    for place, target in enumerate(chunk.members):
        person = Person(chunk.first + place, number(target.birth_date), target.sex == "male", target.smoking)
        chart = Chart(person, records, draws)
        tell(Member(target, chart), traps[place])
        charts.append(chart)
    chunk.outcomes[None] += len(charts)
    return charts


def _tell_stories(chunk: _Chunk, records: Records) -> list[Chart]:
    draws = chunk.draws("stories")
    charts = []
    for place, story in enumerate(chunk.stories):
        index = draws.one_between(*story.index)
        age = draws.one_between(*story.age)
        birth = index - age * 365 - age // 4 - draws.one_between(10, 340)
        person = Person(chunk.first + len(chunk.members) + place, birth, draws.happens(500), draws.pick(("never", "ever", "unknown")))
        chart = Chart(person, records, draws)
        story.tell(chart, index)
        charts.append(chart)
        chunk.outcomes[story.excluded_by] += 1
    return charts


def _told_frames(chunk: _Chunk, background: Background) -> Frames:
    """The rows of all patients with a story."""
    records = Records()
    charts = [*_tell_members(chunk, records), *_tell_stories(chunk, records)]
    frames = records.frames()
    people = [chart.person for chart in charts]
    frames["patients"] = background.patients(
        np.array([person.number for person in people], dtype=np.int64),
        np.array([person.birth for person in people], dtype=np.int64),
        np.array([person.is_male for person in people], dtype=bool),
        SMOKING.codes([person.smoking for person in people]),
        chunk.draws("people"),
    )
    visits = [(chart.person.number, day) for chart in charts for day in sorted(set(chart.visits))]
    patients, days = (np.array(column, dtype=np.int64) for column in zip(*visits, strict=True))
    frames["labs"] = background.labs(patients, days, chunk.draws("labs"))
    return frames


def chunk_frames(chunk: _Chunk, background: Background, spare: SpareNumbers) -> Frames:
    """All true rows of a chunk, with merges, and keys."""
    parts = [_told_frames(chunk, background)] if chunk.told else []
    if len(chunk.without_story):
        frames, fares = background.draw(chunk.without_story, chunk.draws("background"))
        chunk.outcomes["nsclc"] += int((fares == 0).sum())
        chunk.outcomes["alk_positive"] += int((fares == 1).sum())
        parts.append(frames)
    draws = chunk.draws("merges")
    mistaken = np.array([spare.take() for _ in range(MISTAKEN_PATIENTS)], dtype=np.int64)
    frames = joined([*parts, background.mistaken(mistaken, draws)])
    others = draws.shuffled(chunk.without_story[:MERGE_CANDIDATES].tolist())
    survivors = draws.shuffled(range(chunk.first, chunk.first + len(chunk.members)))[:MERGED_MEMBERS]
    survivors += others[ODD_PATIENTS : ODD_PATIENTS + chunk.size * MERGED_PERMILLE // 1000]
    if survivors and len(others) >= ODD_PATIENTS:
        frames = merged(frames, survivors, others[:ODD_PATIENTS], spare, draws)
    return keyed(frames, chunk.position * CHUNK_KEYS, chunk.seed)


def _write_chunk(chunk: _Chunk, background: Background, renderer: Renderer, batches: Sequence[BatchFolder]) -> None:
    spare = chunk.spare()
    frames = chunk_frames(chunk, background, spare)
    delivery, render, broken = chunk.draws("delivery"), chunk.draws("render"), chunk.draws("broken")
    broken_numbers = np.array([spare.take() for _ in range(broken_patients(chunk.size))], dtype=np.int64)
    new_patients = patient_texts(broken_numbers, chunk.seed).to_pylist()
    for name in TABLES:
        exports = [renderer.rendered(name, rows, export, render) for export, rows in enumerate(delivered(name, frames[name], delivery))]
        good = exports[0].filter(pa.array(_is_without_story(exports[0], chunk)))
        for export, rows in enumerate(exports):
            file = batches[export].files.get(name)
            if file is None:
                continue
            pieces = [rows, repeated_rows(rows, REPEATED, broken)]
            if file.dialect.only is None:
                pieces += broken_rows(name, export, rows, good, chunk.size, new_patients, broken)
                if export > 0 and TABLES[name].unknown is None:
                    pieces.append(repeated_rows(exports[0], REPEATED_LATER, broken))
            file.append(_in_order(pieces))


def _is_without_story(rows: pa.Table, chunk: _Chunk) -> np.ndarray:
    patients = numbers(rows, "_patient")
    return (patients >= chunk.first + chunk.told) & (patients < chunk.first + chunk.size)


def _in_order(pieces: Sequence[pa.Table]) -> pa.Table:
    """The rows by key; versions of a row stay in the order in which they came."""
    rows = pa.concat_tables(pieces).combine_chunks()
    order = np.argsort(numbers(rows, "_key"), kind="stable")
    return rows.take(pa.array(order))


def generate(out: Path, patients: int = DEFAULT_PATIENTS, seed: int = DEFAULT_SEED, advance: Advance = _unheard) -> Summary:
    """Writes the three batches below `out`, in place of what is there of them, and says what they hold.

    They are made beside `out` and moved when they are complete, so that an interrupted run leaves no half-made export.
    `advance` hears of each number of patients that are done.

    Raises:
        UsageError: for fewer patients than the stories need, more than there are numbers for, or a negative seed.
    """
    if not FEWEST_PATIENTS <= patients <= MOST_PATIENTS:
        todo = f"choose a number from {FEWEST_PATIENTS} (the cohort and its neighbours need room) to {MOST_PATIENTS}"
        raise UsageError(f"demo exports of {patients} patients can't be made", where="PATIENTS", todo=todo)
    if seed < 0:
        raise UsageError("a seed can't be negative", where="SEED", todo="choose 0 or more")
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    summary = _generate(partial, patients, seed, advance)
    out.mkdir(parents=True, exist_ok=True)
    for export in EXPORTS:
        shutil.rmtree(out / export.folder, ignore_errors=True)
        (partial / export.folder).rename(out / export.folder)
    partial.rmdir()
    return summary


def _generate(out: Path, patients: int, seed: int, advance: Advance) -> Summary:
    texts = DateTexts()
    background, renderer = Background(texts), Renderer(texts, seed)
    batches = [BatchFolder.create(out, export) for export in range(len(EXPORTS))]
    outcomes: Counter[str | None] = Counter()
    for chunk in chunks(patients, seed):
        _write_chunk(chunk, background, renderer, batches)
        outcomes += chunk.outcomes
        advance(chunk.size)
    return Summary({batch.export.folder: batch.close() for batch in batches}, outcomes)


def manifest(out: Path) -> str:
    """The checksums of all files of the exports, in the format of sha256sum, with paths relative to `out`."""
    paths = sorted(path for export in EXPORTS for path in (out / export.folder).iterdir())
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(out).as_posix()}\n" for path in paths)


def generate_from_environment(environment: Mapping[str, str], default_out: Path, advance: Advance = _unheard) -> str:
    """Generates as PATIENTS, SEED and OUT say, each of which may be missing or empty; gives a sentence on the result.

    Raises:
        UsageError: for a value that is no number, or one that `generate` refuses.
    """

    def whole_number(name: str, default: int) -> int:
        text = environment.get(name, "").strip()
        if text and not (text.isascii() and text.isdigit()):
            raise UsageError(f"{name} is not a whole number", where="environment", todo=f"for example {name}={default}")
        return int(text) if text else default

    out = Path(environment.get("OUT") or default_out)
    summary = generate(out, whole_number("PATIENTS", DEFAULT_PATIENTS), whole_number("SEED", DEFAULT_SEED), advance)
    return describe(summary, out)


def describe(summary: Summary, out: Path) -> str:
    """One sentence on what was generated."""
    return f"{summary.rows:,} rows of {summary.patients:,} synthetic patients in {len(summary.files)} batches below {out}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Generates the exports; 2 for an impossible size or seed."""
    parser = argparse.ArgumentParser(prog="python -m synthetic.generate", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--patients", type=int, default=DEFAULT_PATIENTS)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--manifest", type=Path, help="also write the checksums of all files here")
    options = parser.parse_args(arguments)
    try:
        with step("Make demo exports", total=options.patients) as running:
            summary = generate(options.out, options.patients, options.seed, running.advance)
            running.conclude(describe(summary, options.out))
    except UsageError as error:
        print(error.message, file=sys.stderr)
        return error.exit_code
    if options.manifest:
        options.manifest.write_text(manifest(options.out), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
