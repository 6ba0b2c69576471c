"""The chain: every line of the log holds the hash of the one before, and its own over everything else that it says.

The head, kept beside the log, names the last line. Read back from there, the chain tells lines that were written from lines
that were changed, put in or moved, and knows which are gone; a plain chain can't miss its own end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipeline.audit.seal import Secret
from pipeline.errors import Problem

FILE = "audit.jsonl"
FIRST_PREVIOUS = "0" * 64
EDITED = "was edited, or is no line of the log"
INSERTED = "was put in, or replaces a line"
MOVED = "stands in another place than it was written"

# what a line says; None for one that isn't as it was written
Line = dict[str, Any] | None


@dataclass(frozen=True)
class Link:
    """A place in the chain: the number of a line, from 1, and its hash."""

    sequence: int = 0
    hash: str = FIRST_PREVIOUS


@dataclass(frozen=True)
class Head:
    """The last line that was written, and the hash of one that is just being written."""

    end: Link = Link()
    next: str | None = None


def canonical(content: Mapping[str, Any]) -> str:
    """The one way to write it down."""
    return json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def new_line(content: Mapping[str, Any], after: Link, secret: Secret | None) -> tuple[str, Link]:
    """The line that says ``content``, and its place in the chain."""
    said = {**content, "sequence": after.sequence + 1, "previous": after.hash, "sealed_by": secret.id if secret else None}
    sealed = {**said, "seal": secret.seal(canonical(said)) if secret else None}
    digest = hashlib.sha256(canonical(sealed).encode()).hexdigest()
    return canonical({**sealed, "hash": digest}), Link(after.sequence + 1, digest)


def sealed_text(line: Mapping[str, Any]) -> str:
    """What the seal of a line stands for: everything that it says but the seal and the hash over it."""
    return canonical({key: value for key, value in line.items() if key not in ("seal", "hash")})


def read_line(line: bytes) -> Line:
    """What a line says; None where it isn't, byte by byte, as it was written."""
    try:
        content = json.loads(line)
        link = link_of(content)
        said = {key: value for key, value in content.items() if key != "hash"}
        is_sound = (
            _says_what_lines_say(content)
            and canonical(content).encode() == line
            and hashlib.sha256(canonical(said).encode()).hexdigest() == link.hash
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return content if is_sound else None


def _says_what_lines_say(content: Mapping[str, Any]) -> bool:
    """A line with a fitting hash can still be of any shape, if somebody made it."""
    inputs = content["inputs"]
    return (
        all(isinstance(content[name], str) for name in ("at", "who", "event", "outcome", "what"))
        and all(isinstance(content[name], str | None) for name in ("release", "checksum", "sealed_by", "seal"))
        and isinstance(inputs, list)
        and all(isinstance(given, dict) and "sha256" in given for given in inputs)
    )


def link_of(content: Mapping[str, Any]) -> Link:
    """The place in the chain that a line claims. Raises KeyError, TypeError or ValueError where it claims none."""
    if not isinstance(content["previous"], str) or type(content["sequence"]) is not int:
        raise TypeError
    return Link(content["sequence"], str(content["hash"]))


def end_of(lines: Sequence[Line], head: Head) -> Link:
    """Where the chain ends: at the head, or one line on where the run was killed before the head said so."""
    last = link_of(lines[-1]) if lines and lines[-1] else None
    return last if last and head.next == last.hash and last.sequence == head.end.sequence + 1 else head.end


def problems(lines: Sequence[Line], end: Link) -> list[Problem]:
    """Every line that isn't as it was written, in the order of the lines; empty where the chain is intact up to ``end``."""
    genuine, missing = _read_back(lines, end)
    found = list(_strangers(lines, genuine, missing))
    ordered = sorted(genuine)
    found += [(genuine[later], MOVED) for earlier, later in pairwise(ordered) if genuine[later] < genuine[earlier]]
    found += list(_deleted(lines, genuine, missing))
    return [Problem(what, line=number, file=FILE) for number, what in sorted(found)]


def _read_back(lines: Sequence[Line], end: Link) -> tuple[dict[int, int], list[range]]:
    """From the end to the first: the line's number, from 1, by its place in the chain; and the places that no line fills."""
    # of two copies of a line the first counts
    numbers = {link_of(line): number for number, line in reversed(list(enumerate(lines, start=1))) if line}
    previous = {link_of(line): line["previous"] for line in lines if line}
    genuine: dict[int, int] = {}
    missing: list[range] = []
    wanted = end
    while wanted.sequence > 0:
        if wanted in numbers:
            genuine[wanted.sequence] = numbers[wanted]
            wanted = Link(wanted.sequence - 1, previous[wanted])
            continue
        # the hash of the line before went with it: the nearest line below carries on
        below = [link for link in numbers if 0 < link.sequence < wanted.sequence]
        nearest = max(below, key=lambda link: (link.sequence, numbers[link]), default=Link())
        missing.append(range(nearest.sequence + 1, wanted.sequence + 1))
        wanted = nearest
    return genuine, missing


def _strangers(lines: Sequence[Line], genuine: Mapping[int, int], missing: Sequence[range]) -> Iterator[tuple[int, str]]:
    """Lines that the chain doesn't lead to."""
    known = set(genuine.values())
    for number, line in enumerate(lines, start=1):
        if number not in known:
            is_changed = line is None or any(line["sequence"] in run for run in missing)
            yield number, EDITED if is_changed else INSERTED


def _deleted(lines: Sequence[Line], genuine: Mapping[int, int], missing: Sequence[range]) -> Iterator[tuple[int, str]]:
    """Places whose lines are gone, without those in whose place an edited line stands; each with the line it stood before."""
    for run in missing:
        after = min((number for place, number in genuine.items() if place >= run.stop), default=len(lines) + 1)
        before = max((number for place, number in genuine.items() if place < run.start), default=0)
        gone = run[max(0, after - before - 1) :]
        if gone:
            named = f"entry {gone[0]}" if len(gone) == 1 else f"entries {gone[0]} to {gone[-1]}"
            yield after, f"{named} {'before it' if after <= len(lines) else 'at the end'} {'was' if len(gone) == 1 else 'were'} deleted"
