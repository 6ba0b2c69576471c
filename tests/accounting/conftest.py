"""A small warehouse before and after the hospital mended a row and the engineer added rows to the vocabulary."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import paths, transform
from pipeline.settings import Settings
from tests.derive import derive, rows
from tests.landing.exports import CANARY, Exports

ROOT = paths.PROJECT
UNREADABLE = f"2021-13-40 {CANARY}"

# a text that no vocabulary knows in each column that is listed, by the domain that a row for it belongs to
TEXTS = {
    "smoking": "Hardly  Ever",
    "histology": "Odd  Tumour",
    "stage": "Far–Advanced",
    "order_status": "On Hold",
    "procedure": "Mystery  Take",
    "response": "SD+",
    "alk": "见附图",
    "pd_l1": "60",
    "drug": "XK-0093片",
}

# the rest of the row that accepts it
ACCEPTED = {
    "smoking": ("hospital_terms", "smoking,{},ever"),
    "histology": ("histology_terms", "{},adenocarcinoma,4"),
    "stage": ("hospital_terms", "stage,{},IV"),
    "order_status": ("hospital_terms", "order_status,{},given"),
    "procedure": ("procedure_terms", "{},true"),
    "response": ("hospital_terms", "response,{},SD"),
    "alk": ("result_terms", "alk,{},positive"),
    "pd_l1": ("result_terms", "pd_l1,{},TPS 60%"),
    "drug": ("drug_synonyms", "{},alectinib,code,added"),
}

FULL = {
    "patients.csv": "patient_id,sex,birth_date,smoking_status,updated_at\n"
    f"P1,F,1960-01-02,{TEXTS['smoking']},2022-01-01\nP2,Dame,1955-05-06,never,2022-01-01\n",
    "diagnoses.csv": "diagnosis_id,patient_id,diagnosed_on,icd10_code,histology_text,stage_text\n"
    f"D1,P1,2020-01-02,C34.1,{TEXTS['histology']},{TEXTS['stage']}\n",
    "medications.csv": "order_id,patient_id,drug_name,started_on,status,updated_at\n"
    f"O1,P1,{TEXTS['drug']},2020-02-03,{TEXTS['order_status']},2022-01-01\n"
    f"O2,P1,crizotinib,{UNREADABLE},,2022-01-01\n"
    f",P1,{CANARY},2020-02-03,,2022-01-01\n",
    "specimens.csv": f"specimen_id,patient_id,collected_on,procedure_text\nS1,P1,2020-01-05,{TEXTS['procedure']}\n",
    "biomarkers.csv": "test_id,patient_id,reported_on,test_name,result_text\n"
    f"T1,P1,2020-01-10,ALK IHC,{TEXTS['alk']}\nT2,P1,2020-01-10,PD-L1,{TEXTS['pd_l1']}\n",
    "assessments.csv": f"assessment_id,patient_id,assessed_on,response_text\nA1,P1,2021-01-10,{TEXTS['response']}\n",
    "follow_ups.csv": "contact_id,patient_id,contacted_on,vital_status,death_date\nC1,P1,2021-02-10,Passed Away,2021-02-09\n",
}
MENDED = {
    "medications.csv": "order_id,patient_id,drug_name,started_on,status,updated_at\nO2,P1,crizotinib,2021-03-04,,2022-02-01\n",
}


@dataclass(frozen=True)
class Made:
    """The two warehouses: after the first batch, and after the mended row and the rows of the vocabulary."""

    before: Path
    after: Path

    def settings(self, state: str) -> Settings:
        """The settings of a command on the warehouse ``before`` or ``after``."""
        return Settings(warehouse=getattr(self, state).parent.parent)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Both warehouses; the rows hold the texts as the list of unmapped values prints them."""
    folder = tmp_path_factory.mktemp("accounting")
    exports = Exports(folder / "exports")
    exports.batch("2023-01-15_full", FULL, exported_at="2023-01-15T02:00:00+08:00")
    before = derive(exports.folder, folder / "before")
    exports.batch("2023-02-15_delta", MENDED, mode="delta", exported_at="2023-02-15T02:00:00+08:00")
    listed = {str(row["domain"]): str(row["raw_value"]) for row in rows(before, "select domain, raw_value from engineer.unmapped_values")}
    accepted = [(name, row.format(listed[domain])) for domain, (name, row) in ACCEPTED.items()]
    accepted += [("hospital_terms", "sex,Dame,female"), ("hospital_terms", "vital_status,Passed Away,dead")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transform, "PROJECT", _project_with(accepted, folder / "project"))
        after = derive(exports.folder, folder / "after")
    return Made(before, after)


def _project_with(accepted: list[tuple[str, str]], project: Path) -> Path:
    """A copy of the project that dbt reads, with rows added to its vocabularies."""
    project.mkdir()
    for name in ("dbt_project.yml", "profiles.yml", "models", "macros"):
        (project / name).symlink_to(ROOT / name)
    (project / "vocabulary").mkdir()
    for path in (ROOT / "vocabulary").iterdir():
        (project / "vocabulary" / path.name).write_bytes(path.read_bytes())
    for name, row in accepted:
        with (project / "vocabulary" / f"{name}.csv").open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row.split(","))
    return project
