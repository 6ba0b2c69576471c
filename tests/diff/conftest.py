"""Two releases of a few patients, made once by the real pipeline; what else a test needs is a copy of one of them, changed."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from pipeline import protocol, provenance, refresh
from pipeline.paths import Warehouse
from pipeline.settings import Settings
from tests.derive import SALT
from tests.spec.cases import Case, _case, export

NO_EVENTS = "without   everything"
PNEUMONIA = "-500   diagnosis   J18.9"
FIRST_SCAN_STABLE = ["without   assessment", "-10   assessment  SD", "45   assessment  SD", "100   assessment  PD"]


@dataclass(frozen=True)
class Releases:
    """The warehouse and the ids of its releases, in the order in which they were made."""

    warehouse: Warehouse
    ids: list[str]

    @property
    def settings(self) -> Settings:
        """What a command would be given."""
        return Settings(warehouse=self.warehouse.root, pseudonym_salt=SALT)


def key(patient: str) -> str:
    """The published key of a patient."""
    return hashlib.sha256(f"{SALT}:{patient}".encode()).hexdigest()[:16]


def patient(name: str, *lines: str) -> Case:
    """The typical patient of the spec (PFS: PD on day 100; OS: alive on day 200) with these changes."""
    return _case("diff", name, name, [*lines, "expect   nothing=here"])


def first_patients() -> list[Case]:
    """Who is in the first, full batch."""
    return [
        patient("same"),
        patient("treated", "0 .. 63   order   pembrolizumab"),
        patient("corrected"),
        patient("rescored"),
        patient("leaves"),
        patient("waits", *FIRST_SCAN_STABLE),
        patient("stranger", NO_EVENTS, PNEUMONIA),
        patient("old number"),
        patient("new number", NO_EVENTS, PNEUMONIA),
    ]


def second_batch(folder: Path) -> Path:
    """A delta: some rows corrected or delivered again as they were, one retracted, a patient new and one merged."""
    corrected, rescored, waits = patient("corrected"), patient("rescored"), patient("waits", *FIRST_SCAN_STABLE)
    corrected.events = [replace(event, what=("SD",)) if event.start == "100" else event for event in corrected.events]
    rescored.events = [
        replace(event, what=("PD-L1 22C3", "IHC", "TPS 60%")) if "TPS 30%" in event.what else event for event in rescored.events
    ]
    waits.events = [replace(event, what=("PD",)) if event.start == "-10" else event for event in waits.events]
    # its first event of the first batch was the pneumonia, whose key the first event here must not take
    stranger = patient("stranger", NO_EVENTS, PNEUMONIA)
    stranger.events += patient("stranger").events
    batch = export([corrected, rescored, waits, stranger, patient("newcomer")], folder) / "batch"
    _add_to_file(batch / "diagnoses.csv", {"diagnosis_id": "leaves/0", "is_deleted": "Y"})
    _add_to_file(batch / "patient_merges.csv", {"retired_patient_id": "old number", "surviving_patient_id": "new number"})
    about = {"batch_id": "second", "exported_at": "2023-02-15T02:00:00+08:00", "mode": "delta", "data": "synthetic"}
    (batch / "batch.json").write_text(json.dumps(about), encoding="utf-8")
    return batch


def _add_to_file(path: Path, record: dict[str, str]) -> None:
    known = list(csv.DictReader(path.open(encoding="utf-8", newline=""))) if path.is_file() else []
    columns = list(dict.fromkeys([*(known[0] if known else []), *record]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows([*known, record])


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """The first batch; the first and the second."""
    folder = tmp_path_factory.mktemp("diff")
    warehouse = Warehouse(folder / "warehouse")
    first = export(first_patients(), folder / "first")
    second = second_batch(folder / "second")
    study = protocol.load()
    with pytest.MonkeyPatch.context() as patch:
        # the code is the same in all, whoever edits it meanwhile
        code = provenance.code_version()
        patch.setattr(provenance, "code_version", lambda: code)
        ids = []
        for exports in (first, second):
            settings = Settings(exports=exports, warehouse=warehouse.root, pseudonym_salt=SALT, multiverse=False)
            ids.append(refresh.refresh(settings, study).release.id)
    return Releases(warehouse, ids)


@pytest.fixture
def own(releases: Releases, tmp_path: Path) -> Releases:
    """The same in a warehouse of the test's own, which it may change."""
    shutil.copytree(releases.warehouse.root, tmp_path / "warehouse", symlinks=True)
    return Releases(Warehouse(tmp_path / "warehouse"), releases.ids)


def copied(own: Releases, number: int, name: str, sql: str = "", **parameters: object) -> str:
    """A copy of a release under another id, its tables changed by ``sql`` and its protocol by ``parameters``."""
    folder = own.warehouse.releases / name
    shutil.copytree(own.warehouse.releases / own.ids[number], folder)
    with duckdb.connect(str(folder / "cohort.duckdb")) as connection:
        connection.execute(sql)
    path = folder / "results" / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    results["protocol"]["parameters"] |= parameters
    path.write_text(json.dumps(results), encoding="utf-8")
    return name
