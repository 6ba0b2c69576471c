"""What a report says of the release that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

DataKind = Literal["synthetic", "real"]
NOT_RECORDED = "not recorded"


class AnalysisError(Exception):
    """The analysis can't run as asked: the message says what is wrong and what to do, never a patient's value."""


@dataclass(frozen=True)
class ReportContext:
    """What the results and the report need to know beside the published views. Nothing here decides a number.

    `gate_summary`: a mapping for each check of the quality gate with `id`, `title`, `severity` (critical, warning, info), `status`
    (passed, failed, error, not applicable), `failing` and `total` rows, `reason` and `detail`. `gate_counts`: the counts alone, where the
    checks are no longer at hand. `data_checksum`: of every batch that was read.
    """

    release_id: str
    data_kind: DataKind
    code_version: str = NOT_RECORDED
    protocol_hash: str = NOT_RECORDED
    source: str = NOT_RECORDED
    data_checksum: str = NOT_RECORDED
    previous_release: str | None = None
    gate_summary: Sequence[Mapping[str, Any]] = ()
    gate_counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    package_versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    created_at: str = NOT_RECORDED

    def __post_init__(self) -> None:
        if self.data_kind not in ("synthetic", "real"):
            raise AnalysisError("the data must be said to be 'synthetic' or 'real'")
