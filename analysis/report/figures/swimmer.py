"""The swimmer plot: a bar a patient from the index date on, with what was given and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.report.figures.style import BANNER, COLOURS, DOUBLE, FAINT_INK, INK, LINE, SMALL, TALLEST, TINY, TITLE, plain, warn
from analysis.study.comparison import ticks
from analysis.study.patients import Patient, Patients
from analysis.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.088  # inches, less where the cohort would not fit a page
GROUPS = {
    "immunotherapy": ("Immunotherapy, alone or combined", COLOURS[0]),
    "chemotherapy": ("Chemotherapy, no immunotherapy", COLOURS[1]),
    "alk_tki": ("ALK-TKI alone", "#8a7bb8"),
    "other": ("Other anti-cancer drugs", "#9aa5ab"),
}
RECORD = "#dfe5e8"
MARKS: dict[str, tuple[str, str, str, str, float]] = {
    "response": ("First response (CR or PR)", "^", "white", INK, 3.4),
    "progression": ("Progression", "o", INK, INK, 2.7),
    "pfs_censored": ("Progression-free survival censored", "|", INK, INK, 4.4),
    "death": ("Death", "X", "#a3123a", "#a3123a", 3.8),
    "alive": ("Alive at the end of the record", ">", FAINT_INK, FAINT_INK, 3.2),
}


def group_of(regimen_class: str) -> str:
    """The group of a class of regimen by which a bar is coloured."""
    if regimen_class.startswith("ici"):
        return "immunotherapy"
    if regimen_class.startswith("chemo"):
        return "chemotherapy"
    return regimen_class if regimen_class in GROUPS else "other"


def marks_of(patient: Patient) -> Iterator[tuple[str, int]]:
    """Kind and day of every mark on a bar."""
    if patient.response_day is not None:
        yield "response", patient.response_day
    if patient.progressed:
        yield "progression", patient.pfs_days
    elif patient.is_censored:
        yield "pfs_censored", patient.pfs_days
    yield "death" if patient.died else "alive", patient.os_days


def swimmer(patients: Patients, arms: Mapping[str, str], days_per_month: float, synthetic: bool) -> Figure:
    """Bars by arm, in it by descending PFS; every tenth patient is numbered."""
    from matplotlib.figure import Figure

    banner = BANNER - 0.08 if synthetic else 0.0
    legend = LINE * 3 + 0.1
    fixed = banner + 0.28 + legend + 0.42
    gap = 1.6  # rows between the arms
    rows = len(patients.shown) + gap * len(arms)
    row = min(ROW, (TALLEST - fixed) / max(rows, 1))
    height = fixed + row * rows
    figure = Figure(figsize=(DOUBLE, height))
    figure.text(0.08 / DOUBLE, 1 - (banner + 0.12) / height, "Every patient from the index date on", va="center").set(
        fontsize=TITLE, weight="bold"
    )
    axes = figure.add_axes((0.42 / DOUBLE, 0.42 / height, (DOUBLE - 0.6) / DOUBLE, row * rows / height))
    marks: dict[str, list[tuple[float, float]]] = {kind: [] for kind in MARKS}
    numbered: list[tuple[float, str]] = []
    at = 0.0
    for arm, label in arms.items():
        mine = [patient for patient in patients.shown if patient.arm == arm]
        axes.text(0, at + gap / 2 + 0.1, f"{label}, {counted(len(mine), 'patient')}", va="center", fontsize=SMALL, weight="bold")
        at += gap
        for place, patient in enumerate(mine):
            bars(axes, patient, at + 0.5, days_per_month)
            for kind, day in marks_of(patient):
                marks[kind].append((day / days_per_month, at + 0.5))
            if not place or patient.number % 10 == 0:
                numbered.append((at + 0.5, str(patient.number)))
            at += 1
    for kind, points in marks.items():
        _, marker, face, edge, size = MARKS[kind]
        if points:
            shape: dict[str, Any] = {"marker": marker, "markerfacecolor": face, "markeredgecolor": edge, "linestyle": "none"}
            axes.plot(*zip(*points, strict=True), markersize=size, markeredgewidth=0.75, zorder=4, clip_on=False, **shape)
    last = max((patient.os_days for patient in patients.shown), default=0) / days_per_month
    months = ticks(last)
    axes.set(xlim=(0, months[-1]), ylim=(at or 1, 0), xticks=months)
    axes.set_xticks(months, [f"{month:g}" for month in months])
    axes.set_yticks([place for place, _ in numbered], [text for _, text in numbered], fontsize=TINY)
    axes.tick_params(axis="y", length=0, pad=2)
    axes.set_xlabel("Months from the index date; numbers at the left are those of the patients", labelpad=3)
    plain(axes)
    explained(figure, 1 - (banner + 0.22) / height)
    if synthetic:
        warn(figure)
    return figure


def bars(axes: Axes, patient: Patient, at: float, days_per_month: float) -> None:
    """The record of a patient as a thin bar, on it the lines of therapy, the index line at full height."""
    axes.barh([at], [patient.os_days / days_per_month], height=0.28, color=RECORD, linewidth=0, zorder=1)
    for line in patient.treatments:
        start, end = max(line.start, 0), min(line.end, patient.os_days)
        if end < start:
            continue
        colour = GROUPS[group_of(line.regimen_class)][1]
        wide = max(end - start, 1) / days_per_month
        axes.barh([at], [wide], left=start / days_per_month, height=0.86 if line.is_index else 0.5, color=colour, linewidth=0, zorder=2)


def explained(figure: Figure, top: float) -> None:
    """The legend: colours of the treatments, then the marks."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Patch(facecolor=colour, label=label) for label, colour in GROUPS.values()]
    handles.append(Patch(facecolor=RECORD, label="Observed, no anti-cancer drug"))
    for label, marker, face, edge, size in MARKS.values():
        shape: dict[str, Any] = {"marker": marker, "markerfacecolor": face, "markeredgecolor": edge, "markersize": size + 0.6}
        handles.append(Line2D([], [], linestyle="none", label=label, markeredgewidth=0.75, **shape))
    figure.legend(
        handles=in_rows(handles, 4), ncols=4, loc="upper left", bbox_to_anchor=(0, top), frameon=False, fontsize=TINY, columnspacing=1.2
    ).set_zorder(5)


def in_rows(handles: Sequence[Any], columns: int) -> list[Any]:
    """Handles reordered, for a legend fills its columns first."""
    return [handles[place] for column in range(columns) for place in range(column, len(handles), columns)]
