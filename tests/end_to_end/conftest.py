"""The demo, made and refreshed once by the command that a newcomer runs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.paths import PROJECT, Warehouse


@dataclass(frozen=True)
class Run:
    """What a command printed and how it ended."""

    code: int
    output: str
    errors: str


@dataclass(frozen=True)
class Demo:
    """The demo exports, a warehouse that was refreshed from them, and what the refresh printed."""

    exports: Path
    warehouse: Warehouse
    run: Run


def pipeline(*arguments: str, **settings: object) -> Run:
    """``python -m pipeline`` with nothing in its environment but these settings."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= {name: str(value) for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The bundled demo exports, made anew, and a first refresh."""
    folder = tmp_path_factory.mktemp("demo")
    made = pipeline("demo-exports", OUT=folder / "exports")
    assert made.code == 0, made.errors
    run = pipeline("refresh", EXPORTS=folder / "exports", WAREHOUSE=folder / "warehouse")
    assert run.code == 0, run.errors
    return Demo(folder / "exports", Warehouse(folder / "warehouse"), run)
