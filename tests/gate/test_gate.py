"""The gate itself: what it reports, what it refuses, and that it holds no value of a patient."""

from __future__ import annotations

import json
import logging
import re
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipeline import protocol
from pipeline.errors import EXIT_GATE, GateFailed, UsageError
from pipeline.gate import GateResult, load, page, run
from pipeline.gate.judge import judge
from pipeline.gate.results import CheckResult
from tests.gate.work_database import CANARIES

CHECK = """
checks:
  - id: patients-few
    title: There are few patients
    severity: critical
    category: plausibility
    rows: staging.conformed_patients
    fails: patient_id > 'hospital-010'
    reason: A reason.
"""
FAILS = "    fails: patient_id > 'hospital-010'\n"


def result_of(**changes) -> CheckResult:
    check = CheckResult("a-check", "A title", "critical", "conformance", "landing", "passed", 0, 10, "0", "A reason.")
    return replace(check, **changes)


@pytest.fixture
def expectations(tmp_path: Path):
    """Writes the checks of one layer, the others being empty; gives their folder."""

    def write(text: str) -> Path:
        folder = tmp_path / "expectations"
        folder.mkdir()
        for layer in ("clinical", "cohort", "published"):
            (folder / f"{layer}.yml").write_text("checks: []\n", encoding="utf-8")
        (folder / "landing.yml").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def judged(work_database, expectations):
    """The result of one check in the words of a file."""

    def one(text: str) -> CheckResult:
        (result,) = judge(work_database, load(expectations(text), protocol.load()))
        return result

    return one


# --- running


def test_a_run_reports_every_check_and_holds_no_value(work_database, tmp_path, capfd):
    calls = []
    result = run(work_database, protocol.load(), tmp_path / "page", advance=lambda: calls.append(1))
    html = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    content = json.loads((tmp_path / "page" / "gate.json").read_text(encoding="utf-8"))

    assert len(calls) == len(result.checks) == result.counts["checks"] == len(content["checks"])
    assert all(f'id="{check.id}"' in html for check in result.checks)
    assert content["counts"] == result.counts
    assert result.critical_failures == ()
    said = html + json.dumps(content, ensure_ascii=False) + "".join(capfd.readouterr())
    assert [canary for canary in CANARIES if canary in said] == []
    assert re.findall(r"hospital-\d", said) == []


def test_a_run_is_quiet_and_lets_go_of_the_database(work_database, tmp_path, capfd, caplog):
    copy = shutil.copyfile(work_database, tmp_path / "work.duckdb")
    with caplog.at_level(logging.INFO):
        run(copy, protocol.load(), tmp_path / "page")
    assert tuple(capfd.readouterr()) == ("", "")
    assert [record.name for record in caplog.records if record.name.startswith("great_expectations")] == []
    with duckdb.connect(str(copy)) as connection:
        connection.execute("create table can_be_written as select 1 as one")


def test_the_path_of_the_database_may_be_odd(work_database, tmp_path, expectations):
    folder = tmp_path / "仓库 of #1, 100% & more?"
    folder.mkdir()
    copy = shutil.copyfile(work_database, folder / "work.duckdb")
    result = run(copy, protocol.load(), folder / "page", expectations=expectations(CHECK))
    assert result.checks[0].failing == 40


# --- verdicts


@pytest.mark.parametrize(
    ("threshold", "status"), [("39", "failed"), ("40", "passed"), ("78 %", "failed"), ("78.5%", "passed"), ("100 %", "passed")]
)
def test_a_threshold_is_a_number_or_a_share_of_the_rows(judged, threshold, status):
    result = judged(CHECK + f"    threshold: {threshold}\n")
    assert (result.status, result.failing, result.total) == (status, 40, 51)


@pytest.mark.parametrize(("threshold", "status"), [("49 %", "failed"), ("51 %", "passed")])
def test_a_share_holds_for_an_expectation_of_great_expectations(judged, threshold, status):
    text = CHECK.replace(FAILS, "")
    kwargs = "{column: sex, value_set: [female]}"
    result = judged(text + f"    expectation: expect_column_values_to_be_in_set\n    kwargs: {kwargs}\n    threshold: {threshold}\n")
    assert (result.status, result.failing, result.total) == (status, 26, 51)


def test_sums_are_numerator_and_denominator(judged):
    text = CHECK.replace(FAILS, "    failing: sum(current_rows)\n    total: sum(raw_rows)\n")
    result = judged(text.replace("conformed_patients", "conformed_reconciliation"))
    assert (result.failing, result.total) == (390, 402)


def test_no_rows_are_not_applicable(judged):
    result = judged(CHECK.replace("staging.conformed_patients", "select * from staging.conformed_patients where false"))
    assert (result.status, result.total) == ("not applicable", 0)


@pytest.mark.parametrize(
    "broken",
    [
        CHECK.replace("patient_id >", "patient_number >"),
        CHECK.replace("staging.conformed_patients", "staging.conformed_people"),
        CHECK.replace("staging.conformed_patients", "select from where"),
        CHECK.replace(FAILS, "    expectation: expect_wonders\n"),
        CHECK.replace(FAILS, "    expectation: expect_column_values_to_be_unique\n    kwargs: {column: id}\n"),
    ],
)
def test_a_check_that_cannot_run_is_an_error_and_forbids_a_release(judged, broken):
    result = judged(broken.replace("severity: critical", "severity: info"))
    assert result.status == "error"
    assert result.is_critical_failure
    assert result.detail


def test_the_error_of_a_mistyped_column_names_it(judged):
    assert "patient_number" in judged(CHECK.replace("patient_id >", "patient_number >")).detail


def test_an_error_that_quotes_a_row_is_withheld(judged, capfd, caplog):
    text = CHECK.replace("staging.conformed_patients", "staging.conformed_quarantine")
    result = judged(text.replace(FAILS, "    fails: cast(raw_value as integer) > 3\n"))
    assert result.status == "error"
    said = result.detail + caplog.text + "".join(capfd.readouterr())
    assert [canary for canary in CANARIES if canary in said] == []


def test_one_broken_check_spoils_no_other(work_database, expectations):
    other = CHECK.replace("checks:\n", "").replace("patients-few", "patients-odd").replace("patient_id >", "patient_number >")
    results = judge(work_database, load(expectations(CHECK + other), protocol.load()))
    assert [result.status for result in results] == ["failed", "error"]


# --- results


def test_critical_failures_raise_with_the_checks_and_the_page():
    failed = result_of(status="failed", failing=3)
    broken = result_of(id="another-check", status="error", severity="info", failing=None, total=None, detail="no such column")
    with pytest.raises(GateFailed) as caught:
        GateResult((failed, broken, result_of())).raise_if_critical(Path("work/gate/index.html"))
    message = caught.value.message
    assert caught.value.exit_code == EXIT_GATE
    for part in (
        "a-check: A title; 3 of 10 rows fail, allowed: 0",
        "another-check",
        "no such column",
        "work/gate/index.html",
        "2 critical",
    ):
        assert part in message


def test_warnings_and_notes_raise_nothing_and_are_counted():
    warning = result_of(status="failed", severity="warning", failing=3)
    note = result_of(status="failed", severity="info", failing=3)
    result = GateResult((warning, note, result_of(), result_of(status="not applicable", total=0)))
    result.raise_if_critical(Path("index.html"))
    assert (result.warnings, result.notes) == ((warning,), (note,))
    assert result.counts["passed"] + result.counts["failed"] + result.counts["not_applicable"] + result.counts["error"] == 4
    assert result.summary == "4 checks: 1 passed, 1 warning, 1 note, 1 not applicable"


# --- the page


def test_the_page_asks_for_nothing_from_anywhere():
    html = page.render(GateResult((result_of(),)))
    assert re.findall(r"https?:|//[a-z]|<script|<link|<img|<iframe|@import|url\(|src=", html) == []


def test_the_page_shows_failures_first_with_figures_and_reason():
    failed = result_of(id="few", title="Few <rows>", status="failed", failing=1_234, total=24_680, threshold="2 %", reason="Because & so.")
    html = page.render(GateResult((result_of(), failed)))
    assert "Refused." in html
    assert html.index("Few &lt;rows&gt;") < html.index("A title")
    for part in ("1,234", "24,680", "5.00 %", "2 %", "Because &amp; so.", "few"):
        assert part in html


def test_a_page_without_failures_says_so():
    html = page.render(GateResult((result_of(), result_of(id="w", severity="warning", status="failed", failing=1))))
    assert "Passed." in html
    assert "1 warning does not prevent a release" in html


# --- files of checks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CHECK.replace("'hospital-010'", "{minimum_ages}"), "{minimum_ages} is no parameter of protocol.yml; did you mean `minimum_age`?"),
        (CHECK + "    serverity: critical\n", "`serverity` is unknown; did you mean `severity`?"),
        (CHECK.replace("severity: critical", "severity: fatal"), "`severity` is `fatal`; it may be critical, info, warning"),
        (CHECK.replace("category: plausibility", "category: plausible"), "did you mean `plausibility`?"),
        (CHECK.replace("    reason: A reason.\n", ""), "`reason` is missing"),
        (CHECK.replace(FAILS, ""), "what fails must be said by `fails`"),
        (CHECK + "    kwargs: {column: sex}\n", "what fails must be said by `fails`"),
        (CHECK + "    threshold: some\n", "`threshold` must be a number of rows or a share"),
        (CHECK + "    threshold: 101 %\n", "`threshold` must be a number of rows or a share"),
        (CHECK.replace("staging.conformed_patients", "every_event"), "`rows` names `every_event`, which the file's `rows` don't have"),
        (CHECK.replace("staging.conformed_patients", "delete from x"), "`rows` must be a table"),
        (CHECK.replace("id: patients-few", "id: Patients few"), "its id must be lower-case letters and digits"),
        (CHECK + CHECK.replace("checks:\n", ""), "check `patients-few` occurs twice"),
        ("checks: {}\n", "must hold `checks`, a list"),
        ("checks: [\n", "can't be read"),
        ("checks:\n  - only words\n", "it must be a mapping"),
    ],
)
def test_a_wrong_file_is_refused_with_what_to_write(expectations, text, said):
    with pytest.raises(UsageError) as caught:
        load(expectations(text), protocol.load())
    assert said in caught.value.message
    assert "landing.yml" in caught.value.message or "twice" in said


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"landing\.yml: can't be read"):
        load(tmp_path, protocol.load())


def test_the_protocol_fills_sql_words_and_arguments(expectations):
    text = """
rows:
  adults: select * from staging.conformed_patients where birth_date < {window_start}
checks:
  - id: a
    title: At least {minimum_age} years
    severity: info
    category: plausibility
    rows: adults
    fails: 1 > {data_cut_off} or 'x' in ({arms}) or regexp_matches(sex, '[a-z]{2}')
    reason: A reason.
  - id: b
    title: B
    severity: info
    category: conformance
    rows: adults
    expectation: expect_table_columns_to_match_set
    kwargs: {column_set: [first, "{arms}"], exact_match: "{minimum_age}"}
    reason: A reason.
"""
    first, second = load(expectations(text), protocol.load())
    assert first.title == "At least 18 years"
    assert first.rows.endswith("birth_date < date '2018-06-01'")
    assert first.fails == "1 > null or 'x' in ('immunotherapy', 'non_immunotherapy') or regexp_matches(sex, '[a-z]{2}')"
    assert second.kwargs == {"column_set": ["first", "immunotherapy", "non_immunotherapy"], "exact_match": 18}
