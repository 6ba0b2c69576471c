"""The cohort flow: patients left after each criterion."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.report.figures.style import BANNER, COLOURS, FAINT_INK, INK, LINE, RULE, SINGLE, SMALL, TEXT, WASH, warn
from analysis.study.reading import Row
from analysis.words import thousands

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def cohort_flow(attrition: Sequence[Row], cohort: Mapping[str, Any], arms: Mapping[str, str], synthetic: bool) -> Figure:
    """Patients left after each criterion, in boxes from top to bottom, with how many each criterion excluded at its side."""
    from matplotlib.figure import Figure

    labels = [textwrap.wrap(str(row["label"]), 29) for row in attrition]
    heights = [0.11 + LINE * len(lines) for lines in labels]
    gap, banner, arm_height = 0.19, BANNER if synthetic else 0.0, 0.11 + LINE
    height = banner + sum(heights) + gap * len(heights) + arm_height + 0.08
    figure = Figure(figsize=(SINGLE, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, SINGLE), ylim=(0, height))
    axes.axis("off")
    left, wide, bottom = 0.04, 2.3, height - banner - 0.04
    middle = left + wide / 2
    for place, (row, lines, tall) in enumerate(zip(attrition, labels, heights, strict=True)):
        if place:
            arrow(axes, (middle, bottom), (middle, bottom - gap))
            beside_arrow(axes, row["patients_excluded"], (middle, left + wide), bottom - gap / 2)
            bottom -= gap
        bottom -= tall
        last = place == len(attrition) - 1
        box(axes, (left, bottom, wide, tall), lines, row["patients_left"], COLOURS[0] if last else RULE)
    width = SINGLE / len(arms)
    for place, (arm, label) in enumerate(arms.items()):
        center = width * (place + 0.5)
        arrow(axes, (middle, bottom), (center, bottom - gap))
        inside = (center - width / 2 + 0.04, bottom - gap - arm_height, width - 0.08, arm_height)
        box(axes, inside, [label], cohort["by_arm"][arm], COLOURS[place % len(COLOURS)])
    if synthetic:
        warn(figure)
    return figure


def beside_arrow(axes: Axes, excluded: int, across: tuple[float, float], at: float) -> None:
    """How many leave between two boxes."""
    start, end = across
    if excluded:
        arrow(axes, (start, at), (end, at))
    text = f"{thousands(excluded)} excluded" if excluded else "nobody excluded"
    axes.text(end + 0.06, at, text, va="center", fontsize=SMALL, color=INK if excluded else FAINT_INK)


def box(axes: Axes, inside: tuple[float, float, float, float], lines: Sequence[str], count: int, edge: str) -> None:
    """A box (left, bottom, width, height) with lines of text and a count at its right."""
    from matplotlib.patches import FancyBboxPatch

    left, bottom, width, height = inside
    shape = FancyBboxPatch((left, bottom), width, height, boxstyle="round,pad=0,rounding_size=0.05")
    shape.set(facecolor=WASH, edgecolor=edge, linewidth=0.75 if edge == RULE else 1.1)
    axes.add_patch(shape)
    for place, line in enumerate(lines):
        axes.text(left + 0.07, bottom + height - 0.055 - LINE * (place + 0.5), line, va="center", fontsize=TEXT)
    axes.text(left + width - 0.07, bottom + height / 2, thousands(count), ha="right", va="center", fontsize=TEXT, weight="bold")


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A thin arrow."""
    shape = {"arrowstyle": "-|>", "color": FAINT_INK, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 7}
    axes.annotate("", end, start, arrowprops=shape)
