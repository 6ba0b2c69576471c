"""The generator keeps what it promises, and the comparison sees what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.generative.compare import KEYS, compare, same
from tests.generative.random_exports import write_exports
from tests.oracle import CRITERIA, DEFAULTS, QUARANTINE_RULES, apply_protocol, read_exports
from tests.oracle.drugs import read_vocabulary

SALT = "public"
# Reached by few patients of a small export.
RARE = {"highest_published_age"}
# Not thresholds.
OTHER = {"days_per_month", "data_cut_off"}


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict]:
    """The oracle's reading of random exports with every kind of edge, by protocol parameters."""
    target = tmp_path_factory.mktemp("exports")
    write_exports(target, seed=5, patients=400, batches=3)
    batches, settled = read_exports(target)
    vocabulary = read_vocabulary()
    return lambda **parameters: apply_protocol(batches, settled, SALT, vocabulary, parameters)


@pytest.fixture(scope="module")
def result(reading: Callable[..., dict]) -> dict:
    """The reading with the protocol's own parameters."""
    return reading()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    def bytes_of(name: str) -> list[tuple[str, bytes]]:
        write_exports(tmp_path / name, seed=3, patients=10, batches=3)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        return [(str(path.relative_to(tmp_path / name)), path.read_bytes()) for path in files]

    assert bytes_of("one") == bytes_of("two")


def test_patients_reach_the_cohort_and_every_criterion_and_rule(result: dict) -> None:
    assert len(result["cohort"]) >= result["attrition"][0]["patients_left"] / 4
    assert {row["criterion"] for row in result["attrition"] if row.get("patients_excluded")} == set(CRITERIA)
    assert {row["rule"] for row in result["quarantine"]} == QUARANTINE_RULES
    places = Counter(name for row in result["reconciliation"] for name in row if name != "table_name" and row[name])
    assert len(places) == 6


@pytest.mark.parametrize("parameter", sorted(DEFAULTS.keys() - RARE - OTHER))
def test_every_threshold_is_felt(reading: Callable[..., dict], result: dict, parameter: str) -> None:
    """A threshold moved by one, in one direction at least, changes a published row."""
    value = DEFAULTS[parameter]
    step = timedelta(days=1) if isinstance(value, date) else 1
    moved = (reading(**{parameter: other}) for other in (value - step, value + step))
    assert any(other[view] != result[view] for other in moved for view in ("cohort", "eligibility", "lines_of_therapy"))


def _type(rows: list[dict], name: str) -> str:
    kinds = {type(row.get(name)) for row in rows} - {type(None)}
    return {bool: "boolean", int: "bigint", float: "double"}.get(kinds.pop(), "varchar") if kinds else "varchar"


def _publish(result: dict, path: Path) -> None:
    """The oracle's own result as a warehouse file."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema published")
        for view in KEYS:
            rows = result[view]
            names = list(rows[-1])
            types = ", ".join(f'"{name}" {_type(rows, name)}' for name in names)
            connection.execute(f"create table published.{view} ({types})")
            marks = ", ".join("?" for _ in names)
            connection.executemany(f"insert into published.{view} values ({marks})", [[row.get(name) for name in names] for row in rows])


def test_the_comparison_sees_every_difference(tmp_path: Path) -> None:
    write_exports(tmp_path / "exports", seed=5, patients=60, batches=2)
    result = apply_protocol(*read_exports(tmp_path / "exports"), SALT)
    path = tmp_path / "cohort.duckdb"
    _publish(result, path)
    assert compare(result, path) == []
    key = result["cohort"][0]["patient_key"]
    with duckdb.connect(str(path)) as connection:
        connection.execute("update published.cohort set pfs_days = pfs_days + 1 where patient_key = ?", [key])
        connection.execute("delete from published.attrition where step = 10")
    differences = compare(result, path)
    assert [(one.view, one.key, one.column) for one in differences] == [("cohort", (key,), "pfs_days"), ("attrition", (10,), "(row)")]


def test_values_are_compared_exactly() -> None:
    assert same(0.1 + 0.2, 0.3)
    assert not same(1.0, 1.00001)
    assert not same(None, 0)
    assert not same(True, 1)
    assert same(None, None)
