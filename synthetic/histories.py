"""Everything about a calibrated patient that the figures don't ask for: age, tumour, earlier treatment, drugs, PD-L1 score.

Drawn after the search, to be plausible: drugs only after their approval in China, never-smokers and adenocarcinoma the rule,
immune checkpoint inhibitors mostly combined, their monotherapy only where it does little.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from synthetic.cohort import CalibratedPatient, Treatment
from synthetic.courses import Cell, Course
from synthetic.draws import Draws

# First month in which a Chinese patient could buy the drug (a little after its approval); absent: long before.
ON_SALE = {
    "ceritinib": date(2018, 6, 20),
    "alectinib": date(2018, 9, 20),
    "ensartinib": date(2020, 12, 10),
    "brigatinib": date(2022, 4, 10),
    "lorlatinib": date(2022, 5, 10),
    "nivolumab": date(2018, 7, 1),
    "pembrolizumab": date(2018, 8, 20),
    "toripalimab": date(2019, 1, 20),
    "sintilimab": date(2019, 1, 20),
    "camrelizumab": date(2019, 7, 1),
    "tislelizumab": date(2020, 2, 20),
    "atezolizumab": date(2020, 4, 1),
    "anlotinib": date(2018, 6, 10),
}
GENERATION = {"crizotinib": 1, "ceritinib": 2, "alectinib": 2, "ensartinib": 2, "brigatinib": 2, "lorlatinib": 3}
# How long each ALK-TKI is taken, in days.
TKI_DAYS = {
    "crizotinib": (120, 480),
    "ceritinib": (90, 330),
    "alectinib": (180, 800),
    "ensartinib": (120, 560),
    "brigatinib": (60, 220),
    "lorlatinib": (40, 150),
}
TKI_SEQUENCES = (
    (("crizotinib",), 26),
    (("crizotinib", "alectinib"), 22),
    (("alectinib",), 16),
    (("crizotinib", "ceritinib"), 8),
    (("crizotinib", "ensartinib"), 9),
    (("alectinib", "lorlatinib"), 18),
    (("crizotinib", "alectinib", "lorlatinib"), 12),
    (("alectinib", "brigatinib"), 3),
    (("crizotinib", "ceritinib", "alectinib"), 3),
    (("ensartinib",), 2),
)
CHECKPOINT_INHIBITORS = (
    ("sintilimab", 26),
    ("pembrolizumab", 24),
    ("tislelizumab", 18),
    ("camrelizumab", 12),
    ("toripalimab", 9),
    ("nivolumab", 6),
    ("atezolizumab", 9),
)
BACKBONES = (
    (("carboplatin", "pemetrexed"), 52),
    (("cisplatin", "pemetrexed"), 14),
    (("carboplatin", "nab-paclitaxel"), 11),
    (("carboplatin", "paclitaxel"), 5),
    (("pemetrexed",), 7),
    (("docetaxel",), 8),
    (("gemcitabine",), 3),
)
# With both a checkpoint inhibitor and an anti-angiogenic drug; atezolizumab's is the published four-drug regimen.
FOUR_DRUGS = ("atezolizumab", "bevacizumab", "carboplatin", "paclitaxel")
ANTI_ANGIOGENICS = (("bevacizumab", 82), ("anlotinib", 14), ("recombinant human endostatin", 4))
LATER_DRUGS = (
    (("lorlatinib",), 30),
    (("alectinib",), 12),
    (("ensartinib",), 14),
    (("brigatinib",), 12),
    (("ceritinib",), 4),
    (("docetaxel",), 14),
    (("anlotinib",), 14),
    (("gemcitabine",), 6),
    (("carboplatin", "nab-paclitaxel"), 8),
    (("carboplatin", "pemetrexed"), 8),
)
ECOG = ((0, 22), (1, 58), (2, 15), (3, 2), (None, 3))
SMOKING = (("never", 66), ("ever", 27), ("unknown", 7))
HISTOLOGY = (("adenocarcinoma", 91), ("adenosquamous", 3), ("squamous", 3), ("nsclc_nos", 3))
RESISTANCE_BEFORE_INDEX = (((5, 14), 30), ((15, 35), 50), ((36, 90), 20))
LONG_ENOUGH_CARRIED = 20
# Drugs begun earlier would still belong to the index line.
FIRST_DAY_OF_NEXT_LINE = 32
MONTHS_OF_DEATH = 4


def on_sale(ingredients: Sequence[str], day: date) -> bool:
    """Whether all the drugs could be had on that day."""
    return all(day >= ON_SALE.get(ingredient, date.min) for ingredient in ingredients)


def draw_patients(cells: Sequence[Cell], courses: Sequence[Course], draws: Draws) -> list[CalibratedPatient]:
    """The patients of the found courses, in a random order, as C01, C02 and so on."""
    classes = _regimen_classes(cells, courses, draws)
    carried = _carried_tkis(courses, draws)
    by_month = _deaths_known_by_month(courses, draws)
    order = draws.shuffled(range(len(cells)))
    return [
        _draw_patient(
            f"C{number:02d}", cells[position], courses[position], classes[position], position in carried, position in by_month, draws
        )
        for number, position in enumerate(order, start=1)
    ]


def best_response(course: Course) -> str:
    """The best of the scans up to the end of PFS; all scans lie after the day from which stable disease counts."""
    seen = {response for day, response in course.scans if day <= course.pfs_days}
    return next((response for response in ("CR", "PR", "SD", "PD") if response in seen), "NE")


def _regimen_classes(cells: Sequence[Cell], courses: Sequence[Course], draws: Draws) -> dict[int, str]:
    """A class for each patient: monotherapy goes to patients without a response and with a short course."""
    with_ici = [number for number, cell in enumerate(cells) if cell.arm == "immunotherapy"]
    without = [number for number, cell in enumerate(cells) if cell.arm != "immunotherapy"]
    poor = [number for number in with_ici if best_response(courses[number]) not in {"CR", "PR"} and courses[number].pfs_days < 60]
    mono = draws.shuffled(poor)[: len(with_ici) // 10]
    rest = draws.shuffled([number for number in with_ici if number not in mono])
    few, half = len(with_ici) // 10, len(with_ici) // 3
    classes = dict.fromkeys(mono, "ici_mono")
    classes |= dict.fromkeys(rest[:few], "ici_antiangiogenic")
    classes |= dict.fromkeys(rest[few : few + half], "ici_chemo_antiangiogenic")
    classes |= dict.fromkeys(rest[few + half :], "ici_chemo")
    mixed = draws.shuffled(without)
    classes |= dict.fromkeys(mixed[: len(without) * 2 // 5], "chemo_antiangiogenic")
    return classes | dict.fromkeys(mixed[len(without) * 2 // 5 :], "chemo")


def _carried_tkis(courses: Sequence[Course], draws: Draws) -> set[int]:
    """About one patient in ten goes on with the ALK-TKI beyond its failure."""
    long_enough = [number for number, course in enumerate(courses) if course.os_days > 90 and course.pfs_days >= 40]
    return set(draws.shuffled(long_enough)[: len(courses) // 10])


def _deaths_known_by_month(courses: Sequence[Course], draws: Draws) -> set[int]:
    """A few deaths after progression whose day is the 15th or later: the protocol finds it from the month and the records."""
    possible = [
        number
        for number, course in enumerate(courses)
        if course.os_event
        and course.pfs_end_reason == "progression"
        and course.os_days - course.pfs_days > 60
        and (course.index_date + timedelta(days=course.os_days)).day >= 16
    ]
    return set(draws.shuffled(possible)[:MONTHS_OF_DEATH])


def _draw_regimen(regimen_class: str, index_date: date, histology: str, earlier: set[str], response: str, draws: Draws) -> tuple[str, ...]:
    """The drugs of the index line."""
    ingredients: set[str] = set()
    if regimen_class.startswith("ici"):
        ingredients.add(draws.pick_weighted([choice for choice in CHECKPOINT_INHIBITORS if on_sale([choice[0]], index_date)]))
    if "antiangiogenic" in regimen_class:
        four_drugs = regimen_class == "ici_chemo_antiangiogenic" and "atezolizumab" in ingredients
        if four_drugs or (regimen_class == "ici_chemo_antiangiogenic" and on_sale(FOUR_DRUGS, index_date) and draws.happens(250)):
            return FOUR_DRUGS
        ingredients.add(draws.pick_weighted([choice for choice in ANTI_ANGIOGENICS if on_sale([choice[0]], index_date)]))
    if "chemo" in regimen_class:
        unsuitable = (earlier | ({"pemetrexed"} if histology == "squamous" else set())) & {"pemetrexed", "paclitaxel"}
        possible = [choice for choice in BACKBONES if not unsuitable & set(choice[0]) and (response != "PR" or len(choice[0]) > 1)]
        ingredients |= set(draws.pick_weighted(possible))
    return tuple(sorted(ingredients))


def _draw_prior(index_date: date, resistance_day: int, last_tki_end: int, draws: Draws) -> tuple[int, list[Treatment]]:
    """Day of advanced disease and the treatments since, the last of them the ALK-TKI that failed."""
    while True:
        sequence = draws.pick_weighted(TKI_SEQUENCES)
        treatments: list[Treatment] = []
        end = last_tki_end
        anchor = resistance_day
        for ingredient in reversed(sequence):
            start = anchor - draws.one_between(*TKI_DAYS[ingredient])
            treatments.insert(0, Treatment((ingredient,), start, end))
            end = start - draws.one_between(4, 18)
            anchor = end
        if draws.happens(150):
            start = treatments[0].start - draws.one_between(95, 130)
            treatments.insert(0, Treatment(("carboplatin", "pemetrexed"), start, start + 63))
        if all(on_sale(treatment.ingredients, index_date + timedelta(days=treatment.start)) for treatment in treatments):
            return treatments[0].start - draws.one_between(9, 40), treatments


def _draw_next_line(
    cell: Cell, course: Course, regimen: tuple[str, ...], last_tki: str, carries_tki: bool, draws: Draws
) -> Treatment | None:
    """The line after the index line: where it ended PFS, and for most patients some time after their progression."""
    if course.next_line_day is not None:
        start = course.next_line_day
    elif course.pfs_end_reason == "progression" and course.os_days - course.pfs_days > 40 and draws.happens(780):
        start = max(course.pfs_days + draws.one_between(5, 24), FIRST_DAY_OF_NEXT_LINE)
    else:
        return None
    day = course.index_date + timedelta(days=start)
    taken = set(regimen) | {last_tki}
    possible = [choice for choice in LATER_DRUGS if not taken & set(choice[0]) and on_sale(choice[0], day)]
    if course.next_line_day is None and cell.arm == "non_immunotherapy":
        possible += [((drug,), 8) for drug in ("sintilimab", "camrelizumab") if on_sale([drug], day)]
    if carries_tki:
        possible = [choice for choice in possible if choice[0][0] not in GENERATION] or possible
    length = draws.one_between(22, 260)
    return Treatment(draws.pick_weighted(possible), start, min(start + length, course.os_days - 5))


def _draw_score(cell: Cell, draws: Draws) -> tuple[str | None, int | None]:
    """PD-L1 level and number, either of them None where the report gives only words or a range."""
    if cell.pd_l1_status == "unknown":
        return None, None
    form = draws.pick_weighted((("number", 66), ("range", 22), ("word", 12)))
    if form == "word":
        return None, None
    if cell.pd_l1_status == "negative":
        return "<1", 0 if form == "number" else None
    high = draws.happens(400)
    number = draws.one_between(10, 18) * 5 if high else draws.pick((1, 2, 3, 5, 5, 8, 10, 10, 15, 20, 25, 30, 40))
    return (">=50" if high else "1-49"), number if form == "number" else None


def _draw_patient(
    case: str, cell: Cell, course: Course, regimen_class: str, carries_tki: bool, death_by_month: bool, draws: Draws
) -> CalibratedPatient:
    resistance_day = -draws.one_between(*draws.pick_weighted(RESISTANCE_BEFORE_INDEX))
    tki_end = min(resistance_day + draws.one_below(18), -1)
    tki_until = None
    if carries_tki:
        tki_until = max(LONG_ENOUGH_CARRIED, min(course.pfs_days + draws.one_below(12), course.os_days - 10))
    advanced_day, prior = _draw_prior(course.index_date, resistance_day, tki_end, draws)
    lines = len(prior)
    first_diagnosis_day = advanced_day
    if draws.happens(110):
        first_diagnosis_day = advanced_day - draws.one_between(420, 1300)
        adjuvant = first_diagnosis_day + draws.one_between(40, 60)
        prior.insert(0, Treatment(("cisplatin", "pemetrexed"), adjuvant, adjuvant + 63))
    histology = draws.pick_weighted(HISTOLOGY)
    tkis = [treatment.ingredients[0] for treatment in prior if treatment.ingredients[0] in GENERATION]
    earlier = {ingredient for treatment in prior for ingredient in treatment.ingredients}
    response = best_response(course)
    regimen = _draw_regimen(regimen_class, course.index_date, histology, earlier, response, draws)
    next_line = _draw_next_line(cell, course, regimen, tkis[-1], carries_tki, draws)
    ends = [course.pfs_days + draws.one_below(6), course.os_days, 18 * 21 + draws.one_below(300)]
    if next_line is not None:
        ends.append(next_line.start - 3)
    age = 25 + draws.one_below(19) + draws.one_below(19) + draws.one_below(19)
    level, score = _draw_score(cell, draws)
    rebiopsy_day = None
    if cell.rebiopsied:
        rebiopsy_day = min(resistance_day + draws.one_between(1, 12), -1)
    return CalibratedPatient(
        case=case,
        index_date=course.index_date,
        arm=cell.arm,
        regimen_class=regimen_class,
        regimen=tuple(sorted((*regimen, tkis[-1]))) if carries_tki else regimen,
        index_end=max(min(ends), 0),
        tki_until=tki_until,
        sex="female" if draws.happens(520) else "male",
        birth_date=_birthday(course.index_date, age, draws),
        age_at_index=age,
        smoking=draws.pick_weighted(SMOKING),
        ecog_at_index=draws.pick_weighted(ECOG),
        histology_class=histology,
        first_diagnosis_day=first_diagnosis_day,
        advanced_day=advanced_day,
        prior_treatment=tuple(prior),
        prior_lines=lines,
        prior_alk_tki_count=len(set(tkis)),
        prior_alk_tki_generation=max(GENERATION[tki] for tki in tkis),
        resistance_day=resistance_day,
        rebiopsy_day=rebiopsy_day,
        pd_l1_from_rebiopsy=cell.rebiopsied and cell.pd_l1_status != "unknown",
        pd_l1_status=cell.pd_l1_status,
        pd_l1_level=level,
        pd_l1_tps=score,
        scans=course.scans,
        pfs_days=course.pfs_days,
        pfs_event=course.pfs_event,
        pfs_end_reason=course.pfs_end_reason,
        best_response=response,
        next_line=next_line,
        os_days=course.os_days,
        os_event=course.os_event,
        death_precision=("month" if death_by_month else "day") if course.os_event else None,
    )


def _birthday(index_date: date, age: int, draws: Draws) -> date:
    """A birth date with which the patient is `age` completed years old on the index date."""
    latest = date(index_date.year - age, index_date.month, min(index_date.day, 28))
    return latest - timedelta(days=draws.one_below(360))
