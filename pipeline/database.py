"""Every DuckDB file of a warehouse is opened here; with a key it is encrypted at rest, and so is what spills of it.

A key changes nothing for the caller: the file is the default catalog of the connection, under the name that it would have
without one.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from importlib import resources
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.paths import Warehouse

# the name under which a connection knows the key of the landed Parquet files
LANDED_KEY = "landed"

# what DuckDB says of a key, and what of that is told
_MISSING, _WRONG, _NEEDLESS = "without a key", "Wrong encryption key", "is not encrypted"
_TOLD = {
    _MISSING: ("is encrypted, and WAREHOUSE_KEY is not set", "set WAREHOUSE_KEY to the key that this warehouse was made with"),
    _WRONG: ("is encrypted with another key than WAREHOUSE_KEY", "set WAREHOUSE_KEY to the key that this warehouse was made with"),
    _NEEDLESS: (
        "is not encrypted, but WAREHOUSE_KEY is set",
        "unset WAREHOUSE_KEY; or make an encrypted warehouse of all exports in another folder (WAREHOUSE), then remove this one",
    ),
}


def connect(path: Path, key: str | None = None, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to the file at ``path``; ``key`` is the warehouse's key where it is encrypted.

    Raises WarehouseError where the key is wrong, missing or needless, DuckDB's own error where the file can't be opened.
    """
    if key is None:
        with _told(path):
            return duckdb.connect(str(path), read_only=read_only)
    connection = duckdb.connect()
    try:
        prepare(connection, path, key)
        attach(connection, path, path.stem, key, read_only=read_only)
        connection.execute(f"use {_quoted(path.stem)}.main")
    except BaseException:
        connection.close()
        raise
    return connection


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str, key: str | None = None, *, read_only: bool = True) -> None:
    """Lets the connection use the file at ``path`` as the catalog ``name``. Raises WarehouseError as ``connect`` does."""
    options = ["read_only"] if read_only else []
    options += [f"encryption_key '{_escaped(key)}'"] if key else []
    with _told(path):
        connection.execute(f"attach {_literal(str(path))} as {_quoted(name)} {'(' + ', '.join(options) + ')' if options else ''}")


def prepare(connection: duckdb.DuckDBPyConnection, path: Path, key: str) -> None:
    """Makes a connection in memory fit for the encrypted file at ``path``, and for the landed files of its warehouse."""
    connection.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
    # DuckDB writes encrypted files with this extension's OpenSSL alone; its way to the network is closed
    connection.execute(f"load {_literal(str(_openssl()))}")
    connection.execute("set disabled_filesystems = 'HTTPFileSystem,S3FileSystem,HuggingFaceFileSystem'")
    # a database in memory would spill into the current folder, and in the clear
    connection.execute(f"set temp_directory = {_literal(f'{path}.tmp')}; set temp_file_encryption = true")
    connection.execute(f"pragma add_parquet_key('{LANDED_KEY}', {_literal(_parquet_key(key))})")


def verify_key(warehouse: Warehouse) -> None:
    """Nothing of the warehouse was written with another key than its own. Raises WarehouseError where it was."""
    for path in (warehouse.database, warehouse.current / "cohort.duckdb"):
        # what else is wrong with a file shows where it is used
        with suppress(duckdb.Error):
            if path.is_file():
                connect(path, warehouse.key, read_only=True).close()
    landed = next(iter(sorted(warehouse.raw.glob("*/*.parquet"))), None)
    if landed is not None:
        _verify_landed(warehouse, landed)


def _verify_landed(warehouse: Warehouse, landed: Path) -> None:
    with landed.open("rb") as file:
        is_encrypted = file.read(4) == b"PARE"
    if is_encrypted == (warehouse.key is None):
        raise _error(_MISSING if is_encrypted else _NEEDLESS, landed)
    if warehouse.key is None:
        return
    with closing(duckdb.connect()) as connection:
        prepare(connection, warehouse.database, warehouse.key)
        try:
            connection.execute(f"select 1 from read_parquet(?, encryption_config = {{footer_key: '{LANDED_KEY}'}}) limit 0", [str(landed)])
        except duckdb.InvalidInputException:
            raise _error(_WRONG, landed) from None


@contextmanager
def _told(path: Path) -> Generator[None]:
    """What DuckDB says of a key, in words that say what to do."""
    try:
        yield
    except duckdb.Error as error:
        said = next((said for said in _TOLD if said in str(error)), None)
        if said is None:
            raise
        raise _error(said, path) from None


def _error(said: str, path: Path) -> WarehouseError:
    what, todo = _TOLD[said]
    return WarehouseError(f"{path.name} {what}", where=str(path), todo=todo)


def _openssl() -> Path:
    return Path(str(resources.files("duckdb_extension_httpfs"))) / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"


def _escaped(key: str) -> str:
    """A key as DuckDB wants it: as bytes, of which only plain ASCII is written as it is."""
    return "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in "'\\" else f"\\x{byte:02X}" for byte in key.encode())


def _parquet_key(key: str) -> str:
    """The 256 bits that Parquet wants, in base64."""
    return base64.b64encode(hmac.digest(key.encode(), b"landed files", "sha256")).decode()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
