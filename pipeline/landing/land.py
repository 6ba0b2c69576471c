"""From delivered batches to landed ones: everything is checked before anything is kept."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.database import verify_key
from pipeline.errors import SHOWN_PROBLEMS, BatchRefused, Problem, UsageError
from pipeline.landing import store
from pipeline.landing.batches import Batch, discover
from pipeline.landing.declaration import Source, read_source
from pipeline.landing.delivered import Advance, FileProblem
from pipeline.landing.findings import Findings
from pipeline.landing.head import SYNTHETIC
from pipeline.landing.seen import Seen, stamp
from pipeline.landing.store import LandedBatch, LandedFile, rank
from pipeline.landing.tables import Delivery, Reading, checksum, land_file
from pipeline.paths import Warehouse
from pipeline.progress import step
from pipeline.settings import Settings

# Public on purpose: it protects nobody, because there is nobody behind synthetic data. Real data never get it.
PUBLIC_SALT_OF_SYNTHETIC_DATA = "synthetic-data-need-no-secret"

_DELIVER_AGAIN = "deliver the batch again"

# Clocks of two houses may differ, and a day may have begun in the east. More is a slip of the pen, which could never be
# mended once loaded: the batch would outrank every later one, and its day would be the data cut-off.
_LONGEST_AHEAD = dt.timedelta(days=1)


@dataclass(frozen=True)
class Landed:
    """What the warehouse holds after landing.

    ``batches`` are all of them, the oldest export first; ``new`` and ``known`` the ids of those in EXPORTS that this run
    added and skipped; ``notes`` what a person may want to know: files that mean nothing here, encodings found out.
    """

    source: Source
    batches: tuple[LandedBatch, ...]
    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def data_kind(self) -> Literal["synthetic", "real"]:
        """``synthetic`` if every batch says so, else ``real``; batches of both kinds never get in."""
        return "synthetic" if self.batches and all(batch.data_kind == SYNTHETIC for batch in self.batches) else "real"


def land(settings: Settings) -> Landed:
    """Checks every batch below EXPORTS and adds the new ones to the warehouse: all of them or, if one is refused, none.

    Raises BatchRefused with everything that is wrong, UsageError for settings (no EXPORTS, no batch, real data without a
    salt) and WarehouseError where the warehouse is damaged, full or of another source. The caller holds the lock.
    """
    source = read_source(settings)
    settings.exports_folder()
    verify_key(Warehouse(settings.warehouse, settings.warehouse_key))
    store.prepare(settings)
    known = store.read_batches(settings)
    batches, problems, passed_over = discover(settings, source)
    if not (batches or problems or known):
        todo = f"put a folder for each batch there, with files like {source.tables[0].name}.csv"
        raise UsageError("EXPORTS holds no batch", where=str(settings.exports), todo=todo)
    batches.sort(key=rank)
    problems += _faults_of_the_whole(source, known, batches, is_complete=not problems)

    incoming = store.new_incoming(settings)
    try:
        with step("Landing", total=sum(batch.size for batch in batches)) as progress:
            seen = Seen(settings.work, is_trusted=not settings.full)
            run = _Run(source, incoming, known, settings.warehouse_key, seen, progress.advance)
            for batch in batches:
                run.take(batch)
            problems += run.problems
            if problems:
                raise BatchRefused(_title(problems), todo="mend the export and run again; nothing of it was loaded", problems=problems)
            salt_for(settings, (*known, *run.ready.values()))
            store.move_into_place(settings, run.ready.items())
            seen.keep()
            landed = Landed(
                source=source,
                batches=tuple(sorted((*known, *run.ready.values()), key=rank)),
                new=tuple(batch.batch_id for batch in run.ready.values()),
                known=tuple(run.skipped),
                notes=(*(f"{name}: not a batch, passed over" for name in passed_over), *run.notes),
            )
            progress.conclude(_conclusion(landed))
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    return landed


def salt_for(settings: Settings, batches: Sequence[LandedBatch]) -> str:
    """The salt of the patient keys: the given one, or for synthetic data a public one. Raises UsageError for real data without."""
    if settings.pseudonym_salt:
        return settings.pseudonym_salt
    if batches and all(batch.data_kind == SYNTHETIC for batch in batches):
        return PUBLIC_SALT_OF_SYNTHETIC_DATA
    raise UsageError(
        "PSEUDONYM_SALT is not set, and the data are real",
        todo='set PSEUDONYM_SALT to a long secret text and keep it; only batches that all say "data": "synthetic" need none',
    )


def _title(problems: Sequence[Problem]) -> str:
    names = list(dict.fromkeys(problem.batch for problem in problems if problem.batch))
    return f"{'Batch' if len(names) == 1 else 'Batches'} refused: {', '.join(names)}"


def _listed(names: Sequence[str]) -> str:
    hidden = len(names) - SHOWN_PROBLEMS
    return ", ".join(names[:SHOWN_PROBLEMS]) + (f" and {hidden} more" if hidden > 0 else "")


def _conclusion(landed: Landed) -> str:
    files = [file for batch in landed.batches if batch.batch_id in landed.new for file in batch.files]
    rows = sum(file.rows for file in files)
    return f"new batches {len(landed.new)}, known {len(landed.known)}, files {len(files)}, rows {rows:,}"


def _faults_of_the_whole(source: Source, known: Sequence[LandedBatch], batches: Sequence[Batch], *, is_complete: bool) -> list[Problem]:
    """What is wrong with the batches taken together. ``is_complete``: no batch is missing here because it can't be understood."""
    problems: list[Problem] = []
    everything = sorted((*known, *batches), key=rank)
    model = next(iter((*known, *batches)), None)
    for batch in batches:
        if model is not None and batch.data_kind != model.data_kind:
            what = f"is {batch.data_kind} data, but batch {model.batch_id} is {model.data_kind}"
            todo = 'use another WAREHOUSE, or mend  "data"  in batch.json: the two kinds never mix'
            problems.append(Problem(what, batch=batch.batch_id, todo=todo))
    problems += _from_the_future(known, batches)
    ids = sorted({batch.batch_id for batch in everything})
    if not source.is_dated and len(ids) > 1:
        what = f"is a second export of a source whose exports carry no day ({', '.join(ids)})"
        problems += [Problem(what, batch=ids[-1], todo="use a WAREHOUSE for each: nothing says which of them is the later one")]
    first_full = next((batch for batch in everything if batch.mode == "full"), None)
    if first_full is not None and is_complete:
        lacking = [name for name in source.required_tables if name not in first_full.table_names]
        todo = "the first full batch must hold " + ", ".join(source.required_tables)
        problems += [Problem(f"lacks the required table {name}", batch=first_full.batch_id, todo=todo) for name in lacking]
    return problems


def _from_the_future(known: Sequence[LandedBatch], batches: Sequence[Batch]) -> list[Problem]:
    """New batches whose export time this machine's clock has yet to reach."""
    now = dt.datetime.now(dt.UTC)
    loaded = {batch.batch_id for batch in known}
    what = f"was exported after the present time of this machine, {now:%Y-%m-%d %H:%M} UTC"
    todo = "mend exported_at (or the day in the folder's name), or set the clock of this machine"
    return [
        Problem(what, batch=batch.batch_id, todo=todo)
        for batch in batches
        if batch.batch_id not in loaded and batch.instant is not None and batch.instant > now + _LONGEST_AHEAD
    ]


class _Run:
    """Batch after batch, the oldest export first; ``ready`` are those that may be kept, by the folder that holds them."""

    def __init__(self, source: Source, incoming: Path, known: Sequence[LandedBatch], key: str | None, seen: Seen, advance: Advance) -> None:
        self._source = source
        self._seen = seen
        self._incoming = incoming
        self._key = key
        self._advance = advance
        self._known = known
        self.ready: dict[Path, LandedBatch] = {}
        self.skipped: list[str] = []
        self.notes: list[str] = []
        self.problems: list[Problem] = []

    def take(self, batch: Batch) -> None:
        """Skips a batch that is known, refuses one whose id is known with other content, and reads a new one."""
        if batch.ignored:
            self.notes.append(f"{batch.batch_id}: ignored {_listed(batch.ignored)}")
        count = len(self.problems)
        self._check_other_files(batch)
        known = next((other for other in (*self._known, *self.ready.values()) if other.batch_id == batch.batch_id), None)
        if known is not None:
            self._compare(batch, known)
            return
        folder = self._incoming / str(len(self.ready))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        read = [self._land(batch, name, folder) for name in sorted(batch.files)]
        files = tuple(file for file in read if file is not None)
        if len(self.problems) > count:
            return
        digests = {file.file_name: file.sha256 for file in files}
        landed = LandedBatch(
            source=self._source.name,
            data_kind=batch.data_kind,
            batch_id=batch.batch_id,
            exported_at=batch.exported_at,
            mode=batch.mode,
            date_order=batch.date_order,
            encoding=batch.encoding or "utf-8",
            checksum=store.batch_checksum(batch, digests),
            files=files,
        )
        self.ready[folder] = landed

    def _compare(self, batch: Batch, known: LandedBatch) -> None:
        landed = {file.file_name: file.sha256 for file in known.files}
        digests: dict[str, str] = {}
        for name in batch.files:
            path = batch.folder / name
            if name in landed and self._seen.is_unchanged(known.checksum, path):
                digests[name] = landed[name]
                self._advance(path.stat().st_size)
                continue
            read_as = stamp(path)
            try:
                digests[name] = checksum(path, self._advance)
            except FileProblem as error:
                self.problems.append(error.problem.at(batch=batch.batch_id, file=name))
                return
            if digests[name] == landed.get(name):
                self._seen.put(known.checksum, path, read_as)
        if store.batch_checksum(batch, digests) == known.checksum:
            self.skipped.append(batch.batch_id)
            return
        todo = f"{_DELIVER_AGAIN} under a new batch_id; a batch once loaded never changes"
        self.problems.append(Problem("is known with other content", batch=batch.batch_id, todo=todo))

    def _land(self, batch: Batch, name: str, folder: Path) -> LandedFile | None:
        table = batch.files[name]
        findings = Findings(batch.batch_id, name)
        path, is_delta = batch.folder / name, batch.mode == "delta"
        delivery = Delivery(self._source, table, batch.batch_id, name, path, batch.encoding, is_delta, self._key)
        reading = land_file(delivery, folder / f"{table.name}.parquet", findings, self._advance)
        self._check_stated(batch, name, reading, findings)
        self.problems += findings.problems
        if reading.is_guessed_gb18030:
            self.notes.append(f"{batch.batch_id}: {name} is read as GB18030, which its batch doesn't say")
        if reading.rows is None or reading.sha256 is None:
            return None
        if reading.rows == 0 and batch.mode == "full" and not findings.problems and self._has_older_rows(batch, table.name):
            self.notes.append(f"{batch.batch_id}: {name} holds no record, and replaces all older rows of its table")
        return LandedFile(table.name, name, reading.rows, reading.sha256, table.column_names)

    def _has_older_rows(self, batch: Batch, table_name: str) -> bool:
        older = (other for other in (*self._known, *self.ready.values()) if rank(other) < rank(batch))
        return any(file.rows for other in older for file in other.files if file.table_name == table_name)

    def _check_stated(self, batch: Batch, name: str, reading: Reading, findings: Findings) -> None:
        stated = batch.stated.get(name)
        if stated is None:
            return
        if stated.rows is not None and reading.rows is not None and not findings.problems and stated.rows != reading.rows:
            what = f"has {reading.rows} records where batch.json says {stated.rows}"
            findings.put(Problem(what, todo=f"{_DELIVER_AGAIN} complete, or mend batch.json"))
        if stated.sha256 and reading.sha256 and stated.sha256 != reading.sha256:
            # It explains whatever else is wrong with the file.
            what = "is not the file that batch.json describes (its sha256 differs)"
            findings.put_first(Problem(what, todo=f"{_DELIVER_AGAIN}; the transfer may have damaged it"))

    def _check_other_files(self, batch: Batch) -> None:
        """A stated checksum holds for files of no table too: they are evidence that the delivery is whole."""
        for name, stated in batch.stated.items():
            path = batch.folder / name
            if name in batch.files or not stated.sha256 or not path.is_file():
                continue
            findings = Findings(batch.batch_id, name)
            try:
                self._check_stated(batch, name, Reading(None, checksum(path)), findings)
            except FileProblem as error:
                findings.put(error.problem)
            self.problems += findings.problems
