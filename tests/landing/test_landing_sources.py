"""A source whose exports look otherwise: study folders of tab-separated files without quotes, batch.json or day."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.landing import land, read_source
from pipeline.settings import Settings, known_sources
from tests.landing.exports import CANARY, landed_rows

DECLARATION = """
version: 2
sources:
  - name: study
    schema: raw
    config:
      meta:
        delimiter: "\\t"
        quoting: none
        comment: "#"
        dated: false
        whole_folder_is_one_batch: true
        keep_unknown: false
        required_tables: [people]
    tables:
      - name: people
        identifier: study_people
        config: {meta: {files: [data_people.txt]}}
        columns:
          - {name: patient_id, config: {meta: {key: true, required: true, type: text}}}
          - {name: sex, config: {meta: {required: true, type: text}}}
          - {name: remark}
          - {name: _line, config: {meta: {technical: true}}}
      - name: variants
        identifier: study_variants
        meta: {files: [data_sv.txt, data_fusions.txt]}
        columns:
          - {name: sample_id, config: {meta: {required: true}}}
"""
PEOPLE = (
    '#Patient\tSex\tRemark\tWard\n#STRING\tSTRING\n\nPATIENT_ID\tWARD\tSEX\tREMARK\nP1\tW\tMale\tsays "no\nP2\tW\tFemale\n#P3\tW\tMale\tx\n'
)

Refusal = Callable[..., str]


@pytest.fixture
def study(tmp_path: Path) -> Settings:
    """A project that knows the made-up source, and a study folder of it."""
    folder = tmp_path / "project" / "models" / "staging" / "study"
    folder.mkdir(parents=True)
    (folder / "_study__sources.yml").write_text(DECLARATION)
    exports = tmp_path / "exports" / "nsclc_2024"
    (exports / "case_lists").mkdir(parents=True)
    (exports / "data_people.txt").write_text(PEOPLE)
    (exports / "meta_study.txt").write_text("type_of_cancer: nsclc\n")
    return Settings(exports, tmp_path / "warehouse", "study", pseudonym_salt="salt", project=tmp_path / "project")


@pytest.mark.parametrize("is_parent", [False, True])
def test_a_study_folder_is_one_undated_full_batch(study: Settings, is_parent: bool) -> None:
    assert study.exports is not None
    where = replace(study, exports=study.exports.parent) if is_parent else study
    landed = land(where)
    (batch,) = landed.batches
    assert (batch.batch_id, batch.mode, batch.instant, batch.day, batch.data_kind) == ("nsclc_2024", "full", None, None, "real")
    assert landed.notes == ("nsclc_2024: ignored case_lists, meta_study.txt",)
    (row,) = landed_rows(where, landed, "batches")
    assert (row["exported_at"], row["exported_instant"], row["export_day"], row["batch_rank"]) == (None, None, None, 1)
    assert land(where).known == ("nsclc_2024",)


def test_tab_separated_files_have_comments_literal_quotes_and_short_rows(study: Settings) -> None:
    rows = landed_rows(study, land(study), "study_people")
    assert [(row["patient_id"], row["sex"], row["remark"], row["_line"], row["_unknown"]) for row in rows] == [
        ("P1", "Male", 'says "no', 5, None),
        ("P2", "Female", "", 6, None),
        ("#P3", "Male", "x", 7, None),
    ]
    assert landed_rows(study, land(study), "study_variants") == []


def test_a_row_longer_than_the_header_is_refused(study: Settings, refusal: Refusal) -> None:
    assert study.exports is not None
    (study.exports / "data_people.txt").write_text(PEOPLE + f"P4\tW\tMale\t{CANARY}\tmore\n")
    assert "batch nsclc_2024, file data_people.txt, line 8: has 5 fields where the header has 4" in refusal(where=study)


def test_a_table_may_go_by_either_of_its_file_names_but_not_both(study: Settings, refusal: Refusal) -> None:
    assert study.exports is not None
    (study.exports / "data_fusions.txt").write_text("Sample_Id\nS1\n\nS2\n")
    assert [row["sample_id"] for row in landed_rows(study, land(study), "study_variants")] == ["S1", "S2"]
    (study.exports / "data_sv.txt").write_text(f"Sample_Id\n{CANARY}\n")
    assert "gives table variants again" in refusal(where=study)


def test_a_second_study_is_refused_for_want_of_an_order(study: Settings, refusal: Refusal) -> None:
    assert study.exports is not None
    shutil.copytree(study.exports, study.exports.with_name("nsclc_2025"))
    message = refusal(where=replace(study, exports=study.exports.parent))
    assert "carry no day (nsclc_2024, nsclc_2025)" in message
    assert "use a WAREHOUSE for each" in message


def test_a_study_may_say_that_it_is_synthetic(study: Settings) -> None:
    assert study.exports is not None
    (study.exports / "batch.json").write_text('{"data": "synthetic"}')
    landed = land(replace(study, pseudonym_salt=None))
    assert (landed.data_kind, landed.batches[0].batch_id) == ("synthetic", "nsclc_2024")


def test_required_tables_of_a_study_are_required(study: Settings, refusal: Refusal) -> None:
    assert study.exports is not None
    (study.exports / "data_people.txt").rename(study.exports / "data_sv.txt")
    assert "batch nsclc_2024: lacks the required table people" in refusal(where=study)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: study\n", "name: other\n", "no source named study"),
        ("quoting: none", "quoting: some", "quoting must be csv or none"),
        ('"\\t"', '"ab"', "one ASCII character"),
        ("dated: false", "dated: maybe", "dated must be true or false"),
        ("[people]", "[persons]", "not declared: persons"),
        ("name: remark", "name: SEX", "declares a column twice"),
        ("tables:", "tables: [", "can't be read"),
    ],
)
def test_a_declaration_that_says_something_impossible_is_refused(study: Settings, old: str, new: str, expected: str) -> None:
    study.sources_file.write_text(DECLARATION.replace(old, new))
    with pytest.raises(UsageError) as caught:
        read_source(study)
    assert expected in str(caught.value)
    assert str(study.sources_file) in str(caught.value)


def test_a_source_without_a_declaration_is_refused(study: Settings) -> None:
    study.sources_file.unlink()
    with pytest.raises(UsageError, match="The source has no declaration"):
        read_source(study)


@pytest.mark.parametrize("source", known_sources())
def test_every_declaration_of_the_project_can_be_read(source: str) -> None:
    declared = read_source(Settings(source=source))
    assert declared.tables
    assert all(table.identifier == f"{source}_{table.name}" for table in declared.tables)
    assert all(column.type in ("text", "date", "timestamp", "day") for table in declared.tables for column in table.columns)
