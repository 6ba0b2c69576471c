"""The calibrated cohort as a file: what the generator must realise in raw rows and the pipeline must derive from them.

One row a patient, days counted from the index date. The columns that the published view `cohort` has too mean the same.
The sizes of arms and strata are invented, as is everything else but the agreement of the results with the paper's.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

CALIBRATED_COHORT = Path(__file__).with_name("calibrated_cohort.csv")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Treatment:
    """Drugs given together from `start` to `end`, both days from the index date and included."""

    ingredients: tuple[str, ...]
    start: int
    end: int

    def __str__(self) -> str:
        return f"{'+'.join(self.ingredients)}:{self.start}:{self.end}"

    @classmethod
    def parse(cls, text: str) -> "Treatment":
        """The treatment of a text like `carboplatin+pemetrexed:-300:-237`."""
        ingredients, start, end = text.rsplit(":", 2)
        return cls(tuple(ingredients.split("+")), int(start), int(end))


@dataclass(frozen=True)
class CalibratedPatient:
    """One patient of the calibrated cohort; None where a thing did not happen."""

    case: str
    index_date: date
    arm: str
    regimen_class: str
    regimen: tuple[str, ...]
    index_end: int
    tki_until: int | None
    sex: str
    birth_date: date
    age_at_index: int
    smoking: str
    ecog_at_index: int | None
    histology_class: str
    first_diagnosis_day: int
    advanced_day: int
    prior_treatment: tuple[Treatment, ...]
    prior_lines: int
    prior_alk_tki_count: int
    prior_alk_tki_generation: int
    resistance_day: int
    rebiopsy_day: int | None
    pd_l1_from_rebiopsy: bool
    pd_l1_status: str
    pd_l1_level: str | None
    pd_l1_tps: int | None
    scans: tuple[tuple[int, str], ...]
    pfs_days: int
    pfs_event: bool
    pfs_end_reason: str
    best_response: str
    next_line: Treatment | None
    os_days: int
    os_event: bool
    death_precision: str | None

    @property
    def rebiopsied(self) -> bool:
        """Whether tissue was taken between resistance and the index treatment."""
        return self.rebiopsy_day is not None

    @property
    def tki_continued(self) -> bool:
        """Whether the last ALK-TKI is carried on into the index line."""
        return self.tki_until is not None

    def on(self, day: int) -> date:
        """The date of a day from the index date."""
        return self.index_date + day * ONE_DAY


DERIVED = ("rebiopsied", "tki_continued")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        if value and isinstance(value[0], str):
            return " + ".join(value)
        return " ".join(f"{item[0]}:{item[1]}" if isinstance(item, tuple) else str(item) for item in value)
    return str(value)


def _number(text: str) -> int | None:
    return int(text) if text else None


def write_cohort(patients: Sequence[CalibratedPatient], path: Path = CALIBRATED_COHORT) -> None:
    """Writes the patients, with the facts that follow from others written out too."""
    names = [*CalibratedPatient.__dataclass_fields__, *DERIVED]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_text(getattr(patient, name)) for name in names] for patient in patients)


def read_rows(path: Path = CALIBRATED_COHORT) -> list[dict[str, str]]:
    """The rows of the file as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _scans(text: str) -> Iterable[tuple[int, str]]:
    for scan in text.split():
        day, response = scan.split(":")
        yield int(day), response


def read_cohort(path: Path = CALIBRATED_COHORT) -> tuple[CalibratedPatient, ...]:
    """The patients of the file."""
    return tuple(
        CalibratedPatient(
            case=row["case"],
            index_date=date.fromisoformat(row["index_date"]),
            arm=row["arm"],
            regimen_class=row["regimen_class"],
            regimen=tuple(row["regimen"].split(" + ")),
            index_end=int(row["index_end"]),
            tki_until=_number(row["tki_until"]),
            sex=row["sex"],
            birth_date=date.fromisoformat(row["birth_date"]),
            age_at_index=int(row["age_at_index"]),
            smoking=row["smoking"],
            ecog_at_index=_number(row["ecog_at_index"]),
            histology_class=row["histology_class"],
            first_diagnosis_day=int(row["first_diagnosis_day"]),
            advanced_day=int(row["advanced_day"]),
            prior_treatment=tuple(Treatment.parse(text) for text in row["prior_treatment"].split()),
            prior_lines=int(row["prior_lines"]),
            prior_alk_tki_count=int(row["prior_alk_tki_count"]),
            prior_alk_tki_generation=int(row["prior_alk_tki_generation"]),
            resistance_day=int(row["resistance_day"]),
            rebiopsy_day=_number(row["rebiopsy_day"]),
            pd_l1_from_rebiopsy=row["pd_l1_from_rebiopsy"] == "true",
            pd_l1_status=row["pd_l1_status"],
            pd_l1_level=row["pd_l1_level"] or None,
            pd_l1_tps=_number(row["pd_l1_tps"]),
            scans=tuple(_scans(row["scans"])),
            pfs_days=int(row["pfs_days"]),
            pfs_event=row["pfs_event"] == "true",
            pfs_end_reason=row["pfs_end_reason"],
            best_response=row["best_response"],
            next_line=Treatment.parse(row["next_line"]) if row["next_line"] else None,
            os_days=int(row["os_days"]),
            os_event=row["os_event"] == "true",
            death_precision=row["death_precision"] or None,
        )
        for row in read_rows(path)
    )
