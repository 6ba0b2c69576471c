"""R's values beside ours: every value of every reference quantity, compared by the test and written into the docs.

What R printed are the files reference/*.json. What we compute are functions by the quantity's id, in the registries `OURS` of the
modules ours_*.py: each takes the quantity and returns what stands under its `values`, in the same structure.

``python -m tests.analysis.reference_table`` writes the tables of docs/statistics.md and docs/statistics_reference.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import inf, isnan, nan
from pathlib import Path
from typing import Any

from tests.analysis.reference_data import quantities

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
SUMMARY, PAGE = DOCS / "statistics.md", DOCS / "statistics_reference.md"
START = "<!-- the table: written by python -m tests.analysis.reference_table -->"
END = "<!-- end of the table -->"
DIFFERENCES = (1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)
NOT_THERE = object()

Quantity = dict[str, Any]


@dataclass(frozen=True)
class Compared:
    """One value of a quantity: its place within it, R's value and ours. `ours` is NOT_THERE where we give none."""

    place: str
    theirs: Any
    ours: Any

    @property
    def difference(self) -> float:
        """Relative to R's value: 0 where both are the same, or both not there; infinite for another text, or for one that is missing."""
        if isinstance(self.theirs, str) or self.ours is NOT_THERE:
            return 0.0 if self.theirs == self.ours else inf
        theirs, ours = (nan if value is None else float(value) for value in (self.theirs, self.ours))
        if isnan(theirs) or isnan(ours):
            return 0.0 if isnan(theirs) and isnan(ours) else inf
        if theirs == ours:
            return 0.0
        return abs(ours - theirs) / abs(theirs) if theirs else inf


@cache
def registered() -> dict[str, Callable[[Quantity], dict[str, Any]]]:
    """Our functions by id, of all modules ours_*.py. Raises ValueError for an id that two of them have."""
    found: dict[str, Callable[[Quantity], dict[str, Any]]] = {}
    for path in sorted(Path(__file__).parent.glob("ours_*.py")):
        for name, function in import_module(f"{__package__}.{path.stem}").OURS.items():
            if name in found:
                raise ValueError(f"two modules compute {name}")
            found[name] = function
    return found


def compared(theirs: Any, ours: Any, place: str = "") -> Iterator[Compared]:
    """Every value of R's with ours of the same place. A list of ours must have R's length; more than R has may stand in a mapping."""
    if isinstance(theirs, Mapping):
        for key, value in theirs.items():
            mine = ours.get(key, NOT_THERE) if isinstance(ours, Mapping) else NOT_THERE
            yield from compared(value, mine, f"{place} {key}".strip())
    elif isinstance(theirs, list):
        as_long = hasattr(ours, "__len__") and not isinstance(ours, (str, Mapping)) and len(ours) == len(theirs)
        for number, value in enumerate(theirs):
            yield from compared(value, ours[number] if as_long else NOT_THERE, f"{place} {number + 1}".strip())
    else:
        yield Compared(place, theirs, ours)


@cache
def comparison(identifier: str) -> tuple[Compared, ...]:
    """One quantity's values. Raises KeyError where nobody computes it."""
    quantity = quantities()[identifier]
    return tuple(compared(quantity["values"], registered()[identifier](quantity)))


# The tables: of what is computed; that nothing is left out is a test of its own


def listed() -> list[str]:
    return [identifier for identifier in quantities() if identifier in registered()]


def shown(value: Any) -> str:
    """A value to ten digits. R's NA and our NaN are alike "none"."""
    if value is None or value is NOT_THERE or (isinstance(value, float) and isnan(value)):
        return "none"
    return value if isinstance(value, str) else f"{float(value):.10g}"


def size(difference: float) -> str:
    """The class of a difference, so that the last bit of a machine's arithmetic does not matter."""
    if difference == 0:
        return f"< {DIFFERENCES[0]:.0e}"
    return next((f"< {limit:.0e}" for limit in DIFFERENCES if difference < limit), "more")


def escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def summary_table() -> str:
    """One row a quantity."""
    lines = ["| quantity | R | values | largest relative difference |", "|---|---|--:|---|"]
    for identifier in listed():
        quantity, values = quantities()[identifier], comparison(identifier)
        largest = size(max(value.difference for value in values))
        lines.append(f"| `{identifier}` | `{escaped(quantity['r_call'])}` | {len(values)} | {largest} |")
    return "\n".join(lines)


def whole_table() -> str:
    """One row a value."""
    lines = ["| quantity | value | R | ours | relative difference |", "|---|---|--:|--:|---|"]
    for identifier in listed():
        for value in comparison(identifier):
            cells = (f"`{identifier}`", escaped(value.place), shown(value.theirs), shown(value.ours), size(value.difference))
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def parts(page: Path) -> tuple[str, str, str]:
    """What stands before, in and after the table of a page. Raises ValueError where it has no place for one."""
    before, start, rest = page.read_text(encoding="utf-8").partition(START)
    table, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{page.name} lacks the lines that the table stands between")
    return before, table.strip(), after


def write() -> None:
    """Puts the tables into the pages."""
    for page, table in ((SUMMARY, summary_table()), (PAGE, whole_table())):
        before, _, after = parts(page)
        page.write_text(f"{before}{START}\n\n{table}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write()
