"""Patients near the cohort, a story for each way of failing a criterion of the attrition.

`STORIES` gives the criterion that excludes the patient first. Each story is told at least twice in the smallest export, so
that every criterion excludes somebody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from synthetic.chart import FULL, Chart
from synthetic.days import LAST_KNOWN_DAY, number
from synthetic.spellings import (
    ADVANCED_STAGES,
    ALK_NEGATIVE,
    ALK_NO_RESULT,
    ALK_POINT_MUTATIONS,
    ALK_POSITIVE,
    DISTANT_CODES,
    EARLY_STAGES,
    HISTOLOGY,
    LUNG_CODES,
    LUNG_TEXTS,
    NODE_CODES,
    PD_L1_ANY,
    PD_L1_TESTS,
    RESECTIONS,
)

FIRST_INDEX = number(date(2019, 6, 1))
LAST_INDEX = number(date(2022, 11, 30))
BEFORE_WINDOW = number(date(2017, 5, 15))
AFTER_WINDOW = number(date(2023, 2, 10))
A_YEAR = 365
# From here on a patient may have had alectinib, or tislelizumab, for as long as a story needs.
ALECTINIB_FOR_A_YEAR = number(date(2020, 3, 1))
CHEMOTHERAPY = ("carboplatin", "pemetrexed")


@dataclass(frozen=True)
class Story:
    """One way of failing: the criterion's id, how it is told, and the patient's age in years at the index treatment."""

    excluded_by: str
    tell: Callable[[Chart, int], None]
    age: tuple[int, int] = (35, 75)
    index: tuple[int, int] = (FIRST_INDEX, LAST_INDEX)


def _disease(chart: Chart, day: int, stages: Sequence[str] = ADVANCED_STAGES, histology: str = "adenocarcinoma") -> int:
    """Diagnosis and specimen; gives the specimen's number."""
    draws = chart.draws
    chart.diagnosis(day, draws.pick(LUNG_CODES), draws.pick(LUNG_TEXTS), HISTOLOGY.one(histology, draws), draws.pick(stages))
    chart.visit(day)
    return chart.specimen(day + 3)


def _alk_positive(chart: Chart, day: int, specimen: int) -> None:
    draws = chart.draws
    chart.report(day + 8, draws.pick(ALK_POSITIVE), specimen)
    if draws.happens(600):
        name, method = draws.pick(PD_L1_TESTS)
        chart.report(day + 9, (name, method, draws.pick(PD_L1_ANY)), specimen)


def _tki_until_resistance(chart: Chart, start: int, resistance: int, ingredient: str = "crizotinib") -> None:
    """An ALK-TKI with scans, the last of which shows progression."""
    chart.dispense(ingredient, start, resistance + 4)
    _stable_scans(chart, start, resistance - 20)
    chart.assess(resistance, "PD")


def _stable_scans(chart: Chart, start: int, end: int) -> None:
    for day in range(start + 45, end, 70):
        chart.assess(day, chart.draws.pick(("PR", "SD", "SD")))
        chart.visit(day)


def _ends(chart: Chart, from_day: int) -> None:
    """Scans, a contact and for some the death after the last treatment."""
    draws = chart.draws
    chart.assess(from_day + 44, draws.pick(("SD", "PR", "NE")))
    chart.assess(from_day + 90, draws.pick(("SD", "PD")))
    last = min(from_day + draws.one_between(120, 400), LAST_KNOWN_DAY)
    if draws.happens(500):
        chart.contact(last, "dead", died=last - draws.one_below(10), by_month=draws.happens(200))
    else:
        chart.contact(last, "alive")


def _typical(chart: Chart, index: int) -> int:
    """Advanced ALK-positive disease, resistance to crizotinib three weeks before the index; gives the day of diagnosis."""
    day = index - chart.draws.one_between(300, 700)
    _alk_positive(chart, day, _disease(chart, day))
    _tki_until_resistance(chart, day + 20, index - 21)
    return day


def _treated(chart: Chart, index: int) -> None:
    """The index treatment and what follows."""
    chart.cycles(CHEMOTHERAPY, index, index + 84)
    _ends(chart, index)


# --- nsclc ---------------------------------------------------------------------------------------------------------------------


def _combined_small_cell(chart: Chart, index: int) -> None:
    day = index - 400
    _alk_positive(chart, day, _disease(chart, day, histology="combined"))
    _tki_until_resistance(chart, day + 20, index - 21)
    _treated(chart, index)


def _transformed_before(chart: Chart, index: int) -> None:
    _typical(chart, index)
    chart.diagnosis(index - 9, "C34.9", "肺癌，再活检", HISTOLOGY.one("small_cell", chart.draws), "IV")
    chart.cycles(("carboplatin", "etoposide"), index, index + 84)
    _ends(chart, index)


def _other_alk_tumour(chart: Chart, index: int) -> None:
    chart.diagnosis(index - 300, "C84.600", "间变性大细胞淋巴瘤，ALK阳性")
    chart.report(index - 290, ("ALK", "IHC", "阳性"))
    chart.dispense("crizotinib", index - 280, index - 20)
    chart.assess(index - 22, "PD")
    chart.cycles(("cyclophosphamide", "doxorubicin"), index, index + 84)
    _ends(chart, index)


# --- alk_positive --------------------------------------------------------------------------------------------------------------


def _not_alk_positive(chart: Chart, index: int, reports: Sequence[tuple[str, str | None, str]]) -> None:
    day = index - 400
    specimen = _disease(chart, day)
    for report in reports:
        chart.report(day + 9, report, specimen)
    _tki_until_resistance(chart, day + 20, index - 21)
    _treated(chart, index)


def _point_mutation(chart: Chart, index: int) -> None:
    _not_alk_positive(chart, index, [chart.draws.pick(ALK_POINT_MUTATIONS)])


def _doubtful_alk(chart: Chart, index: int) -> None:
    _not_alk_positive(chart, index, [chart.draws.pick(ALK_NO_RESULT), chart.draws.pick(ALK_NO_RESULT)])


def _ros1(chart: Chart, index: int) -> None:
    _not_alk_positive(chart, index, [chart.draws.pick(ALK_NEGATIVE), ("ROS1", "IHC", "阳性")])


def _alk_after_index(chart: Chart, index: int) -> None:
    _not_alk_positive(chart, index, [chart.draws.pick(ALK_NO_RESULT)])
    chart.report(index + 50, chart.draws.pick(ALK_POSITIVE), chart.specimen(index + 40))


def _retracted_alk(chart: Chart, index: int) -> None:
    _not_alk_positive(chart, index, [])
    row, values = chart.report(index - 380, chart.draws.pick(ALK_POSITIVE), _batch=FULL)
    chart.retract("biomarkers", row, values)


# --- advanced ------------------------------------------------------------------------------------------------------------------


def _never_advanced(chart: Chart, index: int) -> None:
    day = index - 600
    _alk_positive(chart, day, _disease(chart, day, stages=EARLY_STAGES))
    chart.specimen(day + 15, chart.draws.pick(RESECTIONS))
    chart.cycles(("cisplatin", "pemetrexed"), day + 50, day + 92)
    _tki_until_resistance(chart, day + 130, index - 21)
    _treated(chart, index)


def _nodes_only(chart: Chart, index: int) -> None:
    _never_advanced(chart, index)
    chart.diagnosis(index - 30, chart.draws.pick(NODE_CODES), "淋巴结继发恶性肿瘤")


# --- alk_tki_treated -----------------------------------------------------------------------------------------------------------


def _without_tki(chart: Chart, index: int, ingredients: Sequence[str]) -> None:
    day = index - 40
    _alk_positive(chart, day, _disease(chart, day))
    chart.cycles(ingredients, index, index + 84)
    _ends(chart, index)


def _chemotherapy_only(chart: Chart, index: int) -> None:
    _without_tki(chart, index, CHEMOTHERAPY)


def _immunotherapy_only(chart: Chart, index: int) -> None:
    _without_tki(chart, index, ("pemetrexed", "tislelizumab"))


def _tki_never_taken(chart: Chart, index: int) -> None:
    _without_tki(chart, index, CHEMOTHERAPY)
    for day in (index - 25, index - 20):
        chart.order(day, "alectinib", end=day + 29, status="not_given")


# --- alk_tki_resistant ---------------------------------------------------------------------------------------------------------


def _tki(chart: Chart, index: int) -> int:
    """Advanced ALK-positive disease on alectinib up to a month before the index; gives its first day."""
    day = index - 500
    _alk_positive(chart, day, _disease(chart, day))
    chart.dispense("alectinib", day + 20, index - 30)
    return day + 20


def _still_responding(chart: Chart, index: int) -> None:
    start = _tki(chart, index)
    _stable_scans(chart, start, index + 200)
    chart.contact(min(index + 210, LAST_KNOWN_DAY), "alive")


def _progression_too_late(chart: Chart, index: int) -> None:
    start = _tki(chart, index)
    _stable_scans(chart, start, index - 60)
    chart.assess(index + 5, "PD")
    chart.cycles(CHEMOTHERAPY, index + 12, index + 80)
    chart.contact(index + 200, "alive")


def _progression_too_early(chart: Chart, index: int) -> None:
    start = _tki(chart, index)
    chart.assess(start + 9, "PD")
    _stable_scans(chart, start + 20, index - 60)
    chart.cycles(CHEMOTHERAPY, index, index + 80)
    chart.assess(index + 44, "SD")


def _retracted_progression(chart: Chart, index: int) -> None:
    _stable_scans(chart, _tki(chart, index), index - 60)
    row, values = chart.assess(index - 35, "PD", _batch=FULL)
    chart.retract("assessments", row, values)
    chart.cycles(CHEMOTHERAPY, index, index + 80)
    chart.contact(index + 100, "alive")


def _doubtful_progression(chart: Chart, index: int) -> None:
    _stable_scans(chart, _tki(chart, index), index - 60)
    chart.assess(index - 35, "unmapped", response_text="PD?")
    chart.cycles(CHEMOTHERAPY, index, index + 80)
    chart.assess(index + 44, "SD")


# --- post_resistance_therapy ---------------------------------------------------------------------------------------------------


def _next_tki_only(chart: Chart, index: int) -> None:
    _typical(chart, index)
    chart.dispense("alectinib", index, index + 240)
    _ends(chart, index)


def _anti_angiogenic_only(chart: Chart, index: int) -> None:
    _typical(chart, index)
    chart.cycles(("anlotinib",), index, index + 100)
    _ends(chart, index)


def _chemotherapy_too_late(chart: Chart, index: int) -> None:
    day = index - 900
    _alk_positive(chart, day, _disease(chart, day))
    _tki_until_resistance(chart, day + 20, index - A_YEAR - 40)
    chart.dispense("alectinib", index - A_YEAR - 30, index - 60)
    _stable_scans(chart, index - A_YEAR, index - 20)
    _treated(chart, index)


def _cancelled_chemotherapy(chart: Chart, index: int) -> None:
    _typical(chart, index)
    for day in (index, index + 21):
        chart.order(day, "pemetrexed", status="not_given")
        chart.order(day, "carboplatin", status="not_given")
    _ends(chart, index)


def _unknown_drug(chart: Chart, index: int) -> None:
    _typical(chart, index)
    for day in range(index, index + 90, 21):
        chart.order(day, "unknown")
    _ends(chart, index)


# --- the rest ------------------------------------------------------------------------------------------------------------------


def _outside_window(chart: Chart, index: int) -> None:
    _typical(chart, index)
    _treated(chart, index)


def _not_adult_yet(chart: Chart, index: int) -> None:
    _typical(chart, index)
    _treated(chart, index)


def _peri_operative_ici(chart: Chart, index: int) -> None:
    day = index - 1400
    _alk_positive(chart, day, _disease(chart, day, stages=EARLY_STAGES))
    chart.cycles(("carboplatin", "nivolumab", "pemetrexed"), day + 10, day + 60)
    chart.specimen(day + 80, chart.draws.pick(RESECTIONS))
    chart.diagnosis(index - 600, chart.draws.pick(DISTANT_CODES), "relapse, distant")
    _tki_until_resistance(chart, index - 580, index - 21)
    _treated(chart, index)


def _earlier_ici_line(chart: Chart, index: int) -> None:
    day = index - 700
    _alk_positive(chart, day, _disease(chart, day))
    chart.cycles(("pemetrexed", "sintilimab"), day + 15, day + 60)
    _tki_until_resistance(chart, day + 150, index - 21)
    _treated(chart, index)


def _dead_before_index(chart: Chart, index: int) -> None:
    """A contradiction, which the protocol doesn't use and the gate reports."""
    _earlier_ici_line(chart, index)
    chart.contact(index - 100, "dead", died=index - 110)


def _never_seen_again(chart: Chart, index: int) -> None:
    _typical(chart, index)
    chart.cycles(CHEMOTHERAPY, index, index)


def _lost(chart: Chart, index: int) -> None:
    _typical(chart, index)
    chart.cycles(CHEMOTHERAPY, index, index + 21)
    chart.contact(index + 150, "lost")


STORIES = (
    Story("nsclc", _combined_small_cell),
    Story("nsclc", _transformed_before),
    Story("nsclc", _other_alk_tumour),
    Story("alk_positive", _point_mutation),
    Story("alk_positive", _doubtful_alk),
    Story("alk_positive", _ros1),
    Story("alk_positive", _alk_after_index),
    Story("alk_positive", _retracted_alk),
    Story("advanced", _never_advanced),
    Story("advanced", _nodes_only),
    Story("alk_tki_treated", _chemotherapy_only),
    Story("alk_tki_treated", _immunotherapy_only, index=(ALECTINIB_FOR_A_YEAR, LAST_INDEX)),
    Story("alk_tki_treated", _tki_never_taken),
    Story("alk_tki_resistant", _still_responding, index=(ALECTINIB_FOR_A_YEAR, LAST_INDEX)),
    Story("alk_tki_resistant", _progression_too_late, index=(ALECTINIB_FOR_A_YEAR, LAST_INDEX)),
    Story("alk_tki_resistant", _progression_too_early, index=(ALECTINIB_FOR_A_YEAR, LAST_INDEX)),
    Story("alk_tki_resistant", _retracted_progression, index=(ALECTINIB_FOR_A_YEAR, LAST_INDEX)),
    Story("alk_tki_resistant", _doubtful_progression, index=(ALECTINIB_FOR_A_YEAR, LAST_INDEX)),
    Story("post_resistance_therapy", _next_tki_only),
    Story("post_resistance_therapy", _anti_angiogenic_only),
    Story("post_resistance_therapy", _chemotherapy_too_late, index=(ALECTINIB_FOR_A_YEAR, LAST_INDEX)),
    Story("post_resistance_therapy", _cancelled_chemotherapy),
    Story("post_resistance_therapy", _unknown_drug),
    Story("index_in_window", _outside_window, index=(BEFORE_WINDOW, BEFORE_WINDOW + 300)),
    Story("index_in_window", _outside_window, index=(AFTER_WINDOW, AFTER_WINDOW + 50)),
    Story("adult", _not_adult_yet, age=(14, 17)),
    Story("no_prior_ici", _peri_operative_ici, index=(number(date(2022, 6, 1)), LAST_INDEX)),
    Story("no_prior_ici", _earlier_ici_line, index=(number(date(2021, 3, 1)), LAST_INDEX)),
    Story("evaluable", _never_seen_again),
    Story("evaluable", _lost),
)
# Told once, whatever the size.
SINGLE_STORIES = (Story("no_prior_ici", _dead_before_index, index=(number(date(2021, 3, 1)), LAST_INDEX)),)
