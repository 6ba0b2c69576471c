"""Random patients who hug every threshold of the protocol: rows of clinical facts, not yet spelled or delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from . import texts
from .texts import Month

ALK_TKIS = ("crizotinib", "alectinib", "ceritinib", "brigatinib", "ensartinib", "lorlatinib", "iruplinalkib")
ICIS = ("pembrolizumab", "nivolumab", "sintilimab", "tislelizumab", "camrelizumab", "atezolizumab", "sugemalimab")
PLATINS = ("cisplatin", "carboplatin", "nedaplatin", "lobaplatin")
TAXANES = ("paclitaxel", "nab-paclitaxel", "paclitaxel liposome")
NEXT_DRUGS = ("docetaxel", "gemcitabine", "vinorelbine", "irinotecan", "etoposide", "osimertinib", "savolitinib", "apatinib", "oxaliplatin")

Drawn = TypeVar("Drawn")
Value = str | date | Month | None


@dataclass(frozen=True)
class Record:
    """One row of a table as the hospital means it: dates as dates, texts as spelled, None for a blank."""

    table: str
    values: dict[str, Value]

    @property
    def last_day(self) -> date | None:
        """The latest day that the row speaks of, before which no export can hold it."""
        days = [one.day if isinstance(one, Month) else one for one in self.values.values() if isinstance(one, (date, Month))]
        return max(days, default=None)


class Numbers:
    """Running identifiers of one hospital."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def next(self, prefix: str) -> str:
        """The next identifier with a prefix."""
        self._last[prefix] = self._last.get(prefix, 0) + 1
        return f"{prefix}{self._last[prefix]:06d}"


@dataclass
class Chart:
    """A patient while the rows are written. `ids` holds every id under which rows are filed, the surviving one first."""

    rng: Random
    numbers: Numbers
    ids: list[str]
    records: list[Record] = field(default_factory=list)
    specimens: list[tuple[str, date]] = field(default_factory=list)

    def near(self, threshold: int) -> int:
        """The threshold, or a day beside it."""
        return threshold + self.rng.choice((-1, 0, 1))

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.rng.random() < probability

    def pick(self, weighted: Mapping[Drawn, int]) -> Drawn:
        """A key drawn by its weight."""
        return self.rng.choices(list(weighted), list(weighted.values()))[0]

    def _id(self) -> str:
        return self.ids[0] if len(self.ids) == 1 else self.rng.choice(self.ids)

    def add(self, table: str, **values: Value) -> None:
        """A row that carries the patient's id, or one of them."""
        self.records.append(Record(table, {"patient_id": self._id(), **values}))

    def diagnosis(self, day: date, code: str, stage: str | None = None, histology: str | None = None) -> None:
        """A diagnosis row."""
        key = self.numbers.next("D")
        text = self.rng.choice(("lung cancer", "肺恶性肿瘤", 'left "upper" lobe, mass', None))
        self.add(
            "diagnoses",
            diagnosis_id=key,
            diagnosed_on=day,
            icd10_code=code,
            diagnosis_text=text,
            stage_text=stage,
            histology_text=histology,
        )

    def order(self, name: str, start: date, end: date | None = None, status: str | None = "given", code: str | None = None) -> None:
        """A medication order; the status `given` is spelled in any way that counts."""
        word = self.rng.choice(texts.GIVEN) if status == "given" else status
        key = self.numbers.next("O")
        self.add(
            "medications",
            order_id=key,
            drug_name=name,
            drug_code=code,
            started_on=start,
            ended_on=end,
            status=word,
            dose="1",
            dose_unit="mg",
        )

    def specimen(self, day: date, tissue: bool = True) -> str:
        """A specimen, and its id."""
        key = self.numbers.next("S")
        text = self.rng.choice(texts.TISSUE if tissue else texts.NOT_TISSUE)
        self.add("specimens", specimen_id=key, collected_on=day, procedure_text=text, site_text=self.rng.choice(("lung", "淋巴结", None)))
        self.specimens.append((key, day))
        return key

    def test(self, name: str, method: str | None, result: str, reported: date, specimen: str | None = None) -> None:
        """A biomarker report."""
        key = self.numbers.next("T")
        self.add("biomarkers", test_id=key, specimen_id=specimen, reported_on=reported, test_name=name, method=method, result_text=result)

    def assess(self, day: date, response: str) -> None:
        """An assessment, its response in any spelling."""
        key, word = self.numbers.next("A"), self.rng.choice(texts.RESPONSE[response])
        remark = self.rng.choice((None, None, "与前片比较，\n较前变化", 'see "prior" CT, compare'))
        self.add("assessments", assessment_id=key, assessed_on=day, response_text=word, modality="CT", impression_text=remark)

    def ecog(self, day: date, score: int) -> None:
        """A performance status."""
        text = self.rng.choice(texts.ECOG).format(score)
        self.add("performance_status", observation_id=self.numbers.next("E"), observed_on=day, ecog_text=text)

    def lab(self, day: date) -> None:
        """A laboratory value."""
        value = self.rng.choice(("3.5", "12", "<0.5", "阳性"))
        self.add("labs", lab_id=self.numbers.next("L"), collected_on=day, analyte="CEA", value_text=value, unit="ng/ml")

    def contact(self, day: date, status: str, died: date | Month | None = None) -> None:
        """A follow-up contact."""
        word = self.rng.choice(texts.VITAL[status])
        self.add("follow_ups", contact_id=self.numbers.next("F"), contacted_on=day, vital_status=word, death_date=died)

    def person(self, patient_id: str, born: date) -> None:
        """A row of `patients`."""
        values: dict[str, Value] = {
            "patient_id": patient_id,
            "name": self.rng.choice(("张三", "Li, Si", 'O"Neill')),
            "national_id": None,
            "sex": self.rng.choice(texts.SEX[self.rng.choice(("female", "male"))]),
            "birth_date": born,
            "phone": "000",
            "address": self.rng.choice(("Road 1,\nDistrict 2", None, "某路1号")),
            "smoking_status": self.rng.choice(texts.SMOKING),
        }
        self.records.append(Record("patients", values))


def days(count: int) -> timedelta:
    """A span of days."""
    return timedelta(days=count)


def _index_day(chart: Chart) -> date:
    """The day on which the index line is meant to start: mostly in the window, often at its edges."""
    kind = chart.pick({"inside": 74, "start": 8, "end": 8, "outside": 10})
    if kind == "start":
        return date(2018, 6, 1) + days(chart.near(0))
    if kind == "end":
        return date(2022, 12, 31) + days(chart.near(0))
    if kind == "outside":
        return chart.rng.choice((date(2017, 1, 1), date(2023, 1, 5))) + days(chart.rng.randrange(300))
    return date(2018, 6, 5) + days(chart.rng.randrange(1650))


def _birth(chart: Chart, index: date) -> tuple[date, date]:
    """A birth date, and the index day moved where a birthday on 29 February wants it."""
    kind = chart.pick({"adult": 84, "eighteen": 7, "leap eighteen": 4, "leap adult": 2, "old": 3})
    if kind == "eighteen":
        birthday = index - days(chart.near(0))
        birthday = birthday.replace(day=28) if (birthday.month, birthday.day) == (2, 29) else birthday
        return birthday.replace(year=birthday.year - 18), index
    if kind == "leap eighteen":
        return date(2004, 2, 29), date(2022, 3, 1) + days(chart.near(0))
    if kind == "leap adult":
        return date(1960, 2, 29), date(chart.rng.choice((2019, 2020, 2021)), 2, 28) + days(chart.rng.randrange(3))
    if kind == "old":
        return index.replace(year=index.year - chart.rng.choice((88, 89, 90, 91)), day=min(index.day, 28)) + days(chart.near(0)), index
    return index - days(chart.rng.randrange(30 * 365, 78 * 365)), index


def _tki_orders(chart: Chart, ingredient: str, start: date, end: date) -> None:
    """An era of a TKI as consecutive orders, with gaps inside that the era rule must bridge, or just not."""
    day = start
    while day <= end:
        stop = min(end, day + days(chart.rng.randrange(25, 100)))
        code = chart.rng.choice((None, None, "L01ED03")) if ingredient == "alectinib" else None
        name = chart.rng.choice(texts.DRUGS[ingredient])
        if code and chart.chance(0.3):
            name = "临床试验药物"  # no name of a drug: the code decides
        chart.order(name, day, None if stop == day and chart.chance(0.5) else stop, code=code)
        if chart.chance(0.06):  # a short order inside a long one doesn't end the era
            chart.order(chart.rng.choice(texts.DRUGS[ingredient]), day + days(1), day + days(2))
        day = stop + days(chart.near(60) if chart.chance(0.08) else chart.rng.randrange(0, 20))


def _cycles(chart: Chart, ingredients: Sequence[str], start: date, count: int) -> date:
    """Infusions every three weeks, each an order of a day or a short spell; the last day of them."""
    day = last = start
    for number in range(count):
        end = None if chart.chance(0.7) else day + days(chart.rng.randrange(0, 5))
        combination = frozenset(ingredients) in texts.COMBINATIONS and chart.chance(0.5)
        for names in [tuple(ingredients)] if combination else [(one,) for one in ingredients]:
            if number == 0 or combination or chart.chance(0.9):
                chart.order(texts.spell_drug(chart.rng, names), day, end)
        last = max(last, end or day)
        day = last + days(chart.near(60)) if chart.chance(0.05) else day + days(chart.rng.choice((21, 21, 22, 28)))
    return last


def _index_regimen(chart: Chart) -> list[str]:
    ici, platin, taxane = chart.rng.choice(ICIS), chart.rng.choice(PLATINS), chart.rng.choice(TAXANES)
    regimens = {
        ("pemetrexed", "carboplatin"): 14,
        ("pemetrexed", platin): 8,
        ("pemetrexed", platin, "bevacizumab"): 9,
        (ici, "pemetrexed", "carboplatin"): 18,
        (ici, taxane, platin): 7,
        (ici,): 7,
        (ici, "bevacizumab"): 5,
        (ici, "anlotinib"): 4,
        ("atezolizumab", "bevacizumab", "carboplatin", "paclitaxel"): 6,
        ("ivonescimab", "pemetrexed", platin): 3,
        ("cadonilimab",): 2,
        ("nivolumab", "ipilimumab"): 2,
        ("docetaxel",): 4,
        ("nab-paclitaxel", "carboplatin"): 4,
        ("tegafur/gimeracil/oteracil",): 2,
        ("osimertinib",): 1,
        ("anlotinib",): 2,
        ("bevacizumab",): 1,
        (chart.rng.choice(ALK_TKIS),): 3,
        (chart.rng.choice(ALK_TKIS), "bevacizumab"): 1,
    }
    return list(chart.pick(regimens))


def _treat_index(chart: Chart, index: date) -> date:
    """The index line's orders with late additions, exchanges and restarts; the last day of treatment."""
    rng = chart.rng
    regimen = _index_regimen(chart)
    count = rng.randrange(1, 9)
    if chart.chance(0.25) and len(regimen) > 1:
        late = regimen.pop()  # one ingredient comes later: inside the window, on its last day, or just after it
        _cycles(chart, [late], index + days(rng.choice((1, 7, chart.near(28), chart.near(28)))), count)
    last = _cycles(chart, regimen, index, count)
    if chart.chance(0.15):
        extra = rng.choice(("bevacizumab", rng.choice(ALK_TKIS), "pemetrexed", rng.choice(ICIS)))
        _cycles(chart, [extra], index + days(chart.near(28)), 2)
    if chart.chance(0.2):
        group = PLATINS if set(regimen) & set(PLATINS) else TAXANES
        last = max(last, _cycles(chart, [rng.choice(group)], last + days(rng.choice((21, chart.near(120)))), rng.randrange(1, 4)))
    if chart.chance(0.2):
        last = max(last, _cycles(chart, [rng.choice(regimen)], last + days(chart.near(120)), rng.randrange(1, 4)))
    return last


def _alk_tests(chart: Chart, index: date, diagnosed: date) -> None:
    """ALK reports: mostly positive before the index, at its edge, or only negative, doubtful or a mutation."""
    rng = chart.rng
    kind = chart.pick({"positive": 76, "edge": 11, "fish": 9, "none": 4})
    if kind == "positive":
        name, method, result = rng.choice(texts.ALK_POSITIVE)
        specimen = chart.specimen(diagnosed) if chart.chance(0.6) else None
        chart.test(name, method, result, diagnosed + days(rng.randrange(0, 15)), specimen)
    elif kind == "edge":
        name, method, result = rng.choice(texts.ALK_POSITIVE)
        if chart.chance(0.5):
            chart.test(name, method, result, index + days(chart.near(0)))
        else:
            chart.test(
                name, method, result, index + days(rng.randrange(0, 9)), chart.specimen(index + days(chart.near(0)), chart.chance(0.7))
            )
    elif kind == "fish":
        percent = rng.choice(("14", "15", "16", "14.9", "15.0"))
        chart.test("ALK FISH", rng.choice(("FISH", "ＦＩＳＨ")), rng.choice(texts.ALK_FISH).format(percent), diagnosed + days(7))
    for _ in range(rng.choice((0, 0, 1, 2))):
        name, method, result = rng.choice(texts.ALK_NEGATIVE)
        chart.test(name, method, result, diagnosed + days(rng.randrange(0, 900)))


def _pd_l1_tests(chart: Chart, resistance: date, index: date, diagnosed: date) -> None:
    """PD-L1 reports around index + 7 days, on archival tissue and re-biopsies, several on one day."""
    rng = chart.rng

    def result() -> str:
        draw = rng.random()
        if draw < 0.5:
            return rng.choice(texts.PD_L1_NUMBERS).format(rng.choice(("0", "0.5", "1", "5", "10", "49", "49.5", "50", "60", "60", "100")))
        if draw < 0.85:
            return rng.choice(texts.PD_L1_OTHER)
        return rng.choice(texts.PD_L1_NOTHING) if draw < 0.97 else rng.choice(texts.PD_L1_CLOSE)

    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        where = chart.pick({"archival": 3, "rebiopsy": 4, "after": 3, "report": 2})
        collected = {
            "archival": diagnosed,
            "rebiopsy": resistance + days(rng.choice((chart.near(-14), 3))),
            "after": index + days(chart.near(7)),
            "report": index - days(rng.randrange(0, 60)),
        }[where]
        specimen = None if where == "report" else chart.specimen(collected, chart.chance(0.8))
        if where == "rebiopsy" and chart.chance(0.3):  # the same result on one day, of tissue and of something else
            name, same = rng.choice(texts.PD_L1_NAMES), result()
            other = chart.specimen(collected, tissue=False) if chart.chance(0.5) else None
            chart.test(name, "IHC", same, collected, other)
            chart.test(name, "IHC", same, collected + days(rng.randrange(0, 9)), specimen)
            continue
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            reported = collected + days(rng.randrange(0, 15))
            own = None if chart.chance(0.1) else specimen
            if own is None and where == "after":
                reported = collected
            chart.test(rng.choice(texts.PD_L1_NAMES), "IHC", result(), reported, own)
    if chart.chance(0.15):
        chart.test("PD-L1", "IHC", result(), index - days(3), chart.rng.choice(chart.specimens)[0] if chart.specimens else "S-none")
    if chart.chance(0.2):
        chart.specimen(rng.choice((resistance + days(chart.near(-14)), index + days(chart.near(7)))), chart.chance(0.8))


def _response_course(chart: Chart, index: date, next_line: date | None, last_day: date) -> None:
    """Assessments from the index on, at every edge, to a progression or the end of follow-up."""
    rng = chart.rng
    for day, usual in ((0, "PD"), (chart.near(14), "PD"), (chart.near(28), "SD")):
        if chart.chance(0.3):
            chart.assess(index + days(day), rng.choice((usual, usual, usual, "PD", "SD", "PR", "NE", "CR", "unmapped")))
    day = index + days(rng.randrange(30, 60))
    while day <= last_day:
        draw = rng.random()
        if draw < 0.12:
            chart.assess(day, "iUPD")
            day += days(rng.choice((chart.near(56), chart.near(56), 28)))
            chart.assess(day, rng.choice(("PR", "SD", "CR", "PD", "NE", "iUPD", "unmapped", "SD")))
            if chart.chance(0.2):
                chart.assess(day, rng.choice(("NE", "PD", "iUPD", "SD")))
        elif draw < 0.3:
            chart.assess(day, "PD")
            if chart.chance(0.5):
                return
        else:
            chart.assess(day, rng.choice(("SD", "PR", "SD", "CR", "NE", "unmapped")))
            if chart.chance(0.15):
                chart.assess(day, rng.choice(("SD", "PR", "NE", "CR", "PD", "unmapped")))
        day += days(rng.randrange(35, 75))
    if next_line and chart.chance(0.5):
        chart.assess(next_line + days(chart.near(0)), rng.choice(("PD", "SD", "PR", "NE")))


def _follow_up(chart: Chart, index: date, next_line: date | None, last_day: date, progressions: Sequence[date]) -> None:
    """Contacts and deaths: exact, by the month, on or before the index, or none at all."""
    rng = chart.rng
    for _ in range(rng.randrange(0, 4)):
        chart.contact(index + days(rng.randrange(0, max(1, (last_day - index).days))), rng.choice(("alive", "alive", "alive", "lost")))
    kind = chart.pick({"alive": 38, "dead": 30, "month": 22, "early": 5, "both": 5})
    if kind == "alive":
        chart.contact(last_day, rng.choice(("alive", "alive", "lost")))
        return
    died = last_day
    if kind == "early":
        died = index + days(chart.near(0))
    elif next_line and chart.chance(0.3):
        died = next_line + days(chart.near(0))
    elif progressions and chart.chance(0.15):
        died = rng.choice(progressions)
    elif chart.chance(0.2):
        died = index + days(rng.choice((chart.near(14), 3, 30)))
    if kind in ("dead", "early", "both"):
        chart.contact(died + days(rng.randrange(0, 40)), "dead", died)
        if chart.chance(0.2):
            chart.contact(died + days(rng.randrange(40, 80)), rng.choice(("dead", "lost")), died + days(chart.near(0)))
    if kind in ("month", "both"):
        month = Month(died.replace(day=1))
        if chart.chance(0.5):
            chart.contact(died + days(rng.randrange(0, 60)), "dead", month)
        else:
            chart.contact(month.day + days(rng.choice((0, 2, 13, 14, 15, 27))), "dead", month)
        if chart.chance(0.1):
            chart.contact(month.day + days(rng.choice((14, 20))), "alive", month)  # speaks of the death: no record of life
        for _ in range(rng.choice((0, 1, 2))):
            day = month.day + days(rng.choice((12, 13, 14, 15, 20, 26, 27)))
            rng.choice(
                (chart.lab, lambda one: chart.contact(one, "alive"), lambda one: chart.contact(one, "lost"), lambda one: chart.ecog(one, 3))
            )(day)
        if chart.chance(0.1):
            next_month = (month.day + days(31)).replace(day=1)
            chart.contact(next_month + days(20), "dead", Month(next_month))


def _other_orders(chart: Chart, index: date) -> None:
    """Orders that must not count, or whose names are traps."""
    rng = chart.rng
    draw = rng.random()
    if draw < 0.04:
        chart.order(rng.choice(texts.DRUGS[rng.choice(ICIS)]), index - days(rng.choice((1, 0, 1, 400, -1))))
    elif draw < 0.1:
        chart.order(rng.choice(texts.DRUGS[rng.choice(ICIS)]), index - days(rng.choice((1, 100))), status=rng.choice(texts.NOT_GIVEN))
    elif draw < 0.14:
        chart.order(rng.choice(texts.DRUGS[rng.choice(ICIS)]), index - days(1), status=rng.choice(texts.UNKNOWN_STATUS))
    elif draw < 0.2:
        chart.order(rng.choice(texts.TRAPS), index + days(rng.randrange(-300, 300)), code=rng.choice((None, *texts.CODES)))
    if chart.chance(0.1):
        chart.order("study drug X", index + days(rng.randrange(-200, 200)), code=rng.choice(texts.CODES))
    for _ in range(rng.randrange(0, 3)):
        chart.order(rng.choice(texts.OTHER_DRUGS), index + days(rng.randrange(-100, 400)))


def _diagnoses(chart: Chart, index: date, tki_start: date, diagnosed: date) -> None:
    """Lung cancer with its stage, the advanced date at every edge, and small-cell histology around the index."""
    rng = chart.rng
    code = rng.choice(texts.LUNG_CODES)
    kind = chart.pick({"before": 82, "at tki": 6, "across": 6, "at index": 4, "never": 2})
    advanced = {
        "before": diagnosed,
        "at tki": tki_start + days(chart.near(0)),
        "across": tki_start + days(rng.randrange(5, 60)),
        "at index": index + days(chart.near(0)),
        "never": None,
    }[kind]
    if advanced is None or advanced > diagnosed:
        chart.diagnosis(diagnosed, code, rng.choice(texts.STAGE_EARLY), rng.choice(texts.HISTOLOGY))
        chart.diagnosis(diagnosed + days(1), "C77.1")
    if advanced is not None:
        shape = chart.pick({"IV": 6, "IIIB": 2, "metastasis": 2})
        if shape == "metastasis":
            chart.diagnosis(min(diagnosed, advanced), code, rng.choice(texts.STAGE_EARLY), rng.choice(texts.HISTOLOGY))
            chart.diagnosis(advanced, rng.choice(texts.DISTANT_CODES))
        else:
            chart.diagnosis(advanced, code, rng.choice(texts.STAGE_IV if shape == "IV" else texts.STAGE_IIIB), rng.choice(texts.HISTOLOGY))
    if chart.chance(0.1):
        chart.diagnosis(tki_start - days(rng.randrange(1, 200)), rng.choice(("C50.9", "C18.9")), "IV", rng.choice(texts.SMALL_CELL))
    if chart.chance(0.05):
        histology = rng.choice(texts.SMALL_CELL + texts.SMALL_CELL_COMBINED)
        chart.diagnosis(index + days(rng.choice((-1, 0, 1, 60))), code, rng.choice(("", "IV")), histology)
    if chart.chance(0.2):
        chart.diagnosis(index + days(rng.randrange(-100, 200)), rng.choice(("I10", "Z51.1", "C77.0", "C34.9")))


def alk_patient(chart: Chart) -> None:
    """A plausible ALK-positive patient who comes to an index, or misses it by a day."""
    rng = chart.rng
    born, index = _birth(chart, _index_day(chart))
    gap = chart.pick({0: 6, 1: 4, rng.randrange(2, 60): 73, chart.near(365): 9, rng.randrange(60, 360): 8})
    resistance = index - days(gap)
    end_kind = chart.pick({"around": 45, "grace": 15, "carried": 22, "beyond": 8, "until index": 10})
    tki_end = {
        "around": resistance + days(rng.randrange(-20, 20)),
        "grace": resistance - days(chart.near(30)),
        "carried": index + days(chart.near(14)),
        "beyond": index + days(rng.randrange(15, 300)),
        "until index": index - days(1),
    }[end_kind]
    early = chart.chance(0.12)
    tki_start = resistance - days(chart.near(14)) if early else min(tki_end, resistance) - days(rng.randrange(40, 700))
    tki_end = max(tki_end, tki_start)
    tki = rng.sample(ALK_TKIS, 3)
    _tki_orders(chart, tki[0], tki_start, tki_end)
    first = tki_start
    for number in range(1, rng.choice((1, 1, 2, 3))):
        earlier_end = first - days(rng.randrange(1, 40))
        first = earlier_end - days(rng.randrange(50, 500))
        _tki_orders(chart, tki[number], first, earlier_end)
        if chart.chance(0.6):
            chart.assess(earlier_end + days(rng.choice((0, -3, chart.near(30)))), "PD")
    diagnosed = first - days(rng.randrange(0, 60))
    chart.person(chart.ids[0], born)
    _diagnoses(chart, index, first, diagnosed)
    if chart.chance(0.12):  # neoadjuvant or an earlier line
        regimen = rng.choice((["pemetrexed", "carboplatin"], ["docetaxel"], ["atezolizumab"]))
        _cycles(chart, regimen, diagnosed - days(rng.randrange(-60, 150)), 3)
    if chart.chance(0.06):  # an ALK-TKI beside the index line
        _tki_orders(chart, tki[1], index + days(rng.randrange(0, 30)), index + days(rng.randrange(30, 200)))
    for _ in range(rng.randrange(0, 3)):
        chart.assess(tki_start + days(rng.randrange(0, max(1, (resistance - tki_start).days))), rng.choice(("PR", "SD", "CR", "NE", "SD")))
    response = chart.pick({"PD": 90, "iUPD": 8, "SD": 2})
    chart.assess(resistance, response)
    if response == "iUPD" and chart.chance(0.7):
        chart.order(rng.choice(texts.DRUGS[rng.choice(ICIS)]), resistance + days(chart.near(0)))
        chart.assess(resistance + days(chart.near(56)), rng.choice(("SD", "PR", "PD")))
    last = _treat_index(chart, index)
    next_line = None
    if chart.chance(0.5):
        next_line = max(index + days(30), last + days(rng.randrange(-40, 60)))
        options = (
            [rng.choice(NEXT_DRUGS)],
            [tki[2]],
            ["docetaxel", "anlotinib"],
            [rng.choice(ICIS)],
            [rng.choice(NEXT_DRUGS), "bevacizumab"],
        )
        _cycles(chart, rng.choice(options), next_line, rng.randrange(1, 6))
    last_day = index + days(rng.randrange(20, 700))
    if chart.chance(0.04):  # nothing, or only a lost contact, after the index
        chart.contact(index + days(chart.near(0)), rng.choice(("alive", "lost")))
        if chart.chance(0.3):  # a lost contact is no follow-up, but the death of which it tells is one
            chart.contact(index + days(90), "lost", index + days(rng.choice((0, 1, 60))))
    else:
        _response_course(chart, index, next_line, last_day)
        progressions = [day for day in (one.values.get("assessed_on") for one in chart.records) if isinstance(day, date) and day > index]
        _follow_up(chart, index, next_line, last_day, progressions)
    _alk_tests(chart, index, diagnosed)
    _pd_l1_tests(chart, resistance, index, diagnosed)
    _other_orders(chart, index)
    for _ in range(rng.choice((0, 1, 2, 3))):
        chart.ecog(index + days(rng.choice((-30, -1, 0, 0, 1))), rng.randrange(0, 5))
    for _ in range(rng.choice((0, 1, 3))):
        chart.lab(index + days(rng.randrange(-200, 800)))


def lung_patient(chart: Chart) -> None:
    """Lung cancer without an ALK fusion, or without resistance: most criteria fail one by one."""
    rng = chart.rng
    born, index = _birth(chart, _index_day(chart))
    chart.person(chart.ids[0], born)
    diagnosed = index - days(rng.randrange(0, 300))
    histology = texts.SMALL_CELL + texts.SMALL_CELL_COMBINED if chart.chance(0.3) else texts.HISTOLOGY
    chart.diagnosis(diagnosed, rng.choice(texts.LUNG_CODES), rng.choice(texts.STAGE_IV + texts.STAGE_EARLY), rng.choice(histology))
    if chart.chance(0.7):
        name, method, result = rng.choice(texts.ALK_NEGATIVE + texts.ALK_POSITIVE[:4])
        chart.test(name, method, result, diagnosed)
    if chart.chance(0.4):
        start = diagnosed + days(10)
        _tki_orders(chart, rng.choice(ALK_TKIS), start, start + days(rng.randrange(0, 200)))
    if chart.chance(0.6):
        _cycles(chart, [rng.choice(NEXT_DRUGS)], index, 4)
    chart.assess(diagnosed + days(60), rng.choice(("PD", "SD", "PR")))
    chart.contact(index + days(200), "alive")


def other_patient(chart: Chart) -> None:
    """Somebody whom the hospital treats for something else, now and then with an ALK-TKI all the same."""
    rng = chart.rng
    born, index = _birth(chart, _index_day(chart))
    chart.person(chart.ids[0], born)
    if chart.chance(0.8):
        chart.diagnosis(index, rng.choice(("I10", "C50.9", "C79.3", "J18.9", "Z85.1")), rng.choice(("", "IV")))
    if chart.chance(0.3):
        _cycles(chart, [rng.choice(("docetaxel", "pemetrexed", "bevacizumab"))], index, 3)
    if chart.chance(0.2):
        _tki_orders(chart, "crizotinib", index, index + days(40))
    for _ in range(rng.randrange(0, 3)):
        chart.lab(index + days(rng.randrange(0, 300)))


def patient(chart: Chart) -> None:
    """A random patient, mostly an ALK case."""
    rng = chart.rng
    kind = rng.random()
    (alk_patient if kind < 0.86 else lung_patient if kind < 0.94 else other_patient)(chart)
