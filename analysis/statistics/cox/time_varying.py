"""Exposure that begins during follow-up, as rows (entry, stop] of a Cox model. R: `tmerge`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.statistics.basics import Counts, Flags, Floats, checked


@dataclass(frozen=True)
class ExposureRows:
    """One row for each stretch of a patient's follow-up with one exposure, by patient and time. `subject` is the patient's place."""

    entry: Floats
    stop: Floats
    event: Flags
    exposed: Flags
    subject: Counts


def exposure_rows(times: Any, events: Any, exposed_from: Any) -> ExposureRows:
    """Splits each patient's follow-up at the day on which exposure begins: what happens that day still counts as unexposed.

    `times`, `events`: (n,). `exposed_from`: (n,), NaN: never exposed; 0 or before: from the start; a beginning at or after the end of
    follow-up never counts. Who is to be exposed later is followed as unexposed until then, so that nobody's survival up to the exposure
    counts in its favour (immortal time). Fit with `fit_cox(stop, event, exposed, entry=entry, clusters=subject)`.
    """
    time, event = checked(times, events)
    begin = np.asarray(exposed_from, dtype=float)
    if begin.shape != time.shape:
        raise ValueError("exposed_from must be one for each time")
    from_start = begin <= 0  # NaN isn't
    split = (begin > 0) & (begin < time)
    subject = np.repeat(np.arange(time.size), 1 + split)
    second = np.append(False, subject[1:] == subject[:-1])
    before_split = np.append(second[1:], False) if second.size else second
    return ExposureRows(
        entry=np.where(second, begin[subject], 0.0),
        stop=np.where(before_split, begin[subject], time[subject]),
        event=event[subject] & ~before_split,
        exposed=second | from_start[subject],
        subject=subject,
    )
