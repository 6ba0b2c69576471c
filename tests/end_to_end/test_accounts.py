"""The release says where every delivered row ended, by table and by batch, and so does the summary."""

from __future__ import annotations

import re

from pipeline.release import current
from pipeline.summary import PLACES
from tests.end_to_end.conftest import Demo


def test_the_release_accounts_for_every_delivered_row(demo: Demo) -> None:
    facts = current(demo.warehouse).facts
    by_batch, by_table = facts["batch_reconciliation"], facts["reconciliation"]
    delivered = {(batch["batch_id"], file["table"]): file["rows"] for batch in facts["batches"] for file in batch["files"]}
    assert {(row["batch_id"], row["table_name"]): row["raw_rows"] for row in by_batch if row["raw_rows"]} == delivered
    for row in by_batch + by_table:
        assert row["raw_rows"] == sum(row[f"{place}_rows"] for place in PLACES[1:]), row
    for row in by_table:
        of_batches = [batch for batch in by_batch if batch["table_name"] == row["table_name"]]
        assert all(sum(batch[f"{place}_rows"] for batch in of_batches) == row[f"{place}_rows"] for place in PLACES), row


def test_the_summary_has_a_line_a_batch(demo: Demo) -> None:
    facts = current(demo.warehouse).facts
    for batch in facts["batches"]:
        of_batch = [row for row in facts["batch_reconciliation"] if row["batch_id"] == batch["batch_id"]]
        counts = " +".join(f"{sum(row[f'{place}_rows'] for row in of_batch):,}" for place in PLACES)
        assert re.search(rf"^{re.escape(batch['batch_id'])} +{counts} *$", demo.run.output, re.MULTILINE)
