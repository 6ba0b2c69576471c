"""The hospital's other patients, by the ten thousand: no cancer, other cancers, and lung cancer without an ALK rearrangement.

Everything is drawn for all patients at once: a chunk of 20,000 costs about a second.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from synthetic import identities
from synthetic.days import HOSPITAL_OPENED, LAST_KNOWN_DAY, NO_DAY, DateTexts, number
from synthetic.draws import Draws
from synthetic.drugs import CODES, DOSES, DRUG_NAMES, ROUTES, UNITS
from synthetic.frames import NOTHING, Frames, frame, ragged, with_column
from synthetic.spellings import (
    ADVANCED_STAGES,
    ALK_NEGATIVE,
    ALK_NO_RESULT,
    BLOOD_PROCEDURES,
    DISTANT_CODES,
    DISTANT_TEXTS,
    EARLY_STAGES,
    ECOG_FORMS,
    HISTOLOGY,
    IMPRESSION,
    IMPRESSION_OF,
    LUNG_CODES,
    LUNG_TEXTS,
    MODALITIES,
    NODE_CODES,
    ORDER_STATUS,
    OTHER_PROCEDURES,
    OTHER_REPORTS,
    PD_L1_ANY,
    PD_L1_TESTS,
    RESECTIONS,
    RESPONSE,
    SEX,
    SITES,
    SMOKING,
    TISSUE_PROCEDURES,
    VITAL_STATUS,
    Report,
    Spellings,
    choose,
)

GENERAL, OTHER_CANCER, LUNG = range(3)
KIND_WEIGHTS = (870, 75, 55)
# No specimen is younger than the second export: the third has nothing but retractions of specimens.
LAST_SPECIMEN_DAY = LAST_KNOWN_DAY - 31

GENERAL_DIAGNOSES = (
    ("I10.x00", "高血压"),
    ("E11.900", "2型糖尿病"),
    ("J18.900", "肺炎"),
    ("J44.100", "慢性阻塞性肺病急性加重"),
    ("K29.500", "慢性胃炎"),
    ("I25.103", "冠心病"),
    ("N18.900", "慢性肾脏病"),
    ("R91.x00", "肺结节, 待查"),
    ("Z00.000", "健康体检"),
    ("M54.500", "腰痛"),
    ("J06.900", "上呼吸道感染"),
    ("D64.900", "贫血"),
    ("Z85.100", "肺恶性肿瘤个人史"),
    ("H25.900", "白内障"),
    ("O80.x00", "单胎顺产"),
    ("J45.900", "支气管哮喘"),
)
GENERAL_DRUGS = (
    *("amlodipine", "metformin", "atorvastatin", "aspirin", "ceftriaxone", "levofloxacin", "ambroxol", "furosemide", "ibuprofen"),
    *("insulin", "bisoprolol", "omeprazole", "pantoprazole", "sodium chloride", "dexamethasone", "folic acid"),
)
# Other tumours: ICD-10 code, words, and the drugs of a cycle.
TUMOURS = (
    ("C50.900", "乳腺恶性肿瘤", ("trastuzumab", "docetaxel")),
    ("C50.401", "左乳癌术后", ("cyclophosphamide", "doxorubicin")),
    ("C18.900", "结肠恶性肿瘤", ("oxaliplatin", "capecitabine")),
    ("C20.x00", "直肠癌", ("irinotecan", "fluorouracil")),
    ("C16.900", "胃恶性肿瘤", ("oxaliplatin", "tegafur/gimeracil/oteracil")),
    ("C22.000", "肝细胞癌", ("sorafenib", "camrelizumab")),
    ("C22.000", "原发性肝癌", ("lenvatinib", "lenvatinib")),
    ("C83.300", "弥漫大B细胞淋巴瘤", ("rituximab", "cyclophosphamide")),
    ("C61.x00", "前列腺癌", ("goserelin", "bicalutamide")),
    ("C25.900", "胰腺恶性肿瘤", ("gemcitabine", "nab-paclitaxel")),
    ("C92.100", "慢性粒细胞白血病", ("imatinib", "imatinib")),
    ("C50.900", "右乳癌", ("letrozole", "tamoxifen")),
)
# Lung cancer without ALK: histology, and the drugs of a cycle.
LUNG_COURSES = (
    ("adenocarcinoma", ("pemetrexed", "carboplatin")),
    ("adenocarcinoma", ("osimertinib", "osimertinib")),
    ("adenocarcinoma", ("gefitinib", "gefitinib")),
    ("adenocarcinoma", ("aumolertinib", "aumolertinib")),
    ("adenocarcinoma", ("pembrolizumab", "pemetrexed")),
    ("adenocarcinoma", ("selpercatinib", "entrectinib")),
    ("squamous", ("paclitaxel", "carboplatin")),
    ("squamous", ("tislelizumab", "nab-paclitaxel")),
    ("squamous", ("gemcitabine", "cisplatin")),
    ("nsclc_nos", ("docetaxel", "nedaplatin")),
    ("adenosquamous", ("vinorelbine", "cisplatin")),
    ("blank", ("afatinib", "icotinib")),
    ("small_cell", ("etoposide", "carboplatin")),
    ("small_cell", ("etoposide", "cisplatin")),
    ("combined", ("durvalumab", "etoposide")),
)
# Before this day patients get what was to be had: the first course of their histology, the other course of their tumour.
NEW_DRUGS_ON_SALE = number(date(2020, 4, 1))
OLD_LUNG_COURSE = {4: 0, 5: 2, 3: 2, 7: 6, 14: 12}
OLD_TUMOUR = {5: 6}
SMALL_CELL_COURSES = tuple(number for number, (histology, _) in enumerate(LUNG_COURSES) if histology in {"small_cell", "combined"})
SUPPORTIVE = ("dexamethasone", "ondansetron", "palonosetron", "filgrastim", "zoledronic acid", "pantoprazole", "morphine", "unknown")

# Laboratory: Chinese name, English name, unit, decimals, lowest and highest value in units of the last decimal.
ANALYTES = (
    ("白细胞计数", "WBC", "10^9/L", 1, 20, 180),
    ("血红蛋白", "HGB", "g/L", 0, 70, 170),
    ("血小板计数", "PLT", "10^9/L", 0, 60, 450),
    ("中性粒细胞", "NEUT#", "10^9/L", 1, 10, 140),
    ("淋巴细胞", "LYMPH#", "10^9/L", 1, 3, 45),
    ("丙氨酸氨基转移酶", "ALT", "U/L", 0, 5, 160),
    ("天冬氨酸氨基转移酶", "AST", "U/L", 0, 8, 150),
    ("总胆红素", "TBIL", "umol/L", 1, 30, 420),
    ("白蛋白", "ALB", "g/L", 1, 240, 520),
    ("肌酐", "CREA", "umol/L", 0, 35, 260),
    ("尿素", "UREA", "mmol/L", 1, 20, 210),
    ("葡萄糖", "GLU", "mmol/L", 1, 35, 180),
    ("钾", "K+", "mmol/L", 1, 28, 60),
    ("钠", "Na+", "mmol/L", 0, 125, 150),
    ("氯", "Cl-", "mmol/L", 0, 92, 112),
    ("乳酸脱氢酶", "LDH", "U/L", 0, 110, 620),
    ("C反应蛋白", "CRP", "mg/L", 1, 2, 990),
    ("癌胚抗原", "CEA", "ng/mL", 1, 5, 980),
    ("细胞角蛋白19片段", "CYFRA21-1", "ng/mL", 1, 8, 300),
    ("神经元特异性烯醇化酶", "NSE", "ng/mL", 1, 60, 600),
    ("D-二聚体", "D-Dimer", "mg/L", 2, 5, 900),
    ("促甲状腺激素", "TSH", "mIU/L", 2, 10, 990),
    ("肌酸激酶", "CK", "U/L", 0, 20, 400),
    ("总胆固醇", "TC", "mmol/L", 1, 25, 85),
)
_WIDEST = 1000


def _value_texts() -> pa.Array:
    """Every value that an analyte can have, `_WIDEST` an analyte, then those of no number."""
    texts = []
    for _, _, _, decimals, low, high in ANALYTES:
        for step in range(_WIDEST):
            value = low + step % (high - low + 1)
            whole, part = divmod(value, 10**decimals)
            texts.append(f"{whole}.{part:0{decimals}d}" if decimals else str(value))
    return pa.array(texts)


class Background:
    """Draws the other patients of the hospital."""

    def __init__(self, texts: DateTexts) -> None:
        self._date_texts = texts
        self._values = _value_texts()
        self._analytes = pa.array([name for analyte in ANALYTES for name in analyte[:2]])
        self._units = pa.array([analyte[2] for analyte in ANALYTES])

    def labs(self, patients: np.ndarray, days: np.ndarray, draws: Draws) -> pa.Table:
        """A panel of tests for each visit of `patients` on `days`."""
        visits, position = ragged(8 + draws.below(17, len(days)))
        analyte = (draws.below(len(ANALYTES), len(days))[visits] + position) % len(ANALYTES)
        size = len(visits)
        return frame(
            "labs",
            size,
            {
                "_row": np.arange(size),
                "_patient": patients[visits],
                "collected_on": days[visits],
                "analyte": self._analytes.take(pa.array(analyte * 2 + draws.chance(250, size))),
                "value_text": self._values.take(pa.array(analyte * _WIDEST + draws.below(_WIDEST, size))),
                "unit": self._units.take(pa.array(analyte)),
            },
        )

    def patients(self, patients: np.ndarray, births: np.ndarray, is_male: np.ndarray, smoking: np.ndarray, draws: Draws) -> pa.Table:
        """Rows of `patients` for people of given birth days, sex and smoking (codes of SMOKING)."""
        size = len(patients)
        return frame(
            "patients",
            size,
            {
                "_row": np.arange(size),
                "_patient": patients,
                "name": identities.names(draws, size),
                "national_id": identities.national_ids(births, is_male, self._date_texts, draws),
                "sex": SEX.spell(np.where(is_male, SEX.code("male"), SEX.code("female")), draws),
                "birth_date": births,
                "phone": identities.phones(draws, size),
                "address": identities.addresses(draws, size),
                "smoking_status": SMOKING.spell(smoking, draws),
            },
        )

    def mistaken(self, patients: np.ndarray, draws: Draws) -> Frames:
        """People who were registered by mistake: a later export takes them back, and their rows belong to nobody."""
        size = len(patients)
        born = HOSPITAL_OPENED - 9_000 - draws.below(9_000, size)
        own = self.patients(patients, born, draws.chance(500, size), draws.below(3, size), draws)
        delivered = with_column(own, "_batch", np.zeros(size, dtype=np.int8))
        retracted = with_column(own, "_batch", (1 + draws.below(2, size)).astype(np.int8))
        retracted = with_column(retracted, "_deleted", np.ones(size, dtype=bool))
        days = HOSPITAL_OPENED + 400 + draws.below(2_000, size)
        return {
            "patients": pa.concat_tables([delivered, retracted]).combine_chunks(),
            "labs": self.labs(patients[:1], days[:1], draws),
        }

    def draw(self, patients: np.ndarray, draws: Draws) -> tuple[Frames, np.ndarray]:
        """All rows of the patients of these numbers, and how each patient fares: the first criterion that is failed.

        The second array has 0 for patients without NSCLC and 1 for those with NSCLC but no ALK rearrangement.
        """
        size = len(patients)
        people = _People.draw(patients, draws)
        frames = {"patients": self.patients(patients, people.births, people.is_male, people.smoking, draws)}
        visits = _Visits.draw(people, draws)
        frames["labs"] = self.labs(patients[visits.owner], visits.days, draws)
        course = _to_be_had(draws.below(len(LUNG_COURSES), size), OLD_LUNG_COURSE, people.first)
        tumour = _to_be_had(draws.below(len(TUMOURS), size), OLD_TUMOUR, people.first)
        frames["diagnoses"] = _diagnoses(people, tumour, course, draws)
        frames["medications"] = _medications(people, visits, tumour, course, draws)
        frames["specimens"] = _specimens(people, draws)
        frames["biomarkers"] = _biomarkers(people, frames["specimens"].num_rows, draws)
        frames["assessments"] = _assessments(people, draws)
        frames["performance_status"] = _performance_status(people, visits, draws)
        frames["follow_ups"] = _follow_ups(people, draws)
        has_nsclc = (people.kinds == LUNG) & ~np.isin(course, SMALL_CELL_COURSES)
        return frames, has_nsclc.astype(np.int64)


@dataclass(frozen=True)
class _People:
    """The patients of a chunk: numbers, kinds, births, and the first and last day on which the hospital sees them."""

    patients: np.ndarray
    kinds: np.ndarray
    births: np.ndarray
    is_male: np.ndarray
    smoking: np.ndarray
    first: np.ndarray
    last: np.ndarray
    is_dead: np.ndarray

    @classmethod
    def draw(cls, patients: np.ndarray, draws: Draws) -> "_People":
        size = len(patients)
        kinds = draws.weighted(KIND_WEIGHTS, size)
        first = HOSPITAL_OPENED + draws.below(LAST_KNOWN_DAY - HOSPITAL_OPENED - 40, size)
        length = np.where(kinds == GENERAL, draws.below(1400, size), 60 + draws.below(1500, size))
        last = np.minimum(first + length, LAST_KNOWN_DAY)
        # Most are of middle age; cancer patients are older.
        age = 5 + draws.below(40, size) + draws.below(40, size)
        age = np.where(kinds == GENERAL, age, 35 + draws.below(24, size) + draws.below(24, size))
        return cls(
            patients=patients,
            kinds=kinds,
            births=first - age * 365 - draws.below(365, size),
            is_male=draws.chance(510, size),
            smoking=SMOKING.codes(("never", "ever", "unknown"))[draws.weighted((58, 32, 10), size)],
            first=first,
            last=last,
            is_dead=(kinds != GENERAL) & draws.chance(350, size),
        )

    def of(self, kind: int) -> np.ndarray:
        """Positions of the patients of one kind."""
        return np.flatnonzero(self.kinds == kind)


@dataclass(frozen=True)
class _Visits:
    """Visits in order of patients: the patient's position, and the day."""

    owner: np.ndarray
    days: np.ndarray

    @classmethod
    def draw(cls, people: _People, draws: Draws) -> "_Visits":
        size = len(people.patients)
        counts = np.where(people.kinds == GENERAL, 1 + draws.below(5, size), 4 + draws.below(8, size))
        owner, position = ragged(counts)
        spans = (people.last - people.first)[owner] // counts[owner]
        return cls(owner, people.first[owner] + position * spans + draws.below(np.maximum(spans, 1), len(owner)))


def _to_be_had(courses: np.ndarray, older: dict[int, int], first: np.ndarray) -> np.ndarray:
    """The courses, an older one in place of one whose drugs weren't on sale on the first day."""
    replaced = np.array([older.get(course, course) for course in range(max(len(LUNG_COURSES), len(TUMOURS)))])
    return np.where(first < NEW_DRUGS_ON_SALE, replaced[courses], courses)


def _spread(people: _People, owners: np.ndarray, draws: Draws) -> np.ndarray:
    """A day between first and last for each owner."""
    return people.first[owners] + draws.below(people.last[owners] - people.first[owners] + 1, len(owners))


def _reports(reports: tuple[Report, ...], draws: Draws, size: int) -> dict[str, pa.Array]:
    """Test name, method and result of drawn reports."""
    drawn = pa.array(draws.below(len(reports), size))
    names = ("test_name", "method", "result_text")
    return {name: pa.array([report[place] for report in reports], pa.string()).take(drawn) for place, name in enumerate(names)}


def _stacked(name: str, parts: list[pa.Table]) -> pa.Table:
    """Several frames of a table after one another, their rows numbered through."""
    rows = pa.concat_tables(parts).combine_chunks()
    return rows.set_column(rows.schema.get_field_index("_row"), "_row", pa.array(np.arange(rows.num_rows)))


def _diagnoses(people: _People, tumour: np.ndarray, course: np.ndarray, draws: Draws) -> pa.Table:
    owners, _ = ragged(1 + draws.below(3, len(people.patients)))
    general = draws.below(len(GENERAL_DIAGNOSES), len(owners))
    parts = [
        frame(
            "diagnoses",
            len(owners),
            {
                "_patient": people.patients[owners],
                "diagnosed_on": _spread(people, owners, draws),
                "icd10_code": pa.array([code for code, _ in GENERAL_DIAGNOSES]).take(pa.array(general)),
                "diagnosis_text": pa.array([text for _, text in GENERAL_DIAGNOSES]).take(pa.array(general)),
            },
        )
    ]
    others = people.of(OTHER_CANCER)
    tumours = pa.array(tumour[others])
    parts.append(
        frame(
            "diagnoses",
            len(others),
            {
                "_patient": people.patients[others],
                "diagnosed_on": people.first[others],
                "icd10_code": pa.array([one[0] for one in TUMOURS]).take(tumours),
                "diagnosis_text": pa.array([one[1] for one in TUMOURS]).take(tumours),
                "stage_text": choose((*EARLY_STAGES, *ADVANCED_STAGES, None), draws, len(others)),
            },
        )
    )
    lung, _ = ragged(np.where(people.kinds == LUNG, 1 + draws.below(2, len(people.patients)), 0))
    histologies = HISTOLOGY.codes([histology for histology, _ in LUNG_COURSES])
    parts.append(
        frame(
            "diagnoses",
            len(lung),
            {
                "_patient": people.patients[lung],
                "diagnosed_on": np.minimum(people.first[lung] + draws.below(30, len(lung)), people.last[lung]),
                "icd10_code": choose(LUNG_CODES, draws, len(lung)),
                "diagnosis_text": choose(LUNG_TEXTS, draws, len(lung)),
                "histology_text": HISTOLOGY.spell(histologies[course[lung]], draws),
                "stage_text": choose((*EARLY_STAGES, *ADVANCED_STAGES, *ADVANCED_STAGES, None), draws, len(lung)),
            },
        )
    )
    spread = lung[draws.chance(250, len(lung))]
    parts.append(
        frame(
            "diagnoses",
            len(spread),
            {
                "_patient": people.patients[spread],
                "diagnosed_on": _spread(people, spread, draws),
                "icd10_code": choose((*DISTANT_CODES, *NODE_CODES), draws, len(spread)),
                "diagnosis_text": choose(DISTANT_TEXTS, draws, len(spread)),
            },
        )
    )
    return _stacked("diagnoses", parts)


def _orders(people: _People, owners: np.ndarray, days: np.ndarray, drugs: np.ndarray, lengths: np.ndarray, draws: Draws) -> pa.Table:
    """Orders of the drugs (codes of DRUG_NAMES) from `days` on, `lengths` days long, or without an end where negative."""
    size = len(owners)
    days = np.minimum(days, people.last[owners])
    ends = np.minimum(days + lengths, LAST_KNOWN_DAY)
    status = np.where(draws.chance(25, size), ORDER_STATUS.code("not_given"), ORDER_STATUS.code("given"))
    status = np.where(draws.chance(6, size), ORDER_STATUS.code("unknown"), status)
    return frame(
        "medications",
        size,
        {
            "_patient": people.patients[owners],
            "drug_name": DRUG_NAMES.spell(drugs, draws),
            "drug_code": CODES.spell(drugs, draws),
            "dose": DOSES.spell(drugs, draws),
            "dose_unit": UNITS.spell(drugs, draws),
            "route": ROUTES.spell(drugs, draws),
            "started_on": days,
            "ended_on": np.where(lengths < 0, NO_DAY, ends),
            "status": ORDER_STATUS.spell(status, draws),
        },
    )


def _medications(people: _People, visits: _Visits, tumour: np.ndarray, course: np.ndarray, draws: Draws) -> pa.Table:
    ordered, _ = ragged(draws.below(4, len(visits.owner)))
    general = DRUG_NAMES.codes(GENERAL_DRUGS)[draws.below(len(GENERAL_DRUGS), len(ordered))]
    length = draws.below(30, len(ordered)) - 3
    parts = [_orders(people, visits.owner[ordered], visits.days[ordered], general, np.where(length < 0, -1, length), draws)]
    cycles = np.where(people.kinds == GENERAL, 0, 2 + draws.below(7, len(people.patients)))
    owners, cycle = ragged(cycles)
    days = people.first[owners] + 15 + cycle * 21 + draws.below(4, len(owners))
    first = DRUG_NAMES.codes([drugs[0] for _, drugs in LUNG_COURSES]), DRUG_NAMES.codes([drugs[0] for _, _, drugs in TUMOURS])
    second = DRUG_NAMES.codes([drugs[1] for _, drugs in LUNG_COURSES]), DRUG_NAMES.codes([drugs[1] for _, _, drugs in TUMOURS])
    for of_lung, of_tumour in (first, second):
        drugs = np.where(people.kinds[owners] == LUNG, of_lung[course[owners]], of_tumour[tumour[owners]])
        parts.append(_orders(people, owners, days, drugs, np.full(len(owners), -1), draws))
    supportive = DRUG_NAMES.codes(SUPPORTIVE)[draws.below(len(SUPPORTIVE), len(owners))]
    parts.append(_orders(people, owners, days, supportive, np.zeros(len(owners), dtype=np.int64), draws))
    return _stacked("medications", parts)


def _specimens(people: _People, draws: Draws) -> pa.Table:
    """One specimen of each cancer patient, in their order, so that their tests can name it."""
    owners = np.flatnonzero((people.kinds != GENERAL) & (people.first + 10 <= LAST_SPECIMEN_DAY))
    procedures = (*TISSUE_PROCEDURES * 5, *RESECTIONS * 3, *BLOOD_PROCEDURES * 2, *OTHER_PROCEDURES)
    return frame(
        "specimens",
        len(owners),
        {
            "_row": np.arange(len(owners)),
            "_patient": people.patients[owners],
            "collected_on": people.first[owners] + draws.below(10, len(owners)),
            "procedure_text": choose(procedures, draws, len(owners)),
            "site_text": choose(SITES, draws, len(owners)),
        },
    )


def _biomarkers(people: _People, specimens: int, draws: Draws) -> pa.Table:
    """Reports of the cancer patients: other markers for all, ALK and PD-L1 for lung cancer; PD-L1 for a few others too."""
    with_specimen = np.flatnonzero((people.kinds != GENERAL) & (people.first + 10 <= LAST_SPECIMEN_DAY))
    position = np.full(len(people.patients), NOTHING)
    position[with_specimen] = np.arange(specimens)
    lung, others = people.of(LUNG), people.of(OTHER_CANCER)
    parts = []
    for owners, reports in ((lung, ALK_NEGATIVE), (lung[draws.chance(150, len(lung))], ALK_NO_RESULT), (others, OTHER_REPORTS)):
        parts.append(_reported(people, owners, position, _reports(reports, draws, len(owners)), draws))
    stained = np.concatenate([lung[draws.chance(700, len(lung))], others[draws.chance(150, len(others))]])
    tests = pa.array(draws.below(len(PD_L1_TESTS), len(stained)))
    columns = {
        "test_name": pa.array([name for name, _ in PD_L1_TESTS]).take(tests),
        "method": pa.array([method for _, method in PD_L1_TESTS]).take(tests),
        "result_text": choose(PD_L1_ANY, draws, len(stained)),
    }
    parts.append(_reported(people, stained, position, columns, draws))
    return _stacked("biomarkers", parts)


def _reported(people: _People, owners: np.ndarray, position: np.ndarray, columns: dict[str, pa.Array], draws: Draws) -> pa.Table:
    reported = np.minimum(people.first[owners] + 12 + draws.below(15, len(owners)), LAST_KNOWN_DAY)
    specimen = np.where(draws.chance(800, len(owners)), position[owners], NOTHING)
    return frame(
        "biomarkers",
        len(owners),
        {"_patient": people.patients[owners], "_specimen": specimen, "reported_on": reported, **columns},
    )


_RESPONSE_WEIGHTS = (45, 20, 26, 5, 3, 1)


def _assessments(people: _People, draws: Draws) -> pa.Table:
    counts = np.where(people.kinds == LUNG, 1 + draws.below(7, len(people.patients)), 0)
    counts = np.where(people.kinds == OTHER_CANCER, draws.below(3, len(people.patients)), counts)
    owners, position = ragged(counts)
    days = np.minimum(people.first[owners] + 40 + position * 46 + draws.below(12, len(owners)), people.last[owners])
    meanings = ("SD", "PR", "PD", "NE", "CR", "unmapped")
    drawn = draws.weighted(_RESPONSE_WEIGHTS, len(owners))
    impressions = IMPRESSION.codes([IMPRESSION_OF[meaning] for meaning in meanings])
    return frame(
        "assessments",
        len(owners),
        {
            "_row": np.arange(len(owners)),
            "_patient": people.patients[owners],
            "assessed_on": days,
            "modality": choose(MODALITIES, draws, len(owners)),
            "response_text": RESPONSE.spell(RESPONSE.codes(meanings)[drawn], draws),
            "impression_text": IMPRESSION.spell(impressions[drawn], draws),
        },
    )


def _performance_status(people: _People, visits: _Visits, draws: Draws) -> pa.Table:
    seen = np.flatnonzero((people.kinds[visits.owner] != GENERAL) & draws.chance(600, len(visits.owner)))
    forms = Spellings({str(digit): tuple(form.format(digit) for form in ECOG_FORMS) for digit in range(5)})
    return frame(
        "performance_status",
        len(seen),
        {
            "_row": np.arange(len(seen)),
            "_patient": people.patients[visits.owner[seen]],
            "observed_on": visits.days[seen],
            "ecog_text": forms.spell(draws.weighted((25, 45, 20, 8, 2), len(seen)), draws),
        },
    )


def _follow_ups(people: _People, draws: Draws) -> pa.Table:
    owners = np.flatnonzero((people.kinds != GENERAL) | draws.chance(40, len(people.patients)))
    meanings = np.where(people.is_dead[owners], VITAL_STATUS.code("dead"), VITAL_STATUS.code("alive"))
    lost = ~people.is_dead[owners] & draws.chance(120, len(owners))
    meanings = np.where(lost, VITAL_STATUS.code("lost"), meanings)
    died = people.last[owners]
    return frame(
        "follow_ups",
        len(owners),
        {
            "_row": np.arange(len(owners)),
            "_patient": people.patients[owners],
            "contacted_on": np.minimum(people.last[owners] + draws.below(30, len(owners)), LAST_KNOWN_DAY),
            "vital_status": VITAL_STATUS.spell(meanings, draws),
            "death_date": np.where(people.is_dead[owners], died, NO_DAY),
            "_by_month": people.is_dead[owners] & draws.chance(150, len(owners)),
        },
    )
