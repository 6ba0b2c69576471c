"""The manuscript's tables as a Word document whose bytes depend on nothing but the results.

Three-line tables, numbered captions above, notes below, wide tables on turned pages, the banner of synthetic patients in every header.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.context import ReportContext
from analysis.report.manuscript import Line, Table, manuscript_tables
from analysis.words import SYNTHETIC

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell

ALWAYS = datetime(2000, 1, 1)  # a document must have a date; this one says nothing
FONT, SIZE, SMALL = "Times New Roman", 9.5, 8.5
THICK, THIN = 12, 6  # eighths of a point


def write_document(path: Path, results: Mapping[str, Any], context: ReportContext) -> None:
    """Writes every table of the manuscript into `path`."""
    made = io.BytesIO()
    document_of(manuscript_tables(results), results, context).save(made)
    path.write_bytes(without_dates(made.getvalue()))


def document_of(tables: list[Table], results: Mapping[str, Any], context: ReportContext) -> Document:
    """The document, a page a table."""
    from docx import Document as new_document
    from docx.enum.section import WD_SECTION
    from docx.shared import Pt

    document = new_document()
    title = results["protocol"]["study"]["title"]
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "", f"Release {results['release_id']}"
    properties.created = properties.modified = ALWAYS
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(SIZE)
    normal.paragraph_format.space_after = Pt(3)
    head(document, title, results, context)
    for number, table in enumerate(tables, start=1):
        section = document.sections[-1] if number == 1 and not table.is_wide else document.add_section(WD_SECTION.NEW_PAGE)
        turn(section, table.is_wide)
        add_table(document, table, number)
    if results["data"] == "synthetic":
        banner(document)
    return document


def head(document: Document, title: str, results: Mapping[str, Any], context: ReportContext) -> None:
    """What the document belongs to."""
    from docx.shared import Pt

    said = document.add_paragraph()
    run = said.add_run(title)
    run.bold, run.font.size = True, Pt(12)
    made_of = f"code {context.code_version}, protocol {context.protocol_hash[:12]}"
    document.add_paragraph(f"Tables of release {results['release_id']}, {made_of}.")


def turn(section: Any, is_wide: bool) -> None:
    """A4, turned for a wide table."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm

    short, long = Mm(210), Mm(297)
    section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if is_wide else (short, long)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(18)


def banner(document: Document) -> None:
    """The words on synthetic patients in the header of the first section, which the others take over."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import RGBColor

    said = document.sections[0].header.paragraphs[0]
    said.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = said.add_run(SYNTHETIC)
    run.bold, run.font.color.rgb = True, RGBColor(0x5F, 0x43, 0x00)


def add_table(document: Document, table: Table, number: int) -> None:
    """Caption, three-line table and notes."""
    from docx.shared import Pt

    caption = document.add_paragraph()
    caption.paragraph_format.keep_with_next = True
    caption.add_run(f"Table {number}. ").bold = True
    caption.add_run(table.title)
    grid = document.add_table(rows=1, cols=len(table.heads))
    grid.autofit = True
    for cell, text in zip(grid.rows[0].cells, table.heads, strict=True):
        write_cell(cell, text, is_bold=True)
        border(cell, top=THICK, bottom=THIN)
    repeat(grid.rows[0])
    for line in table.lines:
        add_line(grid, line)
    for cell in grid.rows[-1].cells:
        border(cell, bottom=THICK)
    note = document.add_paragraph()
    note.paragraph_format.space_before = Pt(3)
    run = note.add_run(table.note)
    run.font.size = Pt(SMALL)


def add_line(grid: Any, line: Line) -> None:
    """A row: the first cell names it, indented where it belongs to the heading above."""
    from docx.shared import Mm

    cells = grid.add_row().cells
    for place, (cell, text) in enumerate(zip(cells, line.cells, strict=True)):
        write_cell(cell, text, is_bold=line.is_heading and not place)
    if line.is_indented:
        cells[0].paragraphs[0].paragraph_format.left_indent = Mm(4)


def write_cell(cell: _Cell, text: str, is_bold: bool = False) -> None:
    """A cell's text in the size of tables."""
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(1)
    run = paragraph.add_run(text)
    run.bold, run.font.size = is_bold, Pt(SMALL)


def border(cell: _Cell, **edges: int) -> None:
    """Lines at the given edges, in eighths of a point; others stay without."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    holder = properties.find(qn("w:tcBorders"))
    if holder is None:
        holder = OxmlElement("w:tcBorders")
        properties.append(holder)
    for edge, size in edges.items():
        line = OxmlElement(f"w:{edge}")
        for name, value in {"val": "single", "sz": str(size), "space": "0", "color": "000000"}.items():
            line.set(qn(f"w:{name}"), value)
        holder.append(line)


def repeat(row: Any) -> None:
    """The row of heads again on every page of its table."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def without_dates(document: bytes) -> bytes:
    """The same archive with every entry at one date: Word files are zip archives, which keep the time of writing."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            plain = zipfile.ZipInfo(entry.filename, date_time=(1980, 1, 1, 0, 0, 0))
            plain.compress_type, plain.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(plain, old.read(entry.filename))
    return made.getvalue()
