"""Errors that a person can act on, and the exit code of each class of them.

Every message says what is wrong, where, and what to do; it never holds a value of a patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

EXIT_UNEXPECTED = 1
EXIT_USAGE = 2
EXIT_BATCH = 3
EXIT_CONTRADICTION = 4
EXIT_GATE = 5
EXIT_WAREHOUSE = 6

SHOWN_PROBLEMS = 10


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where: whatever of batch, file, line and column is known."""

    what: str
    batch: str | None = None
    file: str | None = None
    line: int | None = None
    column: str | None = None
    todo: str | None = None

    @property
    def where(self) -> str:
        """The place in words, for example ``batch 2023-01-15_full, file labs.csv, line 7, column unit``."""
        places = (("batch", self.batch), ("file", self.file), ("line", self.line), ("column", self.column))
        return ", ".join(f"{name} {value}" for name, value in places if value is not None)

    def at(self, *, batch: str | None = None, file: str | None = None, line: int | None = None, column: str | None = None) -> Problem:
        """The same problem with those places filled in that it did not know yet."""
        return replace(
            self,
            batch=self.batch if self.batch is not None else batch,
            file=self.file if self.file is not None else file,
            line=self.line if self.line is not None else line,
            column=self.column if self.column is not None else column,
        )

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} -> {self.todo}" if self.todo else text


class PipelineError(Exception):
    """An expected failure: ``what`` went wrong, ``where``, what ``todo``, and the ``exit_code`` of its class.

    ``problems`` holds every single finding where there are several; the first of them leads the message.
    """

    exit_code: ClassVar[int] = EXIT_UNEXPECTED

    def __init__(self, what: str, *, where: str = "", todo: str = "", problems: Sequence[Problem] = ()) -> None:
        self.what = what
        self.where = where
        self.todo = todo
        self.problems = tuple(problems)
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """What, where and what to do, with at most ``SHOWN_PROBLEMS`` findings, one a line."""
        lines = [f"{self.what} ({self.where})" if self.where else self.what]
        lines += [f"  - {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        hidden = len(self.problems) - SHOWN_PROBLEMS
        if hidden > 0:
            lines.append(f"  - and {hidden} more")
        if self.todo:
            lines.append(f"What to do: {self.todo}")
        return "\n".join(lines)


class UsageError(PipelineError):
    """A command, setting or environment variable is wrong or missing."""

    exit_code = EXIT_USAGE


class BatchRefused(PipelineError):
    """A batch breaks the contract of the raw exports; nothing of the run was loaded."""

    exit_code = EXIT_BATCH


class DataContradiction(PipelineError):
    """The data contradict themselves, so that no reading of them is right (a cycle of merges)."""

    exit_code = EXIT_CONTRADICTION


class GateFailed(PipelineError):
    """The quality gate found an error; no release was published."""

    exit_code = EXIT_GATE


class WarehouseError(PipelineError):
    """The warehouse folder is locked by another run, damaged, or belongs to something else."""

    exit_code = EXIT_WAREHOUSE
