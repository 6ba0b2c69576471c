"""Rows as text: dates in every shape, keys, blank words, full-width signs, stray blanks, and columns of the hospital's own."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.days import (
    CHINESE,
    CHINESE_MONTH,
    COMPACT,
    DOTS,
    EXPORTS,
    FULL_WIDTH,
    ISO,
    MONTH_FIRST,
    MONTH_ONLY,
    NAMED_MONTH,
    SLASH,
    TIMES,
    DateTexts,
    full_width,
)
from synthetic.delivery import UNSTAMPED_IN_FULL
from synthetic.draws import Draws
from synthetic.frames import numbers
from synthetic.numbering import patient_texts
from synthetic.spellings import BLANK_WORDS, FALSE_WORDS, TRUE_WORDS, choose
from synthetic.tables import TABLES, Table

# Most dates of a file have one shape; these are the shares, per mille, of all shapes.
USUAL_SHAPE = {
    "patients": ISO,
    "diagnoses": SLASH,
    "medications": ISO,
    "specimens": CHINESE,
    "biomarkers": DOTS,
    "assessments": COMPACT,
}
USUAL = 800
SHAPES = (ISO, SLASH, COMPACT, DOTS, CHINESE, NAMED_MONTH, FULL_WIDTH)
WITH_TIME = 60
FULL_WIDTH_ROWS = 4
PADDED_ROWS = 4
EMPTY_TOMBSTONES = 500
UNKNOWN_VALUES = ("城镇职工, 在职", "自费", '新农合 "二档"', "", "NULL", "0042", "Dr. X", "护士站\n3楼")
# An `updated_at` that is blank or can't be read.
NO_STAMPS = ("", "", "", "", "NULL", "昨天", "0000-00-00 00:00:00")
INNER = ("_key", "_patient", "_plain")


class Renderer:
    """Writes frames as text; `rendered` keeps `_key`, `_patient` and `_plain` beside the columns."""

    def __init__(self, texts: DateTexts, seed: int) -> None:
        self._dates = texts
        self._seed = seed

    def rendered(self, name: str, rows: pa.Table, export: int, draws: Draws) -> pa.Table:
        """The rows of one table in one export, all columns as text without nulls."""
        table = TABLES[name]
        columns: dict[str, pa.Array] = {}
        emptied = numbers(rows, "_deleted") & draws.chance(EMPTY_TOMBSTONES, rows.num_rows)
        for column in table.columns:
            columns[column] = self._column(table, column, rows, export, draws)
        for column in (*table.dates, *table.texts):
            columns[column] = _unblanked(column, _emptied(columns[column], emptied), draws)
        columns["updated_at"] = self._stamps(name, rows, export, draws)
        columns["is_deleted"] = _deleted(name, rows, export, draws)
        if table.unknown is not None:
            columns[table.unknown] = choose(UNKNOWN_VALUES, draws, rows.num_rows)
        columns |= {column: rows[column].combine_chunks() for column in INNER}
        return _misprinted(table, pa.table(columns), draws)

    def _column(self, table: Table, column: str, rows: pa.Table, export: int, draws: Draws) -> pa.Array:
        """A column as text, null where it is blank."""
        if column in table.dates:
            return self._written_dates(table, column, rows, export, draws)
        if column == "surviving_patient_id":
            return patient_texts(numbers(rows, "_survivor"), self._seed)
        if column == "patient_id" or table.name == "patient_merges":
            return patient_texts(numbers(rows, "_patient"), self._seed)
        if column == table.key:
            return _keys(table.prefix, numbers(rows, "_key"))
        if column == "specimen_id":
            named = numbers(rows, "_specimen")
            return pc.if_else(pa.array(named >= 0), _keys(TABLES["specimens"].prefix, named), pa.scalar("", pa.string()))
        return rows[column].combine_chunks()

    def _written_dates(self, table: Table, column: str, rows: pa.Table, export: int, draws: Draws) -> pa.Array:
        size = rows.num_rows
        shapes = (*SHAPES, MONTH_FIRST, MONTH_FIRST, MONTH_FIRST) if EXPORTS[export].date_order == "mdy" else SHAPES
        rare = np.array(shapes)[draws.below(len(shapes), size)]
        chosen = np.where(draws.chance(USUAL, size), USUAL_SHAPE.get(table.name, ISO), rare)
        times = draws.chance(WITH_TIME, size)
        if column == "death_date":
            by_month = numbers(rows, "_by_month")
            chosen = np.where(by_month, np.where(draws.chance(500, size), MONTH_ONLY, CHINESE_MONTH), chosen)
            times &= ~by_month
        days = self._dates.write(numbers(rows, column), chosen)
        suffix = pa.array(TIMES).take(pa.array(np.where(times, draws.below(len(TIMES), size), 0)))
        return pc.binary_join_element_wise(days, suffix, "")

    def _stamps(self, name: str, rows: pa.Table, export: int, draws: Draws) -> pa.Array:
        if export == 0 and name in UNSTAMPED_IN_FULL:
            return _empty(rows.num_rows)
        shapes = np.where(draws.chance(150, rows.num_rows), SLASH, ISO)
        return pc.coalesce(self._dates.write_stamps(numbers(rows, "_stamp"), shapes), choose(NO_STAMPS, draws, rows.num_rows))


def _keys(prefix: str, keys: np.ndarray) -> pa.Array:
    texts = pc.cast(pa.array(keys), pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), texts, "") if prefix else texts


def _emptied(values: pa.Array, emptied: np.ndarray) -> pa.Array:
    """The values, null where a tombstone says no more than its key."""
    return pc.if_else(pa.array(emptied), pa.scalar(None, pa.string()), values) if emptied.any() else values


def _empty(size: int) -> pa.Array:
    """What a column that the file doesn't have reads as."""
    return pa.repeat(pa.scalar("", pa.string()), size)


def _empty_nulls(values: pa.Array) -> pa.Array:
    return pc.fill_null(values, "")


def _unblanked(column: str, values: pa.Array, draws: Draws) -> pa.Array:
    """Blank words in place of nulls; in `result_text` a blank word would be a result, so there it stays empty."""
    if not values.null_count:
        return values
    if column == "result_text":
        return _empty_nulls(values)
    return pc.coalesce(values, choose(BLANK_WORDS, draws, len(values)))


def _deleted(name: str, rows: pa.Table, export: int, draws: Draws) -> pa.Array:
    if export == 0 and name in UNSTAMPED_IN_FULL:
        return _empty(rows.num_rows)
    deleted = numbers(rows, "_deleted")
    size = rows.num_rows
    return pc.if_else(pa.array(deleted), choose(TRUE_WORDS, draws, size), choose(FALSE_WORDS, draws, size))


def _misprinted(table: Table, rows: pa.Table, draws: Draws) -> pa.Table:
    """A few rows in full-width signs, and a few values with blanks around them."""
    size = rows.num_rows
    for permille, change in ((FULL_WIDTH_ROWS, full_width), (PADDED_ROWS, "  {} ".format)):
        chosen = draws.chance(permille, size)
        if not chosen.any():
            continue
        mask = pa.array(chosen)
        for column in (*table.references, *table.texts):
            place = rows.schema.get_field_index(column)
            values = rows[column].combine_chunks()
            changed = [change(value) for value in values.filter(mask).to_pylist()]
            rows = rows.set_column(place, column, pc.replace_with_mask(values, mask, pa.array(changed, pa.string())))
    return rows
