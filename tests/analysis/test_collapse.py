"""Rows counted in the database give what the rows themselves give."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from analysis.statistics.collapse import collapsed
from analysis.statistics.cox import fit_cox
from analysis.statistics.kaplan_meier import kaplan_meier
from analysis.statistics.log_rank import log_rank

MADE = """create table "a sample" as
select 1 + hash(i) % 60 as days, hash(i, 1) % 3 > 0 as died, if(hash(i, 2) % 2 = 0, 'new', 'old') as "the arm", hash(i, 3) % 5 as age
from range(5000) as made(i)"""


def test_counts_give_what_the_rows_give() -> None:
    with duckdb.connect() as connection:
        connection.execute(MADE)
        rows = connection.execute('from "a sample"').df()
        counts = collapsed(connection, "main.a sample", ["days", "died", "the arm", "age"])
        again = collapsed(connection, "a sample", ["days", "died", "the arm", "age"])
    assert counts.equals(again)
    assert (counts["count"].sum(), len(counts) < 2000) == (5000, True)
    ours, whole = kaplan_meier(counts["days"], counts["died"], counts=counts["count"]), kaplan_meier(rows["days"], rows["died"])
    np.testing.assert_array_equal(ours.survival, whole.survival)
    np.testing.assert_array_equal(ours.std_error, whole.std_error)
    tests = [log_rank(frame["days"], frame["died"], frame["the arm"], counts=frame.get("count")) for frame in (counts, rows)]
    assert tests[0].statistic == pytest.approx(tests[1].statistic, rel=1e-12)
    assert tests[0].n == tests[1].n
    fits = [
        fit_cox(frame["days"], frame["died"], np.column_stack([frame["the arm"] == "new", frame["age"]]), counts=frame.get("count"))
        for frame in (counts, rows)
    ]
    np.testing.assert_allclose(fits[0].coefficients, fits[1].coefficients, rtol=1e-9)


def test_missing_values_are_refused_by_the_column() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table sample as from (values (1, true), (null, false)) as made(days, died)")
        with pytest.raises(ValueError, match="missing values in days: leave"):
            collapsed(connection, "sample", ["days", "died"])
        with pytest.raises(ValueError, match="called count"):
            collapsed(connection, "sample", ["days", "count"])
        with pytest.raises(ValueError, match="one column"):
            collapsed(connection, "sample", [])
