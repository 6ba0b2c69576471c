"""A refresh that derives only what new batches touch gives what a derivation of everything gives, table by table and row by row."""

from __future__ import annotations

from pathlib import Path
from random import Random

import duckdb
import pytest

from pipeline import landing
from pipeline.derive import derivation
from pipeline.paths import Warehouse
from pipeline.progress import Step
from pipeline.protocol import load
from pipeline.settings import Settings
from tests.derive import SALT
from tests.generative.random_exports import write_exports
from tests.incremental.edits import read_hospital, write_batch

STEPS = 3


def refresh(exports: Path, folder: Path, *, is_full: bool = False) -> str:
    """Land and derive; gives in words what was derived."""
    warehouse = Warehouse(folder)
    warehouse.work.mkdir(parents=True, exist_ok=True)
    settings = Settings(exports=exports, warehouse=folder, pseudonym_salt=SALT, full=is_full)
    landed = landing.land(settings)
    protocol = load()
    basis = derivation.Basis("code", protocol.sha256, "hospital", SALT)
    return derivation.derive(settings, protocol, warehouse, landed, basis, Step("derive", None)).conclusion


def differences(one: Path, other: Path) -> list[str]:
    """Tables and views of two work databases that differ, and by how many rows."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        query = """select schema_name || '.' || table_name from duckdb_tables()
            where database_name = ? and schema_name in ('staging', 'clinical', 'cohort', 'published', 'engineer') order by all"""
        tables = {name: [row[0] for row in connection.execute(query, [name]).fetchall()] for name in ("one", "other")}
        found = [f"{table}: only in one" for table in set(tables["one"]) ^ set(tables["other"])]
        for table in tables["one"]:
            more, fewer = (
                connection.execute(f"select count(*) from (from {here}.{table} except all from {there}.{table})").fetchall()[0][0]
                for here, there in (("one", "other"), ("other", "one"))
            )
            if more or fewer:
                found.append(f"{table}: {more} rows more, {fewer} fewer")
        assert len(tables["one"]) > 80
        return found


@pytest.mark.parametrize("seed", [1])
def test_every_step_equals_a_rebuild(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "LARGEST_SHARE", 1.0)
    walk(tmp_path, seed, STEPS)


def walk(folder: Path, seed: int, steps: int, patients: int = 150) -> list[str]:
    """Random batches in a random order of arrival, each step compared with a rebuild from nothing; gives what each step derived."""
    rng = Random(seed)
    write_exports(folder / "exports", seed, patients, 2)
    said = [refresh(folder / "exports", folder / "grown")]
    hospital = read_hospital(Warehouse(folder / "grown").database, seed)
    for number in range(steps):
        write_batch(hospital, folder / "exports", number, is_full=rng.random() < 0.1)
        said.append(refresh(folder / "exports", folder / "grown"))
        refresh(folder / "exports", folder / f"rebuilt-{number}", is_full=True)
        found = differences(Warehouse(folder / "grown").database, Warehouse(folder / f"rebuilt-{number}").database)
        assert found == [], f"step {number}: {said[-1]}"
    return said
