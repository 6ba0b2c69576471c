"""The command line: ``python -m pipeline <command>``; `make` is the front door."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analysis import AnalysisError
from pipeline import protocol as study
from pipeline import shortage, stop, unexpected
from pipeline.errors import EXIT_UNEXPECTED, EXIT_USAGE, PipelineError, UsageError
from pipeline.paths import DEMO_EXPORTS, Warehouse
from pipeline.settings import Settings, load_settings


def demo(settings: Settings) -> None:
    """The main job: the demo exports (made first if they aren't there), a release, the summary."""
    if settings.source == "hospital" and settings.exports is None:
        if not DEMO_EXPORTS.is_dir():
            demo_exports(settings)
        settings = replace(settings, exports=DEMO_EXPORTS)
    refresh(settings)


def refresh(settings: Settings) -> None:
    """A refresh from $EXPORTS into $WAREHOUSE, and its summary."""
    from pipeline.refresh import refresh as run
    from pipeline.summary import show

    settings.exports_folder()
    outcome = run(settings, study.load())
    show(Warehouse(settings.warehouse, settings.warehouse_key), outcome.release, outcome.is_new)


def stats(settings: Settings) -> None:
    """The results of the current release once more, into $RESULTS."""
    from analysis import recompute
    from pipeline.release import current
    from pipeline.summary import show_results

    release = current(Warehouse(settings.warehouse))
    if release is None:
        raise UsageError("there is no release yet", where=str(settings.warehouse), todo="run `make` or `make refresh EXPORTS=dir` first")
    folder = Path(os.environ.get("RESULTS") or "results").resolve()
    protocol = study.load()
    results = recompute(release.database, protocol.settings, folder, release.facts, protocol.sha256, settings.warehouse_key)
    show_results(results, folder)


def demo_exports(settings: Settings) -> None:
    """The demo exports, from a seed and at any size ($PATIENTS, $SEED, $OUT)."""
    from pipeline.progress import step
    from synthetic.generate import generate_from_environment

    with step("Make demo exports") as running:
        running.conclude(generate_from_environment(os.environ, DEMO_EXPORTS, running.advance))


def docs(settings: Settings) -> None:
    """dbt's documentation as one page that works offline, and the data dictionary."""
    from pipeline.documentation import write

    write(settings, study.load())


def quarantine(settings: Settings) -> None:
    """What was set aside and why, with file and line ($TABLE, $RULE), and $OUT to write it for the hospital."""
    from pipeline.quarantine import run

    run(settings, os.environ)


def unmapped(settings: Settings) -> None:
    """Drug names and texts that no vocabulary knows, by frequency, with the nearest entry."""
    from pipeline.unmapped import run

    run(settings, os.environ)


def trace(settings: Settings) -> None:
    """One patient from file and line to time, event and risk set ($PATIENT: a key, or an id of the hospital)."""
    from pipeline.trace import run

    run(settings, os.environ)


def diff(settings: Settings) -> None:
    """What changed between two releases ($FROM, default the previous one; $TO, default the current one)."""
    from pipeline.diff import run

    run(settings, os.environ)


def rollback(settings: Settings) -> None:
    """`current` back to the release before it, or to $TO."""
    from pipeline.rollback import run

    run(settings, os.environ)


def rebuild(settings: Settings) -> None:
    """A release once more from what its release.json names ($RELEASE, default the current one), compared view by view."""
    from pipeline.rebuild import run

    run(settings, os.environ)


def export(settings: Settings) -> None:
    """What may leave the building, small counts suppressed, into $OUT."""
    from pipeline.export import run

    run(settings, os.environ)


def audit(settings: Settings) -> None:
    """The log of every landing, gate, publish, rollback and export, its chain verified."""
    from pipeline.audit import run

    run(settings, os.environ)


def dbt(settings: Settings, arguments: list[str]) -> None:
    """Any dbt command, with the protocol and the source that a refresh would give it."""
    from pipeline.database import verify_key
    from pipeline.transform import invoke

    warehouse = Warehouse(settings.warehouse, settings.warehouse_key)
    verify_key(warehouse)
    result = invoke(warehouse, study.load(), settings.source, settings.threads, *arguments, is_quiet=False)
    if not result.success:
        raise SystemExit(EXIT_UNEXPECTED)


EXIT_SIGNAL = 128  # as a shell says it of a command that a signal ended: 130 for Ctrl-C, 143 for SIGTERM

COMMANDS: dict[str, Callable[[Settings], None]] = {
    "demo": demo,
    "refresh": refresh,
    "stats": stats,
    "quarantine": quarantine,
    "unmapped": unmapped,
    "trace": trace,
    "diff": diff,
    "rollback": rollback,
    "rebuild": rebuild,
    "export": export,
    "audit": audit,
    "demo-exports": demo_exports,
    "docs": docs,
}


def main(arguments: list[str]) -> int:
    """Run one command; gives the exit code of its class of failure."""
    parser = argparse.ArgumentParser(prog="python -m pipeline", description="Exports in, a released cohort and its survival results out.")
    parser.add_argument(
        "command", choices=[*COMMANDS, "dbt"], help="; ".join(f"{name}: {_first_line(run)}" for name, run in COMMANDS.items())
    )
    known, rest = parser.parse_known_args(arguments)
    if rest and known.command != "dbt":
        parser.error(f"`{known.command}` takes no arguments; its settings come from the environment, see README.md")
    warehouse = None
    seen = None
    with stop.listening():
        try:
            settings = load_settings()
            warehouse = Warehouse(settings.warehouse)
            seen = _current(warehouse)
            if known.command == "dbt":
                dbt(settings, rest)
            else:
                COMMANDS[known.command](settings)
        except (Exception, KeyboardInterrupt) as error:
            return _ended(error, warehouse, seen)
    return 0


def _ended(error: BaseException, warehouse: Warehouse | None, seen: str | None) -> int:
    """Say in plain words how a run ended that didn't end well; gives its exit code."""
    asked = stop.asked()
    if asked or isinstance(error, KeyboardInterrupt):
        print(f"\nStopped; {_standing(warehouse, seen)}.", file=sys.stderr)
        return EXIT_SIGNAL + (asked or signal.SIGINT)
    lacking = shortage.of_error(error)
    if lacking:
        error = shortage.error_of(lacking, f"{warehouse.root}; {_standing(warehouse, seen)}" if warehouse else "")
    if isinstance(error, AnalysisError):
        print(f"\n{error}", file=sys.stderr)
        return EXIT_USAGE
    if not isinstance(error, PipelineError):
        if unexpected.is_traceback_asked():
            raise error
        error = unexpected.told(error)
    print(f"\n{error.message}", file=sys.stderr)
    return error.exit_code


def _current(warehouse: Warehouse) -> str | None:
    return os.readlink(warehouse.current) if warehouse.current.is_symlink() else None


def _standing(warehouse: Warehouse | None, seen: str | None) -> str:
    """Which release readers see now, against the one they saw before."""
    now = _current(warehouse) if warehouse else seen
    return "the current release is as it was" if now == seen else "the current release had changed already"


def _first_line(run: Callable[[Settings], None]) -> str:
    return (run.__doc__ or "").strip().splitlines()[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
