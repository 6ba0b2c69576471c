"""The quality gate's checks as the page tells them."""

from __future__ import annotations

from analysis import words
from analysis.context import ReportContext
from analysis.study.reading import Row

STATUSES = {"passed": "passed", "failed": "failed", "error": "could not run", "not applicable": "not applicable"}


def gate_counts(context: ReportContext) -> str:
    """`98 checks: 90 passed, 3 failed, 5 not applicable`; empty where nothing of the gate is at hand."""
    statuses = [check["status"] for check in context.gate_summary]
    counts = {status: statuses.count(status) for status in STATUSES}
    if not statuses:
        counts = {status: context.gate_counts.get(status.replace(" ", "_"), 0) for status in STATUSES}
    total = sum(counts.values())
    parts = ", ".join(f"{count} {STATUSES[status]}" for status, count in counts.items() if count)
    return f"{words.counted(total, 'check')}: {parts}" if total else ""


def gate_findings(context: ReportContext) -> list[Row]:
    """The checks that failed or could not run, with how many rows failed and why the check is made."""
    return [
        {
            "title": check.get("title") or check["id"],
            "severity": check.get("severity", ""),
            "found": words.failing_rows(check.get("failing"), check.get("total")) or check.get("detail", ""),
            "reason": check.get("reason", ""),
        }
        for check in context.gate_summary
        if check["status"] in ("failed", "error")
    ]


def gate_without(context: ReportContext) -> list[Row]:
    """The checks that did not apply, with what the source lacks for them."""
    return [
        {"title": check.get("title") or check["id"], "why": check.get("detail") or "the source has nothing that it could check"}
        for check in context.gate_summary
        if check["status"] == "not applicable"
    ]
