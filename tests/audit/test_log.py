"""The log on disk: nothing is lost or mixed, whatever moment a kill or another run chooses."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import audit
from pipeline.audit import log as module
from pipeline.audit.log import read
from pipeline.errors import WarehouseError
from pipeline.paths import PROJECT, Warehouse
from tests.audit.made_up import record, settings_of

PROCESSES, APPENDS = 2, 50
APPEND = """
import sys
from pathlib import Path
from tests.audit.made_up import record, settings_of
for number in range(int(sys.argv[2])):
    record(settings_of(Path(sys.argv[1])), number)
"""


class Killed(Exception):
    """Stands for a kill: nothing after it runs."""


def whats(folder: Path) -> list[str]:
    return [entry["what"] for entry in read(Warehouse(folder)).entries]


@pytest.mark.fault(
    area="audit", fault="two runs append to the audit log at once", behaviour="no line is lost or mixed, the chain is intact"
)
def test_two_processes_never_interleave(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    folder.mkdir()
    command = [sys.executable, "-c", APPEND, str(folder), str(APPENDS)]
    running = [subprocess.Popen(command, cwd=PROJECT) for _ in range(PROCESSES)]
    assert [process.wait() for process in running] == [0] * PROCESSES
    assert sorted(whats(folder)) == sorted(f"event {number}" for number in range(APPENDS) for _ in range(PROCESSES))
    audit.run(settings_of(folder), {})


def kill_at(monkeypatch: pytest.MonkeyPatch, name: str, call: int) -> None:
    """The ``call``-th call of a function of the log kills the run before it does anything."""
    real, calls = getattr(module, name), []

    def killing(*arguments: object) -> object:
        calls.append(name)
        if len(calls) == call:
            raise Killed
        return real(*arguments)

    monkeypatch.setattr(module, name, killing)


@pytest.mark.fault(
    area="audit", fault="killed while it writes to the audit log", behaviour="the log is intact, and the next event is recorded"
)
@pytest.mark.parametrize(("name", "call", "is_written"), [("_write_head", 1, False), ("_write_all", 2, False), ("_write_head", 2, True)])
def test_a_kill_is_no_tampering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, call: int, is_written: bool) -> None:
    settings = settings_of(tmp_path / "warehouse")
    record(settings, 1)
    with monkeypatch.context() as patched:
        kill_at(patched, name, call)
        with pytest.raises(Killed):
            record(settings, 2)
    audit.run(settings, {})
    record(settings, 3)
    audit.run(settings, {})
    assert whats(settings.warehouse) == (["event 1", "event 2", "event 3"] if is_written else ["event 1", "event 3"])


@pytest.mark.fault(
    area="audit",
    fault="killed in the middle of a line of the audit log",
    behaviour="half a line is told from tampering and set aside on record",
)
def test_half_a_line_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_of(tmp_path / "warehouse")
    record(settings, 1)
    real = module._write_all

    def half(descriptor: int, data: bytes) -> None:
        if b'"event 2"' in data:
            os.write(descriptor, data[: len(data) // 2])
            raise Killed
        real(descriptor, data)

    with monkeypatch.context() as patched:
        patched.setattr(module, "_write_all", half)
        with pytest.raises(Killed):
            record(settings, 2)
    audit.run(settings, {})
    assert "Half a line of a killed run" in capsys.readouterr().out
    record(settings, 3)
    audit.run(settings, {})
    first, repair, last = read(Warehouse(settings.warehouse)).entries
    assert (first["what"], last["what"]) == ("event 1", "event 3")
    assert repair["event"] == "repair"
    assert "half a line of a killed run was set aside" in repair["what"]


def test_half_a_line_that_no_run_left_is_tampering(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "warehouse")
    record(settings, 1)
    path = settings.warehouse / "audit.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write('{"at":')
    for _ in range(2):
        with pytest.raises(WarehouseError, match="line 2: was edited"):
            audit.run(settings, {})
        record(settings, 2)
    assert path.read_text(encoding="utf-8").splitlines()[1] == '{"at":'


@pytest.mark.parametrize("content", [None, "", "{", '{"entries": "x", "hash": 1, "next": null}', "[]"])
def test_a_head_that_is_lost_is_said_and_written_anew(tmp_path: Path, content: str | None) -> None:
    settings = settings_of(tmp_path / "warehouse")
    record(settings, 1)
    head = settings.warehouse / "audit.head"
    head.unlink() if content is None else head.write_text(content, encoding="utf-8")
    with pytest.raises(WarehouseError, match=r"audit.head: the head of the log is missing or unreadable"):
        audit.run(settings, {})
    record(settings, 2)
    assert whats(settings.warehouse)[1] == "the head of the log was missing or unreadable, and is written anew"
    audit.run(settings, {})


def test_an_absurd_head_is_found_at_once(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "warehouse")
    record(settings, 1)
    (settings.warehouse / "audit.head").write_text(json.dumps({"entries": 10**15, "hash": "0" * 64, "next": None}), encoding="utf-8")
    with pytest.raises(WarehouseError, match=f"entries 2 to {10**15} at the end were deleted"):
        audit.run(settings, {})


def test_the_log_is_its_owners_alone(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "warehouse")
    record(settings, 1)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.warehouse.iterdir()} == {
        "audit.jsonl": 0o600,
        "audit.head": 0o600,
    }


def test_the_log_outlives_the_work_area(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for path in (warehouse.audit_log, warehouse.audit_head):
        assert not path.is_relative_to(warehouse.work)
        assert not path.is_relative_to(warehouse.releases)


@pytest.mark.parametrize(("number", "said"), [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "the audit log can't be written")])
def test_a_log_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str) -> None:
    def failing(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(module, "_write_all", failing)
    with pytest.raises(WarehouseError, match=said):
        record(settings_of(tmp_path / "warehouse"), 1)


def test_what_stands_in_the_log_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_of(tmp_path / "warehouse")
    audit.record(settings, "export", "\x1b[2Jdone")
    audit.run(settings, {})
    assert "\x1b" not in capsys.readouterr().out
