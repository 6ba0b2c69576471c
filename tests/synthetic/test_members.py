"""Traps among the calibrated patients' rows: every kind is laid, and none of them spoils a row that must count."""

from __future__ import annotations

from collections import Counter

from synthetic.chart import Chart, Person
from synthetic.cohort import read_cohort
from synthetic.days import number
from synthetic.draws import Draws
from synthetic.excluded import STORIES
from synthetic.frames import Records
from synthetic.members import TRAPS, Member, assign_traps, tell
from tests.oracle import CRITERIA

COHORT = read_cohort()


def test_every_trap_is_laid_for_somebody_whom_it_fits() -> None:
    assigned = assign_traps(COHORT, Draws(1))
    laid = Counter(name for names in assigned for name in names)
    assert set(laid) == set(TRAPS)
    assert max(len(names) for names in assigned) <= 2
    assert all(TRAPS[name].fits(target) for target, names in zip(COHORT, assigned, strict=True) for name in names)


def test_nothing_is_recorded_after_a_patient_s_last_day() -> None:
    records = Records()
    for place, target in enumerate(COHORT):
        chart = Chart(Person(place, number(target.birth_date), True, "never"), records, Draws(2, place))
        tell(Member(target, chart), ())
    last = {place: number(target.on(target.os_days)) for place, target in enumerate(COHORT)}
    days = {"medications": "started_on", "assessments": "assessed_on", "biomarkers": "reported_on", "diagnoses": "diagnosed_on"}
    for table, column in days.items():
        assert all(row[column] <= last[row["_patient"]] for row in records.rows[table]), table


def test_every_criterion_has_a_story() -> None:
    assert {story.excluded_by for story in STORIES} == set(CRITERIA)
