"""Names and manifests that want to be paths, code or endless."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.landing import land, read_source
from pipeline.settings import Settings
from tests.landing.exports import FULL_TABLES, Exports, landed_rows

Refusal = Callable[..., str]
ODD = [
    "Robert'); drop table raw.batches; --",
    "\"; attach 'x' as x; \"",
    "{{ env_var('PSEUDONYM_SALT') }}",
    "{% do run_query('drop schema raw cascade') %}",
    "$(touch broken) `touch broken`",
    "[bold]%s {0} %(name)s",
    "=cmd|' -C calc'!A0",
    "*?[a-z]",
    "~root",
    "-rf",
    "batch 😀 张",
]
HEAD = {"batch_id": "first", "exported_at": "2023-01-15", "mode": "full", "data": "synthetic"}


def everything(folder: Path, but: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if not path.is_relative_to(but)}


@pytest.mark.fault(area="names", fault="SQL, jinja, shell, markup and formulas as batch_id", behaviour="kept as they are; nothing runs")
@pytest.mark.parametrize("name", ODD)
def test_odd_batch_ids(exports: Exports, settings: Settings, tmp_path: Path, name: str) -> None:
    exports.full(name="odd", batch_id=name)
    before = everything(tmp_path, settings.warehouse)
    landed = land(settings)
    assert landed.new == (name,)
    assert name in {row["batch_id"] for row in landed_rows(settings, landed, "batches")}
    assert name in {row["_batch_id"] for row in landed_rows(settings, landed, "hospital_patients")}
    assert all(set(folder.name) <= set("0123456789abcdef") for folder in settings.raw.iterdir())
    assert everything(tmp_path, settings.warehouse) == before


@pytest.mark.fault(
    area="names", fault="SQL, jinja, shell, markup and formulas as names of files and folders", behaviour="passed over, noted"
)
@pytest.mark.parametrize("name", [*ODD, "two\nlines", "\u202ecsv.stneitap", "patients.csv ", " patients.csv", "patients.csv.", "x" * 255])
def test_odd_names_of_files_and_folders(exports: Exports, settings: Settings, tmp_path: Path, name: str) -> None:
    batch = exports.full({name: FULL_TABLES["patients.csv"]}, name="odd", batch_id="first")
    batch.rename(exports.folder / name)
    before = everything(tmp_path, settings.warehouse)
    landed = land(settings)
    assert landed.new == ("first",)
    assert len(landed.notes) == 1
    assert landed.notes[0].startswith("first: ignored ")
    assert landed.notes[0].isprintable()
    assert {row["_file"] for row in landed_rows(settings, landed, "hospital_patients")} == {"patients.csv"}
    assert everything(tmp_path, settings.warehouse) == before


@pytest.mark.fault(area="names", fault="a folder's name that is no text", behaviour="refused where it names the batch, else no matter")
def test_a_folder_whose_name_is_no_text(exports: Exports, refusal: Refusal, settings: Settings) -> None:
    batch = exports.full()
    odd = os.fsencode(exports.folder) + b"/2023-01-15_\xff"
    os.rename(batch, odd)
    head = (Path(os.fsdecode(odd)) / "batch.json").read_text()
    (Path(os.fsdecode(odd)) / "batch.json").unlink()
    assert "its folder's name has surrounding blanks or control characters" in refusal()
    (Path(os.fsdecode(odd)) / "batch.json").write_text(head)
    assert land(settings).new == ("first",)


@pytest.mark.fault(
    area="batch.json", fault="a path, a line break or a name without end among its files", behaviour="refused in a line; nothing is opened"
)
@pytest.mark.parametrize(
    "name", ["../before/patients.csv", "/etc/passwd", "..", "", "a/b", "a\\b", "C:\\x", "a\0b", "a\nb", "\ud800", "x" * 100_000]
)
def test_names_of_files_in_batch_json(exports: Exports, refusal: Refusal, name: str) -> None:
    exports.full(files={name: {"rows": 1, "sha256": "0" * 64}})
    message = refusal()
    assert "batch first, file batch.json: files " in message
    assert len(message) < 500


@pytest.mark.fault(area="batch.json", fault="jinja, SQL and markup among its files", behaviour="refused as not there, in their own letters")
@pytest.mark.parametrize("name", ["{{ x }}.csv", "'; drop table x; --", "[red]x", "%s"])
def test_odd_names_of_files_in_batch_json(exports: Exports, refusal: Refusal, name: str) -> None:
    exports.full(files={name: {"rows": 1}})
    assert f"batch first, file {name}: is named in batch.json, but isn't there" in refusal()


@pytest.mark.fault(area="batch.json", fault="numbers that are none, negative, broken or endless", behaviour="refused in a line")
@pytest.mark.parametrize("rows", ["NaN", "Infinity", "-1", "2.0", "2e0", '"2"', "[2]", "9" * 19, "9" * 4000, "9" * 5000, "-" + "9" * 5000])
def test_odd_counts_in_batch_json(exports: Exports, refusal: Refusal, rows: str) -> None:
    batch = exports.full()
    (batch / "batch.json").write_text(json.dumps(HEAD | {"files": {"patients.csv": {"rows": 0}}}).replace(": 0}", f": {rows}}}"))
    message = refusal()
    assert "batch first, file batch.json: " in message
    assert len(message) < 500


@pytest.mark.fault(area="batch.json", fault="17 MiB of batch.json, or an empty one", behaviour="refused without reading it all")
@pytest.mark.parametrize("size", [0, 17 << 20, 1 << 40])
def test_a_batch_json_of_any_size(exports: Exports, refusal: Refusal, size: int) -> None:
    batch = exports.full()
    os.truncate(batch / "batch.json", size)
    assert "batch first, file batch.json" in refusal()


@pytest.mark.fault(area="batch.json", fault="UTF-16, NUL, a comment, two objects", behaviour="refused, line named where there is one")
@pytest.mark.parametrize("spoil", [lambda text: text.encode("utf-16"), *(lambda t, e=e: (t + e).encode() for e in ("\0", "// x", "{}"))])
def test_a_batch_json_that_is_not_quite_json(exports: Exports, refusal: Refusal, spoil: Callable[[str], bytes]) -> None:
    batch = exports.full()
    (batch / "batch.json").write_bytes(spoil(json.dumps(HEAD)))
    assert "batch first, file batch.json" in refusal()


@pytest.mark.fault(area="batch.json", fault="keys of no meaning, named like code", behaviour="passed over")
def test_odd_keys_in_batch_json(exports: Exports, settings: Settings) -> None:
    exports.full(**{key: {"deep": [1e308, None, "../x"]} for key in [*ODD, "__class__", "folder", "checksum", "../x"]})
    landed = land(settings)
    assert landed.new == ("first",)
    assert len(landed_rows(settings, landed, read_source(settings).tables[0].identifier)) > 0


@pytest.mark.fault(area="batch.json", fault="a sha256 in capital letters and blanks", behaviour="taken as the same")
def test_a_checksum_in_capital_letters(exports: Exports, settings: Settings) -> None:
    digest = hashlib.sha256(FULL_TABLES["patients.csv"].encode()).hexdigest()
    exports.full(files={"patients.csv": {"rows": 2, "sha256": f" {digest.upper()} "}})
    assert land(settings).new == ("first",)
