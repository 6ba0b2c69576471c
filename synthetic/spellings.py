"""How the invented hospital spells things, in two languages and with its typing errors.

Each table gives for a meaning the texts that mean it. What the pipeline must make of a text is settled by the contract of the
exports; the generator only needs to know the meaning. Texts are drawn evenly, so a common one stands several times.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from synthetic.draws import Draws

Texts = Sequence[str | None]


class Spellings:
    """The texts of several meanings, also as one Arrow array, so that a million of them are spelled by one lookup."""

    def __init__(self, texts: Mapping[str, Texts]) -> None:
        self.texts = texts
        self._codes = {meaning: code for code, meaning in enumerate(texts)}
        self._counts = np.array([len(choices) for choices in texts.values()], dtype=np.int64)
        self._starts = np.cumsum(self._counts) - self._counts
        self._flat = pa.array([text for choices in texts.values() for text in choices], pa.string())

    def code(self, meaning: str) -> int:
        """The number by which `spell` knows a meaning."""
        return self._codes[meaning]

    def codes(self, meanings: Sequence[str]) -> np.ndarray:
        """The numbers of several meanings."""
        return np.array([self._codes[meaning] for meaning in meanings], dtype=np.int64)

    def spell(self, codes: np.ndarray, draws: Draws) -> pa.Array:
        """A text for each of the numbers."""
        places = self._starts[codes] + draws.below(self._counts[codes], len(codes))
        return self._flat.take(pa.array(places))

    def one(self, meaning: str, draws: Draws) -> str | None:
        """One text of the meaning."""
        return draws.pick(self.texts[meaning])


def choose(texts: Texts, draws: Draws, size: int) -> pa.Array:
    """`size` of the texts, evenly."""
    return pa.array(texts, pa.string()).take(pa.array(draws.below(len(texts), size)))


BLANK_WORDS = ("", "", "", "", "", "", "NULL", "\\N", "NA", "N/A", "-", "--", "无", "未知", "unknown", "n/a", "Null")
TRUE_WORDS = ("Y", "1", "true", "是", "y", "TRUE")
FALSE_WORDS = ("", "", "", "N", "0", "false", "否")

SEX = Spellings(
    {"female": ("女", "女", "F", "female", "2", "f", "Female", "Ｆ"), "male": ("男", "男", "M", "male", "1", "m", "MALE", "１")}
)
SMOKING = Spellings(
    {
        "never": ("never", "no", "从不吸烟", "从不吸烟", "否", "Never", "NO"),
        "ever": ("ever", "former", "current", "yes", "吸烟", "已戒烟", "是", "Former"),
        "unknown": (None, None, "未知", "unknown", "NA", "不详", "拒答"),
    }
)
ORDER_STATUS = Spellings(
    {
        "given": ("completed", "已完成", "已完成", "active", "执行中", "stopped", "已停止", None, "Completed", "ACTIVE"),
        "not_given": ("cancelled", "entered-in-error", "not-taken", "已取消", "作废", "Cancelled"),
        "unknown": ("待审核", "on hold", "退药", "draft"),
    }
)
VITAL_STATUS = Spellings({"alive": ("alive", "存活", "存活", "Alive"), "dead": ("dead", "死亡", "DEAD"), "lost": ("lost", "失访", "Lost")})
RESPONSE = Spellings(
    {
        "CR": ("CR", "完全缓解", "complete response", "iCR", "CR（靶病灶消失）"),
        "PR": ("PR", "PR", "部分缓解", "partial response", "PR，较前缩小", "PR; -35%", "Partial Response", "ＰＲ"),
        "SD": ("SD", "SD", "疾病稳定", "stable disease", "SD（缩小）", "SD, 大致同前", "sd 较前相仿", "iSD"),
        "PD": (
            "PD",
            "PD",
            "疾病进展",
            "进展",
            "progressive disease",
            "PD（新发病灶）",
            "PD; new liver lesion",
            "进展，较前增大",
            "pd",
            "iCPD",
        ),
        "NE": ("NE", "not evaluable", "无法评价", "NE 图像质量差", "ne，未行增强"),
        "iUPD": ("iUPD", "iUPD（未确认）", "IUPD, to be confirmed"),
        "unmapped": ("PD?", "混合反应", "SD+", "缓慢进展", "mixed response", "较前相仿"),
    }
)
ECOG_FORMS = ("{}", "{}", "{}", "ECOG {}", "PS {}", "{}分", "PS={}", "ECOG：{}", "ecog {}分", "ECOG PS {}")
MODALITIES = ("CT", "CT", "胸部CT平扫+增强", "MRI", "PET-CT", "胸腹部增强CT", "CT chest/abdomen", None)
TISSUE_PROCEDURES = (
    "CT-guided biopsy",
    "CT引导下肺穿刺活检",
    "支气管镜活检",
    "bronchoscopic biopsy",
    "EBUS-TBNA 细胞学",
    "胸水细胞学",
    "淋巴结穿刺",
    "肝穿刺活检",
    "活检",
)
RESECTIONS = ("手术切除", "lobectomy (resection)", "肺叶切除")
BLOOD_PROCEDURES = ("外周血", "血浆", "plasma", "liquid biopsy (plasma)", "液体活检（血浆ctDNA）", "blood draw")
OTHER_PROCEDURES = ("痰", "尿液", "咽拭子", "swab", None)
SITES = ("右肺上叶", "左肺下叶", "右肺中叶", "left upper lobe", "锁骨上淋巴结", "肝", "胸膜", "liver, segment 6", None)
EARLY_STAGES = ("IA", "IB期", "IIA", "ⅡB期", "pT1bN2M0 IIIA", "Stage IIIA", "pT2aN1M0", "IA3")
ADVANCED_STAGES = (
    "IV",
    "IVA",
    "IVB",
    "Ⅳ期",
    "IV期",
    "4期",
    "Stage IV",
    "cT2aN3M1c",
    "cT2N3M1c IVB期",
    "cT4N2M1a",
    "IIIB",
    "ⅢB期",
    "IIIC",
    "stage IVA",
)
HISTOLOGY = Spellings(
    {
        "adenocarcinoma": (
            "腺癌",
            "浸润性腺癌",
            "adenocarcinoma",
            "肺腺癌",
            "Adenocarcinoma, solid predominant",
            "非小细胞肺癌，腺癌",
            "腺癌，TTF-1(+)，\nNapsin A(+)",
        ),
        "squamous": ("鳞癌", "鳞状细胞癌", "squamous cell carcinoma", "低分化鳞癌"),
        "adenosquamous": ("腺鳞癌", "adenosquamous carcinoma"),
        "nsclc_nos": ("非小细胞肺癌", "non-small cell carcinoma", "NSCLC", "非小细胞癌，NOS"),
        "small_cell": ("小细胞癌", "小细胞肺癌", "small cell carcinoma", "Small-cell lung cancer"),
        "combined": ("复合性小细胞癌（小细胞癌+腺癌）", "combined small cell carcinoma and adenocarcinoma", "腺癌伴小细胞癌成分"),
        "blank": (None,),
    }
)
LUNG_CODES = ("C34.1", "C34.100x003", "C34.2", "C34.3", "C34.300x004", "C34.9", "C34.900x001", "c34.1", "Ｃ34.9", "C34.90")
LUNG_TEXTS = (
    "肺恶性肿瘤",
    "右肺上叶恶性肿瘤",
    "肺癌",
    "lung cancer, NOS",
    "左肺下叶腺癌伴转移",
    "肺癌\n（门诊复诊）",
    '肺癌 "待分期"',
    "lung cancer, follow-up",
)
DISTANT_CODES = ("C79.3", "C79.5", "C78.0", "C78.7", "C79.300x002", "c79.5", "C78.2")
DISTANT_TEXTS = ("脑继发恶性肿瘤", "骨继发恶性肿瘤", "肺继发恶性肿瘤", "肝继发恶性肿瘤", "secondary malignant neoplasm", None)
NODE_CODES = ("C77.1", "C77.9")
IMPRESSION = Spellings(
    {
        "better": ("右肺病灶较前缩小", "target lesions decreased, no new lesion", "病灶较前减少，\n余大致同前", "结节缩小；胸水吸收"),
        "same": (
            "与前片相仿",
            "大致同前",
            "患者王小明，与2021年片比较无明显变化",
            "stable, see report",
            "病灶变化不著，建议随访",
            '放射科意见："相仿"',
            "右肺结节同前，\r\n纵隔淋巴结同前",
        ),
        "worse": (
            "病灶较前增大，新发肝转移",
            "new lesion in liver, 12 mm",
            "双肺多发结节，较前增多",
            '考虑"进展"，请结合临床',
            "新发脑转移；\n建议MRI",
        ),
        "none": (None, "图像质量差", "未行增强扫描"),
    }
)
IMPRESSION_OF = {"CR": "better", "PR": "better", "SD": "same", "PD": "worse", "iUPD": "worse", "NE": "none", "unmapped": "same"}

# ALK reports as (test_name, method, result_text).
Report = tuple[str, str | None, str]
ALK_POSITIVE: tuple[Report, ...] = (
    ("ALK (D5F3)", "IHC", "阳性"),
    ("ALK(Ventana D5F3)", "免疫组化", "ALK(Ventana D5F3)：阳性"),
    ("ALK", "IHC", "ALK (D5F3) (+)"),
    ("ALK", "ＩＨＣ", "（＋）"),
    ("ALK", "IHC", "ALK(+), ROS1(-), TTF-1(+)"),
    ("ALK FISH", "FISH", "分离信号细胞占42%"),
    ("ALK FISH", "FISH", "阳性"),
    ("ALK融合基因", "RT-PCR", "EML4-ALK融合 阳性"),
    ("ALK", "NGS", "ALK融合(EML4-ALK，E13:A20) 丰度 12.3%"),
    ("肺癌多基因检测", "NGS", "EML4-ALK融合 丰度 8%；EGFR 未检出突变"),
    ("NGS panel 68", "NGS", "EML4-ALK rearrangement; KRAS wild type"),
    ("肺癌10基因套餐", "NGS", "检出ALK重排"),
)
ALK_NEGATIVE: tuple[Report, ...] = (
    ("ALK (D5F3)", "IHC", "阴性"),
    ("ALK", "IHC", "ALK（-），ROS1（-）"),
    ("ALK", "IHC", "ROS1(+), ALK(-)"),
    ("ALK FISH", "FISH", "分离信号细胞占6%"),
    ("ALK FISH", "FISH", "未见ALK重排"),
    ("ALK融合基因", "RT-PCR", "未检出ALK融合"),
    ("ALK", "NGS", "ALK rearrangement not detected"),
    ("ALK", "NGS", "野生型"),
    ("ALK", "NGS", "wild type"),
    ("肺癌多基因检测", "NGS", "未检出ALK融合；EGFR L858R 阳性"),
    ("NGS panel 68", "NGS", "KRAS G12C; no ALK fusion"),
)
ALK_NO_RESULT: tuple[Report, ...] = (
    ("ALK (D5F3)", "IHC", "弱阳性"),
    ("ALK (D5F3)", "IHC", "ALK（±）"),
    ("ALK (D5F3)", "IHC", "灶+"),
    ("ALK FISH", "FISH", "送检中"),
    ("ALK (D5F3)", "IHC", "标本量不足"),
    ("ALK", "IHC", "待回报"),
    ("ALK", None, "NA"),
    ("ALK", None, "/"),
)
ALK_POINT_MUTATIONS: tuple[Report, ...] = (
    ("ALK耐药突变", "NGS", "ALK G1202R 突变 丰度 5.1%"),
    ("ALK", "NGS", "L1196M mutation positive"),
)
OTHER_REPORTS: tuple[Report, ...] = (
    ("EGFR", "ARMS-PCR", "19del 阳性"),
    ("EGFR", "ARMS-PCR", "未检出突变"),
    ("ROS1", "IHC", "阴性"),
    ("Ki-67", "IHC", "约40%"),
    ("TTF-1", "IHC", "TTF-1(+)，Napsin A(+)"),
    ("CEA组化", "IHC", "（+）"),
)
PD_L1_TESTS = (("PD-L1 (22C3)", "IHC 22C3"), ("PD-L1", "22C3"), ("PD-L1(SP263)", "IHC"), ("PDL1", "IHC"), ("PD-L1 28-8", "28-8"))
PD_L1_NUMBER = ("TPS {}%", "TPS={}%", "PD-L1(22C3) TPS：{}％", "TPS:{}%", "ＴＰＳ　{}％", "{}%", "肿瘤细胞阳性比例{}%", "TC {}%", "约{}%")
PD_L1_RANGE = {
    "<1": ("TPS<1%", "TPS＜1%", "肿瘤细胞阳性比例<1%", "<1%"),
    "1-49": ("TPS: 1-49%", "1%～49%", "1%≤TPS<50%", "TPS 1-49%"),
    ">=50": ("TPS ≥50%", "≥50%", "TPS>=50%"),
}
PD_L1_WORD = {"positive": ("阳性", "PD-L1（+）", "positive", "(+)"), "negative": ("阴性", "PD-L1（-）", "negative", "(-)")}
PD_L1_NO_SCORE = ("CPS 10", "CPS=5", "IC 10%", "CPS 20，IC 5%")
PD_L1_NO_RESULT = ("标本量不足", "肿瘤细胞<100个,不能评估", "NA", "/", "-", "弱阳性", "少量细胞阳性", "待回报", "加做", "送检中")
# Any of them, for patients of whom the protocol asks nothing.
PD_L1_ANY = (
    *(form.format(number) for form in PD_L1_NUMBER for number in (1, 5, 30, 60, 90)),
    *(text for texts in PD_L1_RANGE.values() for text in texts),
    *(text for texts in PD_L1_WORD.values() for text in texts),
    *PD_L1_NO_SCORE,
    *PD_L1_NO_RESULT,
    "60-70%",
    "TC 5% IC 10%",
    "(+, 5%)",
    "TPS 0.5%",
    "TPS 49.5%",
    "0",
)
