"""Landed tables as Parquet files, encrypted where the warehouse has a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.database import LANDED_KEY, prepare


def write(target: Path, schema: pa.Schema, tables: Iterable[pa.Table], key: str | None) -> None:
    """Writes the rows of ``tables``, in their order, to ``target``. What ``tables`` raises is raised on."""
    if key is not None:
        _write_encrypted(target, schema, tables, key)
        return
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)


def _write_encrypted(target: Path, schema: pa.Schema, tables: Iterable[pa.Table], key: str) -> None:
    """By DuckDB: it can't read what Arrow encrypts."""
    raised: list[BaseException] = []
    with _session(target.parent.parent, key).cursor() as connection:
        connection.register("landed", pa.RecordBatchReader.from_batches(schema, _batches(tables, raised)))
        try:
            how = f"format parquet, compression zstd, encryption_config {{footer_key: '{LANDED_KEY}'}}"
            connection.execute(f"copy (from landed) to ? ({how})", [str(target)])
        except duckdb.IOException:
            raise OSError("write failed") from None
    if raised:
        raise raised[0]


@lru_cache(maxsize=1)
def _session(folder: Path, key: str) -> duckdb.DuckDBPyConnection:
    """One for all files of a landing: to load OpenSSL takes longer than to write most of them."""
    connection = duckdb.connect()
    prepare(connection, folder / "landing", key)
    return connection


def _batches(tables: Iterable[pa.Table], raised: list[BaseException]) -> Iterator[pa.RecordBatch]:
    """Ends early where ``tables`` raises, and keeps what it raised: on its way through DuckDB it would become another error."""
    try:
        for table in tables:
            yield from table.to_batches()
    except BaseException as error:  # a key press as well
        raised.append(error)
