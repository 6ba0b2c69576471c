"""A change of any default in protocol.yml changes what the report says, with nothing else touched."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.context import ReportContext
from analysis.report.figures import draw_all
from analysis.report.page import render
from analysis.study.reading import read
from analysis.study.results import compute
from pipeline import protocol as study
from tests.analysis import made_up

CONTEXT = ReportContext(release_id="r1", data_kind="synthetic")
PROTOCOL = copy.deepcopy(study.load().settings)
# neither the slow test nor the slow fit, which have tests of their own
PROTOCOL["analysis"] |= {"statistics": ["peto_peto", "e_value"], "events_per_coefficient": 0.5}
# what a report of a release can't show: how the warehouse keeps and hands on releases
NOT_OF_THE_REPORT = {"release", "sensitivity"}
ONLY_WHERE_LACKING = ("analysis", "measures")  # shown where the source can't say it


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all single values."""
    entries: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if entries is None:
        yield path
        return
    for key, entry in entries:
        yield from leaves(entry, (*path, key))


def other(value: Any, path: tuple[Any, ...]) -> Any:
    """Another value that the protocol allows there."""
    if path[:2] == ("analysis", "statistics"):
        return "tarone_ware"
    if path[:2] == ("analysis", "weighting"):
        return {"overlap": "inverse_probability", "inverse_probability": "overlap"}[value]
    if path[:2] == ("analysis", "interaction"):
        return "pd_l1_positive_rebiopsied" if path[2] else "pd_l1_negative"
    if path == ("analysis", "confidence_level"):
        return 0.9
    if path[-1] in ("window_start", "window_end", "data_cut_off"):
        return "2019-03-04"
    if path[-1] == "next_line":
        return {"censor": "event", "event": "ignore", "ignore": "event"}[value]
    if path[-1] == "censored_at":
        return {"last_assessment": "last_record", "last_record": "last_assessment"}[value]
    if path[-1] == "exposure":
        return "any_later_ici"
    if path[-1] == "pd_l1_source":
        return "archival"
    if isinstance(value, bool) or value is None:
        return not value
    return value + 3 if isinstance(value, (int, float)) else f"{value} otherwise"


def is_shown_by_itself(path: tuple[Any, ...]) -> bool:
    """Whether the value is a name, a rule in SQL, or a wish for a capability: what it does is shown, not itself."""
    return path[-1] in ("id", "rule", "by", "value", "where", "requires", "applies_to", "reference") or path[-2:-1] == ("events",)


def is_like_the_first(path: tuple[Any, ...]) -> bool:
    """Whether it is a later entry of a list whose first entry is tried."""
    return any(isinstance(key, int) and key > 0 for key in path) and path[0] != "endpoints" and path[:2] != ("analysis", "interaction")


PLACES = [
    path for path in leaves(PROTOCOL) if path[0] not in NOT_OF_THE_REPORT and not is_shown_by_itself(path) and not is_like_the_first(path)
    if path[:2] != ONLY_WHERE_LACKING
]


def changed(path: tuple[Any, ...]) -> dict[str, Any]:
    """The protocol with another value at a place."""
    asked = copy.deepcopy(PROTOCOL)
    holder: Any = asked
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = other(holder[path[-1]], path)
    return asked


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up release of few patients."""
    return made_up.write(tmp_path_factory.mktemp("release") / "cohort.duckdb", made_up.cohort(60))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, database: Path) -> tuple[Path, dict[str, Any], str]:
    """Its figures, its results, and its page under the protocol as it is."""
    results = compute(read(database, PROTOCOL), PROTOCOL, CONTEXT)
    figures = tmp_path_factory.mktemp("figures")
    draw_all(figures, results)
    return figures, results, render(results, CONTEXT, figures)


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_a_changed_default_changes_the_page(database: Path, drawn: tuple[Path, dict[str, Any], str], path: tuple[Any, ...]) -> None:
    figures, results, page = drawn
    asked = changed(path)
    # the parameters have done their work in the models: what is left of them is what the methods say
    made = {**results, "protocol": asked} if path[0] in ("study", "parameters") else compute(read(database, asked), asked, CONTEXT)
    if path[0] == "endpoints":
        draw_all(figures, made)  # other events, other figures
    assert render(made, CONTEXT, figures) != page
