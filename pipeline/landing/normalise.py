"""Normal form of delivered text: Unicode NFKC without surrounding white space (line breaks included)."""

from __future__ import annotations

import json
import string
import unicodedata
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# What str.strip takes off where a text is ASCII: blanks, line ends and the four separators below the blank.
ASCII_WHITE_SPACE = string.whitespace + "\x1c\x1d\x1e\x1f"


def normal_text(text: str) -> str:
    """``text`` in normal form; full-width signs become their half-width twins."""
    return unicodedata.normalize("NFKC", text).strip()


def normal_column(column: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """A column of text in normal form, and the positions of the values that this changed."""
    if not len(column):
        return column, np.empty(0, dtype=np.int64)
    if pc.all(pc.string_is_ascii(column)).as_py():
        # NFKC leaves ASCII alone.
        normal = pc.ascii_trim(column, characters=ASCII_WHITE_SPACE)
    else:
        encoded = column.dictionary_encode()
        values = pa.array([normal_text(text) for text in encoded.dictionary.to_pylist()], pa.string())
        normal = values.take(encoded.indices)
    changed = np.flatnonzero(pc.not_equal(normal, column).to_numpy(zero_copy_only=False))
    return normal, changed


def delivered_objects(row_count: int, delivered: Mapping[str, pa.Array], changed: Mapping[str, np.ndarray]) -> pa.Array:
    """A row's JSON object of the values that normalisation changed, as delivered; null where it changed none."""
    objects: dict[int, dict[str, str]] = {}
    for column, rows in changed.items():
        if len(rows):
            texts = delivered[column].take(pa.array(rows)).to_pylist()
            for row, text in zip(rows.tolist(), texts, strict=True):
                objects.setdefault(row, {})[column] = text
    return _json_column(row_count, objects)


def unknown_objects(row_count: int, unknown: Mapping[str, pa.Array]) -> pa.Array:
    """A row's JSON object of the columns that no contract knows, as delivered, without empty ones; null where none is left."""
    objects: dict[int, dict[str, str]] = {}
    for column, texts in unknown.items():
        rows = np.flatnonzero(pc.not_equal(texts, "").to_numpy(zero_copy_only=False))
        for row, text in zip(rows.tolist(), texts.take(pa.array(rows)).to_pylist(), strict=True):
            objects.setdefault(row, {})[column] = text
    return _json_column(row_count, objects)


def _json_column(row_count: int, objects: Mapping[int, Mapping[str, str]]) -> pa.Array:
    if not objects:
        return pa.nulls(row_count, pa.string())
    texts: list[str | None] = [None] * row_count
    for row, values in objects.items():
        texts[row] = json.dumps(values, ensure_ascii=False)
    return pa.array(texts, pa.string())
