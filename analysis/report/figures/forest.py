"""The subgroup forest: a hazard ratio a level, the whole cohort on top, the test of interaction beside every variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.report.figures.style import BANNER, COLOURS, DOUBLE, FAINT_INK, INK, RULE, SMALL, TITLE, plain, shorter, warn
from analysis.words import NOT_ESTIMABLE, hazard_ratio, in_sentence, p_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10)
LOWEST, HIGHEST = 0.08, 12.5  # an interval beyond ends in an arrow
ROW = 0.158  # inches
# where the columns stand, in inches from the left
VARIABLE, LEVEL, FIRST_ARM, SECOND_ARM, PLOT, PLOT_END, RATIO, INTERACTION = 0.08, 0.2, 2.2, 3.1, 3.22, 4.92, 5.02, 6.8
HEAD = 0.86


@dataclass(frozen=True)
class Line:
    """A line of the forest. `holder` has the hazard ratio; `arms` the counts of each arm; `is_heading` is a variable's own line."""

    text: str
    is_heading: bool = False
    arms: Mapping[str, Mapping[str, int]] | None = None
    holder: Mapping[str, Any] | None = None
    interaction: str = ""


def lines_of(subgroup: Mapping[str, Any], overall: Mapping[str, Any]) -> Iterator[Line]:
    """The whole cohort, then each variable with its levels."""
    yield Line(overall["label"], True, overall["arms"], overall)
    for row in subgroup["rows"]:
        tested = row["interaction_p"] is not None
        yield Line(row["label"], True, interaction=p_value(row["interaction_p"]) if tested else NOT_ESTIMABLE)
        for level in row["levels"]:
            yield Line(level["label"], False, level["arms"], level)


def forest(subgroup: Mapping[str, Any], overall: Mapping[str, Any], arms: Mapping[str, str], interval: str, synthetic: bool) -> Figure:
    """Hazard ratios on a logarithmic axis; the area of a square grows with the events behind it."""
    from matplotlib.figure import Figure

    lines = list(lines_of(subgroup, overall))
    banner = BANNER - 0.08 if synthetic else 0.0
    height = banner + HEAD + ROW * len(lines) + 0.72
    figure = Figure(figsize=(DOUBLE, height))
    words = figure.add_axes((0, 0, 1, 1))
    words.set(xlim=(0, DOUBLE), ylim=(height, 0))
    words.axis("off")
    top = banner + HEAD
    bottom = top + ROW * len(lines)
    axes = figure.add_axes((PLOT / DOUBLE, 1 - bottom / height, (PLOT_END - PLOT) / DOUBLE, ROW * len(lines) / height))
    axes.patch.set_alpha(0)
    axes.set(xscale="log", xlim=(LOWEST, HIGHEST), ylim=(len(lines), 0), yticks=[])
    most = max((holder["events"] for line in lines if (holder := line.holder)), default=1)
    for place, line in enumerate(lines):
        if line.is_heading and place:
            words.axhline(top + ROW * place, color=RULE, linewidth=0.5)
        written(words, line, top + ROW * (place + 0.5), arms)
        if line.holder is not None and line.holder["hazard_ratio"] is not None:
            estimate(axes, line.holder, place + 0.5, most, COLOURS[0] if place else INK)
    if overall["hazard_ratio"] is not None:
        axes.axvline(overall["hazard_ratio"], color=FAINT_INK, linewidth=0.6, linestyle=(0, (1, 2.5)), zorder=1)
    axes.axvline(1, color=INK, linewidth=0.7, zorder=1)
    axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.minorticks_off()
    plain(axes)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Hazard ratio, logarithmic scale", labelpad=2)
    directions(words, arms, bottom + 0.46)
    heads(words, subgroup, arms, interval, (banner, top))
    if synthetic:
        warn(figure)
    return figure


def heads(words: Axes, subgroup: Mapping[str, Any], arms: Mapping[str, str], interval: str, between: tuple[float, float]) -> None:
    """Title and heads of the columns, between two heights."""
    banner, top = between
    words.text(VARIABLE, banner + 0.12, f"{subgroup['endpoint_label']} by subgroup", va="center", fontsize=TITLE, weight="bold")
    names = list(arms.values())
    told = f"{names[0]} against {in_sentence(names[1])}, unadjusted Cox models, one a level; dotted: all patients"
    words.text(VARIABLE, banner + 0.28, told, va="center", fontsize=SMALL, color=FAINT_INK)
    tests = sorted({row["interaction_test"] for row in subgroup["rows"]})
    at = top - 0.06
    words.text(VARIABLE, at, "Subgroup", va="bottom", fontsize=SMALL, weight="bold")
    for edge, name, colour in zip((FIRST_ARM, SECOND_ARM), names, COLOURS, strict=False):
        head = words.text(edge, at, f"{broken(name)}\nevents/n", va="bottom", ha="right", fontsize=SMALL)
        head.set(weight="bold", color=colour, linespacing=1.15)
    words.text(RATIO, at, f"Hazard ratio\n({interval})", va="bottom", fontsize=SMALL, weight="bold", linespacing=1.15)
    head = f"P of interaction\n({', '.join(tests)})"
    words.text(INTERACTION, at, head, va="bottom", ha="right", fontsize=SMALL, weight="bold", linespacing=1.15)
    words.axhline(top, color=INK, linewidth=0.8)


def broken(name: str) -> str:
    """The name of an arm on lines that fit its column."""
    return name.replace(" ", "\n", 1) if len(name) > 14 and " " in name else name.replace("-", "-\n", 1) if len(name) > 14 else name


def written(words: Axes, line: Line, at: float, arms: Mapping[str, str]) -> None:
    """The words of a line: name, counts of both arms, ratio, interaction."""
    text = shorter(line.text, 40 if line.is_heading else 38)
    weight = "bold" if line.is_heading else "normal"
    words.text(VARIABLE if line.is_heading else LEVEL, at, text, va="center", fontsize=SMALL, weight=weight)
    if line.arms is not None:
        for edge, arm in zip((FIRST_ARM, SECOND_ARM), arms, strict=False):
            group = line.arms[arm]
            words.text(edge, at, f"{group['events']}/{group['n']}", va="center", ha="right", fontsize=SMALL)
    if line.holder is not None:
        words.text(RATIO, at, hazard_ratio(line.holder), va="center", fontsize=SMALL)
    if line.interaction:
        words.text(INTERACTION, at, line.interaction, va="center", ha="right", fontsize=SMALL)


def estimate(axes: Axes, holder: Mapping[str, Any], at: float, most: int, colour: str) -> None:
    """A square on its interval; an arrow where the axis ends before the interval does."""
    lower, upper = holder["hr_ci_lower"], holder["hr_ci_upper"]
    drawn = max(lower, LOWEST), min(upper, HIGHEST)
    if drawn[0] < drawn[1]:
        axes.plot(drawn, (at, at), color=colour, linewidth=1.0, zorder=3, solid_capstyle="butt")
    for limit, edge, marker in ((lower, LOWEST, "<"), (upper, HIGHEST, ">")):
        if (limit < edge) if marker == "<" else (limit > edge):
            axes.plot([edge], [at], marker=marker, color=colour, markersize=3.6, clip_on=False, zorder=4, markeredgewidth=0)
    if LOWEST <= holder["hazard_ratio"] <= HIGHEST:
        size = 2.2 + 3.6 * (holder["events"] / most) ** 0.5 if most else 2.2
        axes.plot([holder["hazard_ratio"]], [at], marker="s", color=colour, markersize=size, zorder=5, markeredgewidth=0)


def directions(words: Axes, arms: Mapping[str, str], at: float) -> None:
    """Which side favours which arm."""
    middle = PLOT + (PLOT_END - PLOT) * 0.4995
    for side, name, align in ((-0.06, next(iter(arms.values())), "right"), (0.06, list(arms.values())[1], "left")):
        text = f"\u2190 {in_sentence(name)} better" if side < 0 else f"{in_sentence(name)} better \u2192"
        words.text(middle + side, at, text, ha=align, va="center", fontsize=SMALL, color=FAINT_INK)


