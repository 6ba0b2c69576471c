"""Kaplan-Meier figures with numbers at risk, and the cohort flow, as SVG and PNG.

The same results give the same bytes: no dates, no random ids. Arms differ in colour (safe for colour-blind readers, dark enough on
white) and in line style, so that a grey print tells them apart.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.study.reading import Row
from analysis.words import NOT_ASSESSABLE, NOT_REACHED, SYNTHETIC, counted, equals, p_value, thousands, with_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0b6b75", "#b3541e")
DASHES = ("solid", (0, (4.5, 1.6)))
INK, FAINT_INK, RULE = "#1c2b33", "#52636b", "#d5dde0"
WARNING_INK, WARNING_WASH = "#5f4300", "#fdf3dc"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "analysis",
    "svg.fonttype": "none",  # text stays text: searchable, and the page sets it in its own type
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": FAINT_INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "xtick.color": FAINT_INK,
    "ytick.color": FAINT_INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}
# Inches: of a figure, of a line of text, of the banner of synthetic patients. Narrow, so that a phone shows the text at a size to read.
WIDTH, LINE, BANNER = 4.2, 0.19, 0.44


def draw_all(folder: Path, results: Mapping[str, Any]) -> list[str]:
    """Draws every figure of the results into `folder`, each as .svg and .png. Returns their names."""
    from matplotlib import rc_context

    folder.mkdir(parents=True, exist_ok=True)
    synthetic, arms = results["data"] == "synthetic", results["protocol"]["arms"]
    names = []
    with rc_context(STYLE):
        save(cohort_flow(results["attrition"], results["cohort"], arms, synthetic), folder, "cohort_flow")
        names.append("cohort_flow")
        for entry in results["analyses"]:
            if entry["status"] == NOT_ASSESSABLE:
                continue
            rows = [row for row in results["curves"][entry["endpoint"]] if row["stratum"] == entry["stratum"]]
            save(survival_figure(entry, rows, arms, synthetic), folder, entry["id"])
            names.append(entry["id"])
    return names


def save(figure: Figure, folder: Path, name: str) -> None:
    """Writes a figure without a date."""
    figure.savefig(folder / f"{name}.svg", format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(folder / f"{name}.png", format="png", dpi=220, metadata={"Software": None}, pil_kwargs={"compress_level": 4})


def survival_figure(entry: Mapping[str, Any], rows: Sequence[Row], arms: Mapping[str, str], synthetic: bool) -> Figure:
    """Curves with pointwise intervals and a tick for each time of censoring; legend above, numbers at risk below, nothing on the curves."""
    from matplotlib.figure import Figure

    title = [entry["endpoint_label"], *textwrap.wrap(entry["label"], 48)]
    banner = BANNER if synthetic else 0.0
    head = banner + 0.42 + LINE * (len(title) + 2 * len(arms) + 1)
    curves, axis, table = 2.45, 0.58, 0.1 + LINE * (1.3 + 2 * len(arms))
    height = head + curves + axis + table
    figure = Figure(figsize=(WIDTH, height))
    left, right = 0.6 / WIDTH, 1 - 0.22 / WIDTH
    axes = figure.add_axes((left, (table + axis) / height, right - left, curves / height))
    heading(figure, title, entry, arms, 1 - (banner + 0.05) / height)
    months = entry["at_risk"]["months"]
    for place, arm in enumerate(arms):
        draw_curve(axes, [row for row in rows if row["arm"] == arm], place)
    if not rows:
        axes.text(0.5, 0.5, "No patients", transform=axes.transAxes, ha="center", va="center", color=FAINT_INK)
    axes.axhline(0.5, color=FAINT_INK, linewidth=0.7, linestyle=(0, (1, 2.5)), zorder=1)
    axes.set(xlim=(0, months[-1]), ylim=(0, 1.015), xticks=months, yticks=np.arange(0, 1.01, 0.25))
    axes.set_yticklabels([f"{share:.0f}" for share in np.arange(0, 101, 25)])
    axes.set_xticklabels([f"{month:g}" for month in months])
    axes.set_xlabel("Months from the index date", labelpad=5)
    axes.set_ylabel(f"{entry['endpoint_label']}, %", fontsize=9)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    numbers_at_risk(figure, axes, entry, arms, table / height)
    if synthetic:
        warn(figure)
    return figure


def warn(figure: Figure) -> None:
    """The banner of synthetic patients across the top, so that it goes wherever the picture goes."""
    from matplotlib.patches import Rectangle

    tall = (BANNER - 0.08) / figure.get_figheight()
    figure.add_artist(Rectangle((0, 1 - tall), 1, tall, facecolor=WARNING_WASH, edgecolor="none", transform=figure.transFigure))
    text = figure.text(0.5, 1 - tall / 2, SYNTHETIC.replace(": ", ":\n"), ha="center", va="center")
    text.set(fontsize=7.6, color=WARNING_INK, linespacing=1.25)


def heading(figure: Figure, title: Sequence[str], entry: Mapping[str, Any], arms: Mapping[str, str], top: float) -> None:
    """Title, two lines of legend for each arm, and the comparison."""
    from matplotlib.lines import Line2D

    start, line, at = 0.1 / WIDTH, LINE / figure.get_figheight(), top
    for place, text in enumerate(title):
        figure.text(start, at, text, va="top", weight="normal" if place else "bold", fontsize=10 if not place else 9.5)
        at -= 1.05 * line
    at -= 0.35 * line
    for place, (arm, label) in enumerate(arms.items()):
        group, stroke = entry["arms"][arm], at - 0.36 * line
        figure.add_artist(Line2D([start, start + 0.075], [stroke, stroke], color=COLOURS[place], linestyle=DASHES[place], linewidth=1.9))
        figure.text(start + 0.095, at, label, va="top", fontsize=9, color=COLOURS[place], weight="bold")
        median = with_limits(group["median_months"], group["median_ci_lower"], group["median_ci_upper"], 1, NOT_REACHED)
        counts = f"{counted(group['events'], 'event')} in {counted(group['n'], 'patient')}" + (f"; median {median}" if group["n"] else "")
        figure.text(start + 0.095, at - line, counts, va="top", fontsize=8.5)
        at -= 2.1 * line
    ratio = "not estimable"
    if entry["hazard_ratio"] is not None:
        ratio = with_limits(entry["hazard_ratio"], entry["hr_ci_lower"], entry["hr_ci_upper"], 2)
    text = f"Hazard ratio {ratio}; log-rank {equals(p_value(entry['log_rank_p']))}"
    figure.text(start, at - 0.15 * line, text, va="top", fontsize=8.5)


def draw_curve(axes: Axes, rows: Sequence[Row], place: int) -> None:
    """One arm's step curve, band and censoring ticks."""
    if not rows:
        return
    months, survival = np.array([row["months"] for row in rows]), np.array([row["survival"] for row in rows])
    lower, upper = (np.array([row[key] for row in rows], dtype=float) for key in ("ci_lower", "ci_upper"))
    axes.fill_between(months, lower, upper, step="post", color=COLOURS[place], alpha=0.13, linewidth=0, zorder=2)
    axes.step(months, survival, where="post", color=COLOURS[place], linestyle=DASHES[place], linewidth=1.7, zorder=4)
    censored = np.array([row["censored"] > 0 for row in rows])
    axes.plot(
        months[censored],
        survival[censored],
        color=COLOURS[place],
        marker="|",
        markersize=6.5,
        markeredgewidth=1.1,
        linestyle="none",
        clip_on=False,
        zorder=5,
    )


def numbers_at_risk(figure: Figure, axes: Axes, entry: Mapping[str, Any], arms: Mapping[str, str], top: float) -> None:
    """Numbers under the ticks of the time axis, each arm's under its name."""
    from matplotlib.transforms import blended_transform_factory

    across = blended_transform_factory(axes.transData, figure.transFigure)
    start, line = 0.1 / WIDTH, LINE / figure.get_figheight()
    figure.text(start, top, "Number at risk", va="top", fontsize=8.5, weight="bold")
    for place, (arm, label) in enumerate(arms.items()):
        at = top - line * (1.1 + 2 * place)
        figure.text(start, at, label, va="top", fontsize=8.5, color=COLOURS[place])
        for month, count in zip(entry["at_risk"]["months"], entry["at_risk"][arm], strict=True):
            figure.text(month, at - line, f"{count}", transform=across, ha="center", va="top", fontsize=8.5)


def cohort_flow(attrition: Sequence[Row], cohort: Mapping[str, Any], arms: Mapping[str, str], synthetic: bool) -> Figure:
    """Patients left after each criterion, in boxes from top to bottom, with how many each criterion excluded at its side."""
    from matplotlib.figure import Figure

    labels = [textwrap.wrap(str(row["label"]), 29) for row in attrition]
    heights = [0.14 + LINE * len(lines) for lines in labels]
    gap, banner, arm_height = 0.24, BANNER if synthetic else 0.0, 0.14 + LINE
    height = banner + sum(heights) + gap * len(heights) + arm_height + 0.1
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, height))
    axes.axis("off")
    left, wide, bottom = 0.05, 2.92, height - banner - 0.05
    middle = left + wide / 2
    for place, (row, lines, tall) in enumerate(zip(attrition, labels, heights, strict=True)):
        if place:
            arrow(axes, (middle, bottom), (middle, bottom - gap))
            beside_arrow(axes, row["patients_excluded"], (middle, left + wide), bottom - gap / 2)
            bottom -= gap
        bottom -= tall
        last = place == len(attrition) - 1
        box(axes, (left, bottom, wide, tall), lines, row["patients_left"], COLOURS[0] if last else RULE)
    width = WIDTH / len(arms)
    for place, (arm, label) in enumerate(arms.items()):
        center = width * (place + 0.5)
        arrow(axes, (middle, bottom), (center, bottom - gap))
        inside = (center - width / 2 + 0.05, bottom - gap - arm_height, width - 0.1, arm_height)
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
    axes.text(end + 0.08, at, text, va="center", fontsize=8.5, color=INK if excluded else FAINT_INK)


def box(axes: Axes, inside: tuple[float, float, float, float], lines: Sequence[str], count: int, edge: str) -> None:
    """A box (left, bottom, width, height) with lines of text and a count at its right."""
    from matplotlib.patches import FancyBboxPatch

    left, bottom, width, height = inside
    shape = FancyBboxPatch((left, bottom), width, height, boxstyle="round,pad=0,rounding_size=0.06")
    shape.set(facecolor="#f4f7f8", edgecolor=edge, linewidth=0.9 if edge == RULE else 1.4)
    axes.add_patch(shape)
    for place, line in enumerate(lines):
        axes.text(left + 0.09, bottom + height - 0.07 - LINE * (place + 0.5), line, va="center", fontsize=9)
    axes.text(left + width - 0.09, bottom + height / 2, thousands(count), ha="right", va="center", fontsize=9.5, weight="bold")


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A thin arrow."""
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": FAINT_INK, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0})
