"""The quality gate: the checks of ``expectations/``, run on the work database before anything is published.

A check is data (``checks``), Great Expectations runs it through SQL (``judge``), and what came out of it (``results``) is
shown on one page (``page``). Of the data only counts leave the database: no result, page or message holds a value.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pipeline.gate.checks import Check, load
from pipeline.gate.results import CheckResult, GateResult
from pipeline.paths import EXPECTATIONS
from pipeline.protocol import Protocol

# Great Expectations reads it when it is first imported, and would report every run to its makers
os.environ["GX_ANALYTICS_ENABLED"] = "false"

__all__ = ["Check", "CheckResult", "GateResult", "load", "run"]


def run(
    work_database: Path,
    protocol: Protocol,
    page_folder: Path,
    advance: Callable[[], None] | None = None,
    expectations: Path = EXPECTATIONS,
    key: str | None = None,
) -> GateResult:
    """Judge the work database by every check and write ``index.html`` and ``gate.json`` into ``page_folder``.

    ``advance`` is called once a check; ``key`` is the warehouse's. A check that fails, or can't run, is a result and raises
    nothing; the caller decides (``GateResult.raise_if_critical``). Raises UsageError where a file of checks is wrong.
    """
    checks = load(expectations, protocol)
    # seconds of import that no other command should pay for
    from pipeline.gate.judge import judge
    from pipeline.gate.page import write

    result = GateResult(judge(work_database, checks, advance, key))
    write(result, page_folder)
    return result
