"""protocol.yml: one file that says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.paths import PROTOCOL
from pipeline.protocol import load

TEXT = PROTOCOL.read_text(encoding="utf-8")


def test_the_protocol_is_sound_and_its_dates_are_text() -> None:
    protocol = load()
    assert protocol["parameters"]["window_start"] == "2018-06-01"
    assert [criterion["id"] for criterion in protocol["criteria"]][:2] == ["nsclc", "alk_positive"]


def test_a_comment_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "protocol.yml"
    path.write_text(f"# another comment\n{TEXT}", encoding="utf-8")
    assert load(path).sha256 == load().sha256
    path.write_text(TEXT.replace("minimum_age: 18", "minimum_age: 21"), encoding="utf-8")
    assert load(path).sha256 != load().sha256


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("minimum_age: 18", "youngest: 18", "parameter {minimum_age} is not in `parameters`"),
        ("  - id: adult", "  - id: evaluable", "id `evaluable` occurs twice"),
        ("  - id: adult", "  - id: Grown up", "id `Grown up` must be lower-case letters"),
        ("next_line: censor", "next_line: forget", "`next_line` must be one of censor, event, ignore"),
        ("strata:", "layers:", "section `strata` is missing"),
        ("arms:", "arms: [", "can't be read"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "protocol.yml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError) as failure:
        load(path)
    assert words in failure.value.message
