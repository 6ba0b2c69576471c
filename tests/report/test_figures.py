"""The figures beside the page: journal sizes, the same bytes each time, and what is drawn is what the results hold."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import pytest

from analysis.report.figures import draw_all
from analysis.report.figures.swimmer import group_of, marks_of
from analysis.study.patients import Patient, read_patients
from analysis.words import SYNTHETIC
from tests.analysis import made_up
from tests.report.conftest import Made

MILLIMETRES = {"single": 85, "double": 174}
WIDE = {"pfs_forest", "os_forest", "balance", "competing_risks", "swimmer"}


def width_of_png(path: Path) -> int:
    """Pixels across, from the file's head."""
    return struct.unpack(">I", path.read_bytes()[16:20])[0]


def test_every_figure_has_a_journal_s_width_in_every_format(release: Made) -> None:
    names = {path.stem for path in (release.folder / "figures").glob("*.svg")}
    assert names >= WIDE
    for name in names:
        millimetres = MILLIMETRES["double" if name in WIDE or name.startswith("specification") else "single"]
        base = release.folder / "figures" / name
        svg, pdf = base.with_suffix(".svg").read_text(encoding="utf-8"), base.with_suffix(".pdf").read_bytes()
        points = [float(re.search(r'<svg [^>]*width="([\d.]+)pt"', svg)[1]), float(re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ", pdf)[1])]
        assert points == pytest.approx([millimetres / 25.4 * 72] * 2, abs=0.01)
        assert width_of_png(base.with_suffix(".png")) == pytest.approx(millimetres / 25.4 * 300, abs=1)
        height = float(re.search(r'<svg [^>]*height="([\d.]+)pt"', svg)[1]) / 72 * 25.4
        assert height < 247  # of a page of a journal


def test_the_same_results_give_the_same_bytes(release: Made, tmp_path: Path) -> None:
    patients = read_patients(release.database, made_up.protocol())
    few = {**release.results, "analyses": release.results["analyses"][:1], "subgroups": release.results["subgroups"][:1]}
    for name in draw_all(tmp_path, few, patients):
        for kind in ("svg", "pdf", "png"):
            drawn, other = (folder / f"{name}.{kind}" for folder in (tmp_path, release.folder / "figures"))
            assert drawn.read_bytes() == other.read_bytes(), f"{name}.{kind}"


def test_every_figure_says_that_patients_are_synthetic(release: Made) -> None:
    for path in (release.folder / "figures").glob("*.svg"):
        words = " ".join(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")).split())
        assert all(part in words for part in SYNTHETIC.split(": ")), path.name


def test_the_forest_has_every_level_and_names_the_test_of_interaction(release: Made) -> None:
    svg = (release.folder / "figures" / "pfs_forest.svg").read_text(encoding="utf-8")
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", svg)
    (subgroup,) = (entry for entry in release.results["subgroups"] if entry["endpoint"] == "pfs")
    for row in subgroup["rows"]:
        for level in row["levels"]:
            for group in level["arms"].values():
                assert f"{group['events']}/{group['n']}" in texts
            printed = "not estimable" if level["hazard_ratio"] is None else f"{level['hazard_ratio']:.2f} ("
            assert any(text.startswith(printed) for text in texts)
    assert any("likelihood ratio" in text for text in texts)


def patient(**changes: Any) -> Patient:
    """A patient with a progression who is alive."""
    values: dict[str, Any] = {
        "number": 1,
        "arm": "immunotherapy",
        "pfs_days": 100,
        "pfs_end_reason": "progression",
        "os_days": 200,
        "died": False,
        "response_day": None,
        "treatments": (),
        "events": (),
    }
    return Patient(**values | changes)


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        ({}, [("progression", 100), ("alive", 200)]),
        ({"response_day": 40}, [("response", 40), ("progression", 100), ("alive", 200)]),
        ({"pfs_end_reason": "death", "pfs_days": 200, "died": True}, [("death", 200)]),
        ({"pfs_end_reason": "next_line"}, [("pfs_censored", 100), ("alive", 200)]),
        ({"pfs_end_reason": "last_assessment", "died": True}, [("pfs_censored", 100), ("death", 200)]),
    ],
)
def test_marks_of_a_patient(changes: dict[str, Any], marks: list[tuple[str, int]]) -> None:
    assert list(marks_of(patient(**changes))) == marks


def test_classes_of_regimens_are_coloured_by_what_they_hold() -> None:
    classes = ("ici_mono", "ici_chemo_antiangiogenic", "chemo", "chemo_antiangiogenic", "alk_tki", "other", "new")
    assert [group_of(name) for name in classes] == [
        "immunotherapy", "immunotherapy", "chemotherapy", "chemotherapy", "alk_tki", "other", "other"
    ]  # fmt: skip
