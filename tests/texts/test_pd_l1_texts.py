"""PD-L1 results (rule 10, fine print 'Biomarkers'): text | test name | method | expected; PD-L1 and no method unless given."""

from __future__ import annotations

import pytest

from tests.texts.tables import biomarker_answers, biomarker_cases

SHAPES_OF_THE_CONTRACT = """
TPS 60%                        | 60
TPS=60%                        | 60
PD-L1(22C3) TPS：60％          | 60
ＴＰＳ　６０％                 | 60
TPS<1%                         | [0, 1)
TPS＜1%                        | [0, 1)
肿瘤细胞阳性比例<1%            | [0, 1)
TPS: 1-49%                     | [1, 49]
1%～49%                        | [1, 49]
1%≤TPS<50%                     | [1, 50)
TPS ≥50%                       | [50, 100]
约60%                          | 60
60-70%                         | [60, 70]
PD-L1（-）                     | negative
阴性                           | negative
0                              | negative
PD-L1（+）                     | positive
阳性                           | positive
(+, 5%)                        | 5
CPS 10                         | no result
CPS=5                          | no result
TC 5% IC 10%                   | 5
弱阳性                         | no result
少量细胞阳性                   | no result
个别(+)                        | no result
标本量不足                     | no result
肿瘤细胞<100个,不能评估        | no result
NA                             | no result
/                              | no result
-                              | no result
未知                           | no result
待回报                         | no result
0-1%                           | [0, 1]
0-1                            | [0, 1]
TPS 0.5%                       | 0.5
49.5%                          | 49.5
"""

NUMBERS = """
TPS 0%                              | 0
TPS 1%                              | 1
TPS 100%                            | 100
TPS 99.9 %                          | 99.9
TPS 60                              | 60
TPS:60                              | 60
TPS60%                              | 60
TPS评分60分                         | 60
TPS of 60%                          | 60
TPS: approximately 60%              | 60
TPS ~60%                            | 60
60% TPS                             | 60
(60%)                               | 60
60%(+)                              | 60
阳性，60%                           | 60
阴性(0%)                            | 0
60%肿瘤细胞阳性                     | 60
positive in 60% of tumor cells      | 60
Tumor Proportion Score (TPS): 60%   | 60
TC=5%                               | 5
PD-L1 28-8 60%                      | 60
PD-L1-22C3-TPS-60%                  | 60
PD-L1 (SP263) 30%                   | 30
60%                                 | PD-L1 (E1L3N) | IHC | 60
60                                  | PD-L1 TPS | IHC | 60
60                                  | PD-L1 | TPS, 22C3 | 60
0                                   | PD-L1 TPS | IHC | 0
60                                  | unmapped
2021-03-05                          | unmapped
肿瘤细胞约占80%，TPS 5%             | 5
TPS 60%(cut-off 1%)                 | 60
TPS:60%(1-49%为低表达,≥50%为高表达) | 60
弱阳性,TPS 5%                       | no result
"""

RANGES = """
<1%                       | [0, 1)
< 1 %                     | [0, 1)
≤1%                       | [0, 1]
>=50%                     | [50, 100]
≥50%                      | [50, 100]
>50%                      | (50, 100]
TPS ≥1%                   | [1, 100]
阳性(≥1%)                 | [1, 100]
阴性(<1%)                 | [0, 1)
阴性 TPS<1%               | [0, 1)
TPS<1                     | [0, 1)
TPS=1-49                  | [1, 49]
1%-49%                    | [1, 49]
1–49%                     | [1, 49]
1%~49%                    | [1, 49]
60%-70%                   | [60, 70]
60至70%                   | [60, 70]
TPS 60% to 70%            | [60, 70]
TPS 1%-<50%               | [1, 50)
1≤TPS<50                  | [1, 50)
1%<TPS≤50%                | (1, 50]
50%>TPS≥1%                | [1, 50)
TPS≥1%且<50%              | [1, 50)
≥1%,<50%                  | [1, 50)
TPS 小于1%                | [0, 1)
TPS不足1%                 | [0, 1)
TPS大于等于50%            | [50, 100]
TPS 50%以上               | [50, 100]
less than 1%              | [0, 1)
TC0 IC0                   | [0, 1)
TC1/IC2                   | [1, 5)
TC3/IC2                   | [50, 100]
70-60%                    | unmapped
"""

IMPOSSIBLE = """
TPS 120%                  | impossible
120%                      | impossible
TC 101%                   | impossible
TPS 100.5%                | impossible
TPS>100%                  | impossible
90-110%                   | impossible
TPS 120%                  | PD-L1 (22C3) | IHC | impossible
CPS 120                   | no result
CPS 120，TPS 60%          | 60
"""

OTHER_SCORES = """
CPS 10%                          | no result
CPS≥10                           | no result
1≤CPS<10                         | no result
CPS<1                            | no result
IC 10%                           | no result
免疫细胞阳性10%                  | no result
联合阳性评分10                   | no result
combined positive score 10       | no result
阳性, CPS 10                     | no result
PD-L1阳性(CPS=10)                | no result
PD-L1(+), TPS 5%, CPS 10         | 5
TPS 60%, CPS 65                  | 60
CPS:65；TPS:60%                  | 60
TPS<1%, 1≤CPS<10                 | [0, 1)
IC 10% TC 5%                     | 5
肿瘤细胞60%阳性,免疫细胞10%      | 60
10                               | PD-L1 CPS | IHC | no result
10%                              | PD-L1 (CPS) | IHC | no result
阳性                             | PD-L1 (CPS) | IHC | no result
TPS 60%                          | PD-L1 (CPS) | IHC | 60
CPS 10                           | PD-L1 TPS | IHC | no result
60                               | PD-L1 TPS/CPS | IHC | unmapped
"""

WORDS = """
positive                 | positive
(2+)                     | positive
+                        | positive
强阳性                   | positive
PD-L1表达阳性            | positive
Negative                 | negative
(-)                      | negative
PD-L1 -                  | negative
not detected             | negative
no expression            | negative
未见PD-L1表达            | negative
PD-L1表达阴性            | negative
weakly positive          | no result
±                        | no result
低表达                   | no result
阳性?                    | no result
TPS 60%?                 | no result
pending                  | no result
送检中                   | no result
加做                     | no result
not evaluable            | no result
无法评估                 | no result
insufficient tumor cells | no result
肿瘤细胞约占5%，不能评估 | no result
TPS 不能评估(肿瘤细胞占比<5%) | no result
未见肿瘤细胞             | no result
检测失败                 | no result
未做                     | no result
详见报告                 | unmapped
"""

SEVERAL_STAINS = """
ALK(D5F3)(+) PD-L1(TPS 60%) ROS1(-)          | 60
ALK(+), PD-L1(-)                             | negative
PD-L1(+), ALK(-)                             | positive
PD-L1(22C3)(+), ALK(-)                       | positive
PD-L1(-), Ki-67(30%+)                        | negative
Ki-67 30%, PD-L1 TPS 5%                      | 5
Ki-67(30%), TTF-1(+), PD-L1(22C3)(TPS=80%)   | 80
TPS 20%, Ki-67 60%                           | 20
EGFR(-), TPS 60%                             | 60
●60%                                         | 60
CK7(+), 1%≤TPS<50%                           | [1, 50)
PD-1(+), PD-L1(-)                            | negative
60%                                          | ALK/PD-L1 | IHC | 60
ALK(-), PD-L1 60%                            | ALK/PD-L1 | IHC | 60
ALK(-)                                       | PD-L1 | IHC | no result
TPS 60%                                      | ALK | IHC | no row
TPS 60%                                      | PDL1 | IHC | 60
TPS 60%                                      | pd l1 | IHC | 60
"""

TABLES = {name.lower(): table for name, table in globals().items() if name.isupper() and isinstance(table, str)}


@pytest.mark.parametrize("name", TABLES)
def test_pd_l1(name: str) -> None:
    expected = biomarker_cases(TABLES[name], "PD-L1")
    assert biomarker_answers(expected, "pd_l1") == expected


def test_a_test_of_both_markers_has_a_row_for_each() -> None:
    case = ("ALK+PD-L1", "IHC", "ALK(D5F3)(+), PD-L1(22C3)(TPS<1%)")
    assert biomarker_answers([case], "alk") == {case: "positive"}
    assert biomarker_answers([case], "pd_l1") == {case: "[0, 1)"}
