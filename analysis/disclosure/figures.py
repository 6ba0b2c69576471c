"""The coarsened curves as pictures: nothing is drawn that the exported table of the curve doesn't hold."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.disclosure.judge import MEDIAN, curve_rows
from analysis.disclosure.tables import Hidden, Judged
from analysis.report.figures.style import (
    BANNER,
    COLOURS,
    DASHES,
    FAINT_INK,
    INK,
    LINE,
    RULE,
    SINGLE,
    SMALL,
    STYLE,
    TEXT,
    TITLE,
    plain,
    warn,
)
from analysis.study.reading import Row
from analysis.words import NOT_ASSESSABLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOTE = "Coarsened: read at the marked points only. A ring is a median."


def draw(folder: Path, judged: Judged) -> list[str]:
    """Draws each analysis of which at least one curve is shown, as SVG. Returns the names of the files."""
    from matplotlib import rc_context

    folder.mkdir(parents=True, exist_ok=True)
    names = []
    with rc_context(STYLE):
        for entry in judged.results["analyses"]:
            if entry["status"] == NOT_ASSESSABLE:
                continue
            shown = {
                arm: [row for row in curve_rows(judged, entry, arm) if not isinstance(row["survival"], Hidden)] for arm in entry["arms"]
            }
            if any(shown.values()):
                figure = coarse_figure(entry, shown, judged.results["protocol"]["arms"], judged.results["data"] == "synthetic")
                figure.savefig(folder / f"{entry['id']}.svg", format="svg", metadata={"Date": None, "Creator": None})
                names.append(f"{entry['id']}.svg")
    return names


def coarse_figure(entry: Row, shown: Mapping[str, Sequence[Row]], arms: Mapping[str, str], synthetic: bool) -> Figure:
    """Steps between the shown points of each arm, title and legend above."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    title = [entry["endpoint_label"], *textwrap.wrap(entry["label"], 48)]
    banner = BANNER if synthetic else 0.0
    head = banner + 0.24 + LINE * (len(title) + len(arms) + 1)
    height = head + 1.95 + 0.44
    figure = Figure(figsize=(SINGLE, height))
    axes = figure.add_axes((0.48 / SINGLE, 0.44 / height, 1 - 0.65 / SINGLE, 1.95 / height))
    start, at = 0.08 / SINGLE, 1 - (banner + 0.04) / height
    for place, text in enumerate(title):
        figure.text(start, at, text, va="top", weight="normal" if place else "bold", fontsize=TEXT if place else TITLE)
        at -= 1.05 * LINE / height
    for place, (arm, label) in enumerate(arms.items()):
        stroke = at - 0.36 * LINE / height
        figure.add_artist(Line2D([start, start + 0.075], [stroke, stroke], color=COLOURS[place], linestyle=DASHES[place], linewidth=1.5))
        words = label if shown[arm] else f"{label}: suppressed, too few patients"
        figure.text(start + 0.095, at, words, va="top", fontsize=TEXT, color=COLOURS[place], weight="bold")
        at -= 1.05 * LINE / height
        draw_points(axes, arm, shown[arm], place)
    figure.text(start, at, NOTE, va="top", fontsize=SMALL, color=FAINT_INK)
    axes.set(xlim=(0, None), ylim=(0, 1.015), yticks=[0, 0.25, 0.5, 0.75, 1])
    axes.set_yticklabels(["0", "25", "50", "75", "100"])
    axes.set_xlabel("Months from the index date", labelpad=4, color=INK)
    axes.set_ylabel(f"{entry['endpoint_label']}, %")
    axes.grid(axis="y", color=RULE, linewidth=0.5)
    plain(axes)
    if synthetic:
        warn(figure)
    return figure


def draw_points(axes: Any, arm: str, rows: Sequence[Row], place: int) -> None:
    """One arm: a step to each shown point, and a mark on it. The line has the arm's name in the SVG."""
    if not rows:
        return
    months, survival = [row["months"] for row in rows], [row["survival"] for row in rows]
    axes.step(months, survival, where="post", color=COLOURS[place], linestyle=DASHES[place], linewidth=1.35, zorder=4, gid=f"curve-{arm}")
    for is_median, face in ((False, COLOURS[place]), (True, "white")):
        marked = [row for row in rows if (row["point"] == MEDIAN) is is_median and row["months"]]
        at = [row["months"] for row in marked], [row["survival"] for row in marked]
        axes.plot(*at, "o", color=COLOURS[place], markerfacecolor=face, markersize=3.6, clip_on=False, zorder=5)
