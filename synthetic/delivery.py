"""Which export delivers which version of a row.

Every true row is delivered by the export that follows its day, or late. Some are corrected by a later export or a later line
of the same file, some repeat an outdated content, and rows that never belonged there are taken back. Whatever happens to a
row, the version that wins by the contract is the true one: the trouble tests the pipeline and changes no result.
"""

import numpy as np
import pyarrow as pa

from synthetic.days import EXPORT_DAYS, EXPORTS, NO_DAY, SECONDS_A_DAY
from synthetic.draws import Draws
from synthetic.frames import AUTO, NO_STAMP, NOTHING, UNKNOWN, Frames, numbers, with_column
from synthetic.numbering import scattered
from synthetic.tables import TABLES

# Rows of a table in an export; tombstones of specimens come alone, with the last one.
CARRIED = {"performance_status": (0, 2), "specimens": (0, 1)}
RETRACTED_IN = {"specimens": (2,)}
# Tables whose first export has no `updated_at`.
UNSTAMPED_IN_FULL = frozenset({"labs", "performance_status"})
# Tables whose own date says nothing about when the row was written.
TIMELESS = frozenset({"patients", "patient_merges"})

KEY_STEP = 7
KEY_OFFSET = 3
SPURIOUS_KEY, BROKEN_KEY, ORPHAN_KEY = 1, 2, 4

# Per ten thousand rows.
LATE = 30
BLANK_STAMP = 400
PLAIN, CORRECTED, CORRECTED_IN_FILE, OUTDATED, TIE, SPURIOUS, ORPHAN = range(7)
KIND_WEIGHTS = (9_852, 50, 28, 20, 20, 25, 5)
# The same for the small tables, so that the smallest export has every kind of trouble too.
MORE_WEIGHTS = (9_360, 200, 120, 80, 80, 140, 20)
LARGE_TABLES = frozenset({"labs", "medications"})


def keyed(frames: Frames, first_key: int, seed: int) -> Frames:
    """The frames with `_key`, by which files are in order, and specimens that reports name as keys too.

    Keys ascend with the day and lie `KEY_STEP` apart; patients and merges have the patients' numbers.
    """
    specimen_keys = np.array([], dtype=np.int64)
    result: Frames = {}
    for name, rows in sorted(frames.items(), key=lambda item: item[0] != "specimens"):
        if name in TIMELESS:
            result[name] = rows.append_column("_key", pa.array(scattered(numbers(rows, "_patient"), seed)))
            continue
        own = numbers(rows, "_row")
        unique, first = np.unique(own, return_index=True)
        order = np.argsort(numbers(rows, TABLES[name].day)[first], kind="stable")
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[order] = np.arange(len(order))
        keys = first_key + KEY_OFFSET + KEY_STEP * ranks
        keyed_rows = rows.append_column("_key", pa.array(keys[np.searchsorted(unique, own)]))
        if name == "specimens":
            specimen_keys = np.full(int(own.max(initial=0)) + 1, NOTHING)
            specimen_keys[unique] = keys
        if name == "biomarkers":
            named = numbers(rows, "_specimen")
            known = np.where(named >= 0, specimen_keys[np.maximum(named, 0)], NOTHING)
            keyed_rows = with_column(keyed_rows, "_specimen", np.where(named == UNKNOWN, first_key, known))
        result[name] = keyed_rows
    return result


def delivered(name: str, rows: pa.Table, draws: Draws) -> list[pa.Table]:
    """The rows of a table as the three exports deliver them, `_stamp` settled, `_plain` where there is but one version.

    Within an export, of two versions of a row the one that must win stands later.
    """
    rows = _settled(name, rows, draws)
    size = rows.num_rows
    arrival = numbers(rows, "_batch").astype(np.int64)
    later = _later(name, arrival, draws)
    kinds = draws.weighted(KIND_WEIGHTS if name in LARGE_TABLES else MORE_WEIGHTS, size)
    explicit = ~numbers(rows, "_auto")
    kinds[explicit | numbers(rows, "_deleted")] = PLAIN
    kinds[(later < 0) & (kinds != CORRECTED_IN_FILE)] = PLAIN
    if name in UNSTAMPED_IN_FULL:
        kinds[kinds == OUTDATED] = PLAIN
    if name in TIMELESS:
        # Their keys are numbers of patients, so that none can be made up beside them.
        kinds[(kinds == SPURIOUS) | (kinds == ORPHAN) | (name == "patient_merges")] = PLAIN
    rows = rows.append_column("_plain", pa.array((kinds == PLAIN) & ~explicit)).drop_columns("_auto")
    pieces = _pieces(name, rows, kinds, later, draws)
    exports = range(len(EXPORTS))
    return [pa.concat_tables([piece.filter(_equals(piece, batch)) for piece in pieces]).combine_chunks() for batch in exports]


def _equals(rows: pa.Table, batch: int) -> pa.Array:
    return pa.array(numbers(rows, "_batch") == batch)


def _settled(name: str, rows: pa.Table, draws: Draws) -> pa.Table:
    """Export and `updated_at` of every row; `_auto` where the row left the export open."""
    size = rows.num_rows
    asked = numbers(rows, "_batch").astype(np.int64)
    auto = asked == AUTO
    # An order is exported when it has ended.
    days = np.max([numbers(rows, column) for column in TABLES[name].dates], axis=0)
    by_day = np.zeros(size, dtype=np.int64) if name in TIMELESS else np.searchsorted(EXPORT_DAYS, days, side="right")
    late = auto & (by_day == 0) & (draws.below(10_000, size) < LATE)
    arrival = np.where(late, 1 + draws.below(2, size), by_day)
    arrival = np.where(auto, _carried(name, arrival), asked)
    stamps = np.where(
        (arrival == by_day) & auto & (name not in TIMELESS),
        days * SECONDS_A_DAY + 36_000 + draws.below(40_000, size),
        _stamps_of(arrival, draws),
    )
    stamps = np.where(auto & (draws.below(10_000, size) < BLANK_STAMP), NO_STAMP, stamps)
    if name in UNSTAMPED_IN_FULL:
        stamps = np.where(arrival == 0, NO_STAMP, stamps)
    rows = with_column(rows, "_batch", arrival.astype(np.int8))
    rows = with_column(rows, "_stamp", stamps)
    return rows.append_column("_auto", pa.array(auto))


def _carried(name: str, arrival: np.ndarray) -> np.ndarray:
    """The exports nearest to those wanted that have the table."""
    allowed = np.array(CARRIED.get(name, (0, 1, 2)))
    return allowed[np.minimum(np.searchsorted(allowed, arrival), len(allowed) - 1)]


def _stamps_of(batches: np.ndarray, draws: Draws) -> np.ndarray:
    """Moments shortly before the exports, after the ones before."""
    day = EXPORT_DAYS[batches] - 2 - draws.below(20, len(batches))
    return day * SECONDS_A_DAY + 30_000 + draws.below(40_000, len(batches))


def _later(name: str, arrival: np.ndarray, draws: Draws) -> np.ndarray:
    """An export after `arrival` that has the table, or -1 where there is none."""
    following = np.minimum(arrival + 1 + draws.below(2, len(arrival)), len(EXPORTS) - 1)
    following = _carried(name, following)
    return np.where(following > arrival, following, -1)


def _pieces(name: str, rows: pa.Table, kinds: np.ndarray, later: np.ndarray, draws: Draws) -> list[pa.Table]:
    """The rows and their other versions, each with its export; older versions first."""
    stamps = numbers(rows, "_stamp")
    arrival = numbers(rows, "_batch").astype(np.int64)
    is_late = (kinds == CORRECTED) | (kinds == TIE)
    new_stamps = np.where(kinds == CORRECTED, _stamps_of(np.maximum(later, 0), draws), stamps)
    true_rows = with_column(rows, "_batch", np.where(is_late, later, arrival).astype(np.int8))
    true_rows = with_column(true_rows, "_stamp", np.where(is_late, new_stamps, stamps))
    # An outdated content can only lose by its `updated_at`, so the true row needs one.
    outdated = np.flatnonzero(kinds == OUTDATED)
    sure = numbers(true_rows, "_stamp").copy()
    sure[outdated] = _stamps_of(arrival[outdated], draws)
    true_rows = with_column(true_rows, "_stamp", sure)
    pieces = []
    for kind in (CORRECTED, CORRECTED_IN_FILE, TIE):
        chosen = np.flatnonzero(kinds == kind)
        pieces.append(_wrong(name, rows, chosen, arrival[chosen], stamps[chosen], draws))
    pieces.append(_wrong(name, rows, outdated, later[outdated], sure[outdated] - 40 * SECONDS_A_DAY, draws))
    pieces.append(true_rows)
    spurious = np.flatnonzero(kinds == SPURIOUS)
    wrong = _wrong(name, rows, spurious, arrival[spurious], stamps[spurious], draws)
    pieces.append(_rekeyed(wrong, SPURIOUS_KEY))
    for kind, offset in ((SPURIOUS, SPURIOUS_KEY), (ORPHAN, ORPHAN_KEY)):
        chosen = np.flatnonzero(kinds == kind)
        pieces.append(_rekeyed(_tombstones(name, rows.take(pa.array(chosen)), later[chosen], draws), offset))
    return pieces


def _rekeyed(rows: pa.Table, offset: int) -> pa.Table:
    """The rows under the keys next to their own."""
    return with_column(rows, "_key", numbers(rows, "_key") + offset)


def _unplain(rows: pa.Table) -> pa.Table:
    return with_column(rows, "_plain", np.zeros(rows.num_rows, dtype=bool))


def _tombstones(name: str, rows: pa.Table, batches: np.ndarray, draws: Draws) -> pa.Table:
    allowed = RETRACTED_IN.get(name)
    batches = np.full(len(batches), allowed[0]) if allowed else batches
    dead = with_column(rows, "_batch", batches.astype(np.int8))
    dead = with_column(dead, "_stamp", _stamps_of(batches, draws))
    return _unplain(with_column(dead, "_deleted", np.ones(rows.num_rows, dtype=bool)))


def _wrong(name: str, rows: pa.Table, chosen: np.ndarray, batches: np.ndarray, stamps: np.ndarray, draws: Draws) -> pa.Table:
    """Versions of the chosen rows that say something else: another day, and texts of other rows."""
    table = TABLES[name]
    wrong = rows.take(pa.array(chosen))
    neighbours = pa.array(np.roll(np.arange(len(chosen)), 1))
    for column in table.wobble:
        wrong = with_column(wrong, column, wrong[column].combine_chunks().take(neighbours))
    days = numbers(wrong, table.day)
    shifted = days - 1 - draws.below(9, len(days))
    wrong = with_column(wrong, table.day, np.where(days == NO_DAY, NO_DAY, shifted))
    wrong = with_column(wrong, "_batch", batches.astype(np.int8))
    return _unplain(with_column(wrong, "_stamp", stamps))
