"""Whether the work database can take new batches as a delta, or has to be derived again as a whole."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pipeline.landing import Landed, LandedBatch

STATE = "raw.derived_from"


@dataclass(frozen=True)
class Basis:
    """What decides every derived row besides the batches: the code with its vocabulary, the protocol, the source and the salt."""

    code_sha256: str
    protocol_sha256: str
    source: str
    salt_sha256: str

    @property
    def sha256(self) -> str:
        """One checksum of it, in hex."""
        return hashlib.sha256("\n".join((self.code_sha256, self.protocol_sha256, self.source, self.salt_sha256)).encode()).hexdigest()


@dataclass(frozen=True)
class Plan:
    """``new`` are the batches to fold in; ``reason`` says why the whole is derived again, and is empty where it isn't."""

    new: tuple[LandedBatch, ...] = ()
    reason: str = ""

    @property
    def is_whole(self) -> bool:
        return bool(self.reason)


def make_plan(connection: duckdb.DuckDBPyConnection, landed: Landed, basis: Basis, fixed_cut_off: object, *, is_forced: bool) -> Plan:
    """The cheapest derivation that gives what a derivation of everything would.

    ``fixed_cut_off``: the protocol's data cut-off, None where the newest batch sets it.
    """
    if is_forced:
        return Plan(reason="as asked for")
    state = _read_state(connection)
    if state is None:
        is_empty = not connection.execute("select 1 from duckdb_tables() limit 1").fetchall()
        return Plan(reason="for the first time" if is_empty else "for the last derivation didn't end")
    basis_before, checksums = state
    if basis_before != basis.sha256:
        return Plan(reason="for the code, the protocol or the salt changed")
    known = [batch for batch in landed.batches if batch.checksum in checksums]
    new = [batch for batch in landed.batches if batch.checksum not in checksums]
    if len(known) < len(checksums):
        return Plan(reason="for a batch is gone")
    if any(batch.mode != "delta" for batch in new):
        return Plan(reason="for a full batch replaces whole tables")
    if fixed_cut_off is None and not _is_cut_off_harmless(known, landed.batches):
        return Plan(reason="for the data cut-off moves across delivered dates")
    return Plan(new=tuple(new))


def _is_cut_off_harmless(known: Sequence[LandedBatch], everything: Sequence[LandedBatch]) -> bool:
    """No known row has a date that one of the two cut-offs hides: dates reach to the day of their own export.

    Almost always so. But days are days as written, and of two time zones the later instant can have the earlier day.
    """
    before, after = known[-1].day, everything[-1].day
    days = [batch.day for batch in known]
    return before == after or (before is not None and after is not None and all(_reaches(day, min(before, after)) for day in days))


def _reaches(day: dt.date | None, cut_off: dt.date) -> bool:
    return day is not None and day <= cut_off


def _read_state(connection: duckdb.DuckDBPyConnection) -> tuple[str, frozenset[str]] | None:
    try:
        rows: list[tuple[Any, ...]] = connection.execute(f"select basis, batch_checksum from {STATE}").fetchall()
    except duckdb.CatalogException:
        return None
    return (rows[0][0], frozenset(row[1] for row in rows)) if rows else None


def forget_state(connection: duckdb.DuckDBPyConnection) -> None:
    """From here on, and until ``write_state``, the work database is taken for half done."""
    connection.execute(f"drop table if exists {STATE}")


def write_state(connection: duckdb.DuckDBPyConnection, landed: Landed, basis: Basis) -> None:
    """Says that the work database's derived rows are those of ``landed``; within the caller's transaction."""
    forget_state(connection)
    connection.execute(f"create table {STATE} (basis varchar, batch_checksum varchar)")
    connection.executemany(f"insert into {STATE} values (?, ?)", [(basis.sha256, batch.checksum) for batch in landed.batches])
