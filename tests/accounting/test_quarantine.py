"""What was set aside is shown without values, and handed over to the hospital as a private and safe file."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from pipeline.database import connect
from pipeline.errors import PipelineError, UsageError, WarehouseError
from pipeline.paths import PROJECT
from pipeline.quarantine import COLUMNS, FILE, SHOWN_PLACES, TO_MEND, run
from pipeline.settings import Settings
from pipeline.work_area import safe_cell, write_private_csv
from tests.accounting.conftest import UNREADABLE, Made
from tests.landing.exports import CANARY
from tests.oracle import QUARANTINE_RULES


def test_every_rule_has_words() -> None:
    assert set(TO_MEND) == QUARANTINE_RULES


def test_groups_and_places_are_printed_and_no_value(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    run(made.settings("before"), {})
    printed = capsys.readouterr().out
    assert re.search(r"medications +unreadable_date +started_on +1 +2023-01-15_full", printed)
    assert re.search(r"medications +unreadable_date +started_on +2023-01-15_full +medications.csv +3", printed)
    assert TO_MEND["unreadable_date"] in printed
    assert "A row without its key stays listed" in printed
    for value in (CANARY, "2021-13-40", "Dame", "Passed Away", "O2", "P1"):
        assert value not in printed


@pytest.mark.parametrize(
    ("chosen", "rows"),
    [({}, 4), ({"TABLE": "medications"}, 2), ({"RULE": "missing_value"}, 1), ({"BATCH": "2023-01-15_full"}, 4), ({"TABLE": "labs"}, 0)],
)
def test_a_part_can_be_chosen(made: Made, capsys: pytest.CaptureFixture[str], tmp_path: Path, chosen: dict[str, str], rows: int) -> None:
    run(made.settings("before"), chosen | {"OUT": str(tmp_path / "out")})
    assert len(read(tmp_path / "out" / FILE)) == rows
    printed = capsys.readouterr().out
    assert re.search(rf"^all +{rows} *$", printed, re.MULTILINE) or "Nothing is set aside of what was chosen." in printed


@pytest.mark.parametrize(
    ("wrong", "todo"),
    [
        ({"TABLE": "medication"}, "did you mean medications?"),
        ({"RULE": "unredable_date"}, "did you mean unreadable_date?"),
        ({"BATCH": "nonesuch"}, "set BATCH to one of: 2023-01-15_full"),
        ({"TABLE": "' or true --"}, "set TABLE to one of"),
    ],
)
def test_a_wrong_choice_is_refused(made: Made, wrong: dict[str, str], todo: str) -> None:
    with pytest.raises(UsageError) as caught:
        run(made.settings("before"), wrong)
    assert todo in caught.value.message


def test_the_file_is_the_hospital_s(made: Made, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    run(made.settings("before"), {"OUT": str(folder)})
    assert (folder / FILE).read_bytes().startswith(b"\xef\xbb\xbf")
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [FILE]
    found = read(folder / FILE)
    assert tuple(found[0]) == COLUMNS
    (mended,) = [row for row in found if row["key"] == "O2"]
    assert mended == {
        "batch": "2023-01-15_full",
        "file": "medications.csv",
        "line": "3",
        "table": "medications",
        "key": "O2",
        "rule": "unreadable_date",
        "what_to_do": TO_MEND["unreadable_date"],
        "column": "started_on",
        "raw_value": UNREADABLE,
    }
    assert "It holds patients' values" in capsys.readouterr().out


def test_it_replaces_an_older_one_and_follows_no_link(made: Made, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / FILE).symlink_to(victim)
    run(made.settings("before"), {"OUT": str(tmp_path / "out")})
    assert victim.read_text() == "mine"
    assert not (tmp_path / "out" / FILE).is_symlink()
    assert len(read(tmp_path / "out" / FILE)) == 4


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum(a1)", "\t=1", "＝1+1", "＋1", " =1", "\n=1", "\0=1", "－1"])
def test_a_value_is_no_formula(tmp_path: Path, text: str) -> None:
    path = write_private_csv(tmp_path, "x.csv", [{"a": text, "b": 7}], ("a", "b"))
    (row,) = read(path)
    assert row == {"a": f"'{text}", "b": "7"}


@pytest.mark.parametrize("text", ["2021-13-40", "张三", "a=b", "", "60%"])
def test_other_values_are_as_they_were(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize("place", ["project", "releases", "current", "link", "exports", "file", "unwritable"])
def test_out_where_values_must_not_be_is_refused(made: Made, tmp_path: Path, place: str) -> None:
    settings = made.settings("before")
    released = settings.warehouse / "releases" / "one"
    released.mkdir(parents=True, exist_ok=True)
    current = settings.warehouse / "current"
    if not current.is_symlink():
        current.symlink_to(released)
    (tmp_path / "link").symlink_to(PROJECT)
    (tmp_path / "file").write_text("")
    places = {
        "project": PROJECT / "docs" / "mended",
        "releases": released / "results",
        "current": current / "results",
        "link": tmp_path / "link" / "docs",
        "exports": tmp_path / "exports" / "new_batch",
        "file": tmp_path / "file",
        "unwritable": tmp_path / "file" / "below",
    }
    settings = Settings(warehouse=settings.warehouse, exports=tmp_path / "exports")
    with pytest.raises(UsageError) as caught:
        run(settings, {"OUT": str(places[place])})
    assert "OUT" in caught.value.what
    assert caught.value.todo
    assert not (places[place] / FILE).exists()


def test_it_says_that_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no work database yet"):
        run(Settings(warehouse=tmp_path), {})


@pytest.mark.parametrize("content", [b"", b"no database " * 1000])
def test_a_damaged_or_empty_work_database_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "work.duckdb").write_bytes(content)
    with pytest.raises(PipelineError) as caught:
        run(Settings(warehouse=tmp_path), {})
    assert isinstance(caught.value, WarehouseError)
    assert caught.value.todo


def test_many_rows_of_a_group_are_a_few_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "work").mkdir()
    with connect(tmp_path / "work" / "work.duckdb") as connection:
        for schema in ("raw", "staging", "engineer"):
            connection.execute(f"create schema {schema}")
        connection.execute("create table raw.batches as select 'b' || i as batch_id, 10 - i as batch_rank from range(3) as batches (i)")
        connection.execute("create table staging.conformed_reconciliation as select 'labs' as table_name")
        connection.execute(
            "create table engineer.quarantine as select 'b' || (i % 3) as batch_id, 'labs.csv' as file_name, i as line_number, "
            "'labs' as table_name, 'L' || i as row_key, 'unreadable_date' as rule, 'collected_on' as column_name, ? as raw_value "
            "from range(40) as rows (i)",
            [CANARY],
        )
    run(Settings(warehouse=tmp_path), {})
    printed = capsys.readouterr().out
    assert f"and {40 - SHOWN_PLACES} more" in printed
    assert printed.count("labs.csv") == SHOWN_PLACES
    # in the order of the batches, not of their names
    assert re.search(r"unreadable_date +collected_on +40 +b2 +b0", printed)
    assert CANARY not in printed


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
