"""The search for the calibrated cohort: `python -m synthetic.calibrate`.

The abstract of the paper gives fourteen figures and no sizes of arms or strata. This search looks for patients whose event
times, on a realistic schedule of scans, give those figures to the digits that the paper prints. The sizes in `CELLS` are
INVENTED, and so is every patient: that the demo's results agree with the paper is by construction and proves nothing
about the paper; it shows that the pipeline derives from the raw rows what was put into them.

The search is simulated annealing: in each round one patient gets a new course drawn from the patient's cell, and the
exchange is kept if the figures come nearer (or, while it is warm, not much farther). All drawing is in integers; floating
point only decides which exchange is kept.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synthetic.cohort import CALIBRATED_COHORT, write_cohort
from synthetic.courses import Cell, Course, draw_course
from synthetic.draws import Draws
from synthetic.figures import Columns, PaperFigure, ambiguous_medians, compute, read_paper_figures, total_distance
from synthetic.histories import draw_patients

MARGIN = 0.8
WARMTH = 3.0
LEAST_ENDS = (("death", 3), ("next_line", 2), ("last_assessment", 1))

# Invented sizes and chances; see the docstring. Per mille: progression by the first scan, by each later one, response,
# death in each month after progression.
CELLS = (
    Cell("immunotherapy", "positive", True, 15, 110, 140, 560, 38),
    Cell("immunotherapy", "positive", False, 10, 200, 220, 430, 48),
    Cell("immunotherapy", "negative", True, 5, 500, 330, 130, 60),
    Cell("immunotherapy", "negative", False, 4, 500, 330, 130, 60),
    Cell("immunotherapy", "unknown", True, 1, 300, 260, 250, 50),
    Cell("immunotherapy", "unknown", False, 5, 300, 260, 250, 50),
    Cell("non_immunotherapy", "positive", True, 13, 360, 430, 180, 62),
    Cell("non_immunotherapy", "positive", False, 10, 370, 340, 200, 58),
    Cell("non_immunotherapy", "negative", True, 5, 360, 330, 220, 55),
    Cell("non_immunotherapy", "negative", False, 8, 350, 300, 240, 55),
    Cell("non_immunotherapy", "unknown", True, 2, 380, 320, 200, 55),
    Cell("non_immunotherapy", "unknown", False, 11, 380, 320, 200, 55),
)


def to_columns(cells: Sequence[Cell], courses: Sequence[Course]) -> Columns:
    """The courses as arrays."""
    return Columns(
        is_immunotherapy=np.array([cell.arm == "immunotherapy" for cell in cells]),
        is_positive=np.array([cell.pd_l1_status == "positive" for cell in cells]),
        is_negative=np.array([cell.pd_l1_status == "negative" for cell in cells]),
        is_rebiopsied=np.array([cell.rebiopsied for cell in cells]),
        pfs_days=np.array([course.pfs_days for course in courses]),
        pfs_event=np.array([course.pfs_event for course in courses]),
        os_days=np.array([course.os_days for course in courses]),
        os_event=np.array([course.os_event for course in courses]),
    )


def shortfall(cells: Sequence[Cell], courses: Sequence[Course]) -> int:
    """How many deaths, changes of treatment and event-free patients an arm has too few, for its courses to be like life."""
    ends = Counter((cell.arm, course.pfs_end_reason) for cell, course in zip(cells, courses, strict=True))
    return sum(max(0, least - ends[arm, reason]) for arm in sorted({cell.arm for cell in cells}) for reason, least in LEAST_ENDS)


def loss_of(figures: Sequence[PaperFigure], cells: Sequence[Cell], courses: Sequence[Course]) -> float:
    """Distance of the figures, and one for each median on which software might disagree and each missing kind of course."""
    patients = to_columns(cells, courses)
    return total_distance(figures, patients, MARGIN) + ambiguous_medians(figures, patients) + shortfall(cells, courses)


def search(figures: Sequence[PaperFigure], seed: int, rounds: int) -> tuple[list[Cell], list[Course]] | None:
    """Cells and courses of patients that give all the figures; None if `rounds` exchanges did not find them."""
    draws = Draws(seed)
    cells = [cell for cell in CELLS for _ in range(cell.patients)]
    courses = [draw_course(cell, draws) for cell in cells]
    loss = loss_of(figures, cells, courses)
    for number in range(rounds):
        position = draws.one_below(len(cells))
        changed = [*courses]
        changed[position] = draw_course(cells[position], draws)
        changed_loss = loss_of(figures, cells, changed)
        # Warm in the beginning: up to a few units of loss may be given back, less and less as the search goes on.
        heat = WARMTH * (1.0 - number / rounds) ** 2
        if changed_loss <= loss or changed_loss - loss < heat * draws.one_below(1000) / 1000:
            courses, loss = changed, changed_loss
        if number % 500 == 0:
            print(f"seed {seed}: exchange {number} of {rounds}, distance {loss:.2f}", file=sys.stderr, flush=True)
        if loss == 0.0:
            return cells, courses
    return None


def print_figures(figures: Sequence[PaperFigure], patients: Columns) -> None:
    """The achieved figures, unrounded, beside the paper's."""
    for figure in figures:
        ours = compute(figure, patients)
        verdict = "as printed" if figure.matches(ours) else "MISSED"
        print(f"{figure.name:55} paper {figure.value:<8g} ours {ours:.6f}  {verdict}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Searches seed after seed and writes the cohort; 1 if none of the tried seeds gives one."""
    parser = argparse.ArgumentParser(prog="python -m synthetic.calibrate", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=20250614)
    parser.add_argument("--rounds", type=int, default=60_000, help="exchanges tried for each seed")
    parser.add_argument("--seeds", type=int, default=10, help="seeds tried, from --seed on")
    parser.add_argument("--out", type=Path, default=CALIBRATED_COHORT)
    options = parser.parse_args(arguments)
    figures = read_paper_figures()
    for seed in range(options.seed, options.seed + options.seeds):
        found = search(figures, seed, options.rounds)
        if found is not None:
            cells, courses = found
            patients = draw_patients(cells, courses, Draws(seed, 1))
            write_cohort(patients, options.out)
            print_figures(figures, to_columns(cells, courses))
            print(f"{len(patients)} synthetic, calibrated patients written to {options.out}")
            return 0
    print("No cohort found: more --rounds, more --seeds, or other chances in CELLS.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
