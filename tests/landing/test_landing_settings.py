"""Settings from the environment and from warehouse.toml, and the way progress is told."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from pipeline import progress
from pipeline.errors import BatchRefused, Problem, UsageError
from pipeline.settings import Settings, load_settings


def refused(environment: dict[str, str], folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load_settings(environment, folder)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert (settings.exports, settings.warehouse, settings.source) == (None, tmp_path / "warehouse", "hospital")
    assert (settings.pseudonym_salt, settings.threads, settings.full) == (None, 2, False)
    assert settings.raw == tmp_path / "warehouse" / "work" / "raw"


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "warehouse.toml").write_text('exports = "in"\nthreads = 1\nfull = true\npseudonym_salt = "from the file"\n')
    settings = load_settings({"EXPORTS": "/data/out/../in", "FULL": "no", "WAREHOUSE": "", "UNRELATED": "x"}, tmp_path)
    assert (settings.exports, settings.warehouse) == (Path("/data/in"), tmp_path / "warehouse")
    assert (settings.threads, settings.full, settings.pseudonym_salt) == (1, False, "from the file")


def test_paths_of_the_file_start_at_its_folder(tmp_path: Path) -> None:
    (tmp_path / "warehouse.toml").write_text('exports = "in"\nwarehouse = "/srv/w"\n')
    settings = load_settings({}, tmp_path)
    assert (settings.exports, settings.warehouse) == (tmp_path / "in", Path("/srv/w"))


def test_the_salt_is_taken_as_it_is_and_never_shown(tmp_path: Path) -> None:
    settings = load_settings({"PSEUDONYM_SALT": " secret grain "}, tmp_path)
    assert settings.pseudonym_salt == " secret grain "
    assert "secret" not in repr(settings)
    assert load_settings({"PSEUDONYM_SALT": "  "}, tmp_path).pseudonym_salt is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"THREADS": "3"}, "set THREADS to 1 or 2"),
        ({"THREADS": "two"}, "set THREADS to 1 or 2"),
        ({"FULL": "maybe"}, "set FULL to 1 or 0"),
        ({"SOURCE": "hospitals"}, "hospital"),
        ({"SOURCE": "../staging/hospital"}, "set SOURCE to one of"),
    ],
)
def test_a_wrong_variable_says_what_to_write(tmp_path: Path, environment: dict[str, str], expected: str) -> None:
    assert expected in refused(environment, tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('export = "in"', "did you mean exports?"),
        ("colour = 1", "known keys are exports, warehouse"),
        ("exports = 1", 'write  exports = "path"'),
        ('exports = ""', 'write  exports = "path"'),
        ("threads = true", "set THREADS to 1 or 2"),
        ("pseudonym_salt = 1", "pseudonym_salt must be a text"),
        ("exports = in", "is not valid TOML"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_wrong_file_says_what_to_write(tmp_path: Path, content: str | bytes, expected: str) -> None:
    (tmp_path / "warehouse.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert expected in refused({}, tmp_path)


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    message = refused({"THREADS": "0", "FULL": "?"}, tmp_path)
    assert "THREADS" in message
    assert "FULL" in message


def test_exports_that_are_no_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for settings, expected in (
        (Settings(), "EXPORTS is not set"),
        (Settings(exports=tmp_path / "none"), "isn't there"),
        (Settings(exports=tmp_path / "file"), "not a folder"),
    ):
        with pytest.raises(UsageError, match=expected):
            settings.exports_folder()


def test_a_message_says_what_where_and_what_to_do_and_stops_at_ten() -> None:
    problems = [Problem("is wrong", batch="b", file="f.csv", line=line, column="c", todo="mend it") for line in range(12)]
    lines = str(BatchRefused("Batch refused: b", where="here", todo="again", problems=problems)).splitlines()
    assert lines[0] == "Batch refused: b (here)"
    assert lines[1] == "  - batch b, file f.csv, line 0, column c: is wrong -> mend it"
    assert lines[-2:] == ["  - and 2 more", "What to do: again"]
    assert len(lines) == 13


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_one_calm_line() -> None:
    log = io.StringIO()
    with progress.step("Counting", total=3, stream=log) as step:
        step.advance(3)
        step.conclude("3 sheep")
    assert log.getvalue() == "Counting: 3 sheep (0.0 s)\n"


def test_a_terminal_sees_a_bar_only_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    quick, slow = Terminal(), Terminal()
    with progress.step("Counting", stream=quick):
        pass
    assert quick.getvalue() == "Counting (0.0 s)\n"
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    with progress.step("Counting", total=2, stream=slow) as step:
        step.advance()
        time.sleep(0.3)
        step.advance()
    assert "Counting" in slow.getvalue().split("Counting (")[0]
    assert slow.getvalue().endswith("Counting (0.3 s)\n")


def test_a_step_that_fails_leaves_the_word_to_its_error() -> None:
    log = io.StringIO()
    with pytest.raises(ValueError, match="no sheep"), progress.step("Counting", stream=log):
        raise ValueError("no sheep")
    assert log.getvalue() == ""
