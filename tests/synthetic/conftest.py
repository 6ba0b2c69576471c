"""Demo exports for the tests: the bundled ones, and small ones whose derivation is quick."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from synthetic.generate import DEFAULT_PATIENTS, DEFAULT_SEED, Summary, generate

SMALL_PATIENTS = 400
SMALL_SEED = 7


@dataclass(frozen=True)
class Made:
    """Exports as made: where, and what the generator says of them."""

    out: Path
    summary: Summary


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The exports that `make` makes first."""
    out = tmp_path_factory.mktemp("bundled") / "exports"
    return Made(out, generate(out, DEFAULT_PATIENTS, DEFAULT_SEED))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Exports of a few hundred patients."""
    out = tmp_path_factory.mktemp("small") / "exports"
    return Made(out, generate(out, SMALL_PATIENTS, SMALL_SEED))
