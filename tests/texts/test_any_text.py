"""No text raises an error, whatever it holds, and what is read of it keeps the contract's bounds."""

from __future__ import annotations

from datetime import date, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.texts.tables import BIOMARKER_COLUMNS, landed, look_up, read_values

FRAGMENTS = [
    *"0123456789%+-±<>=≤≥~/.,;:()[]、。?\\'\"# \n",
    *("2021", "-03", "/5", "年", "月", "日", "Mar", "T14:02", "+08:00", "PM", "24:00"),
    *("ALK", "PD-L1", "TPS", "CPS", "TC3", "IC", "EML4-ALK", "G1202R", "ROS1", "EGFR", "FISH", "D5F3", "22C3", "E13:A20"),
    *("未检出", "阴性", "阳性", "融合", "弱", "待", "不能评估", "约", "丰度", "§", "○", "◇", "¬", "●"),
    *("not detected", "no ", "positive", "negative for ", "fusion", "IIIB", "M1", "期", "小细胞", "PD", "ECOG", "分"),
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join),
    st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30),
)
# A whole list of texts goes through one query: an example is a table, not a value.
TABLES = st.lists(TEXTS, min_size=1, max_size=60)
SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

EXPRESSIONS = {
    "{{ read_date('text', \"'dmy'\") }}": date,
    "{{ read_month('text') }}": date,
    "{{ read_timestamp('text', \"'mdy'\") }}": datetime,
    "{{ read_ecog('text') }}": int,
    "{{ blank_to_null('text') }}": str,
}


@SETTINGS
@given(TABLES)
def test_no_value_raises(texts: list[str]) -> None:
    for expression, kind in EXPRESSIONS.items():
        # a year before 1 reaches Python as text
        assert all(value is None or isinstance(value, (kind, str)) for value in read_values(expression, texts).values())


@SETTINGS
@given(TABLES)
def test_every_text_has_one_meaning(texts: list[str]) -> None:
    for model, table, column in [
        ("hospital_response_texts", "assessments", "response_text"),
        ("hospital_histology_texts", "diagnoses", "histology_text"),
        ("hospital_stage_texts", "diagnoses", "stage_text"),
        ("hospital_procedure_texts", "specimens", "procedure_text"),
    ]:
        meanings = look_up(model, table, [column], [[text] for text in texts])
        assert sorted(row[column] for row in meanings) == sorted({landed(text) for text in texts})


@SETTINGS
@given(TABLES)
def test_every_biomarker_text_has_one_result_a_marker(texts: list[str]) -> None:
    rows = look_up("hospital_biomarker_texts", "biomarkers", BIOMARKER_COLUMNS, [["ALK, PD-L1", "FISH", text] for text in texts])
    assert sorted((row["marker"], row["result_text"]) for row in rows) == sorted(
        (marker, text) for marker in ("alk", "pd_l1") for text in {landed(text) for text in texts}
    )
    for row in rows:
        assert row["result"] in ({"positive", "negative", None} if row["marker"] == "alk" else {"positive", "negative", "by_score", None})
        assert (row["result"] == "by_score") == (row["score_low"] is not None)
        if row["result"] == "by_score":
            assert 0 <= row["score_low"] <= row["score_high"] <= 100
            assert row["score"] is None or row["score"] == row["score_low"] == row["score_high"]
        assert row["result"] is None or (row["is_understood"] and not row["is_impossible"])
