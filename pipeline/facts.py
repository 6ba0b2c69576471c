"""What release.json says: what a release was made of, and how it was found to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipeline import provenance, release
from pipeline.database import connect
from pipeline.gate import GateResult
from pipeline.landing import Landed, LandedBatch
from pipeline.paths import Warehouse
from pipeline.protocol import Protocol


@dataclass(frozen=True)
class Inputs:
    """What decides a release. ``salt_check`` tells the right salt from another without giving it away."""

    protocol: Protocol
    warehouse: Warehouse
    landed: Landed
    code: provenance.CodeVersion
    fingerprint: str
    salt_check: str
    previous: release.Release | None


def facts(inputs: Inputs, release_id: str, created: datetime, result: GateResult, database: Path, audit_head: str) -> dict[str, Any]:
    """The content of release.json, but for the list of files. ``audit_head``: the log's line of the gate that was passed."""
    key = inputs.warehouse.key
    with connect(database, key, read_only=True) as connection:
        reconciliation = _accounts(connection, "reconciliation")
        batch_reconciliation = _accounts(connection, "batch_reconciliation")
    views = release.checksums_of_views(database, key)
    return {
        "release_id": release_id,
        "created_at": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        "data": inputs.landed.data_kind,
        "source": inputs.landed.source.name,
        "code": {"commit": inputs.code.commit, "dirty": inputs.code.is_dirty, "sha256": inputs.code.sha256},
        "protocol_sha256": inputs.protocol.sha256,
        "protocol": inputs.protocol.settings,
        "packages": provenance.package_versions(),
        "batches": [_batch(batch) for batch in inputs.landed.batches],
        "reconciliation": reconciliation,
        "batch_reconciliation": batch_reconciliation,
        "gate": result.counts,
        "views": views,
        "views_sha256": release.combined(views),
        "fingerprint": inputs.fingerprint,
        "previous_release": inputs.previous.id if inputs.previous else None,
        "salt_check": inputs.salt_check,
        "audit_head": audit_head,
    }


def _accounts(connection: duckdb.DuckDBPyConnection, view: str) -> list[dict[str, Any]]:
    """The rows of a view of accounts, in the order of their keys."""
    cursor = connection.execute(f"select * from published.{view} order by all nulls last")
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _batch(batch: LandedBatch) -> dict[str, Any]:
    return {
        "batch_id": batch.batch_id,
        "exported_at": batch.exported_at,
        "mode": batch.mode,
        "checksum": batch.checksum,
        "files": [{"file": file.file_name, "table": file.table_name, "rows": file.rows, "sha256": file.sha256} for file in batch.files],
    }
