"""Random patients through the SQL and through the brute-force reading of the protocol: the same rows.

And metamorphic tests: what must not change the cohort doesn't.
"""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.derive import SALT, derive, published
from tests.generative.compare import compare, compare_quarantine
from tests.generative.random_exports import write_exports
from tests.oracle.results import evaluate
from tests.spec.cases import export, read_cases

PATIENTS = 400


@pytest.mark.parametrize("seed", [20, 21])
def test_two_readings_of_the_protocol_agree(seed: int, tmp_path: Path) -> None:
    write_exports(tmp_path / "exports", seed, PATIENTS, 3)
    expected = evaluate(tmp_path / "exports", SALT)
    assert len(expected["cohort"]) > PATIENTS / 5
    assert expected["quarantine"]
    database = derive(tmp_path / "exports", tmp_path / "warehouse")
    assert compare(expected, database) == []
    assert compare_quarantine(expected, database) == []


def test_neither_order_nor_repetition_nor_threads_change_a_row(tmp_path: Path) -> None:
    batches = write_exports(tmp_path / "exports", 22, PATIENTS, 4)
    together = derive(tmp_path / "exports", tmp_path / "together", threads=2)
    # the first full batch must hold every required table, so it comes first; then the newest before the older ones
    arrivals = [batches[0], *reversed(batches[1:])]
    one_by_one = [_alone(batch, tmp_path / "arrivals" / str(number)) for number, batch in enumerate(arrivals)]
    late_and_twice = derive([*one_by_one, one_by_one[1]], tmp_path / "one_by_one", threads=1)
    assert published(late_and_twice) == published(together)


@pytest.fixture(scope="module")
def spec_patients(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[tuple[object, ...]]]]:
    """The patients of the spec tests as an export, and what is published of them."""
    folder = tmp_path_factory.mktemp("metamorphic")
    exports = export(read_cases(), folder / "exports")
    return exports, published(derive(exports, folder / "warehouse"))


def test_a_patient_under_two_ids_is_one_patient(spec_patients: tuple[Path, dict], tmp_path: Path) -> None:
    exports, expected = spec_patients
    batch = tmp_path / "exports" / "batch"
    shutil.copytree(exports / "batch", batch)
    retired = _give_every_second_row_an_old_id(batch)
    (batch / "patient_merges.csv").write_text(
        "retired_patient_id,surviving_patient_id\n" + "".join(f"{name}-old,{name}\n" for name in sorted(retired)), encoding="utf-8"
    )
    found = published(derive(tmp_path / "exports", tmp_path / "warehouse"))
    for view in ("cohort", "eligibility", "attrition", "lines_of_therapy", "endpoints", "timeline"):
        assert found[view] == expected[view], view


@pytest.mark.parametrize("form", ["gzip", "parquet", "gb18030"])
def test_the_same_patients_in_another_form(form: str, spec_patients: tuple[Path, dict], tmp_path: Path) -> None:
    exports, expected = spec_patients
    batch = tmp_path / "exports" / "batch"
    shutil.copytree(exports / "batch", batch)
    about = json.loads((batch / "batch.json").read_text(encoding="utf-8"))
    for path in sorted(batch.glob("*.csv")):
        if form == "gzip":
            (batch / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
        elif form == "gb18030":
            path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
            about["encoding"] = "gb18030"
        else:
            with path.open(encoding="utf-8", newline="") as file:
                header, *records = csv.reader(file)
            columns = dict(zip(header, map(list, zip(*records, strict=True)), strict=True))
            pq.write_table(pa.table(columns), path.with_suffix(".parquet"))
            path.unlink()
    (batch / "batch.json").write_text(json.dumps(about), encoding="utf-8")
    assert published(derive(tmp_path / "exports", tmp_path / "warehouse")) == expected


def _alone(batch: Path, folder: Path) -> Path:
    shutil.copytree(batch, folder / batch.name)
    return folder


def _give_every_second_row_an_old_id(batch: Path) -> set[str]:
    """Rewrite the event tables so that every second row bears an id that was retired; gives the ids concerned."""
    retired = set()
    for path in sorted(batch.glob("*.csv")):
        if path.stem == "patients":
            continue
        with path.open(encoding="utf-8", newline="") as file:
            header, *records = csv.reader(file)
        place = header.index("patient_id")
        for record in records[::2]:
            retired.add(record[place])
            record[place] += "-old"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *records])
    return retired
