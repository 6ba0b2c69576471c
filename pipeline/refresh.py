"""The data engineer's command: exports in, a release out."""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline import audit, gate, landing, leftovers, lock, provenance, release, stop
from pipeline.compute import compute, other_definitions
from pipeline.derive import Basis, derive
from pipeline.errors import DataContradiction
from pipeline.facts import Inputs, facts
from pipeline.paths import Warehouse
from pipeline.progress import step
from pipeline.protocol import Protocol
from pipeline.settings import Settings


@dataclass(frozen=True)
class Outcome:
    """The release that readers see now, and whether this refresh made it."""

    release: release.Release
    is_new: bool


def refresh(settings: Settings, protocol: Protocol) -> Outcome:
    """Land what is new, derive the cohort, pass the gate, compute the results and publish.

    Raises a PipelineError whose class says which part refused; `current` is then as it was.
    """
    warehouse = Warehouse(settings.warehouse, settings.warehouse_key)
    warehouse.work.mkdir(parents=True, exist_ok=True, mode=0o700)
    warehouse.work.chmod(0o700)
    code = provenance.code_version()
    with (
        lock.exclusive(warehouse),
        audit.trail(settings, protocol.sha256, code) as log,
        leftovers.none(warehouse, settings.warehouse_key) as notes,
    ):
        release.check_link(warehouse)
        landed = landing.land(settings)
        for note in (*notes, *landed.notes):
            print(f"  {note}", file=sys.stderr)
        log.landed(landed)
        basis = _basis(settings, landed, protocol, code)
        fingerprint = _fingerprint(settings, landed, basis)
        published = _published(warehouse, log)
        if published and published.facts["fingerprint"] == fingerprint and not settings.full:
            return Outcome(published, is_new=False)
        manifest = _derive(settings, protocol, warehouse, landed, basis)
        result = _check(protocol, warehouse)
        salt_check = provenance.salt_check(landing.salt_for(settings, landed.batches), fingerprint)
        inputs = Inputs(protocol, warehouse, landed, code, fingerprint, salt_check, published)
        made = _publish(settings, inputs, manifest, result, log.gate_passed(result.counts))
        log.published(made)
        return Outcome(made, is_new=True)


def _published(warehouse: Warehouse, log: audit.Trail) -> release.Release | None:
    """The release that readers see. A damaged one is said and counts as none: this refresh is what replaces it."""
    try:
        published = release.current(warehouse)
    except release.DamagedRelease as error:
        print(f"  {error.message}", file=sys.stderr)
        return None
    if published:
        log.found(published)
    return published


def _basis(settings: Settings, landed: landing.Landed, protocol: Protocol, code: provenance.CodeVersion) -> Basis:
    salt = hashlib.sha256(landing.salt_for(settings, landed.batches).encode()).hexdigest()
    return Basis(code.sha256, protocol.sha256, landed.source.name, salt)


def _fingerprint(settings: Settings, landed: landing.Landed, basis: Basis) -> str:
    """What decides a release: the batches, what they are read by, and whether other definitions are looked at."""
    parts = [basis.sha256, *sorted(batch.checksum for batch in landed.batches)]
    parts += [] if settings.multiverse else ["without the multiverse"]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _derive(settings: Settings, protocol: Protocol, warehouse: Warehouse, landed: landing.Landed, basis: Basis) -> Path:
    try:
        with step("Derive") as running:
            derived = derive(settings, protocol, warehouse, landed, basis, running)
            running.conclude(derived.conclusion)
    except DataContradiction:
        # refused like any other batch: what this run landed is taken back, so that it can come again mended
        landing.forget(settings, [batch for batch in landed.batches if batch.batch_id in landed.new])
        raise
    return derived.manifest


def _check(protocol: Protocol, warehouse: Warehouse) -> gate.GateResult:
    with step("Check") as running:
        result = gate.run(warehouse.database, protocol, warehouse.gate, advance=running.advance, key=warehouse.key)
        # DuckDB ends a check that was interrupted with an error of its own, which is then the check's
        stop.check()
        running.conclude(result.summary)
    result.raise_if_critical(warehouse.gate / "index.html")
    return result


def _publish(settings: Settings, inputs: Inputs, manifest: Path, result: gate.GateResult, audit_head: str) -> release.Release:
    import analysis

    created = datetime.now(UTC)
    release_id = release.new_id(created, inputs.fingerprint)
    source = inputs.landed.source.name
    definitions = other_definitions(inputs.warehouse, inputs.protocol, source, settings.threads, is_asked=settings.multiverse)
    with step("Compute results") as running:
        folder = release.start(inputs.warehouse, release_id)
        context = analysis.ReportContext(
            release_id=release_id,
            data_kind=inputs.landed.data_kind,
            source=source,
            data_checksum=provenance.data_checksum(batch.checksum for batch in inputs.landed.batches),
            code_version=str(inputs.code),
            protocol_hash=inputs.protocol.sha256,
            package_versions=provenance.package_versions(),
            previous_release=inputs.previous.id if inputs.previous else None,
            gate_summary=result.as_dicts(),
            created_at=f"{created:%Y-%m-%d %H:%M} UTC",
        )
        database = compute(inputs.warehouse, folder, manifest, inputs.protocol, context, definitions)
        shutil.copytree(inputs.warehouse.gate, folder / release.DATA_DOCS)
        running.conclude("survival results and report")
    made = facts(inputs, release_id, created, result, database, audit_head)
    stop.check()
    return release.publish(inputs.warehouse, folder, release_id, made, inputs.protocol.releases_kept)
