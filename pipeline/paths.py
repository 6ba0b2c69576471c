"""Where things are: the project's own folders, and the folders of a warehouse."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PROTOCOL = PROJECT / "protocol.yml"
EXPECTATIONS = PROJECT / "expectations"
DEMO_EXPORTS = PROJECT / "synthetic" / "exports"


@dataclass(frozen=True)
class Warehouse:
    """The folders of one warehouse, and the key of its files if it has one. Only ``work`` holds anything that isn't for analysts."""

    root: Path
    key: str | None = field(default=None, repr=False)

    @property
    def work(self) -> Path:
        """Raw rows, staging, quarantine and logs; readable by its owner only."""
        return self.root / "work"

    @property
    def raw(self) -> Path:
        """The landed batches, a folder each."""
        return self.work / "raw"

    @property
    def database(self) -> Path:
        """The database that dbt builds in."""
        return self.work / "work.duckdb"

    @property
    def touched(self) -> Path:
        """The database of the patients that new batches touch, while these are derived."""
        return self.work / "touched"

    @property
    def dbt(self) -> Path:
        """dbt's artifacts and logs."""
        return self.work / "dbt"

    @property
    def gate(self) -> Path:
        """The gate's page and results of the last refresh, published or not."""
        return self.work / "gate"

    @property
    def releases(self) -> Path:
        """One folder a release."""
        return self.root / "releases"

    @property
    def current(self) -> Path:
        """The link that readers follow."""
        return self.root / "current"

    @property
    def audit_log(self) -> Path:
        """What was done to the warehouse, a line each; its owner's alone."""
        return self.root / "audit.jsonl"

    @property
    def audit_head(self) -> Path:
        """Names the last line of the audit log."""
        return self.root / "audit.head"
