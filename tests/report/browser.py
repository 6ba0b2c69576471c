"""A Chromium for the tests of the page, where the machine has one, and a plain word at the end of the run where it has none.

This module is a plugin of pytest, loaded by tests/conftest.py.
"""

from __future__ import annotations

import shutil

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_BROWSER = "no Chromium on this machine"


def program() -> str | None:
    """The first Chromium on the path, or None."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line where the browser tests did not run."""
    skipped = [report for report in terminalreporter.getreports("skipped") if NO_BROWSER in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(
            f"The report was not tested in a browser: {NO_BROWSER} ({' or '.join(PROGRAMS)}); {len(skipped)} tests skipped", yellow=True
        )
