"""No step of an exported curve shows few patients."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure.curves import Curve, Point, coarsened, is_pinned, leftovers, of_strata
from analysis.statistics.kaplan_meier import kaplan_meier
from tests.export.conftest import Exported
from tests.export.reader import table

MOST = 7
DAYS = 30.4375
followed = st.lists(st.tuples(st.integers(1, 1200), st.booleans()), max_size=150)


def steps(patients: list[tuple[int, bool]]) -> list[dict[str, Any]]:
    """The exact curve of patients, in rows as the results have them."""
    days, events = [float(day) for day, _ in patients], [event for _, event in patients]
    curve = kaplan_meier(days, events)
    names = ("events", "censored", "survival")
    values = zip(curve.time / DAYS, *(getattr(curve, name) for name in names), strict=True)
    return [dict(zip(("months", *names), row, strict=True)) for row in values]


def counted(patients: list[tuple[int, bool]], until: float) -> tuple[int, int]:
    """Events and patients at risk, counted one by one."""
    return sum(event and day <= until * DAYS for day, event in patients), sum(day > until * DAYS for day, _ in patients)


@settings(max_examples=40)
@given(followed, st.one_of(st.none(), st.floats(1, 30)), st.booleans())
def test_between_two_months_lie_many_events_and_many_are_still_followed(
    patients: list[tuple[int, bool]], median: float | None, is_shown: bool
) -> None:
    events = sum(event for _, event in patients)
    points = coarsened(Curve(len(patients), steps(patients), median, events if is_shown else None), MOST)
    for before, after in pairwise(points):
        since, until = counted(patients, before.months), counted(patients, after.months)
        assert until[0] - since[0] > MOST
        assert until[1] > MOST
        if median is not None:
            at, just_before = counted(patients, median)[0], sum(event and day < median * DAYS for day, event in patients)
            assert until[0] - at > MOST or just_before - until[0] > MOST


def test_survival_at_a_month_is_the_curves() -> None:
    patients = [(day, day % 3 > 0) for day in range(20, 1000, 7)]
    exact = steps(patients)
    points = coarsened(Curve(len(patients), exact), MOST)
    assert len(points) > 5
    for point in points[1:]:
        assert point.survival == [row["survival"] for row in exact if row["months"] <= point.months][-1]


@pytest.mark.parametrize(("n", "early"), [(40, 4), (48, 2), (60, 5)])
def test_whoever_tries_every_order_of_events_can_not_tell_how_many_were_censored(n: int, early: int) -> None:
    """What is shown is n and survival at one month; every number of censored from 1 to 7 explains it."""
    patients = [(5 + day, False) for day in range(early)] + [(12 + day, True) for day in range(n - early - 9)] + [(900, False)] * 9
    points = coarsened(Curve(n, steps(patients)), MOST)
    assert len(points) > 1
    for censored in range(1, MOST + 1):
        explained = any(
            round(float(survival), 2) == points[1].printed
            for events in range(MOST + 1, n - MOST - censored)
            for survival in reachable(n, events, censored)
        )
        assert explained, censored


def reachable(n: int, events: int, censored: int) -> set[Fraction]:
    """Survivals of orders with the censored together, which are enough to find one."""
    found = set()
    for start in range(events + 1):
        survival, at_risk = Fraction(1), n
        for place in range(events + 1):
            if place == start:
                at_risk -= censored
            if place < events:
                survival *= 1 - Fraction(1, at_risk)
                at_risk -= 1
        found.add(survival)
    return found


def test_a_month_that_leaves_no_doubt_of_the_censored_is_not_shown() -> None:
    start, told = Point(0, 0, 0, 18, 1.0), Point(3, 8, 2, 8, 0.5)
    assert is_pinned(Curve(18, []), [start, told], MOST)
    assert not is_pinned(Curve(18, []), [start, Point(3, 10, 0, 8, 8 / 18)], MOST)


def test_curves_of_strata_leave_no_small_number_between_them() -> None:
    """Five more events among everybody than in a stratum: one of both curves goes without that month."""
    inner = [(40 + day, True) for day in range(12)] + [(900, False)] * 20
    outer = inner + [(45, True)] * 5 + [(900, False)] * 30
    members = {"all": np.ones(len(outer), dtype=bool), "part": np.arange(len(outer)) < len(inner)}
    curves = {"all": Curve(len(outer), steps(outer)), "part": Curve(len(inner), steps(inner))}
    alone = {name: {point.months for point in coarsened(curve, MOST)} - {0} for name, curve in curves.items()}
    assert alone["all"] & alone["part"]
    together = of_strata(curves, members, MOST)
    months = {name: {point.months for point in points} - {0} for name, points in together.items()}
    assert months["all"]
    for month in months["all"] & months["part"]:
        shown = {name: next(point for point in points if point.months == month) for name, points in together.items()}
        assert not any(1 <= count <= MOST for count in leftovers(shown, members))


def test_two_strata_together_count_too() -> None:
    members = {"all": np.ones(9, dtype=bool), "a": np.arange(9) < 3, "b": np.arange(9) > 5, "c": np.arange(9) < 4}
    shown = {"all": Point(1, 40, 0, 50, 0.5), "a": Point(1, 18, 0, 30, 0.5), "b": Point(1, 19, 0, 10, 0.5), "c": Point(1, 20, 0, 30, 0.5)}
    assert 40 - 18 - 19 in set(leftovers(shown, members))
    assert 40 - 18 - 19 - 20 not in set(leftovers(shown, members))


def test_the_exported_steps_are_many_patients_wide(exported: Exported) -> None:
    shown = 0
    for endpoint, rows in exported.results["curves"].items():
        exact = {}
        for row in rows:
            exact.setdefault((row["stratum"], row["arm"]), []).append(row)
        points: dict[tuple[str, str], list[dict[str, str]]] = {}
        for row in table(exported.folder, f"{endpoint}_curve"):
            if row["survival"] != "suppressed":
                points.setdefault((row["stratum"], row["arm"]), []).append(row)
        for key, mine in points.items():
            shown += 1
            seen = [sum(row["events"] for row in exact[key] if row["months"] <= float(point["months"]) + 0.05) for point in mine]
            assert all(after - before > MOST for before, after in pairwise(seen)), key
            assert float(mine[0]["months"]) == 0
    assert shown


def test_a_picture_has_no_step_that_its_table_has_not(exported: Exported) -> None:
    drawn = 0
    for picture in (exported.folder / "figures").glob("*.svg"):
        endpoint, stratum = picture.stem.split("_", 1)
        for arm in ("immunotherapy", "non_immunotherapy"):
            found = ElementTree.parse(picture).find(f".//*[@id='curve-{arm}']/{{http://www.w3.org/2000/svg}}path")
            rows = [row for row in table(exported.folder, f"{endpoint}_curve") if (row["stratum"], row["arm"]) == (stratum, arm)]
            levels = {row["survival"] for row in rows} - {"suppressed"}
            if found is None:
                assert not levels
                continue
            drawn += 1
            heights = set(re.findall(r"[ML] [\d.]+ ([\d.]+)", found.attrib["d"]))
            assert len(heights) == len(levels)
    assert drawn
