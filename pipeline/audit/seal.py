"""Seals: without the secret of the warehouse nobody can write a line that passes for one that was written with it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.settings import Settings

# of two secrets the first one that is set
SECRETS = ("warehouse_key", "pseudonym_salt")
_ID_DIGITS = 16


@dataclass(frozen=True)
class Secret:
    """What seals lines: the setting's name in the environment, and its value, which never shows."""

    name: str
    value: str = field(repr=False)

    @property
    def id(self) -> str:
        """Tells this secret from another of that name without giving it away."""
        return f"{self.name} {self.seal('')[:_ID_DIGITS]}"

    def seal(self, text: str) -> str:
        """The HMAC-SHA-256 of the text under this secret, in hex."""
        key = hashlib.sha256(f"audit log\0{self.value}".encode()).digest()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def secrets_of(settings: Settings) -> tuple[Secret, ...]:
    """The secrets that are set; the first one seals."""
    return tuple(Secret(name.upper(), value) for name in SECRETS if (value := getattr(settings, name)))


@dataclass(frozen=True)
class Seals:
    """Of the sealed lines the numbers, from 1, of those whose seal is false; and how many there are of each other kind."""

    false: tuple[int, ...]
    verified: int
    unverified: int
    unsealed: int


def check(lines: Sequence[dict[str, Any] | None], secrets: Sequence[Secret], said: Callable[[dict[str, Any]], str]) -> Seals:
    """Verify every seal whose secret is at hand; ``said`` gives the text that a line's seal stands for."""
    by_id = {secret.id: secret for secret in secrets}
    sealed = [(number, line) for number, line in enumerate(lines, start=1) if line and line.get("sealed_by")]
    ours = [(number, line, by_id[line["sealed_by"]]) for number, line in sealed if line["sealed_by"] in by_id]
    false = tuple(number for number, line, secret in ours if not hmac.compare_digest(str(line.get("seal")), secret.seal(said(line))))
    return Seals(false, len(ours) - len(false), len(sealed) - len(ours), sum(line is not None for line in lines) - len(sealed))
