"""The specification curve: every definition's hazard ratio in rising order, and under it which choices each definition makes.

Thousands of definitions are drawn as blocks of neighbours, a column each. The strips are one picture of as many pixels as there are
blocks and choices, so that a figure stays small however many definitions there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.report.figures.style import BANNER, COLOURS, DOUBLE, FAINT_INK, INK, LINE, RULE, TEXT, TINY, TITLE, plain, shorter, warn
from analysis.words import in_sentence, thousands

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVE, ROW, LEFT, RIGHT = 1.9, 0.108, 2.95, 0.22  # inches
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
LONGEST = {"decision": 42, "choice": 26}  # characters


def specification_curve(
    entry: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]], endpoint: str, interval: str, synthetic: bool
) -> Figure:
    """The curve of one stratum; `entry` of `multiverse.strata`, `decisions` with their choices."""
    from matplotlib.figure import Figure

    rows = [(decision, choice) for decision in decisions for choice in decision["choices"]]
    banner = BANNER - 0.08 if synthetic else 0.0
    strips = ROW * len(rows)
    height = banner + 0.24 + 2 * LINE + CURVE + 0.14 + strips + 0.42
    figure = Figure(figsize=(DOUBLE, height))
    wide = (DOUBLE - LEFT - RIGHT) / DOUBLE
    above = figure.add_axes((LEFT / DOUBLE, (0.42 + strips + 0.14) / height, wide, CURVE / height))
    below = figure.add_axes((LEFT / DOUBLE, 0.42 / height, wide, strips / height))
    draw_curve(above, entry, interval)
    draw_strips(below, entry["curve"], rows)
    for axes in (above, below):
        axes.set_xlim(0, entry["curve"]["definitions"])
        if entry["curve"]["default_at"] is not None:
            axes.axvline(entry["curve"]["default_at"] * entry["curve"]["definitions"], color=INK, linewidth=0.8, zorder=4)
    top = 1 - (banner + 0.12) / height
    figure.text(0.08 / DOUBLE, top, f"{endpoint}, {in_sentence(entry['label'])}", va="center").set(fontsize=TITLE, weight="bold")
    figure.legend(
        loc="upper left",
        bbox_to_anchor=(0.0, top - 0.09 / height),
        ncols=4,
        frameon=False,
        fontsize=TINY,
        handlelength=1.2,
        columnspacing=1.0,
    )
    if synthetic:
        warn(figure)
    return figure


def draw_curve(axes: Axes, entry: Mapping[str, Any], interval: str) -> None:
    """Hazard ratio and interval of each block's middle definition; filled where most of the block has P below 0.05."""
    curve, own = entry["curve"], entry["default"]
    middle = np.cumsum(curve["blocks"]) - np.array(curve["blocks"]) / 2
    ratio, lower, upper = (as_floats(curve[name]) for name in ("hazard_ratio", "ci_lower", "ci_upper"))
    least, most = 0.7 * np.nanmin(ratio), 1.4 * np.nanmax(ratio)
    bottom, top = max(np.nanmin(lower), least / 3), min(np.nanmax(upper), most * 3)
    axes.vlines(middle, np.clip(lower, bottom, top), np.clip(upper, bottom, top), color=RULE, linewidth=1.6, zorder=1, label=interval)
    test = " or ".join(entry["tests"])
    is_below = as_floats(curve["share_p_below_0_05"]) >= 0.5
    look: dict[str, Any] = {"linestyle": "none", "markersize": 2.6, "markeredgewidth": 0.6, "zorder": 3, "marker": "o"}
    hollow: dict[str, Any] = {**look, "markerfacecolor": "white", "markeredgecolor": COLOURS[1]}
    axes.plot(middle[~is_below], ratio[~is_below], label=f"P 0.05 or more ({test})", **hollow)
    axes.plot(middle[is_below], ratio[is_below], color=COLOURS[0], label=f"P below 0.05 ({test})", **look)
    if curve["default_at"] is not None:
        at = curve["default_at"] * curve["definitions"]
        axes.plot([at], [own["hazard_ratio"]], marker="D", markersize=5, color=INK, linestyle="none", zorder=5, label="the protocol's own")
    axes.set_yscale("log")
    axes.set_ylim(bottom * 0.95, top * 1.05)
    shown = [tick for tick in TICKS if bottom * 0.95 <= tick <= top * 1.05]
    axes.set_yticks(shown, [f"{tick:g}" for tick in shown])
    axes.set_yticks([], minor=True)
    axes.axhline(1, color=FAINT_INK, linewidth=0.7, linestyle=(0, (1, 2)), zorder=2)
    axes.set_ylabel("Hazard ratio", fontsize=TEXT)
    axes.tick_params(axis="x", labelbottom=False, length=0)
    plain(axes)


def draw_strips(axes: Axes, curve: Mapping[str, Any], rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """A row a choice: the darker, the more of the block's definitions make it."""
    from matplotlib.colors import LinearSegmentedColormap

    shares = np.array([curve["chosen"][decision["id"]][choice["id"]] for decision, choice in rows])
    blocks = np.append(0, np.cumsum(curve["blocks"]))
    ink = LinearSegmentedColormap.from_list("ink", ["white", COLOURS[0]])
    extent = (0.0, float(blocks[-1]), float(len(rows)), 0.0)
    axes.imshow(shares, cmap=ink, vmin=0, vmax=1, aspect="auto", interpolation="none", extent=extent, zorder=1)
    for place, (decision, choice) in enumerate(rows):
        is_first = choice is decision["choices"][0]
        kind: dict[str, Any] = {"fontsize": TINY, "va": "center", "color": INK, "textcoords": "offset points"}
        label, weight = shorter(choice["label"], LONGEST["choice"]), "bold" if is_first else "normal"
        axes.annotate(label, (0, place + 0.5), xytext=(-4, 0), ha="right", weight=weight, **kind)
        if is_first:
            at = (-72 * LEFT + 6, 0)
            axes.annotate(shorter(decision["label"], LONGEST["decision"]), (0, place + 0.5), xytext=at, **kind)
            axes.axhline(place, color=FAINT_INK, linewidth=0.5, zorder=3)
    axes.set_ylim(len(rows), 0)
    axes.set_yticks([])
    count = curve["definitions"]
    ticks = [0, count // 4, count // 2, 3 * count // 4, count]
    axes.set_xticks(ticks, [thousands(tick) for tick in ticks])
    axes.set_xlabel("Definitions in the order of their hazard ratio; the protocol's own choices in bold", labelpad=3)
    axes.spines[:].set_linewidth(0.5)


def as_floats(values: Sequence[float | None]) -> np.ndarray:
    """None, an interval without a bound, is NaN."""
    return np.array([np.nan if value is None else value for value in values], dtype=float)
