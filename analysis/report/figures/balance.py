"""The balance of the arms before and after weighting: a love plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.report.figures.style import BANNER, COLOURS, DOUBLE, FAINT_INK, INK, LINE, RULE, SMALL, TITLE, plain, shorter, warn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BORDER = 0.1  # the usual border of "balanced"
MARKS = (("o", "white", INK), ("D", COLOURS[0], COLOURS[0]), ("^", COLOURS[1], COLOURS[1]))
ROW = 0.17


def balance(weighted: Sequence[Mapping[str, Any]], synthetic: bool) -> Figure | None:
    """Absolute standardised differences of every column, unweighted and by each kind of weights; None where no weights were found."""
    from matplotlib.figure import Figure

    endpoint = next((entry["endpoint"] for entry in weighted if entry["balance"]), None)
    if endpoint is None:
        return None
    entries = [entry for entry in weighted if entry["endpoint"] == endpoint and entry["balance"]]
    columns = entries[0]["balance"]
    names = [shorter(f"{row['label']}: {row['level']}" if row["level"] else row["label"], 52) for row in columns]
    series = {"unweighted": [row["before"] for row in columns]}
    series |= {entry["method_label"]: [row["after"] for row in entry["balance"]] for entry in entries}
    banner = BANNER - 0.08 if synthetic else 0.0
    height = banner + 0.5 + LINE * 1.3 + ROW * len(columns) + 0.42
    figure = Figure(figsize=(DOUBLE, height))
    axes = figure.add_axes((2.9 / DOUBLE, 0.42 / height, (DOUBLE - 3.08) / DOUBLE, ROW * len(columns) / height))
    for (name, values), (marker, face, edge) in zip(series.items(), MARKS, strict=False):
        known = [(value, place + 0.5) for place, value in enumerate(values) if value is not None]
        shape: dict[str, Any] = {"marker": marker, "markerfacecolor": face, "markeredgecolor": edge, "linestyle": "none", "label": name}
        axes.plot(*zip(*known, strict=True), markersize=4.2, markeredgewidth=0.9, zorder=3, clip_on=False, **shape)
    axes.axvline(BORDER, color=FAINT_INK, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    axes.set_yticks([place + 0.5 for place in range(len(names))], names, fontsize=SMALL)
    most = max((value for values in series.values() for value in values if value is not None), default=0)
    axes.set(xlim=(0, max(2 * BORDER, 1.05 * most)), ylim=(len(names), 0))
    axes.set_xlabel("Absolute standardised difference of the arms", labelpad=3)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.5)
    plain(axes)
    figure.text(0.08 / DOUBLE, 1 - (banner + 0.12) / height, "Balance of the arms before and after weighting", va="center").set(
        fontsize=TITLE, weight="bold"
    )
    place = {"loc": "upper left", "bbox_to_anchor": (0.0, 1 - (banner + 0.2) / height)}
    figure.legend(**place, ncols=len(series), frameon=False, fontsize=SMALL, handletextpad=0.1)
    if synthetic:
        warn(figure)
    return figure
