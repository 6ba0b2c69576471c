"""ALK results (rule 1, fine print 'Biomarkers'): text | test name | method | expected; ALK and no method unless given."""

from __future__ import annotations

import pytest

from tests.texts.tables import biomarker_answers, biomarker_cases

SHAPES_OF_THE_CONTRACT = """
ALK (D5F3) (+)                              | positive
ALK(Ventana D5F3)：阳性                     | positive
ALK（-），ROS1（-）                         | negative
ALK融合(EML4-ALK，E13:A20) 丰度 12.3%       | positive
未检出ALK融合                               | negative
未见                                        | negative
wild type                                   | negative
野生型                                      | negative
待排                                        | no result
送检中                                      | no result
待回报                                      | no result
加做                                        | no result
弱阳性                                      | no result
标本量不足                                  | no result
NA                                          | no result
/                                           | no result
-                                           | no result
未知                                        | no result
"""

SIGNS_AND_WORDS = """
阳性                       | positive
Positive                   | positive
（＋）                     | positive
(++)                       | positive
(3+)                       | positive
3+                         | positive
+                          | positive
ALK +                      | positive
强阳性                     | positive
ALK rearranged             | positive
检出                       | positive
阴性                       | negative
NEGATIVE                   | negative
(-)                        | negative
（－）                     | negative
( - )                      | negative
(−)                        | negative
ALK -                      | negative
ALK:-                      | negative
not detected               | negative
Not Detected               | negative
wild-type                  | negative
not rearranged             | negative
non-rearranged             | negative
未检出                     | negative
未检测到                   | negative
weak positive              | no result
弱(+)                      | no result
±                          | no result
(±)                        | no result
+/-                        | no result
(+/-)                      | no result
灶+                        | no result
灶性(+)                    | no result
个别(+)                    | no result
可疑阳性                   | no result
阳性?                      | no result
equivocal                  | no result
pending                    | no result
不能评估                   | no result
not evaluable              | no result
检测失败                   | no result
未检测                     | no result
N/A                        | no result
详见报告                   | unmapped
12345                      | unmapped
"""

FUSIONS = """
ALK融合                                | positive
ALK重排                                | positive
ALK rearrangement                      | positive
ALK gene fusion detected               | positive
检出ALK融合                            | positive
检测到EML4-ALK融合                     | positive
EML4-ALK                               | positive
EML4-ALK V3a/b                         | positive
EML4(exon13)-ALK(exon20)               | positive
EML4::ALK                              | positive
KIF5B-ALK融合                          | positive
ALK E6a;A20                            | positive
ALK translocation                      | positive
positive for ALK rearrangement         | positive
ALK融合阳性                            | positive
ALK融合阴性                            | negative
ALK融合：未检出                        | negative
ALK融合未检出                          | negative
ALK fusion not detected                | negative
ALK fusion: Negative                   | negative
EML4-ALK(-)                            | negative
No ALK rearrangement detected          | negative
no evidence of ALK fusion              | negative
negative for ALK rearrangement         | negative
无ALK融合                              | negative
未见ALK基因断裂                        | negative
ALK基因未见重排                        | negative
本次检测未检出ALK融合                  | negative
结果：未检测到ALK基因融合              | negative
ALK融合弱阳性                          | no result
ALK融合待排                            | no result
ALK融合基因检测：阴性                  | negative
ALK融合基因检测                        | unmapped
"""

POINT_MUTATIONS = """
G1202R                                     | no result
ALK G1202R                                 | no result
ALK G1202R突变阳性                         | no result
ALK L1196M (+)                             | no result
ALK p.G1202R, L1196M mutation positive     | no result
检出ALK G1202R突变                         | no result
ALK I1171N detected                        | no result
ALK突变阳性                                | no result
ALK扩增阳性                                | no result
EML4-ALK融合，未检出G1202R                 | positive
EML4-ALK融合,未检出 G1202R 突变            | positive
EML4-ALK融合阳性,未检出ALK G1202R突变      | positive
EML4-ALK融合，G1202R阳性                   | positive
ALK fusion with G1202R                     | positive
ALK G1202R(+), EML4-ALK(+)                 | positive
ALK融合阳性，未检出其他突变                | positive
ALK融合及G1202R突变均未检出                | negative
"""

SEVERAL_STAINS = """
ALK(-),ROS1(-)                                     | negative
ALK(-),ROS1(+)                                     | negative
ALK(+),ROS1(-)                                     | positive
ROS1(+),ALK(-)                                     | negative
ROS1(-) ALK(+)                                     | positive
ALK(D5F3)(+) PD-L1(TPS 60%) ROS1(-)                | positive
ALK(D5F3)(-) PD-L1(TPS 60%)(+) ROS1(+)             | negative
TTF-1(+),NapsinA(+),P40(-),ALK(D5F3)(-),Ki-67(30%+) | negative
CK7(+), CK5/6(-), ALK(D5F3)(+), P63(-)             | positive
EGFR阴性,ALK阳性                                   | positive
EGFR阳性，ALK阴性                                  | negative
EGFR阴性 ALK阳性                                   | positive
ALK: Negative; ROS1: Positive                      | negative
KRAS wild-type; ALK: positive                      | positive
EML4-ALK融合;EGFR 野生型                           | positive
未检出ALK、ROS1融合                                | negative
未检出ROS1、ALK融合                                | negative
未检出EGFR突变及ALK融合                            | negative
未检出EGFR突变,ALK融合阳性                         | positive
未检出EGFR突变、ROS1融合，检出EML4-ALK融合         | positive
检出EGFR突变,未检出ALK融合                         | negative
No EGFR mutation, ALK fusion positive              | positive
no EGFR mutation or ALK rearrangement              | negative
negative for EGFR, ROS1 and ALK                    | negative
EGFR、ALK、ROS1均阴性                              | negative
EGFR/ALK/ROS1: negative                            | negative
ALK融合及ROS1融合均未检出                          | negative
ALK融合阳性,ROS1融合未检出                         | positive
ROS1融合未检出,ALK融合阳性                         | positive
ALK、ROS1(+)                                       | no result
ALK IHC(-), ALK FISH(+)                            | positive
ALK(D5F3)(-),阳性对照(+)                           | negative
ALK(D5F3)(+),阴性对照(-)                           | positive
ALK(D5F3)(+)，建议FISH验证                         | positive
ALK(+)⏎ROS1(-)                                     | positive
(-), ROS1(+)                                       | negative
●ALK(+) ●ROS1(-)                                   | positive
可疑肺癌,ALK(+)                                    | positive
转移灶活检:ALK(+)                                  | positive
ROS1(-), ALK                                       | no result
"""

FISH = """
20%                                 | ALK | FISH | positive
15%                                 | ALK | FISH | positive
15 %                                | ALK FISH | | positive
14.9%                               | ALK | FISH | negative
8％                                 | ALK | fish | negative
>15%                                | ALK | FISH | positive
≥15%                                | ALK | FISH | positive
<15%                                | ALK | FISH | negative
<5%                                 | ALK | FISH | negative
10-20%                              | ALK | FISH | negative
15-20%                              | ALK | FISH | positive
阳性 (20%)                          | ALK | FISH | positive
阳性 (12%)                          | ALK | FISH | negative
阴性 (20%)                          | ALK | FISH | negative
弱阳性 20%                          | ALK | FISH | no result
待回报                              | ALK | FISH | no result
可见ALK基因分离信号细胞占16%(阈值15%) | ALK | FISH | positive
分离信号细胞 20%，≥15%为阳性        | ALK | FISH | positive
分离信号细胞 8%，≥15%为阳性         | ALK | FISH | negative
阳性                                | ALK | FISH | positive
(+)                                 | ALK | FISH | positive
FISH 20%                            | positive
ALK FISH: 10%                       | negative
split cells 20%                     | positive
分离细胞 20%                        | ALK | IHC | positive
20%                                 | ALK | IHC | unmapped
阳性 10%                            | ALK | IHC | positive
ALK融合 5%                          | ALK | NGS | positive
EML4-ALK fusion, 5% of reads        | ALK | NGS | positive
"""

WHICH_TESTS = """
阳性                                | ALK-D5F3 | IHC | positive
阳性                                | alk fusion | RT-PCR | positive
阳性                                | EML4-ALK融合基因 | | positive
(+)                                 | ALK/ROS1 | | positive
阳性                                | ROS1 | IHC | no row
30                                  | Alkaline phosphatase | | no row
EML4-ALK fusion                     | EGFR | PCR | no row
检出EML4-ALK融合                    | 肺癌10基因套餐 | NGS | positive
EML4-ALK rearrangement; KRAS wild type | NGS panel 68 | NGS | positive
EGFR 未检出突变，EML4-ALK融合 丰度 8% | 肺癌多基因检测 | NGS | positive
未检出ALK融合，ROS1融合阳性         | 肺癌多基因检测 | NGS | negative
ALK rearrangement not detected      | Lung Panel | | negative
EGFR L858R                          | NGS panel | NGS | no row
ALK G1202R (12%)                    | NGS panel | NGS | no row
CD74-ROS1融合 阳性                  | 多基因检测 | NGS | no row
"""

TABLES = {name.lower(): table for name, table in globals().items() if name.isupper() and isinstance(table, str)}


@pytest.mark.parametrize("name", TABLES)
def test_alk(name: str) -> None:
    expected = biomarker_cases(TABLES[name], "ALK")
    assert biomarker_answers(expected, "alk") == expected
