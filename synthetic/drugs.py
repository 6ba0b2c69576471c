"""What the invented hospital writes for a drug: generic, brand and code names, abbreviations, misspellings, doses glued on.

A list of the generator's own, so that the exports don't change when the project's vocabulary does; a test holds that the
vocabulary finds in each text exactly the ingredients that it stands for here.
"""

from synthetic.spellings import Spellings

INFUSION = ("", "", "", "注射液 {}", " {} ivgtt d1", "（集采） {}", "★", " [甲]", "（国谈） {} 静滴")
POWDER = ("", "", " {}", "（集采）", " {} ivgtt d1", "★ {}", " [乙]")
TABLET = ("", "", "片 {}", "胶囊 {} po", "（国谈）", " {} po bid", "（自费） {}")
ENGLISH = ("", "", " {}", " ({})")

# ingredient: (names in Chinese, names in Latin letters, endings of the Chinese ones, dose, unit, route, ATC code)
Drug = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], str, str, str, str | None]
DRUGS: dict[str, Drug] = {
    # ALK-TKIs
    "crizotinib": (
        ("克唑替尼", "克唑替尼", "赛可瑞", "克坐替尼"),
        ("crizotinib", "Xalkori", "PF-02341066", "crizotnib"),
        TABLET,
        "250",
        "mg",
        "口服",
        "L01ED01",
    ),
    "ceritinib": (("塞瑞替尼", "赞可达", "色瑞替尼"), ("ceritinib", "Zykadia", "LDK378"), TABLET, "450", "mg", "口服", "L01ED02"),
    "alectinib": (
        ("阿来替尼", "盐酸阿来替尼", "安圣莎", "艾乐替尼", "阿莱替尼"),
        ("alectinib", "Alecensa", "alectinib hydrochloride"),
        TABLET,
        "600",
        "mg",
        "口服",
        "L01ED03",
    ),
    "brigatinib": (("布格替尼", "布加替尼", "安伯瑞"), ("brigatinib", "Alunbrig"), TABLET, "180", "mg", "口服", "L01ED04"),
    "ensartinib": (("恩沙替尼", "盐酸恩沙替尼", "贝美纳"), ("ensartinib", "X-396"), TABLET, "225", "mg", "口服", None),
    "lorlatinib": (("洛拉替尼", "劳拉替尼", "博瑞纳"), ("lorlatinib", "Lorbrena", "lorlatnib"), TABLET, "100", "mg", "口服", "L01ED05"),
    # immune checkpoint inhibitors
    "nivolumab": (("纳武利尤单抗", "欧狄沃", "O药"), ("nivolumab", "Opdivo"), INFUSION, "240", "mg", "静脉滴注", "L01FF01"),
    "pembrolizumab": (
        ("帕博利珠单抗", "可瑞达", "K药", "帕博丽珠单抗"),
        ("pembrolizumab", "Keytruda", "pembrolizumb"),
        INFUSION,
        "200",
        "mg",
        "静脉滴注",
        "L01FF02",
    ),
    "atezolizumab": (("阿替利珠单抗", "泰圣奇"), ("atezolizumab", "Tecentriq"), INFUSION, "1200", "mg", "静脉滴注", "L01FF05"),
    "toripalimab": (("特瑞普利单抗", "拓益"), ("toripalimab", "JS001"), INFUSION, "240", "mg", "静脉滴注", "L01FF13"),
    "sintilimab": (("信迪利单抗", "达伯舒", "信迪单抗"), ("sintilimab", "Tyvyt", "IBI308"), INFUSION, "200", "mg", "静脉滴注", None),
    "camrelizumab": (("卡瑞利珠单抗", "艾瑞卡"), ("camrelizumab", "SHR-1210"), INFUSION, "200", "mg", "静脉滴注", None),
    "tislelizumab": (
        ("替雷利珠单抗", "百泽安", "替雷丽珠单抗"),
        ("tislelizumab", "BGB-A317"),
        INFUSION,
        "200",
        "mg",
        "静脉滴注",
        "L01FF09",
    ),
    "durvalumab": (("度伐利尤单抗", "英飞凡"), ("durvalumab", "Imfinzi"), INFUSION, "1500", "mg", "静脉滴注", "L01FF03"),
    # chemotherapy
    "pemetrexed": (
        ("培美曲塞", "培美曲塞二钠", "注射用培美曲塞二钠", "力比泰", "培美曲赛"),
        ("pemetrexed", "Alimta", "PEM"),
        POWDER,
        "0.8",
        "g",
        "静脉滴注",
        "L01BA04",
    ),
    "cisplatin": (("顺铂", "注射用顺铂"), ("cisplatin", "DDP"), POWDER, "120", "mg", "静脉滴注", "L01XA01"),
    "carboplatin": (
        ("卡铂", "注射用卡铂", "波贝"),
        ("carboplatin", "CBP", "carboplatin AUC 5"),
        POWDER,
        "500",
        "mg",
        "静脉滴注",
        "L01XA02",
    ),
    "nedaplatin": (("奈达铂", "捷佰舒"), ("nedaplatin",), POWDER, "120", "mg", "静脉滴注", None),
    "oxaliplatin": (("奥沙利铂", "乐沙定"), ("oxaliplatin",), POWDER, "200", "mg", "静脉滴注", "L01XA03"),
    "paclitaxel": (("紫杉醇", "泰素", "紫衫醇"), ("paclitaxel", "Taxol"), INFUSION, "240", "mg", "静脉滴注", "L01CD01"),
    "nab-paclitaxel": (
        ("白蛋白紫杉醇", "注射用紫杉醇（白蛋白结合型）", "克艾力"),
        ("nab-paclitaxel", "Abraxane"),
        POWDER,
        "400",
        "mg",
        "静脉滴注",
        None,
    ),
    "docetaxel": (("多西他赛", "多西紫杉醇", "艾素"), ("docetaxel", "Taxotere"), POWDER, "120", "mg", "静脉滴注", "L01CD02"),
    "gemcitabine": (("吉西他滨", "盐酸吉西他滨", "健择"), ("gemcitabine", "Gemzar"), POWDER, "1.6", "g", "静脉滴注", "L01BC05"),
    "etoposide": (("依托泊苷", "足叶乙甙"), ("etoposide", "VP-16"), INFUSION, "160", "mg", "静脉滴注", "L01CB01"),
    "vinorelbine": (("长春瑞滨", "诺维本"), ("vinorelbine", "NVB"), INFUSION, "40", "mg", "静脉滴注", "L01CA04"),
    "irinotecan": (("伊立替康", "开普拓"), ("irinotecan", "CPT-11"), INFUSION, "260", "mg", "静脉滴注", "L01CE02"),
    "tegafur/gimeracil/oteracil": (("替吉奥", "替吉奥胶囊"), ("S-1", "TS-1"), TABLET, "40", "mg", "口服", "L01BC73"),
    # anti-angiogenic drugs
    "bevacizumab": (
        ("贝伐珠单抗", "安维汀", "安可达", "达攸同", "贝伐株单抗"),
        ("bevacizumab", "Avastin", "QL1101"),
        INFUSION,
        "900",
        "mg",
        "静脉滴注",
        "L01FG01",
    ),
    "anlotinib": (("安罗替尼", "盐酸安罗替尼", "福可维"), ("anlotinib",), TABLET, "12", "mg", "口服", None),
    "recombinant human endostatin": (("恩度", "重组人血管内皮抑制素"), ("endostatin",), INFUSION, "210", "mg", "静脉泵入", None),
    # other kinase inhibitors, look-alikes among them
    "gefitinib": (("吉非替尼", "易瑞沙"), ("gefitinib", "Iressa"), TABLET, "250", "mg", "口服", "L01EB01"),
    "icotinib": (("埃克替尼", "凯美纳"), ("icotinib",), TABLET, "125", "mg", "口服", "L01EB08"),
    "osimertinib": (("奥希替尼", "泰瑞沙"), ("osimertinib", "Tagrisso"), TABLET, "80", "mg", "口服", "L01EB04"),
    "aumolertinib": (("阿美替尼", "阿美乐"), ("almonertinib",), TABLET, "110", "mg", "口服", None),
    "afatinib": (("阿法替尼", "吉泰瑞"), ("afatinib",), TABLET, "40", "mg", "口服", "L01EB03"),
    "selpercatinib": (("塞普替尼",), ("selpercatinib",), TABLET, "160", "mg", "口服", "L01EX22"),
    "entrectinib": (("恩曲替尼",), ("entrectinib",), TABLET, "600", "mg", "口服", "L01EX14"),
    # drugs of other tumours
    "trastuzumab": (("曲妥珠单抗", "赫赛汀"), ("trastuzumab", "Herceptin"), INFUSION, "440", "mg", "静脉滴注", None),
    "capecitabine": (("卡培他滨", "希罗达"), ("capecitabine", "Xeloda"), TABLET, "1500", "mg", "口服", None),
    "fluorouracil": (("氟尿嘧啶",), ("fluorouracil",), INFUSION, "750", "mg", "静脉泵入", None),
    "letrozole": (("来曲唑",), ("letrozole",), TABLET, "2.5", "mg", "口服", None),
    "tamoxifen": (("他莫昔芬",), ("tamoxifen",), TABLET, "10", "mg", "口服", None),
    "cyclophosphamide": (("环磷酰胺",), ("cyclophosphamide",), POWDER, "1.0", "g", "静脉滴注", None),
    "doxorubicin": (("多柔比星", "阿霉素"), ("doxorubicin",), POWDER, "90", "mg", "静脉滴注", None),
    "rituximab": (("利妥昔单抗", "美罗华"), ("rituximab",), INFUSION, "600", "mg", "静脉滴注", None),
    "sorafenib": (("索拉非尼", "多吉美"), ("sorafenib",), TABLET, "400", "mg", "口服", None),
    "lenvatinib": (("仑伐替尼", "乐卫玛"), ("lenvatinib",), TABLET, "8", "mg", "口服", None),
    "imatinib": (("伊马替尼", "格列卫"), ("imatinib",), TABLET, "400", "mg", "口服", None),
    "goserelin": (("戈舍瑞林", "诺雷得"), ("goserelin",), INFUSION, "3.6", "mg", "皮下注射", None),
    "bicalutamide": (("比卡鲁胺",), ("bicalutamide",), TABLET, "50", "mg", "口服", None),
    # supportive and general drugs
    "dexamethasone": (("地塞米松", "地塞米松磷酸钠"), ("dexamethasone",), INFUSION, "10", "mg", "静脉推注", None),
    "ondansetron": (("昂丹司琼", "盐酸昂丹司琼"), ("ondansetron",), INFUSION, "8", "mg", "静脉推注", None),
    "palonosetron": (("帕洛诺司琼",), ("palonosetron",), INFUSION, "0.25", "mg", "静脉推注", None),
    "folic acid": (("叶酸",), ("folic acid",), TABLET, "0.4", "mg", "口服", None),
    "cyanocobalamin": (("维生素B12",), ("vitamin B12",), INFUSION, "1", "mg", "肌肉注射", None),
    "filgrastim": (("重组人粒细胞刺激因子",), ("filgrastim",), INFUSION, "300", "ug", "皮下注射", None),
    "zoledronic acid": (("唑来膦酸",), ("zoledronic acid",), INFUSION, "4", "mg", "静脉滴注", None),
    "omeprazole": (("奥美拉唑",), ("omeprazole",), TABLET, "20", "mg", "口服", None),
    "pantoprazole": (("泮托拉唑",), ("pantoprazole",), POWDER, "40", "mg", "静脉滴注", None),
    "sodium chloride": (("氯化钠注射液", "0.9%氯化钠"), ("sodium chloride",), ("", " {}"), "100", "ml", "静脉滴注", None),
    "amlodipine": (("氨氯地平",), ("amlodipine",), TABLET, "5", "mg", "口服", None),
    "metformin": (("二甲双胍",), ("metformin",), TABLET, "500", "mg", "口服", None),
    "atorvastatin": (("阿托伐他汀",), ("atorvastatin",), TABLET, "20", "mg", "口服", None),
    "aspirin": (("阿司匹林",), ("aspirin",), TABLET, "100", "mg", "口服", None),
    "ceftriaxone": (("头孢曲松",), ("ceftriaxone",), POWDER, "2", "g", "静脉滴注", None),
    "levofloxacin": (("左氧氟沙星",), ("levofloxacin",), INFUSION, "0.5", "g", "静脉滴注", None),
    "ambroxol": (("氨溴索",), ("ambroxol",), INFUSION, "30", "mg", "静脉推注", None),
    "furosemide": (("呋塞米",), ("furosemide",), TABLET, "20", "mg", "口服", None),
    "morphine": (("吗啡", "硫酸吗啡"), ("morphine",), TABLET, "10", "mg", "口服", None),
    "ibuprofen": (("布洛芬",), ("ibuprofen",), TABLET, "300", "mg", "口服", None),
    "insulin": (("胰岛素",), ("insulin",), INFUSION, "8", "U", "皮下注射", None),
    "bisoprolol": (("比索洛尔",), ("bisoprolol",), TABLET, "5", "mg", "口服", None),
}
# Orders that give several drugs at once; the acronyms as they are used for lung cancer.
COMBINATIONS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("carboplatin", "pemetrexed"): ("AC方案", "培美曲塞+卡铂", "培美曲塞0.8g+卡铂500mg", "pemetrexed + carboplatin", "力比泰/卡铂"),
    ("cisplatin", "pemetrexed"): ("AP方案", "培美曲塞+顺铂", "pemetrexed/cisplatin"),
    ("carboplatin", "nab-paclitaxel"): ("白紫+卡铂", "白蛋白紫杉醇+卡铂", "nab-paclitaxel + carboplatin"),
    ("carboplatin", "paclitaxel"): ("TC方案", "紫杉醇+卡铂"),
    ("atezolizumab", "bevacizumab", "carboplatin", "paclitaxel"): ("ABCP", "ABCP方案"),
    ("carboplatin", "etoposide"): ("EC方案", "依托泊苷+卡铂"),
    ("cisplatin", "etoposide"): ("EP方案", "VP-16 + DDP"),
    ("carboplatin", "gemcitabine"): ("GC方案", "吉西他滨+卡铂"),
}
# No vocabulary can know these.
UNKNOWN_DRUGS = (
    "自备药",
    "院内制剂3号",
    "study drug 0417",
    "XK-0093片",
    "外院带药（不详）",
    "协定方2号",
    "见纸质处方",
    "试验用药A",
    "=见医嘱单",
    "+外购",
)
# A name that says nothing beside a code that does.
SPEECHLESS_NAMES = ("口服药（自备）", "赠药", "门诊特药")
CLASS_WORDS = ("PD-1单抗", "免疫治疗", "靶向治疗", "ALK-TKI")


def names_of(ingredient: str) -> tuple[str, ...]:
    """Every text that the hospital writes for one ingredient."""
    chinese, latin, endings, dose, unit, *_ = DRUGS[ingredient]
    amount = f"{dose}{unit}"
    names = [name + ending.format(amount) for name in chinese for ending in endings]
    return (*names, *(name + ending.format(amount) for name in latin for ending in (*ENGLISH, " {} po" if endings is TABLET else " {} iv")))


DRUG_NAMES = Spellings({ingredient: names_of(ingredient) for ingredient in DRUGS} | {"unknown": UNKNOWN_DRUGS})
DOSES = Spellings({ingredient: (drug[3], drug[3], None) for ingredient, drug in DRUGS.items()} | {"unknown": (None,)})
UNITS = Spellings({ingredient: (drug[4],) for ingredient, drug in DRUGS.items()} | {"unknown": (None,)})
ROUTES = Spellings({ingredient: (drug[5], drug[5], None) for ingredient, drug in DRUGS.items()} | {"unknown": (None,)})
CODES = Spellings({ingredient: (drug[6], None, None) for ingredient, drug in DRUGS.items()} | {"unknown": (None, "YP00417")})
