"""What a source declares about its raw tables, read from the same YAML that dbt reads (``_<source>__sources.yml``).

The YAML has one home for tables, columns, keys and required columns; its header comment explains every ``meta`` key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UsageError
from pipeline.settings import Settings

UPDATED_AT = "updated_at"
IS_DELETED = "is_deleted"
TABLE_SUFFIXES = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True)
class Column:
    """A column of a raw table; ``type`` is what its text means: text, date or timestamp."""

    name: str
    is_key: bool = False
    is_required: bool = False
    type: str = "text"


@dataclass(frozen=True)
class Table:
    """A raw table. ``files`` are the names that its file may have; empty: the table's own name and a known suffix."""

    name: str
    columns: tuple[Column, ...]
    identifier: str
    files: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_key)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_required or column.is_key)

    def is_file(self, name: str) -> bool:
        """Whether a file of this name delivers this table, in any letter case."""
        name = name.lower()
        if self.files:
            return any(name in (own.lower(), f"{own.lower()}.gz") for own in self.files)
        return any(name == self.name.lower() + suffix for suffix in TABLE_SUFFIXES)


@dataclass(frozen=True)
class Dialect:
    """How a source writes its text files.

    ``is_quoted``: RFC 4180, a field may be quoted and then hold line breaks. Otherwise quotes are letters like any other,
    and a row that is shorter than the header is filled up with empty fields (such writers drop trailing ones).
    ``comment``: lines before the header that start with it are skipped.
    """

    delimiter: str = ","
    is_quoted: bool = True
    comment: str | None = None

    @property
    def pads_short_rows(self) -> bool:
        return not self.is_quoted


@dataclass(frozen=True)
class Source:
    """A source's declaration. ``is_dated`` False: its exports carry no day, so that a warehouse holds just one."""

    name: str
    tables: tuple[Table, ...]
    dialect: Dialect = Dialect()
    is_dated: bool = True
    folder_is_one_batch: bool = False
    keeps_unknown: bool = True
    required_tables: tuple[str, ...] = ()

    def table_of_file(self, file_name: str) -> Table | None:
        """The table that a file of this name delivers, or None for a file that means nothing here."""
        return next((table for table in self.tables if table.is_file(file_name)), None)


def read_source(settings: Settings) -> Source:
    """The declaration of the chosen source. Raises UsageError where the file is missing or says something impossible."""
    return _parse(settings.source, settings.sources_file)


def _parse(name: str, path: Path) -> Source:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        declared = next(item for item in content["sources"] if item["name"] == name)
        meta = _meta(declared)
        source = Source(
            name=name,
            tables=tuple(_table(item) for item in declared["tables"]),
            dialect=_dialect(meta),
            is_dated=_flag(meta, "dated", True),
            folder_is_one_batch=_flag(meta, "whole_folder_is_one_batch", False),
            keeps_unknown=_flag(meta, "keep_unknown", True),
            required_tables=tuple(meta.get("required_tables") or ()),
        )
    except FileNotFoundError:
        raise UsageError("The source has no declaration", where=str(path), todo="set SOURCE to a source that has one") from None
    except StopIteration:
        raise UsageError(f"The declaration has no source named {name}", where=str(path), todo=f"add `- name: {name}`") from None
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"The declaration of the source can't be read ({type(error).__name__}: {error})",
            where=str(path),
            todo="mend the YAML; the hospital's declaration explains every key",
        ) from None
    _check(source, path)
    return source


def _check(source: Source, path: Path) -> None:
    names = [table.name for table in source.tables]
    missing = [name for name in source.required_tables if name not in names]
    if missing:
        raise UsageError(f"required_tables names tables that are not declared: {', '.join(missing)}", where=str(path), todo="declare them")
    for table in source.tables:
        if len({column.lower() for column in table.column_names}) != len(table.columns):
            raise UsageError(f"Table {table.name} declares a column twice", where=str(path), todo="remove one of them")


def _meta(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return (item.get("config") or {}).get("meta") or item.get("meta") or {}


def _flag(meta: Mapping[str, Any], key: str, default: bool) -> bool:
    value = meta.get(key, default)
    if not isinstance(value, bool):
        raise ValueError(f"{key} must be true or false")
    return value


def _dialect(meta: Mapping[str, Any]) -> Dialect:
    delimiter, quoting = meta.get("delimiter", ","), meta.get("quoting", "csv")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or not delimiter.isascii():
        raise ValueError("delimiter must be one ASCII character")
    if quoting not in ("csv", "none"):
        raise ValueError("quoting must be csv or none")
    return Dialect(delimiter, quoting == "csv", meta.get("comment") or None)


def _table(item: Mapping[str, Any]) -> Table:
    declared = [column for column in item["columns"] if not _meta(column).get("technical") and not column["name"].startswith("_")]
    return Table(
        name=item["name"],
        columns=tuple(_column(column) for column in declared),
        identifier=item.get("identifier") or item["name"],
        files=tuple(_meta(item).get("files") or ()),
    )


def _column(item: Mapping[str, Any]) -> Column:
    meta = _meta(item)
    return Column(item["name"], _flag(meta, "key", False), _flag(meta, "required", False), meta.get("type", "text"))
