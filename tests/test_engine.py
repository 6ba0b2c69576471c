"""What the locked engine must do, and another version of it may not."""

from __future__ import annotations

from pathlib import Path

import duckdb

ROWS = 20_000
UNREADABLE_NUMBERS = ("", "n/a", "<0.1", "1,2", "１２")
UNREADABLE_DATES = ("", "2023-02-30", "15/01/2023", "昨天")


def dirty(path: Path) -> tuple[int, int]:
    """Writes a CSV of which every 7th number and every 11th date can't be read; gives how many of either."""
    numbers = dates = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("row,number,day\n")
        for row in range(ROWS):
            number, day = f"{row / 4}", f"2023-{row % 12 + 1:02d}-{row % 28 + 1:02d}"
            if row % 7 == 3:
                number, numbers = UNREADABLE_NUMBERS[numbers % len(UNREADABLE_NUMBERS)], numbers + 1
            if row % 11 == 5:
                day, dates = UNREADABLE_DATES[dates % len(UNREADABLE_DATES)], dates + 1
            file.write(f'{row},"{number}",{day}\n')
    return numbers, dates


def test_no_row_is_lost_behind_a_cast_that_fails(tmp_path: Path) -> None:
    numbers, dates = dirty(tmp_path / "dirty.csv")
    cast = "select row, try_cast(number as double) as number, try_cast(day as date) as day from read_csv(?, all_varchar = true)"
    with duckdb.connect() as connection:
        found = connection.execute(cast, [str(tmp_path / "dirty.csv")]).fetchall()
        counted = connection.execute(
            f"select count(*), count(*) - count(number), count(*) - count(day) from ({cast})", [str(tmp_path / "dirty.csv")]
        ).fetchone()
    assert sorted(int(row) for row, _, _ in found) == list(range(ROWS))
    assert counted == (ROWS, numbers, dates)
    assert {int(row) for row, number, _ in found if number is None} == set(range(3, ROWS, 7))
    assert {int(row) for row, _, day in found if day is None} == set(range(5, ROWS, 11))
