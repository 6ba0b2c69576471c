"""Made-up exports to land: a builder of batches, and what a landed warehouse holds."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipeline.landing import Landed, land, read_source, register_raw, store
from pipeline.settings import Settings

# A patient's value in every bad row: no message may hold it.
CANARY = "CANARY张三42"

FULL_TABLES: Mapping[str, str] = {
    "patients.csv": "patient_id,sex,birth_date\nP1,F,1960-01-02\nP2,M,1955-05-06\n",
    "diagnoses.csv": "diagnosis_id,patient_id,diagnosed_on,icd10_code\nD1,P1,2020-01-02,C34.1\n",
    "medications.csv": "order_id,patient_id,drug_name,started_on\nO1,P1,crizotinib,2020-02-03\n",
    "biomarkers.csv": "test_id,patient_id,reported_on,test_name,result_text\nT1,P1,2020-01-10,ALK IHC,positive\n",
    "assessments.csv": "assessment_id,patient_id,assessed_on,response_text\nA1,P1,2021-01-10,PD\n",
}


@dataclass(frozen=True)
class Exports:
    """A folder of exports in the making."""

    folder: Path

    def batch(
        self,
        name: str,
        contents: Mapping[str, str | bytes],
        *,
        mode: str = "full",
        exported_at: str = "2023-01-15T02:00:00+08:00",
        has_head: bool = True,
        **head: object,
    ) -> Path:
        """Writes a batch folder with files of ``contents`` and, if ``has_head``, a batch.json that says ``head`` too."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        for file, content in contents.items():
            (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        if has_head:
            said = {"batch_id": name, "exported_at": exported_at, "mode": mode, "data": "synthetic"} | head
            (folder / "batch.json").write_text(json.dumps(said), encoding="utf-8")
        return folder

    def full(self, changed: Mapping[str, str | bytes] | None = None, name: str = "first", **head: object) -> Path:
        """A full batch of the required tables, with files of ``changed`` added or put in their place."""
        return self.batch(name, {**FULL_TABLES, **(changed or {})}, **head)


def load_landed(settings: Settings) -> Landed:
    """What the warehouse holds, without a look at the exports."""
    return Landed(read_source(settings), store.read_batches(settings))


def landed_rows(settings: Settings, landed: Landed, relation: str) -> list[dict[str, object]]:
    """The rows of ``raw.<relation>`` after registering what has landed."""
    with duckdb.connect(settings.work / "work.duckdb") as connection:
        register_raw(connection, settings, landed)
        cursor = connection.execute(f"select * from raw.{relation} order by all")
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return sorted(found, key=lambda row: (row["_batch_id"], row["_line"])) if "_line" in names else found


def landed_bytes(settings: Settings) -> dict[str, bytes]:
    """Everything that has landed, file by file."""
    return {str(path.relative_to(settings.raw)): path.read_bytes() for path in settings.raw.rglob("*") if path.is_file()}


def assert_a_sound_batch_goes_in(settings: Settings, name: str = "first") -> None:
    """Whether a mended export lands in this warehouse, tried in a copy of it."""
    with tempfile.TemporaryDirectory() as folder:
        mended = replace(settings, exports=Path(folder) / "exports", warehouse=Path(folder) / "warehouse")
        shutil.copytree(settings.work, mended.work)
        Exports(Path(folder) / "exports").full(name=name)
        landed = land(mended)
    assert (*landed.new, *landed.known) == (name,)


def landed_folders(settings: Settings) -> list[str]:
    """Everything below work/raw, hidden left-overs included."""
    return sorted(entry.name for entry in settings.raw.iterdir()) if settings.raw.is_dir() else []
