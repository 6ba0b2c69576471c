"""Current rows to the facts of each surviving patient, on or before the data cut-off (protocol, Conventions)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .biomarkers import Score, alk_result, is_alk_test, is_pd_l1_test, pd_l1_result
from .drugs import Vocabulary, is_tissue
from .exports import Batch, Row
from .values import (
    blank_to_none,
    is_advanced_stage,
    is_given,
    names_small_cell,
    normalise,
    read_date,
    read_ecog,
    read_month,
    read_response,
    read_sex,
    read_smoking,
    read_vital_status,
)
from .versions import Settled


@dataclass(frozen=True)
class Diagnosis:
    """A diagnosis row."""

    day: date
    code: str
    small_cell: bool
    advanced_stage: bool

    @property
    def is_lung(self) -> bool:
        """ICD-10 `C34*`."""
        return self.code.startswith("C34")

    @property
    def is_distant_metastasis(self) -> bool:
        """`C78*` or `C79*`; not the nodes, `C77*`."""
        return self.code.startswith(("C78", "C79"))


@dataclass(frozen=True)
class Order:
    """A given order; a combination product counts for each ingredient, an unknown drug for none."""

    start: date
    end: date
    ingredients: frozenset[str]


@dataclass(frozen=True)
class Specimen:
    """A specimen."""

    day: date
    tissue: bool


@dataclass(frozen=True)
class AlkTest:
    """An ALK test, dated by its specimen, else by its report."""

    day: date
    result: str | None


@dataclass(frozen=True)
class PdL1Test:
    """A PD-L1 test that takes part, dated by its specimen, else by its report."""

    day: date
    result: Score | str
    specimen: Specimen | None


@dataclass(frozen=True)
class Assessment:
    """An assessment; the response is None where no vocabulary knows it."""

    day: date
    response: str | None


@dataclass(frozen=True)
class Contact:
    """A follow-up contact."""

    day: date
    status: str
    death_day: date | None
    death_month: date | None  # its first day


@dataclass
class Patient:
    """Everything that the rules may see of one surviving patient."""

    patient_id: str
    sex: str
    born: date
    smoking: str
    diagnoses: list[Diagnosis] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    specimens: list[Specimen] = field(default_factory=list)
    alk_tests: list[AlkTest] = field(default_factory=list)
    pd_l1_tests: list[PdL1Test] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    ecogs: list[tuple[date, int]] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    other_days: list[date] = field(default_factory=list)  # labs and biomarker reports


def data_cut_off(batches: list[Batch], protocol: dict[str, Any]) -> date:
    """By default the export day of the last batch, which needn't be the latest export day of all."""
    return protocol["data_cut_off"] or batches[-1].export_day


def build_patients(settled: Settled, batches: list[Batch], vocabulary: Vocabulary, protocol: dict[str, Any]) -> dict[str, Patient]:
    """The source population: every id with a current row in `patients` that no merge retires, with its facts."""
    cut_off = data_cut_off(batches, protocol)
    current = settled.current

    def day_of(row: Row, column: str) -> date:
        day = read_date(row.values[column], batches[row.rank].date_order)
        assert day is not None  # a current row has its required dates
        return day

    patients: dict[str, Patient] = {}
    for row in current["patients"]:
        if row.key not in settled.survivors:
            sex = read_sex(row.values["sex"])
            assert sex is not None
            patients[row.key] = Patient(row.key, sex, day_of(row, "birth_date"), read_smoking(row.values["smoking_status"]))

    def rows(table: str, date_column: str) -> list[tuple[Patient, Row, date]]:
        """The table's rows with their surviving patients and days; events after the cut-off do not exist."""
        dated = [(patients[settled.patient_of(row.values["patient_id"])], row, day_of(row, date_column)) for row in current[table]]
        return [one for one in dated if one[2] <= cut_off]

    for patient, row, day in rows("diagnoses", "diagnosed_on"):
        values = row.values
        histology, stage = blank_to_none(values["histology_text"]), blank_to_none(values["stage_text"])
        patient.diagnoses.append(
            Diagnosis(
                day,
                normalise(values["icd10_code"]).upper(),
                histology is not None and names_small_cell(histology),
                stage is not None and is_advanced_stage(stage),
            ),
        )

    for patient, row, day in rows("medications", "started_on"):
        values = row.values
        if is_given(values["status"]):
            # A missing end is the start day; exposure after the cut-off does not exist.
            end = day if blank_to_none(values["ended_on"]) is None else min(day_of(row, "ended_on"), cut_off)
            patient.orders.append(Order(day, end, vocabulary.ingredients_of(values["drug_name"], values["drug_code"])))

    specimens: dict[tuple[str, str], Specimen] = {}
    for patient, row, day in rows("specimens", "collected_on"):
        specimen = Specimen(day, is_tissue(row.values["procedure_text"], vocabulary.procedures))
        patient.specimens.append(specimen)
        specimens[(patient.patient_id, row.key)] = specimen

    for patient, row, day in rows("biomarkers", "reported_on"):
        values = row.values
        patient.other_days.append(day)
        # A specimen that nobody or another patient bears is read as blank.
        specimen = specimens.get((patient.patient_id, values["specimen_id"]))
        tested = specimen.day if specimen else day
        if is_alk_test(values["test_name"], values["result_text"]):
            result = alk_result(values["test_name"], values["method"], values["result_text"], protocol["alk_fish_percent"])
            patient.alk_tests.append(AlkTest(tested, result))
        if is_pd_l1_test(values["test_name"]):
            score = pd_l1_result(values["result_text"], values["test_name"])
            if score is not None:
                patient.pd_l1_tests.append(PdL1Test(tested, score, specimen))

    for patient, row, day in rows("assessments", "assessed_on"):
        patient.assessments.append(Assessment(day, read_response(row.values["response_text"])))

    for patient, row, day in rows("performance_status", "observed_on"):
        ecog = read_ecog(row.values["ecog_text"])
        assert ecog is not None
        patient.ecogs.append((day, ecog))

    for patient, _, day in rows("labs", "collected_on"):
        patient.other_days.append(day)

    for patient, row, day in rows("follow_ups", "contacted_on"):
        text = row.values["death_date"]
        status = read_vital_status(row.values["vital_status"])
        assert status is not None
        died = None if blank_to_none(text) is None else read_date(text, batches[row.rank].date_order)
        month = None if blank_to_none(text) is None or died else read_month(text)
        patient.contacts.append(
            Contact(day, status, died if died and died <= cut_off else None, month if month and month <= cut_off else None),
        )
    return patients
