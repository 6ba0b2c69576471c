"""Runs the dbt models in the work database."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline import shortage, stop
from pipeline.errors import GateFailed, PipelineError
from pipeline.paths import PROJECT, Warehouse
from pipeline.protocol import Protocol

Advance = Callable[[], None]
ABOUT_THE_SQL = re.compile(r"(?:Binder|Catalog|Parser|Compilation|Parsing) Error.*")
ERROR_CLASS = re.compile(r"[A-Z][A-Za-z ]* Error")


def variables(protocol: Protocol, source: str) -> str:
    """What dbt is told: the protocol and the source, as JSON. The salt is none of it, for dbt writes its variables down."""
    return json.dumps({"protocol": protocol.settings, "source": source}, ensure_ascii=False)


def environment(warehouse: Warehouse, threads: int, database: Path | None = None) -> dict[str, str]:
    """The environment that dbt_project.yml and profiles.yml read."""
    return {
        "WORK_DATABASE": str(database or warehouse.database),
        "WORK_TARGET": "encrypted" if warehouse.key else "duckdb",
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
    database: Path | None = None,
    manifest: Any = None,
) -> Any:
    """Run one dbt command in this process and give dbt's own result; its connection is closed again.

    ``database``: where, if not in the warehouse's work database. ``manifest``: dbt's own, so that it doesn't read the project again.
    """
    os.environ.update(environment(warehouse, threads, database))
    from dbt.adapters.factory import cleanup_connections, reset_adapters
    from dbt.cli.main import dbtRunner

    from pipeline.dbt_encryption import Plugin

    Plugin.key = warehouse.key or ""

    def listen(event: Any) -> None:
        if advance and event.info.name == "NodeFinished":
            advance()

    runner = dbtRunner(manifest=manifest, callbacks=[listen])
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


def parse(warehouse: Warehouse, protocol: Protocol, source: str, threads: int) -> Any:
    """dbt's manifest of the project. Raises PipelineError when dbt can't read it."""
    result = invoke(warehouse, protocol, source, threads, "parse")
    if not result.success:
        raise _failure(result, warehouse)
    return result.result


def build(
    warehouse: Warehouse,
    protocol: Protocol,
    source: str,
    threads: int,
    advance: Advance | None = None,
    *,
    selection: Sequence[str] = (),
    database: Path | None = None,
    manifest: Any = None,
) -> Path:
    """Build models and run dbt's tests of keys and contracts; gives the path of dbt's manifest.

    ``selection`` are dbt's own options, everything if it is empty; ``database`` and ``manifest`` as `invoke` has them.
    Raises GateFailed when a test of a model fails, PipelineError when a model can't be built.
    """
    written = [] if manifest is None else ["--no-write-json"]
    command = [*written, "build", "--exclude-resource-type", "unit_test", *selection]
    result = invoke(warehouse, protocol, source, threads, *command, advance=advance, database=database, manifest=manifest)
    if not result.success:
        raise _failure(result, warehouse)
    return warehouse.dbt / "target" / "manifest.json"


def compile_models(warehouse: Warehouse, protocol: Protocol, source: str, names: Sequence[str], manifest: Any) -> dict[str, str]:
    """The SQL of models under a protocol, by dbt's unique id; nothing is run or written. Raises PipelineError where dbt can't."""
    options = ["--no-write-json", "compile", "--no-introspect", "--no-populate-cache", "--indirect-selection", "empty"]
    result = invoke(warehouse, protocol, source, 1, *options, "--select", *names, manifest=manifest)
    if not result.success:
        raise _failure(result, warehouse)
    return {entry.node.unique_id: entry.node.compiled_code for entry in result.result.results if entry.node.resource_type == "model"}


def _failure(result: Any, warehouse: Warehouse) -> PipelineError:
    """What failed, by the names of the models; of an error only what can't quote a value."""
    (warehouse.dbt / "target" / "run_results.json").unlink(missing_ok=True)
    stop.check()
    lacking = _shortage(result)
    if lacking:
        return shortage.error_of(lacking, str(warehouse.work))
    nodes = [entry for entry in (getattr(result.result, "results", None) or []) if str(entry.status) in ("error", "fail")]
    tests = [entry.node.name for entry in nodes if entry.node.resource_type == "test" and str(entry.status) == "fail"]
    broken = [f"{entry.node.name} ({_harmless(entry.message)})" for entry in nodes if str(entry.status) == "error"]
    if tests and not broken:
        todo = 'see which rows with `make dbt ARGS="show --select <test>"`; nothing was published'
        return GateFailed(f"these tests of the models failed: {', '.join(tests)}", todo=todo)
    what = f"these models can't be built: {', '.join(broken)}" if broken else f"dbt can't read the project ({_harmless(result.exception)})"
    return PipelineError(what, todo='see the error with `make dbt ARGS="run --select <model>"`; nothing was published')


def _shortage(result: Any) -> shortage.Shortage | None:
    """What dbt, or one of its nodes, lacked."""
    texts = [str(entry.message) for entry in (getattr(result.result, "results", None) or [])]
    found = next((lacking for text in texts if (lacking := shortage.of_text(text))), None)
    return found or (shortage.of_error(result.exception) if result.exception else None)


def _harmless(error: object) -> str:
    """The error's first lines if it speaks of the SQL, its class alone if it could quote what the SQL read."""
    text = " ".join(str(error).split())
    found = ABOUT_THE_SQL.search(text)
    if found:
        return found[0][:300]
    named = ERROR_CLASS.findall(text)
    return named[-1] if named else "unexpected"
