"""Warehouses with a log and releases in a moment: files of a few bytes, published and recorded by the real functions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline import audit, release
from pipeline.paths import Warehouse
from pipeline.provenance import CodeVersion
from pipeline.settings import Settings

CODE = CodeVersion("0123456789ab", False, "c" * 64)
PROTOCOL = "d" * 64


def settings_of(folder: Path, **secrets: str) -> Settings:
    """Settings with a warehouse in the folder."""
    folder.mkdir(exist_ok=True)
    return replace(Settings(warehouse=folder), **secrets)


def record(settings: Settings, number: int) -> str:
    """One event that can be told from others."""
    return audit.record(settings, "export", "done", what=f"event {number}", code=CODE, protocol_sha256=PROTOCOL)


def publish(settings: Settings, number: int, kept: int = 10) -> release.Release:
    """A release that says it is of the day ``number``, after the current one."""
    warehouse = Warehouse(settings.warehouse)
    previous = release.current(warehouse)
    name = f"202301{number:02d}T000000Z-{number:08x}"
    folder = release.start(warehouse, name)
    (folder / release.DATABASE).write_text(f"the cohort of day {number}", encoding="utf-8")
    (folder / release.RESULTS).mkdir()
    (folder / release.RESULTS / "results.json").write_text("{}", encoding="utf-8")
    trail = audit.Trail(settings, CODE, PROTOCOL)
    facts = {
        "release_id": name,
        "created_at": f"2023-01-{number:02d}T00:00:00Z",
        "batches": [{"batch_id": f"batch {day}", "checksum": f"{day:064x}"} for day in range(1, number + 1)],
        "views_sha256": f"{number:064x}",
        "fingerprint": f"{number:064x}",
        "previous_release": previous.id if previous else None,
        "audit_head": trail.gate_passed({"checks": 1, "passed": 1}),
    }
    published = release.publish(warehouse, folder, name, facts, kept)
    trail.published(published)
    return published
