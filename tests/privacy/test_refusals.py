"""Exports that are refused because of the canary's own row: no message quotes it, and nothing of it is kept."""

from __future__ import annotations

import fcntl
import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import EXIT_BATCH, EXIT_CONTRADICTION, EXIT_USAGE, EXIT_WAREHOUSE
from tests.privacy import exports as canary_exports
from tests.privacy.canary import KEY, SALT, token
from tests.privacy.conftest import Place, Released

Mutilate = Callable[[Path], None]
NAME = token("name").encode()
ADDRESS = token("address").encode()


def replaced(before: bytes, after: bytes, file: str = "patients.csv") -> Mutilate:
    """Bytes of the canary's row put in the place of others."""

    def mutilate(batch: Path) -> None:
        content = (batch / file).read_bytes()
        assert before in content
        (batch / file).write_bytes(content.replace(before, after, 1))

    return mutilate


def cut(batch: Path) -> None:
    """The file ends in the middle of the canary's row."""
    content = (batch / "patients.csv").read_bytes()
    (batch / "patients.csv").write_bytes(content[: content.index(ADDRESS) + len(ADDRESS) // 2])


def cut_gzip(batch: Path) -> None:
    """Packed, the file ends early."""
    path = batch / "medications.csv.gz"
    path.write_bytes(path.read_bytes()[:-200])


def cut_parquet(batch: Path) -> None:
    path = batch / "assessments.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def no_text(batch: Path) -> None:
    """A packed file whose middle is noise."""
    (batch / "medications.csv.gz").write_bytes(
        gzip.compress(gzip.decompress((batch / "medications.csv.gz").read_bytes()) + NAME + b"\xff\xfe")
    )


def stated(**said: object) -> Mutilate:
    """batch.json says something else of the canary's file."""
    return lambda batch: canary_exports.describe(batch, "full", "2023-01-15T02:00:00+08:00", "utf-8", files={"patients.csv": said})


def wrong_encoding(batch: Path) -> None:
    """A GB18030 file that is said to be UTF-8."""
    path = batch / "patients.csv"
    path.write_text(path.read_text(encoding="utf-8"), encoding="gb18030")


REFUSED: dict[str, tuple[Mutilate, str]] = {
    "a required column is missing": (replaced(b",birth_date,", b",born,"), "birth_date"),
    "a column stands there twice": (replaced(b",address,", b",name,"), "name"),
    "another checksum": (stated(sha256="0" * 64), "sha256"),
    "another count of rows": (stated(rows=1), "records"),
    "a byte that is no UTF-8 beside the name": (replaced(NAME, NAME + b"\xff\xfe"), "patients.csv"),
    "a NUL beside the name": (replaced(NAME, NAME + b"\x00"), "patients.csv"),
    "said to be UTF-8": (wrong_encoding, "patients.csv"),
    "a quote that is never closed": (replaced(NAME, b'"' + NAME), "patients.csv"),
    "text behind a closing quote": (replaced(NAME, b'"' + NAME + b'"' + ADDRESS), "patients.csv"),
    "a field too many": (replaced(NAME, NAME + b"," + NAME), "patients.csv"),
    "cut in the canary's row": (cut, "patients.csv"),
    "a packed file cut short": (cut_gzip, "medications.csv.gz"),
    "a packed file that is no text": (no_text, "medications.csv.gz"),
    "a Parquet file cut short": (cut_parquet, "assessments.parquet"),
}


@pytest.mark.parametrize("key", ["", KEY], ids=["plain", "encrypted"])
@pytest.mark.parametrize("title", REFUSED)
def test_a_refused_batch_shows_nothing_of_the_canary(title: str, key: str, place: Place, exports: Path, tmp_path: Path) -> None:
    mutilate, named = REFUSED[title]
    mine = shutil.copytree(exports, tmp_path / "exports")
    mutilate(mine / "2023-01-15_full")
    code, said = place.run(mine, WAREHOUSE_KEY=key)
    assert (code, named in said) == (EXIT_BATCH, True), said
    # nothing of it is kept either: no pattern is allowed
    assert place.found(said, allowed=()) == []


def test_a_known_batch_with_other_content_is_refused(
    plain: Released, copied: Callable[[Released], Place], exports: Path, tmp_path: Path
) -> None:
    place = copied(plain)
    mine = shutil.copytree(exports, tmp_path / "exports")
    replaced(NAME, NAME[::-1].decode(errors="ignore").encode())(mine / "2023-01-15_full")
    code, said = place.run(mine)
    assert (code, "is known with other content" in said) == (EXIT_BATCH, True), said
    assert place.found(said) == []


def test_patients_merged_in_a_circle(place: Place, exports: Path, tmp_path: Path) -> None:
    mine = shutil.copytree(exports, tmp_path / "exports")
    merges = mine / "2023-01-15_full" / "patient_merges.csv"
    circle = [{"key": one, "surviving_patient_id": other, "merged_at": "2020-06-11"} for one, other in _pairs()]
    merges.write_text(canary_exports.as_csv("patient_merges", circle), encoding="utf-8")
    code, said = place.run(mine)
    assert (code, "line 2" in said) == (EXIT_CONTRADICTION, True), said
    assert place.found(said) == []


def _pairs() -> list[tuple[str, str]]:
    ids = [canary_exports.CANARY_ID, token("retired id"), token("merged away")]
    return list(zip(ids, [*ids[1:], ids[0]], strict=True))


def test_real_data_without_a_salt_are_refused(place: Place, exports: Path) -> None:
    code, said = place.run(exports, PSEUDONYM_SALT="")
    assert (code, "PSEUDONYM_SALT is not set" in said) == (EXIT_USAGE, True), said
    assert place.found(said, allowed=()) == []


def test_a_held_warehouse_is_refused(plain: Released, copied: Callable[[Released], Place], exports: Path) -> None:
    place = copied(plain)
    with (place.warehouse.work / "lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, said = place.run(exports, FULL=1)
    assert (code, "another run holds this warehouse" in said) == (EXIT_WAREHOUSE, True), said
    assert place.found(said) == []
    assert SALT not in said
