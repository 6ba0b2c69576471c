"""The canary's tokens, and the search for them in whatever a run leaves behind.

    places = places_of(STEMS + SECRETS, folder, allowed=ENGINEERS_ALONE)

Every text of the canary holds one of a few stems, in Latin, Chinese and full-width letters, so that one search finds whatever
of it got out, changed in case, width or encoding.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from urllib.parse import quote

import duckdb
import pyarrow.parquet as pq

from pipeline import database
from pipeline.errors import WarehouseError

LATIN, CHINESE, WIDE = "Wyvernq", "犇羴鱻", "ＢＡＳＩＬＩＳＫＱ"
STEMS = (LATIN, CHINESE, WIDE)
PHONE, NATIONAL_ID = "13977700137", "990522196106031949"
SALT, KEY = "Griffinsalz-of-the-canary-0f3a", "Griffinkey-of-the-canary-77c1"
# what a patient's values and the salt may stand in: nothing of it is for analysts
ENGINEERS_ALONE = ("work/work.duckdb*", "work/raw/*", "work/touched/*")

_LETTERS = "bcdfghjkmnpqrstvwxz"


def token(name: str) -> str:
    """A text that is the canary's alone, another one for each ``name``, in three kinds of letters."""
    own = "".join(_LETTERS[byte % len(_LETTERS)] for byte in hashlib.sha256(name.encode()).digest()[:6])
    return f"{LATIN}{own} {CHINESE}{own} {WIDE}{own}"


def tokens() -> tuple[str, ...]:
    """What must be found nowhere but in the engineer's own files: stems, numbers, the salt, and plain checksums of the patient's id."""
    spelled = (token("patient_id"), unicodedata.normalize("NFKC", token("patient_id")))
    digests = [algorithm(text.encode()).hexdigest() for text in spelled for algorithm in (hashlib.md5, hashlib.sha1, hashlib.sha256)]
    return (*STEMS, PHONE, NATIONAL_ID, SALT, *digests)


def places_of(searched: Sequence[str], folder: Path, allowed: Iterable[str] = (), key: str | None = None) -> list[str]:
    """Where below ``folder`` a token is found: in a file's name, its bytes, or what it holds packed.

    ``allowed`` are patterns of paths that may hold them. ``key`` opens encrypted databases. A link isn't followed.
    """
    patterns = tuple(allowed)
    found: list[str] = []
    for path in sorted(path for path in folder.rglob("*") if not path.is_symlink()):
        name = path.relative_to(folder).as_posix()
        if any(fnmatch(name, pattern) for pattern in patterns):
            continue
        contents = [name.encode(), *(_contents(path, key) if path.is_file() else ())]
        found += [f"{name}: {hit}" for hit in sorted({hit for content in contents for hit in hits(searched, content)})]
    return found


def hits(searched: Sequence[str], content: bytes | str) -> list[str]:
    """Which tokens stand in ``content``, in whatever case, width and encoding."""
    lowered = (content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content).lower()
    return [text for text in searched if any(form in lowered for form in _forms(text))]


@cache
def _forms(text: str) -> tuple[bytes, ...]:
    """The bytes that a token can take, in lower case."""
    texts = {form for spelled in (text, unicodedata.normalize("NFKC", text)) for form in (spelled, spelled.lower(), spelled.upper())}
    encoded = {form.encode(encoding) for form in texts for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")}
    escaped = {json.dumps(form)[1:-1] for form in texts} | {quote(form) for form in texts} | {ascii(form)[1:-1] for form in texts}
    entities = {"".join(f"&#{ord(letter)};" for letter in form) for form in texts} | {html.escape(form) for form in texts}
    return tuple(sorted({form.lower() for form in encoded | {form.encode() for form in escaped | entities}}))


def _contents(path: Path, key: str | None) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    elif content.startswith(b"\x89PNG"):
        yield from _packed_texts(content)
    elif path.suffix == ".parquet" and content.startswith(b"PAR1"):
        yield repr(pq.read_table(path).to_pydict()).encode()
    elif content[8:12] == b"DUCK":
        yield from _cells(path, key)


def _packed_texts(content: bytes) -> Iterator[bytes]:
    """The compressed texts that a PNG file carries beside its picture."""
    for chunk in re.finditer(rb"(zTXt|iTXt|iCCP|eXIf)(.*?)(?=....(?:[a-zA-Z]{4}))", content, re.DOTALL):
        for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", chunk[2]):
            unpacker = zlib.decompressobj()
            try:
                yield unpacker.decompress(chunk[2][start.start() :])
            except zlib.error:
                continue


def _cells(path: Path, key: str | None) -> Iterator[bytes]:
    """A database compresses its texts, so every cell is read as well."""
    try:
        connection = database.connect(path, key, read_only=True)
    except (WarehouseError, duckdb.BinderException):  # encrypted, also where this very process has it open
        return
    with connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database() order by all"
        ).fetchall()
        for schema, table in tables:
            try:
                rows = connection.execute(f'select columns(*)::varchar from "{schema}"."{table}"').fetchall()
            except duckdb.Error:
                continue
            yield "\n".join(str(cell) for row in rows for cell in row).encode()
