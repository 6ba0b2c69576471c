"""Opens an encrypted work database for dbt: a plugin of dbt-duckdb, which the profile ``encrypted`` names.

The key never goes through the profile or the environment, for dbt keeps and logs what it reads there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from dbt.adapters.duckdb.plugins import BasePlugin

from pipeline import database


class Plugin(BasePlugin):
    """Attaches the work database before dbt-duckdb itself would do so without a key."""

    key: ClassVar[str] = ""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """The profile says where the database is."""
        self._path = Path(plugin_config["path"])

    def configure_connection(self, conn: Any) -> None:
        """One connection a run of dbt. Raises WarehouseError as ``database.connect`` does."""
        database.prepare(conn, self._path, self.key)
        database.attach(conn, self._path, self._path.stem, self.key, read_only=False)

    def configure_cursor(self, cursor: Any) -> None:
        """Every thread has its own cursor, and a cursor begins in the database in memory."""
        cursor.execute(f'use "{self._path.stem}".main')
