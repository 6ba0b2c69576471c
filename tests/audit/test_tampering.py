"""Whatever is done to the log by hand is found, and the line is named."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import audit
from pipeline.audit.chain import Link, canonical, new_line
from pipeline.errors import EXIT_WAREHOUSE, WarehouseError
from tests.audit.made_up import publish, record, settings_of

ENTRIES = 6
Lines = list[str]


def log_of(folder: Path) -> Path:
    return folder / "audit.jsonl"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A warehouse with six entries."""
    folder = tmp_path / "warehouse"
    settings = settings_of(folder)
    for number in range(1, ENTRIES + 1):
        record(settings, number)
    return folder


def edited(lines: Lines, number: int, is_rehashed: bool = False) -> Lines:
    """A line that says something else, with or without the hash that would fit."""
    content = json.loads(lines[number - 1])
    content["who"] = "somebody else"
    if is_rehashed:
        del content["hash"]
        content["hash"] = hashlib.sha256(canonical(content).encode()).hexdigest()
    return [*lines[: number - 1], canonical(content), *lines[number:]]


def with_forged(lines: Lines, after: int) -> Lines:
    """A line put in that follows the one before it, hash and all."""
    content = {key: value for key, value in json.loads(lines[0]).items() if key != "hash"}
    before = json.loads(lines[after - 1])
    forged, _ = new_line({**content, "what": "forged"}, Link(before["sequence"], before["hash"]), None)
    return [*lines[:after], forged, *lines[after:]]


TAMPERINGS: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "a character edited": (lambda lines: [*lines[:2], lines[2].replace("event 3", "event 8"), *lines[3:]], "line 3: was edited"),
    "a blank added": (lambda lines: [*lines[:2], lines[2] + " ", *lines[3:]], "line 3: was edited"),
    "a key given twice": (lambda lines: [*lines[:2], lines[2].replace("{", '{"at":"",', 1), *lines[3:]], "line 3: was edited"),
    "a line edited and hashed anew": (lambda lines: edited(lines, 3, is_rehashed=True), "line 3: was edited"),
    "the first line edited and hashed anew": (lambda lines: edited(lines, 1, is_rehashed=True), "line 1: was edited"),
    "the last line edited": (lambda lines: edited(lines, 6), "line 6: was edited"),
    "the last line edited and hashed anew": (lambda lines: edited(lines, 6, is_rehashed=True), "line 6: was edited"),
    "the first line deleted": (lambda lines: lines[1:], "line 1: entry 1 before it was deleted"),
    "a middle line deleted": (lambda lines: [*lines[:2], *lines[3:]], "line 3: entry 3 before it was deleted"),
    "two lines deleted": (lambda lines: [*lines[:2], *lines[4:]], "line 3: entries 3 to 4 before it were deleted"),
    "the last line deleted": (lambda lines: lines[:-1], "line 6: entry 6 at the end was deleted"),
    "the last lines deleted": (lambda lines: lines[:3], "line 4: entries 4 to 6 at the end were deleted"),
    "one deleted and one edited": (lambda lines: [*lines[:2], *edited(lines, 4)[3:]], "line 3: was edited"),
    "two neighbours exchanged": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "line 2: stands in another place"),
    "the first and the last exchanged": (lambda lines: [lines[-1], *lines[1:-1], lines[0]], "line 1: stands in another place"),
    "a forged line put in": (lambda lines: with_forged(lines, 3), "line 4: was put in"),
    "a forged line put at the end": (lambda lines: with_forged(lines, 6), "line 7: was put in"),
    "a line copied": (lambda lines: [*lines, lines[2]], "line 7: was put in"),
    "a blank line put in": (lambda lines: [*lines[:2], "", *lines[2:]], "line 3: was edited, or is no line"),
    "everything deleted": (lambda lines: [], "line 1: entries 1 to 6 at the end were deleted"),
    "everything replaced by one's own": (lambda lines: with_forged([new_line({}, Link(), None)[0]], 1), "line 1: was edited"),
}


@pytest.mark.fault(area="audit", fault="a line of the audit log edited, deleted, moved or put in", behaviour="`make audit` names the line")
@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_and_stays_found(warehouse: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    tamper, expected = TAMPERINGS[name]
    log = log_of(warehouse)
    lines = tamper(log.read_text(encoding="utf-8").splitlines())
    log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for has_gone_on in (False, True):
        with pytest.raises(WarehouseError) as found:
            audit.run(settings_of(warehouse), {})
        assert found.value.exit_code == EXIT_WAREHOUSE
        if not has_gone_on:
            assert f"audit.jsonl, {expected}" in found.value.message
        assert "intact" not in capsys.readouterr().out
        # what happens next is recorded, and heals nothing
        record(settings_of(warehouse), 99)
        assert '"event 99"' in log.read_text(encoding="utf-8").splitlines()[-1]


def test_an_untouched_log_is_intact(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit.run(settings_of(warehouse), {})
    printed = capsys.readouterr().out
    assert "6 entries, chain intact" in printed
    assert "6 entries not sealed" in printed


def test_every_byte_counts(warehouse: Path) -> None:
    log = log_of(warehouse)
    whole = log.read_bytes()
    for place in range(0, len(whole), 7):
        log.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(WarehouseError):
            audit.run(settings_of(warehouse), {})


def test_every_cut_counts(warehouse: Path) -> None:
    log = log_of(warehouse)
    whole = log.read_bytes()
    for place in range(0, len(whole), 7):
        log.write_bytes(whole[:place])
        with pytest.raises(WarehouseError):
            audit.run(settings_of(warehouse), {})


@pytest.mark.fault(
    area="audit", fault="the audit log deleted or replaced as a whole", behaviour="`make audit` says so, from the head and the releases"
)
@pytest.mark.parametrize("gone", [("audit.jsonl",), ("audit.head",), ("audit.jsonl", "audit.head")], ids=" and ".join)
def test_a_log_that_is_gone(tmp_path: Path, gone: tuple[str, ...]) -> None:
    settings = settings_of(tmp_path / "warehouse")
    publish(settings, 1)
    for name in gone:
        (settings.warehouse / name).unlink()
    with pytest.raises(WarehouseError, match="isn't as it was written"):
        audit.run(settings, {})


@pytest.mark.fault(
    area="audit", fault="the audit log replaced together with its head", behaviour="`make audit` names the releases that it doesn't lead to"
)
def test_a_log_of_somebody_elses_with_its_head(tmp_path: Path) -> None:
    settings, other = settings_of(tmp_path / "warehouse"), settings_of(tmp_path / "other")
    published = publish(settings, 1)
    publish(other, 1)
    for name in ("audit.jsonl", "audit.head"):
        shutil.copy(other.warehouse / name, settings.warehouse / name)
    with pytest.raises(WarehouseError) as found:
        audit.run(settings, {})
    assert f"releases/{published.id}: the log's line that its release.json names isn't in the log" in found.value.message


@pytest.mark.fault(
    area="audit", fault="the whole audit log written anew by somebody without the secret", behaviour="its lines don't pass for sealed ones"
)
def test_without_the_secret_nobody_writes_a_sealed_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_of(tmp_path / "warehouse", warehouse_key="the key")
    for number in range(1, 4):
        record(settings, number)
    audit.run(settings, {})
    assert "3 seals verified" in capsys.readouterr().out
    lines = [json.loads(line) for line in log_of(settings.warehouse).read_text(encoding="utf-8").splitlines()]
    end, forged = Link(), []
    for line in lines:
        content = {**line, "who": "somebody else", "previous": end.hash}
        del content["hash"]
        content["hash"] = hashlib.sha256(canonical(content).encode()).hexdigest()
        end = Link(content["sequence"], content["hash"])
        forged.append(canonical(content) + "\n")
    log_of(settings.warehouse).write_text("".join(forged), encoding="utf-8")
    (settings.warehouse / "audit.head").write_text(json.dumps({"entries": 3, "hash": end.hash, "next": None}), encoding="utf-8")
    with pytest.raises(WarehouseError, match="line 1: its seal is false"):
        audit.run(settings, {})
    # who doesn't have the secret sees a chain, and that nothing was verified
    audit.run(settings_of(settings.warehouse), {})
    assert "3 seals not verified" in capsys.readouterr().out


def test_another_secret_is_no_tampering(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "warehouse"
    record(settings_of(folder, pseudonym_salt="one salt"), 1)
    record(settings_of(folder, pseudonym_salt="another salt"), 2)
    record(settings_of(folder), 3)
    audit.run(settings_of(folder, pseudonym_salt="one salt"), {})
    printed = capsys.readouterr().out
    assert "1 seal verified" in printed
    assert "1 seal not verified" in printed
    assert "1 entry not sealed" in printed


def test_a_secret_is_nowhere_in_the_log(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "warehouse", warehouse_key="quetzalcoatl-key", pseudonym_salt="quetzalcoatl-salt")
    record(settings, 1)
    written = b"".join(path.read_bytes() for path in settings.warehouse.iterdir())
    assert b"quetzalcoatl" not in written
