"""The hospital's declaration says exactly what the contract of the raw exports says."""

from __future__ import annotations

from pipeline.landing import read_source
from pipeline.settings import Settings

# The table of the contract, word for word: * marks the key, ! a required column.
CONTRACT = """
patients: patient_id*! name national_id sex! birth_date! phone address smoking_status
patient_merges: retired_patient_id*! surviving_patient_id! merged_at
diagnoses: diagnosis_id*! patient_id! diagnosed_on! icd10_code! diagnosis_text histology_text stage_text
medications: order_id*! patient_id! drug_name! drug_code dose dose_unit route started_on! ended_on status
specimens: specimen_id*! patient_id! collected_on! procedure_text site_text
biomarkers: test_id*! patient_id! specimen_id reported_on! test_name! method result_text!
assessments: assessment_id*! patient_id! assessed_on! modality response_text! impression_text
performance_status: observation_id*! patient_id! observed_on! ecog_text!
labs: lab_id*! patient_id! collected_on! analyte! value_text! unit
follow_ups: contact_id*! patient_id! contacted_on! vital_status! death_date
"""
DATES = {"birth_date", "diagnosed_on", "started_on", "ended_on", "collected_on", "reported_on", "assessed_on", "observed_on"}
DATES |= {"contacted_on", "death_date"}
TIMESTAMPS = {"merged_at", "updated_at"}


def test_the_declaration_is_the_contract() -> None:
    source = read_source(Settings())
    declared = {
        table.name: " ".join(f"{column.name}{'*' * column.is_key}{'!' * column.is_required}" for column in table.columns)
        for table in source.tables
    }
    lines = [line.split(": ") for line in CONTRACT.strip().splitlines()]
    assert declared == {name: f"{columns} updated_at is_deleted" for name, columns in lines}
    assert source.required_tables == ("patients", "diagnoses", "medications", "biomarkers", "assessments")


def test_every_date_is_declared_as_one() -> None:
    for table in read_source(Settings()).tables:
        for column in table.columns:
            expected = "date" if column.name in DATES else "timestamp" if column.name in TIMESTAMPS else "text"
            assert (column.name, column.type) == (column.name, expected)
