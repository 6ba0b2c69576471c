"""What the gate found: a result a check, in counts only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import GateFailed, Problem

Severity = Literal["critical", "warning", "info"]
Status = Literal["error", "failed", "passed", "not applicable"]


@dataclass(frozen=True)
class CheckResult:
    """One check and what became of it.

    ``failing`` of ``total`` rows failed (both None after an error); ``threshold`` is how many may, in words; ``detail``
    says why a check could not run or does not apply.
    """

    id: str
    title: str
    severity: Severity
    category: str
    layer: str
    status: Status
    failing: int | None
    total: int | None
    threshold: str
    reason: str
    detail: str = ""

    @property
    def is_critical_failure(self) -> bool:
        """Whether it forbids a release; a check that can't run proves nothing, so that it does too."""
        return self.status == "error" or (self.status == "failed" and self.severity == "critical")

    @property
    def share(self) -> float | None:
        """The failing share of the rows, from 0 to 1."""
        return self.failing / self.total if self.failing is not None and self.total else None

    @property
    def finding(self) -> str:
        """The outcome in words, for example ``3 of 1,200 rows fail, allowed: 0``."""
        if self.status == "error":
            return f"could not run: {self.detail}"
        return f"{self.failing:,} of {self.total:,} rows fail, allowed: {self.threshold}"


@dataclass(frozen=True)
class GateResult:
    """The results of all checks, in the order of their files."""

    checks: tuple[CheckResult, ...]

    @property
    def critical_failures(self) -> tuple[CheckResult, ...]:
        """The checks that forbid a release."""
        return tuple(check for check in self.checks if check.is_critical_failure)

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """Failed warnings: shown, and published."""
        return self._failed("warning")

    @property
    def notes(self) -> tuple[CheckResult, ...]:
        """Failed checks of severity info: what a reader of the results should know."""
        return self._failed("info")

    @property
    def counts(self) -> dict[str, int]:
        """The number of checks, by status and by what a failure means; every check has one status."""
        statuses = [check.status for check in self.checks]
        return {
            "checks": len(statuses),
            "passed": statuses.count("passed"),
            "failed": statuses.count("failed"),
            "not_applicable": statuses.count("not applicable"),
            "error": statuses.count("error"),
            "critical_failures": len(self.critical_failures),
            "warnings": len(self.warnings),
            "notes": len(self.notes),
        }

    @property
    def summary(self) -> str:
        """One line, for example ``98 checks: 90 passed, 2 warnings, 1 note, 5 not applicable``."""
        counts = self.counts
        parts = [f"{counts['passed']} passed"]
        parts += [_counted(counts[key], word) for key, word in _WORDS if counts[key]]
        if counts["not_applicable"]:
            parts.append(f"{counts['not_applicable']} not applicable")
        return f"{counts['checks']} checks: {', '.join(parts)}"

    def as_dicts(self) -> list[dict[str, Any]]:
        """Every result as JSON can hold it."""
        return [asdict(check) for check in self.checks]

    def raise_if_critical(self, page: Path) -> None:
        """Raise GateFailed that names the critical failures and the ``page`` that shows them."""
        failures = self.critical_failures
        if failures:
            raise GateFailed(
                f"the quality gate refuses a release: {_counted(len(failures), 'critical check')} failed",
                where=str(page),
                problems=[Problem(f"{check.id}: {check.title}; {check.finding}") for check in failures],
                todo="read the page; `current` is as it was and nothing was published",
            )

    def _failed(self, severity: Severity) -> tuple[CheckResult, ...]:
        return tuple(check for check in self.checks if check.status == "failed" and check.severity == severity)


_WORDS = (("critical_failures", "critical failure"), ("warnings", "warning"), ("notes", "note"))


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
