"""The patients of the spec tables, named and merged, taken through the whole derivation once; there is no release of them."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests.derive import SALT, derive
from tests.spec.cases import export, read_cases

CASES = read_cases()
CANARIES = {"name": "甲乙丙CANARY", "national_id": "110101199003070000", "phone": "13800138000", "address": "Canary Street 1"}
RETIRED = "old-id-of-a-merged-patient"
MERGED = CASES[0].patient_id
LABS = 30


@dataclass(frozen=True)
class Traced:
    """The exports, and the settings of a warehouse that was derived from them."""

    exports: Path
    settings: Settings


@pytest.fixture(scope="session")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """A patient a case, each with a name, a number and a phone in it, and one more with nothing but labs."""
    folder = tmp_path_factory.mktemp("trace")
    batch = export(CASES, folder / "exports") / "batch"
    _name_the_patients(batch / "patients.csv")
    _append(batch / "labs.csv", [(f"lab-{number}", "labs-only", "2020-01-01", "CEA", "5") for number in range(LABS)])
    _append(batch / "diagnoses.csv", [("set-aside", MERGED, "no date", "C34.1", CANARIES["name"], "IV")])
    _append(batch / "diagnoses.csv", [("free-text", MERGED, "2020-01-02", f"C34 {CANARIES['name']}", "", "")])
    merges = [("retired_patient_id", "surviving_patient_id", "merged_at"), (RETIRED, MERGED, "2021-01-01")]
    with (batch / "patient_merges.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(merges)
    derive(folder / "exports", folder / "warehouse")
    return Traced(folder / "exports", Settings(warehouse=folder / "warehouse", pseudonym_salt=SALT))


def key_of(patient_id: str) -> str:
    """The patient key of the contract."""
    return hashlib.sha256(f"{SALT}:{patient_id}".encode()).hexdigest()[:16]


def _name_the_patients(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows.append({"patient_id": "labs-only", "sex": "M", "birth_date": "1960-01-01", "smoking_status": "never"})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=[*rows[0], *CANARIES])
        writer.writeheader()
        writer.writerows({**row, **CANARIES} for row in rows)


def _append(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
