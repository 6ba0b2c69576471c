"""The whole of a comparison as CSV files; what a terminal shows is capped, these are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.csv_tables import write_csv
from pipeline.diff.cohort import Mover
from pipeline.diff.figures import Figure
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.diff.command import Difference

Table = tuple[tuple[str, ...], list[Mapping[str, Any]]]
NUMBERS = ("estimate", "ci_lower", "ci_upper", "p_value", "n", "events")
OF_PATIENT = ("patient_key", "name", "before", "after")


def write(difference: Difference, folder: Path) -> None:
    """One file a section. Raises UsageError where the folder can't be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, (columns, rows) in tables(difference).items():
            path = folder / f"{name}.csv"
            # keys beside files and lines of the hospital: for the data engineer alone
            path.touch(mode=0o600)
            write_csv(path, rows, columns)
    except OSError as error:
        raise UsageError(f"OUT can't be written to ({error.strerror})", where=str(folder), todo="give another folder") from error


def tables(difference: Difference) -> dict[str, Table]:
    """Columns and rows of each file."""
    columns = ("patient_key", "table_name", "part", "outcome", "batch_id", "file_name", "line_number")
    return {
        "inputs": (("what", "before", "after"), [asdict(change) for change in difference.inputs.changes]),
        "cohort_flow": (("label", "before", "after"), [asdict(step) for step in difference.steps]),
        "members": (("patient_key", "moved", "criterion"), [_member(mover) for mover in difference.movers]),
        "facts": (OF_PATIENT, [asdict(fact) for fact in difference.facts]),
        "endpoints": (OF_PATIENT, [asdict(fact) for fact in difference.endpoints]),
        "rows": (columns, [asdict(row) for row in difference.rows.rows]),
        "figures": (
            ("analysis", "stratum", "quantity", *(f"{column}_{when}" for when in ("before", "after") for column in NUMBERS)),
            [_figure(figure) for figure in difference.figures.moved],
        ),
    }


def _figure(figure: Figure) -> Mapping[str, Any]:
    """With exact values."""
    row: dict[str, Any] = {"analysis": figure.analysis, "stratum": figure.stratum, "quantity": figure.quantity}
    for when, numbers in (("before", figure.was), ("after", figure.now)):
        row |= {f"{column}_{when}": value for column, value in zip(NUMBERS, numbers or (), strict=False)}
    return row


def _member(mover: Mover) -> Mapping[str, Any]:
    return {"patient_key": mover.patient_key, "moved": "came" if mover.has_come else "left", "criterion": mover.criterion}
