"""Every DuckDB file of a warehouse is opened here."""

from __future__ import annotations

from pathlib import Path

import duckdb


def connect(path: Path, key: str | None = None, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to the file at ``path``; ``key`` is the warehouse's key where it is encrypted."""
    return duckdb.connect(str(path), read_only=read_only)
