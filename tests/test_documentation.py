"""What README.md and docs/ say can be done."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.paths import PROJECT

PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md")), *sorted(PROJECT.glob("synthetic/*.md"))]
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_exists(page: Path) -> None:
    named = set(re.findall(r"^\s*(?:\$ )?make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not link.startswith("http") and not (page.parent / link).exists()] == []


def test_every_target_is_in_the_help_and_the_readme() -> None:
    listed = set(re.findall(r"^## ([a-z-]+) ", MAKEFILE, re.MULTILINE))
    assert listed == TARGETS
    printed = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert len(printed.splitlines()) == len(TARGETS)
    (block,) = re.findall(
        r"^`make help` .*?^```\n(.*?)^```$", (PROJECT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert block.splitlines() == printed.splitlines()


def test_every_command_is_a_target() -> None:
    from pipeline.__main__ import COMMANDS

    assert {*COMMANDS, "dbt"} <= TARGETS


def test_an_unknown_argument_is_refused() -> None:
    run = subprocess.run([sys.executable, "-m", "pipeline", "refresh", "now"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "takes no arguments" in run.stderr


def test_the_synthetic_patients_are_said_to_be_synthetic() -> None:
    for page in (PROJECT / "README.md", PROJECT / "synthetic" / "README.md", PROJECT / "docs" / "demo_pfs.svg"):
        assert "synthetic" in page.read_text(encoding="utf-8").lower(), page.name
