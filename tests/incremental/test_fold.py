"""What was derived for touched patients takes the place of what was there."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline import transform
from pipeline.derive.fold import check_keys, fold, folded_tables, grains
from pipeline.errors import GateFailed
from pipeline.paths import Warehouse
from pipeline.protocol import load

KEYS = {"clinical.eras": ("era_id",), "staging.stg_labs": ("_batch_id", "_line")}


@pytest.fixture
def work() -> Iterator[duckdb.DuckDBPyConnection]:
    """Patients a and b; a is touched, and has another era and another outcome of its row now."""
    with duckdb.connect() as connection:
        connection.execute(
            "attach ':memory:' as small; create schema small.touched; create table small.touched.patients as select 'a' as patient_id"
        )
        for catalog in ("memory", "small"):
            connection.execute(f"create schema {catalog}.staging; create schema {catalog}.clinical; create schema {catalog}.published")
            connection.execute(
                f"create table {catalog}.staging.stg_labs "
                "(_batch_id varchar, _file varchar, _line bigint, outcome varchar, patient_id varchar)"
            )
            connection.execute(f"create table {catalog}.clinical.eras (era_id varchar, patient_id varchar)")
            connection.execute(f"create table {catalog}.clinical.drug_texts (drug_text varchar)")
            connection.execute(f"create table {catalog}.published.cohort (patient_id varchar)")
        connection.execute("insert into staging.stg_labs values ('1', 'labs.csv', 2, 'current', 'a'), ('1', 'labs.csv', 3, 'current', 'b')")
        connection.execute(
            "insert into small.staging.stg_labs values ('1', 'labs.csv', 2, 'superseded', 'a'), ('2', 'labs.csv', 2, 'current', 'a')"
        )
        connection.execute("insert into clinical.eras values ('old', 'a'), ('of b', 'b')")
        connection.execute("insert into small.clinical.eras values ('new', 'a'), ('of another', 'c')")
        yield connection


def test_tables_of_patients_and_rows_are_folded_and_no_others(work: duckdb.DuckDBPyConnection) -> None:
    assert folded_tables(work) == {"clinical.eras": ("patient_id",), "staging.stg_labs": ("_batch_id", "_line")}


def test_rows_of_touched_patients_are_replaced(work: duckdb.DuckDBPyConnection) -> None:
    fold(work, "small", folded_tables(work).items())
    assert work.execute("from clinical.eras order by all").fetchall() == [("new", "a"), ("of b", "b")]
    assert work.execute("select _batch_id, _line, outcome, patient_id from staging.stg_labs order by all").fetchall() == [
        ("1", 2, "superseded", "a"),
        ("1", 3, "current", "b"),
        ("2", 2, "current", "a"),
    ]
    check_keys(work, "small", folded_tables(work), KEYS)


def test_a_key_that_another_patient_bears_is_refused(work: duckdb.DuckDBPyConnection) -> None:
    work.execute("update small.clinical.eras set era_id = 'of b' where patient_id = 'a'")
    fold(work, "small", folded_tables(work).items())
    with pytest.raises(GateFailed, match=r"clinical\.eras"):
        check_keys(work, "small", folded_tables(work), KEYS)


@pytest.mark.parametrize("era_id", ["'new'", "null"])
def test_a_key_that_stands_twice_or_is_missing_is_refused(era_id: str, work: duckdb.DuckDBPyConnection) -> None:
    work.execute(f"insert into small.clinical.eras values ({era_id}, 'a')")
    fold(work, "small", folded_tables(work).items())
    with pytest.raises(GateFailed, match=r"clinical\.eras"):
        check_keys(work, "small", folded_tables(work), KEYS)


def test_a_row_that_was_staged_twice_is_refused(work: duckdb.DuckDBPyConnection) -> None:
    work.execute("insert into small.staging.stg_labs from small.staging.stg_labs")
    fold(work, "small", folded_tables(work).items())
    with pytest.raises(GateFailed, match=r"staging\.stg_labs"):
        check_keys(work, "small", folded_tables(work), KEYS)


def test_every_folded_table_states_its_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    manifest = transform.parse(Warehouse(tmp_path_factory.mktemp("parsed")), load(), "hospital", 1)
    found = grains(manifest)
    assert found["staging.stg_hospital__labs"] == ("_batch_id", "_line")
    assert found["clinical.drug_exposures"] == ("order_id", "ingredient")
    models = {f"{node.schema}.{node.name}" for node in manifest.nodes.values() if node.resource_type == "model"}
    without = {model for model in models - set(found) if model.startswith(("staging.", "clinical."))}
    assert without == {"staging.conformed_coverage", "staging.conformed_lineage", "staging.hospital_merge_cycles"}  # built over the whole
