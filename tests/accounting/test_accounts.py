"""Every delivered row is in one place, by table and by batch, also while the hospital mends what was set aside."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipeline.summary import PLACES, SHOWN_BATCHES, _batch_accounts
from tests.accounting.conftest import Made
from tests.derive import rows

O2 = "table_name = 'medications' and row_key = 'O2'"


def test_a_mended_row_leaves_the_quarantine_by_itself(made: Made) -> None:
    query = f"select batch_id, rule, column_name from engineer.quarantine where {O2}"
    assert rows(made.before, query) == [{"batch_id": "2023-01-15_full", "rule": "unreadable_date", "column_name": "started_on"}]
    assert rows(made.after, query) == []


def test_its_old_version_is_superseded(made: Made) -> None:
    query = f"select batch_id, outcome from engineer.row_lineage where {O2} order by batch_id"
    assert rows(made.before, query) == [{"batch_id": "2023-01-15_full", "outcome": "quarantined"}]
    assert rows(made.after, query) == [
        {"batch_id": "2023-01-15_full", "outcome": "superseded"},
        {"batch_id": "2023-02-15_delta", "outcome": "current"},
    ]


def test_the_batches_accounts_say_so(made: Made) -> None:
    query = (
        "select batch_id, raw_rows, current_rows, superseded_rows, quarantined_rows from published.batch_reconciliation "
        "where table_name = 'medications' order by batch_id"
    )
    assert [tuple(row.values()) for row in rows(made.before, query)] == [("2023-01-15_full", 3, 1, 0, 2)]
    assert [tuple(row.values()) for row in rows(made.after, query)] == [("2023-01-15_full", 3, 1, 1, 1), ("2023-02-15_delta", 1, 1, 0, 0)]


@pytest.mark.parametrize("state", ["before", "after"])
def test_accounts_are_exact(made: Made, state: str) -> None:
    """What the files hold is what the accounts begin with; each sums to its places, and batches sum to tables."""
    database: Path = getattr(made, state)
    files = rows(database, "select batch_id, table_name, rows from raw.batch_files")
    delivered = {(row["batch_id"], row["table_name"]): row["rows"] for row in files}
    by_batch = rows(database, "select * from published.batch_reconciliation")
    by_table = rows(database, "select * from published.reconciliation")
    for account in by_batch + by_table:
        assert account["raw_rows"] == sum(account[f"{place}_rows"] for place in PLACES[1:]), account
    assert {(row["batch_id"], row["table_name"]): row["raw_rows"] for row in by_batch if row["raw_rows"]} == delivered
    for account in by_table:
        for place in PLACES:
            of_batches = [row[f"{place}_rows"] for row in by_batch if row["table_name"] == account["table_name"]]
            assert sum(of_batches) == account[f"{place}_rows"]


def test_a_row_without_its_key_stays_listed(made: Made) -> None:
    query = "select count(*) as rows from engineer.quarantine where row_key is null"
    assert rows(made.before, query) == rows(made.after, query) == [{"rows": 1}]


@pytest.mark.parametrize("batches", [1, SHOWN_BATCHES, SHOWN_BATCHES + 1, SHOWN_BATCHES + 20])
def test_the_summary_stays_short_and_exact_with_many_batches(batches: int) -> None:
    names = [f"batch-{number:02d}" for number in range(batches)]
    with duckdb.connect() as connection:
        connection.execute("create schema published")
        counts = ", ".join(f"{name}_rows bigint" for name in PLACES)
        connection.execute(f"create table published.batch_reconciliation (batch_id varchar, table_name varchar, {counts})")
        for name in names:
            for table in ("labs", "patients"):
                connection.execute("insert into published.batch_reconciliation values (?, ?, 6, 1, 1, 1, 1, 2)", [name, table])
        table = _batch_accounts(connection, names)
    cells = [list(column.cells) for column in table.columns]
    assert table.row_count == min(batches, SHOWN_BATCHES + 1)
    assert cells[0][-1] == names[-1]
    assert sum(int(str(cell)) for cell in cells[1]) == 12 * batches
    assert sum(int(str(cell)) for cell in cells[-1]) == 4 * batches
    if batches > SHOWN_BATCHES:
        assert str(cells[0][0]).startswith(f"{batches - SHOWN_BATCHES} older batch")
