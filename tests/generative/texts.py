"""How a hospital spells things: each function draws one of the contract's spellings, and sometimes one that it must refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BLANKS = ("", "", "", "", "", "NULL", "\\N", "NA", "n/a", "-", "--", "无", "未知", "Unknown", "　")

SEX = {"female": ("F", "f", "female", "Female", "女", "2", "２"), "male": ("M", "male", "MALE", "男", "1", "m")}
GIVEN = ("completed", "active", "stopped", "已完成", "执行中", "已停止", "", "Completed", "NULL")
NOT_GIVEN = ("cancelled", "entered-in-error", "not-taken", "已取消", "作废", "Cancelled")
UNKNOWN_STATUS = ("on hold", "draft", "待审核")
VITAL = {"alive": ("alive", "存活", "Alive"), "dead": ("dead", "死亡", "DEAD"), "lost": ("lost", "失访", "Lost")}
SMOKING = (
    "never",
    "no",
    "从不吸烟",
    "否",
    "ever",
    "former",
    "current",
    "yes",
    "吸烟",
    "已戒烟",
    "是",
    "",
    "NA",
    "Never",
    "偶尔",
    "passive",
)
ECOG = ("{}", "{}", "ECOG {}", "PS {}", "{}分", "ECOG PS {}", "PS={}", "ECOG：{}", "ecog {}分")
RESPONSE = {
    "CR": ("CR", "cr", "iCR", "complete response", "完全缓解", "CR (target lesions gone)"),
    "PR": ("PR", "iPR", "Partial Response", "部分缓解", "PR，较前缩小", "PR; -35%"),
    "SD": ("SD", "iSD", "stable disease", "疾病稳定", "SD（缩小）", "sd, 10% smaller", "疾病稳定 较前相仿"),
    "PD": ("PD", "iCPD", "progressive disease", "疾病进展", "进展", "PD (new liver lesion)", "进展；脑转移", "pd [liver]"),
    "NE": ("NE", "not evaluable", "无法评价", "NE 图像质量差"),
    "iUPD": ("iUPD", "IUPD", "iupd (unconfirmed)"),
    "unmapped": ("PD?", "SD+", "混合反应", "较前相仿", "mixed response", "PDx", "缓慢进展"),
}
STAGE_IV = (
    "IV",
    "IVA",
    "IVB",
    "Stage IV",
    "stage IVB",
    "Ⅳ期",
    "IV期",
    "4期",
    "cIV",
    "pIVA",
    "cT2aN3M1c",
    "cT2N3M1c IVB期",
    "T1bN0M1a",
    "pT3N2M1b",
)
STAGE_IIIB = ("IIIB", "IIIC", "Stage IIIB", "ⅢB期", "cIIIB", "IIIC期", "stage iiic")
STAGE_EARLY = (
    "I",
    "IA",
    "IA3",
    "IB",
    "IIA",
    "IIB",
    "III",
    "IIIA",
    "Stage IIIA",
    "ⅢA期",
    "pT1bN2M0",
    "cT4N3M0",
    "ⅡB期",
    "局部晚期",
    "",
    "NA",
)
HISTOLOGY = (
    "adenocarcinoma",
    "腺癌",
    "lung adenocarcinoma, NSCLC",
    "非小细胞肺癌",
    "non-small cell carcinoma",
    "Non-small-cell lung cancer",
    "",
    "浸润性腺癌",
)
SMALL_CELL = ("small cell carcinoma", "小细胞癌", "Small-cell lung cancer", "小细胞肺癌")
SMALL_CELL_COMBINED = (
    "combined small cell carcinoma and adenocarcinoma",
    "NSCLC with small cell transformation",
    "复合性小细胞癌",
    "非小细胞癌伴小细胞癌成分",
)
LUNG_CODES = ("C34.1", "C34.900", "C34.900x001", "c34.3", "C34", "C34.12", "Ｃ34.2")
DISTANT_CODES = ("C78.0", "C78.7", "C79.3", "c79.5", "C79.300x002")
TISSUE = (
    "CT-guided biopsy",
    "bronchoscopic biopsy",
    "resection",
    "lobectomy (resection)",
    "cytology",
    "活检",
    "肺穿刺活检",
    "手术切除",
    "胸水细胞学",
    "细胞学",
)
NOT_TISSUE = ("blood", "plasma", "外周血", "血浆", "liquid biopsy (plasma)", "液体活检（血浆）", "", "other", "Peripheral blood draw")

ALK_POSITIVE = (
    ("ALK (IHC D5F3)", "IHC", "阳性"),
    ("ALK", "IHC", "ALK (D5F3) (+)"),
    ("ALK-D5F3", "IHC", "ALK(Ventana D5F3)：阳性"),
    ("ALK", "ＩＨＣ", "（＋）"),
    ("ALK", "IHC", "ALK(+), ROS1(-), TTF-1(+)"),
    ("ALK", "IHC", "TTF-1(-)，ALK（D5F3）（3+）"),
    ("ALK FISH", "FISH", "FISH阳性"),
    ("ALK", "RT-PCR", "positive"),
    ("ALK fusion", "RT-PCR", "EML4-ALK fusion positive"),
    ("ALK融合基因", "NGS", "ALK融合(EML4-ALK，E13:A20) 丰度 12.3%"),
    ("肺癌多基因检测", "NGS", "EGFR 未检出突变，EML4-ALK融合 丰度 8%"),
    ("NGS panel 68", "NGS", "EML4-ALK rearrangement; KRAS wild type"),
    ("肺癌10基因套餐", "NGS", "检出ALK重排"),
    ("ALK", "NGS", "ALK rearrangement detected"),
    ("ALK", "NGS", "ALK融合 阳性；G1202R"),
)
ALK_NEGATIVE = (
    ("ALK", "IHC", "ALK（-），ROS1（-）"),
    ("ALK", "IHC", "ROS1(+), ALK(-)"),
    ("ALK", "IHC", "阴性"),
    ("ALK融合", "NGS", "未检出ALK融合"),
    ("ALK", "NGS", "ALK rearrangement not detected"),
    ("ALK", "FISH", "未见ALK重排"),
    ("ALK", "NGS", "野生型"),
    ("肺癌多基因检测", "NGS", "未检出ALK融合，ROS1融合阳性"),
    ("NGS panel", "NGS", "EGFR L858R 阳性，ALK 野生型"),
    ("ALK", "IHC", "弱阳性"),
    ("ALK", "IHC", "±"),
    ("ALK", "FISH", "送检中"),
    ("ALK", "IHC", "阳性?"),
    ("ALK", "IHC", "标本量不足"),
    ("ALK", "IHC", "NA"),
    ("ALK", "IHC", "/"),
    ("ALK mutation", "NGS", "G1202R 阳性"),
    ("ALK", "NGS", "ALK L1196M mutation positive"),
    ("NGS panel", "NGS", "ALK G1202R (12%)"),
    ("ROS1 IHC", "IHC", "阳性"),
    ("多基因检测", "NGS", "CD74-ROS1融合 阳性"),
)
ALK_FISH = ("{}%", "分离细胞 {}%", "split cells {}%", "分离信号细胞比例：{}％", "FISH {}% 阳性")

PD_L1_NAMES = ("PD-L1", "PD-L1 (22C3)", "PDL1 IHC", "PD-L1（SP263）", "pd-l1 28-8", "PD-L1 TPS", "PD-L1 (22C3) CPS")
PD_L1_NUMBERS = (
    "TPS {}%",
    "TPS={}%",
    "PD-L1(22C3) TPS：{}％",
    "约{}%",
    "{}%",
    "TPS {}",
    "TC {}% IC 10%",
    "TPS {}%，CPS 70",
    "(+, {}%)",
    "TPS:{}%(28-8)",
)
PD_L1_OTHER = (
    "TPS<1%",
    "TPS＜1%",
    "肿瘤细胞阳性比例<1%",
    "TPS: 1-49%",
    "1%～49%",
    "1%≤TPS<50%",
    "TPS ≥50%",
    "TPS>=1%",
    "TPS ≥1%",
    "60-70%",
    "0-1%",
    "TPS 1-50%",
    "TPS 40-60%",
    "TPS <5%",
    "TPS >50%",
    "PD-L1（-）",
    "阴性",
    "negative",
    "0",
    "PD-L1（+）",
    "阳性",
    "positive",
    "PD-L1(22C3)(+), ALK(-)",
    "PD-L1(-), Ki-67 30%",
    "ALK(+), PD-L1(-)",
    "TPS 20%, Ki-67 60%",
    "阴性(<1%)",
)
PD_L1_NOTHING = (
    "CPS 10",
    "CPS=5",
    "IC 10%",
    "弱阳性",
    "少量细胞阳性",
    "个别(+)",
    "±",
    "标本量不足",
    "肿瘤细胞<100个,不能评估",
    "NA",
    "/",
    "-",
    "未知",
    "待回报",
    "送检中",
    "加做",
    "pending",
)
# Texts that the contract decides only on a close reading.
PD_L1_CLOSE = ("弱阳性(TPS 5%)", "阳性, CPS 10")

DRUGS: dict[str, tuple[str, ...]] = {
    "crizotinib": ("crizotinib", "克唑替尼", "赛可瑞", "Xalkori 250mg", "克唑替尼胶囊", "PF-02341066"),
    "ceritinib": ("ceritinib", "塞瑞替尼", "赞可达", "LDK378"),
    "alectinib": ("alectinib", "阿来替尼", "安圣莎", "盐酸阿来替尼胶囊 150mg", "Alectinib Hydrochloride", "ａｌｅｃｔｉｎｉｂ"),
    "brigatinib": ("brigatinib", "布格替尼", "Alunbrig"),
    "ensartinib": ("ensartinib", "恩沙替尼", "X-396", "贝美纳(集采)"),
    "lorlatinib": ("lorlatinib", "洛拉替尼", "劳拉替尼", "Lorbrena"),
    "iruplinalkib": ("iruplinalkib", "伊鲁阿克"),
    "pembrolizumab": ("pembrolizumab", "帕博利珠单抗", "K药", "Keytruda 200mg", "可瑞达★", "Pembro 200mg"),
    "nivolumab": ("nivolumab", "纳武利尤单抗", "O药"),
    "sintilimab": ("sintilimab", "信迪利单抗", "信迪利单抗注射液 200mg ivgtt d1", "PD-1单抗（信迪利单抗）", "IBI308"),
    "tislelizumab": ("tislelizumab", "替雷利珠单抗", "百泽安[乙]", "BGB-A317"),
    "camrelizumab": ("camrelizumab", "卡瑞利珠单抗", "SHR-1210"),
    "atezolizumab": ("atezolizumab", "阿替利珠单抗", "T药 1200mg"),
    "sugemalimab": ("sugemalimab", "舒格利单抗", "CS1001"),
    "ipilimumab": ("ipilimumab", "伊匹木单抗", "Ipi"),
    "cadonilimab": ("cadonilimab", "卡度尼利单抗", "AK104"),
    "ivonescimab": ("ivonescimab", "依沃西单抗", "AK112 20mg/kg"),
    "pemetrexed": ("pemetrexed", "培美曲塞", "培美曲塞二钠 0.8g", "注射用培美曲塞二钠", "Alimta", "PEM500mg", "力比泰"),
    "cisplatin": ("cisplatin", "顺铂", "DDP 120mg", "顺铂注射液", "CDDP"),
    "carboplatin": ("carboplatin", "卡铂", "CBP AUC 5", "Carbo", "伯尔定"),
    "nedaplatin": ("nedaplatin", "奈达铂"),
    "lobaplatin": ("lobaplatin", "洛铂"),
    "oxaliplatin": ("oxaliplatin", "奥沙利铂"),
    "paclitaxel": ("paclitaxel", "紫杉醇", "紫杉醇注射液", "Taxol", "PTX 240mg"),
    "nab-paclitaxel": ("nab-paclitaxel", "白蛋白紫杉醇", "注射用紫杉醇（白蛋白结合型）", "克艾力", "paclitaxel albumin-bound"),
    "paclitaxel liposome": ("paclitaxel liposome", "紫杉醇脂质体", "力扑素"),
    "docetaxel": ("docetaxel", "多西他赛", "多西紫杉醇", "Taxotere"),
    "gemcitabine": ("gemcitabine", "吉西他滨", "GEM 1.4g", "健择"),
    "vinorelbine": ("vinorelbine", "长春瑞滨"),
    "etoposide": ("etoposide", "依托泊苷", "VP-16"),
    "tegafur/gimeracil/oteracil": ("S-1 40mg", "替吉奥胶囊", "TS-1", "tegafur/gimeracil/oteracil"),
    "irinotecan": ("irinotecan", "伊立替康", "艾力", "CPT-11"),
    "bevacizumab": ("bevacizumab", "贝伐珠单抗", "安维汀", "安可达", "BEV 400mg", "QL1101"),
    "anlotinib": ("anlotinib", "安罗替尼", "盐酸安罗替尼胶囊", "福可维 12mg"),
    "apatinib": ("apatinib", "阿帕替尼"),
    "osimertinib": ("osimertinib", "奥希替尼", "AZD9291"),
    "entrectinib": ("entrectinib", "恩曲替尼"),
    "savolitinib": ("savolitinib", "赛沃替尼"),
}
COMBINATIONS: dict[frozenset[str], tuple[str, ...]] = {
    frozenset({"pemetrexed", "carboplatin"}): ("AC方案", "培美曲塞+卡铂", "pemetrexed/carboplatin", "AC方案q3w", "PEM+CBP"),
    frozenset({"pemetrexed", "cisplatin"}): ("AP方案", "培美曲塞 顺铂", "AP方案q3w"),
    frozenset({"atezolizumab", "bevacizumab", "carboplatin", "paclitaxel"}): ("ABCP", "ABCP方案"),
    frozenset({"nab-paclitaxel", "carboplatin"}): ("白紫+卡铂", "白蛋白紫杉醇 + 卡铂"),
    frozenset({"gemcitabine", "cisplatin"}): ("GP方案",),
    frozenset({"docetaxel", "carboplatin"}): ("DC方案", "多西他赛+卡铂"),
}
OTHER_DRUGS = (
    "ondansetron",
    "地塞米松",
    "维生素B6",
    "aspirin",
    "trastuzumab",
    "曲妥珠单抗",
    "中药汤剂",
    "study drug X",
    "0.9% NaCl",
    "pantoprazole",
)
# Class words, boundaries that forbid a match, ambiguous acronyms: no ingredient, one, or two where one might think otherwise.
TRAPS = (
    "PD-1单抗",
    "免疫治疗",
    "ALK-TKI",
    "靶向治疗",
    "PP方案",
    "PC方案",
    "lapatinib",
    "GEMOX",
    "AK1120",
    "S-10",
    "CAP方案",
    "瑞普替尼",
    "HS-10296",
    "HLX04",
    "安罗+免疫",
    "PEMX",
    "多烯紫杉醇 60mg 紫杉醇 30mg",
    "XK药",
)
CODES = ("L01ED03", "l01ed01", "1148495", "L01FF02", "L01CD01", "L01BA04", "L01XA02", "A04AA01", "1727455")
DATE_ORDERS = ("mdy", "dmy")


@dataclass(frozen=True)
class Month:
    """A date known to the month alone; `day` is its first."""

    day: date


def full_width(text: str) -> str:
    """ASCII as its full-width twins."""
    return "".join("　" if sign == " " else chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def spell_date(rng: Random, day: date, date_order: str | None = None) -> str:
    """A day in one of the contract's shapes, now and then with a time."""
    if rng.random() < 0.5:
        text = day.isoformat()
    else:
        shapes = [
            f"{day.year}/{day.month}/{day.day}",
            f"{day:%Y%m%d}",
            f"{day:%Y.%m.%d}",
            f"{day.year}年{day.month}月{day.day}日",
            f"{day.day:02d}-{MONTHS[day.month - 1]}-{day.year}",
        ]
        if date_order == "mdy":
            shapes += [f"{day.month}/{day.day}/{day.year}"] * 4
        if date_order == "dmy":
            shapes += [f"{day.day}/{day.month}/{day.year}"] * 4
        text = rng.choice(shapes)
    draw = rng.random()
    if draw < 0.06:
        text += rng.choice((" 10:30", " 23:59:59", "T00:00:00", "T08:15:00+08:00", " 07:05:09.250"))
    elif draw < 0.09:
        text = full_width(text)
    return text


def spell_month(rng: Random, month: Month) -> str:
    """A month in one of the contract's two shapes."""
    return rng.choice((f"{month.day:%Y-%m}", f"{month.day.year}年{month.day.month}月"))


def spell_drug(rng: Random, ingredients: Sequence[str]) -> str:
    """A name for one ingredient, or for a combination that has one."""
    if len(ingredients) == 1:
        return rng.choice(DRUGS[ingredients[0]])
    return rng.choice(COMBINATIONS[frozenset(ingredients)])


def spell_blank(rng: Random) -> str:
    """One of the blank words."""
    return rng.choice(BLANKS)
