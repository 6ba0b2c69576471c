"""A refresh that succeeds, with the canary in the cohort: it is found nowhere outside of the engineer's own files."""

from __future__ import annotations

import gzip
import stat
from pathlib import Path
from unicodedata import normalize

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipeline import database
from tests.privacy.canary import CHINESE, ENGINEERS_ALONE, LATIN, PHONE, SALT, STEMS, WIDE, hits, places_of, token
from tests.privacy.conftest import Released
from tests.privacy.exports import CANARY_ID

MEMBERS = "select count(*) from cohort.cohort_members where patient_id = ?"
RULES = {
    "missing_value",
    "unreadable_date",
    "date_out_of_range",
    "interval_reversed",
    "unknown_patient",
    "unreadable_value",
    "impossible_value",
    "dead_without_date",
}


def test_the_canary_is_a_patient_of_the_cohort_and_of_every_rule_of_quarantine(plain: Released) -> None:
    """Else the search would prove nothing."""
    with database.connect(plain.place.warehouse.database, read_only=True) as connection:
        members = connection.execute(
            "select count(*) from cohort.cohort_members where patient_id = ?", [normalize("NFKC", CANARY_ID)]
        ).fetchone()
        rules = connection.execute("select distinct rule from engineer.quarantine").fetchall()
    assert members == (1,)
    assert {rule for (rule,) in rules} == RULES


def test_the_canary_is_nowhere_outside_of_the_engineers_files(plain: Released) -> None:
    assert plain.place.found(plain.said) == []


def test_the_canary_is_where_the_engineer_looks_for_it(plain: Released) -> None:
    """The search finds what is there: in the landed files, and in the work database with the salt."""
    found = places_of((*STEMS, PHONE, SALT), plain.place.warehouse.work)
    assert f"work.duckdb: {SALT}" in found
    assert {CHINESE, LATIN, WIDE, PHONE} == {place.rsplit(": ", 1)[1] for place in found if place.startswith("raw/")}


@pytest.mark.parametrize("name", ["work", "work/work.duckdb"])
def test_the_work_area_is_its_owners_alone(plain: Released, encrypted: Released, name: str) -> None:
    for released in (plain, encrypted):
        mode = (released.place.warehouse.root / name).stat().st_mode
        assert stat.S_IMODE(mode) & 0o077 == 0


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("change", [str, str.lower, str.upper])
def test_the_search_knows_every_spelling(tmp_path: Path, encoding: str, change: type[str]) -> None:
    for number, text in enumerate(token("name").split()):
        (tmp_path / str(number)).write_bytes(b"\x00" + change(text).encode(encoding))
    assert len(places_of(STEMS, tmp_path)) == len(STEMS)
    assert hits(STEMS, ascii(token("name"))) == list(STEMS)
    assert places_of(STEMS, tmp_path, allowed=["*"]) == []
    assert ENGINEERS_ALONE


def test_the_search_unpacks(tmp_path: Path) -> None:
    """What files hold compressed is searched as well: a database's texts, a picture's, gzip, Parquet."""
    with duckdb.connect(str(tmp_path / "cohort.duckdb")) as connection:
        connection.execute("create schema published")
        connection.execute("create table published.notes as select reverse(?) as note", [token("note")[::-1]])
    (tmp_path / "packed.gz").write_bytes(gzip.compress(token("note").encode()))
    pq.write_table(pa.table({"note": [token("note")] * 100}), tmp_path / "notes.parquet", compression="zstd")
    texts = PngInfo()
    texts.add_text("Comment", token("note"), zip=True)
    Image.new("L", (2, 2)).save(tmp_path / "picture.png", pnginfo=texts)
    found = places_of([LATIN], tmp_path)
    assert [place.split(":")[0] for place in found] == ["cohort.duckdb", "notes.parquet", "packed.gz", "picture.png"]
