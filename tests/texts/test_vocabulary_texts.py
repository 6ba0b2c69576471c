"""Responses, histologies, stages and procedures: what each text means, and which are listed as unmapped."""

from __future__ import annotations

from typing import Any

from tests.texts.tables import expectations, look_up_texts, read_values, shown

RESPONSES = """
CR                                   | CR
pr                                   | PR
Sd                                   | SD
PD                                   | PD
NE                                   | NE
ＰＤ                                 | PD
iCR                                  | CR
iPR                                  | PR
iSD                                  | SD
iUPD                                 | iUPD
IUPD (unconfirmed)                   | iUPD
iCPD                                 | PD
Complete Response                    | CR
partial response                     | PR
STABLE DISEASE                       | SD
progressive disease, new lesion      | PD
not evaluable                        | NE
完全缓解                             | CR
部分缓解                             | PR
疾病稳定                             | SD
疾病进展                             | PD
进展                                 | PD
无法评价                             | NE
SD(缩小)                             | SD
SD（缩小）                           | SD
PD，新发脑转移                       | PD
进展；肝转移                         | PD
疾病稳定 较前相仿                    | SD
PD [liver]                           | PD
PR【靶病灶】                         | PR
PD⏎新发病灶                          | PD
PD?                                  | -
SD+                                  | -
SD/PD                                | -
PDL1                                 | -
PD-L1                                | -
进展期                               | -
缓慢进展                             | -
混合反应                             | -
较前相仿                             | -
non-CR/non-PD                        | -
(PD)                                 | -
NA                                   | -
"""

HISTOLOGIES = """
小细胞癌                                       | small cell, small_cell
小细胞肺癌                                     | small cell, small_cell
small cell carcinoma                           | small cell, small_cell
Small-Cell Lung Cancer                         | small cell, small_cell
SCLC                                           | small cell, small_cell
8041/3                                         | small cell, small_cell
combined small cell and adenocarcinoma         | small cell, small_cell
复合型小细胞癌（小细胞癌+腺癌）                | small cell, small_cell
非小细胞肺癌合并小细胞癌                       | small cell, small_cell
NSCLC with small cell transformation           | small cell, small_cell
腺癌小细胞转化                                 | small cell, small_cell
non-small cell carcinoma and small cell        | small cell, small_cell
非小细胞肺癌                                   | nsclc_nos
non-small cell lung cancer                     | nsclc_nos
Non–Small-Cell Lung Cancer                     | nsclc_nos
Nonsmall cell                                  | nsclc_nos
NSCLC                                          | nsclc_nos
NSCLC-NOS                                      | nsclc_nos
8046/3                                         | nsclc_nos
NSCLC, no small cell component                 | nsclc_nos
非小细胞癌，未见小细胞成分                     | nsclc_nos
非鳞NSCLC                                      | nsclc_nos
腺癌                                           | adenocarcinoma
浸润性腺癌                                     | adenocarcinoma
肺腺癌（腺泡型）                               | adenocarcinoma
Lung Adenocarcinoma                            | adenocarcinoma
lung adenocarcinoma, NSCLC                     | adenocarcinoma
非小细胞癌，倾向腺癌                           | adenocarcinoma
non-squamous, adenocarcinoma                   | adenocarcinoma
8140/3                                         | adenocarcinoma
鳞状细胞癌                                     | squamous
鳞癌                                           | squamous
squamous cell carcinoma                        | squamous
8070/3                                         | squamous
腺鳞癌                                         | adenosquamous
adenosquamous carcinoma                        | adenosquamous
大细胞癌                                       | large_cell
large-cell neuroendocrine carcinoma            | large_cell
肉瘤样癌                                       | sarcomatoid
类癌                                           | other
腺样囊性癌                                     | other
肺癌                                           | unmapped
恶性肿瘤                                       | unmapped
xyz                                            | unmapped
NA                                             | -
未知                                           | -
"""

STAGES = """
I                        | I
IA                       | IA
IA3                      | IA
Ⅰ期                      | I
IB期                     | IB
II                       | II
IIA                      | IIA
ⅡB期                     | IIB
III                      | III
IIIA                     | IIIA
iiia                     | IIIA
Ⅲa期                     | IIIA
IIIB                     | IIIB
IIIb期                   | IIIB
III B期                  | IIIB
Stage IIIB               | IIIB
stageIIIB                | IIIB
STAGE: IIIC              | IIIC
cIIIB                    | IIIB
pIIIA                    | IIIA
ypIIA                    | IIA
clinical stage IIIC      | IIIC
IIIB (AJCC 7)            | IIIB
IV                       | IV
IVA                      | IV
IVB期                    | IV
Ⅳ期                      | IV
cIVA期                   | IV
Stage IV                 | IV
4期                      | IV
第4期                    | IV
stage 4                  | IV
3B期                     | IIIB
M1                       | IV
M1a                      | IV
T2aN3M1c                 | IV
cT2aN3M1c                | IV
pT1N2pM1                 | IV
cT4N2aM1c2               | IV
cT2N3M1c IVB期           | IV
rT0N0M1b                 | IV
TxNxM1                   | IV
pT1bN2M0 IIIA            | IIIA
cT4N3M0 IIIC期           | IIIC
pT1bN2M0                 | -
cT4N3M0                  | -
IIIA(N2)                 | IIIA
III/IV期                 | IV
IV?                      | unmapped
IV期？                   | unmapped
晚期                     | unmapped
广泛期                   | unmapped
V                        | unmapped
IIC                      | unmapped
14期                     | unmapped
肿瘤3cm1枚               | unmapped
invasive                 | unmapped
NA                       | -
"""

PROCEDURES = """
biopsy                            | tissue
CT-guided core needle biopsy      | tissue
re-biopsy                         | tissue
CT引导下肺穿刺活检                | tissue
活检                              | tissue
支气管镜活检                      | tissue
EBUS-TBNA                         | tissue
FNA                               | tissue
肺叶切除术                        | tissue
手术切除                          | tissue
lobectomy                         | tissue
wedge resection                   | tissue
Surgical Resection                | tissue
细胞学                            | tissue
胸水细胞学                        | tissue
血性胸水沉渣包埋                  | tissue
pleural effusion cytology         | tissue
cell block                        | tissue
ｂｉｏｐｓｙ                      | tissue
blood                             | not tissue
Peripheral blood draw             | not tissue
plasma                            | not tissue
plasma ctDNA                      | not tissue
liquid biopsy                     | not tissue
Liquid-Biopsy                     | not tissue
liquid biopsy (plasma)            | not tissue
外周血                            | not tissue
血浆                              | not tissue
静脉采血                          | not tissue
静脉穿刺                          | not tissue
液体活检                          | not tissue
液体活检（血浆）                  | not tissue
血液                              | not tissue
other                             | unmapped
尿液                              | unmapped
microbiopsychology                | unmapped
NA                                | -
"""


def test_responses() -> None:
    expected = expectations(RESPONSES)
    found = look_up_texts("hospital_response_texts", "assessments", "response_text", expected, lambda row: shown(row["response"]))
    assert found == expected


def test_histologies() -> None:
    def answer(row: dict[str, Any]) -> str:
        if not row["is_known"]:
            return "unmapped"
        return ("small cell, " if row["is_small_cell"] else "") + shown(row["histology_class"])

    expected = expectations(HISTOLOGIES)
    assert look_up_texts("hospital_histology_texts", "diagnoses", "histology_text", expected, answer) == expected


def test_stages() -> None:
    def answer(row: dict[str, Any]) -> str:
        return shown(row["stage_group"]) if row["is_known"] else "unmapped"

    expected = expectations(STAGES)
    assert look_up_texts("hospital_stage_texts", "diagnoses", "stage_text", expected, answer) == expected


def test_procedures() -> None:
    def answer(row: dict[str, Any]) -> str:
        if row["is_tissue"]:
            return "tissue"
        if not row["is_known"]:
            return "unmapped"
        return "-" if row["procedure_text"] == "NA" else "not tissue"

    expected = expectations(PROCEDURES)
    assert look_up_texts("hospital_procedure_texts", "specimens", "procedure_text", expected, answer) == expected


def test_latin_terms_are_whole_words_and_chinese_ones_are_found_anywhere() -> None:
    expected = {"non-small  cell": True, "non small cells": False, "anon small cell": False, "肺NON SMALL CELL癌": True}
    assert read_values("{{ names_term(plain_text('text'), \"'non small cell'\") }}", expected) == expected
    assert read_values("{{ names_term('text', \"'腺癌'\") }}", ["肺腺癌伴"]) == {"肺腺癌伴": True}
