"""Landmark analysis: who is still followed and free of the event at a fixed day, compared from that day on.

Whatever happens after the start of follow-up (a response, a later drug) can't group patients from the start: who lives longer has more
time to have it. At a landmark the groups are what was known by then, and nothing later counts. Anderson, Cain and Gelber 1983.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.statistics.basics import Flags, Floats, checked


@dataclass(frozen=True)
class Landmark:
    """The sample from the landmark on: `times` from it, `events`, whether `exposed` by then (false without an exposure), for the rows
    `members` (n,) of the whole sample. `before_events` and `before_censored` count who had left."""

    members: Flags
    times: Floats
    events: Flags
    exposed: Flags
    before_events: int
    before_censored: int


def landmark(times: Any, events: Any, at: float, *, exposed_from: Any = None) -> Landmark:
    """The patients with a time of at least `at`, the clock set to 0 there. R: `subset(time >= at)` and `Surv(time - at, event)`.

    `times`, `events` (n,); `at` in the same unit, chosen before the data are seen. `exposed_from` (n,): when each row's exposure began,
    NaN where it never did; on the landmark itself counts as exposed. Who leaves on the landmark was still followed and stays, with time 0.
    Raises ValueError where the arrays are no sample.
    """
    time, event = checked(times, events)
    members = time >= at
    exposed = np.zeros(time.size, dtype=bool)
    if exposed_from is not None:
        since = np.asarray(exposed_from, dtype=float)
        if since.shape != time.shape:
            raise ValueError("exposed_from must have one element for each time")
        exposed = since <= at  # false of NaN
    gone = ~members
    return Landmark(
        members=members,
        times=time[members] - at,
        events=event[members],
        exposed=exposed[members],
        before_events=int((gone & event).sum()),
        before_censored=int((gone & ~event).sum()),
    )
