"""Cumulative incidence of the events that compete for an endpoint, a panel an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.report.figures.style import BANNER, COLOURS, DASHES, DOUBLE, LINE, RULE, SMALL, TITLE, plain, warn
from analysis.study.comparison import ticks
from analysis.words import equals, in_sentence, p_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def competing_figure(found: Mapping[str, Any], arms: Mapping[str, str], interval: str, synthetic: bool) -> Figure:
    """Aalen-Johansen estimates by arm with pointwise intervals; counts and Gray's test above each panel."""
    from matplotlib.figure import Figure

    banner = BANNER - 0.08 if synthetic else 0.0
    events = found["events"]
    head = banner + 0.34 + LINE * (1.4 + len(arms))
    height = head + 1.95 + 0.46
    figure = Figure(figsize=(DOUBLE, height))
    told = f"{title_of(found)} (shading: {interval})"
    figure.text(0.08 / DOUBLE, 1 - (banner + 0.12) / height, told, va="center", fontsize=TITLE, weight="bold")
    wide = DOUBLE / len(events)
    last = max((row["months"] for row in found["curves"]), default=0.0)
    for place, event in enumerate(events):
        axes = figure.add_axes(((place * wide + 0.48) / DOUBLE, 0.42 / height, (wide - 0.65) / DOUBLE, 1.95 / height))
        panel(axes, found, event, arms, ticks(last))
        at, line, left = 1 - (banner + 0.32) / height, LINE / height, (place * wide + 0.08) / DOUBLE
        test = f"Gray's test {equals(p_value(event['gray_p']))}" if event["gray_p"] is not None else "Gray's test not estimable"
        figure.text(left, at, f"{event['label']}; {test}", va="center", fontsize=SMALL, weight="bold")
        for order, (arm, label) in enumerate(arms.items(), start=1):
            group = event["arms"][arm]
            text = f"{label}: {group['events']} of {group['n']}"
            figure.text(left + 0.26 / DOUBLE, at - line * order, text, va="center", fontsize=SMALL, color=COLOURS[order - 1])
            stroke(figure, left, at - line * order, order - 1)
    if synthetic:
        warn(figure)
    return figure


def title_of(found: Mapping[str, Any]) -> str:
    """`Progression-free survival: which event comes first`."""
    return f"{found['endpoint_label']}: which event came first"


def stroke(figure: Figure, left: float, at: float, place: int) -> None:
    """A piece of an arm's line for the legend."""
    from matplotlib.lines import Line2D

    figure.add_artist(Line2D([left, left + 0.2 / DOUBLE], [at, at], color=COLOURS[place], linestyle=DASHES[place], linewidth=1.4))


def panel(axes: Axes, found: Mapping[str, Any], event: Mapping[str, Any], arms: Mapping[str, str], months: list[float]) -> None:
    """One event's curves."""
    for place, arm in enumerate(arms):
        rows = [row for row in found["curves"] if row["event"] == event["event"] and row["arm"] == arm]
        if not rows:
            continue
        at, incidence = np.array([row["months"] for row in rows]), np.array([row["incidence"] for row in rows])
        lower, upper = (np.array([row[key] for row in rows], dtype=float) for key in ("ci_lower", "ci_upper"))
        axes.fill_between(at, lower, upper, step="post", color=COLOURS[place], alpha=0.13, linewidth=0, zorder=2)
        axes.step(at, incidence, where="post", color=COLOURS[place], linestyle=DASHES[place], linewidth=1.35, zorder=4)
    axes.set(xlim=(0, months[-1]), ylim=(0, 1.015), xticks=months, yticks=np.arange(0, 1.01, 0.25))
    axes.set_xticklabels([f"{month:g}" for month in months])
    axes.set_yticklabels([f"{share:.0f}" for share in np.arange(0, 101, 25)])
    axes.set_xlabel("Months from the index date", labelpad=3)
    axes.set_ylabel(f"Cumulative incidence of {in_sentence(event['label'])}, %")
    axes.grid(axis="y", color=RULE, linewidth=0.5)
    plain(axes)
