"""What every test shares."""

from __future__ import annotations

from hypothesis import settings

# The marker `fault` in any folder: its table at the end of the run; and whether the page was tested in a browser.
pytest_plugins = ["tests.faults.table", "tests.report.browser"]

# The same examples on every run, and no clock: a busy machine fails no test.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")
