"""Everything that a refresh imports, for the fork server of ``tests.faults.child``."""

from __future__ import annotations

import os
from importlib import import_module

# a thread pool wouldn't live through the fork
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"

MODULES = (
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "lifelines",
    "matplotlib.pyplot",
    "analysis.report.figures",
    "analysis.report",
    "analysis.study.results",
    "pipeline.__main__",
    "pipeline.dbt_encryption",
    "pipeline.gate.judge",
    "pipeline.gate.page",
    "pipeline.refresh",
    "pipeline.summary",
)

for module in MODULES:
    import_module(module)
