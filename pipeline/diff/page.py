"""A comparison as a person reads it; what is long is capped, and OUT holds all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analysis.words import counted, listed
from pipeline.diff.cohort import Fact, Mover, counts, criterion_in_words, value_in_words
from pipeline.diff.inputs import NOTHING
from pipeline.diff.rows import RawRow
from pipeline.summary import new_table, terminal

if TYPE_CHECKING:
    from pipeline.diff.command import Difference

WIDTH = 110
SHOWN_KEYS = 8
SHOWN_PATIENTS = 10
SHOWN_ROWS = 4  # of one table and patient
MOST_FIGURES = 40

INDENT = (0, 0, 0, 2)

Item = str | Group
Entry = TypeVar("Entry", Fact, RawRow)


def show(difference: Difference, console: Console | None = None) -> None:
    """Print the comparison, section by section."""
    console = console or terminal(WIDTH)
    console.width = min(console.width, WIDTH)
    for item in items(difference):
        console.print()
        console.print(item)


def show_folder(folder: Path) -> None:
    """Print where all of it was written."""
    console = terminal(WIDTH)
    console.print()
    console.print(f"All of it  {folder}  (for the data engineer: keys beside files and lines)", soft_wrap=True)


def items(difference: Difference) -> Iterator[Item]:
    """What is printed, in order; a section that has nothing to say says that."""
    pair = difference.pair
    yield f"From {pair.before.id}\nTo   {pair.after.id}"
    yield from _inputs(difference)
    if difference.is_empty:
        yield "No difference: the same cohort, facts, endpoints and figures."
        return
    yield _flow(difference) if difference.steps else "Cohort flow: no difference"
    if difference.shares_keys:
        yield from _patients(difference)
    else:
        yield _strangers(difference)
    yield from _figures(difference)


def _titled(title: str, table: Table) -> Group:
    """The table under a line of its own, which a narrow table doesn't break."""
    return Group(Text(title, style="bold"), table)


def _table(*headings: tuple[str, str]) -> Table:
    """A table in which nothing is cut off: what is too wide goes on below."""
    table = new_table("", *headings)
    for column in table.columns:
        column.overflow = "fold"
    return table


def _inputs(difference: Difference) -> Iterator[Item]:
    inputs = difference.inputs
    if inputs.changes:
        table = _table(("", "left"), ("before", "left"), ("after", "left"))
        for change in inputs.changes:
            table.add_row(change.what, change.before, change.after)
        yield _titled("What went in", table)
    if inputs.same:
        yield f"The same in both: {listed(inputs.same)}"


def _flow(difference: Difference) -> Group:
    table = _table(("", "left"), ("before", "right"), ("after", "right"), ("change", "right"))
    for step in difference.steps:
        both = step.before is not None and step.after is not None
        table.add_row(step.label, _count(step.before), _count(step.after), f"{(step.after or 0) - (step.before or 0):+,}" if both else "")
    return _titled("Cohort flow, patients left", table)


def _count(patients: int | None) -> str:
    return NOTHING if patients is None else f"{patients:,}"


def _strangers(difference: Difference) -> str:
    before, after = difference.pair.before.facts, difference.pair.after.facts
    if before["data"] != after["data"]:
        why = f"one release is of {before['data']} data, the other of {after['data']} data."
    elif {batch["checksum"] for batch in before["batches"]} & {batch["checksum"] for batch in after["batches"]}:
        why = "the salt of the keys changed."
    else:
        why = "the salt of the keys changed, or the exports are of other patients."
    return f"Patients can't be compared, no key of one release is in the other: {why}"


def _patients(difference: Difference) -> Iterator[Item]:
    if difference.movers:
        yield _members(difference)
    else:
        yield "Who came and left: nobody"
    yield from _of_both("Whose facts moved", "column", difference.facts)
    yield from _of_both("Whose endpoints moved", "endpoint", difference.endpoints)
    if difference.has_patients:
        yield from _rows(difference)


def _members(difference: Difference) -> Group:
    came = sum(mover.has_come for mover in difference.movers)
    title = f"Who came ({came:,}) and who left ({len(difference.movers) - came:,}), by what excluded them before or does now"
    table = _table(("", "left"), ("patients", "right"), ("criterion", "left"), ("keys", "left"))
    groups: dict[tuple[bool, str], list[str]] = {}
    for mover in difference.movers:
        groups.setdefault((mover.has_come, _reason(difference, mover)), []).append(mover.patient_key)
    for (has_come, reason), keys in sorted(groups.items(), key=lambda group: (not group[0][0], -len(group[1]), group[0][1])):
        table.add_row("came" if has_come else "left", f"{len(keys):,}", reason, _capped(keys, SHOWN_KEYS))
    return _titled(title, table)


def _reason(difference: Difference, mover: Mover) -> str:
    if mover.criterion:
        return criterion_in_words(difference.before if mover.has_come else difference.after, mover.criterion)
    rows = difference.rows
    if mover.has_come:
        if rows.unnamed:
            return "no candidate before"
        return "not a candidate before" if mover.patient_key in rows.delivered else "new to the hospital's exports"
    return "merged into another patient" if mover.patient_key in rows.merged else "no candidate any more"


def _of_both(title: str, kind: str, facts: Sequence[Fact]) -> Iterator[Item]:
    if not facts:
        yield f"{title}: nobody's"
        return
    sums = ", ".join(f"{name} {number:,}" for name, number in counts(facts).items())
    patients = len({fact.patient_key for fact in facts})
    headings = (("patient", "left"), (kind, "left"), ("before", "left"), ("after", "left"))
    table = _table(*headings)
    shown = _first_patients(facts)
    for key, own in groupby(shown, lambda fact: fact.patient_key):
        for place, fact in enumerate(own):
            table.add_row("" if place else key, fact.name, value_in_words(fact.before), value_in_words(fact.after))
    yield _titled(f"{title}: {counted(patients, 'patient')} ({sums})", table)
    yield from _more(patients)


def _first_patients(entries: Sequence[Entry]) -> list[Entry]:
    shown = set(list(dict.fromkeys(entry.patient_key for entry in entries))[:SHOWN_PATIENTS])
    return [entry for entry in entries if entry.patient_key in shown]


def _more(patients: int) -> Iterator[str]:
    if patients > SHOWN_PATIENTS:
        yield f"and {counted(patients - SHOWN_PATIENTS, 'more patient')}; OUT=dir writes all"


def _rows(difference: Difference) -> Iterator[Item]:
    rows = difference.rows
    if rows.unnamed:
        yield f"Which raw rows did it: rows can't be named, {rows.unnamed}"
        return
    if rows.rows:
        yield _titled("Which raw rows did it", _row_table(rows.rows))
        yield from _more(len({row.patient_key for row in rows.rows}))
    if rows.without:
        causes = [*difference.inputs.causes, *(["merges of patients"] if rows.has_merges else [])]
        moved_by = f"what moved them: {listed(causes)}" if causes else "and nothing else that a release records moved them"
        yield f"No row is new of {counted(len(rows.without), 'moved patient')}; {moved_by}\n  {_capped(rows.without, SHOWN_KEYS)}"


def _row_table(rows: Sequence[RawRow]) -> Table:
    headings = (("", "left"), ("row", "left"), ("outcome", "left"), ("batch", "left"), ("file", "left"))
    table = _table(*headings, ("line", "right"))
    for key, of_patient in groupby(_first_patients(rows), lambda row: row.patient_key):
        table.add_row(key)
        for table_name, group in groupby(of_patient, lambda row: row.table_name):
            own = list(group)
            for row in own[:SHOWN_ROWS]:
                name = Padding(table_name, INDENT)
                table.add_row(name, row.part, row.outcome, row.batch_id, row.file_name, str(row.line_number))
            if len(own) > SHOWN_ROWS:
                table.add_row(Padding(table_name, INDENT), f"and {len(own) - SHOWN_ROWS:,} more")
    return table


def _figures(difference: Difference) -> Iterator[Item]:
    figures = difference.figures
    printed = figures.printed
    if printed:
        table = _table(("", "left"), ("before", "left"), ("after", "left"), ("events/n, or n", "left"))
        for place, group in groupby(printed[:MOST_FIGURES], lambda figure: figure.place):
            table.add_row(place)
            for figure in group:
                # as words, for a column that is too narrow for the whole
                table.add_row(Padding(figure.quantity.replace("_", " "), INDENT), figure.before, figure.after, figure.counts)
        yield _titled(f"Which figures moved: {len(printed):,} of {figures.total:,}", table)
        if len(printed) > MOST_FIGURES:
            yield f"{counted(len(printed) - MOST_FIGURES, 'more figure')} moved: `make diff OUT=dir` writes all"
    elif not figures.moved:
        yield "Which figures moved: none"
    if unseen := len(figures.moved) - len(printed):
        yield f"{counted(unseen, 'figure')} moved by less than is printed"


def _capped(keys: Iterable[str], most: int) -> str:
    known = list(keys)
    rest = f" and {len(known) - most:,} more" if len(known) > most else ""
    return ", ".join(known[:most]) + rest
