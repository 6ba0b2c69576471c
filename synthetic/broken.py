"""Rows that no pipeline may use: at least one for every quarantine rule, and rows that come twice.

A broken row is a copy of a row of a patient without a story under a key of its own, with one value spoilt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.delivery import BROKEN_KEY
from synthetic.draws import Draws
from synthetic.frames import numbers
from synthetic.tables import TABLES

# Per ten thousand rows: identical rows in the same file, and again in a later export.
REPEATED = 25
REPEATED_LATER = 6
# A broken row more for each so many patients.
PATIENTS_A_COPY = 4_000
MISSING_KEY = "<key>"


@dataclass(frozen=True)
class Recipe:
    """How rows of a table are broken: by the rule that quarantines them, in an export, by the spoilt columns.

    `same_key` breaks a newer version of a good row: the good one is superseded and doesn't come back.
    """

    table: str
    rule: str
    spoilt: Mapping[str, str]
    export: int = 0
    same_key: bool = False


RECIPES = (
    Recipe("patients", "missing_value", {"sex": "NULL"}),
    Recipe("patients", "missing_value", {"birth_date": "未知"}),
    Recipe("diagnoses", "missing_value", {"icd10_code": "-"}),
    Recipe("diagnoses", "missing_value", {"diagnosed_on": ""}, export=1),
    Recipe("medications", "missing_value", {"drug_name": "\\N"}),
    Recipe("medications", "missing_value", {"order_id": MISSING_KEY}),
    Recipe("medications", "missing_value", {"started_on": "N/A", "ended_on": "不详"}, export=1),
    Recipe("specimens", "missing_value", {"collected_on": "--"}),
    Recipe("biomarkers", "missing_value", {"result_text": ""}),
    Recipe("biomarkers", "missing_value", {"test_name": "无"}),
    Recipe("assessments", "missing_value", {"response_text": ""}),
    Recipe("assessments", "missing_value", {"patient_id": ""}, export=2),
    Recipe("performance_status", "missing_value", {"ecog_text": "unknown"}),
    Recipe("labs", "missing_value", {"value_text": "NA"}),
    Recipe("labs", "missing_value", {"value_text": ""}, export=2, same_key=True),
    Recipe("follow_ups", "missing_value", {"vital_status": ""}),
    Recipe("patients", "unreadable_date", {"birth_date": "1970"}),
    Recipe("diagnoses", "unreadable_date", {"diagnosed_on": "2021-03"}),
    Recipe("medications", "unreadable_date", {"started_on": "2021-02-30"}),
    Recipe("medications", "unreadable_date", {"ended_on": "长期"}),
    Recipe("specimens", "unreadable_date", {"collected_on": "术中"}),
    Recipe("biomarkers", "unreadable_date", {"reported_on": "2021年13月5日"}),
    Recipe("assessments", "unreadable_date", {"assessed_on": "03/05/2021"}),
    Recipe("assessments", "unreadable_date", {"assessed_on": "25/13/2021"}, export=1),
    Recipe("performance_status", "unreadable_date", {"observed_on": "0000-00-00"}),
    Recipe("labs", "unreadable_date", {"collected_on": "44260"}),
    Recipe("follow_ups", "unreadable_date", {"vital_status": "死亡", "death_date": "2021"}),
    Recipe("follow_ups", "unreadable_date", {"contacted_on": "去年"}, export=1),
    Recipe("patients", "date_out_of_range", {"birth_date": "1899-12-31"}),
    Recipe("diagnoses", "date_out_of_range", {"diagnosed_on": "1890/5/1"}),
    Recipe("medications", "date_out_of_range", {"started_on": "2204-03-01", "ended_on": ""}),
    Recipe("assessments", "date_out_of_range", {"assessed_on": "9999-12-31"}),
    Recipe("labs", "date_out_of_range", {"collected_on": "2023-12-01"}, export=2),
    Recipe("follow_ups", "date_out_of_range", {"vital_status": "dead", "death_date": "2099-01"}),
    Recipe("medications", "interval_reversed", {"started_on": "2021-05-10", "ended_on": "2021-05-01"}),
    Recipe("medications", "interval_reversed", {"started_on": "5/10/2021", "ended_on": "4/30/2021"}, export=1),
    Recipe("diagnoses", "unknown_patient", {"patient_id": "X0000417"}),
    Recipe("medications", "unknown_patient", {"patient_id": "X0000417"}, export=1),
    Recipe("labs", "unknown_patient", {"patient_id": "X0000418"}),
    Recipe("biomarkers", "unknown_patient", {"patient_id": "X0000419"}),
    Recipe("patients", "unreadable_value", {"sex": "其他"}),
    Recipe("performance_status", "unreadable_value", {"ecog_text": "良好"}),
    Recipe("follow_ups", "unreadable_value", {"vital_status": "转院", "death_date": ""}),
    Recipe("performance_status", "impossible_value", {"ecog_text": "ECOG 7"}),
    Recipe("biomarkers", "impossible_value", {"test_name": "PD-L1 (22C3)", "result_text": "TPS 160%"}),
    Recipe("follow_ups", "dead_without_date", {"vital_status": "死亡", "death_date": ""}),
    Recipe("follow_ups", "dead_without_date", {"vital_status": "dead", "death_date": "无"}, export=2),
)


def broken_rows(
    name: str, export: int, rows: pa.Table, settled: pa.Table, size: int, new_patients: Sequence[str], draws: Draws
) -> list[pa.Table]:
    """Broken copies for one table and export of a chunk of `size` patients.

    `rows` are those of the export, `settled` those of the first one, of which newer versions are broken. `new_patients` are
    numbers for broken rows of `patients`, which have no other key.
    """
    copies = 2 + size // PATIENTS_A_COPY
    pieces = []
    spare = iter(new_patients)
    for number, recipe in enumerate(one for one in RECIPES if one.table == name and one.export == export):
        source = settled if recipe.same_key else rows
        possible = np.flatnonzero(numbers(source, "_plain"))
        if len(possible) < copies:
            continue
        chosen = _distinct(possible, copies, draws)
        piece = source.take(pa.array(chosen))
        if not recipe.same_key:
            # Several recipes may copy one row: keys further away from it keep them apart.
            keys = numbers(piece, "_key") + BROKEN_KEY
            own = [f"{TABLES[name].prefix}{key}-{number}" for key in keys]
            piece = _set(piece, TABLES[name].key, [next(spare) for _ in own] if name == "patients" else own)
        for column, value in recipe.spoilt.items():
            piece = _set(piece, column, ["" if value == MISSING_KEY else value] * copies)
        pieces.append(_not_plain(piece))
    return pieces


def repeated_rows(rows: pa.Table, per_ten_thousand: int, draws: Draws) -> pa.Table:
    """Identical copies of a few rows that have no other version."""
    chosen = numbers(rows, "_plain") & (draws.below(10_000, rows.num_rows) < per_ten_thousand)
    return _not_plain(rows.filter(pa.array(chosen)))


def broken_patients(size: int) -> int:
    """How many numbers `broken_rows` needs for the `patients` of a chunk of `size` patients, at most."""
    return (2 + size // PATIENTS_A_COPY) * sum(recipe.table == "patients" for recipe in RECIPES)


def _distinct(possible: np.ndarray, count: int, draws: Draws) -> np.ndarray:
    """`count` different ones of the ascending numbers, spread over them."""
    step = len(possible) // count
    return possible[np.arange(count) * step + draws.below(step, count)]


def _set(rows: pa.Table, column: str, values: Sequence[str]) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(column), column, pa.array(values, pa.string()))


def _not_plain(rows: pa.Table) -> pa.Table:
    place = rows.schema.get_field_index("_plain")
    return rows.set_column(place, "_plain", pc.invert(rows["_plain"]) if rows.num_rows else rows["_plain"])
