"""The matcher in SQL: the rule's own cases, and a literal matcher in Python on everything else."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import duckdb
import pytest

from tests.sql_harness import build, create, failures, load_seed
from tests.vocabulary.literal_matcher import Terms, ingredients_of, project_terms, terms_of

TERMS = project_terms()
ORDERS = {"drug_name": "varchar", "drug_code": "varchar"}
S1 = "tegafur/gimeracil/oteracil"
PACLITAXELS = {"paclitaxel", "nab-paclitaxel", "paclitaxel liposome", "paclitaxel polymeric micelles"}

CASES = [
    # text of the order, its code, the ingredients
    ("lapatinib", None, {"lapatinib"}),  # apatinib stands within a word
    ("apatinib 250mg", None, {"apatinib"}),
    ("多西紫杉醇", None, {"docetaxel"}),
    ("多烯紫杉醇+顺铂", None, {"docetaxel", "cisplatin"}),
    ("紫杉醇", None, {"paclitaxel"}),
    ("白蛋白紫杉醇", None, {"nab-paclitaxel"}),
    ("注射用紫杉醇(白蛋白结合型)ivgtt", None, {"nab-paclitaxel"}),
    ("紫杉醇脂质体 210mg", None, {"paclitaxel liposome"}),
    ("注射用紫杉醇聚合物胶束", None, {"paclitaxel polymeric micelles"}),
    ("paclitaxel (albumin-bound) 200 mg", None, {"nab-paclitaxel"}),
    ("paclitaxel protein-bound", None, {"nab-paclitaxel"}),
    ("sugemalimab", None, {"sugemalimab"}),  # not gem
    ("gem 1.0g+ddp", None, {"gemcitabine", "cisplatin"}),
    ("gem1.0g", None, {"gemcitabine"}),  # a dose may touch letters
    ("cs1001", None, {"sugemalimab"}),  # not s1
    ("hs-10296", None, {"aumolertinib"}),
    ("s1 40mg bid", None, {S1}),
    ("s10", None, set()),
    ("vp160", None, set()),
    ("vp16 0.1g", None, {"etoposide"}),
    ("docetaxel", None, {"docetaxel"}),  # neither doc nor tax
    ("克艾力", None, {"nab-paclitaxel"}),
    ("艾力 180mg", None, {"irinotecan"}),
    ("艾力达", None, {"vardenafil"}),
    ("艾力雅 阿柏西普眼内注射溶液", None, {"aflibercept"}),
    ("诺欣妥片 50mg", None, {"sacubitril/valsartan"}),
    ("诺欣", None, {"cisplatin"}),
    ("信迪利单抗注射液 200mg ivgtt d1", None, {"sintilimab"}),
    ("(集采)培美曲塞0.8g+顺铂", None, {"pemetrexed", "cisplatin"}),
    ("盐酸阿来替尼胶囊★[甲]", None, {"alectinib"}),
    ("阿来替尼/阿美替尼", None, {"alectinib", "aumolertinib"}),
    ("贝伐珠单抗注射液(达攸同)", None, {"bevacizumab"}),
    ("ac方案", None, {"pemetrexed", "carboplatin"}),
    ("fac方案", None, set()),  # an acronym is a word of its own
    ("abcp", None, {"atezolizumab", "bevacizumab", "carboplatin", "paclitaxel"}),
    ("白紫+卡铂", None, {"nab-paclitaxel", "carboplatin"}),
    ("白紫 400mg 卡铂 500mg", None, {"nab-paclitaxel", "carboplatin"}),
    ("k药200mg", None, {"pembrolizumab"}),
    ("ok药", None, set()),
    ("pd-1单抗", None, set()),
    ("pd-1单抗(信迪利单抗)", None, {"sintilimab"}),
    ("安罗+免疫", None, {"anlotinib"}),
    ("pc方案", "l01ba04", {"pemetrexed"}),  # the name gives no ingredient
    ("临床试验用药", " L01XA01 ", {"cisplatin"}),
    ("study drug", "1547545", {"pembrolizumab"}),
    ("study drug", "L01CD01", PACLITAXELS),
    ("卡铂", "L01XA01", {"carboplatin"}),  # the name decides
    ("0.9%氯化钠注射液", "L01XA01", {"sodium chloride"}),
    ("study drug", "", set()),
    ("亚叶酸钙", None, {"leucovorin"}),
    ("左亚叶酸钙", None, {"levoleucovorin"}),
    ("维生素b12注射液", None, {"cyanocobalamin"}),
    ("维生素b1", None, {"thiamine"}),
    ("异环磷酰胺", None, {"ifosfamide"}),
    ("表阿霉素", None, {"epirubicin"}),
    ("5-fu 500mg", None, {"fluorouracil"}),
    ("hyaluronidase/pertuzumab/trastuzumab", None, {"hyaluronidase", "pertuzumab", "trastuzumab"}),
    ("fam-trastuzumab deruxtecan-nxki", None, {"trastuzumab deruxtecan"}),
    ("investigational", None, set()),
    # what was consumed is no neighbour any more
    ("s-1cddp", None, {S1, "cisplatin"}),
    ("abraxane5-fu", None, {"nab-paclitaxel", "fluorouracil"}),
    ("gemcddp", None, set()),
]


def matcher(orders: Iterable[tuple[str, str | None]]) -> duckdb.DuckDBPyConnection:
    """A database with these orders, on which models can be built."""
    connection = duckdb.connect()
    create(connection, "conformed_drug_orders", ORDERS, orders)
    return connection


def found(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], frozenset[str]]:
    """The ingredients that SQL finds, by text and code; none where it finds none."""
    build(connection, "drug_texts")
    ingredients: dict[tuple[str, str], set[str]] = {
        pair: set() for pair in connection.execute("select drug_name, coalesce(drug_code, '') from conformed_drug_orders").fetchall()
    }
    written = connection.execute("select drug_text, drug_code, ingredient from drug_texts").fetchall()
    assert len(written) == len(set(written))
    for text, code, ingredient in written:
        ingredients[text, code].add(ingredient)
    return {pair: frozenset(some) for pair, some in ingredients.items()}


def compare(texts: Iterable[str], terms: Terms, connection: duckdb.DuckDBPyConnection) -> None:
    """Both matchers find the same in every text."""
    by_sql = {text: some for (text, _), some in found(connection).items()}
    assert {text: some for text, some in by_sql.items() if some != ingredients_of(text, terms)} == {}
    assert set(by_sql) == set(texts)


def test_the_rules_cases():
    by_sql = found(matcher([(text, code) for text, code, _ in CASES]))
    assert by_sql == {(text, code or ""): frozenset(expected) for text, code, expected in CASES}


def test_every_term_alone():
    compare(TERMS, TERMS, matcher([(term, None) for term in TERMS]))


def test_terms_glued_with_what_orders_hold():
    rng = Random(20250614)
    terms = sorted(TERMS)
    short_latin = [term for term in terms if term.isascii() and len(term) < 6]
    beside = ["", "", " ", "+", "/", "-", "(", ")", "、", "1", "0.8g", " 200mg", "mg", "x", "é", "药", "片", "注射液", "盐酸", "d1", "s"]

    def piece() -> str:
        term = rng.choice(short_latin if rng.random() < 0.3 else terms)
        return term[rng.randrange(2) : len(term) - rng.randrange(2)] if rng.random() < 0.15 else term

    texts = {"".join(rng.choice(beside) + piece() for _ in range(rng.randint(1, 4))) + rng.choice(beside) for _ in range(2500)}
    texts = {text.strip() for text in texts}
    compare(texts, TERMS, matcher([(text, None) for text in sorted(texts)]))


@pytest.mark.parametrize("seed", range(20))
def test_vocabularies_full_of_overlaps(seed: int):
    rng = Random(seed)
    alphabet = "ab12药-"

    def word(longest: int) -> str:
        return "".join(rng.choice(alphabet) for _ in range(rng.randint(2, longest)))

    ingredients = sorted({word(4) for _ in range(6)})
    synonyms = sorted({word(4) for _ in range(12)} - set(ingredients))
    regimens = sorted({word(5) for _ in range(4)} - set(ingredients) - set(synonyms))
    named = [(synonym, rng.choice(ingredients)) for synonym in synonyms]
    meant = [(term, "|".join(sorted(set(rng.choices(ingredients, k=rng.randint(0, 2)))))) for term in regimens]
    texts = sorted({word(14) for _ in range(300)})
    connection = matcher([(text, None) for text in texts])
    coded = [(ingredient, None, None) for ingredient in ingredients]
    composed = [(term, "regimen", components or None) for term, components in meant]
    create(connection, "ingredients", dict.fromkeys(("ingredient", "atc_code", "rxnorm_cui"), "varchar"), coded)
    create(connection, "drug_synonyms", dict.fromkeys(("synonym", "ingredient"), "varchar"), named)
    create(connection, "regimen_terms", dict.fromkeys(("term", "kind", "component_ingredients"), "varchar"), composed)
    compare(texts, terms_of(ingredients, named, meant), connection)


def test_a_drug_is_added_with_one_row():
    connection = matcher([("novelanib 10mg", None), ("order", "L01EX99")])
    load_seed(connection, "ingredients")
    connection.execute("insert into ingredients (ingredient, drug_class, atc_code) values ('novelanib', 'other_tki', 'L01EX99')")
    assert set(found(connection).values()) == {frozenset({"novelanib"})}


def test_a_class_word_is_known_and_names_no_ingredient():
    connection = matcher([("免疫治疗", None), ("免疫治疗", None), ("什么药", None)])
    build(connection, "unmapped_drugs")
    assert connection.execute("select drug_text, synonym, ingredient from drug_text_matches").fetchall() == [("免疫治疗", "免疫治疗", None)]
    assert connection.execute("select drug_text, rows from unmapped_drugs").fetchall() == [("什么药", 1)]


def test_unmapped_drugs_are_counted_with_a_hint():
    orders = [("克挫替呢胶囊 250mg", None)] * 3 + [("克挫替呢胶囊 250mg", "X")] + [("study drug", "L01BA04"), ("顺铂", None), ("qqqq", "Y")]
    connection = matcher(orders)
    build(connection, "unmapped_drugs")
    assert connection.execute("select * from unmapped_drugs order by rows desc, drug_text, drug_code").fetchall() == [
        ("克挫替呢胶囊 250mg", "", 3, "克唑替尼胶囊"),
        ("qqqq", "Y", 1, None),
        ("克挫替呢胶囊 250mg", "X", 1, "克唑替尼胶囊"),
    ]


def test_only_the_most_frequent_unmapped_drugs_get_a_hint():
    connection = matcher([(f"cisplatyn {number:03}", None) for number in range(250)] + [("cisplatyn 249", None)])
    build(connection, "unmapped_drugs")
    assert connection.execute("select count(*), count(nearest), min(nearest) from unmapped_drugs").fetchone() == (250, 200, "cisplatin")
    assert connection.execute("select nearest from unmapped_drugs where drug_text = 'cisplatyn 249'").fetchone() == ("cisplatin",)


def test_no_orders():
    connection = matcher([])
    build(connection, "drug_texts", "unmapped_drugs")
    assert connection.execute("select (select count(*) from drug_texts) + (select count(*) from unmapped_drugs)").fetchone() == (0,)


def test_the_audit_of_the_vocabulary_finds_what_it_looks_for():
    connection = matcher([])
    build(connection, "drug_terms")
    forms = sorted(PACLITAXELS)
    assert failures(connection, "names_one_thing", "drug_terms") == []
    assert failures(connection, "can_be_found", "drug_terms") == []
    assert failures(connection, "components_exist", "regimen_terms", ingredients="ingredients") == []
    assert failures(connection, "one_substance_a_code", "ingredients", column_name="atc_code", forms_of_one=forms) == []
    connection.execute("insert into drug_terms values ('alimta', 'name', 'cisplatin'), ('k药', 'regimen', null), ('x', 'name', 'x')")
    connection.execute("insert into regimen_terms (term, kind, component_ingredients) values ('zz', 'regimen', 'cisplatin|no such drug')")
    connection.execute("insert into ingredients (ingredient, atc_code) values ('other', 'L01CD01'), ('another', 'L01XA01')")
    assert sorted(failures(connection, "names_one_thing", "drug_terms")) == [("alimta",), ("k药",)]
    assert failures(connection, "can_be_found", "drug_terms") == [("x",)]
    assert failures(connection, "components_exist", "regimen_terms", ingredients="ingredients") == [("zz",)]
    found_codes = failures(connection, "one_substance_a_code", "ingredients", column_name="atc_code", forms_of_one=forms)
    assert sorted(found_codes) == [("L01CD01",), ("L01XA01",)]


def test_a_page_pasted_into_the_name_does_not_stall_the_refresh() -> None:
    """Ten thousand characters: found like any text, in as many steps as there are drugs in it."""
    page = "顺铂,pem 500mg+s-1 / 阿来替尼 " * 500
    connection = duckdb.connect()
    create(connection, "conformed_drug_orders", ORDERS, [(page, None)])
    build(connection, "drug_texts")
    found = {ingredient for (ingredient,) in connection.execute("select ingredient from drug_texts").fetchall()}
    assert found == {"cisplatin", "pemetrexed", S1, "alectinib"}
