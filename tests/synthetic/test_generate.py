"""The exports: the same bytes from the same seed, any size, and what they promise of themselves."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.paths import PROJECT
from synthetic.cohort import read_cohort
from synthetic.generate import FEWEST_PATIENTS, MOST_PATIENTS, case_patient_ids, generate, generate_from_environment, manifest
from tests.synthetic.conftest import SMALL_PATIENTS, SMALL_SEED, Made
from tests.synthetic.reading import BATCHES, records

MANIFEST = PROJECT / "synthetic" / "exports.sha256"


def test_the_bundled_exports_are_the_committed_ones(bundled: Made) -> None:
    # If they are meant to differ: python -m synthetic.generate --manifest synthetic/exports.sha256
    assert manifest(bundled.out) == MANIFEST.read_text(encoding="utf-8")


def test_another_process_with_other_hashes_and_locale_gives_the_same_bytes(small: Made, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "LC_ALL": "C", "TZ": "Pacific/Auckland"}
    arguments = ["--out", str(tmp_path / "again"), "--patients", str(SMALL_PATIENTS), "--seed", str(SMALL_SEED)]
    subprocess.run([sys.executable, "-m", "synthetic.generate", *arguments], cwd=PROJECT, env=environment, check=True, capture_output=True)
    assert manifest(tmp_path / "again") == manifest(small.out)


def test_another_seed_gives_other_bytes_around_the_same_cohort(small: Made, tmp_path: Path) -> None:
    generate(tmp_path, SMALL_PATIENTS, SMALL_SEED + 1)
    assert manifest(tmp_path) != manifest(small.out)
    assert list(case_patient_ids(SMALL_PATIENTS, SMALL_SEED + 1)) == list(case_patient_ids(SMALL_PATIENTS, SMALL_SEED))


def test_the_bundled_exports_are_large_enough(bundled: Made) -> None:
    assert bundled.summary.patients >= 3_000
    assert bundled.summary.rows >= 200_000
    assert sorted(bundled.summary.files) == list(BATCHES)
    assert bundled.summary.outcomes[None] == len(read_cohort())


def test_batch_json_counts_rows_and_gives_checksums(bundled: Made) -> None:
    for batch in BATCHES:
        folder = bundled.out / batch
        said = json.loads((folder / "batch.json").read_text(encoding="utf-8"))
        assert said["data"] == "synthetic"
        assert said["exported_at"].endswith("+08:00")
        assert sorted(said["files"]) == sorted(path.name for path in folder.iterdir() if path.name != "batch.json")
        for name, stated in said["files"].items():
            assert stated["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
            assert stated["rows"] == len(records(folder / name))


def test_more_than_a_chunk_of_patients(tmp_path: Path) -> None:
    summary = generate(tmp_path / "exports", 22_100, 3)
    assert summary.patients == 22_100
    assert summary.outcomes[None] == len(read_cohort())
    assert min(summary.outcomes.values()) > 0
    ids = [record["patient_id"] for record in records(tmp_path / "exports" / BATCHES[0] / "patients.csv")]
    assert len(set(ids)) > 21_000


@pytest.mark.parametrize("patients", [0, 50, FEWEST_PATIENTS - 1, MOST_PATIENTS + 1])
def test_impossible_sizes_are_refused_before_anything_is_written(patients: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="PATIENTS") as refused:
        generate(tmp_path / "exports", patients)
    assert str(FEWEST_PATIENTS) in refused.value.message
    assert list(tmp_path.iterdir()) == []


def test_the_smallest_size_works(tmp_path: Path) -> None:
    assert generate(tmp_path / "exports", FEWEST_PATIENTS, 1).patients == FEWEST_PATIENTS


def test_settings_come_from_the_environment(small: Made, tmp_path: Path) -> None:
    environment = {"PATIENTS": str(SMALL_PATIENTS), "SEED": str(SMALL_SEED), "OUT": str(tmp_path / "here")}
    said = generate_from_environment(environment, tmp_path / "default")
    assert f"{SMALL_PATIENTS} synthetic patients" in said
    assert manifest(tmp_path / "here") == manifest(small.out)
    assert not (tmp_path / "default").exists()


@pytest.mark.parametrize(("name", "value"), [("PATIENTS", "many"), ("PATIENTS", "-3"), ("SEED", "１２"), ("SEED", "1.5")])
def test_settings_that_are_no_numbers_are_refused(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=name):
        generate_from_environment({name: value}, tmp_path / "exports")


def test_a_new_run_replaces_the_batches_and_nothing_else(tmp_path: Path) -> None:
    generate(tmp_path, FEWEST_PATIENTS, 1)
    (tmp_path / "notes.txt").write_text("mine")
    before = manifest(tmp_path)
    generate(tmp_path, FEWEST_PATIENTS, 2)
    assert manifest(tmp_path) != before
    assert sorted(path.name for path in tmp_path.iterdir()) == [*BATCHES, "notes.txt"]


def test_an_interrupted_run_leaves_no_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("synthetic.generate._write_chunk", interrupted)
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "exports", FEWEST_PATIENTS)
    assert not (tmp_path / "exports").exists()
