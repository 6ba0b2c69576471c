"""Patients who have had several numbers: merges with chains, into nobody, corrected and taken back.

The rows of a merged patient stand partly under the retired numbers, also for some of the calibrated patients. A retired number
may have a row of its own in `patients`. New numbers come from beyond those of the source population, so that its size stays
what was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from synthetic.chart import FIRST_DELTA, FULL, SECOND_DELTA
from synthetic.days import EXPORT_DAYS
from synthetic.draws import Draws
from synthetic.frames import Frames, frame, numbers, with_column

MOVED_ROWS = 350
RETIRED_WITH_OWN_ROW = 500
CHAIN_EACH = 4
ODD_PATIENTS = 4


@dataclass
class SpareNumbers:
    """Patient numbers that nobody of the source population has."""

    next_number: int

    def take(self) -> int:
        """A number not used so far."""
        self.next_number += 1
        return self.next_number - 1


@dataclass
class MergeNotes:
    """Rows of `patient_merges`, noted one by one, and the retired numbers of each merged patient."""

    spare: SpareNumbers
    draws: Draws
    rows: list[tuple[int, int, int, bool]] = field(default_factory=list)
    retired: dict[int, list[int]] = field(default_factory=dict)
    with_own_row: list[tuple[int, int]] = field(default_factory=list)

    def note(self, retired: int, survivor: int, batch: int, deleted: bool = False) -> None:
        """A merge, delivered by an export."""
        self.rows.append((retired, survivor, batch, deleted))

    def merge(self, survivor: int, is_chain: bool) -> None:
        """A retired number of the survivor, or two of which the first was merged into the second."""
        batches = (FULL, FIRST_DELTA, SECOND_DELTA)
        last = self.spare.take()
        self.note(last, survivor, self.draws.pick(batches))
        self.retired[survivor] = [last]
        if is_chain:
            first = self.spare.take()
            self.note(first, last, self.draws.pick(batches))
            self.retired[survivor].append(first)
        if self.draws.happens(RETIRED_WITH_OWN_ROW):
            self.with_own_row.append((survivor, last))

    def oddities(self, others: Sequence[int]) -> None:
        """Merges into nobody, a chain that ends there, one that is corrected and one that is taken back."""
        unmerged, end_of_chain, taken_back, survivor = others
        self.note(unmerged, self.spare.take(), FULL)
        self.note(end_of_chain, self.spare.take(), FIRST_DELTA)
        self.note(self.spare.take(), end_of_chain, FULL)
        nobody = self.spare.take()
        self.note(self.spare.take(), nobody, SECOND_DELTA)
        self.note(taken_back, survivor, FULL)
        self.note(taken_back, survivor, SECOND_DELTA, deleted=True)
        corrected = self.spare.take()
        self.note(corrected, unmerged, FULL)
        self.note(corrected, survivor, FIRST_DELTA)

    def frame(self) -> pa.Table:
        """The notes as rows."""
        batches = np.array([batch for _, _, batch, _ in self.rows], dtype=np.int64)
        return frame(
            "patient_merges",
            len(self.rows),
            {
                "_row": np.arange(len(self.rows)),
                "_patient": [retired for retired, _, _, _ in self.rows],
                "_survivor": [survivor for _, survivor, _, _ in self.rows],
                "merged_at": EXPORT_DAYS[batches] - 1 - self.draws.below(25, len(batches)),
                "_batch": batches,
                "_deleted": [deleted for _, _, _, deleted in self.rows],
            },
        )


def merged(frames: Frames, survivors: Sequence[int], others: Sequence[int], spare: SpareNumbers, draws: Draws) -> Frames:
    """The frames with rows of the survivors (one at least) moved to retired numbers, and the merges that say so.

    `others` are `ODD_PATIENTS` further patients for the oddities; their own rows stay as they are.
    """
    notes = MergeNotes(spare, draws)
    for place, survivor in enumerate(survivors):
        notes.merge(survivor, is_chain=place % CHAIN_EACH == 1)
    notes.oddities(others)
    moved = {name: rows if name == "patients" else _moved(rows, notes, draws) for name, rows in frames.items()}
    moved["patients"] = _with_retired_rows(frames["patients"], notes)
    moved["patient_merges"] = notes.frame()
    return moved


def _moved(rows: pa.Table, notes: MergeNotes, draws: Draws) -> pa.Table:
    """About a third of the survivors' rows under their retired numbers; versions of a row may stand under either."""
    patients = numbers(rows, "_patient")
    survivors = np.array(sorted(notes.retired), dtype=np.int64)
    first = np.array([notes.retired[survivor][0] for survivor in survivors], dtype=np.int64)
    last = np.array([notes.retired[survivor][-1] for survivor in survivors], dtype=np.int64)
    place = np.minimum(np.searchsorted(survivors, patients), len(survivors) - 1)
    affected = np.flatnonzero(survivors[place] == patients)
    affected = affected[draws.chance(MOVED_ROWS, len(affected))]
    chosen = place[affected]
    changed = patients.copy()
    changed[affected] = np.where(draws.chance(500, len(affected)), first[chosen], last[chosen])
    return with_column(rows, "_patient", changed)


def _with_retired_rows(rows: pa.Table, notes: MergeNotes) -> pa.Table:
    """Rows of their own for some retired numbers: the survivors' with another number."""
    place = {int(patient): position for position, patient in enumerate(numbers(rows, "_patient"))}
    copied = [place[survivor] for survivor, _ in notes.with_own_row]
    retired = np.array([number for _, number in notes.with_own_row], dtype=np.int64)
    own = with_column(rows.take(copied), "_patient", retired)
    own = with_column(own, "_row", rows.num_rows + np.arange(len(copied)))
    return pa.concat_tables([rows, own]).combine_chunks()
