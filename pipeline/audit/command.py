"""`make audit`: what was done to the warehouse, and whether the log and the releases are as they were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from pipeline import release
from pipeline.audit import chain, seal
from pipeline.audit.log import Log, read
from pipeline.audit.releases import check_releases
from pipeline.errors import Problem, UsageError, WarehouseError
from pipeline.paths import Warehouse
from pipeline.settings import Settings
from pipeline.summary import new_table, terminal

SHOWN_ENTRIES = 40
SHOWN_BATCHES = 3


def run(settings: Settings, environment: Mapping[str, str]) -> None:
    """Print the events, the newest last, then verify the chain, its seals and every release.

    Raises UsageError where nothing was ever done, WarehouseError that names every line and file that isn't as it was written.
    """
    warehouse = Warehouse(settings.warehouse)
    log = read(warehouse)
    published = release.folders(warehouse)
    if not log.lines and log.head is None and not log.torn and not published:
        raise UsageError("nothing was ever done here", where=str(settings.warehouse), todo="run `make` or `make refresh EXPORTS=dir` first")
    console = terminal()
    if log.lines:
        console.print(_table(log))
        console.print()
    seals = seal.check(log.lines, seal.secrets_of(settings), chain.sealed_text)
    found = [*_problems_of_log(log, seals), *check_releases(warehouse, log.entries)]
    if found:
        raise WarehouseError(
            "the audit log or a release isn't as it was written",
            where=str(settings.warehouse),
            problems=found,
            todo="find out who did it; bring back what was changed from a backup, and let readers go back with `make rollback`",
        )
    console.print(f"{_count(len(log.lines), 'entry', 'entries')}, chain intact")
    for note in _notes(log, seals):
        console.print(note)
    listed = sum("files" in release.read(folder).facts for folder in published)
    if listed:
        console.print(f"{_count(listed, 'release', 'releases')}, every file as it was published")
    if older := len(published) - listed:
        console.print(
            f"{_count(older, 'release', 'releases')} from before their files were listed: nobody knows whether they are as they were"
        )


def _problems_of_log(log: Log, seals: seal.Seals) -> Iterator[Problem]:
    lines = (*log.lines, None) if log.torn and not log.is_torn_by_a_kill else log.lines
    if log.head is None:
        if log.lines:
            yield Problem("the head of the log is missing or unreadable, so nobody knows where it ended", file="audit.head")
        end = chain.link_of(log.entries[-1]) if log.entries else chain.Link()
    else:
        end = chain.end_of(log.lines, log.head)
    yield from chain.problems(lines, end)
    yield from (Problem("its seal is false: it was written without the secret", file=chain.FILE, line=number) for number in seals.false)


def _notes(log: Log, seals: seal.Seals) -> Iterator[str]:
    if log.is_torn_by_a_kill:
        yield "Half a line of a killed run stands at the end; the next event sets it aside and says so."
    if seals.verified:
        yield f"{_count(seals.verified, 'seal', 'seals')} verified"
    if seals.unverified:
        yield f"{_count(seals.unverified, 'seal', 'seals')} not verified: of a WAREHOUSE_KEY or PSEUDONYM_SALT that isn't the one set now"
    if seals.unsealed:
        yield f"{_count(seals.unsealed, 'entry', 'entries')} not sealed: written with neither WAREHOUSE_KEY nor PSEUDONYM_SALT set"


def _table(log: Log) -> Table:
    entries = log.entries[-SHOWN_ENTRIES:]
    earlier = len(log.entries) - len(entries)
    title = "Audit log" + (f" ({_count(earlier, 'earlier line', 'earlier lines')} in audit.jsonl)" if earlier else "")
    headings = ("", "when", "who", "event", "outcome", "release", "batches")
    table = new_table(title, *((name, "left") for name in headings))
    for entry in entries:
        when = str(entry["at"])[:19].replace("T", " ")
        cells = (str(entry["sequence"]), when, entry["who"], entry["event"], _outcome(entry), entry["release"] or "", _batches(entry))
        table.add_row(*(_plain(cell) for cell in cells))
    return table


def _outcome(entry: Mapping[str, Any]) -> str:
    says = entry["outcome"] in ("refused", "failed", "taken back", "stopped") and entry["what"]
    return f"{entry['outcome']} ({str(entry['what']).split(':')[0]})" if says else str(entry["outcome"])


def _batches(entry: Mapping[str, Any]) -> str:
    names = [str(given["batch_id"]) for given in entry["inputs"] if "batch_id" in given]
    hidden = len(names) - SHOWN_BATCHES
    return f"{len(names)} batches, last {names[-1]}" if hidden > 0 else ", ".join(names)


def _plain(text: Any) -> str:
    """Fit for a terminal, whatever somebody wrote into the log."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text))


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
