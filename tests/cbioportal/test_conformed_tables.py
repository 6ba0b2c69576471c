"""Each habit of a study folder, from its files to the conformed tables. Days count from the first sequencing."""

from __future__ import annotations

from pathlib import Path

from tests.cbioportal.tables import day, found, table


def test_patients_have_no_birth_date(database: Path) -> None:
    expected = """
        patient | sex    | birth | smoking
        DEMO-01 | female |       | never
        DEMO-02 | male   |       | ever
        DEMO-03 | female |       | ever
        DEMO-04 | male   |       | never
        DEMO-05 | female |       | never
        DEMO-06 | male   |       | ever
        DEMO-07 | female |       | unknown
        DEMO-08 | male   |       | never
        DEMO-09 | female |       | never
        DEMO-10 |        |       | unknown
        DEMO-13 | female |       | never
    """
    assert found(database, "select patient_id, sex, birth_date, smoking from staging.conformed_patients") == table(expected)


def test_months_are_twelfths_of_365_days_from_the_first_sequencing(database: Path) -> None:
    """29.58900840 months are day 900; a patient without an outcome has no contact; of two rows the last counts."""
    expected = """
        patient | day  | status | death
        DEMO-01 | 900  | dead   | 900
        DEMO-02 | 1000 | alive  |
        DEMO-03 | 600  | alive  |
        DEMO-04 | 500  | dead   | 500
        DEMO-05 | 400  | alive  |
        DEMO-06 | 300  | dead   | 300
        DEMO-07 | 800  | alive  |
        DEMO-08 | 200  | alive  |
        DEMO-09 | 700  | alive  |
        DEMO-13 | 2    | alive  |
    """
    query = f"select patient_id, {day('contacted_on')}, vital_status, {day('death_date')} from staging.conformed_follow_ups"
    assert found(database, query) == table(expected)


def test_alk_fusions_in_either_order_and_in_free_text(database: Path) -> None:
    """What is intragenic, antisense or out of frame is an ALK event, but no rearrangement; ALKBH2 is another gene."""
    expected = """
        test  | patient | day | result   | specimen
        sv:2  | DEMO-01 | 0   | positive |
        sv:3  | DEMO-02 | 0   | positive |
        sv:4  | DEMO-03 | 0   | negative |
        sv:5  | DEMO-03 | 0   | negative |
        sv:6  | DEMO-03 | 0   | negative |
        sv:7  | DEMO-04 | 0   | negative |
        sv:8  | DEMO-04 | 0   | negative |
        sv:9  | DEMO-05 | 0   | negative |
        sv:10 | DEMO-05 | 0   | negative |
        sv:11 | DEMO-06 | 0   | positive |
        sv:12 | DEMO-07 | 120 | positive | DEMO-07-T02
        sv:14 | DEMO-09 | 0   | positive |
    """
    query = f"""
        select test_id, patient_id, {day("reported_on")}, result, specimen_id
        from staging.conformed_biomarkers where marker = 'alk'
    """
    assert found(database, query) == table(expected)


def test_pd_l1_is_a_word_without_a_score(database: Path) -> None:
    """The doubled row counts once; a word that is neither Yes nor No is no result."""
    expected = """
        test            | patient | day | result   | score | low
        timeline_pdl1:2 | DEMO-02 | -15 | positive |       |
        timeline_pdl1:4 | DEMO-01 | 5   | negative |       |
        timeline_pdl1:5 | DEMO-03 | 5   |          |       |
    """
    query = f"""
        select test_id, patient_id, {day("reported_on")}, result, score, score_low
        from staging.conformed_biomarkers where marker = 'pd_l1'
    """
    assert found(database, query) == table(expected)


def test_progression_is_pd_and_its_absence_stable(database: Path) -> None:
    """The three reports of DEMO-01's day 110 contradict each other and all stay: the worst of a day is settled later."""
    expected = """
        patient | day | response
        DEMO-01 | 40  | SD
        DEMO-01 | 110 | PD
        DEMO-01 | 110 | SD
        DEMO-01 | 110 | NE
        DEMO-01 | 155 | PD
        DEMO-01 | 210 | SD
        DEMO-01 | 300 | PD
        DEMO-02 | 100 | SD
        DEMO-02 | 390 | PD
        DEMO-02 | 470 | SD
        DEMO-02 | 560 | NE
        DEMO-09 | 385 | PD
        DEMO-10 | 385 |
    """
    query = f"select patient_id, {day('assessed_on')}, response from staging.conformed_assessments"
    assert found(database, query) == table(expected)
    worst = f"select {day('assessed_on')} from clinical.assessment_days where patient_id = 'DEMO-01' and response = 'PD'"
    assert found(database, worst) == [("110",), ("155",), ("300",)]


def test_orders_stand_as_they_are_without_the_class_of_the_file(database: Path) -> None:
    """Overlapping orders stay two, a missing end is the start, and day `12.0` is day 12."""
    expected = """
        patient | drug                     | start | end
        DEMO-01 | crizotinib               | -300  | -30
        DEMO-01 | crizotinib               | -60   | 120
        DEMO-01 | pemetrexed               | 150   | 290
        DEMO-01 | carboplatin              | 150   | 220
        DEMO-02 | alectinib                | 20    | 400
        DEMO-02 | pembrolizumab            | 420   | 500
        DEMO-03 | paclitaxel protein-bound | 30    | 90
        DEMO-04 | crizotinib               | 10    | 200
        DEMO-06 | lorlatinib               | 15    | 100
        DEMO-07 | brigatinib               | 130   | 500
        DEMO-07 | investigational          | 510   | 510
        DEMO-08 | fluorouracil             | -20   | 60
        DEMO-09 | alectinib                | 5     | 380
        DEMO-09 | fluorouracil topical     | 390   | 420
        DEMO-09 | zoledronic acid          | 12    | 40
    """
    query = f"""
        select patient_id, drug_name, {day("started_on")}, {day("ended_on")}
        from staging.conformed_drug_orders where is_given and drug_code is null
    """
    assert found(database, query) == table(expected)


def test_diagnoses_of_the_registry(database: Path) -> None:
    """Codes of ICD-O-3 become ICD-10: in situ is no C34, nor is a lymphoma of the lung; only Stage 4 is a stage."""
    expected = """
        patient | day   | code  | small cell | histology      | stage
        DEMO-01 | -310  | C34.9 | False      | adenocarcinoma | IV
        DEMO-02 | -200  | C34.1 | False      | adenocarcinoma |
        DEMO-03 | -25   | C34.3 | False      | squamous       | IV
        DEMO-04 | -30   | C34.3 | False      | adenocarcinoma | IV
        DEMO-05 | -900  | D02.2 | False      | adenocarcinoma |
        DEMO-06 | -20   | C34.9 | True       | small_cell     | IV
        DEMO-07 | -4000 | C50.4 | False      |                |
        DEMO-08 | -90   | C18.7 | False      | adenocarcinoma | IV
        DEMO-09 | -10   | C34.2 | False      | adenocarcinoma | IV
        DEMO-10 | -50   | C96.9 | False      |                |
    """
    assert _diagnoses(database, "timeline_diagnosis") == table(expected)


def test_diagnoses_of_the_samples(database: Path) -> None:
    """A lung cancer sample is a lung cancer known by its sequencing; other cancers' samples say nothing of one."""
    expected = """
        patient | day | code | small cell | histology      | stage
        DEMO-01 | 0   | C34  | False      | adenocarcinoma |
        DEMO-02 | 0   | C34  | False      | adenocarcinoma |
        DEMO-03 | 0   | C34  | False      | squamous       |
        DEMO-04 | 0   | C34  | False      | adenocarcinoma |
        DEMO-05 | 0   | C34  | False      | adenocarcinoma |
        DEMO-06 | 0   | C34  | True       | small_cell     |
        DEMO-07 | 120 | C34  | False      | adenocarcinoma |
        DEMO-09 | 0   | C34  | False      | adenocarcinoma |
        DEMO-10 | 0   | C34  | False      |                |
    """
    assert _diagnoses(database, "clinical_sample") == table(expected)


def test_diagnoses_of_the_tumour_sites(database: Path) -> None:
    """Lung, lymph nodes and `Other` are no distant site; the same finding by CT and PET is two rows."""
    expected = """
        patient | day | code  | small cell | histology | stage
        DEMO-01 | 110 | C79.3 | False      |           |
        DEMO-02 | 10  | C78.7 | False      |           |
        DEMO-02 | 10  | C78.7 | False      |           |
        DEMO-02 | 390 | C79.7 | False      |           |
        DEMO-07 | 100 | C79.5 | False      |           |
        DEMO-07 | 100 | C78.2 | False      |           |
        DEMO-07 | 100 | C78.8 | False      |           |
        DEMO-07 | 100 | C79.8 | False      |           |
    """
    assert _diagnoses(database, "timeline_tumor_sites") == table(expected)


def test_advanced_is_stage_4_at_diagnosis_or_the_first_distant_site(database: Path) -> None:
    expected = """
        patient | day
        DEMO-01 | -310
        DEMO-02 | 10
        DEMO-03 | -25
        DEMO-04 | -30
        DEMO-06 | -20
        DEMO-07 | 100
        DEMO-09 | -10
    """
    assert found(database, f"select patient_id, {day('advanced_on')} from clinical.advanced_disease") == table(expected)


def test_a_sequencing_is_no_specimen(database: Path) -> None:
    query = f"select specimen_id, {day('collected_on')}, is_tissue from staging.conformed_specimens"
    assert found(database, query) == [("DEMO-07-T02", "101", "True")]


def test_performance_status(database: Path) -> None:
    expected = """
        patient | day | ecog
        DEMO-01 | 140 | 0
        DEMO-01 | 140 | 1
        DEMO-02 | 400 | 2
    """
    query = f"select patient_id, {day('observed_on')}, ecog from staging.conformed_performance_status"
    assert found(database, query) == table(expected)


def test_other_records_show_a_patient_alive(database: Path) -> None:
    """Sequencings, biomarker reports and radiology reports of any site, each day once."""
    query = f"select {day('active_on')} from staging.conformed_activity where patient_id = 'DEMO-02' order by 1"
    assert {value for (value,) in found(database, query)} == {"-190", "-100", "-15", "0", "10", "390"}


def _diagnoses(database: Path, file: str) -> list[tuple[str, ...]]:
    return found(
        database,
        f"""
        select patient_id, {day("diagnosed_on")}, icd10_code, is_small_cell, histology_class, stage_group
        from staging.conformed_diagnoses where diagnosis_id like '{file}:%'
        """,
    )
