"""The study protocol, one file that dbt and Python read."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pipeline import planned_analyses, sensitivity
from pipeline.errors import UsageError
from pipeline.paths import PROTOCOL

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
SECTIONS = ("study", "parameters", "criteria", "endpoints", "arms", "strata", "analysis", "sensitivity", "release")
NEXT_LINE = ("censor", "event", "ignore")
EVENTS = ("progression", "death")
CENSORED_AT = ("last_assessment", "last_record")


@dataclass(frozen=True)
class Protocol:
    """The protocol as read, and the SHA-256 of what it says (comments and layout don't count)."""

    settings: dict[str, Any]
    sha256: str

    def __getitem__(self, section: str) -> Any:
        return self.settings[section]

    @property
    def releases_kept(self) -> int:
        """How many releases are kept."""
        return int(self.settings["release"]["kept"])

    @property
    def suppressed_up_to(self) -> int:
        """The greatest count that leaves no building."""
        return int(self.settings["release"]["suppressed_up_to"])


def plain(value: Any) -> Any:
    """The value with dates as ``yyyy-mm-dd``, so that JSON can carry it."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return value.isoformat() if isinstance(value, date) else value


def problems(settings: Any) -> list[str]:
    """What is wrong with a protocol, each with what to write instead; empty when it is sound."""
    if not isinstance(settings, dict):
        return ["it is empty: start from the protocol.yml of the project"]
    found = [f"section `{section}` is missing" for section in SECTIONS if section not in settings and section != "sensitivity"]
    found += [f"section `{section}` is unknown: it may be one of {', '.join(SECTIONS)}" for section in settings if section not in SECTIONS]
    if found:
        return found
    for section in ("criteria", "endpoints", "strata"):
        ids = [str(entry.get("id")) for entry in settings[section]]
        found += [f"`{section}`: id `{name}` occurs twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
        found += [f"`{section}`: id `{name}` must be lower-case letters, digits and _" for name in ids if not IDENTIFIER.fullmatch(name)]
    for criterion in settings["criteria"]:
        found += [
            f"criterion `{criterion['id']}`: parameter {{{name}}} is not in `parameters`"
            for name in PLACEHOLDER.findall(str(criterion.get("rule", "")))
            if name not in settings["parameters"]
        ]
        found += [f"criterion `{criterion['id']}`: `{key}` is missing" for key in ("label", "rule", "applies_to") if key not in criterion]
        if criterion.get("applies_to") not in ("everybody", "index"):
            found.append(f"criterion `{criterion['id']}`: `applies_to` must be everybody or index")
    for endpoint in settings["endpoints"]:
        found += [f"endpoint `{endpoint['id']}`: `{key}` is missing" for key in ("label", "events", "censored_at") if key not in endpoint]
        if unknown := [str(event) for event in endpoint.get("events", []) if event not in EVENTS]:
            found.append(f"endpoint `{endpoint['id']}`: event `{unknown[0]}` is unknown: it may be one of {', '.join(EVENTS)}")
        if endpoint.get("censored_at", CENSORED_AT[0]) not in CENSORED_AT:
            found.append(f"endpoint `{endpoint['id']}`: `censored_at` must be one of {', '.join(CENSORED_AT)}")
        if endpoint.get("next_line") not in NEXT_LINE:
            found.append(f"endpoint `{endpoint['id']}`: `next_line` must be one of {', '.join(NEXT_LINE)}")
    most = settings["release"].get("suppressed_up_to")
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        found.append("`release`: `suppressed_up_to` must be a whole number from 1: counts up to it leave no building")
    found += [
        f"stratum `{entry['id']}`: `{key}` is missing" for entry in settings["strata"] for key in ("label", "where") if key not in entry
    ]
    found += planned_analyses.problems(settings)
    if settings["analysis"].get("exposure", sensitivity.EXPOSURES[0]) not in sensitivity.EXPOSURES:
        found.append(f"`analysis`: `exposure` must be one of {', '.join(sensitivity.EXPOSURES)}")
    if not found and settings.get("sensitivity"):
        found += sensitivity.problems(settings, problems)
    return found


def load(path: Path = PROTOCOL) -> Protocol:
    """Read and check the protocol.

    Raises UsageError naming every problem found.
    """
    try:
        settings = plain(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, "problem_mark", None)
        raise UsageError(
            "the study protocol can't be read",
            where=f"{path.name}, line {place.line + 1}" if place else path.name,
            todo="mend the YAML; `git diff protocol.yml` shows what changed",
        ) from error
    if found := problems(settings):
        raise UsageError("the study protocol is not sound: " + "; ".join(found), where=path.name, todo="mend these entries")
    return of_settings(settings)


def of_settings(settings: dict[str, Any]) -> Protocol:
    """The protocol with these settings."""
    canonical = json.dumps(settings, sort_keys=True, ensure_ascii=False)
    return Protocol(settings, hashlib.sha256(canonical.encode()).hexdigest())
