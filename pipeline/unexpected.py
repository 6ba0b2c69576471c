"""Errors that nobody expected, told without their text: it may quote what a statement or a file holds."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.paths import PROJECT

SWITCH = "TRACEBACK"


def is_traceback_asked() -> bool:
    """Whether the data engineer wants to see everything."""
    return os.environ.get(SWITCH, "").strip().lower() in ("1", "true", "yes", "on")


def told(error: BaseException) -> PipelineError:
    """The class of the error and the last line of the project that it came through."""
    kind = type(error)
    name = kind.__name__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__.lstrip('_')}.{kind.__name__}"
    todo = f"run again with {SWITCH}=1, which shows the whole error: it may show patients' values too, so keep it where only you can read"
    return PipelineError(f"unexpected {name}", where=_place(error), todo=todo)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_own(Path(frame.filename))]
    if not own:
        return ""
    last = own[-1]
    return f"{Path(last.filename).relative_to(PROJECT)}, line {last.lineno}"


def _is_own(path: Path) -> bool:
    return path.is_relative_to(PROJECT) and not path.relative_to(PROJECT).parts[0].startswith(".")
