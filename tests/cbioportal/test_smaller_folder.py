"""A folder without the optional files: less can be said, and that is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cbioportal.conftest import STUDY
from tests.cbioportal.tables import found, table
from tests.derive import derive

OPTIONAL = ("pdl1", "performance_status", "tumor_sites")


@pytest.fixture(scope="module")
def smaller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work database of the made-up study without its optional files."""
    folder = tmp_path_factory.mktemp("smaller")
    study = folder / "study"
    shutil.copytree(STUDY, study, ignore=shutil.ignore_patterns(*(f"*_timeline_{name}.txt" for name in OPTIONAL)))
    return derive(study, folder / "warehouse", source="cbioportal")


def test_capabilities_follow_the_files(smaller: Path) -> None:
    expected = """
        capability         | available
        calendar_dates     | False
        age                | False
        pd_l1_score        | False
        pd_l1_status       | False
        re_biopsy_reason   | False
        response_grade     | False
        follow_up_contacts | True
    """
    assert found(smaller, "select capability, is_available from staging.conformed_capabilities") == table(expected)
    strata = "select entry_id from cohort.protocol_assessability where kind = 'stratum' and is_assessable"
    assert found(smaller, strata) == [("overall",)]


def test_without_sites_advanced_is_stage_4_alone(smaller: Path) -> None:
    """DEMO-02 was advanced by a tumour in the liver only."""
    query = "select patient_id from clinical.advanced_disease"
    assert found(smaller, query) == [("DEMO-01",), ("DEMO-03",), ("DEMO-04",), ("DEMO-06",), ("DEMO-09",)]
    assert found(smaller, "select patient_id from cohort.cohort_members") == [("DEMO-01",)]


def test_the_other_files_are_read_as_before(smaller: Path) -> None:
    query = "select sum(raw_rows), count(*) filter (where raw_rows = 0) from staging.conformed_reconciliation"
    assert found(smaller, query) == [("106", "3")]
