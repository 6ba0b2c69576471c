"""The made-up study folder, taken through the whole derivation once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.derive import derive

STUDY = Path(__file__).parent / "study"


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work database of the made-up study."""
    return derive(STUDY, tmp_path_factory.mktemp("cbioportal"), source="cbioportal")
