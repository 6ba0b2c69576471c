"""How every figure looks: journal sizes, type, colours, and files whose bytes depend on nothing but the results.

Arms differ in colour (safe for colour-blind readers, dark enough on white) and in line style, so that a grey print tells them apart.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.words import SYNTHETIC

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MILLIMETRE = 1 / 25.4  # in inches, as every length below
SINGLE, DOUBLE = 85 * MILLIMETRE, 174 * MILLIMETRE  # one and two columns of a journal
TALLEST = 232 * MILLIMETRE
LINE, BANNER = 0.152, 0.35  # a line of text; the banner of synthetic patients
TITLE, TEXT, SMALL, TINY = 8.0, 7.2, 6.8, 6.0  # points
DOTS_PER_INCH = 300

COLOURS = ("#0b6b75", "#b3541e")
DASHES = ("solid", (0, (4.5, 1.6)))
INK, FAINT_INK, RULE, WASH = "#1c2b33", "#52636b", "#d5dde0", "#f4f7f8"
WARNING_INK, WARNING_WASH = "#5f4300", "#fdf3dc"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "analysis",
    "svg.fonttype": "none",  # text stays text: searchable, and the page sets it in its own type
    "pdf.fonttype": 3,  # embedded; 42 would take five times as long to write
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "text.color": INK,
    "axes.edgecolor": FAINT_INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.65,
    "axes.labelsize": TEXT,
    "xtick.color": FAINT_INK,
    "ytick.color": FAINT_INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": TEXT,
    "ytick.labelsize": TEXT,
    "xtick.major.size": 2.8,
    "ytick.major.size": 2.8,
    "xtick.major.width": 0.65,
    "ytick.major.width": 0.65,
}


def save(figure: Figure, folder: Path, name: str) -> None:
    """Writes a figure as .svg, .pdf and .png (300 dots an inch), without a date or the name of a program."""
    figure.savefig(folder / f"{name}.svg", format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(folder / f"{name}.pdf", format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    figure.savefig(folder / f"{name}.png", format="png", dpi=DOTS_PER_INCH, metadata={"Software": None}, pil_kwargs={"compress_level": 4})


def warn(figure: Figure) -> None:
    """The banner of synthetic patients across the top, so that it goes wherever the picture goes."""
    from matplotlib.patches import Rectangle

    tall = (BANNER - 0.06) / figure.get_figheight()
    figure.add_artist(Rectangle((0, 1 - tall), 1, tall, facecolor=WARNING_WASH, edgecolor="none", transform=figure.transFigure))
    text = SYNTHETIC.replace(": ", ":\n") if figure.get_figwidth() < DOUBLE - 0.01 else SYNTHETIC
    written = figure.text(0.5, 1 - tall / 2, text, ha="center", va="center")
    written.set(fontsize=TINY, color=WARNING_INK, linespacing=1.25)


def plain(axes: Axes) -> None:
    """Axes without a frame at the top and right."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)


def shorter(text: str, most: int) -> str:
    """A text of at most that many characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}\u2026"
