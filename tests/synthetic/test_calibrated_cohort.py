"""The committed cohort gives the paper's figures, and looks like patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test

from pipeline.protocol import load
from synthetic import figures
from synthetic.calibrate import CELLS, LEAST_ENDS, MARGIN
from synthetic.cohort import CalibratedPatient, read_cohort, read_rows, write_cohort
from synthetic.courses import END_OF_KNOWLEDGE, SUNDAY, draw_course
from synthetic.draws import Draws
from synthetic.histories import GENERATION, ON_SALE

COHORT = read_cohort()
PAPER = figures.read_paper_figures()


def columns_of(patients: Sequence[Mapping[str, str]]) -> figures.Columns:
    """The patients of calibrated_cohort.csv."""

    def equal(name: str, value: str) -> np.ndarray:
        return np.array([row[name] == value for row in patients], dtype=bool)

    def days(name: str) -> np.ndarray:
        return np.array([int(row[name]) for row in patients], dtype=np.int64)

    return figures.Columns(
        is_immunotherapy=equal("arm", "immunotherapy"),
        is_positive=equal("pd_l1_status", "positive"),
        is_negative=equal("pd_l1_status", "negative"),
        is_rebiopsied=equal("rebiopsied", "true"),
        pfs_days=days("pfs_days"),
        pfs_event=equal("pfs_event", "true"),
        os_days=days("os_days"),
        os_event=equal("os_event", "true"),
    )


COLUMNS = columns_of(read_rows())


@pytest.mark.parametrize("figure", PAPER, ids=lambda figure: figure.name)
def test_each_figure_is_the_paper_s(figure: figures.PaperFigure) -> None:
    assert figure.matches(figures.compute(figure, COLUMNS))


def test_no_figure_lies_near_a_rounding_boundary_or_on_a_disputed_median() -> None:
    assert figures.total_distance(PAPER, COLUMNS, MARGIN) == 0
    assert figures.ambiguous_medians(PAPER, COLUMNS) == 0


@pytest.mark.parametrize(
    "figure", [one for one in PAPER if one.quantity in {"median_months", "log_rank_p"}], ids=lambda figure: figure.name
)
def test_lifelines_computes_the_same(figure: figures.PaperFigure) -> None:
    chosen = COLUMNS.members(figure.stratum)
    arms = [chosen & COLUMNS.is_immunotherapy, chosen & ~COLUMNS.is_immunotherapy]
    if figure.quantity == "log_rank_p":
        ours = logrank_test(*(COLUMNS.pfs_days[arm] for arm in arms), *(COLUMNS.pfs_event[arm] for arm in arms)).p_value
    else:
        arm = arms[figure.arm != "immunotherapy"]
        fitted = KaplanMeierFitter().fit(COLUMNS.pfs_days[arm], COLUMNS.pfs_event[arm])
        ours = fitted.median_survival_time_ / figures.DAYS_PER_MONTH
    assert figure.matches(ours)


def test_the_file_says_all_there_is(tmp_path: Path) -> None:
    written = tmp_path / "cohort.csv"
    write_cohort(COHORT, written)
    assert read_cohort(written) == COHORT


def test_cells_are_as_large_as_the_search_says() -> None:
    found = Counter((patient.arm, patient.pd_l1_status, patient.rebiopsied) for patient in COHORT)
    assert found == {(cell.arm, cell.pd_l1_status, cell.rebiopsied): cell.patients for cell in CELLS}


@pytest.mark.parametrize("patient", COHORT, ids=lambda patient: patient.case)
def test_a_patient_s_days_are_in_order(patient: CalibratedPatient) -> None:
    study = load()["parameters"]
    assert study["window_start"] <= patient.index_date.isoformat() <= study["window_end"]
    assert 0 < patient.pfs_days <= patient.os_days
    assert patient.on(patient.os_days) <= END_OF_KNOWLEDGE
    assert patient.first_diagnosis_day <= patient.advanced_day < patient.resistance_day < 0
    assert all(treatment.start <= treatment.end < 0 for treatment in patient.prior_treatment)
    assert all(earlier.end < later.start for earlier, later in zip(patient.prior_treatment, patient.prior_treatment[1:], strict=False))
    if patient.next_line is not None:
        assert study["regimen_window_days"] < patient.next_line.start <= patient.next_line.end <= patient.os_days
    assert all(patient.on(day).weekday() != SUNDAY for day, _ in patient.scans)


@pytest.mark.parametrize("patient", COHORT, ids=lambda patient: patient.case)
def test_a_patient_s_end_of_pfs_follows_from_the_scans(patient: CalibratedPatient) -> None:
    progressions = [day for day, response in patient.scans if response == "PD"]
    evaluable = [day for day, response in patient.scans if response != "NE"]
    assert progressions == ([patient.pfs_days] if patient.pfs_end_reason == "progression" else [])
    if not patient.pfs_event:
        assert patient.pfs_days == max(evaluable)
    if patient.pfs_end_reason == "death":
        assert (patient.os_days, patient.os_event) == (patient.pfs_days, True)


@pytest.mark.parametrize("patient", COHORT, ids=lambda patient: patient.case)
def test_drugs_were_on_sale(patient: CalibratedPatient) -> None:
    taken = [(one, treatment.start) for treatment in patient.prior_treatment for one in treatment.ingredients]
    taken += [(one, 0) for one in patient.regimen if one not in GENERATION]
    if patient.next_line is not None:
        taken += [(one, patient.next_line.start) for one in patient.next_line.ingredients]
    assert all(patient.on(day) >= ON_SALE[one] for one, day in taken if one in ON_SALE)


def test_re_biopsied_positive_patients_have_their_score_from_the_re_biopsy() -> None:
    positive = [patient for patient in COHORT if patient.pd_l1_status == "positive"]
    assert all(patient.pd_l1_from_rebiopsy == patient.rebiopsied for patient in positive)


def test_the_cohort_looks_like_alk_positive_lung_cancer() -> None:
    size = len(COHORT)
    assert 45 <= median(patient.age_at_index for patient in COHORT) <= 60
    assert sum(patient.smoking == "never" for patient in COHORT) > size / 2
    assert sum(patient.histology_class == "adenocarcinoma" for patient in COHORT) >= 0.85 * size
    assert 0.4 < sum(patient.sex == "female" for patient in COHORT) / size < 0.6
    assert {patient.prior_alk_tki_generation for patient in COHORT} == {1, 2, 3}


def test_immunotherapy_responds_more_often_and_is_mostly_combined() -> None:
    with_ici = [patient for patient in COHORT if patient.arm == "immunotherapy"]
    without = [patient for patient in COHORT if patient.arm != "immunotherapy"]

    def response_rate(patients: list[CalibratedPatient]) -> float:
        return sum(patient.best_response in {"CR", "PR"} for patient in patients) / len(patients)

    assert response_rate(with_ici) > response_rate(without)
    classes = Counter(patient.regimen_class for patient in with_ici)
    assert classes["ici_chemo"] + classes["ici_chemo_antiangiogenic"] > 0.7 * len(with_ici)
    assert 0 < classes["ici_mono"] <= 0.15 * len(with_ici)


def test_every_kind_of_course_is_there() -> None:
    ends = Counter((patient.arm, patient.pfs_end_reason) for patient in COHORT)
    assert all(ends[arm, reason] >= least for arm in ("immunotherapy", "non_immunotherapy") for reason, least in LEAST_ENDS)
    by_month = [patient for patient in COHORT if patient.death_precision == "month"]
    assert by_month
    assert all(patient.on(patient.os_days).day >= 16 for patient in by_month)


def test_drawn_courses_are_possible() -> None:
    draws = Draws(3)
    for cell in CELLS:
        for _ in range(40):
            course = draw_course(cell, draws)
            assert 0 <= course.pfs_days <= course.os_days
            assert course.index_date + timedelta(days=course.os_days) <= END_OF_KNOWLEDGE
            assert course.pfs_event == (course.pfs_end_reason in {"progression", "death"})
            assert [day for day, _ in course.scans] == sorted({day for day, _ in course.scans})
