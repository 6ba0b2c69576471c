"""A check as data: what the files of ``expectations/`` may say, and how it becomes SQL.

A file is a layer of the warehouse::

    rows:                      # SQL that several checks share, by name
      every_event: select ...
    checks:
      - id: progression-is-pd
        title: A progression is an assessment of PD
        severity: critical     # critical (nothing is published), warning, info
        category: plausibility # Kahn: conformance, completeness, plausibility
        rows: cohort.cohort_members
        fails: not exists (select 1 from ... where ... = checked.patient_id)
        threshold: 0           # so many rows may fail (the default is 0), or such a share of them: 2 %
        requires: age          # a capability of the source, without which the check does not apply
        criterion: adult       # a criterion of the protocol, likewise
        reason: why it matters, and why this threshold

``rows`` is a table, a name of the file, or a ``select``: what is judged, and the denominator. What fails is said in one of
three ways: ``fails``, a condition on a row (which is called ``checked``); ``failing`` and ``total``, two sums over the rows; or
``expectation`` and its ``kwargs``, a type of Great Expectations. ``{name}`` stands for a parameter of protocol.yml, or for
the list of its ``criteria``, ``arms``, ``endpoints`` or ``strata``, so that no number of the protocol is copied.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from pipeline.errors import Problem, UsageError
from pipeline.gate.results import Severity
from pipeline.protocol import Protocol

LAYERS = ("landing", "clinical", "cohort", "published")
CATEGORIES = ("conformance", "completeness", "plausibility")
KEYS = (
    "id",
    "title",
    "severity",
    "category",
    "rows",
    "fails",
    "failing",
    "total",
    "expectation",
    "kwargs",
    "threshold",
    "requires",
    "criterion",
    "reason",
)
REQUIRED = ("id", "title", "severity", "category", "rows", "reason")
MEASURES = ({"fails"}, {"failing", "total"}, {"expectation"})

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME = re.compile(r"[a-z]\w*")
_RELATION = re.compile(r"[a-z]\w*\.[a-z]\w*")
_PLACEHOLDER = re.compile(r"\{([a-z]\w*)\}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHARE = re.compile(r"(\d+(?:\.\d+)?) ?%")


@dataclass(frozen=True)
class Threshold:
    """How much may fail: ``rows`` of them, or a ``share`` from 0 to 1."""

    rows: int = 0
    share: float | None = None

    def __str__(self) -> str:
        return str(self.rows) if self.share is None else f"{self.share * 100:g} %"


@dataclass(frozen=True)
class Check:
    """One check, its placeholders filled in. ``rows`` is a select; one of the three measures is set."""

    id: str
    title: str
    severity: Severity
    category: str
    layer: str
    rows: str
    reason: str
    threshold: Threshold = Threshold()
    fails: str | None = None
    failing: str | None = None
    total: str | None = None
    expectation: str | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    requires: str | None = None
    criterion: str | None = None

    @property
    def source(self) -> str:
        """The rows to judge; none where the source or the protocol can't say what the check speaks of."""
        conditions = []
        if self.requires:
            conditions.append(
                f"exists (select 1 from staging.conformed_capabilities where capability = {_text(self.requires)} and is_available)"
            )
        if self.criterion:
            conditions.append(
                "exists (select 1 from published.assessability"
                f" where kind = 'criterion' and id = {_text(self.criterion)} and is_assessable)"
            )
        return f"select * from ({self.rows}) as judged where {' and '.join(conditions)}" if conditions else self.rows

    def counts(self, source: str) -> str:
        """SQL of one row, ``failing`` and ``total``, over the rows that ``source`` names."""
        if self.fails is not None:
            judged = f"select ({self.fails}) as has_failed from (select * from {source}) as checked"
            return f"select count(*) filter (where has_failed) as failing, count(*) as total from ({judged}) as verdicts"
        sums = (f"cast(coalesce({expression}, 0) as bigint)" for expression in (self.failing, self.total))
        return "select {} as failing, {} as total from (select * from {}) as checked".format(*sums, source)


def load(folder: Path, protocol: Protocol) -> tuple[Check, ...]:
    """Every check of the folder, a file a layer, with the protocol's parameters filled in.

    Raises UsageError that lists what is wrong, in which file and check.
    """
    values = _values(protocol)
    checks: list[Check] = []
    problems: list[Problem] = []
    for layer in LAYERS:
        _read(folder / f"{layer}.yml", layer, values, checks, problems)
    ids = [check.id for check in checks]
    problems += [Problem(f"check `{name}` occurs twice", todo="give each its own id") for name in sorted(set(ids)) if ids.count(name) > 1]
    if problems:
        raise UsageError("the checks of the quality gate are not sound", problems=problems, todo=f"mend these entries of {folder.name}/")
    return tuple(checks)


def _read(path: Path, layer: str, values: Mapping[str, Any], checks: list[Check], problems: list[Problem]) -> None:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        problems.append(Problem("can't be read", file=path.name, line=line, todo="mend the YAML"))
        return
    if not isinstance(content, dict) or not isinstance(content.get("checks"), list) or set(content) - {"rows", "checks"}:
        problems.append(Problem("must hold `checks`, a list, and may hold `rows`", file=path.name))
        return
    named = content.get("rows") or {}
    for number, entry in enumerate(content["checks"], start=1):
        name = entry.get("id") if isinstance(entry, dict) else None
        found: list[str] = []
        check = _check(entry, layer, named, values, found)
        problems += [Problem(f"check `{name or number}`: {what}", file=path.name) for what in found]
        if check:
            checks.append(check)


def _check(entry: Any, layer: str, named: Mapping[str, str], values: Mapping[str, Any], found: list[str]) -> Check | None:
    """The check that an entry describes; None, and what is wrong in ``found``, where it describes none."""
    if not isinstance(entry, dict):
        found.append("it must be a mapping")
        return None
    found += [f"`{key}` is unknown{_hint(str(key), KEYS)}" for key in entry if key not in KEYS]
    found += [f"`{key}` is missing" for key in REQUIRED if not str(entry.get(key) or "").strip()]
    if found:
        return None
    if not _ID.fullmatch(str(entry["id"])):
        found.append("its id must be lower-case letters and digits, joined by -")
    found += [
        f"`{key}` is `{entry[key]}`{_hint(str(entry[key]), known)}"
        for key, known in (("severity", get_args(Severity)), ("category", CATEGORIES))
        if entry[key] not in known
    ]
    measure = set(entry) & {"fails", "failing", "total", "expectation"}
    if measure not in MEASURES or ("kwargs" in entry and "expectation" not in entry):
        found.append("what fails must be said by `fails`, by `failing` and `total`, or by `expectation` with `kwargs`")
    rows = _rows(str(entry["rows"]), named, found)
    threshold = _threshold(entry.get("threshold", 0), found)
    if threshold.rows and "expectation" in entry:
        found.append("the threshold of an `expectation` is 0 or a share, for example 2 %")
    sql = _texts(entry, "fails", "failing", "total") | {"rows": rows}
    sql = {key: _filled(text, values, found, _literal) for key, text in sql.items()}
    words = {key: _filled(text, values, found, _words) for key, text in _texts(entry, "title", "reason").items()}
    kwargs = _filled_arguments(entry.get("kwargs") or {}, values, found)
    if found:
        return None
    names = {key: str(entry[key]) for key in ("expectation", "requires", "criterion") if key in entry}
    severity = cast(Severity, entry["severity"])
    return Check(
        id=entry["id"],
        severity=severity,
        category=entry["category"],
        layer=layer,
        threshold=threshold,
        kwargs=kwargs,
        **words,
        **sql,
        **names,
    )


def _texts(entry: Mapping[str, Any], *keys: str) -> dict[str, str]:
    return {key: " ".join(str(entry[key]).split()) for key in keys if key in entry}


def _rows(text: str, named: Mapping[str, str], found: list[str]) -> str:
    """The select that `rows` stands for."""
    text = " ".join(text.split())
    if text.lower().startswith("select "):
        return text
    if _RELATION.fullmatch(text):
        return f"select * from {text}"
    if text not in named and _NAME.fullmatch(text):
        found.append(f"`rows` names `{text}`, which the file's `rows` don't have{_hint(text, named)}")
    elif text not in named:
        found.append("`rows` must be a table (schema.table), a name of the file's `rows`, or begin with select")
    return " ".join(str(named.get(text, "")).split())


def _threshold(value: Any, found: list[str]) -> Threshold:
    share = _SHARE.fullmatch(str(value).strip())
    if share and float(share[1]) <= 100:
        return Threshold(share=float(share[1]) / 100)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Threshold(rows=value)
    found.append("`threshold` must be a number of rows or a share, for example 0 or 2 %")
    return Threshold()


def _values(protocol: Protocol) -> dict[str, Any]:
    """What `{name}` may stand for."""
    ids = {section: [entry["id"] for entry in protocol[section]] for section in ("criteria", "endpoints", "strata")}
    return {**protocol["parameters"], **ids, "arms": list(protocol["arms"])}


def _filled(text: str, values: Mapping[str, Any], found: list[str], spelled: Callable[[Any], str]) -> str:
    def value_of(match: re.Match[str]) -> str:
        if match[1] not in values:
            found.append(_unknown(match[1], values))
            return match[0]
        return spelled(values[match[1]])

    return _PLACEHOLDER.sub(value_of, text)


def _filled_arguments(value: Any, values: Mapping[str, Any], found: list[str]) -> Any:
    """Arguments of an expectation with the protocol's own values; a list of names in a list joins it."""
    if isinstance(value, dict):
        return {key: _filled_arguments(entry, values, found) for key, entry in value.items()}
    if isinstance(value, list):
        filled = [_filled_arguments(entry, values, found) for entry in value]
        return [item for entry in filled for item in (entry if isinstance(entry, list) else [entry])]
    match = _PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    if match[1] not in values:
        found.append(_unknown(match[1], values))
        return None
    return values[match[1]]


def _literal(value: Any) -> str:
    """The value as SQL."""
    if value is None:
        return "null"
    if isinstance(value, list):
        return ", ".join(_literal(entry) for entry in value)
    if isinstance(value, str):
        return f"date {_text(value)}" if _DAY.fullmatch(value) else _text(value)
    return str(value)


def _words(value: Any) -> str:
    """The value as a person reads it."""
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value)
    return "any number of" if value is None else str(value)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _unknown(name: str, values: Iterable[str]) -> str:
    return f"{{{name}}} is no parameter of protocol.yml{_hint(name, values)}"


def _hint(given: str, known: Iterable[str]) -> str:
    """What may have been meant."""
    known = sorted(known)
    near = difflib.get_close_matches(given, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; it may be {', '.join(known)}" if known else ""
