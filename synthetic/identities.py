"""Names, identity numbers, telephone numbers and addresses of people who don't exist.

The identity numbers have the official form with the birth date inside, but a wrong check character, so that none can be
anyone's; the telephone numbers begin with 120, which is the ambulance and is never assigned; the places are invented.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.days import COMPACT, DateTexts
from synthetic.draws import Draws
from synthetic.spellings import choose

FAMILY_NAMES = (*tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"), "欧阳", "司马", "Zhang", "Li")
GIVEN_NAMES = (*tuple("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文"), " Wei", " Min", "小明", "建华", "秀英", "O'Neil")
REGIONS = ("990101", "990102", "990203", "990305", "990411", "990522")
TOWNS = ("虚构市示例区", "虚构市样本区", "示例省演示县", "样本市测试区", "Sample City, Demo District")
STREETS = ("梧桐路{}号", "银杏街{}弄", "海棠新村{}幢, 门牌不详", '"桂花园"{}号', "松柏大道{}号\n邮编不详", "No. {}, Maple Road")
HOUSES = tuple(str(number) for number in range(1, 400, 7))

# GB 11643 (ISO 7064 MOD 11-2): weights of the 17 digits, and the check characters by remainder.
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_CHECKS = "10X98765432"


def names(draws: Draws, size: int) -> pa.Array:
    """Invented names in full."""
    family, given = choose(FAMILY_NAMES, draws, size), choose(GIVEN_NAMES, draws, size)
    second = choose(("", "", *GIVEN_NAMES[:20]), draws, size)
    return pc.binary_join_element_wise(family, given, second, "")


def national_ids(births: np.ndarray, is_male: np.ndarray, texts: DateTexts, draws: Draws) -> pa.Array:
    """Numbers of 18 characters in the official form whose check character is wrong; odd order numbers for men."""
    size = len(births)
    order = draws.below(500, size) * 2 + is_male
    stem = pc.binary_join_element_wise(
        choose(REGIONS, draws, size), texts.write(births, COMPACT), pc.utf8_lpad(pc.cast(pa.array(order), pa.string()), 3, "0"), ""
    )
    digits = np.frombuffer("".join(stem.to_pylist()).encode("ascii"), dtype=np.uint8).reshape(size, 17).astype(np.int64) - ord("0")
    right = (digits * _WEIGHTS).sum(axis=1) % 11
    wrong = (right + 1 + draws.below(10, size)) % 11
    return pc.binary_join_element_wise(stem, pa.array(list(_CHECKS)).take(pa.array(wrong)), "")


def phones(draws: Draws, size: int) -> pa.Array:
    """Eleven digits from a range that is never assigned; a few are not known."""
    numbers = pc.utf8_lpad(pc.cast(pa.array(draws.below(100_000_000, size)), pa.string()), 8, "0")
    texts = pc.binary_join_element_wise(pa.scalar("120"), numbers, "")
    return pc.if_else(pa.array(draws.chance(60, size)), pa.scalar(None, pa.string()), texts)


def addresses(draws: Draws, size: int) -> pa.Array:
    """Addresses of invented places, with commas, quotes and line breaks."""
    lines = tuple(street.format(house) for street in STREETS for house in HOUSES)
    return pc.binary_join_element_wise(choose(TOWNS, draws, size), choose(lines, draws, size), "")
