"""The readers of macros/values.sql, each against the shapes of the contract."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.texts.tables import expectations, landed, read_values, shown

DATES = """
2021-03-05                  | 2021-03-05
2021-3-5                    | 2021-03-05
2021/3/5                    | 2021-03-05
2021/03/05                  | 2021-03-05
20210305                    | 2021-03-05
2021.03.05                  | 2021-03-05
2021年3月5日                | 2021-03-05
2021年03月05日              | 2021-03-05
05-Mar-2021                 | 2021-03-05
5-MAR-2021                  | 2021-03-05
05-oct-2021                 | 2021-10-05
２０２１－０３－０５        | 2021-03-05
2021-03-05 14:02            | 2021-03-05
2021-03-05 14:02:33.000     | 2021-03-05
2021-03-05T14:02:33+08:00   | 2021-03-05
2021-03-05T14:02:33Z        | 2021-03-05
2021/3/5 9:05               | 2021-03-05
20210305T140233             | 2021-03-05
20210305 14:02:33           | 2021-03-05
2021.03.05 00:00:00         | 2021-03-05
2021年3月5日 23:59          | 2021-03-05
05-Mar-2021 2:05:07 PM      | 2021-03-05
05-OCT-2021T14:02           | 2021-10-05
2020-02-29                  | 2020-02-29
2000-02-29                  | 2000-02-29
2021-02-29                  | -
1900-02-29                  | -
2021-02-30                  | -
2021-04-31                  | -
2021-13-05                  | -
2021-00-05                  | -
2021-03-00                  | -
20210230                    | -
31-Apr-2021                 | -
05-Foo-2021                 | -
2021年2月30日               | -
0000-00-00                  | -
9999-12-31                  | 9999-12-31
1900-01-01                  | 1900-01-01
3/5/2021                    | -
13/5/2021                   | -
2021-03                     | -
2021年3月                   | -
2021                        | -
202103                      | -
44260                       | -
1100305                     | -
2021-03/05                  | -
2021-03-05x                 | -
x2021-03-05                 | -
2021-03-05 noon             | -
2021-03-05T                 | -
2021-03-05 25:00            | -
2021-03-05 12:60            | -
2021-03-0514:02             | -
05-Mar-21                   | -
March 5, 2021               | -
未知                        | -
"""

DATES_WITH_ORDER = """
3/5/2021          | 2021-03-05 | 2021-05-03 | -
03/05/2021        | 2021-03-05 | 2021-05-03 | -
03/05/2021 14:02  | 2021-03-05 | 2021-05-03 | -
13/5/2021         | -          | 2021-05-13 | -
5/13/2021         | 2021-05-13 | -          | -
2/29/2020         | 2020-02-29 | -          | -
29/2/2021         | -          | -          | -
2021-03-05        | 2021-03-05 | 2021-03-05 | 2021-03-05
2021/3/5          | 2021-03-05 | 2021-03-05 | 2021-03-05
3/5/21            | -          | -          | -
"""

MONTHS = """
2021-03      | 2021-03-01
2021年3月    | 2021-03-01
2021年12月   | 2021-12-01
2021-13      | -
2021-00      | -
2021-03-05   | -
2021         | -
202103       | -
"""

TIMESTAMPS = """
2021-03-05                      | 2021-03-05 00:00:00
2021年3月5日                    | 2021-03-05 00:00:00
2021-03-05 14:02                | 2021-03-05 14:02:00
2021-03-05 14:02:33             | 2021-03-05 14:02:33
2021-03-05 14:02:33.25          | 2021-03-05 14:02:33.250000
2021-03-05 14:02:33.123456789   | 2021-03-05 14:02:33.123456
2021-03-05T14:02:33+08:00       | 2021-03-05 14:02:33
2021-03-05T14:02:33-0500        | 2021-03-05 14:02:33
2021-03-05T14:02:33Z            | 2021-03-05 14:02:33
20210305T140233                 | 2021-03-05 14:02:33
20210305 1402                   | 2021-03-05 14:02:00
2021/3/5 9:05                   | 2021-03-05 09:05:00
05-Mar-2021 12:05 AM            | 2021-03-05 00:05:00
05-Mar-2021 12:05 PM            | 2021-03-05 12:05:00
05-Mar-2021 2:05 pm             | 2021-03-05 14:05:00
2021-03-05 24:00:00             | 2021-03-06 00:00:00
2021-03                         | -
2021-02-30 10:00                | -
2021-03-05 25:00                | -
3/5/2021 10:00                  | -
yesterday                       | -
"""

ECOG = """
0                 | 0
1                 | 1
5                 | 5
ECOG 1            | 1
ecog 2            | 2
ECOG:1            | 1
ECOG＝２          | 2
PS 1              | 1
PS=0              | 0
PS1               | 1
1分               | 1
１分              | 1
ECOG 1分          | 1
ECOG PS 1         | 1
ECOG-PS 1         | 1
ECOG-PS: 1分      | 1
ECOG评分：2分     | 2
ECOG (PS) 3       | 3
1 (ECOG)          | 1
6                 | 6
ECOG 9            | 9
90                | 90
-1                | -1
1-2               | -
0-1分             | -
1.5               | -
1/5               | -
good              | -
ECOG              | -
KPS 90            | -
约1分             | -
1级               | -
未知              | -
"""

BLANKS = ["", "NULL", "null", "\\N", "\\n", "NA", "na", "N/A", "n/a", "-", "--", "无", "未知", "unknown", "Unknown", "ＮＡ", "－", "  "]
NOT_BLANK = ["0", "none", "无效", "NAN", "/", "---", "\\", "N", "unknown drug"]


@pytest.mark.parametrize(
    ("expression", "table"),
    [
        pytest.param("{{ read_date('text') }}", DATES, id="dates"),
        pytest.param("{{ read_month('text') }}", MONTHS, id="months"),
        pytest.param("{{ read_timestamp('text') }}", TIMESTAMPS, id="timestamps"),
        pytest.param("{{ read_ecog('text') }}", ECOG, id="ecog"),
    ],
)
def test_reads_each_text_as_the_table_says(expression: str, table: str) -> None:
    expected = expectations(table)
    found = {text: shown(value) for text, value in read_values(expression, expected).items()}
    assert found == expected


@pytest.mark.parametrize(("column", "order"), [(0, "'mdy'"), (1, "'dmy'"), (2, "null")])
def test_day_and_month_with_slashes_need_the_batch_to_say_their_order(column: int, order: str) -> None:
    rows = [[cell.strip() for cell in line.split("|")] for line in DATES_WITH_ORDER.strip().splitlines()]
    expected = {row[0]: row[column + 1] for row in rows}
    found = {text: shown(value) for text, value in read_values(f'{{{{ read_date("text", "{order}") }}}}', expected).items()}
    assert found == expected


def test_the_order_may_be_a_column_that_differs_by_row() -> None:
    order = "\"case place when 0 then 'mdy' when 1 then 'dmy' end\""
    found = read_values(f"{{{{ read_timestamp('text', {order}) }}}}", ["3/5/2021 1:00", "3/5/2021 2:00", "3/5/2021 3:00"])
    assert [shown(value) for value in found.values()] == ["2021-03-05 01:00:00", "2021-05-03 02:00:00", "-"]


def test_every_day_of_four_years_is_read_in_every_shape() -> None:
    days = [date(2019, 1, 1) + timedelta(days=number) for number in range(1461)]
    shapes = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日", "%d-%b-%Y", "%d-%b-%YT08:00"]
    expected = {day.strftime(shape): day for day in days for shape in shapes}
    assert read_values("{{ read_date('text') }}", expected) == expected


def test_blank_words_are_null_in_any_letter_case_and_nothing_else_is() -> None:
    found = read_values("{{ blank_to_null('text') }}", BLANKS + NOT_BLANK)
    assert found == {**dict.fromkeys(BLANKS), **{text: landed(text) for text in NOT_BLANK}}
