"""Every kind of trouble that the contract of the exports names is in the bundled exports."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from datetime import date

import pytest

from synthetic.days import full_width
from tests.synthetic.conftest import Made
from tests.synthetic.reading import BATCHES, FIRST_DELTA, FULL, SECOND_DELTA, column, table, text_of

DATE_SHAPES = {
    "iso": r"\d{4}-\d{2}-\d{2}",
    "slashes": r"\d{4}/\d{1,2}/\d{1,2}",
    "compact": r"\d{8}",
    "dots": r"\d{4}\.\d{2}\.\d{2}",
    "chinese": r"\d{4}年\d{1,2}月\d{1,2}日",
    "named month": r"\d{2}-[A-Z][a-z]{2}-\d{4}",
    "full width": r"[０-９]{4}－[０-９]{2}－[０-９]{2}",
    "time after a blank": r"\S+ \d{1,2}:\d{2}(:\d{2})?",
    "time after a T": r"\S+T\d{2}:\d{2}:\d{2}",
}
BLANK_WORDS = {"", "NULL", "\\N", "NA", "N/A", "-", "--", "无", "未知", "unknown"}


@pytest.mark.parametrize("shape", DATE_SHAPES)
def test_dates_have_every_shape(shape: str, bundled: Made) -> None:
    assert any(re.fullmatch(DATE_SHAPES[shape], text) for text in column(bundled.out, "medications", "started_on", FULL))


def test_month_first_dates_stand_where_the_batch_says_so(bundled: Made) -> None:
    orders = {batch: json.loads((bundled.out / batch / "batch.json").read_text(encoding="utf-8")).get("date_order") for batch in BATCHES}
    assert orders == {FULL: None, FIRST_DELTA: "mdy", SECOND_DELTA: None}
    for batch in BATCHES:
        month_first = [text for text in column(bundled.out, "labs", "collected_on", batch) if re.match(r"\d{1,2}/\d{1,2}/\d{4}", text)]
        assert bool(month_first) == (batch == FIRST_DELTA)


def test_deaths_may_be_months(bundled: Made) -> None:
    deaths = column(bundled.out, "follow_ups", "death_date")
    assert any(re.fullmatch(r"\d{4}-\d{2}", text) for text in deaths)
    assert any(re.fullmatch(r"\d{4}年\d{1,2}月", text) for text in deaths)


def test_files_come_in_every_container_and_encoding(bundled: Made) -> None:
    names = {path.name for path in bundled.out.glob("*/*")}
    assert {"medications.csv.gz", "performance_status.parquet", "labs.csv"} <= names
    assert (bundled.out / FULL / "patients.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        (bundled.out / FIRST_DELTA / "labs.csv").read_bytes().decode("utf-8")
    line_ends = {"\r\n" in text_of(path).partition("\n")[0] + "\n" for path in bundled.out.glob("*/*.csv")}
    assert line_ends == {True, False}


def test_headers_vary_in_case_order_and_blanks(bundled: Made) -> None:
    headers = [next(csv.reader(io.StringIO(text_of(path).removeprefix("\ufeff")))) for path in bundled.out.glob("*/*.csv*")]
    names = [name for header in headers for name in header]
    assert any(name.isupper() for name in names)
    assert any(name != name.strip() for name in names)
    assert any("patient_id" in [name.strip().lower() for name in header[1:]][1:] for header in headers)
    assert {"insurance type", "visit_no", "prescriber", "reported_by"} <= {name.strip().lower() for name in names}


def test_texts_have_quotes_commas_line_breaks_blanks_and_full_width_signs(bundled: Made) -> None:
    texts = column(bundled.out, "assessments", "impression_text", FULL) + column(bundled.out, "patients", "address", FULL)
    for sign in ('"', ",", "\n", "\r\n"):
        assert any(sign in text for text in texts), sign
    drugs = column(bundled.out, "medications", "drug_name", FULL)
    assert any(text != text.strip() for text in drugs)
    assert any(text == full_width(unicodedata.normalize("NFKC", text)) and text.strip() for text in drugs)


def test_every_blank_word_is_used(bundled: Made) -> None:
    used = Counter(column(bundled.out, "medications", "ended_on", FULL))
    assert {word.lower() for word in BLANK_WORDS} <= {word.lower() for word in used}


@pytest.mark.parametrize(
    ("name", "heading", "texts"),
    [
        ("patients", "sex", {"男", "女", "M", "F", "male", "female", "1", "2"}),
        ("patients", "smoking_status", {"never", "no", "从不吸烟", "否", "ever", "former", "current", "yes", "吸烟", "已戒烟", "是"}),
        ("medications", "status", {"completed", "active", "stopped", "已完成", "执行中", "已停止", "cancelled", "作废", "待审核", "draft"}),
        ("medications", "drug_name", {"AC方案", "ABCP", "自备药", "昂丹司琼", "曲妥珠单抗", "PF-02341066", "紫衫醇", "阿美替尼"}),
        ("assessments", "response_text", {"CR", "PR", "SD", "PD", "NE", "iUPD", "iCPD", "疾病进展", "无法评价", "PD?"}),
        ("follow_ups", "vital_status", {"alive", "dead", "lost", "存活", "死亡", "失访"}),
        ("biomarkers", "result_text", {"TPS<1%", "CPS 10", "阴性", "/", "标本量不足", "60-70%", "弱阳性", "G1202R"}),
    ],
)
def test_spellings_in_both_languages(name: str, heading: str, texts: set[str], bundled: Made) -> None:
    used = column(bundled.out, name, heading)
    missing = {text for text in texts if not any(text in one for one in used)}
    assert missing == set()


def test_a_delta_file_holds_nothing_but_tombstones(bundled: Made) -> None:
    tombstones = table(bundled.out, "specimens", SECOND_DELTA)
    assert len(tombstones) > 2
    assert set(tombstones[0]) == {"specimen_id", "updated_at", "is_deleted"}
    assert {record["is_deleted"].strip().lower() for record in tombstones} <= {"y", "1", "true", "是"}


def test_merges_run_in_chains_and_into_nobody(bundled: Made) -> None:
    merges = {
        record["retired_patient_id"]: record["surviving_patient_id"]
        for batch in BATCHES
        for record in table(bundled.out, "patient_merges", batch)
    }
    known = {identifier for batch in BATCHES for identifier in column(bundled.out, "patients", "patient_id", batch)}
    assert any(survivor in merges for survivor in merges.values())
    assert any(survivor not in known and survivor not in merges for survivor in merges.values())
    assert any(retired in known for retired in merges)
    assert any(retired not in known for retired in merges)
    moved = {identifier for batch in BATCHES for identifier in column(bundled.out, "medications", "patient_id", batch)}
    assert moved & set(merges)


def test_rows_come_late_again_and_corrected(bundled: Made) -> None:
    first = {record["assessment_id"]: record for record in table(bundled.out, "assessments", FULL)}
    later = table(bundled.out, "assessments", FIRST_DELTA) + table(bundled.out, "assessments", SECOND_DELTA)
    assert any(record["assessment_id"] in first for record in later)
    assert any(record["assessment_id"] not in first and re.match(r"20(1\d|2[0-2])", record["assessed_on"]) for record in later)
    keys = Counter(column(bundled.out, "labs", "lab_id", FULL))
    assert max(keys.values()) > 1


def test_no_identifier_can_be_anybody_s(bundled: Made) -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    numbers = [unicodedata.normalize("NFKC", text).strip() for text in column(bundled.out, "patients", "national_id")]
    numbers = [number for number in numbers if len(number) == 18]
    assert len(numbers) > 3_000
    for number in numbers:
        remainder = sum(weight * int(digit) for weight, digit in zip(weights, number, strict=False)) % 11
        assert number[17] != "10X98765432"[remainder]
        date.fromisoformat(number[6:14])
    phones = {unicodedata.normalize("NFKC", text).strip() for text in column(bundled.out, "patients", "phone")}
    assert all(phone.startswith("120") for phone in phones if phone.isdigit())
