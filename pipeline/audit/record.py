"""What is said of an event: who, when, with which code and protocol, from which inputs, and how it ended."""

from __future__ import annotations

import getpass
import os
import platform
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from pipeline import provenance
from pipeline.audit.log import Log, append, read
from pipeline.audit.seal import secrets_of
from pipeline.errors import BatchRefused, DataContradiction, GateFailed, PipelineError
from pipeline.integrity import checksum_of_file
from pipeline.landing import Landed, LandedBatch
from pipeline.paths import Warehouse
from pipeline.provenance import CodeVersion
from pipeline.release import RELEASE, Release
from pipeline.settings import Settings

Event = Literal["landing", "gate", "publish", "refresh", "rollback", "export", "rebuild"]
Input = dict[str, str]

LATE = "recorded late: the run that did it ended before it could say so, or there was no log yet"


def record(
    settings: Settings,
    event: Event,
    outcome: str,
    *,
    what: str = "",
    release: str | None = None,
    inputs: Sequence[Input] = (),
    checksum: str | None = None,
    protocol_sha256: str | None = None,
    code: CodeVersion | None = None,
) -> str:
    """Add an event to the log; gives the hash of its line.

    ``inputs``: what it read, each a name and a ``sha256``; ``checksum``: SHA-256 of the file that says what came out
    (release.json, a manifest); ``what`` in words, no value of a patient. Raises WarehouseError where the log can't be written.
    """
    code = code or provenance.code_version()
    content: dict[str, Any] = {
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "who": _who(),
        "event": event,
        "outcome": outcome,
        "what": what,
        "release": release,
        "inputs": list(inputs),
        "checksum": checksum,
        "code": {"commit": code.commit, "dirty": code.is_dirty, "sha256": code.sha256},
        "protocol_sha256": protocol_sha256,
    }
    return append(Warehouse(settings.warehouse), content, next(iter(secrets_of(settings)), None))


def of_batches(batches: Sequence[LandedBatch]) -> list[Input]:
    """Batches as inputs."""
    return [{"batch_id": batch.batch_id, "sha256": batch.checksum} for batch in batches]


def of_release(release: Release) -> list[Input]:
    """A release as input: its published views."""
    return [{"release_id": release.id, "sha256": str(release.facts.get("views_sha256"))}]


class Trail:
    """What one refresh leaves in the log, step by step."""

    def __init__(self, settings: Settings, code: CodeVersion, protocol_sha256: str | None) -> None:
        self._settings = settings
        self._known: dict[str, Any] = {"code": code, "protocol_sha256": protocol_sha256}
        self._batches: tuple[LandedBatch, ...] = ()
        self._new: tuple[LandedBatch, ...] = ()

    def landed(self, landed: Landed) -> None:
        """Batches that came in, and those of a killed run that nobody could record."""
        recorded = _landed_checksums(read(Warehouse(self._settings.warehouse)))
        self._batches = landed.batches
        self._new = tuple(batch for batch in landed.batches if batch.batch_id in landed.new)
        late = [batch for batch in landed.batches if batch.checksum not in recorded and batch not in self._new]
        if late:
            record(self._settings, "landing", "done", what=LATE, inputs=of_batches(late), **self._known)
        if self._new:
            what = f"{len(self._new)} new, {len(landed.batches)} in all"
            record(self._settings, "landing", "done", what=what, inputs=of_batches(self._new), **self._known)

    def gate_passed(self, counts: dict[str, int]) -> str:
        """Gives the hash of the line: the release will name it."""
        what = ", ".join(f"{name} {count}" for name, count in counts.items())
        return record(self._settings, "gate", "passed", what=what, inputs=of_batches(self._batches), **self._known)

    def published(self, release: Release, what: str = "") -> None:
        """A release has its readers."""
        record(
            self._settings,
            "publish",
            "done",
            what=what,
            release=release.id,
            inputs=[{"batch_id": batch["batch_id"], "sha256": batch["checksum"]} for batch in release.facts.get("batches", [])],
            checksum=checksum_of_file(release.folder / RELEASE),
            **self._known,
        )

    def found(self, release: Release) -> None:
        """The release that readers see as a run begins: recorded now if nobody could, or did, when they began to see it."""
        entries = read(Warehouse(self._settings.warehouse)).entries
        if not any(entry["event"] == "publish" and entry["release"] == release.id for entry in entries):
            self.published(release, LATE)
        elif seen_by_readers(entries) != release.id:
            self.rolled_back(release, "found so: the link `current` was moved, and not by `make rollback`")

    def rolled_back(self, release: Release, what: str) -> None:
        """Readers see another release."""
        checksum = checksum_of_file(release.folder / RELEASE)
        inputs = of_release(release)
        record(self._settings, "rollback", "done", what=what, release=release.id, inputs=inputs, checksum=checksum, **self._known)

    def failed(self, error: BaseException) -> None:
        """How it ended instead, by the class of the error."""
        event, outcome = _failure(error, has_landed=bool(self._batches))
        what = error.what if isinstance(error, PipelineError) else type(error).__name__
        inputs = of_batches(self._new if outcome == "taken back" else self._batches)
        record(self._settings, event, outcome, what=f"{type(error).__name__}: {what}", inputs=inputs, **self._known)


@contextmanager
def trail(settings: Settings, protocol_sha256: str, code: CodeVersion) -> Generator[Trail]:
    """The log of a refresh; whatever ends the block is recorded too. The caller holds the warehouse's lock."""
    log = Trail(settings, code, protocol_sha256)
    try:
        yield log
    except BaseException as error:
        try:
            log.failed(error)
        except Exception:
            # what went wrong first is what the person must read
            print("  the audit log couldn't be written: this failure is not in it", file=sys.stderr)
        raise


def _failure(error: BaseException, *, has_landed: bool) -> tuple[Event, str]:
    match error:
        case BatchRefused():
            return "landing", "refused"
        case DataContradiction():
            return "landing", "taken back"
        case GateFailed():
            return "gate", "failed"
        case KeyboardInterrupt():
            return "refresh" if has_landed else "landing", "stopped"
        case _:
            return "refresh" if has_landed else "landing", "failed"


def seen_by_readers(entries: Sequence[dict[str, Any]]) -> str | None:
    """The release that readers see, as the log has it."""
    return next((entry["release"] for entry in reversed(entries) if entry["event"] in ("publish", "rollback")), None)


def _landed_checksums(log: Log) -> set[str]:
    """The batches that came in and weren't taken back, as the log has it."""
    known: set[str] = set()
    for entry in log.entries:
        if entry["event"] == "landing" and entry["outcome"] in ("done", "taken back"):
            named = {given["sha256"] for given in entry["inputs"]}
            known = known | named if entry["outcome"] == "done" else known - named
    return known


def _who() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = f"uid {os.getuid()}"
    return f"{user}@{platform.node() or 'unknown'}"
