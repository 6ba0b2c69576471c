"""What no vocabulary knows is listed by frequency with the nearest entry, and accepted by adding a row."""

from __future__ import annotations

import csv

import duckdb
import pytest

from pipeline.paths import PROJECT
from pipeline.unmapped import FILE, LONGEST_TEXT, VOCABULARIES, run, shown
from tests.accounting.conftest import ACCEPTED, TEXTS, Made
from tests.derive import rows
from tests.sql_harness import build, create, load_seed
from tests.texts.tables import BIOMARKER_COLUMNS, landed, read_values

# what the accepted text is read as
READ_AS = {
    "smoking": ("select smoking from staging.conformed_patients where patient_id = 'P1'", "ever"),
    "histology": ("select histology_class from staging.conformed_diagnoses", "adenocarcinoma"),
    "stage": ("select stage_group from staging.conformed_diagnoses", "IV"),
    "order_status": ("select is_given from staging.conformed_drug_orders where order_id = 'O1'", True),
    "procedure": ("select is_tissue from staging.conformed_specimens", True),
    "response": ("select response from staging.conformed_assessments", "SD"),
    "alk": ("select result from staging.conformed_biomarkers where marker = 'alk'", "positive"),
    "pd_l1": ("select score from staging.conformed_biomarkers where marker = 'pd_l1'", 60),
    "drug": ("select ingredient from clinical.drug_exposures where order_id = 'O1'", "alectinib"),
}


@pytest.mark.parametrize("domain", ACCEPTED)
def test_a_text_is_accepted_by_adding_a_row(made: Made, domain: str) -> None:
    listed = f"select rows from engineer.unmapped_values where domain = '{domain}'"
    query, meaning = READ_AS[domain]
    assert rows(made.before, listed) == [{"rows": 1}]
    assert [next(iter(row.values())) for row in rows(made.before, query)] != [meaning]
    assert rows(made.after, listed) == []
    assert [next(iter(row.values())) for row in rows(made.after, query)] == [meaning]


@pytest.mark.parametrize(("table", "column"), [("patients", "sex"), ("follow_ups", "vital_status")])
def test_a_word_for_which_a_row_is_set_aside_is_accepted_too(made: Made, table: str, column: str) -> None:
    query = f"select rule from engineer.quarantine where table_name = '{table}' and column_name = '{column}'"
    assert rows(made.before, query) == [{"rule": "unreadable_value"}]
    assert rows(made.after, query) == []


def test_every_column_that_is_listed_was_tried(made: Made) -> None:
    columns = {str(row["domain"]) for row in rows(made.before, "select distinct domain from engineer.unmapped_values")}
    assert columns == set(TEXTS) == set(ACCEPTED) == set(VOCABULARIES) == set(READ_AS)


@pytest.mark.parametrize("domain", VOCABULARIES)
def test_the_row_that_is_named_fits_its_file(domain: str) -> None:
    vocabulary = VOCABULARIES[domain]
    header = next(csv.reader((PROJECT / vocabulary.file).open(encoding="utf-8")))
    assert len(vocabulary.row.split(",")) == len(header)
    assert vocabulary.file == f"vocabulary/{ACCEPTED[domain][0]}.csv"


def test_the_list_shows_texts_and_files(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    run(made.settings("before"), {})
    printed = capsys.readouterr().out
    for domain, text in TEXTS.items():
        assert landed(text).lower() in printed.lower(), domain
        assert VOCABULARIES[domain].file in printed
    run(made.settings("after"), {})
    assert "Every drug name and text is known" in capsys.readouterr().out


def test_texts_are_cut_and_harmless_on_a_terminal() -> None:
    assert shown("a\x1b[31mb\r\n\u202ec\u200b") == "a·[31mb···c·"
    assert shown("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    assert len(shown("长" * 1000)) == LONGEST_TEXT
    assert shown("长" * 1000).endswith("…")


def test_the_file_is_private_and_says_where_a_row_goes(made: Made, tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    run(made.settings("before"), {"OUT": str(tmp_path / "out")})
    path = tmp_path / "out" / FILE
    assert path.stat().st_mode & 0o777 == 0o600
    found = {row["text"]: row for row in csv.DictReader(path.open(encoding="utf-8-sig", newline=""))}
    assert found["SD+"]["nearest"] == "sd"
    assert found["SD+"]["vocabulary"] == "vocabulary/hospital_terms.csv"
    assert str(path) in capsys.readouterr().out.replace("\n", "")


def listed(texts: list[tuple[str, str, str, str, int]]) -> list[tuple[object, ...]]:
    """The model of unmapped values over these texts: domain, text, rows, nearest."""
    connection = duckdb.connect()
    columns = {"table_name": "varchar", "column_name": "varchar", "domain": "varchar", "raw_value": "varchar", "rows": "bigint"}
    create(connection, "conformed_unmapped", columns, texts)
    create(connection, "unmapped_drugs", {"drug_text": "varchar", "drug_code": "varchar", "rows": "bigint", "nearest": "varchar"}, [])
    create(connection, "conformed_drug_column", {"table_name": "varchar", "column_name": "varchar"}, [("medications", "drug_name")])
    build(connection, "unmapped_values")
    return connection.execute("select domain, raw_value, rows, nearest from unmapped_values order by rows desc, raw_value").fetchall()


def test_the_nearest_entry_is_of_the_column_s_own_domain() -> None:
    found = listed(
        [
            ("assessments", "response_text", "response", "Stable diseases", 9),
            ("medications", "status", "order_status", "complete", 8),
            ("assessments", "response_text", "response", "complete", 7),
            ("diagnoses", "histology_text", "histology", "adeno carcinoma", 6),
            ("specimens", "procedure_text", "procedure", "biopsie", 5),
            ("diagnoses", "stage_text", "stage", "stage V", 4),
            ("biomarkers", "result_text", "alk", "postive", 3),
            ("patients", "smoking_status", "smoking", "formerly", 2),
            ("clinical_patient", "gender", "gender", "femal", 1),
        ]
    )
    assert [nearest for *_, nearest in found] == [
        "stable disease",
        "completed",
        None,
        "adenocarcinoma",
        "biopsies",
        "stage iv",
        "positive",
        "former",
        None,
    ]


def test_only_the_most_frequent_of_a_column_are_compared() -> None:
    pages = [("biomarkers", "result_text", "alk", f"{number} " + "阳性可能 page " * 1000, 1000) for number in range(20)]
    others = [("assessments", "response_text", "response", f"stable disease {number:03d}", 300 - number) for number in range(250)]
    found = listed(pages + others)
    assert sum(nearest is not None for *_, nearest in found) == 200
    assert [nearest for domain, *_, nearest in found if domain == "alk"] == [None] * 20
    assert found[20][3] == "stable disease"


def test_texts_of_very_different_length_are_not_compared_letter_by_letter() -> None:
    """A page pasted into a field, beside thousands of terms, would take minutes."""
    similarity = read_values("{{ edit_similarity('text', \"'aaaa'\") }}", ["aaaa", "aaaaaaaa", "aaaaaaaaa", "aaa", "a"])
    assert similarity == {"aaaa": 1, "aaaaaaaa": 0.5, "aaaaaaaaa": 0, "aaa": 0.75, "a": 0}


@pytest.mark.parametrize(
    ("model", "table", "vocabulary", "row", "expected"),
    [
        ("hospital_procedure_texts", "specimens", "procedure_terms", ("尿液", "none"), {"尿液": (False, True), "尿液细胞学": (True, True)}),
        (
            "hospital_histology_texts",
            "diagnoses",
            "histology_terms",
            ("肺癌", "none", "1"),
            {"肺癌": (False, None, True), "肺癌 鳞癌": (False, "squamous", True)},
        ),
    ],
)
def test_a_text_can_be_known_to_say_nothing(
    model: str, table: str, vocabulary: str, row: tuple[str, ...], expected: dict[str, tuple[object, ...]]
) -> None:
    column = f"{vocabulary.removesuffix('_terms')}_text"
    connection = duckdb.connect()
    create(connection, f"hospital_{table}", {column: "varchar"}, [(text,) for text in expected])
    load_seed(connection, vocabulary)
    connection.execute(f"insert into {vocabulary} values ({', '.join('?' * len(row))})", row)
    build(connection, model)
    assert {text: tuple(rest) for text, *rest in connection.execute(f"select * from {model}").fetchall()} == expected


def test_the_rows_that_are_there_change_no_reading() -> None:
    """Texts of the contract mean the same without the rows that look them up as a whole."""
    with duckdb.connect() as connection:
        load_seed(connection, "result_terms")
        results = connection.execute("select marker, term, reads_as from result_terms").fetchall()
        load_seed(connection, "hospital_terms")
        stages = connection.execute("select term from hospital_terms where domain = 'stage'").fetchall()
    assert [row for row in results if row[1] != row[2]] == []
    names = {"alk": "ALK", "pd_l1": "PD-L1"}
    cases = [(names[marker], "", term) for marker, term, _ in results]
    for model, table, columns, written in (
        ("hospital_biomarker_texts", "biomarkers", BIOMARKER_COLUMNS, cases),
        ("hospital_stage_texts", "diagnoses", ("stage_text",), stages),
    ):
        assert read(model, table, columns, written, is_bare=False) == read(model, table, columns, written, is_bare=True)


def read(model: str, table: str, columns: tuple[str, ...], written: list[tuple[str, ...]], *, is_bare: bool) -> list[tuple[object, ...]]:
    """What a model of texts gives, with the vocabularies as they are or without the rows of whole texts."""
    connection = duckdb.connect()
    create(connection, f"hospital_{table}", dict.fromkeys(columns, "varchar"), written)
    load_seed(connection, "result_terms")
    load_seed(connection, "hospital_terms")
    if is_bare:
        connection.execute("delete from result_terms; delete from hospital_terms where domain = 'stage'")
    build(connection, model)
    found = connection.execute(f"select * from {model} order by all").fetchall()
    assert len(found) >= len({*written})
    return found
