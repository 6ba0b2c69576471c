"""The command line: ``python -m pipeline <command>``; `make` is the front door."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analysis import AnalysisError
from pipeline import protocol as study
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
    show(Warehouse(settings.warehouse), outcome.release, outcome.is_new)


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
    results = recompute(release.database, protocol.settings, folder, release.facts, protocol.sha256)
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
    from pipeline.transform import invoke

    result = invoke(Warehouse(settings.warehouse), study.load(), settings.source, settings.threads, *arguments, is_quiet=False)
    if not result.success:
        raise SystemExit(EXIT_UNEXPECTED)


EXIT_INTERRUPTED = 130  # as a shell says it of an interrupted command

COMMANDS: dict[str, Callable[[Settings], None]] = {
    "demo": demo,
    "refresh": refresh,
    "stats": stats,
    "quarantine": quarantine,
    "unmapped": unmapped,
    "trace": trace,
    "diff": diff,
    "rollback": rollback,
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
    try:
        settings = load_settings()
        if known.command == "dbt":
            dbt(settings, rest)
        else:
            COMMANDS[known.command](settings)
    except AnalysisError as error:
        print(f"\n{error}", file=sys.stderr)
        return EXIT_USAGE
    except PipelineError as error:
        print(f"\n{error.message}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nStopped; the current release is as it was.", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def _first_line(run: Callable[[Settings], None]) -> str:
    return (run.__doc__ or "").strip().splitlines()[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
