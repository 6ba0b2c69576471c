"""The data engineer's command: exports in, a release out."""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipeline import dictionary, gate, landing, lock, provenance, release, transform
from pipeline.errors import DataContradiction
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
    warehouse = Warehouse(settings.warehouse)
    warehouse.work.mkdir(parents=True, exist_ok=True, mode=0o700)
    warehouse.work.chmod(0o700)
    with lock.exclusive(warehouse):
        landed = landing.land(settings)
        for note in landed.notes:
            print(f"  {note}", file=sys.stderr)
        code = provenance.code_version()
        fingerprint = _fingerprint(settings, landed, protocol, code)
        published = release.current(warehouse)
        if published and published.facts["fingerprint"] == fingerprint and not settings.full:
            return Outcome(published, is_new=False)
        manifest = _derive(settings, protocol, warehouse, landed)
        result = _check(protocol, warehouse)
        return Outcome(_publish(protocol, warehouse, landed, code, fingerprint, manifest, result, published), is_new=True)


def _fingerprint(settings: Settings, landed: landing.Landed, protocol: Protocol, code: provenance.CodeVersion) -> str:
    """What decides a release: the batches, the protocol, the code and the salt (only its checksum)."""
    salt = hashlib.sha256(landing.salt_for(settings, landed.batches).encode()).hexdigest()
    parts = [landed.source.name, *sorted(batch.checksum for batch in landed.batches), protocol.sha256, code.sha256, salt]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _derive(settings: Settings, protocol: Protocol, warehouse: Warehouse, landed: landing.Landed) -> Path:
    with duckdb.connect(str(warehouse.database)) as connection:
        landing.register_raw(connection, settings, landed)
    # it holds the salt and raw values: a copy of it must not be readable by others either
    warehouse.database.chmod(0o600)
    with step("Derive") as running:
        manifest = transform.build(warehouse, protocol, settings.source, settings.threads, advance=running.advance)
        running.conclude("models built, their keys and contracts hold")
    try:
        _refuse_cycles(warehouse)
    except DataContradiction:
        # refused like any other batch: what this run landed is taken back, so that it can come again mended
        landing.forget(settings, [batch for batch in landed.batches if batch.batch_id in landed.new])
        raise
    return manifest


def _refuse_cycles(warehouse: Warehouse) -> None:
    """A cycle of merges stops the refresh and names its rows."""
    with duckdb.connect(str(warehouse.database), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'staging' and table_name like '%merge_cycles'"
        ).fetchall()
        rows = [
            row
            for (table,) in tables
            for row in connection.execute(
                f'select batch_id, file_name, line_number from staging."{table}" order by all limit 20'
            ).fetchall()
        ]
    if rows:
        places = "; ".join(f"batch {batch}, file {file}, line {line}" for batch, file, line in rows)
        raise DataContradiction(
            "patients are merged in a circle, so that nobody survives",
            where=places,
            todo="ask the hospital which number survives, and deliver the batch again with one of these rows corrected or retracted",
        )


def _check(protocol: Protocol, warehouse: Warehouse) -> gate.GateResult:
    with step("Check") as running:
        result = gate.run(warehouse.database, protocol, warehouse.gate, advance=running.advance)
        running.conclude(result.summary)
    result.raise_if_critical(warehouse.gate / "index.html")
    return result


def _publish(
    protocol: Protocol,
    warehouse: Warehouse,
    landed: landing.Landed,
    code: provenance.CodeVersion,
    fingerprint: str,
    manifest: Path,
    result: gate.GateResult,
    previous: release.Release | None,
) -> release.Release:
    import analysis

    created = datetime.now(UTC)
    release_id = release.new_id(created, fingerprint)
    with step("Compute results") as running:
        folder = release.start(warehouse, release_id)
        database = folder / release.DATABASE
        release.copy_published(warehouse.database, database, dictionary.entries(manifest, protocol))
        context = analysis.ReportContext(
            release_id=release_id,
            data_kind=landed.data_kind,
            source=landed.source.name,
            code_version=str(code),
            protocol_hash=protocol.sha256,
            package_versions=provenance.package_versions(),
            previous_release=previous.id if previous else None,
            gate_summary=result.as_dicts(),
            created_at=f"{created:%Y-%m-%d %H:%M} UTC",
        )
        results = analysis.run(database, protocol.settings, folder / release.RESULTS, context)
        with duckdb.connect(str(database)) as connection:
            analysis.write_statistics(connection, results)
        shutil.copytree(warehouse.gate, folder / release.DATA_DOCS)
        running.conclude("survival results and report")
    facts = _facts(release_id, created, protocol, landed, code, fingerprint, result, previous, database)
    return release.publish(warehouse, folder, release_id, facts, protocol.releases_kept)


def _facts(
    release_id: str,
    created: datetime,
    protocol: Protocol,
    landed: landing.Landed,
    code: provenance.CodeVersion,
    fingerprint: str,
    result: gate.GateResult,
    previous: release.Release | None,
    database: Path,
) -> dict[str, Any]:
    """release.json: what the release was made of, and how it was found to be."""
    with duckdb.connect(str(database), read_only=True) as connection:
        cursor = connection.execute("select * from published.reconciliation order by table_name")
        columns = [column[0] for column in cursor.description or ()]
        reconciliation = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return {
        "release_id": release_id,
        "created_at": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        "data": landed.data_kind,
        "source": landed.source.name,
        "code": {"commit": code.commit, "dirty": code.is_dirty, "sha256": code.sha256},
        "protocol_sha256": protocol.sha256,
        "packages": provenance.package_versions(),
        "batches": [_batch_facts(batch) for batch in landed.batches],
        "reconciliation": reconciliation,
        "gate": result.counts,
        "views_sha256": release.checksum_of_views(database),
        "fingerprint": fingerprint,
        "previous_release": previous.id if previous else None,
    }


def _batch_facts(batch: landing.LandedBatch) -> dict[str, Any]:
    """A batch as release.json names it."""
    return {
        "batch_id": batch.batch_id,
        "exported_at": batch.exported_at,
        "mode": batch.mode,
        "checksum": batch.checksum,
        "files": [{"file": file.file_name, "table": file.table_name, "rows": file.rows, "sha256": file.sha256} for file in batch.files],
    }
