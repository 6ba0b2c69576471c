"""The trace of a source without merges, calendar and tables of the hospital's names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.settings import Settings
from pipeline.trace import run
from pipeline.trace.page import WIDTH
from tests.derive import rows


def test_every_patient_can_be_traced(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(warehouse=database.parent.parent, source="cbioportal")
    found = rows(database, "select patient_key, excluded_by from published.eligibility order by patient_key")
    assert found
    texts = {}
    for row in found:
        run(settings, {"PATIENT": str(row["patient_key"])})
        texts[row["patient_key"]] = text = capsys.readouterr().out
        reason = row["excluded_by"]
        assert (f"Criteria: excluded by {reason}\n" if reason else "Criteria: none fails\n") in text
        assert max(map(len, text.splitlines())) <= WIDTH
        assert "index_in_window          not assessable: calendar_dates" in text
        assert not re.search(r"in (19|20)\d\d", text)
        # every kind of fact has its rows, under the study's own tables
        assert " ?" not in text
