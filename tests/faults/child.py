"""Runs of the command line in processes of their own, to be killed, starved and interrupted where a test says.

A fork server imports the pipeline once, so that a run costs what it does and no start-up; it holds no database open. The
run tells by a pipe which stage it has come to.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

STAGES = ("landing", "derive", "gate", "results", "publish", "prune")
# what Python does to files and folders, as its audit events call it; between two of these a kill can leave a half
STEPS = frozenset({"os.rename", "os.symlink", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "shutil.copyfile", "open"})
LONGEST = 300  # seconds
QUIET = "ignore:resource_tracker"


@dataclass(frozen=True)
class Fault:
    """What befalls a run as it comes to a stage.

    ``step``: it kills itself right before that step of the stage; ``balloon``: a file that takes what is left of its disk but
    ``free`` bytes; ``file_bytes``: no file may grow beyond; ``duckdb_bytes``: DuckDB's memory, ``dbt_bytes``: that of dbt's
    connections alone; ``memory_bytes``: what the process may have beyond what it has.
    """

    stage: str = ""
    step: int | None = None
    balloon: Path | None = None
    free: int = 0
    file_bytes: int | None = None
    duckdb_bytes: int | None = None
    dbt_bytes: int | None = None
    memory_bytes: int | None = None


@dataclass
class Run:
    """A run under way. ``stages`` says to what stage it comes and how many steps the one before had, ``output`` what it prints."""

    process: Any
    stages: Connection
    output: Connection
    steps: dict[str, int] = field(default_factory=dict)
    _said: bytes = b""

    def next_stage(self) -> str | None:
        """Waits for the next stage; None when the run is over."""
        try:
            stage, before, steps = self.stages.recv()
        except EOFError:
            return None
        self.steps[before] = steps
        return stage or None

    def reach(self, wanted: str) -> bool:
        """Waits until the run comes to a stage; whether it ever does."""
        while (stage := self.next_stage()) is not None:
            if stage == wanted:
                return True
        return False

    def signal(self, number: int) -> None:
        """Send a signal to the run alone; to it and whatever it started where that is SIGKILL."""
        try:
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid, number)
        except ProcessLookupError:
            pass

    def end(self) -> int:
        """Waits for the end; gives the exit code, minus the number of a signal that ended it."""
        while self.next_stage() is not None:
            pass
        self.process.join(LONGEST)
        if self.process.exitcode is None:
            self.signal(signal.SIGKILL)
            self.process.join()
            raise TimeoutError(f"a run didn't end: {self.said()}")
        return self.process.exitcode

    def said(self) -> str:
        """Everything that the run printed; to be asked when it is over."""
        while part := os.read(self.output.fileno(), 1 << 16):
            self._said += part
        return self._said.decode(errors="replace")


def context() -> Any:
    """The fork server's context; the pipeline is imported there when the first run starts."""
    forks = multiprocessing.get_context("forkserver")
    # a killed run can't give its semaphores back: Python's tracker does, and needn't say so
    if QUIET not in sys.warnoptions:
        sys.warnoptions.append(QUIET)
    forks.set_forkserver_preload(["tests.faults.loaded"])
    return forks


def start(environment: Mapping[str, object], folder: Path, fault: Fault | None = None, command: str = "refresh") -> Run:
    """Start ``python -m pipeline <command>`` with these settings; ``folder`` is for its temporary files."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    reader, writer = multiprocessing.Pipe(duplex=False)
    # a pipe, for on a full disk it takes what a file would not
    output, printed = multiprocessing.Pipe(duplex=False)
    settings = {name: str(value) for name, value in environment.items()} | {"TMPDIR": str(folder / "tmp")}
    process = context().Process(target=_main, args=(settings, printed, writer, fault or Fault(), command), daemon=True)
    process.start()
    writer.close()
    printed.close()
    return Run(process, reader, output)


def run(environment: Mapping[str, object], folder: Path, fault: Fault | None = None, command: str = "refresh") -> tuple[int, str]:
    """A whole run; its exit code and what it printed."""
    started = start(environment, folder, fault, command)
    return started.end(), started.said()


def _main(environment: dict[str, str], printed: Connection, stages: Connection, fault: Fault, command: str) -> None:
    os.setsid()
    os.dup2(printed.fileno(), 1)
    os.dup2(printed.fileno(), 2)
    printed.close()
    for name in ("EXPORTS", "WAREHOUSE", "SOURCE", "PSEUDONYM_SALT", "WAREHOUSE_KEY", "THREADS", "FULL", "OUT", "TO"):
        os.environ.pop(name, None)
    os.environ.update(environment)
    tempfile.tempdir = None
    os.chdir(environment["TMPDIR"])  # no warehouse.toml of the developer's
    from pipeline.__main__ import main

    _announce(_Watch(stages, fault, environment.get("WAREHOUSE", "/")))
    code = main([command])
    sys.stdout.flush()
    sys.stderr.flush()
    stages.close()
    os._exit(code)


class _Watch:
    """Tells of stages, counts steps, and lets the fault befall the run."""

    def __init__(self, stages: Connection, fault: Fault, warehouse: str) -> None:
        self._stages = stages
        self._fault = fault
        self._warehouse = warehouse
        self._stage = ""
        self._steps = 0
        self._thread = threading.get_ident()
        sys.addaudithook(self._hear)

    def come_to(self, stage: str) -> None:
        self._stages.send((stage, self._stage, self._steps))
        self._stage, self._steps = stage, 0
        if stage == self._fault.stage:
            _befall(self._fault)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in STEPS or not self._stage or not self._is_ours(event, arguments):
            return
        if self._stage == self._fault.stage and self._steps == self._fault.step:
            os.kill(os.getpid(), signal.SIGKILL)
        self._steps += 1

    def _is_ours(self, event: str, arguments: tuple[Any, ...]) -> bool:
        # of dbt's threads the order isn't fixed
        if threading.get_ident() != self._thread:
            return False
        if event == "open" and (len(arguments) < 3 or not arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            return False
        return any(str(argument).startswith(self._warehouse) for argument in arguments[:2])


def _befall(fault: Fault) -> None:
    if fault.balloon is not None:
        _fill(fault.balloon, fault.free)
    if fault.file_bytes is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (fault.file_bytes, resource.RLIM_INFINITY))
    if fault.duckdb_bytes is not None:
        import duckdb

        duckdb.connect = _starved(fault.duckdb_bytes)
    if fault.dbt_bytes is not None:
        from dbt.adapters.duckdb import environments

        environments.duckdb = _DuckDBOfDbt(_starved(fault.dbt_bytes))
    if fault.memory_bytes is not None:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + fault.memory_bytes, resource.RLIM_INFINITY))


def _fill(balloon: Path, free: int) -> None:
    with balloon.open("ab", buffering=0) as file:
        size = max(os.statvfs(balloon.parent).f_bavail * os.statvfs(balloon.parent).f_frsize - free, 0)
        os.posix_fallocate(file.fileno(), 0, size)


def _starved(size: int) -> Callable[..., Any]:
    import duckdb

    connect = duckdb.connect

    def starved(database: str = ":memory:", read_only: bool = False, config: dict[str, object] | None = None) -> Any:
        limits = {"memory_limit": f"{size}B", "max_temp_directory_size": "0B", "threads": 1}
        return connect(database, read_only=read_only, config={**(config or {}), **limits})

    return starved


class _DuckDBOfDbt:
    """The module as it is, but for how one connects."""

    def __init__(self, connect: Callable[..., Any]) -> None:
        self.connect = connect

    def __getattr__(self, name: str) -> Any:
        import duckdb

        return getattr(duckdb, name)


def _announce(watch: _Watch) -> None:
    """Let the refresh say which stage it comes to, by the functions that the stages start with."""
    from pipeline import landing, provenance, refresh, release

    code = provenance.CodeVersion("unknown", True, "of the tests")
    provenance.code_version = lambda: code  # a file that is edited meanwhile must not look like a new input
    places: tuple[tuple[Any, str, str], ...] = (
        (landing, "land", "landing"),
        (refresh, "_derive", "derive"),
        (refresh, "_check", "gate"),
        (release, "start", "results"),
        (release, "publish", "publish"),
        (release, "_prune", "prune"),
    )
    for module, name, stage in places:
        setattr(module, name, _telling(watch, stage, getattr(module, name)))


def _telling(watch: _Watch, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def told(*arguments: Any, **options: Any) -> Any:
        watch.come_to(stage)
        try:
            return function(*arguments, **options)
        finally:
            if stage == STAGES[-1]:
                watch.come_to("")

    return told
