"""The table of faults: what the marker ``fault`` says of tests in any folder, tried and survived, on the screen and in docs/faults.md.

A fault is declared where it is tried, in literal words, on a test or on one of its parameters::

    @pytest.mark.fault(area="packing", fault="gzip that is cut short", behaviour="refused, file named")

``python -m tests.faults.table`` writes the table of the page. This module is a plugin of pytest, loaded by tests/conftest.py.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

TESTS = Path(__file__).resolve().parent.parent
PAGE = TESTS.parent / "docs" / "faults.md"
START, END = "<!-- the table: written by python -m tests.faults.table -->", "<!-- end of the table -->"
TITLE = "Faults tried and survived"
WIDTH = 150



@dataclass(frozen=True, order=True)
class Fault:
    """What is done to the warehouse, and what must happen."""

    area: str
    fault: str
    behaviour: str


@dataclass(frozen=True)
class Tally:
    """How many tests tried a fault, and how many of them passed."""

    tried: int
    survived: int


# Declared in the tests, shown on the page


def declared(folder: Path = TESTS) -> dict[Fault, list[str]]:
    """Every fault that a test below ``folder`` declares, with the files that try it. Raises ValueError for one that isn't literal."""
    found: dict[Fault, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        name = path.relative_to(folder.parent).as_posix()
        for fault in _declared_in(path):
            files = found.setdefault(fault, [])
            if name not in files:
                files.append(name)
    return dict(sorted(found.items()))


def _declared_in(path: Path) -> Iterator[Fault]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
            try:
                yield Fault(*node.args, **{str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords})
            except (TypeError, ValueError):
                raise ValueError(f"{path}, line {node.lineno}: write area, fault and behaviour as literal texts") from None


def page_table(faults: Mapping[Fault, Sequence[str]]) -> str:
    """The table in Markdown, without figures, for these vary with the tests that ran."""
    lines = ["| area | fault | what must happen | tried in |", "|---|---|---|---|"]
    for fault, files in faults.items():
        cells = (fault.area, fault.fault, fault.behaviour, ", ".join(f"`{file}`" for file in files))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def shown_table(page: Path = PAGE) -> str:
    """The table that the page holds. Raises ValueError where the page has no place for one."""
    _, table, _ = _parts(page.read_text(encoding="utf-8"))
    return table.strip()


def write(page: Path = PAGE) -> None:
    """Puts the table of the declared faults into the page."""
    before, _, after = _parts(page.read_text(encoding="utf-8"))
    page.write_text(f"{before}{START}\n\n{page_table(declared())}\n\n{END}{after}", encoding="utf-8")


def _parts(text: str) -> tuple[str, str, str]:
    before, start, rest = text.partition(START)
    table, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{PAGE.name} lacks the lines that the table stands between")
    return before, table, after


# Tried and survived in this run


def tally(faults_of: Mapping[str, Sequence[Fault]], passed: Collection[str], failed: Collection[str]) -> dict[Fault, Tally]:
    """Of each fault the tests that ran and those that passed, by the ids of tests; one that failed at any stage didn't survive."""
    counts: dict[Fault, Tally] = {}
    for node, faults in faults_of.items():
        if node not in passed and node not in failed:
            continue
        for fault in faults:
            old = counts.get(fault, Tally(0, 0))
            counts[fault] = Tally(old.tried + 1, old.survived + (node not in failed))
    return dict(sorted(counts.items()))


def screen_table(counts: Mapping[Fault, Tally]) -> str:
    """The table as a person reads it at the end of a run."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("area", "fault", "what must happen"):
        table.add_column(heading, overflow="fold")
    for heading in ("tried", "survived"):
        table.add_column(heading, justify="right")
    area = ""
    for fault, count in counts.items():
        survived = str(count.survived) if count.survived == count.tried else f"only {count.survived}"
        table.add_row("" if fault.area == area else fault.area, fault.fault, fault.behaviour, str(count.tried), survived)
        area = fault.area
    table.add_section()
    table.add_row("all", "", "", str(sum(count.tried for count in counts.values())), str(sum(count.survived for count in counts.values())))
    text = io.StringIO()
    Console(file=text, width=WIDTH, highlight=False, markup=False).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Writes into the test's reports which faults it tries, so that they also come from another process."""
    item.user_properties += [("fault", dict(mark.kwargs)) for mark in item.iter_markers("fault")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the table where any fault was tried."""
    reports = {name: terminalreporter.getreports(name) for name in ("passed", "failed", "error")}
    faults_of = {
        report.nodeid: [Fault(**value) for name, value in getattr(report, "user_properties", []) if name == "fault"]
        for found in reports.values()
        for report in found
    }
    outcomes = {name: {report.nodeid for report in found} for name, found in reports.items()}
    counts = tally(faults_of, outcomes["passed"], outcomes["failed"] | outcomes["error"])
    if counts:
        terminalreporter.section(TITLE)
        terminalreporter.write_line(screen_table(counts))


if __name__ == "__main__":
    write()
