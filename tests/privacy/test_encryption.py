"""A warehouse with a key: nothing of the canary can be read off the disk, and nobody gets in with another key."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline import database, release
from pipeline.errors import EXIT_WAREHOUSE, WarehouseError
from tests.privacy.canary import KEY, SALT, places_of, tokens
from tests.privacy.conftest import Place, Released

Copied = Callable[[Released], Place]


def checksums(folder: Path) -> dict[str, bytes]:
    """Every file's bytes but those of the lock and the audit log, which say who came."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files if path.name.split(".")[0] not in ("lock", "audit")}


def test_no_file_can_be_read_without_the_key(encrypted: Released) -> None:
    """Not even the engineer's own: the salt, too, is nowhere in the clear."""
    assert encrypted.place.found(encrypted.said, allowed=()) == []


def test_with_the_key_the_release_holds_no_canary_either(encrypted: Released) -> None:
    assert places_of((*tokens(), KEY), encrypted.place.warehouse.releases, key=KEY) == []


def test_the_key_opens_what_is_encrypted(encrypted: Released) -> None:
    """So the search above was of encrypted files, and not of empty ones."""
    warehouse = encrypted.place.warehouse
    with database.connect(warehouse.database, KEY, read_only=True) as connection:
        assert connection.execute("select pseudonym_salt from raw.run_settings").fetchone() == (SALT,)
        assert connection.execute("select count(*) from raw.hospital_patients").fetchone() != (0,)
    assert all(path.read_bytes()[:4] == b"PARE" for path in warehouse.raw.glob("*/*.parquet"))
    assert list(warehouse.work.glob("*.wal")) == []


def test_a_key_changes_no_row(plain: Released, encrypted: Released) -> None:
    """Nor does the way of the second batch, of which the touched patients alone were derived."""
    assert "patients touched" in encrypted.said
    facts = [json.loads((one.place.warehouse.current / release.RELEASE).read_text(encoding="utf-8")) for one in (plain, encrypted)]
    assert facts[0]["views_sha256"] == facts[1]["views_sha256"]


def test_an_analyst_opens_the_release_with_plain_duckdb(encrypted: Released) -> None:
    """As docs/privacy.md says it; no extension is needed to read."""
    with duckdb.connect() as connection:
        path = encrypted.place.warehouse.current / release.DATABASE
        connection.execute(f"attach '{path}' as cohort (encryption_key '{KEY}', read_only)")
        assert connection.execute("select count(*) from cohort.published.cohort").fetchone() == (25,)


@pytest.mark.parametrize(
    ("given", "said"),
    [({"WAREHOUSE_KEY": "another key"}, "is encrypted with another key"), ({}, "is encrypted, and WAREHOUSE_KEY is not set")],
)
@pytest.mark.parametrize("is_work_database_gone", [False, True])
def test_another_key_is_refused(
    encrypted: Released, copied: Copied, exports: Path, given: dict[str, str], said: str, is_work_database_gone: bool
) -> None:
    place = copied(encrypted)
    if is_work_database_gone:
        place.warehouse.database.unlink()
        place.warehouse.current.unlink()
    before = checksums(place.warehouse.root)
    code, output = place.run(exports, FULL=1, **given)
    assert code == EXIT_WAREHOUSE, output
    assert said in output
    assert checksums(place.warehouse.root) == before
    assert place.found(output, allowed=()) == []


def test_a_key_for_a_plain_warehouse_is_refused(plain: Released, copied: Copied, exports: Path) -> None:
    place = copied(plain)
    before = checksums(place.warehouse.root)
    code, output = place.run(exports, FULL=1, WAREHOUSE_KEY=KEY)
    assert code == EXIT_WAREHOUSE, output
    assert "is not encrypted, but WAREHOUSE_KEY is set" in output
    assert checksums(place.warehouse.root) == before
    assert place.found(output) == []


@pytest.mark.parametrize("key", ["a plain key", "with ' a quote \" and a \\ ; --", "\\x41 \\xZZ", "密钥", "a2V5IG9mIHRoZSB0ZXN0cw=="])
def test_any_text_is_a_key(tmp_path: Path, key: str) -> None:
    path = tmp_path / "work.duckdb"
    with database.connect(path, key) as connection:
        connection.execute("create schema staging; create table staging.names as select 'Wyvernq' as name")
        assert connection.execute("select current_database()").fetchone() == ("work",)
    assert b"Wyvernq" not in path.read_bytes()
    with database.connect(path, key, read_only=True) as connection:
        assert connection.execute("select name from staging.names").fetchall() == [("Wyvernq",)]
    with pytest.raises(WarehouseError, match="another key") as failure:
        database.connect(path, f"{key}.")
    assert key not in failure.value.message


def test_what_spills_and_what_is_not_yet_settled_is_encrypted(tmp_path: Path) -> None:
    path = tmp_path / "work.duckdb"
    with database.connect(path, KEY) as connection:
        connection.execute("set threads = 1; set memory_limit = '60MB'; create table names (name varchar, number bigint)")
        connection.execute("insert into names values ('Wyvernq in the log', 0)")
        assert path.with_name("work.duckdb.wal").is_file()
        assert places_of(["Wyvernq"], tmp_path) == []
        rows = connection.execute(
            "select name from (select 'Wyvernq ' || hash(number) as name from range(1500000) as numbers (number)) order by hash(name)"
        )
        rows.fetchone()
        assert list(tmp_path.glob("work.duckdb.tmp/*")) != []
        assert places_of(["Wyvernq"], tmp_path) == []
