"""The tables of the raw exports, as the invented hospital keeps them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One table: its columns in the order of the contract, the key first.

    `day` is the date that orders its rows, `dates` all of them, `prefix` begins its keys. `wobble` are the columns that an
    older version had wrong, `unknown` a column of the hospital's own that the contract doesn't know.
    """

    name: str
    columns: tuple[str, ...]
    day: str
    prefix: str
    wobble: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    unknown: str | None = None
    references: tuple[str, ...] = ("patient_id",)

    @property
    def key(self) -> str:
        """The primary key's column."""
        return self.columns[0]

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns that hold text, neither a number of a row or patient nor a date."""
        return tuple(name for name in self.columns if name not in {self.key, *self.references, *self.dates, "specimen_id"})


_TABLES = (
    Table(
        "patients",
        ("patient_id", "name", "national_id", "sex", "birth_date", "phone", "address", "smoking_status"),
        day="birth_date",
        prefix="P",
        wobble=("phone", "address", "smoking_status"),
        dates=("birth_date",),
        unknown="Insurance Type",
        references=(),
    ),
    Table(
        "patient_merges",
        ("retired_patient_id", "surviving_patient_id", "merged_at"),
        day="merged_at",
        prefix="P",
        dates=("merged_at",),
        references=("surviving_patient_id",),
    ),
    Table(
        "diagnoses",
        ("diagnosis_id", "patient_id", "diagnosed_on", "icd10_code", "diagnosis_text", "histology_text", "stage_text"),
        day="diagnosed_on",
        prefix="DX",
        wobble=("diagnosis_text", "stage_text"),
        dates=("diagnosed_on",),
        unknown="visit_no",
    ),
    Table(
        "medications",
        ("order_id", "patient_id", "drug_name", "drug_code", "dose", "dose_unit", "route", "started_on", "ended_on", "status"),
        day="started_on",
        prefix="M",
        wobble=("dose", "route"),
        dates=("started_on", "ended_on"),
        unknown="Prescriber",
    ),
    Table(
        "specimens",
        ("specimen_id", "patient_id", "collected_on", "procedure_text", "site_text"),
        day="collected_on",
        prefix="S",
        wobble=("procedure_text", "site_text"),
        dates=("collected_on",),
    ),
    Table(
        "biomarkers",
        ("test_id", "patient_id", "specimen_id", "reported_on", "test_name", "method", "result_text"),
        day="reported_on",
        prefix="B",
        wobble=("test_name", "result_text"),
        dates=("reported_on",),
        unknown="reported_by",
    ),
    Table(
        "assessments",
        ("assessment_id", "patient_id", "assessed_on", "modality", "response_text", "impression_text"),
        day="assessed_on",
        prefix="A",
        wobble=("response_text", "impression_text"),
        dates=("assessed_on",),
    ),
    Table(
        "performance_status",
        ("observation_id", "patient_id", "observed_on", "ecog_text"),
        day="observed_on",
        prefix="E",
        wobble=("ecog_text",),
        dates=("observed_on",),
    ),
    Table(
        "labs",
        ("lab_id", "patient_id", "collected_on", "analyte", "value_text", "unit"),
        day="collected_on",
        prefix="",
        wobble=("value_text",),
        dates=("collected_on",),
    ),
    Table(
        "follow_ups",
        ("contact_id", "patient_id", "contacted_on", "vital_status", "death_date"),
        day="contacted_on",
        prefix="F",
        dates=("contacted_on", "death_date"),
    ),
)
TABLES = {table.name: table for table in _TABLES}
