"""The chart of one patient of a storyline: what happened, noted as rows of the exports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from synthetic.days import LAST_KNOWN_DAY, NO_DAY
from synthetic.draws import Draws
from synthetic.drugs import CODES, COMBINATIONS, DOSES, DRUG_NAMES, ROUTES, UNITS
from synthetic.frames import NOTHING, Records
from synthetic.spellings import (
    ECOG_FORMS,
    IMPRESSION,
    IMPRESSION_OF,
    MODALITIES,
    ORDER_STATUS,
    RESPONSE,
    SITES,
    TISSUE_PROCEDURES,
    VITAL_STATUS,
    Report,
)

FULL, FIRST_DELTA, SECOND_DELTA = range(3)
CYCLE_DAYS = 21
INDUCTION_CYCLES = 6
# Drugs that stop after the first cycles, while the others are kept up.
INDUCTION_ONLY = frozenset({"carboplatin", "cisplatin", "nedaplatin", "paclitaxel", "nab-paclitaxel", "etoposide"})
# Drugs of an index line that are taken for some days of a cycle: how many.
DAYS_OF_CYCLE = {"anlotinib": 14, "recombinant human endostatin": 7}
LONGEST_DISPENSING_DAYS = 30


@dataclass
class Person:
    """Who the patient is: number, day of birth, sex and smoking (`never`, `ever`, `unknown`)."""

    number: int
    birth: int
    is_male: bool
    smoking: str


@dataclass
class Chart:
    """Notes rows for one person; days after `last_day` are not noted, so that a story can't outlive its end."""

    person: Person
    records: Records
    draws: Draws
    last_day: int = LAST_KNOWN_DAY
    visits: list[int] = field(default_factory=list)

    def note(self, table: str, day: int, values: Mapping[str, object], version_of: int | None = None) -> int:
        """Notes a row of the patient and returns its number, NOTHING if the story is over by that day."""
        if day > self.last_day:
            return NOTHING
        return self.records.add(table, {"_patient": self.person.number, **values}, version_of)

    def retract(self, table: str, row: int, values: Mapping[str, object]) -> None:
        """A later export takes the row back."""
        batch = SECOND_DELTA if table == "specimens" else self.draws.pick((FIRST_DELTA, SECOND_DELTA))
        tombstone = {"_patient": self.person.number, **values, "_batch": batch, "_deleted": True}
        self.records.add(table, tombstone, version_of=row)

    def visit(self, day: int) -> None:
        """A day on which blood is taken."""
        if day <= self.last_day:
            self.visits.append(day)

    def diagnosis(self, day: int, code: str, text: str | None, histology: str | None = None, stage: str | None = None) -> None:
        """A coded diagnosis."""
        values = {"diagnosed_on": day, "icd10_code": code, "diagnosis_text": text, "histology_text": histology, "stage_text": stage}
        self.note("diagnoses", day, values)

    def order(
        self, day: int, ingredient: str, end: int = NO_DAY, status: str = "given", name: str | None = None, **extra: object
    ) -> tuple[int, dict[str, object]]:
        """An order of a drug; gives its number and its values."""
        values = {
            "drug_name": name or DRUG_NAMES.one(ingredient, self.draws),
            "drug_code": CODES.one(ingredient, self.draws),
            "dose": DOSES.one(ingredient, self.draws),
            "dose_unit": UNITS.one(ingredient, self.draws),
            "route": ROUTES.one(ingredient, self.draws),
            "started_on": day,
            "ended_on": end,
            "status": ORDER_STATUS.one(status, self.draws),
            **extra,
        }
        return self.note("medications", day, values), values

    def give_together(self, day: int, ingredients: Sequence[str]) -> None:
        """The drugs of one infusion day: as orders of their own, or as one order that names them all."""
        together = tuple(sorted(ingredients))
        if together in COMBINATIONS and self.draws.happens(160):
            self.order(day, together[0], name=self.draws.pick(COMBINATIONS[together]), drug_code=None, dose=None, dose_unit=None)
            return
        for ingredient in ingredients:
            same_day = day if self.draws.happens(300) else NO_DAY
            length = DAYS_OF_CYCLE.get(ingredient)
            self.order(day, ingredient, end=same_day if length is None else min(day + length - 1, self.last_day))

    def cycles(self, ingredients: Sequence[str], start: int, end: int, delayed: Sequence[str] = ()) -> None:
        """Infusions every three weeks from `start` to `end`; `delayed` drugs join with the second cycle."""
        day, number = start, 1
        while day <= end:
            given = [one for one in ingredients if number <= INDUCTION_CYCLES or one not in INDUCTION_ONLY or len(ingredients) == 1]
            given = [one for one in given if number > 1 or one not in delayed]
            if not given:
                return
            self.give_together(day, given)
            self.order(day, self.draws.pick(("dexamethasone", "ondansetron", "palonosetron")), end=day)
            if "pemetrexed" in ingredients and number % 3 == 1:
                self.order(day, self.draws.pick(("folic acid", "cyanocobalamin")))
            self.visit(day)
            day += CYCLE_DAYS if number == 1 else CYCLE_DAYS + self.draws.pick((0, 0, 0, 1, 2, 7))
            number += 1

    def dispense(self, ingredient: str, start: int, end: int) -> None:
        """A month's tablets at a time from `start` to `end`, with the gaps that dispensing has."""
        day = start
        while day <= end:
            last = min(day + LONGEST_DISPENSING_DAYS - 1, end)
            is_last = last == end
            forgotten = not is_last and day > start and self.draws.happens(60)
            self.order(day, ingredient, end=NO_DAY if forgotten else last)
            following = last + 1 + self.draws.pick((0, 0, 0, 0, 1, 3, 9, 16))
            day = following if is_last or following <= end else last + 1

    def specimen(self, day: int, procedure: str | None = None, **extra: object) -> int:
        """A specimen, of tissue unless another procedure is given; gives its number."""
        values = {"collected_on": day, "procedure_text": procedure or self.draws.pick(TISSUE_PROCEDURES), **extra}
        return self.note("specimens", day, {"site_text": self.draws.pick(SITES), **values})

    def report(self, day: int, report: Report, specimen: int = NOTHING, **extra: object) -> tuple[int, dict[str, object]]:
        """A biomarker report; gives its number and its values."""
        name, method, text = report
        values = {"reported_on": day, "test_name": name, "method": method, "result_text": text, "_specimen": specimen, **extra}
        return self.note("biomarkers", day, values), values

    def assess(self, day: int, response: str, **extra: object) -> tuple[int, dict[str, object]]:
        """An assessment with a response of RESPONSE; gives its number and its values."""
        values = {
            "assessed_on": day,
            "modality": self.draws.pick(MODALITIES),
            "response_text": RESPONSE.one(response, self.draws),
            "impression_text": IMPRESSION.one(IMPRESSION_OF[response], self.draws),
            **extra,
        }
        return self.note("assessments", day, values), values

    def ecog(self, day: int, digit: int) -> None:
        """A performance status."""
        self.note("performance_status", day, {"observed_on": day, "ecog_text": self.draws.pick(ECOG_FORMS).format(digit)})

    def contact(self, day: int, status: str, died: int = NO_DAY, by_month: bool = False) -> None:
        """A follow-up contact, which may lie after the patient's last day: it is how a death is learnt of."""
        values = {"contacted_on": day, "vital_status": VITAL_STATUS.one(status, self.draws), "death_date": died, "_by_month": by_month}
        self.records.add("follow_ups", {"_patient": self.person.number, **values})
