"""Which raw rows moved a patient: read from the row lineage of the work database, without any value.

A delivered row that changed nothing is left out: a copy of one that was there, a version older than one that was there, and a row that
was set aside or retracted under a key that nothing else bore.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipeline.database import connect
from pipeline.derive.plan import STATE
from pipeline.diff.inputs import Inputs
from pipeline.paths import Warehouse
from pipeline.release import Release

NEW, REPLACED, LEFT_OUT = "new", "replaced", "left out"
MERGES = "patient_merges"


@dataclass(frozen=True)
class RawRow:
    """Where a row stands that moved a patient. ``part``: it is new, a new one took its place, or a full batch left it out."""

    patient_key: str
    table_name: str
    part: str
    outcome: str
    batch_id: str
    file_name: str
    line_number: int


@dataclass(frozen=True)
class Rows:
    """The rows of the moved patients, and those of whom there is none.

    ``unnamed`` says why no row can be named, and is empty where they can. ``merged`` are patients who are another one now, ``delivered``
    those of whom the earlier release had rows as well; ``has_merges`` says that rows of merges are new.
    """

    rows: tuple[RawRow, ...] = ()
    without: tuple[str, ...] = ()
    unnamed: str = ""
    merged: frozenset[str] = frozenset()
    delivered: frozenset[str] = frozenset()
    has_merges: bool = False


def find_rows(warehouse: Warehouse, key: str | None, after: Release, inputs: Inputs, moved: Sequence[str]) -> Rows:
    """The rows that moved these patients, by key; ``key`` is the warehouse's where it is encrypted."""
    if not moved:
        return Rows()
    if not warehouse.database.is_file():
        return Rows(unnamed="there is no work area")
    try:
        with connect(warehouse.database, key, read_only=True) as work:
            derived_from = {checksum for (checksum,) in work.execute(f"select batch_checksum from {STATE}").fetchall()}
            if derived_from != {batch["checksum"] for batch in after.facts["batches"]}:
                return Rows(unnamed="the work area holds other batches")
            return _find(work, inputs, moved)
    except duckdb.IOException:
        return Rows(unnamed="the work area can't be opened: a run may be writing to it")
    except (duckdb.CatalogException, duckdb.BinderException):
        return Rows(unnamed="the last refresh of the work area didn't end, or was of another version")


def _find(work: duckdb.DuckDBPyConnection, inputs: Inputs, moved: Sequence[str]) -> Rows:
    batches = [batch["batch_id"] for batch in inputs.added]
    replaced_tables = sorted({file["table"] for batch in inputs.added if batch["mode"] == "full" for file in batch["files"]})
    _temporary(work, "new_batches", "select unnest(?::varchar[]) as batch_id", batches)
    _temporary(work, "replaced_tables", "select unnest(?::varchar[]) as table_name", replaced_tables)
    _temporary(work, "moved", "select unnest(?::varchar[]) as patient_key", list(moved))
    _name_patients(work)
    _temporary(work, "of_patients", _OF_PATIENTS)
    _temporary(work, "traced", _TRACED)
    rows = tuple(RawRow(*row) for row in work.execute(_CHANGED).fetchall())
    named = {row.patient_key for row in rows}
    return Rows(
        rows=rows,
        without=tuple(patient for patient in moved if patient not in named),
        merged=_keys(work, "select patient_key from ids where is_retired"),
        delivered=_keys(work, "select patient_key from of_patients where batch_id not in (from new_batches)"),
        has_merges=bool(
            work.execute(
                f"select 1 from engineer.row_lineage where table_name = '{MERGES}' and batch_id in (from new_batches) limit 1"
            ).fetchall()
        ),
    )


def _temporary(work: duckdb.DuckDBPyConnection, name: str, select: str, *values: list[str]) -> None:
    """A table of this connection alone: the work database is only read."""
    work.execute(f"create temporary table {name} as {select}", list(values))


def _keys(work: duckdb.DuckDBPyConnection, select: str) -> frozenset[str]:
    return frozenset(key for (key,) in work.execute(select).fetchall())


def _name_patients(work: duckdb.DuckDBPyConnection) -> None:
    """``ids``: every id of the hospital under which rows of the moved patients are filed. Ids stay in this connection."""
    merges = _merges(work)
    _temporary(work, "merges", merges)
    _temporary(
        work, "ids", "select patient_id, patient_key, false as is_retired from cohort.patient_keys where patient_key in (from moved)"
    )
    work.execute(
        """
        insert into ids
        select merges.retired_patient_id, ids.patient_key, false
        from merges
        inner join ids on merges.surviving_patient_id = ids.patient_id
        """
    )
    # who is no candidate any more has no key there: it is made again from the ids, those of retired patients too
    work.execute(
        """
        insert into ids
        with nameless as (
            select patient_key from moved anti join ids using (patient_key)
        ),
        possible (patient_id, is_retired) as (
            select patient_id, false from cohort.candidates where exists (from nameless)
            union all
            select retired_patient_id, true from merges
            union all
            select row_key, false from engineer.row_lineage
            where batch_id in (from new_batches) and row_key = patient_id and exists (from nameless)
        ),
        keyed as (
            select
                possible.patient_id,
                substr(sha256(run_settings.pseudonym_salt || ':' || possible.patient_id), 1, 16) as patient_key,
                bool_or(possible.is_retired) as is_retired
            from possible
            cross join raw.run_settings
            group by all
        )
        select patient_id, patient_key, is_retired from keyed semi join nameless using (patient_key)
        """
    )


def _merges(work: duckdb.DuckDBPyConnection) -> str:
    """The merges that hold; not every source has them."""
    sql = "select 1 from information_schema.tables where table_schema = 'staging' and table_name = 'hospital_effective_merges'"
    if work.execute(sql).fetchall():
        return "select retired_patient_id, surviving_patient_id from staging.hospital_effective_merges"
    return "select '' as retired_patient_id, '' as surviving_patient_id where false"


_OF_PATIENTS = f"""
    select lineage.*, ids.patient_key
    from engineer.row_lineage as lineage
    inner join ids on lineage.patient_id = ids.patient_id
    union all
    -- a merge is of two ids and filed under neither
    select lineage.*, ids.patient_key
    from engineer.row_lineage as lineage
    inner join ids on lineage.row_key = ids.patient_id
    where lineage.table_name = '{MERGES}'
"""

# a new row that names another patient or none (a retraction may hold its key alone) moves whoever had the row before
_TRACED = """
    with keys as (
        select distinct table_name, row_key, patient_key from of_patients
    )
    select table_name, row_key, batch_id, file_name, line_number, outcome, patient_key from of_patients
    union
    select lineage.table_name, lineage.row_key, lineage.batch_id, lineage.file_name, lineage.line_number, lineage.outcome, keys.patient_key
    from engineer.row_lineage as lineage
    inner join keys on lineage.table_name = keys.table_name and lineage.row_key = keys.row_key
    where lineage.batch_id in (from new_batches)
"""

_CHANGED = f"""
    with marked as (
        select *, batch_id in (from new_batches) as is_new, table_name in (from replaced_tables) as is_replaced
        from traced
    ),
    -- one row a key: what the new batches say of it, and what was there
    keys as (
        select
            patient_key,
            table_name,
            row_key,
            count(*) filter (where is_new) as new_rows,
            count(*) filter (where is_new and outcome <> 'duplicate') as new_versions,
            coalesce(bool_or(is_new and outcome = 'current'), false) as is_current,
            coalesce(bool_or(is_new and outcome in ('current', 'retracted', 'quarantined')), false) as is_settled_anew,
            count(*) filter (where not is_new) as old_rows,
            count(*) filter (where not is_new and outcome <> 'duplicate') as old_versions,
            -- a delta after the full batch may still bear the key
            bool_and(is_replaced and outcome in ('superseded', 'duplicate')) as is_replaced
        from marked
        where row_key is not null
        group by patient_key, table_name, row_key
    ),
    changed as (
        select
            *,
            new_rows = 0 as is_left_out
        from keys
        where (new_rows = 0 and is_replaced)
            or (old_rows = 0 and is_current)
            -- one version that every older one is a copy of says nothing new
            or (old_rows > 0 and is_settled_anew and not (new_versions = 1 and old_versions = 0))
    )
    select
        marked.patient_key,
        marked.table_name,
        case when changed.is_left_out then '{LEFT_OUT}' when marked.is_new then '{NEW}' else '{REPLACED}' end as part,
        marked.outcome,
        marked.batch_id,
        marked.file_name,
        marked.line_number
    from marked
    inner join changed
        on marked.patient_key = changed.patient_key
        and marked.table_name = changed.table_name
        and marked.row_key = changed.row_key
    where marked.outcome <> 'duplicate' and not (marked.is_new and marked.outcome = 'superseded')
    order by
        marked.patient_key nulls last,
        marked.table_name nulls last,
        marked.row_key nulls last,
        marked.is_new desc nulls last,
        marked.batch_id nulls last,
        marked.file_name nulls last,
        marked.line_number nulls last
"""
