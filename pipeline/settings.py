"""The settings of a run: environment variables first, then one optional file ``warehouse.toml``, then defaults.

===============  ==================  =====================================================================
environment      warehouse.toml      meaning
===============  ==================  =====================================================================
EXPORTS          exports             folder with the batches of a source; needed only by what reads exports
WAREHOUSE        warehouse           folder of the warehouse (default ``./warehouse``)
SOURCE           source              a folder below ``models/staging`` with a sources file (default ``hospital``)
PSEUDONYM_SALT   pseudonym_salt      secret behind the patient keys; needed for real data
WAREHOUSE_KEY    warehouse_key       secret that encrypts databases and landed files at rest; without it they are plain
THREADS          threads             1 or 2 (default 2)
FULL             full                rebuild everything instead of what is new: 1/0, true/false, yes/no
MULTIVERSE       multiverse          derive and analyse every sensitivity alternative (default 1): 1/0, true/false, yes/no
===============  ==================  =====================================================================

The file is looked for in the folder where the command runs, for example::

    exports = "exports"
    warehouse = "/srv/warehouse"
    threads = 1

Relative paths start at that folder. An empty environment variable counts as not set. A key that is not in the table
is refused, so that a slip of the pen can't go unnoticed.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from pipeline.errors import Problem, UsageError
from pipeline.paths import PROJECT, Warehouse

SETTINGS_FILE = "warehouse.toml"
STAGING = "models/staging"
MOST_THREADS = 2

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True)
class Settings:
    """What one run works with. Paths are absolute; the salt never shows in a representation."""

    exports: Path | None = None
    warehouse: Path = Path("warehouse")
    source: str = "hospital"
    pseudonym_salt: str | None = field(default=None, repr=False)
    warehouse_key: str | None = field(default=None, repr=False)
    threads: int = MOST_THREADS
    full: bool = False
    multiverse: bool = True
    project: Path = PROJECT

    @property
    def work(self) -> Path:
        """Everything that is not for analysts (mode 0700)."""
        return Warehouse(self.warehouse).work

    @property
    def raw(self) -> Path:
        """The landed batches, a folder each."""
        return Warehouse(self.warehouse).raw

    @property
    def sources_file(self) -> Path:
        """The declaration of the chosen source's tables."""
        return sources_file(self.project, self.source)

    def exports_folder(self) -> Path:
        """The folder of the exports. Raises UsageError where it is not set, not there or not a folder."""
        if self.exports is None:
            raise UsageError(
                "EXPORTS is not set",
                todo=f'say where the exports lie: EXPORTS=path/to/exports, or exports = "path/to/exports" in {SETTINGS_FILE}',
            )
        if not self.exports.is_dir():
            raise UsageError(
                "EXPORTS is not a folder" if self.exports.exists() else "EXPORTS names a folder that isn't there",
                where=str(self.exports),
                todo="give the folder that holds the batches, a folder each, or the folder of one batch",
            )
        return self.exports


_KEYS = tuple(item.name for item in fields(Settings) if item.name != "project")


def sources_file(project: Path, source: str) -> Path:
    """Where the declaration of ``source`` stands."""
    return project / STAGING / source / f"_{source}__sources.yml"


def known_sources(project: Path = PROJECT) -> tuple[str, ...]:
    """The sources that the project has a declaration for, in alphabetical order."""
    folders = (folder for folder in (project / STAGING).glob("*") if folder.is_dir())
    return tuple(sorted(folder.name for folder in folders if sources_file(project, folder.name).is_file()))


def load_settings(
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    *,
    project: Path = PROJECT,
) -> Settings:
    """The settings of a run that starts in ``folder`` (default: the current one) with ``environment`` (default: the process's).

    Raises UsageError that lists every wrong setting and what to write instead.
    """
    environment = os.environ if environment is None else environment
    folder = (folder or Path.cwd()).resolve()
    problems: list[Problem] = []
    given: dict[str, object] = dict(_from_file(folder / SETTINGS_FILE, problems))
    given |= {key: environment[key.upper()] for key in _KEYS if environment.get(key.upper(), "").strip()}

    exports = _path("exports", given, folder, problems)
    settings = Settings(
        exports=exports,
        warehouse=_path("warehouse", given, folder, problems) or folder / "warehouse",
        source=_source(given, project, problems),
        pseudonym_salt=_secret("pseudonym_salt", given, problems),
        warehouse_key=_secret("warehouse_key", given, problems),
        threads=_threads(given, problems),
        full=_flag("full", given, problems, default=False),
        multiverse=_flag("multiverse", given, problems, default=True),
        project=project,
    )
    if problems:
        raise UsageError("The settings can't be used", problems=problems)
    return settings


def _from_file(path: Path, problems: list[Problem]) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        problems.append(Problem("is not UTF-8 text", file=str(path), todo="save it as UTF-8"))
        return {}
    except tomllib.TOMLDecodeError as error:
        # The parser's message names line and column, never the text itself.
        problems.append(Problem(f"is not valid TOML: {error}", file=str(path), todo='write lines like  exports = "path"'))
        return {}
    except OSError as error:
        problems.append(Problem(f"can't be read ({error.strerror})", file=str(path), todo="check its permissions"))
        return {}
    for key in content.keys() - set(_KEYS):
        near = difflib.get_close_matches(key.lower(), _KEYS, n=1)
        todo = f"did you mean {near[0]}?" if near else f"known keys are {', '.join(_KEYS)}"
        problems.append(Problem(f"unknown key {key}", file=str(path), todo=todo))
    return {key: value for key, value in content.items() if key in _KEYS}


def _path(key: str, given: Mapping[str, object], folder: Path, problems: list[Problem]) -> Path | None:
    value = given.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        problems.append(Problem(f"{key} must be a path in quotes", todo=f'write  {key} = "path"'))
        return None
    return Path(os.path.abspath(folder / Path(value).expanduser()))


def _source(given: Mapping[str, object], project: Path, problems: list[Problem]) -> str:
    value = given.get("source", "hospital")
    known = known_sources(project)
    if not isinstance(value, str) or value not in known:
        problems.append(Problem("source is none that the project knows", todo=f"set SOURCE to one of: {', '.join(known)}"))
        return "hospital"
    return value


def _secret(key: str, given: Mapping[str, object], problems: list[Problem]) -> str | None:
    value = given.get(key)
    if value is not None and not isinstance(value, str):
        problems.append(Problem(f"{key} must be a text in quotes", todo=f'write  {key} = "..."'))
        return None
    return value if value and value.strip() else None


def _threads(given: Mapping[str, object], problems: list[Problem]) -> int:
    value = given.get("threads", MOST_THREADS)
    text = str(value).strip()
    # A bool is an int to Python: `threads = true` must not pass for 1.
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_THREADS):
        problems.append(Problem("threads must be a whole number", todo=f"set THREADS to 1 or {MOST_THREADS}"))
        return MOST_THREADS
    return int(text)


def _flag(key: str, given: Mapping[str, object], problems: list[Problem], *, default: bool) -> bool:
    text = str(given.get(key, default)).strip().lower()
    if text not in _YES | _NO:
        problems.append(Problem(f"{key} must be yes or no", todo=f"set {key.upper()} to 1 or 0"))
    return text in _YES
