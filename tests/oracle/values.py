"""One value at a time: what a text of a raw export means (raw_exports, 'What the values look like' and 'Fine print')."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, datetime

BLANK_WORDS = {"", "null", "\\n", "na", "n/a", "-", "--", "无", "未知", "unknown"}
TOMBSTONE_WORDS = {"y", "1", "true", "是"}

SEXES = {"m": "male", "male": "male", "男": "male", "1": "male", "f": "female", "female": "female", "女": "female", "2": "female"}
GIVEN_STATUSES = {"completed", "active", "stopped", "已完成", "执行中", "已停止"}
VITAL_STATUSES = {"alive": "alive", "存活": "alive", "dead": "dead", "死亡": "dead", "lost": "lost", "失访": "lost"}
NEVER_SMOKED = {"never", "no", "从不吸烟", "否"}
EVER_SMOKED = {"ever", "former", "current", "yes", "吸烟", "已戒烟", "是"}

RESPONSES = {
    "cr": "CR",
    "pr": "PR",
    "sd": "SD",
    "pd": "PD",
    "ne": "NE",
    "icr": "CR",
    "ipr": "PR",
    "isd": "SD",
    "icpd": "PD",
    "iupd": "iUPD",
    "complete response": "CR",
    "partial response": "PR",
    "stable disease": "SD",
    "progressive disease": "PD",
    "not evaluable": "NE",
    "完全缓解": "CR",
    "部分缓解": "PR",
    "疾病稳定": "SD",
    "疾病进展": "PD",
    "进展": "PD",
    "无法评价": "NE",
}
REMARK_STARTS = tuple(" \t\r\n,;([{【")

MONTH_NAMES = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
TIME = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<fraction>\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?")
YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
NAMED_MONTH = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})")
YEAR_LAST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
MONTH = re.compile(r"(\d{4})-(\d{1,2})|(\d{4})年(\d{1,2})月")


def normalise(text: str) -> str:
    """Full-width signs mean their half-width twins (Unicode NFKC); surrounding blanks mean nothing."""
    return unicodedata.normalize("NFKC", text).strip()


def is_blank(text: str) -> bool:
    """The blank words, in any letter case."""
    return normalise(text).lower() in BLANK_WORDS


def blank_to_none(text: str) -> str | None:
    """The text, or None where it is a blank word."""
    return None if is_blank(text) else normalise(text)


def is_tombstone(text: str) -> bool:
    """`is_deleted` = Y, 1, true or 是 (read in any letter case)."""
    return normalise(text).lower() in TOMBSTONE_WORDS


def _date_or_none(year: str, month: int | str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _calendar_date(text: str, date_order: str | None) -> date | None:
    if match := YEAR_FIRST.fullmatch(text):
        return _date_or_none(match[1], match[3], match[4])
    if (match := COMPACT.fullmatch(text)) or (match := CHINESE.fullmatch(text)):
        return _date_or_none(match[1], match[2], match[3])
    if match := NAMED_MONTH.fullmatch(text):
        return _date_or_none(match[3], MONTH_NAMES.get(match[2].lower(), 0), match[1])
    if match := YEAR_LAST.fullmatch(text):
        if date_order == "mdy":
            return _date_or_none(match[3], match[1], match[2])
        if date_order == "dmy":
            return _date_or_none(match[3], match[2], match[1])
    return None


def _time_or_none(text: str) -> tuple[int, int, float] | None:
    match = TIME.fullmatch(text)
    if not match:
        return None
    hour, minute = int(match["hour"]), int(match["minute"])
    second = float((match["second"] or "0") + (match["fraction"] or ""))
    return (hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def read_timestamp(text: str, date_order: str | None = None) -> tuple[date, tuple[int, int, float]] | None:
    """Day and time of day as written (an offset is not applied), or None where the text is no date."""
    text = normalise(text)
    parts = re.split(r"(?<=[\d日])[ T]", text, maxsplit=1)  # the T of 05-OCT-2021 starts no time
    day = _calendar_date(parts[0], date_order)
    if day is None:
        return None
    if len(parts) == 1:
        return day, (0, 0, 0.0)
    time_of_day = _time_or_none(parts[1].strip())
    return None if time_of_day is None else (day, time_of_day)


def read_date(text: str, date_order: str | None = None) -> date | None:
    """A calendar date in one of the contract's shapes, with or without a time; None where it can't be read."""
    stamp = read_timestamp(text, date_order)
    return None if stamp is None else stamp[0]


def read_month(text: str) -> date | None:
    """A death date may be a month (`2021-03`, `2021年3月`): its first day, or None."""
    match = MONTH.fullmatch(normalise(text))
    if not match:
        return None
    return _date_or_none(match[1] or match[3], match[2] or match[4], "1")


def read_instant(text: str) -> datetime:
    """`exported_at` as an instant; a time without an offset, or a bare date, is read as UTC.

    Raises ValueError where it is no ISO timestamp.
    """
    stamp = datetime.fromisoformat(text.strip())
    return stamp if stamp.tzinfo else datetime.fromisoformat(stamp.isoformat() + "+00:00")


def read_sex(text: str) -> str | None:
    """`female`, `male`, or None where the text is neither."""
    return SEXES.get(normalise(text).lower())


def read_smoking(text: str) -> str:
    """`never`, `ever`, or `unknown` (blank and unknown words)."""
    word = normalise(text).lower()
    return "never" if word in NEVER_SMOKED else "ever" if word in EVER_SMOKED else "unknown"


def is_given(text: str) -> bool:
    """An order counts as exposure with a known status of those that count, or a blank one; an unknown status is not given."""
    return is_blank(text) or normalise(text).lower() in GIVEN_STATUSES


def read_vital_status(text: str) -> str | None:
    """`alive`, `dead`, `lost`, or None."""
    return VITAL_STATUSES.get(normalise(text).lower())


def read_ecog(text: str) -> int | None:
    """The whole number of `1`, `ECOG 1`, `PS=1`, `ECOG PS：1分`; it may lie outside 0 to 5. None where it is no such text."""
    words = r"(?:ecog|ps|评分|分|[\s:=()])*"
    match = re.fullmatch(rf"{words}(\d+){words}", normalise(text).lower())
    return int(match[1]) if match else None


def read_response(text: str) -> str | None:
    """CR, PR, SD, PD, NE or iUPD of an assessment, alone or followed by a remark; None is unmapped."""
    word = normalise(text).lower()
    for known in sorted(RESPONSES, key=len, reverse=True):
        if word == known or (word.startswith(known) and word[len(known)] in REMARK_STARTS):
            return RESPONSES[known]
    return None


def names_small_cell(histology: str) -> bool:
    """Rule 2: `small cell` or `小细胞` that stays when every `non-small cell`, `NSCLC` and `非小细胞` is taken out."""
    text = re.sub(r"[\s-]+", " ", normalise(histology).lower())
    text = re.sub(r"non ?small cell|nsclc|非 ?小细胞", " ", text)
    return "small cell" in text or "小细胞" in text


def is_advanced_stage(stage: str) -> bool:
    """Rule 3: IIIB, IIIC, IV, or M1 of any kind in a TNM string (of which nothing else is used)."""
    text = re.sub(r"\s+", "", normalise(stage).lower())
    if re.search(r"m1", text):
        return True
    text = re.sub(r"[cpry]*t[0-4isx][a-d0-9]*n[0-3x][a-c0-9]*m[0x]", "", text)
    match = re.fullmatch(r"[cp]?(?:stage)?[cp]?(iv|iii|ii|i|[1-4])([abc]?)[0-9]?期?", text)
    if not match:
        return False
    return match[1] in ("iv", "4") or (match[1] in ("iii", "3") and match[2] in ("b", "c"))


def last_of_month(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def completed_years(born: date, day: date) -> int:
    """Rule 12: completed years; who was born on 29 February has the birthday on 1 March in other years."""
    month, day_of_month = born.month, born.day
    if (month, day_of_month) == (2, 29) and not calendar.isleap(day.year):
        month, day_of_month = 3, 1
    return day.year - born.year - ((day.month, day.day) < (month, day_of_month))


class Refusal(Exception):
    """A batch that the contract refuses, or data that contradict themselves. The message holds no patient's value."""
