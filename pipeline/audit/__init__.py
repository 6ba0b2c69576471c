"""The audit log: every landing, gate, publish, rollback, export and rebuild, append-only, in a chain of hashes.

``record`` adds an event, ``trail`` those of a refresh; ``run`` is `make audit`.
"""

from pipeline.audit.command import run
from pipeline.audit.record import Trail, of_batches, of_release, record, trail

__all__ = ["Trail", "of_batches", "of_release", "record", "run", "trail"]
