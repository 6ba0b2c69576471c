"""Biomarker rows to results (protocol rules 1 and 10; raw_exports 'Fine print', Biomarkers; the table of shapes in the clinical facts)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .values import is_blank, normalise

PANEL = re.compile(r"panel|ngs|套餐|多基因")
# Stains and genes that a report names beside ours; a sign belongs to the one before it.
STAIN = re.compile(
    r"(?<![a-z])(?:(?P<alk>alk)|(?P<pd_l1>pd-?l1)|ros-?1|ret|egfr|kras|braf|c?-?met|her-?2|ntrk[123]?|ttf-?1|napsin ?a|p40|p63|p53|"
    r"ck\d+(?:/\d+)?|ki-?67|syn|cga|cd\d+)(?![a-z])",
)
CLAUSE_END = re.compile(r"[,;。\n]|\.\s")

FOLLOWING_NEGATION = re.compile(r"未检出|未见|未发现|not detected|阴性|negative|wild[- ]?type|野生型|\(\s*[-−–]+\s*\)")
LEADING_NEGATION = re.compile(r"未检出|未见|未发现|无(?!法)|\bno\b|\bnot detected\b")
DOUBTFUL = re.compile(
    r"弱|weak|±|\+/-|少量|个别|灶\s*\(?\s*\+|可疑|疑似|equivocal|indeterminate|doubtful|borderline|不确定|临界|\?|"
    r"待|送检中|加做|pending|不足|insufficient|不能评估|无法评估|无法评价|不可评估|not evaluable|失败|failed",
)
FUSION = re.compile(r"融合|重排|fusion|rearrang")
POSITIVE = re.compile(r"阳性|positive|\(\s*\d?\s*\++\s*(?:[,;][^)]*)?\)|\++\s*$")
POINT_MUTATION = re.compile(r"(?<![a-z0-9])[a-z]\d{4}[a-z](?![a-z0-9])|突变|mutation")
FISH = re.compile(r"fish|荧光原位")
SPLIT_CELLS = re.compile(r"fish|荧光原位|分离|断裂|split")
PERCENTAGE = re.compile(r"(<=|≤|<)?\s*(\d+(?:\.\d+)?)(?:\s*%?\s*[-~–—至]\s*\d+(?:\.\d+)?)?\s*%")

NUMBER = r"(\d+(?:\.\d+)?)"
SCORES = re.compile(
    r"(?P<label>(?<![a-z])(?:tps|tc|cps|ic)(?![a-z])|肿瘤细胞|肿瘤比例|免疫细胞|联合阳性|综合阳性)"
    rf"|{NUMBER}\s*(%?)\s*(≤|<=|<)\s*(?:tps|tc)\s*(≤|<=|<)\s*{NUMBER}\s*(%?)"
    rf"|{NUMBER}\s*(%?)\s*[-~–—至]\s*{NUMBER}\s*(%?)"
    rf"|(≥|>=|>|≤|<=|<)\s*{NUMBER}\s*(%?)"
    rf"|{NUMBER}\s*(%?)",
)
CLONES = re.compile(r"22c3|28-8|sp142|sp263|e1l3n|73-10|pd-?l1")
TUMOUR_LABELS = ("tps", "tc", "肿瘤细胞", "肿瘤比例")


@dataclass(frozen=True)
class Score:
    """A tumour-cell score in per cent: a number (`low` equals `high`), or a range, which has no number."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False
    is_range: bool = False

    @property
    def number(self) -> float | None:
        """The number, None of a range."""
        return None if self.is_range else self.low


def is_alk_test(test_name: str, result_text: str) -> bool:
    """`test_name` has ALK, or is a panel whose result has an ALK fusion or rearrangement."""
    name = normalise(test_name).lower()
    if "alk" in name:
        return True
    own, negated = _own_part(normalise(result_text).lower(), "alk", default=None)
    return PANEL.search(name) is not None and own != "" and (FUSION.search(own) is not None or negated)


def is_pd_l1_test(test_name: str) -> bool:
    """`test_name` has PD-L1 or PDL1."""
    return re.search(r"pd-?l1", normalise(test_name).lower()) is not None


def _depths(text: str) -> list[int]:
    depth, depths = 0, []
    for sign in text:
        depth += sign == "("
        depths.append(depth)
        depth -= sign == ")" and depth > 0
    return depths


def _clause_starts(text: str) -> list[int]:
    """Where clauses begin: after a comma, semicolon, full stop or line break outside brackets."""
    depths = _depths(text)
    return [0] + [match.end() for match in CLAUSE_END.finditer(text) if depths[match.start()] == 0]


def _own_part(text: str, marker: str, default: str | None) -> tuple[str, bool]:
    """The part of a report that speaks of one marker, and whether a negation goes before the marker in its clause.

    A text belongs to the marker named before it, up to the clause of the next one; what stands before the first belongs
    to `default`, or, in one clause with it, to the first marker itself.
    """
    mentions = [(match.start(), "alk" if match["alk"] else "pd_l1" if match["pd_l1"] else "other") for match in STAIN.finditer(text)]
    starts = _clause_starts(text)
    if not mentions:
        return (text, False) if default == marker else ("", False)
    parts, negated = [], False
    begins = []  # where each mention's text begins: at its clause, or at itself where another mention goes before in the clause
    for number, (at, _) in enumerate(mentions):
        clause = max(start for start in starts if start <= at)
        first_of_clause = number == 0 or mentions[number - 1][0] < clause
        begins.append(clause if first_of_clause else at)
        if mentions[number][1] == marker and LEADING_NEGATION.search(text[clause:at]):
            negated = True
    if default == marker and begins[0] > 0:
        parts.append(text[: begins[0]])
    for number, (_, name) in enumerate(mentions):
        end = begins[number + 1] if number + 1 < len(mentions) else len(text)
        if name == marker:
            parts.append(text[begins[number] : end])
    return "\n".join(parts), negated


def alk_result(test_name: str, method: str, result_text: str, fish_percent: float = 15) -> str | None:
    """`positive`, `negative` or None (no result) of an ALK test: negation, then doubt, then FISH, then fusion, then positive."""
    if is_blank(result_text) or normalise(result_text) == "/":
        return None
    text = normalise(result_text).lower()
    name = normalise(test_name).lower()
    own, negated = _own_part(text, "alk", default="alk" if "alk" in name else None)
    if negated or FOLLOWING_NEGATION.search(own):
        return "negative"
    if DOUBTFUL.search(own):
        return None
    share = PERCENTAGE.search(own)
    if share and (FISH.search(f"{name} {normalise(method).lower()}") or SPLIT_CELLS.search(own)):
        return "positive" if not share[1] and float(share[2]) >= fish_percent else "negative"
    if FUSION.search(own):
        return "positive"
    if POSITIVE.search(own) and not POINT_MUTATION.search(own):
        return "positive"
    return None


def _label_of_name(test_name: str) -> str:
    """The one score that a test's name names (`PD-L1 CPS`), or ``; what the result itself says goes before it."""
    labels = {match["label"] for match in SCORES.finditer(normalise(test_name).lower()) if match["label"]}
    return labels.pop() if len(labels) == 1 else ""


def _scores(result_text: str, test_name: str) -> list[tuple[str, Score]]:
    """Every score of a PD-L1 report with the label before it (`` where there is none); bare numbers count only if labelled."""
    named = _label_of_name(test_name)
    own, _ = _own_part(normalise(result_text).lower(), "pd_l1", default="pd_l1")
    own = CLONES.sub(" ", own).strip()
    scores, label = [], named
    for match in SCORES.finditer(own):
        if match["label"]:
            label = match["label"]
            continue
        _, low, low_percent, sign1, sign2, high, high_percent, from_, from_percent, to, to_percent, *rest = match.groups()
        sign, bound, bound_percent, number, number_percent = rest
        if low:
            score = Score(float(low), float(high), sign1 == "<", sign2 == "<", is_range=True)
            label = "tps"
        elif from_:
            score = Score(float(from_), float(to), is_range=True)
        elif sign in (">", ">=", "≥"):
            score = Score(float(bound), 100.0, low_open=sign == ">", is_range=True)
        elif sign:
            score = Score(0.0, float(bound), high_open=sign == "<", is_range=True)
        else:
            score = Score(float(number), float(number))
        has_percent = any((low_percent, high_percent, from_percent, to_percent, bound_percent, number_percent))
        if has_percent or label in ("tps", "tc", "cps", "ic"):
            scores.append((label, score))
            label = named
    return scores


def tumour_cell_scores(result_text: str, test_name: str = "") -> list[Score]:
    """The TPS and TC scores; unlabelled percentages are TPS numbers, unless the test's name says CPS or IC."""
    return [score for label, score in _scores(result_text, test_name) if label == "" or label in TUMOUR_LABELS]


def tumour_cell_numbers(result_text: str, test_name: str = "") -> list[float]:
    """Every bound of a tumour-cell score, of which one above 100 is impossible."""
    return [bound for score in tumour_cell_scores(result_text, test_name) for bound in (score.low, score.high)]


def pd_l1_result(result_text: str, test_name: str = "") -> Score | str | None:
    """A tumour-cell score; else `positive` or `negative` of a result in words; None takes no part.

    A bare `0` is a word for negative (the table of shapes files it under text). Blank words, doubtful, pending and not
    evaluable results take no part, nor does one with a CPS or IC score alone.
    """
    if is_blank(result_text) or normalise(result_text) == "/":
        return None
    own, _ = _own_part(normalise(result_text).lower(), "pd_l1", default="pd_l1")
    if DOUBTFUL.search(own):
        return None
    scores = tumour_cell_scores(result_text, test_name)
    if scores:
        return scores[0]
    if _scores(result_text, test_name) or (_label_of_name(test_name) or "tps") not in TUMOUR_LABELS:
        return None
    if own.strip() == "0" or FOLLOWING_NEGATION.search(own) or LEADING_NEGATION.search(own):
        return "negative"
    return "positive" if POSITIVE.search(own) else None


def pd_l1_status(result: Score | str, cut_off: float) -> str | None:
    """Rule 10: `positive` or `negative`; for a cut-off above 1 % a straddling range and a bare word take no part (None)."""
    if isinstance(result, str):
        return result if cut_off <= 1 else None
    if result.low >= cut_off:
        return "positive"
    reaches = result.high > cut_off or (result.high == cut_off and not result.high_open)
    return None if cut_off > 1 and result.is_range and reaches else "negative"


def pd_l1_level(result: Score | str) -> str | None:
    """Rule 10: the level in which a number lies, or a range lies wholly."""
    if isinstance(result, str):
        return None

    def below(bound: float) -> bool:
        return result.high < bound or (result.high == bound and result.high_open)

    if below(1):
        return "<1"
    if result.low >= 1 and below(50):
        return "1-49"
    return ">=50" if result.low >= 50 else None
