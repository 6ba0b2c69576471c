"""What is delivered: the batch folders below the exports, their ``batch.json`` and the files in them.

Nothing of a table's content is read here.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import BatchRefused, Problem, UsageError
from pipeline.landing.declaration import Source, Table
from pipeline.landing.head import BATCH_FILE, REAL, Stated, export_instant, leading_day, leads_out, read_head, shown
from pipeline.settings import Settings


@dataclass(frozen=True)
class Batch:
    """A delivered batch. ``exported_at`` is as written, and empty only where the source's exports carry no day.

    ``files`` are the files of known tables by name, ``ignored`` the names of everything else in the folder.
    """

    folder: Path
    batch_id: str
    exported_at: str
    mode: str
    encoding: str | None = None
    date_order: str | None = None
    data_kind: str = REAL
    files: Mapping[str, Table] = field(default_factory=dict)
    stated: Mapping[str, Stated] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    @property
    def instant(self) -> dt.datetime | None:
        """``exported_at`` in UTC."""
        return export_instant(self.exported_at)

    @property
    def table_names(self) -> frozenset[str]:
        return frozenset(table.name for table in self.files.values())

    @property
    def size(self) -> int:
        """The bytes of the tables' files; one that is gone by now is told when it is read."""
        return sum(map(_size, (self.folder / name for name in self.files)))


def discover(settings: Settings, source: Source) -> tuple[list[Batch], list[Problem], list[str]]:
    """The batches below the exports, what is wrong with their folders and ``batch.json``, and the names passed over.

    A batch whose ``batch.json`` can't be understood is among the problems alone.
    """
    folders, passed_over = _batch_folders(settings.exports_folder(), source)
    batches: list[Batch] = []
    problems: list[Problem] = []
    for folder in folders:
        # EXPORTS may be a link itself, also one to a batch: its owner named it.
        if folder != settings.exports and leads_out(folder, folder.parent):
            todo = "copy the folder to its place"
            problems.append(Problem("is a link that leads out of EXPORTS", batch=shown(folder.name), todo=todo))
            continue
        batch, found = read_batch(folder, source)
        problems += found
        if batch is not None:
            batches.append(batch)
    return batches, problems, passed_over


def _batch_folders(exports: Path, source: Source) -> tuple[list[Path], list[str]]:
    try:
        entries = sorted(exports.iterdir())
        folders = [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except OSError as error:
        raise UsageError(f"EXPORTS can't be read ({error.strerror})", where=str(exports), todo="check its permissions") from None
    batches = [folder for folder in folders if _is_batch(folder, source)]
    if any(entry.name == BATCH_FILE or (source.table_of_file(entry.name) and not entry.is_dir()) for entry in entries):
        if batches and not source.folder_is_one_batch:
            todo = "move the files into a folder of their own"
            raise BatchRefused("EXPORTS holds both the files of a batch and batch folders", where=str(exports), todo=todo)
        return [exports], []
    chosen = set(batches)
    return batches, [shown(entry.name) for entry in entries if entry not in chosen and not entry.name.startswith(".")]


def _is_batch(folder: Path, source: Source) -> bool:
    """A folder is a batch by its ``batch.json``, by a table in it, or by the day that its name starts with."""
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        return True
    is_dated = source.is_dated and leading_day(folder.name) is not None
    return BATCH_FILE in names or is_dated or any(source.table_of_file(name) for name in names)


def read_batch(folder: Path, source: Source) -> tuple[Batch | None, list[Problem]]:
    """The batch in ``folder``, and everything wrong with it that shows without reading a table."""
    name = shown(folder.name)
    problems: list[Problem] = []
    try:
        entries = sorted(folder.iterdir())
        head, is_usable = read_head(folder, source, problems)
    except OSError as error:
        return None, [Problem(f"can't be read ({error.strerror})", batch=name, todo="check the permissions of the folder")]
    batch_id = head.batch_id or name
    files, ignored = _files(folder, entries, source, problems)
    stated = dict(head.stated)
    problems += _faults_of_stated(folder, stated, source, {entry.name for entry in entries})
    if head.is_named_by_folder and not files:
        problems.append(Problem("holds no file of a known table", todo=_name_of_files(source)))
    problems = [problem.at(batch=batch_id) for problem in problems]
    if not is_usable:
        return None, problems
    batch = Batch(
        folder=folder,
        batch_id=batch_id,
        exported_at=head.exported_at,
        mode=head.mode,
        encoding=head.encoding,
        date_order=head.date_order,
        data_kind=head.data_kind,
        files=files,
        stated=stated,
        ignored=ignored,
    )
    return batch, problems


def _faults_of_stated(folder: Path, stated: Mapping[str, Stated], source: Source, present: Set[str]) -> list[Problem]:
    """What batch.json names must be there. A file of no table too, for its checksum may be stated."""
    problems: list[Problem] = []
    for name in stated:
        if name not in present:
            todo = "deliver the file, or take it out of batch.json"
            problems.append(Problem("is named in batch.json, but isn't there", file=name, todo=todo))
        elif source.table_of_file(name) is None and (leads_out(folder / name, folder) or not _is_plain(folder / name)):
            todo = "deliver the file itself, or take it out of batch.json"
            problems.append(Problem("is named in batch.json, but is no plain file of this folder", file=name, todo=todo))
    return problems


def _name_of_files(source: Source) -> str:
    example = source.tables[0].files[0] if source.tables[0].files else f"{source.tables[0].name}.csv"
    return f"name the files after their tables, for example {example}"


def _files(folder: Path, entries: list[Path], source: Source, problems: list[Problem]) -> tuple[dict[str, Table], tuple[str, ...]]:
    files: dict[str, Table] = {}
    ignored: list[str] = []
    names_of: defaultdict[str, list[str]] = defaultdict(list)
    for entry in entries:
        table = source.table_of_file(entry.name)
        if table is None:
            if entry.name != BATCH_FILE:
                ignored.append(shown(entry.name))
            continue
        if leads_out(entry, folder):
            todo = "put the file itself into the batch folder"
            problems.append(Problem("is a link that leads out of the batch folder", file=shown(entry.name), todo=todo))
        elif not _is_plain(entry):
            problems.append(Problem("is not a plain file", file=shown(entry.name), todo="deliver the table as a file"))
        else:
            files[entry.name] = table
            names_of[table.name].append(entry.name)
    for table_name, names in names_of.items():
        if len(names) > 1:
            what = f"gives table {table_name} again (also in {', '.join(names[:-1])})"
            problems.append(Problem(what, file=names[-1], todo="deliver each table in one file"))
    return files, tuple(ignored)


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False
