"""Twenty readers while forty releases are published: no error, and no reader sees two releases at once."""

from __future__ import annotations

import json
import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from queue import Queue

import duckdb
import pytest

from pipeline import release
from pipeline.paths import Warehouse
from pipeline.protocol import load

READERS, PUBLISHES = 20, 40
PACE = 0.2  # seconds between two releases: ten are kept, so a reader has two seconds between finding and opening one
PAUSE = 0.1  # a reader between two reads
VIEWS = ("cohort", "endpoints", "attrition", "timeline")
MARK = "release_number"


@dataclass(frozen=True)
class Seen:
    """What one reader made of its time."""

    reads: int
    releases: frozenset[int]
    mixed: tuple[str, ...]
    errors: tuple[str, ...]


def publish(warehouse: Warehouse, number: int, kept: int) -> None:
    """A small release that says its number in every view and file."""
    name = f"20230101T{number:06d}Z-00000000"
    folder = release.start(warehouse, name)
    with duckdb.connect(str(folder / release.DATABASE)) as connection:
        connection.execute("create schema published")
        for view in VIEWS:
            connection.execute(f"create table published.{view} as select {number} as {MARK}, range as row_number from range(200)")
    (folder / release.RESULTS).mkdir()
    (folder / release.RESULTS / "results.json").write_text(json.dumps({MARK: number}), encoding="utf-8")
    release.publish(warehouse, folder, name, {"release_id": name, MARK: number}, kept)


def read_all(warehouse: Warehouse, is_over: Synchronized[int], found: Queue[Seen]) -> None:
    """Reads until it is over: now by the link in one connection, now a release's files by the folder that the link names."""
    reads = 0
    releases: set[int] = set()
    mixed: list[str] = []
    errors: list[str] = []
    while not is_over.value:
        try:
            numbers = _by_link(warehouse) if reads % 2 else _by_folder(warehouse)
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
        else:
            releases |= numbers
            mixed += [str(sorted(numbers))] if len(numbers) != 1 else []
        reads += 1
        time.sleep(PAUSE)
    found.put(Seen(reads, frozenset(releases), tuple(mixed), tuple(errors)))


def _by_link(warehouse: Warehouse) -> set[int]:
    with duckdb.connect(str(warehouse.current / release.DATABASE), read_only=True) as connection:
        return _numbers(connection)


def _by_folder(warehouse: Warehouse) -> set[int]:
    folder = warehouse.current.resolve()
    facts = json.loads((folder / release.RELEASE).read_text(encoding="utf-8"))
    results = json.loads((folder / release.RESULTS / "results.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(folder / release.DATABASE), read_only=True) as connection:
        return {facts[MARK], results[MARK]} | _numbers(connection)


def _numbers(connection: duckdb.DuckDBPyConnection) -> set[int]:
    rows = [row for view in VIEWS for row in connection.execute(f"select distinct {MARK} from published.{view}").fetchall()]
    return {number for (number,) in rows}


@pytest.mark.fault(
    area="processes",
    fault="twenty readers during forty publishes",
    behaviour="no error and no mixed state; a reader that resolved current keeps its release while ten newer ones are kept",
)
def test_readers_during_publishes(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse")
    kept = load().releases_kept
    publish(warehouse, 0, kept)
    forks = multiprocessing.get_context("forkserver")
    is_over, found = forks.Value("i", 0), forks.Queue()
    readers = [forks.Process(target=read_all, args=(warehouse, is_over, found), daemon=True) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    for number in range(1, PUBLISHES + 1):
        publish(warehouse, number, kept)
        time.sleep(PACE)
    is_over.value = 1
    seen = [found.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join(60)
    reads = sum(one.reads for one in seen)
    releases = frozenset().union(*(one.releases for one in seen))
    print(f"{reads} reads of {len(releases)} releases")
    assert [error for one in seen for error in one.errors] == []
    assert [mixture for one in seen for mixture in one.mixed] == []
    assert all(one.reads for one in seen)
    # the readers were there while releases came and went
    assert len(releases) > PUBLISHES / 2
    assert len(release.folders(warehouse)) == kept
