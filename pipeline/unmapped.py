"""Drug names and texts that no vocabulary knows, for the data engineer, who adds a row for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from pipeline.settings import Settings
from pipeline.summary import new_table, terminal
from pipeline.work_area import Row, handover_folder, query, work_database, write_private_csv

FILE = "unmapped.csv"
COLUMNS = ("table", "column", "text", "rows", "nearest", "vocabulary", "row")
SHOWN_TEXTS = 60
LONGEST_TEXT = 40
NO_VOCABULARY = "none: models of the source read it"


@dataclass(frozen=True)
class Vocabulary:
    """The file that the row for a text is added to, and how the row is written."""

    file: str
    row: str


# by the domain that engineer.unmapped_values gives a text
VOCABULARIES = {
    "drug": Vocabulary("vocabulary/drug_synonyms.csv", "<text>,<ingredient>,<brand|zh|code|abbrev|...>,added"),
    "smoking": Vocabulary("vocabulary/hospital_terms.csv", "smoking,<text>,<never|ever|unknown>"),
    "order_status": Vocabulary("vocabulary/hospital_terms.csv", "order_status,<text>,<given|not_given>"),
    "response": Vocabulary("vocabulary/hospital_terms.csv", "response,<text>,<CR|PR|SD|PD|NE|iUPD>"),
    "stage": Vocabulary("vocabulary/hospital_terms.csv", "stage,<text>,<I ... IIIC|IV|none>"),
    "histology": Vocabulary("vocabulary/histology_terms.csv", "<text>,<class|none>,<specificity: the lowest decides>"),
    "procedure": Vocabulary("vocabulary/procedure_terms.csv", "<text>,<true|false|none>"),
    "alk": Vocabulary("vocabulary/result_terms.csv", "alk,<text>,<positive|negative|not evaluable>"),
    "pd_l1": Vocabulary("vocabulary/result_terms.csv", "pd_l1,<text>,<positive|negative|TPS 60%|not evaluable>"),
}

TEXTS = """
    select table_name, column_name, domain, raw_value, rows, nearest
    from engineer.unmapped_values
    order by rows desc, table_name, column_name, raw_value, domain
"""


def run(settings: Settings, environment: Mapping[str, str]) -> None:
    """Print what no vocabulary knows, the most frequent first, and which file the row goes to; all of it to $OUT where it is set.

    Raises UsageError for a wrong OUT or before the first refresh, WarehouseError where the work database can't be read.
    """
    folder = handover_folder(settings, environment)
    with work_database(settings) as connection:
        texts = query(connection, TEXTS)
    console = terminal()
    console.print()
    if not texts:
        console.print("Every drug name and text is known to a vocabulary.")
    else:
        console.print(_frequencies(texts))
        if len(texts) > SHOWN_TEXTS:
            hidden = sum(text["rows"] for text in texts[SHOWN_TEXTS:])
            console.print(f"and {len(texts) - SHOWN_TEXTS:,} more texts of {hidden:,} rows; OUT=dir writes all of them")
        console.print()
        console.print(_rows_to_add(texts))
        console.print()
        if any(text["domain"] == "drug" for text in texts):
            console.print("A new drug is a row of vocabulary/ingredients.csv; words for no drug are a class_term of regimen_terms.csv.")
            console.print("What stands in [ ] behind a drug's name is the order's code, no part of the text.")
        console.print("The next refresh reads the row, and the text leaves this list.")
    if folder:
        path = write_private_csv(folder, FILE, map(_for_the_engineer, texts), COLUMNS)
        console.print(f"Written {len(texts):,} texts to {path}", soft_wrap=True)
        console.print("They are the hospital's own words and may hold anything: only you can read the file; remove it afterwards.")


def shown(text: str) -> str:
    """The text on one line, cut, and without what a terminal would act on."""
    plain = "".join(sign if sign.isprintable() else "·" for sign in text)
    return plain if len(plain) <= LONGEST_TEXT else plain[: LONGEST_TEXT - 1] + "…"


def _frequencies(texts: Sequence[Row]) -> Table:
    table = new_table("Unmapped", ("column", "left"), ("text", "left"), ("rows", "right"), ("nearest entry", "left"))
    for text in texts[:SHOWN_TEXTS]:
        table.add_row(_column(text), shown(text["raw_value"]), f"{text['rows']:,}", shown(text["nearest"] or ""))
    return table


def _rows_to_add(texts: Sequence[Row]) -> Table:
    """For each column with unmapped texts the vocabulary that a row is added to."""
    table = new_table("Accept a text by a row", ("column", "left"), ("file", "left"), ("row", "left"))
    for column, domain in sorted({(_column(text), text["domain"]) for text in texts}):
        vocabulary = VOCABULARIES.get(domain)
        table.add_row(column, *((vocabulary.file, vocabulary.row) if vocabulary else (NO_VOCABULARY, "")))
    return table


def _column(text: Row) -> str:
    """Table and column; of results also the marker, for one text may be a result of either."""
    marker = f" ({text['domain']})" if text["domain"] in ("alk", "pd_l1") else ""
    return f"{text['table_name']}.{text['column_name']}{marker}"


def _for_the_engineer(text: Row) -> Row:
    vocabulary = VOCABULARIES.get(text["domain"])
    return {
        "table": text["table_name"],
        "column": text["column_name"],
        "text": text["raw_value"],
        "rows": text["rows"],
        "nearest": text["nearest"],
        "vocabulary": vocabulary.file if vocabulary else NO_VOCABULARY,
        "row": vocabulary.row if vocabulary else None,
    }
