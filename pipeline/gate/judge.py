"""Great Expectations on the work database, through SQL.

Every set of rows is a query asset, every check an expectation with its severity. What comes back are counts: the results of
map expectations are asked for without values, and the gate's own expectation reads one row of two numbers.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import great_expectations as gx
from duckdb_sqlalchemy import ConnectionWrapper, Dialect, DuckDBExecutionContext
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.sql_datasource import QueryAsset, SQLDatasource
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from pipeline import shortage, stop
from pipeline.database import connect
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
        return {"success": counts["failing"] <= most + 1e-9, "result": {"observed_value": counts["failing"], "details": counts}}


def judge(
    database: Path, checks: Sequence[Check], advance: Callable[[], None] | None = None, key: str | None = None
) -> tuple[CheckResult, ...]:
    """The result of every check, in their order; the database is opened for reading and closed again.

    ``advance`` is called once a check; ``key`` is the warehouse's.
    """
    results: dict[str, CheckResult] = {}
    ordered = sorted(checks, key=lambda check: check.source)
    groups = {rows: list(group) for rows, group in groupby(ordered, key=lambda check: check.source)}
    with _silence(), _assets(database, key, list(groups)) as assets:
        for asset, group in zip(assets, groups.values(), strict=True):
            for result in _judge_rows(asset, group):
                results[result.id] = result
                if advance:
                    advance()
    return tuple(results[check.id] for check in checks)


def _judge_rows(asset: Any, checks: Sequence[Check]) -> list[CheckResult]:
    """The results of the checks of one set of rows."""
    try:
        batch = asset.get_batch(asset.build_batch_request())
        suite = gx.ExpectationSuite(name=asset.name, expectations=[_expectation(check) for check in checks])
        outcomes = {outcome.expectation_config.meta["id"]: outcome for outcome in batch.validate(suite, result_format=COUNTS_ONLY).results}
    except Exception as error:  # whatever goes wrong in a check is a result of that check, unless it isn't about the check
        stop.check()
        _raise_if_short(shortage.of_error(error))
        return [_result(check, "error", detail=_explained(str(error))) for check in checks]
    return [_read(check, outcomes.get(check.id)) for check in checks]


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


def _read(check: Check, outcome: Any | None) -> CheckResult:
    if outcome is None:
        return _result(check, "error", detail=f"Great Expectations gives no result for {check.expectation}; is there such a type?")
    error = _exception(outcome.exception_info)
    if error is not None:
        _raise_if_short(shortage.of_text(error))
        return _result(check, "error", detail=_explained(error))
    failing, total = _counts(outcome.result, outcome.success)
    if total == 0:
        needed = check.requires or check.criterion
        detail = f"no rows, or the source can't assess {needed}" if needed else "no rows"
        return _result(check, "not applicable", failing, total, detail)
    return _result(check, "passed" if outcome.success else "failed", failing, total)


def _counts(result: Mapping[str, Any], success: bool) -> tuple[int, int]:
    """Failing rows and all rows; a table as a whole is one row."""
    own = result.get("details") or {}
    if "failing" in own:
        return int(own["failing"]), int(own["total"])
    if "unexpected_count" in result:
        # None where there is no row at all
        return result["unexpected_count"] or 0, result["element_count"] - (result.get("missing_count") or 0)
    # a median of nothing
    if "observed_value" in result and result["observed_value"] is None:
        return 0, 0
    return int(not success), 1


def _exception(info: Mapping[str, Any] | None) -> str | None:
    """The message of the exception that a check raised, wherever Great Expectations put it."""
    candidates = [info or {}, *(entry for entry in (info or {}).values() if isinstance(entry, dict))]
    raised = [entry for entry in candidates if entry.get("raised_exception")]
    return str(raised[0].get("exception_message")) if raised else None


def _raise_if_short(lacking: shortage.Shortage | None) -> None:
    """A machine without memory or disk says nothing of the data."""
    if lacking:
        raise shortage.error_of(lacking, "while the quality gate read the work database")


def _explained(message: str) -> str:
    """What may be told of an error: texts that could quote a row are withheld."""
    harmless = _HARMLESS.search(message)
    return harmless[1] if harmless else "it raised an error whose text is withheld, for it may quote a value"


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
def _assets(database: Path, key: str | None, queries: Sequence[str]) -> Generator[Sequence[Any]]:
    """The queries on the work database as data assets; it is opened for reading, and closed so that others can open it."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    url = URL.create(DRIVER.replace(".", "+"), database=str(database), query={"access_mode": "read_only"})
    # all assets at once: with each one that is added later the whole context is written down again
    assets = [QueryAsset(name=f"rows_{number}", query=query) for number, query in enumerate(queries)]
    # Great Expectations knows neither the key nor how to use it
    how = {"creator": lambda: ConnectionWrapper(connect(database, key, read_only=True))} if key else {}
    work = SQLDatasource(name="work", connection_string=url.render_as_string(), create_temp_table=False, assets=assets, kwargs=how)
    source = context.data_sources.add_sql(work)
    try:
        yield source.assets
    finally:
        # Great Expectations tries the connection with one engine and queries with another
        source.get_engine().dispose()
        source.get_execution_engine().close()


@contextmanager
def _silence() -> Generator[None]:
    """Great Expectations logs what a check raises, values and all, by loggers with levels of their own."""
    logger = logging.getLogger("great_expectations")
    nowhere, propagate = logging.NullHandler(), logger.propagate
    logger.addHandler(nowhere)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.propagate = propagate
        logger.removeHandler(nowhere)
