"""The main job, first to last, on the demo exports."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from analysis.words import SYNTHETIC
from pipeline.paths import PROJECT
from pipeline.release import current
from tests.derive import rows
from tests.end_to_end.conftest import Demo, pipeline
from tests.oracle import QUARANTINE_RULES


def test_all_fourteen_figures_are_met(demo: Demo) -> None:
    results = current(demo.warehouse).read_results()
    comparison = results["paper_comparison"]
    assert len(comparison) == 14
    assert [row["figure"] for row in comparison if not row["agrees"]] == []
    assert results["data"] == "synthetic"


def test_every_criterion_excludes_somebody(demo: Demo) -> None:
    steps = rows(demo.warehouse.current / "cohort.duckdb", "select * from published.attrition order by step")
    assert steps[0]["patients_left"] >= 3000
    assert [step["criterion"] for step in steps[1:] if not step["patients_excluded"]] == []
    cohort = rows(demo.warehouse.current / "cohort.duckdb", "select count(*) as patients from published.cohort")
    assert steps[-1]["patients_left"] == cohort[0]["patients"]


def test_the_exports_are_as_large_and_as_messy_as_promised(demo: Demo) -> None:
    database = demo.warehouse.current / "cohort.duckdb"
    total = rows(database, "select sum(raw_rows) as raw from published.reconciliation")[0]
    assert total["raw"] >= 200_000
    for place in ("superseded_rows", "duplicate_rows", "retracted_rows", "quarantined_rows"):
        assert rows(database, f"select sum({place}) as rows from published.reconciliation")[0]["rows"] > 0, place
    rules = {row["rule"] for row in rows(database, "select rule from published.quarantine_summary")}
    assert rules == QUARANTINE_RULES


def test_a_release_holds_what_it_promises(demo: Demo) -> None:
    release = current(demo.warehouse)
    names = {path.name for path in release.folder.iterdir()}
    assert names == {"cohort.duckdb", "results", "data_docs", "release.json"}
    assert {"results.json", "report.html", "tables", "figures"} <= {path.name for path in release.results.iterdir()}
    assert list((release.results / "figures").glob("*.svg"))
    assert list((release.results / "figures").glob("*.png"))
    facts = release.facts
    assert [batch["mode"] for batch in facts["batches"]] == ["full", "delta", "delta"]
    assert len(facts["protocol_sha256"]) == 64
    assert facts["gate"]["critical_failures"] == 0
    assert facts["previous_release"] is None
    documented = {
        (row["view_name"], row["column_name"])
        for row in rows(release.database, "select view_name, column_name from published.data_dictionary")
    }
    published = {
        (row["table_name"], row["column_name"])
        for row in rows(release.database, "select table_name, column_name from duckdb_columns() where schema_name = 'published'")
    }
    assert documented == published


def test_the_summary_tells_the_story(demo: Demo) -> None:
    for words in ("Cohort flow", "Progression-free survival", "quarantined", "report.html", SYNTHETIC):
        assert words in demo.run.output
    assert "Traceback" not in demo.run.errors


def test_the_readme_prints_what_a_run_prints(demo: Demo) -> None:
    readme, printed = (stripped(text) for text in ((PROJECT / "README.md").read_text(encoding="utf-8"), demo.run.output))
    compared = ("Progression-free survival, months", "Progression-free survival, asked otherwise")
    for title in ("Cohort flow", *compared, "Rows", "Batches", "Median follow-up"):
        (block,) = re.findall(rf"^{title}\b[^|`]*?(?=\n\n)", readme, re.MULTILINE)
        assert len(block.splitlines()) > 3
        assert f"\n{block}\n\n" in printed, title


def test_the_readme_s_curve_is_the_demo_s(demo: Demo) -> None:
    drawn = current(demo.warehouse).results / "figures" / "pfs_overall.svg"
    assert (PROJECT / "docs" / "demo_pfs.svg").read_bytes() == drawn.read_bytes()


def test_nothing_new_publishes_nothing(demo: Demo) -> None:
    before = demo.warehouse.current.resolve()
    again = pipeline("refresh", EXPORTS=demo.exports, WAREHOUSE=demo.warehouse.root)
    assert again.code == 0
    assert "Nothing new" in again.output
    assert demo.warehouse.current.resolve() == before


def test_the_results_can_be_recomputed(demo: Demo, tmp_path: Path) -> None:
    run = pipeline("stats", WAREHOUSE=demo.warehouse.root, RESULTS=tmp_path / "results")
    assert run.code == 0, run.errors
    again = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    released = current(demo.warehouse).read_results()
    assert again["analyses"] == released["analyses"]
    assert again["paper_comparison"] == released["paper_comparison"]
    assert again["provenance"]["protocol_hash"] == current(demo.warehouse).facts["protocol_sha256"]


def test_one_changed_row_changes_the_figures(demo: Demo, tmp_path: Path) -> None:
    place = _deciding_assessment(demo)
    exports = tmp_path / "exports"
    shutil.copytree(demo.exports, exports)
    _make_stable(exports / place["batch_id"], str(place["file_name"]), int(str(place["line_number"])))
    run = pipeline("refresh", EXPORTS=exports, WAREHOUSE=tmp_path / "warehouse", MULTIVERSE=0)
    assert run.code == 0, run.errors
    changed = json.loads((tmp_path / "warehouse" / "current" / "results" / "results.json").read_text(encoding="utf-8"))
    assert changed["cohort"]["patients"] == current(demo.warehouse).read_results()["cohort"]["patients"]
    assert not all(row["agrees"] for row in changed["paper_comparison"])


def test_the_examples_of_the_docs_run(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (PROJECT / "docs" / "querying.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(demo.warehouse.root.parent)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/querying.md", "exec"), names)
    assert names["curve"].at_risk[0] == len(names["cohort"])


@pytest.mark.parametrize("pattern", ["name", "national_id", "phone", "address"])
def test_no_identifier_is_published(demo: Demo, pattern: str) -> None:
    identifiers = {
        str(row["value"]).encode()
        for row in rows(
            demo.warehouse.database,
            f"select distinct {pattern} as value from raw.hospital_patients where length({pattern}) >= 4 and lower({pattern}) <> 'unknown'",
        )
    }
    assert len(identifiers) > 500
    release = demo.warehouse.current.resolve()
    texts = b"\n".join(path.read_bytes() for path in sorted(release.rglob("*")) if path.is_file() and path.suffix != ".png")
    assert [identifier for identifier in identifiers if identifier in texts] == []


def stripped(text: str) -> str:
    """The text without white space at the ends of its lines."""
    return "\n".join(line.rstrip() for line in text.splitlines())


def _deciding_assessment(demo: Demo) -> dict[str, object]:
    """Where the PD stands that ends the shortest PFS among the immunotherapy patients in the largest group of the comparison."""
    with duckdb.connect(str(demo.warehouse.database), read_only=True) as connection:
        cursor = connection.execute(
            """
            select lineage.batch_id, lineage.file_name, lineage.line_number
            from cohort.cohort_members as members
            inner join staging.conformed_assessments as assessments
                on members.patient_id = assessments.patient_id
                and assessments.assessed_on = members.index_date + members.pfs_days
            inner join engineer.row_lineage as lineage
                on lineage.table_name = 'assessments' and lineage.row_key = assessments.assessment_id and lineage.outcome = 'current'
            where members.pfs_end_reason = 'progression' and members.pd_l1_status = 'positive' and assessments.response = 'PD'
            order by members.pfs_days, members.patient_id
            limit 1
            """
        )
        names = [column[0] for column in cursor.description or ()]
        return dict(zip(names, cursor.fetchall()[0], strict=True))


def _make_stable(batch: Path, file_name: str, line_number: int) -> None:
    """Turn the PD of one record into SD, and leave out the checksums that would notice."""
    about = json.loads((batch / "batch.json").read_text(encoding="utf-8"))
    encoding = about.get("encoding", "utf-8")
    path = batch / file_name
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    reader = csv.reader(text.splitlines(keepends=True))
    header, *records = _with_lines(reader)
    column = [name.strip().lower() for name in header[1]].index("response_text")
    with (batch / file_name.removesuffix(".gz")).open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file)
        writer.writerow(header[1])
        for line, record in records:
            if line == line_number:
                record[column] = "SD"
            writer.writerow(record)
    if path.suffix == ".gz":
        path.unlink()
    about.pop("files", None)
    (batch / "batch.json").write_text(json.dumps(about), encoding="utf-8")


def _with_lines(reader: csv.reader) -> list[tuple[int, list[str]]]:
    """Every record with the physical line on which it starts."""
    found, line = [], 1
    for record in reader:
        found.append((line, record))
        line = reader.line_num + 1
    return found
