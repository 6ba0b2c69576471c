"""Runs the dbt models in the work database."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.errors import GateFailed, PipelineError
from pipeline.paths import PROJECT, Warehouse
from pipeline.protocol import Protocol

Advance = Callable[[], None]
ABOUT_THE_SQL = re.compile(r"(?:Binder|Catalog|Parser|Compilation|Parsing) Error.*")
ERROR_CLASS = re.compile(r"[A-Z][A-Za-z ]* Error")


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
        # dbt's log and its results quote what a failed statement read: neither is kept
        return runner.invoke([*quiet, "--no-use-colors", "--log-level-file", "none", *command])
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
    """What failed, by the names of the models; of an error only what can't quote a value."""
    (warehouse.dbt / "target" / "run_results.json").unlink(missing_ok=True)
    nodes = [entry for entry in (getattr(result.result, "results", None) or []) if str(entry.status) in ("error", "fail")]
    tests = [entry.node.name for entry in nodes if entry.node.resource_type == "test" and str(entry.status) == "fail"]
    broken = [f"{entry.node.name} ({_harmless(entry.message)})" for entry in nodes if str(entry.status) == "error"]
    if tests and not broken:
        todo = 'see which rows with `make dbt ARGS="show --select <test>"`; nothing was published'
        return GateFailed(f"these tests of the models failed: {', '.join(tests)}", todo=todo)
    what = f"these models can't be built: {', '.join(broken)}" if broken else f"dbt can't read the project ({_harmless(result.exception)})"
    return PipelineError(what, todo='see the error with `make dbt ARGS="run --select <model>"`; nothing was published')


def _harmless(error: object) -> str:
    """The error's first lines if it speaks of the SQL, its class alone if it could quote what the SQL read."""
    text = " ".join(str(error).split())
    found = ABOUT_THE_SQL.search(text)
    if found:
        return found[0][:300]
    named = ERROR_CLASS.findall(text)
    return named[-1] if named else "unexpected"
