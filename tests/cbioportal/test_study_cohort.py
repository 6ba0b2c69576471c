"""The made-up study behind the seam: who is in the cohort, why the others are not, and what could not be asked."""

from __future__ import annotations

from pathlib import Path

from tests.cbioportal.tables import day, found, table


def test_attrition_passes_over_what_a_study_cannot_say(database: Path) -> None:
    expected = """
        step | criterion               | left
        0    | source_population       | 11
        1    | nsclc                   | 8
        2    | alk_positive            | 4
        3    | advanced                | 4
        4    | alk_tki_treated         | 4
        5    | alk_tki_resistant       | 3
        6    | post_resistance_therapy | 2
        7    | index_in_window         | 2
        8    | adult                   | 2
        9    | no_prior_ici            | 2
        10   | evaluable               | 2
    """
    query = "select step, criterion, patients_left from published.attrition"
    assert {row[0]: row[2] for row in found(database, query)} == {row[0]: row[2] for row in table(expected)}


def test_what_is_not_assessable_is_said(database: Path) -> None:
    query = "select entry_id from cohort.protocol_assessability where not is_assessable"
    assert found(database, query) == [("adult",), ("best_response",), ("index_in_window",), ("pd_l1_positive_rebiopsied",)]


def test_each_patient_fails_at_the_first_criterion_that_does_not_hold(database: Path) -> None:
    """Topical fluorouracil is no therapy of DEMO-09; DEMO-06 has small-cell cancer, DEMO-08 none of the lung."""
    expected = """
        patient | excluded by
        DEMO-01 |
        DEMO-02 |
        DEMO-03 | alk_positive
        DEMO-04 | alk_positive
        DEMO-05 | alk_positive
        DEMO-06 | nsclc
        DEMO-07 | alk_tki_resistant
        DEMO-08 | nsclc
        DEMO-09 | post_resistance_therapy
        DEMO-10 | alk_positive
        DEMO-13 | nsclc
    """
    assert found(database, "select patient_id, excluded_by from cohort.criteria") == table(expected)


def test_cohort(database: Path) -> None:
    """DEMO-01's progression of day 155 is five days after the index and belongs to the line before."""
    expected = """
        patient | index | resistance | arm               | regimen                  | line
        DEMO-01 | 150   | 110        | non_immunotherapy | carboplatin + pemetrexed | 2
        DEMO-02 | 420   | 390        | immunotherapy     | pembrolizumab            | 2
    """
    query = f"""
        select patient_id, {day("index_date")}, {day("resistance_date")}, arm, regimen, line_number
        from cohort.cohort_members
    """
    assert found(database, query) == table(expected)


def test_endpoints(database: Path) -> None:
    expected = """
        patient | pfs | event | reason          | os  | event | best | ecog | pd_l1    | level
        DEMO-01 | 150 | True  | progression     | 750 | True  | SD   | 1    | negative |
        DEMO-02 | 50  | False | last_assessment | 580 | False | SD   | 2    | positive |
    """
    query = """
        select patient_id, pfs_days, pfs_event, pfs_end_reason, os_days, os_event, best_response, ecog_at_index,
            pd_l1_status, pd_l1_level
        from cohort.cohort_members
    """
    assert found(database, query) == table(expected)


def test_nothing_of_a_calendar_or_an_age_is_published(database: Path) -> None:
    query = "select index_year, age_at_index, pd_l1_tps, rebiopsied, pd_l1_from_rebiopsy from published.cohort"
    assert {row[:3] for row in found(database, query)} == {("", "", "")}
    assert {row[3:] for row in found(database, query)} <= {("False", "False"), ("", "")}
