"""Runs the dbt models in the work database."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.errors import GateFailed, PipelineError
from pipeline.paths import PROJECT, Warehouse
from pipeline.protocol import Protocol

Advance = Callable[[], None]


def variables(protocol: Protocol, source: str) -> str:
    """What dbt is told: the protocol and the source, as JSON. The salt is none of it, for dbt writes its variables down."""
    return json.dumps({"protocol": protocol.settings, "source": source}, ensure_ascii=False)


def environment(warehouse: Warehouse, threads: int) -> dict[str, str]:
    """The environment that dbt_project.yml and profiles.yml read."""
    return {
        "WORK_DATABASE": str(warehouse.database),
        "THREADS": str(threads),
        "DBT_TARGET_PATH": str(warehouse.dbt / "target"),
        "DBT_LOG_PATH": str(warehouse.dbt / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def invoke(
    warehouse: Warehouse,
    protocol: Protocol,
    source: str,
    threads: int,
    *arguments: str,
    is_quiet: bool = True,
    advance: Advance | None = None,
) -> Any:
    """Run one dbt command in this process and give dbt's own result; its connection is closed again."""
    os.environ.update(environment(warehouse, threads))
    from dbt.adapters.factory import cleanup_connections, reset_adapters
    from dbt.cli.main import dbtRunner

    def listen(event: Any) -> None:
        if advance and event.info.name == "NodeFinished":
            advance()

    runner = dbtRunner(callbacks=[listen])
    command = [*arguments, "--vars", variables(protocol, source), "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    try:
        quiet = ["--quiet", "--log-level", "none"] if is_quiet else []
        return runner.invoke([*quiet, "--no-use-colors", "--log-level-file", "warn", *command])
    finally:
        # a DuckDB file that stays open here could not be opened with other settings by the gate
        cleanup_connections()
        reset_adapters()
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()


def build(warehouse: Warehouse, protocol: Protocol, source: str, threads: int, advance: Advance | None = None) -> Path:
    """Build every model and run dbt's tests of keys and contracts; gives the path of dbt's manifest.

    Raises GateFailed when a test of a model fails, PipelineError when a model can't be built.
    """
    result = invoke(warehouse, protocol, source, threads, "build", "--exclude-resource-type", "unit_test", advance=advance)
    if not result.success:
        raise _failure(result, warehouse)
    return warehouse.dbt / "target" / "manifest.json"


def _failure(result: Any, warehouse: Warehouse) -> PipelineError:
    log = warehouse.dbt / "logs" / "dbt.log"
    nodes = [entry for entry in (getattr(result.result, "results", None) or []) if str(entry.status) in ("error", "fail")]
    tests = [entry.node.name for entry in nodes if entry.node.resource_type in ("test", "unit_test")]
    broken = [entry.node.name for entry in nodes if entry.node.resource_type not in ("test", "unit_test")]
    if broken or not tests:
        what = f"these models can't be built: {', '.join(broken)}" if broken else "dbt could not read the project"
        return PipelineError(what, todo=f"read {log}, which only you can read; nothing was published")
    return GateFailed(f"these tests of the models failed: {', '.join(tests)}", todo=f"read {log}; nothing was published")
