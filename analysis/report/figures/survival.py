"""Kaplan-Meier curves with numbers at risk."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.report.figures.style import BANNER, COLOURS, DASHES, FAINT_INK, LINE, RULE, SINGLE, SMALL, TEXT, TINY, TITLE, plain, warn
from analysis.study.reading import Row
from analysis.words import NOT_REACHED, counted, equals, p_value, with_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLOT = "plot"  # the id of the plotting area in the SVG, which the page's read-out measures
TOP = 1.015  # of the axis of survival


def survival_figure(entry: Mapping[str, Any], rows: Sequence[Row], arms: Mapping[str, str], interval: str, synthetic: bool) -> Figure:
    """Curves with pointwise intervals and a tick for each time of censoring; legend above, numbers at risk below, nothing on the curves.

    `interval`: what the intervals are, as `95 % CI`.
    """
    from matplotlib.figure import Figure

    title = [entry["endpoint_label"], *textwrap.wrap(entry["label"], 48)]
    banner = BANNER if synthetic else 0.0
    head = banner + 0.3 + LINE * (len(title) + 2 * len(arms) + 1.9)
    curves, axis, table = 1.95, 0.44, 0.08 + LINE * (1.3 + 2 * len(arms))
    height = head + curves + axis + table
    figure = Figure(figsize=(SINGLE, height))
    left, right = 0.48 / SINGLE, 1 - 0.17 / SINGLE
    axes = figure.add_axes((left, (table + axis) / height, right - left, curves / height))
    axes.patch.set_gid(PLOT)
    heading(figure, title, entry, arms, 1 - (banner + 0.04) / height)
    told = f"Medians in months; intervals and shading: {interval}"
    figure.text(0.08 / SINGLE, 1 - (head - 0.22) / height, told, va="center", fontsize=TINY, color=FAINT_INK)
    months = entry["at_risk"]["months"]
    for place, arm in enumerate(arms):
        draw_curve(axes, [row for row in rows if row["arm"] == arm], place)
    if not rows:
        axes.text(0.5, 0.5, "No patients", transform=axes.transAxes, ha="center", va="center", color=FAINT_INK)
    axes.axhline(0.5, color=FAINT_INK, linewidth=0.6, linestyle=(0, (1, 2.5)), zorder=1)
    axes.set(xlim=(0, months[-1]), ylim=(0, TOP), xticks=months, yticks=np.arange(0, 1.01, 0.25))
    axes.set_yticklabels([f"{share:.0f}" for share in np.arange(0, 101, 25)])
    axes.set_xticklabels([f"{month:g}" for month in months])
    axes.set_xlabel("Months from the index date", labelpad=4)
    axes.set_ylabel(f"{entry['endpoint_label']}, %")
    axes.grid(axis="y", color=RULE, linewidth=0.5)
    plain(axes)
    numbers_at_risk(figure, axes, entry, arms, table / height)
    if synthetic:
        warn(figure)
    return figure


def heading(figure: Figure, title: Sequence[str], entry: Mapping[str, Any], arms: Mapping[str, str], top: float) -> None:
    """Title, two lines of legend for each arm, and the comparison."""
    from matplotlib.lines import Line2D

    start, line, at = 0.08 / SINGLE, LINE / figure.get_figheight(), top
    for place, text in enumerate(title):
        figure.text(start, at, text, va="top", weight="normal" if place else "bold", fontsize=TEXT if place else TITLE)
        at -= 1.05 * line
    at -= 0.35 * line
    for place, (arm, label) in enumerate(arms.items()):
        group, stroke = entry["arms"][arm], at - 0.36 * line
        figure.add_artist(Line2D([start, start + 0.075], [stroke, stroke], color=COLOURS[place], linestyle=DASHES[place], linewidth=1.5))
        figure.text(start + 0.095, at, label, va="top", fontsize=TEXT, color=COLOURS[place], weight="bold")
        median = with_limits(group["median_months"], group["median_ci_lower"], group["median_ci_upper"], 1, NOT_REACHED)
        counts = f"{counted(group['events'], 'event')} in {counted(group['n'], 'patient')}" + (f"; median {median}" if group["n"] else "")
        figure.text(start + 0.095, at - line, counts, va="top", fontsize=SMALL)
        at -= 2.1 * line
    ratio = "not estimable"
    if entry["hazard_ratio"] is not None:
        ratio = with_limits(entry["hazard_ratio"], entry["hr_ci_lower"], entry["hr_ci_upper"], 2)
    test = f"log-rank {equals(p_value(entry['log_rank_p']))}" if entry["log_rank_p"] is not None else "log-rank test not estimable"
    figure.text(start, at - 0.15 * line, f"Hazard ratio {ratio}; {test}", va="top", fontsize=SMALL)


def draw_curve(axes: Axes, rows: Sequence[Row], place: int) -> None:
    """One arm's step curve, band and censoring ticks."""
    if not rows:
        return
    months, survival = np.array([row["months"] for row in rows]), np.array([row["survival"] for row in rows])
    lower, upper = (np.array([row[key] for row in rows], dtype=float) for key in ("ci_lower", "ci_upper"))
    axes.fill_between(months, lower, upper, step="post", color=COLOURS[place], alpha=0.13, linewidth=0, zorder=2)
    axes.step(months, survival, where="post", color=COLOURS[place], linestyle=DASHES[place], linewidth=1.35, zorder=4)
    censored = np.array([row["censored"] > 0 for row in rows])
    axes.plot(
        months[censored],
        survival[censored],
        color=COLOURS[place],
        marker="|",
        markersize=5.2,
        markeredgewidth=0.9,
        linestyle="none",
        clip_on=False,
        zorder=5,
    )


def numbers_at_risk(figure: Figure, axes: Axes, entry: Mapping[str, Any], arms: Mapping[str, str], top: float) -> None:
    """Numbers under the ticks of the time axis, each arm's under its name."""
    from matplotlib.transforms import blended_transform_factory

    across = blended_transform_factory(axes.transData, figure.transFigure)
    start, line = 0.08 / SINGLE, LINE / figure.get_figheight()
    figure.text(start, top, "Number at risk", va="top", fontsize=SMALL, weight="bold")
    for place, (arm, label) in enumerate(arms.items()):
        at = top - line * (1.1 + 2 * place)
        figure.text(start, at, label, va="top", fontsize=SMALL, color=COLOURS[place])
        for month, count in zip(entry["at_risk"]["months"], entry["at_risk"][arm], strict=True):
            figure.text(month, at - line, f"{count}", transform=across, ha="center", va="top", fontsize=SMALL)
