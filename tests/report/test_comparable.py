"""Other published studies beside ours: theirs as printed, ours from the results."""

from __future__ import annotations

from analysis import words
from analysis.study.comparable import NOT_REPORTED, comparable, printed, published
from tests.report.conftest import Made


def test_published_figures_are_printed_as_they_were() -> None:
    assert printed([4.3, 2.9, 5.8]) == "4.3 (2.9 to 5.8)"
    assert printed([2.18, 1.13, None], is_open=True) == "2.18 (1.13 to not reached)"
    assert printed([8.48, None, None]) == "8.48"
    assert printed([0, None, None]) == "0"
    assert printed(None) == NOT_REPORTED


def test_every_group_of_a_study_has_ours_beside_it(release: Made) -> None:
    rows = comparable(release.results, published()["studies"])
    overall = next(entry for entry in release.results["analyses"] if entry["id"] == "pfs_overall")
    assert len(rows) > 8
    for row in rows:
        assert row["theirs"]["n"].isdigit()
        assert row["differs"]
        assert row["ours"]["label"]
    (lin,) = (row for row in rows if row["citation"].startswith("Lin"))
    assert lin["theirs"]["objective_response"] == "11 of 37: 29.7 (15.9 to 47)"
    assert lin["ours"]["median_pfs"] == words.median(overall["arms"]["non_immunotherapy"])
    ratios = [row for row in rows if row["theirs"]["hazard_ratio"]]
    assert len(ratios) == 4
    for row in ratios:
        assert row["ours"]["hazard_ratio"] == words.hazard_ratio(overall)
        assert row["ours"]["median_pfs"] == row["theirs"]["median_pfs"] == ""


def test_a_class_that_nobody_had_says_so(release: Made) -> None:
    without = [{**entry, "classes": {}} for entry in release.results["by_regimen_class"]]
    rows = comparable({**release.results, "by_regimen_class": without}, published()["studies"])
    assert {row["ours"]["median_pfs"] for row in rows if row["citation"].startswith("Heo")} == {"no patients"}


def test_only_the_first_row_of_a_study_introduces_it() -> None:
    studies = published()["studies"]
    assert all(study["citation"] and study["population"] for study in studies)
    assert len({study["id"] for study in studies}) == len(studies)
