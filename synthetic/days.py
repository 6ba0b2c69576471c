"""Days as integers since 1970-01-01, the three exports, and the ways in which a hospital writes a date."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

EPOCH = date(1970, 1, 1)
SECONDS_A_DAY = 86_400
# No day: numpy and Arrow carry it as an ordinary number up to the rendering.
NO_DAY = -1_000_000


def number(day: date) -> int:
    """The day as a number."""
    return (day - EPOCH).days


def as_date(day: int) -> date:
    """The date of a number."""
    return EPOCH + timedelta(days=day)


@dataclass(frozen=True)
class Export:
    """One batch: its folder, export day, mode, what it states, and how it is written."""

    folder: str
    day: int
    exported_at: str
    mode: str
    encoding: str
    states_encoding: bool
    date_order: str | None


EXPORTS = (
    Export("2023-05-15_full", number(date(2023, 5, 15)), "2023-05-15T02:00:00+08:00", "full", "utf-8", True, None),
    Export("2023-06-15_delta", number(date(2023, 6, 15)), "2023-06-15T02:00:00+08:00", "delta", "gb18030", True, "mdy"),
    Export("2023-07-15_delta", number(date(2023, 7, 15)), "2023-07-15T02:00:00+08:00", "delta", "utf-8", False, None),
)
EXPORT_DAYS = np.array([export.day for export in EXPORTS], dtype=np.int64)
LAST_KNOWN_DAY = int(EXPORT_DAYS[-1]) - 1
HOSPITAL_OPENED = number(date(2014, 1, 6))

_FIRST = number(date(1915, 1, 1))
_DAYS = LAST_KNOWN_DAY + 2 - _FIRST
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}

ISO, SLASH, COMPACT, DOTS, CHINESE, NAMED_MONTH, FULL_WIDTH, MONTH_FIRST, MONTH_ONLY, CHINESE_MONTH = range(10)
TIMES = ("", " 08:30", " 14:05:00", "T09:15:00", " 00:00:00", " 7:45")


def full_width(text: str) -> str:
    """The text with full-width twins for its ASCII signs, as Chinese input methods write them."""
    return text.translate(_FULL_WIDTH)


def _shapes(day: date) -> tuple[str, ...]:
    """One date in each shape, in the order of the constants above."""
    iso = day.isoformat()
    return (
        iso,
        f"{day.year}/{day.month}/{day.day}",
        iso.replace("-", ""),
        iso.replace("-", "."),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}",
        full_width(iso),
        f"{day.month}/{day.day}/{day.year}",
        iso[:7],
        f"{day.year}年{day.month}月",
    )


class DateTexts:
    """All dates from 1915 to the last export in all shapes, so that millions of them are written by one lookup."""

    def __init__(self) -> None:
        columns = zip(*(_shapes(as_date(_FIRST + offset)) for offset in range(_DAYS)), strict=True)
        self._texts = pa.chunked_array([pa.array(column, pa.string()) for column in columns]).combine_chunks()
        self._clock = pa.array([f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in range(60)])
        self._seconds = pa.array([f"{second:02d}" for second in range(60)])

    def write(self, days: np.ndarray, shapes: np.ndarray | int) -> pa.Array:
        """The texts of the days, each in its shape; `NO_DAY` becomes null."""
        positions = np.asarray(shapes, dtype=np.int64) * _DAYS + (days - _FIRST)
        indices = pa.array(np.where(days == NO_DAY, 0, positions), mask=days == NO_DAY)
        return pc.take(self._texts, indices)

    def write_stamps(self, seconds: np.ndarray, shapes: np.ndarray | int) -> pa.Array:
        """Timestamps of seconds since the epoch, the day in its shape; negative ones become null."""
        known = seconds >= 0
        day, within = np.divmod(np.where(known, seconds, 0), SECONDS_A_DAY)
        minute, second = np.divmod(within, 60)
        texts = pc.binary_join_element_wise(
            self.write(day, shapes),
            pc.binary_join_element_wise(self._clock.take(pa.array(minute)), self._seconds.take(pa.array(second)), ":"),
            " ",
        )
        return pc.if_else(pa.array(known), texts, pa.scalar(None, pa.string()))
