"""When new batches can be folded in, and when everything has to be derived again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from pipeline.derive.plan import Basis, Plan, make_plan, write_state
from pipeline.landing import Landed, LandedBatch
from pipeline.landing.declaration import Source

BASIS = Basis("code", "protocol", "hospital", "salt")


def batch(name: str, exported_at: str, mode: str = "delta") -> LandedBatch:
    return LandedBatch("hospital", "real", name, exported_at, mode, None, "utf-8", f"sum of {name}", ())


FULL = batch("full", "2024-01-31T22:00:00+08:00", "full")
DELTA = batch("delta", "2024-02-28T22:00:00+08:00")
NEW = batch("new", "2024-03-31T22:00:00+08:00")


def landed(*batches: LandedBatch) -> Landed:
    return Landed(Source("hospital", ()), tuple(sorted(batches, key=lambda one: one.instant or 0)))


@pytest.fixture
def work() -> Iterator[duckdb.DuckDBPyConnection]:
    """A work database derived from a full batch and a delta."""
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        write_state(connection, landed(FULL, DELTA), BASIS)
        yield connection


def plan(work: duckdb.DuckDBPyConnection, *batches: LandedBatch, basis: Basis = BASIS, fixed: object = None, forced: bool = False) -> Plan:
    return make_plan(work, landed(*batches), basis, fixed, is_forced=forced)


def test_a_new_delta_is_folded_in(work: duckdb.DuckDBPyConnection) -> None:
    assert plan(work, FULL, DELTA, NEW) == Plan(new=(NEW,))


def test_a_delta_that_comes_late_too(work: duckdb.DuckDBPyConnection) -> None:
    late = batch("late", "2024-02-10T00:00:00+08:00")
    assert plan(work, FULL, late, DELTA) == Plan(new=(late,))


def test_nothing_new_is_a_plan_without_batches(work: duckdb.DuckDBPyConnection) -> None:
    assert plan(work, FULL, DELTA) == Plan()


@pytest.mark.parametrize("changed", ["code_sha256", "protocol_sha256", "salt_sha256"])
def test_what_rows_are_read_by_decides_all_of_them(changed: str, work: duckdb.DuckDBPyConnection) -> None:
    assert plan(work, FULL, DELTA, NEW, basis=replace(BASIS, **{changed: "other"})).is_whole


def test_a_full_batch_replaces_tables(work: duckdb.DuckDBPyConnection) -> None:
    assert "full batch" in plan(work, FULL, DELTA, replace(NEW, mode="full")).reason


def test_a_batch_that_is_gone(work: duckdb.DuckDBPyConnection) -> None:
    assert plan(work, FULL, NEW).is_whole


def test_full_when_asked_for(work: duckdb.DuckDBPyConnection) -> None:
    assert plan(work, FULL, DELTA, forced=True).is_whole


def test_a_derivation_that_did_not_end(work: duckdb.DuckDBPyConnection) -> None:
    work.execute("drop table raw.derived_from")
    assert plan(work, FULL, DELTA, NEW).is_whole


AHEAD = batch("ahead", "2024-02-29T01:00:00+14:00")
BEHIND = batch("behind", "2024-02-28T12:00:00-10:00")  # later, on an earlier day


def test_a_cut_off_that_would_uncover_dates(work: duckdb.DuckDBPyConnection) -> None:
    """Dates of 29 February, hidden so far, come into sight."""
    write_state(work, landed(FULL, AHEAD, BEHIND), BASIS)
    assert "cut-off" in plan(work, FULL, AHEAD, BEHIND, NEW).reason
    assert plan(work, FULL, AHEAD, BEHIND, NEW, fixed="2024-01-01") == Plan(new=(NEW,))


def test_a_cut_off_that_goes_back_a_day(work: duckdb.DuckDBPyConnection) -> None:
    write_state(work, landed(FULL, AHEAD), BASIS)
    assert "cut-off" in plan(work, FULL, AHEAD, BEHIND).reason
