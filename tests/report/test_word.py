"""The Word file of the manuscript's tables, read back."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from analysis import words
from analysis.report.manuscript import WIDE, manuscript_tables
from analysis.report.word import write_document
from analysis.words import SYNTHETIC
from tests.report.conftest import CONTEXT, Made


@pytest.fixture(scope="module")
def document(release: Made) -> Any:
    """The file of the release."""
    return Document(str(release.folder / "report_tables.docx"))


def test_every_table_is_there_with_caption_and_note(document: Any, release: Made) -> None:
    tables = manuscript_tables(release.results)
    assert {"table_1", "survival", "response", "weighted", "pfs_multivariable", "pfs_subgroups", "paper"} <= {table.id for table in tables}
    assert len(document.tables) == len(tables)
    paragraphs = [paragraph.text for paragraph in document.paragraphs]
    for number, (table, grid) in enumerate(zip(tables, document.tables, strict=True), start=1):
        assert f"Table {number}. {table.title}" in paragraphs
        assert table.note in paragraphs
        assert tuple(cell.text for cell in grid.rows[0].cells) == table.heads
        assert [tuple(cell.text for cell in row.cells) for row in grid.rows[1:]] == [line.cells for line in table.lines]


def test_the_numbers_are_those_of_the_results(document: Any, release: Made) -> None:
    text = "\n".join(cell.text for grid in document.tables for row in grid.rows for cell in row.cells)
    for entry in release.results["analyses"]:
        assert words.hazard_ratio(entry) in text
        for group in entry["arms"].values():
            assert words.median(group) in text
            assert f"{group['events']} in {group['n']}" in text


def test_no_p_without_a_test_and_no_missing_number_but_in_words(release: Made) -> None:
    for table in manuscript_tables(release.results):
        for head in table.heads:
            if head == "P":
                assert "Test" in table.heads
            elif head.startswith("P ") or " P" in head:
                assert any(name in head for name in ("Wald", "Log-rank", "Gray", "likelihood ratio", "score test")), head
        for line in table.lines:
            assert len(line.cells) == len(table.heads)
            assert not {"None", "nan", "null"} & set(" ".join(line.cells).replace("(", " ").replace(")", " ").split())


def edges(cell: Any) -> dict[str, str]:
    """The lines around a cell."""
    holder = cell._tc.get_or_add_tcPr().find(qn("w:tcBorders"))
    return {} if holder is None else {line.tag.split("}")[1]: line.get(qn("w:sz")) for line in holder}


def test_tables_have_three_lines(document: Any) -> None:
    for grid in document.tables:
        assert all(edges(cell) == {"top": "12", "bottom": "6"} for cell in grid.rows[0].cells)
        assert all(edges(cell) == {} for row in grid.rows[1:-1] for cell in row.cells)
        assert all(edges(cell) == {"bottom": "12"} for cell in grid.rows[-1].cells)
        assert grid.rows[0]._tr.get_or_add_trPr().find(qn("w:tblHeader")) is not None


def test_wide_tables_stand_across_and_every_header_says_synthetic(document: Any, release: Made) -> None:
    tables = manuscript_tables(release.results)
    turned = [section.orientation == WD_ORIENT.LANDSCAPE for section in document.sections]
    assert turned == [len(table.heads) >= WIDE for table in tables]
    assert any(turned)
    assert all(section.header.paragraphs[0].text == SYNTHETIC for section in document.sections)


def test_real_patients_have_no_banner(release: Made, tmp_path: Path) -> None:
    write_document(tmp_path / "t.docx", {**release.results, "data": "real"}, CONTEXT)
    assert all(section.header.paragraphs[0].text == "" for section in Document(str(tmp_path / "t.docx")).sections)


def test_the_same_results_give_the_same_bytes(release: Made, tmp_path: Path) -> None:
    write_document(tmp_path / "t.docx", release.results, CONTEXT)
    made = (tmp_path / "t.docx").read_bytes()
    assert made == (release.folder / "report_tables.docx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "2000-01-01" in archive.read("docProps/core.xml").decode()
