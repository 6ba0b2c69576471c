"""What two releases of a few patients differ in, reckoned by hand."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.diff import Difference, compare, run
from pipeline.diff.cohort import Step
from pipeline.errors import UsageError
from pipeline.paths import PROJECT
from tests.diff.conftest import Releases, copied, key

NAMES = ("same", "treated", "corrected", "rescored", "leaves", "waits", "stranger", "old number", "new number", "newcomer")
NAME_OF = {key(name): name for name in NAMES}
RELEASE_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


@pytest.fixture(scope="module")
def found(releases: Releases) -> Difference:
    """From the first release to the second, which are the defaults."""
    return compare(releases.settings, {})


def between(releases: Releases, before: str, after: str) -> Difference:
    return compare(releases.settings, {"FROM": before, "TO": after})


def printed(releases: Releases, capsys: pytest.CaptureFixture[str], **environment: str) -> str:
    run(releases.settings, environment)
    return "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())


def test_the_defaults_are_the_current_release_and_the_one_before(found: Difference, releases: Releases) -> None:
    assert [found.pair.before.id, found.pair.after.id] == releases.ids


def test_what_went_in(found: Difference) -> None:
    assert {(change.what, change.before, change.after) for change in found.inputs.changes} == {
        ("batch added", "-", "second, delta, 73 rows"),
        ("data cut-off", "2023-01-15", "2023-02-15"),
    }
    assert found.inputs.same == ("data", "source", "protocol", "code", "packages")


def test_the_steps_of_the_flow(found: Difference) -> None:
    # of nine patients seven had lung cancer, one of them without progression; now leaves has no lung cancer any more, old number is new
    # number, and stranger and newcomer came: ten less one retired, less leaves, is eight
    steps = {step.label: step for step in found.steps}
    assert "Source population" not in steps
    assert steps["Advanced disease"] == Step("Advanced disease", 7, 8)
    assert steps["Progression on the ALK-TKI"] == Step("Progression on the ALK-TKI", 6, 8)
    assert steps["Followed after the index date"] == Step("Followed after the index date", 6, 8)


def test_who_came_and_left_by_which_criterion(found: Difference) -> None:
    moved = {(NAME_OF[mover.patient_key], mover.has_come, mover.criterion) for mover in found.movers}
    assert moved == {
        ("waits", True, "alk_tki_resistant"),
        ("stranger", True, ""),
        ("new number", True, ""),
        ("newcomer", True, ""),
        ("leaves", False, "nsclc"),
        ("old number", False, ""),
    }


def test_whose_facts_and_endpoints_moved(found: Difference) -> None:
    facts = {(NAME_OF[fact.patient_key], fact.name, fact.before, fact.after) for fact in found.facts}
    assert facts == {("rescored", "pd_l1_level", "1-49", ">=50"), ("rescored", "pd_l1_tps", 30.0, 60.0)}
    ends = {(NAME_OF[fact.patient_key], fact.name, fact.before, fact.after) for fact in found.endpoints}
    assert ends == {("corrected", "pfs", "day 100, progression", "day 100, censored at last_assessment")}


def test_which_rows_did_it(found: Difference) -> None:
    assert found.rows.unnamed == ""
    assert found.rows.without == ()
    rows = {(NAME_OF[row.patient_key], row.table_name, row.part, row.outcome, row.batch_id, row.line_number) for row in found.rows.rows}
    few = {row for row in rows if row[0] not in ("stranger", "newcomer")}
    # lines by hand: a patient has three assessments and two tests; what came again as it was isn't named
    assert few == {
        ("corrected", "assessments", "new", "current", "second", 4),
        ("corrected", "assessments", "replaced", "superseded", "spec", 10),
        ("rescored", "biomarkers", "new", "current", "second", 5),
        ("rescored", "biomarkers", "replaced", "superseded", "spec", 9),
        ("leaves", "diagnoses", "new", "retracted", "second", 8),
        ("leaves", "diagnoses", "replaced", "superseded", "spec", 6),
        ("waits", "assessments", "new", "current", "second", 8),
        ("waits", "assessments", "replaced", "superseded", "spec", 17),
        ("old number", "patient_merges", "new", "current", "second", 2),
        ("new number", "patient_merges", "new", "current", "second", 2),
    }
    tables = {name: {row[1] for row in rows if row[0] == name} for name in ("stranger", "newcomer")}
    # the stranger's own row was there and came again as it was
    assert tables["newcomer"] - tables["stranger"] == {"patients"}
    assert "diagnoses" in tables["stranger"]


def test_a_patient_without_a_former_key_is_told_apart(releases: Releases, capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(releases, capsys)
    for words, names in {
        "new to the hospital's exports": ["newcomer"],
        "not a candidate before": ["stranger", "new number"],
        "merged into another patient": ["old number"],
    }.items():
        (line,) = [line for line in page.splitlines() if words in line]
        assert all(key(name) in line for name in names), words


def test_the_page_is_narrow_and_names_nobody(releases: Releases, capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(releases, capsys)
    assert max(map(len, page.splitlines())) <= 110
    ids = ("old number", "new number", "newcomer", "stranger", "rescored", "treated")
    assert [name for name in ids if name in page] == []
    assert [name for name in NAMES if f"{name}/" in page] == []


def test_the_page_in_the_docs_is_what_is_printed(releases: Releases, capsys: pytest.CaptureFixture[str]) -> None:
    page = RELEASE_ID.sub("ID", printed(releases, capsys)) + "\n"
    (block,) = re.findall(r"```\n(From .*?)```", (PROJECT / "docs" / "diff.md").read_text(encoding="utf-8"), re.DOTALL)
    sections = RELEASE_ID.sub("ID", block).strip().split("\n\n")
    assert len(sections) > 7
    for section in sections:
        assert f"\n{section}\n" in page, section


def test_everything_as_csv(releases: Releases, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed(releases, capsys, OUT=str(tmp_path / "out"))
    read = {path.stem: list(csv.DictReader(path.open(encoding="utf-8"))) for path in (tmp_path / "out").glob("*.csv")}
    assert set(read) == {"inputs", "cohort_flow", "members", "facts", "endpoints", "rows", "figures"}
    assert {row["patient_key"] for row in read["members"] if row["moved"] == "left"} == {key("leaves"), key("old number")}
    assert {row["before"] for row in read["facts"] if row["name"] == "pd_l1_tps"} == {"30.0"}
    (patients,) = [row for row in read["figures"] if (row["analysis"], row["quantity"]) == ("cohort", "patients")]
    assert (patients["estimate_before"], patients["estimate_after"]) == ("6.0", "8.0")
    assert (tmp_path / "out" / "rows.csv").stat().st_mode & 0o077 == 0


def test_out_that_is_a_file(releases: Releases, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(UsageError, match="OUT"):
        printed(releases, capsys, OUT=str(tmp_path / "out"))


def test_a_release_and_itself(releases: Releases, capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(releases, capsys, FROM=releases.ids[1], TO=releases.ids[1])
    assert "No difference: the same cohort, facts, endpoints and figures." in page
    assert "Which" not in page


def test_back_in_time_rows_cant_be_named(releases: Releases, capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(releases, capsys, FROM=releases.ids[1], TO=releases.ids[0])
    assert "rows can't be named, the work area holds other batches" in page
    assert "batch removed" in page
    assert "no candidate any more" in page


def test_a_work_area_that_a_run_writes_to(own: Releases) -> None:
    hold = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"
    command = [sys.executable, "-c", hold, str(own.warehouse.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "held\n"
        found = compare(own.settings, {})
        writer.communicate("\n")
    assert found.rows.unnamed == "the work area can't be opened: a run may be writing to it"
    assert len(found.movers) == 6


def test_the_protocol_moves_patients_without_rows(own: Releases, capsys: pytest.CaptureFixture[str]) -> None:
    sql = f"update published.cohort set pd_l1_status = 'negative' where patient_key = '{key('same')}'"
    name = copied(own, 1, "30000101T000000Z-00000000", sql, pd_l1_cut_off_percent=50)
    found = between(own, own.ids[1], name)
    assert [(NAME_OF[fact.patient_key], fact.name, fact.after) for fact in found.facts] == [("same", "pd_l1_status", "negative")]
    assert found.rows.rows == ()
    assert found.rows.without == (key("same"),)
    assert found.inputs.causes == ("the protocol",)
    page = printed(own, capsys, FROM=own.ids[1], TO=name)
    assert re.search(r"parameters.pd_l1_cut_off_percent +1 +50\n", page)
    assert "No row is new of 1 moved patient; what moved them: the protocol" in page


def test_the_data_cut_off_moves_patients_without_rows(own: Releases) -> None:
    sql = f"update published.endpoints set days = 199 where endpoint = 'os' and patient_key = '{key('same')}'"
    name = copied(own, 0, "20000101T000000Z-00000000", sql)
    found = between(own, name, own.ids[1])
    assert ("same", "os", "day 199, censored at last_record") in {
        (NAME_OF[fact.patient_key], fact.name, fact.before) for fact in found.endpoints
    }
    assert found.rows.without == (key("same"),)
    assert found.inputs.causes == ("the data cut-off, which went from 2023-01-15 to 2023-02-15",)


def test_other_keys_aren_t_other_patients(own: Releases, capsys: pytest.CaptureFixture[str]) -> None:
    tables = ("cohort", "eligibility", "endpoints")
    sql = ";".join(f"update published.{table} set patient_key = md5(patient_key)[:16]" for table in tables)
    name = copied(own, 1, "30000101T000000Z-00000000", sql)
    found = between(own, own.ids[1], name)
    assert not found.shares_keys
    assert found.movers == ()
    page = printed(own, capsys, FROM=own.ids[1], TO=name)
    assert "no key of one release is in the other: the salt of the keys changed." in page
    assert "Who came" not in page


@pytest.mark.parametrize(("setting", "wanted"), [("TO", "1999"), ("FROM", "2")])
def test_an_id_that_is_none_or_several(releases: Releases, setting: str, wanted: str) -> None:
    with pytest.raises(UsageError) as refused:
        compare(releases.settings, {setting: wanted})
    assert all(name in refused.value.todo for name in releases.ids)


def test_an_unambiguous_beginning_is_enough(own: Releases) -> None:
    name = copied(own, 0, "19990101T000000Z-00000000")
    assert between(own, "1999", own.ids[1]).pair.before.id == name


def test_the_first_release_has_none_before_it(releases: Releases, own: Releases) -> None:
    with pytest.raises(UsageError, match="no release came before"):
        compare(releases.settings, {"TO": releases.ids[0]})
    with pytest.raises(UsageError, match="there is no release yet"):
        compare(replace(own.settings, warehouse=own.warehouse.root / "nothing"), {})
