"""What of a release's results is left out, and the curves that are left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from analysis.disclosure import curves, overlaps
from analysis.disclosure import relations as known_as
from analysis.disclosure.cells import Counts
from analysis.disclosure.suppress import suppress
from analysis.disclosure.tables import DERIVED, MONTHS, Judged, Sheet, sheets
from analysis.study.reading import Published, Row
from analysis.words import NOT_ASSESSABLE

START, MONTH, MEDIAN = "start", "month", "median"


def judge(results: Mapping[str, Any], published: Published, most: int) -> Judged:
    """Which counts of 1 to `most`, and which that would give one back, are left out; and the coarsened curves.

    Raises AnalysisError where the counts don't add up as they are known to.
    """
    counts = Counts.of(chain(known_as.items(results, published), overlaps.items(results, published)))
    suppressed = suppress(counts, most)
    judged = Judged(results, counts, suppressed, most, {})
    return Judged(results, counts, suppressed, most, dict(coarse_curves(judged, published)))


def coarse_curves(judged: Judged, published: Published) -> Iterator[tuple[tuple[str, str, str], Sequence[curves.Point]]]:
    """The months that are shown, by endpoint, stratum and arm; none for a curve that isn't shown."""
    strata = known_as.strata_of(judged.results, published)
    for endpoint in judged.results["curves"]:
        entries = {entry["stratum"]: entry for entry in known_as.assessable(judged.results) if entry["endpoint"] == endpoint}
        for arm, mine in known_as.groups_of(judged.results, published).items():
            exact = {name: exact_curve(judged, entry, arm) for name, entry in entries.items() if has_curve(judged, entry, arm)}
            members = {name: strata[name] & mine for name in exact}
            for stratum, points in curves.of_strata(exact, members, judged.most).items():
                yield (endpoint, stratum, arm), points


def has_curve(judged: Judged, entry: Row, arm: str) -> bool:
    """Whether a curve may be shown: how far it goes says something of the number of patients, so that this must be shown too."""
    return judged.allows(entry["arms"][arm]) and not judged.suppressed.hides(known_as.patients(entry["stratum"], arm))


def exact_curve(judged: Judged, entry: Row, arm: str) -> curves.Curve:
    """The steps of one arm of one analysis, with what else is shown of it."""
    endpoint, stratum, group = entry["endpoint"], entry["stratum"], entry["arms"][arm]
    steps = [row for row in judged.results["curves"][endpoint] if (row["stratum"], row["arm"]) == (stratum, arm)]
    is_hidden = judged.suppressed.hides(known_as.events(endpoint, stratum, arm))
    return curves.Curve(group["n"], steps, group["median_months"], None if is_hidden else group["events"])


def curve_rows(judged: Judged, entry: Row, arm: str) -> list[Row]:
    """What is shown of one curve: its start, whole months, and the median, at which survival is said to be one half."""
    row: Row = {"endpoint": entry["endpoint"], "stratum": entry["stratum"], "arm": arm}
    points = judged.points.get((entry["endpoint"], entry["stratum"], arm), ())
    rows = [row | {"months": float(point.months), "survival": point.printed, "point": MONTH} for point in points if point.months]
    if has_curve(judged, entry, arm):
        exact = exact_curve(judged, entry, arm)
        if exact.median_months is not None:
            at = exact.at(exact.median_months)
            if at.events > judged.most and at.at_risk > judged.most:
                rows.append(row | {"months": round(exact.median_months, MONTHS), "survival": 0.5, "point": MEDIAN})
    if not rows:
        return [row | {"months": DERIVED, "survival": DERIVED, "point": None}]
    return [row | {"months": 0.0, "survival": 1.0, "point": START}, *sorted(rows, key=lambda shown: shown["months"])]


def curve_sheet(judged: Judged, endpoint: str) -> Sheet:
    """The coarsened curves of an endpoint."""
    entries = [entry for entry in judged.results["analyses"] if entry["endpoint"] == endpoint and entry["status"] != NOT_ASSESSABLE]
    rows = [row for entry in entries for arm in entry["arms"] for row in curve_rows(judged, entry, arm)]
    return Sheet(("endpoint", "stratum", "arm", "months", "survival", "point"), 3, tuple(rows))


def all_sheets(judged: Judged) -> dict[str, Sheet]:
    """Every table with numbers of patients, by its name."""
    return sheets(judged) | {f"{endpoint}_curve": curve_sheet(judged, endpoint) for endpoint in judged.results["curves"]}
