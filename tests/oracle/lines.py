"""Drug eras and lines of therapy (protocol, rules 4, 5 and 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .drugs import ANTI_CANCER, ORAL_TKI, Vocabulary, exchangeable
from .facts import Order, Patient


@dataclass(frozen=True)
class Era:
    """A spell on one ingredient."""

    ingredient: str
    start: date
    end: date


@dataclass
class Line:
    """The state of a line while the days go by, and the line when they have gone."""

    number: int
    start: date
    eras: list[Era]
    regimen: set[str]
    end: date | None = None

    @property
    def latest_end(self) -> date:
        """The latest end so far of the line's eras."""
        return max(era.end for era in self.eras)


def drug_eras(orders: list[Order], vocabulary: Vocabulary, protocol: dict[str, Any]) -> list[Era]:
    """Rule 4: orders of one anti-cancer ingredient merge while the next starts at most 60 days after the latest end so far."""
    eras: list[Era] = []
    by_ingredient: dict[str, list[Order]] = {}
    for order in orders:
        for ingredient in order.ingredients:
            if vocabulary.drug_class[ingredient] in ANTI_CANCER:
                by_ingredient.setdefault(ingredient, []).append(order)
    for ingredient, given in sorted(by_ingredient.items()):
        oral_tki = vocabulary.drug_class[ingredient] in ORAL_TKI
        gap = protocol["era_gap_days_oral_tki"] if oral_tki else protocol["era_gap_days"]
        given.sort(key=lambda order: (order.start, order.end))
        start, end = given[0].start, given[0].end
        for order in given[1:]:
            if (order.start - end).days <= gap:
                end = max(end, order.end)
            else:
                eras.append(Era(ingredient, start, end))
                start, end = order.start, order.end
        eras.append(Era(ingredient, start, end))
    return eras


def advanced_date(patient: Patient) -> date | None:
    """Rule 3: the first `C34*` row with stage IIIB, IIIC or IV, or any row with a code for distant metastasis."""
    days = [one.day for one in patient.diagnoses if (one.is_lung and one.advanced_stage) or one.is_distant_metastasis]
    return min(days, default=None)


def _continues(line: Line, era: Era, day: date, latest_end: date, protocol: dict[str, Any]) -> bool:
    """Rule 5: a later era whose ingredient is in the regimen or exchangeable with one that is, not too long after the line's end."""
    known = any(exchangeable(era.ingredient, one) for one in line.regimen)
    return known and (day - latest_end).days <= protocol["line_gap_days"]


def _start_line(before: Line | None, day: date, beginning: list[Era], protocol: dict[str, Any]) -> Line:
    """Rule 5: the new line, with what is carried on from the line before."""
    former = before.eras if before else []
    carried = [era for era in former if era.start < day and (era.end - day).days >= protocol["carry_over_days"]]
    eras = carried + beginning
    return Line(1 if before is None else before.number + 1, day, eras, {era.ingredient for era in eras})


def lines_of_therapy(eras: list[Era], advanced: date | None, protocol: dict[str, Any]) -> list[Line]:
    """Rule 5, a day at a time, from the advanced date to the last day on which an era begins."""
    if advanced is None:
        return []
    # An era that ends before the advanced date forms no line; one that runs across it starts, here only, on it.
    at_work = [Era(era.ingredient, max(era.start, advanced), era.end) for era in eras if era.end >= advanced]
    beginnings: dict[date, list[Era]] = {}
    for era in at_work:
        beginnings.setdefault(era.start, []).append(era)
    if not beginnings:
        return []
    lines: list[Line] = []
    day = min(beginnings)
    while day <= max(beginnings):
        beginning = beginnings.get(day, [])
        if beginning:
            line = lines[-1] if lines else None
            if line is None:
                lines.append(_start_line(None, day, beginning, protocol))
            elif (day - line.start).days <= protocol["regimen_window_days"]:
                line.eras.extend(beginning)
                line.regimen.update(era.ingredient for era in beginning)
            else:
                latest_end = line.latest_end
                if all(_continues(line, era, day, latest_end, protocol) for era in beginning):
                    line.eras.extend(beginning)
                else:  # an era of any other kind starts the next line, and so do all eras that begin on that day
                    lines.append(_start_line(line, day, beginning, protocol))
        day += timedelta(days=1)
    # A line ends on the last day of its eras, but not later than the day before the next line.
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        line.end = line.latest_end if following is None else min(line.latest_end, following.start - timedelta(days=1))
    return lines


def classes_of(line: Line, vocabulary: Vocabulary) -> set[str]:
    """The drug classes of a line's regimen."""
    return {vocabulary.drug_class[ingredient] for ingredient in line.regimen}


def regimen_class(line: Line, vocabulary: Vocabulary) -> str:
    """Rule 9: the class of a regimen, which no TKI changes; without ICI and chemotherapy `alk_tki` or `other`."""
    classes = classes_of(line, vocabulary)
    parts = []
    if "ici" in classes:
        parts.append("ici")
    if "chemotherapy" in classes:
        parts.append("chemo")
    if not parts:
        return "alk_tki" if "alk_tki" in classes else "other"
    if "anti_angiogenic" in classes:
        parts.append("antiangiogenic")
    return "ici_mono" if parts == ["ici"] else "_".join(parts)


def regimen_text(line: Line) -> str:
    """The ingredients in alphabetical order."""
    return " + ".join(sorted(line.regimen))
