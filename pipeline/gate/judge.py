"""Great Expectations on the work database, through SQL.

Every set of rows is a query asset, every check an expectation with its severity. What comes back are counts: the results of
map expectations are asked for without values, and the gate's own expectation reads one row of two numbers.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import great_expectations as gx
from duckdb_sqlalchemy import Dialect, DuckDBExecutionContext
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from pipeline.gate.checks import Check
from pipeline.gate.results import CheckResult, Status

DRIVER = "duckdb.buffered"
# no sample of the values: a map expectation then asks the database for none
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}
# errors that come before any row is read, so that their text can't hold a value
_HARMLESS = re.compile(r"\((?:_?duckdb\.)(?:Binder|Catalog|Parser)Exception\) ([^\n]*)")


class _BufferedContext(DuckDBExecutionContext):
    """Rows are fetched while the statement runs: Great Expectations gives the connection back before it reads them."""

    def post_exec(self) -> None:
        super().post_exec()
        description = self.cursor.description
        if description:
            rows = self.cursor.fetchall()
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor, description, rows)


class BufferedDialect(Dialect):
    """DuckDB as Great Expectations needs it."""

    execution_ctx_cls = _BufferedContext
    supports_statement_cache = True


registry.register(DRIVER, __name__, BufferedDialect.__name__)


class ExpectFewFailingRows(UnexpectedRowsExpectation):
    """The query gives one row, ``failing`` and ``total``; no more than ``most_rows``, or ``most_share`` of the total, may fail."""

    most_rows: int = 0
    most_share: float | None = None

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.table",)
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "most_rows", "most_share")

    def _validate(self, metrics: dict, runtime_configuration: dict | None = None, execution_engine: Any = None) -> dict:
        (counts,) = metrics["unexpected_rows_query.table"]
        most = self.most_rows if self.most_share is None else self.most_share * counts["total"]
        return {"success": counts["failing"] <= most, "result": {"observed_value": counts["failing"], "details": counts}}


def judge(database: Path, checks: Sequence[Check], advance: Callable[[], None] | None = None) -> tuple[CheckResult, ...]:
    """The result of every check, in their order; the database is opened for reading and closed again.

    ``advance`` is called once a check.
    """
    results: dict[str, CheckResult] = {}
    with _silence(), _source(database) as source:
        ordered = sorted(checks, key=lambda check: check.source)
        for number, (rows, group) in enumerate(groupby(ordered, key=lambda check: check.source)):
            for result in _judge_rows(source, f"rows_{number}", rows, list(group)):
                results[result.id] = result
                if advance:
                    advance()
    return tuple(results[check.id] for check in checks)


def _judge_rows(source: Any, name: str, rows: str, checks: Sequence[Check]) -> list[CheckResult]:
    """The results of the checks of one set of rows."""
    try:
        batch = source.add_query_asset(name, query=rows).add_batch_definition_whole_table(name).get_batch()
        suite = gx.ExpectationSuite(name=name, expectations=[_expectation(check) for check in checks])
        outcomes = {outcome.expectation_config.meta["id"]: outcome for outcome in batch.validate(suite, result_format=COUNTS_ONLY).results}
    except Exception as error:  # whatever goes wrong in a check is a result of that check
        return [_result(check, "error", detail=_explained(str(error))) for check in checks]
    return [_read(check, outcomes[check.id]) for check in checks]


def _expectation(check: Check) -> dict[str, Any]:
    """The check as a suite of Great Expectations holds it."""
    if check.expectation is not None:
        kind, kwargs = check.expectation, dict(check.kwargs)
        if check.threshold.share is not None:
            kwargs["mostly"] = round(1 - check.threshold.share, 9)
    else:
        kind = "expect_few_failing_rows"
        # Great Expectations fills in {batch}; every other brace is SQL's own
        query = check.counts("\0").replace("{", "{{").replace("}", "}}").replace("\0", "{batch}")
        kwargs = {"unexpected_rows_query": query, "most_rows": check.threshold.rows, "most_share": check.threshold.share}
    return {"type": kind, "kwargs": kwargs, "severity": check.severity, "meta": {"id": check.id}}


def _read(check: Check, outcome: Any) -> CheckResult:
    error = _exception(outcome.exception_info)
    if error is not None:
        return _result(check, "error", detail=_explained(error))
    failing, total = _counts(outcome.result, outcome.success)
    if total == 0:
        needed = " and ".join(name for name in (check.requires, check.criterion) if name)
        return _result(check, "not applicable", failing, total, f"no rows, or the source can't say {needed}" if needed else "no rows")
    return _result(check, "passed" if outcome.success else "failed", failing, total)


def _counts(result: Mapping[str, Any], success: bool) -> tuple[int, int]:
    """Failing rows and all rows; a table as a whole is one row."""
    if "details" in result:
        return int(result["details"]["failing"]), int(result["details"]["total"])
    if "unexpected_count" in result:
        return int(result["unexpected_count"]), int(result["element_count"]) - int(result.get("missing_count") or 0)
    return int(not success), 1


def _exception(info: Mapping[str, Any] | None) -> str | None:
    """The message of the exception that a check raised, wherever Great Expectations put it."""
    candidates = [info or {}, *(entry for entry in (info or {}).values() if isinstance(entry, dict))]
    raised = [entry for entry in candidates if entry.get("raised_exception")]
    return str(raised[0].get("exception_message")) if raised else None


def _explained(message: str) -> str:
    """What may be told of an error: texts that could quote a row are withheld."""
    harmless = _HARMLESS.search(message)
    return harmless[1] if harmless else "its SQL raised an error while it read the rows; its text is withheld, it may quote a value"


def _result(check: Check, status: Status, failing: int | None = None, total: int | None = None, detail: str = "") -> CheckResult:
    return CheckResult(
        id=check.id,
        title=check.title,
        severity=check.severity,
        category=check.category,
        layer=check.layer,
        status=status,
        failing=failing,
        total=total,
        threshold=str(check.threshold),
        reason=check.reason,
        detail=detail,
    )


@contextmanager
def _source(database: Path) -> Iterator[Any]:
    """The work database as a data source, for reading; it is closed afterwards, so that others can open it."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    url = URL.create(DRIVER.replace(".", "+"), database=str(database), query={"access_mode": "read_only"})
    source = context.data_sources.add_sql("work", connection_string=url.render_as_string(), create_temp_table=False)
    try:
        yield source
    finally:
        engine = source.get_execution_engine()
        engine.close()
        engine.engine.dispose()


@contextmanager
def _silence() -> Iterator[None]:
    """Great Expectations logs what a check raises, values and all."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
