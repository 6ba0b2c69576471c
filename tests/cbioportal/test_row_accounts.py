"""Every row of the folder ends in one place, and what could not be read is named."""

from __future__ import annotations

from pathlib import Path

from tests.cbioportal.tables import found, table


def test_rows_are_accounted_for(database: Path) -> None:
    expected = """
        table                       | raw | current | superseded | duplicate | retracted | quarantined
        clinical_patient            | 15  | 11      | 1          | 0         | 0         | 3
        clinical_sample             | 13  | 11      | 0          | 0         | 0         | 2
        sv                          | 14  | 13      | 0          | 0         | 0         | 1
        timeline_diagnosis          | 11  | 11      | 0          | 0         | 0         | 0
        timeline_pdl1               | 4   | 3       | 0          | 1         | 0         | 0
        timeline_performance_status | 5   | 3       | 0          | 0         | 0         | 2
        timeline_progression        | 13  | 13      | 0          | 0         | 0         | 0
        timeline_specimen           | 15  | 13      | 0          | 0         | 0         | 2
        timeline_treatment          | 25  | 15      | 0          | 1         | 0         | 9
        timeline_tumor_sites        | 13  | 12      | 0          | 1         | 0         | 0
    """
    query = """
        select table_name, raw_rows, current_rows, superseded_rows, duplicate_rows, retracted_rows, quarantined_rows
        from staging.conformed_reconciliation
    """
    assert found(database, query) == table(expected)


def test_quarantined_rows_name_rule_column_and_text(database: Path) -> None:
    """Who is dead on no known day is set aside whole, and so are that patient's other rows."""
    expected = """
        file                                 | line | key                           | rule              | column     | text
        data_clinical_patient.txt            | 16   | DEMO-11                       | dead_without_date | os_months  |
        data_clinical_patient.txt            | 17   | DEMO-12                       | unreadable_value  | os_status  | Recovered
        data_clinical_patient.txt            | 20   | DEMO-14                       | impossible_value  | os_months  | 99999999999
        data_clinical_sample.txt             | 17   | DEMO-10-T02                   | missing_value     | sample_id  | DEMO-10-T02
        data_clinical_sample.txt             | 18   | DEMO-99-T01                   | unknown_patient   | patient_id | DEMO-99
        data_sv.txt                          | 15   | sv:15                         | unknown_patient   | sample_id  | DEMO-98-T01
        data_timeline_performance_status.txt | 5    | timeline_performance_status:5 | impossible_value  | ecog       | 7
        data_timeline_performance_status.txt | 6    | timeline_performance_status:6 | unreadable_value  | ecog       | one
        data_timeline_specimen.txt           | 15   | timeline_specimen:15          | missing_value     | sample_id  |
        data_timeline_specimen.txt           | 16   | timeline_specimen:16          | unknown_patient   | patient_id | DEMO-99
        data_timeline_treatment.txt          | 18   | timeline_treatment:18         | interval_reversed | stop_date  | 20
        data_timeline_treatment.txt          | 19   | timeline_treatment:19         | unreadable_date   | start_date | soon
        data_timeline_treatment.txt          | 20   | timeline_treatment:20         | unreadable_date   | start_date | 14.5
        data_timeline_treatment.txt          | 21   | timeline_treatment:21         | date_out_of_range | start_date | 99999999
        data_timeline_treatment.txt          | 22   | timeline_treatment:22         | missing_value     | agent      |
        data_timeline_treatment.txt          | 23   | timeline_treatment:23         | missing_value     | patient_id |
        data_timeline_treatment.txt          | 24   | timeline_treatment:24         | missing_value     | start_date |
        data_timeline_treatment.txt          | 25   | timeline_treatment:25         | unknown_patient   | patient_id | DEMO-11
        data_timeline_treatment.txt          | 26   | timeline_treatment:26         | unknown_patient   | patient_id | DEMO-99
    """
    query = "select file_name, line_number, row_key, rule, column_name, raw_value from staging.conformed_quarantine"
    assert found(database, query) == table(expected)


def test_words_that_nothing_knows_are_listed(database: Path) -> None:
    expected = """
        table                | column                        | text                   | rows
        clinical_patient     | smoking_predictions_3_classes | Vaping                 | 1
        clinical_sample      | oncotree_code                 | NEWLC                  | 1
        timeline_diagnosis   | dx_description                | A tumour in words only | 1
        timeline_diagnosis   | stage_cdm_derived             | Stage ten              | 1
        timeline_pdl1        | pdl1_positive                 | Equivocal              | 1
        timeline_progression | progression                   | Maybe                  | 1
        timeline_specimen    | event_type                    | Shipping               | 1
        timeline_tumor_sites | tumor_site                    | Spleen                 | 1
    """
    query = 'select table_name, column_name, raw_value, "rows" from staging.conformed_unmapped'
    assert found(database, query) == table(expected)
