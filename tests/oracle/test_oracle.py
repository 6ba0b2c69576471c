"""The oracle against small cases whose answers were worked out by hand from the protocol page."""

from __future__ import annotations

from pathlib import Path

import pytest

from .biomarkers import alk_result, is_alk_test, pd_l1_level, pd_l1_result, pd_l1_status, tumour_cell_numbers
from .cases import SALT, Case, answer, on, read_cases, write_batch
from .drugs import find_ingredients
from .results import evaluate, patient_key
from .values import Refusal, completed_years, names_small_cell, read_date, read_ecog, read_month, read_response

CASES = """
# rule 5: an era on day 28 belongs to the regimen, one on day 29 starts a line
-400..-10   alectinib
-5          PD
0..60       pemetrexed
28          carboplatin
29          bevacizumab
400         alive
=> lines -400..-10 alectinib; 0..28 carboplatin + pemetrexed; 29..60 bevacizumab + pemetrexed
=> regimen carboplatin + pemetrexed

# rule 5: an era that runs 13 days after the next line's start is not carried on
-400..13    alectinib
-5          PD
0..40       docetaxel
100         alive
=> lines -400..-1 alectinib; 0..40 docetaxel
=> tki_continued False

# rule 5: one that runs 14 days after it is, and its ingredient is in the regimen
-400..14    alectinib
-5          PD
0..40       docetaxel
100         alive
=> lines -400..-1 alectinib; 0..40 alectinib + docetaxel
=> tki_continued True
=> regimen_class chemo

# rule 5: a known ingredient 120 days after the latest end continues the line
-400..-10   alectinib
-5          PD
0           docetaxel
120         docetaxel
400         alive
=> lines -400..-10 alectinib; 0..120 docetaxel

# rule 5: 121 days after it, it starts the next line
-400..-10   alectinib
-5          PD
0           docetaxel
121         docetaxel
400         alive
=> lines -400..-10 alectinib; 0..0 docetaxel; 121..121 docetaxel
=> pfs_end_reason next_line

# rule 5: an exchangeable platinum continues the line and doesn't change the regimen; oxaliplatin is not exchangeable
-400..-10   alectinib
-5          PD
0           cisplatin
40          carboplatin
80          nedaplatin
120         oxaliplatin
400         alive
=> lines -400..-10 alectinib; 0..80 cisplatin; 120..120 oxaliplatin

# rule 5: all eras that begin on the day of a new line go with it, also those that would have continued the old one
-400..-10   alectinib
-5          PD
0           docetaxel
70          docetaxel
70          gemcitabine
400         alive
=> lines -400..-10 alectinib; 0..0 docetaxel; 70..70 docetaxel + gemcitabine

# rule 5: what ended before the advanced date forms no line, what runs across it starts on it
-300        icd C34.1 IV / adenocarcinoma
-500..-301  docetaxel
-450..-10   alectinib
-5          PD
0           pemetrexed
100         alive
=> lines -300..-10 alectinib; 0..0 pemetrexed
=> prior_lines 1

# rule 4: a gap of 60 days is one era, of 61 days two
-400..-340  alectinib
-280..-240  alectinib
-179..-10   alectinib
-190        PD
-150        PD
0           docetaxel
100         alive
=> resistance_day -150
=> prior_alk_tki_count 1

# rule 7: 13 days into an era is no resistance
-18..-10    alectinib
-5          PD
11          docetaxel
100         alive
=> excluded_by alk_tki_resistant

# rule 7: 14 days into it is
-19..-10    alectinib
-5          PD
10          docetaxel
100         alive
=> resistance_day -15

# rules 5 and 8: chemotherapy 19 days into the TKI's line belongs to it (its days count from the advanced date: no index)
-19..-10    alectinib
-5          PD
0           docetaxel
100         alive
=> lines 881..900 alectinib + docetaxel
=> excluded_by post_resistance_therapy

# rule 7: 31 days after an era is no resistance
-400..-36   alectinib
-5          PD
0           docetaxel
100         alive
=> excluded_by alk_tki_resistant

# rule 8: 366 days after the resistance is too long
-900..-366  alectinib
-366        PD
0           docetaxel
100         alive
=> excluded_by post_resistance_therapy

# rule 8: 365 days are not, and the latest event on or before the index is its resistance
-900..0     alectinib
-365        PD
0           docetaxel
0           PD
100         alive
=> resistance_day 0

# rule 6: iUPD is PD without an ICI before
-400..-10   alectinib
-5          iUPD
0           docetaxel
50          SD
=> resistance_day -5

# rule 6: after an ICI it is SD where 56 days later comes a PR; a day of NE alone would leave it PD
-400..-10   alectinib
-5          PD
0..200      pembrolizumab
40          iUPD
96          PR
150         iUPD
160         NE
170         PR
=> pfs_days 150
=> pfs_end_reason progression
=> best_response PR

# rule 6: 57 days later is too late
-400..-10   alectinib
-5          PD
0..200      pembrolizumab
40          iUPD
97          PR
=> pfs_days 40

# rule 6: the worst of a day counts, not evaluable only if there is no other
-400..-10   alectinib
-5          PD
0..30       docetaxel
40          CR
40          SD
60          NE
60          PR
=> pfs_days 60
=> pfs_end_reason last_assessment
=> best_response PR

# rule 9: an antibody that also blocks VEGF is an ICI only, and no TKI changes the class
-400..30    alectinib
-5          PD
0           ivonescimab
5           osimertinib
100         alive
=> arm immunotherapy
=> regimen_class ici_mono

# rule 9: ICI, chemotherapy and an anti-angiogenic by an acronym
-400..-10   alectinib
-5          PD
0           ABCP方案
100         alive
=> regimen atezolizumab + bevacizumab + carboplatin + paclitaxel
=> regimen_class ici_chemo_antiangiogenic

# rule 10: the latest by index + 7, and on one date positive before negative
-400..-10   alectinib
-5          PD
0           docetaxel
7           pdl1 TPS<1%
7           pdl1 positive
7           pdl1 TPS 5%
8           pdl1 TPS 90%
100         alive
=> pd_l1_status positive
=> pd_l1_tps 5.0
=> pd_l1_level 1-49
=> pd_l1_from_rebiopsy False

# rules 10 and 11: the specimen's collection dates the test; tissue from resistance - 14 days is a re-biopsy
-400..-10   alectinib
-5          PD
0           docetaxel
-19         specimen S1 needle biopsy
-21         pdl1 TPS 30%
40          pdl1 TPS≥50% @S1
100         alive
=> pd_l1_status positive
=> pd_l1_level >=50
=> pd_l1_tps None
=> pd_l1_from_rebiopsy True
=> rebiopsied True

# rule 11: one day earlier it is none, and blood never is
-400..-10   alectinib
-5          PD
0           docetaxel
-20         specimen S1 needle biopsy
-5          specimen S2 plasma
100         alive
=> rebiopsied False
=> pd_l1_status unknown

# rule 12: ECOG of the latest day on or before the index, the highest of that day
-400..-10   alectinib
-5          PD
0           docetaxel
-1          ecog 1
-1          ecog ECOG 2分
1           ecog 4
100         alive
=> ecog_at_index 2

# rule 2: small-cell on the index day excludes
-400..-10   alectinib
-5          PD
0           docetaxel
-900        icd C34.1 IV / adenocarcinoma
0           icd C34.1 IV / combined small cell carcinoma
100         alive
=> excluded_by nsclc

# rule 2: the day after it doesn't
-400..-10   alectinib
-5          PD
0           docetaxel
-900        icd C34.1 IV / non-small cell carcinoma
1           icd C34.1 IV / 小细胞癌
100         alive
=> excluded_by None

# rule 3: the nodes are no distant metastasis, and IIIA is not advanced
-900        icd C34.1 IIIA
-800        icd C77.1
-400..-10   alectinib
-5          PD
0           docetaxel
100         alive
=> excluded_by advanced

# rule 1: 14 % split cells are not enough
-900        alk FISH 14%
-400..-10   alectinib
-5          PD
0           docetaxel
100         alive
=> excluded_by alk_positive

# criteria: an ICI order before the index excludes, a cancelled one doesn't
-400..-10   alectinib
-450        cancelled nivolumab
-5          PD
0           nivolumab
100         alive
=> excluded_by None

# criteria: eighteen on the index day
0           born 2002-01-01
-400..-10   alectinib
-5          PD
0           docetaxel
100         alive
=> age_at_index 18

# criteria: eighteen on the day after
0           born 2002-01-02
-400..-10   alectinib
-5          PD
0           docetaxel
100         alive
=> excluded_by adult

# criteria: only a lost contact after the index is no follow-up
-400..-10   alectinib
-5          PD
0           docetaxel
0           alive
9           lost
=> excluded_by evaluable

# PFS: a PD on day 13 belongs to the former line, but dates the censoring
-400..-10   alectinib
-5          PD
0           docetaxel
13          PD
90          lab
=> pfs_days 13
=> pfs_event False
=> os_days 90

# PFS: a PD on day 14 is an event
-400..-10   alectinib
-5          PD
0           docetaxel
14          PD
=> pfs_days 14
=> pfs_end_reason progression
=> best_response PD

# PFS: the next line censors at the last evaluable assessment; that day included
-400..-10   alectinib
-5          PD
0           docetaxel
60          SD
80          NE
90          gemcitabine
91          PD
=> pfs_days 60
=> pfs_end_reason next_line
=> best_response SD

# PFS: a PD on the day of the next line is an event
-400..-10   alectinib
-5          PD
0           docetaxel
90          PD
90          gemcitabine
=> pfs_days 90
=> pfs_end_reason progression

# PFS: without an assessment the next line censors at day 0
-400..-10   alectinib
-5          PD
0           docetaxel
90          gemcitabine
91          alive
=> pfs_days 0
=> pfs_end_reason next_line

# PFS: progression, where both fall on one day
-400..-10   alectinib
-5          PD
0           docetaxel
90          PD
90          dead 90
=> pfs_end_reason progression
=> os_days 90

# best response: SD before day 28 is not evaluable
-400..-10   alectinib
-5          PD
0           docetaxel
27          SD
=> best_response NE
=> pfs_days 27

# death: the earliest exact date before any month
-400..-10   alectinib
-5          PD
0           docetaxel
95          dead 2020-03
99          dead 91
=> os_days 91
=> os_event True

# death: a month is its 15th
-400..-10   alectinib
-5          PD
0           docetaxel
95          dead 2020-03
=> os_days 74

# death: or the day after the last record from the 15th on (lost contacts and those that speak of the death aside)
-400..-10   alectinib
-5          PD
0           docetaxel
79          lab
85          lost
86          dead 2020-03
=> os_days 80

# death: never later than the contact that names the month, nor than the month's end
-400..-10   alectinib
-5          PD
0           docetaxel
63          dead 2020-03
=> os_days 63

# death before the index is not used
-400..-10   alectinib
-5          PD
0           docetaxel
40          SD
95          dead -1
=> os_event False
=> os_days 95
=> pfs_days 40
"""


@pytest.mark.parametrize("case", read_cases(CASES), ids=lambda case: case.name)
def test_case(case: Case, tmp_path: Path) -> None:
    assert answer(case, tmp_path) == case.expected


def patient(patient_id: str, **more: str) -> dict[str, str]:
    return {"patient_id": patient_id, "sex": "F", "birth_date": "1970-01-01"} | more


def lab(key: str, patient_id: str = "P1", **more: str) -> dict[str, str]:
    return {"lab_id": key, "patient_id": patient_id, "collected_on": "2020-01-01", "analyte": "CEA", "value_text": "1"} | more


def counts(result: dict, table: str) -> str:
    row = next(one for one in result["reconciliation"] if one["table_name"] == table)
    places = ("raw", "current", "superseded", "duplicate", "retracted", "quarantined")
    return " ".join(str(row[f"{place}_rows"]) for place in places)


def failed(result: dict, table: str) -> list[tuple]:
    return [(one["line"], one["rule"], one["column"]) for one in result["quarantine"] if one["table"] == table]


def test_versions_across_batches(tmp_path: Path) -> None:
    """Ordered by the instant: the delta is exported after the full batch, though its calendar day is earlier."""
    write_batch(
        tmp_path / "b_full",
        {
            "patients": [patient("P1")],
            "labs": [
                lab("1", updated_at="2023-05-01"),  # superseded: an older version
                lab("2", updated_at="2023-05-02 10:00"),  # current: the later updated_at, though of the older batch
                lab("3"),  # duplicate of the delta's
                lab("4", unit="a"),  # superseded: the last line of a file
                lab("4", unit="b"),  # current
                lab("5", updated_at="2023-01-01"),  # superseded by its tombstone
                lab("6", updated_at="2023-01-02"),  # current: the tombstone is older
                lab(""),  # quarantined at once
                lab("7", value_text=""),  # superseded: a quarantined winner lets no older version back
            ],
        },
        exported_at="2023-06-02T07:00:00+08:00",
    )
    write_batch(
        tmp_path / "a_delta",
        {
            "labs": [
                lab("1", updated_at="2023-05-01 00:00:01"),
                lab("2", updated_at="2023-05-02T09:00:00-09:00"),  # as written it is earlier: superseded
                lab("3"),
                lab("5", updated_at="2023-01-01", is_deleted="是"),  # a tie: the later batch wins
                lab("6", updated_at="2023-01-01", is_deleted="Y"),
                lab("7", value_text="NA"),
            ],
        },
        exported_at="2023-06-01T20:00:00-05:00",
        mode="delta",
    )
    result = evaluate(tmp_path, SALT)
    assert counts(result, "labs") == "15 5 6 1 1 2"
    assert failed(result, "labs") == [(9, "missing_value", "lab_id"), (7, "missing_value", "value_text")]
    assert evaluate([tmp_path / "a_delta", tmp_path / "b_full", tmp_path / "a_delta"], SALT)["reconciliation"] == result["reconciliation"]


def test_a_full_batch_replaces_table_by_table(tmp_path: Path) -> None:
    write_batch(
        tmp_path / "1",
        {"patients": [patient("P1")], "labs": [lab("1", updated_at="2030-01-01"), lab("2"), lab("3")]},
        "2023-01-01T00:00:00Z",
    )
    write_batch(tmp_path / "2", {"patients": [patient("P1")], "labs": [lab("1", unit="new"), lab("2")]}, "2023-02-01T00:00:00Z")
    write_batch(tmp_path / "3", {"patients": [patient("P1")]}, "2023-03-01T00:00:00Z")
    result = evaluate(tmp_path, SALT)
    assert counts(result, "labs") == "5 2 2 1 0 0"
    assert counts(result, "patients") == "3 1 0 2 0 0"


def test_the_first_failed_rule_counts(tmp_path: Path) -> None:
    orders = [
        {"order_id": "1", "drug_name": "x", "started_on": "2020-02-30", "ended_on": "2019-01-01", "patient_id": "nobody"},
        {"order_id": "2", "drug_name": "-", "started_on": "2020-02-30", "patient_id": "P1"},
        {"order_id": "3", "drug_name": "x", "started_on": "2020-02-02", "ended_on": "2020-02-01", "patient_id": "nobody"},
        {"order_id": "4", "drug_name": "x", "started_on": "2020-02-02", "ended_on": "2024-01-02", "patient_id": "nobody"},
        {"order_id": "5", "drug_name": "x", "started_on": "2020-02-02", "patient_id": "nobody"},
        {"order_id": "6", "drug_name": "x", "started_on": "1899-12-31", "patient_id": "P1"},
        {"order_id": "7", "drug_name": "x", "started_on": "2020-02-02", "ended_on": "2020-02", "patient_id": "P1"},
    ]
    contacts = [
        {"contact_id": "1", "patient_id": "P1", "contacted_on": "2020-01-01", "vital_status": "dead"},
        {"contact_id": "2", "patient_id": "P1", "contacted_on": "2020-01-01", "vital_status": "gone"},
        {"contact_id": "3", "patient_id": "P1", "contacted_on": "2020-01-01", "vital_status": "dead", "death_date": "2024-02"},
        {"contact_id": "4", "patient_id": "P1", "contacted_on": "2020-01-01", "vital_status": "dead", "death_date": "2024年1月"},
    ]
    write_batch(tmp_path / "1", {"patients": [patient("P1"), patient("P2", sex="x")], "medications": orders, "follow_ups": contacts})
    result = evaluate(tmp_path, SALT)
    assert failed(result, "medications") == [
        (2, "unreadable_date", "started_on"),
        (3, "missing_value", "drug_name"),
        (4, "interval_reversed", "ended_on"),
        (5, "date_out_of_range", "ended_on"),
        (6, "unknown_patient", "patient_id"),
        (7, "date_out_of_range", "started_on"),
        (8, "unreadable_date", "ended_on"),
    ]
    assert failed(result, "follow_ups") == [
        (2, "dead_without_date", "death_date"),
        (3, "unreadable_value", "vital_status"),
        (4, "date_out_of_range", "death_date"),
    ]
    assert failed(result, "patients") == [(3, "unreadable_value", "sex")]
    assert [one["patients_left"] for one in result["attrition"]][:2] == [1, 0]


def test_merges_from_the_end_of_a_chain(tmp_path: Path) -> None:
    """A -> B -> C with an unknown C: the last merge has no effect, the first does, and B is the survivor."""
    merges = [("A", "B"), ("B", "C"), ("D", "E"), ("E", "F")]
    rows = {
        "patients": [patient("A"), patient("B"), patient("F")],
        "patient_merges": [{"retired_patient_id": one, "surviving_patient_id": other} for one, other in merges],
        "labs": [lab(one, one) for one in "ABCDEF"],
    }
    write_batch(tmp_path / "1", rows)
    result = evaluate(tmp_path, SALT)
    assert failed(result, "patient_merges") == [(3, "unknown_patient", "surviving_patient_id")]
    assert failed(result, "labs") == [(4, "unknown_patient", "patient_id")]
    assert set(result["courses"]) == {patient_key("B", SALT), patient_key("F", SALT)}
    assert counts(result, "patients") == "3 3 0 0 0 0"


def test_a_circle_of_merges_is_refused(tmp_path: Path) -> None:
    merges = [{"retired_patient_id": one, "surviving_patient_id": other} for one, other in ("AB", "BC", "CA")]
    write_batch(tmp_path / "1", {"patients": [patient("A")], "patient_merges": merges})
    with pytest.raises(Refusal, match=r"line 2, .*line 3, .*line 4"):
        evaluate(tmp_path, SALT)


def test_a_missing_required_column_is_refused(tmp_path: Path) -> None:
    write_batch(tmp_path / "1", {"patients": [patient("P1")]})
    (tmp_path / "1" / "labs.csv").write_text("lab_id,patient_id,collected_on,analyte\n1,P1,2020-01-01,CEA\n", encoding="utf-8")
    with pytest.raises(Refusal, match=r"labs\.csv has no column value_text"):
        evaluate(tmp_path, SALT)


def test_events_after_the_cut_off_do_not_exist(tmp_path: Path) -> None:
    """The cut-off is the export day of the last batch by its instant, here a day before the other's."""
    contact = {"patient_id": "P1", "vital_status": "alive"}
    rows = {"patients": [patient("P1")], "follow_ups": [contact | {"contact_id": "1", "contacted_on": "2023-06-02"}]}
    write_batch(tmp_path / "1", rows, "2023-06-02T07:00:00+08:00")
    write_batch(tmp_path / "2", {"labs": [lab("1", collected_on="2023-06-01")]}, "2023-06-01T20:00:00-05:00", "delta")
    result = evaluate(tmp_path, SALT)
    course = result["courses"][patient_key("P1", SALT)]
    assert course.patient.contacts == []
    assert len(course.patient.other_days) == 1
    assert result["quarantine"] == []


def test_line_numbers_are_physical(tmp_path: Path) -> None:
    write_batch(tmp_path / "1", {"patients": [patient("P1", address="a\nb\r\nc"), patient("")]})
    assert failed(evaluate(tmp_path, SALT), "patients") == [(5, "missing_value", "patient_id")]


SYNONYMS = {
    "紫杉醇": frozenset({"paclitaxel"}),
    "多西紫杉醇": frozenset({"docetaxel"}),
    "gem": frozenset({"gemcitabine"}),
    "s-1": frozenset({"s1"}),
    "k药": frozenset({"pembrolizumab"}),
    "ac方案": frozenset({"pemetrexed", "carboplatin"}),
    "pd-1单抗": frozenset(),
    "ak112": frozenset({"ivonescimab"}),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("多西紫杉醇", {"docetaxel"}),
        ("多西紫杉醇 + 紫杉醇", {"docetaxel", "paclitaxel"}),
        ("sugemalimab", set()),
        ("GEM1.4g", {"gemcitabine"}),
        ("gemox", set()),
        ("Ｓ－１ 40mg", {"s1"}),
        ("S-10", set()),
        ("S-1mg", set()),
        ("AK112 20mg", {"ivonescimab"}),
        ("AK1120", set()),
        ("K药+AC方案q3w", {"pembrolizumab", "pemetrexed", "carboplatin"}),
        ("CAC方案", set()),
        ("PD-1单抗", set()),
    ],
)
def test_drug_names(name: str, expected: set[str]) -> None:
    assert find_ingredients(name, SYNONYMS) == expected


@pytest.mark.parametrize(
    ("test_name", "method", "text", "expected"),
    [
        ("ALK", "IHC", "ALK (D5F3) (+)", "positive"),
        ("ALK", "IHC", "ALK（-），ROS1（+）", "negative"),
        ("ALK", "IHC", "TTF-1(-), ALK(+)", "positive"),
        ("NGS panel", "", "未检出EGFR突变，EML4-ALK融合 丰度 12.3%", "positive"),
        ("NGS panel", "", "未检出ALK融合，ROS1融合阳性", "negative"),
        ("NGS panel", "", "CD74-ROS1融合 阳性", "no test"),
        ("ROS1", "IHC", "ALK(+)", "no test"),
        ("ALK", "NGS", "G1202R 阳性", "None"),
        ("ALK", "IHC", "弱阳性", "None"),
        ("ALK", "FISH", "15％", "positive"),
        ("ALK", "FISH", "14.9%", "negative"),
        ("ALK", "IHC", "-", "None"),
    ],
)
def test_alk_texts(test_name: str, method: str, text: str, expected: str) -> None:
    found = str(alk_result(test_name, method, text)) if is_alk_test(test_name, text) else "no test"
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TPS 60%", "positive >=50 60.0"),
        ("PD-L1(22C3) TPS：0.5％", "negative <1 0.5"),
        ("约49.5%", "positive 1-49 49.5"),
        ("TPS<1%", "negative <1 None"),
        ("1%≤TPS<50%", "positive 1-49 None"),
        ("TPS 1-50%", "positive None None"),
        ("0-1%", "negative None None"),
        (">=1%", "positive None None"),
        ("TC 5% IC 10%", "positive 1-49 5.0"),
        ("PD-L1(-), Ki-67 30%", "negative None None"),
        ("(+, 5%)", "positive 1-49 5.0"),
        ("阳性", "positive None None"),
        ("0", "negative None None"),
        ("60", "no part"),
        ("CPS 10", "no part"),
        ("个别(+)", "no part"),
        ("肿瘤细胞<100个,不能评估", "no part"),
        ("/", "no part"),
    ],
)
def test_pd_l1_texts(text: str, expected: str) -> None:
    result = pd_l1_result(text)
    if result is None:
        assert expected == "no part"
    else:
        number = None if isinstance(result, str) else result.number
        assert f"{pd_l1_status(result, 1)} {pd_l1_level(result)} {number}" == expected


def test_a_score_that_the_test_is_named_after() -> None:
    named = pd_l1_result("0", "PD-L1 TPS")
    assert not isinstance(named, str)
    assert named is not None
    assert named.number == 0
    assert [pd_l1_result(text, "PD-L1 CPS") for text in ("60%", "60", "阳性")] == [None, None, None]
    assert pd_l1_result("TPS<1%", "PD-L1 CPS") == pd_l1_result("TPS<1%")


def test_only_tumour_cell_scores_can_be_impossible() -> None:
    assert tumour_cell_numbers("120%", "PD-L1 CPS") == []
    assert max(tumour_cell_numbers("TPS 101%")) > 100
    assert tumour_cell_numbers("CPS 120") == []


def test_values() -> None:
    first = read_date("2021-03-05")
    assert all(
        read_date(text) == first
        for text in ("2021/3/5", "20210305", "2021.03.05", "2021年3月5日", "05-Mar-2021", "２０２１－０３－０５ 10:00")
    )
    assert (read_date("3/5/2021"), read_date("3/5/2021", "mdy"), read_date("5/3/2021", "dmy")) == (None, first, first)
    assert read_date("05-OCT-2021T23:59:59Z") == read_date("2021-10-05")
    assert (read_date("2021-02-29"), read_date("2021-03"), read_month("2021年3月"), read_month("2021/3")) == (
        None,
        None,
        read_date("2021-03-01"),
        None,
    )
    assert [read_ecog(text) for text in ("1", "ECOG PS：2分", "PS=3", "9", "0-1", "good")] == [1, 2, 3, 9, None, None]
    assert [read_response(text) for text in ("pd (liver)", "SD（缩小）", "PD?", "iCPD", "进展；新发")] == ["PD", "SD", None, "PD", "PD"]
    assert [names_small_cell(text) for text in ("NSCLC", "non-small-cell", "combined small cell and NSCLC", "小细胞")] == [
        False,
        False,
        True,
        True,
    ]


def test_birthday_on_29_february() -> None:
    born = read_date("2004-02-29")
    days = ("2022-02-28", "2022-03-01", "2024-02-28", "2024-02-29")
    assert born is not None
    assert [completed_years(born, day) for day in map(read_date, days) if day] == [17, 18, 19, 20]


def test_days_of_the_cases() -> None:
    assert (on(0), on(-1)) == ("2020-01-01", "2019-12-31")
