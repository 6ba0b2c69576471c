"""The files that the analysis writes: CSV that no spreadsheet runs, figures, and the report as a page."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

import analysis
from analysis import words
from analysis.context import ReportContext
from analysis.csv_tables import guarded, write_csv
from analysis.words import SYNTHETIC
from tests.analysis import made_up

CHECKS = [
    {
        "id": "a",
        "title": "Keys are unique",
        "severity": "critical",
        "status": "passed",
        "failing": 0,
        "total": 9,
        "reason": "",
        "detail": "",
    },
    {"id": "b", "title": "Units <known>", "severity": "warning", "status": "failed", "failing": 2, "total": 9, "reason": "r", "detail": ""},
    {
        "id": "c",
        "title": "Ages",
        "severity": "info",
        "status": "not applicable",
        "failing": None,
        "total": None,
        "reason": "",
        "detail": "n",
    },
]
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """What the tests ask of a page: tags opened and closed in order, attributes, visible text, text of each table."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.tables: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.texts.append(data)
            if "table" in self.open:
                self.tables[-1] += data

    @property
    def text(self) -> str:
        """All visible text in one line."""
        return " ".join(" ".join(self.texts).split())

    def attributes(self, name: str) -> Iterator[str]:
        """Every value of an attribute."""
        return (value for _, attributes in self.tags if (value := attributes.get(name)) is not None)


def made(folder: Path, members: pd.DataFrame, kind: Any = "synthetic", missing: tuple[str, ...] = ()) -> tuple[dict[str, Any], Page]:
    """Results and page of a made-up release."""
    context = ReportContext(release_id="r<1>", data_kind=kind, source="hospital", gate_summary=CHECKS, created_at="2023-02-01 06:00 UTC")
    results = analysis.run(made_up.write(folder / "cohort.duckdb", members, missing), made_up.protocol(), folder / "results", context)
    return results, Page((folder / "results" / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], Page]:
    """Folder, results and page of made-up patients."""
    folder = tmp_path_factory.mktemp("release")
    return folder / "results", *made(folder, made_up.cohort())


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\0x", "\rx"])
def test_text_like_a_formula_is_guarded(tmp_path: Path, text: str) -> None:
    assert guarded(text) == f"'{text}"
    write_csv(tmp_path / "t.csv", [{"a": text.replace("\0", "="), "b": -1.5, "c": None, "d": True}], ("a", "b", "c", "d"))
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1] == ["'" + text.replace("\0", "="), "-1.5", "", "true"]


def test_numbers_and_other_text_are_not_guarded() -> None:
    assert [guarded(value) for value in (-0.5, 3, None, "x-1", "")] == [-0.5, 3, None, "x-1", ""]


def test_tables_say_what_kind_of_patients_they_show(release: tuple[Path, dict[str, Any], Page]) -> None:
    folder, results, _ = release
    tables = {path.stem: pd.read_csv(path) for path in (folder / "tables").glob("*.csv")}
    assert {"table_1", "survival", "comparisons", "attrition", "statistics", "pfs_curve", "os_curve", "paper_comparison"} <= set(tables)
    for name, table in tables.items():
        assert len(table) > 0 or name in ("not_assessable", "sensitivity")
        assert (table["data"] == "synthetic").all()
    row = tables["comparisons"].iloc[0]
    assert row["hazard_ratio"] == pytest.approx(results["analyses"][0]["hazard_ratio"], rel=1e-12)
    assert len(tables["survival"]) == 2 * len(results["analyses"])


def test_figures(release: tuple[Path, dict[str, Any], Page]) -> None:
    folder, results, _ = release
    names = {"cohort_flow", "swimmer", "balance", "competing_risks", "pfs_forest", "os_forest"}
    names |= {entry["id"] for entry in results["analyses"]}
    for kind in ("svg", "pdf", "png"):
        assert {path.stem for path in (folder / "figures").glob(f"*.{kind}")} == names
    for path in (folder / "figures").glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        ElementTree.fromstring(text)
        assert not re.search(r"<dc:date>|20\d\d-\d\d-\d\dT", text)
    words_of = (folder / "figures" / "pfs_overall.svg").read_text(encoding="utf-8")
    assert "Number at risk" in words_of
    assert "demonstration" in words_of


def test_no_patient_is_named(release: tuple[Path, dict[str, Any], Page]) -> None:
    folder, _, _ = release
    keys = set(made_up.cohort()["patient_key"])
    for path in folder.rglob("*"):
        if path.suffix in (".json", ".csv", ".html", ".svg"):
            assert not keys & set(re.findall(r"[0-9a-f]{16}", path.read_text(encoding="utf-8"))), path.name


def test_page_needs_nothing_from_elsewhere(release: tuple[Path, dict[str, Any], Page]) -> None:
    folder, _, page = release
    assert not [tag for tag, _ in page.tags if tag in ("img", "iframe", "object", "embed", "base", "form")]
    assert not [attributes for tag, attributes in page.tags if tag == "script" and "src" in attributes]
    links = [*page.attributes("href"), *page.attributes("src"), *page.attributes("xlink:href")]
    assert all(link.startswith(("#", "data:")) for link in links)
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert not (set(re.findall(r"https?://[^\s\"']+", text)) - {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"})


def test_page_is_accessible(release: tuple[Path, dict[str, Any], Page]) -> None:
    _, results, page = release
    ids = list(page.attributes("id"))
    assert len(ids) == len(set(ids))
    targets = {link[1:] for link in page.attributes("href") if link.startswith("#")} | set(page.attributes("aria-labelledby"))
    assert targets <= set(ids)
    tags = [tag for tag, _ in page.tags]
    assert [tags.count(tag) for tag in ("main", "header", "nav", "h1")] == [1, 1, 1, 1]
    assert all(attributes.get("scope") in ("col", "row", "rowgroup") for tag, attributes in page.tags if tag == "th")
    assert tags.count("caption") == tags.count("table")
    pictures = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(pictures) == 6 + len(results["analyses"])
    assert all(attributes["role"] == "img" and len(attributes["aria-label"] or "") > 80 for attributes in pictures)
    assert next(attributes for tag, attributes in page.tags if tag == "html") == {"lang": "en"}


def test_every_table_and_figure_says_that_patients_are_synthetic(release: tuple[Path, dict[str, Any], Page]) -> None:
    _, results, page = release
    marked = [table for table in page.tables if SYNTHETIC in table]
    assert len(page.tables) - len(marked) == len(results["analyses"])  # the numbers at risk inside the figures, which carry it themselves
    assert page.text.count(SYNTHETIC.split(": ")[0]) >= len(marked) + 1 + len(results["analyses"])


def test_real_patients_are_not_called_synthetic(tmp_path: Path) -> None:
    results, page = made(tmp_path, made_up.cohort(), kind="real")
    assert results["data"] == "real"
    assert "ynthetic" not in page.text
    assert not any("ynthetic" in path.read_text(encoding="utf-8") for path in (tmp_path / "results" / "figures").glob("*.svg"))


def test_page_prints_the_numbers_of_the_results(release: tuple[Path, dict[str, Any], Page]) -> None:
    _, results, page = release
    for entry in results["analyses"]:
        ratio = words.with_limits(entry["hazard_ratio"], entry["hr_ci_lower"], entry["hr_ci_upper"], 2)
        assert page.text.count(ratio) >= 2  # in the table and in the figure
        for group in entry["arms"].values():
            median = words.with_limits(group["median_months"], group["median_ci_lower"], group["median_ci_upper"], 1, words.NOT_REACHED)
            assert page.text.count(median) >= 3
            assert f"{group['events']} events in {group['n']} patients" in page.text
    for row in results["paper_comparison"]:
        assert row["label"] in page.text


def test_page_escapes_what_it_is_given(release: tuple[Path, dict[str, Any], Page]) -> None:
    _, _, page = release
    assert "r<1>" in page.text
    assert "Units <known>" in page.text
    assert "3 checks: 1 passed, 1 failed, 1 not applicable" in page.text
    assert "2 of 9 rows" in page.text


@pytest.mark.parametrize("kind", ["nobody", "one arm", "no events", "little known"])
def test_page_has_words_for_what_is_missing(tmp_path: Path, kind: str) -> None:
    members, missing, phrases = made_up.cohort(), (), ["not estimable"]
    if kind == "nobody":
        members, phrases = members.iloc[:0], ["No patient met every criterion", "no patients"]
    elif kind == "one arm":
        members, phrases = members[members["arm"] == "immunotherapy"], ["one group only", "no patients"]
    elif kind == "no events":
        members, phrases = members.assign(pfs_event=False, os_event=False), ["not reached", "no events"]
    else:
        members = made_up.cohort(has_calendar=False).assign(age_at_index=None, pd_l1_status="unknown", pd_l1_level=None, pd_l1_tps=None)
        missing = ("calendar_dates", "age", "pd_l1_status", "re_biopsy_reason")
        phrases = ["not assessable", "not recorded in this source", "needs calendar dates", "does not tell why a biopsy was taken"]
    _, page = made(tmp_path, members, missing=missing)
    for phrase in phrases:
        assert phrase in page.text
    assert not re.search(r"\b(None|nan|NaN|null|Undefined)\b", page.text)


TESTS = r"log-rank|score test|chi-square|Fisher|Wilcoxon|likelihood ratio|Gray|Wald|permutation|Peto|Fleming|z test|Mantel-Byar"


def test_every_p_has_the_name_of_its_test(release: tuple[Path, dict[str, Any], Page]) -> None:
    _, _, page = release
    found = list(re.finditer(r"\bP\s[=<>]", page.text))
    assert len(found) > 20
    for match in found:
        before = page.text[max(0, match.start() - 250) : match.start()]
        assert re.search(TESTS, before, re.IGNORECASE), before


def test_a_release_is_recomputed_from_what_it_says_of_itself(tmp_path: Path) -> None:
    database = made_up.write(tmp_path / "cohort.duckdb", made_up.cohort(30))
    facts = {"release_id": "r7", "data": "synthetic", "source": "hospital", "previous_release": None, "gate": {"passed": 5, "failed": 1}}
    results = analysis.recompute(database, made_up.protocol(), tmp_path / "out", facts, protocol_hash="f" * 64)
    assert json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8")) == results
    assert (results["release_id"], results["data"], results["provenance"]["protocol_hash"]) == ("r7", "synthetic", "f" * 64)
    assert "6 checks: 5 passed, 1 failed" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_importing_the_package_is_cheap() -> None:
    heavy = "{'numpy', 'pandas', 'scipy', 'lifelines', 'matplotlib', 'duckdb', 'jinja2'}"
    code = f"import sys, analysis; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


def test_words() -> None:
    assert [words.p_value(p) for p in (0.00001, 0.0061, 0.0334, 0.0487, 0.47, 0.9991, None)] == [
        "<0.001", "0.006", "0.03", "0.049", "0.47", ">0.99", "not estimable"
    ]  # fmt: skip
    assert [words.number(value, 1) for value in (-0.04, -1.25, 3, None)] == ["0.0", "\u22121.2", "3.0", "not estimable"]
    assert words.with_limits(6.4, 4.1, None, 1, words.NOT_REACHED) == "6.4 (4.1 to not reached)"
    assert words.with_limits(None, 2.0, None, 1, words.NOT_REACHED) == "not reached (2.0 to not reached)"
    assert words.with_limits(6.4, None, None, 1, words.NOT_REACHED) == "6.4 (not estimable)"
    assert words.listed(["a"]) == "a"
    assert [words.in_sentence(label) for label in ("All patients", "PD-L1 positive", "ALK-TKI")] == [
        "all patients",
        "PD-L1 positive",
        "ALK-TKI",
    ]
    assert words.level_label("sex", "female") == "Female"
    assert words.level_label("rebiopsied", True) == "Yes"
    assert words.level_label("prior_alk_tki_generation", 2) == "Second"
