"""What the page says: every P with its test, subgroups with their interaction, how many tests there were, and what it was made of."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from analysis.report import narrative, page
from analysis.report.readout import curves, embedded
from analysis.report.summary import summary
from analysis.words import equals, p_value
from tests.report.conftest import CHECKS, CONTEXT, Made

NAMES = ("log-rank", "score test", "chi-square", "fisher", "wilcoxon", "likelihood ratio", "gray", "wald", "permutation", "peto")
NAMES += ("fleming", "z test", "mantel-byar", "(test)")  # a column "P (test)" has the name in every cell


def plain(fragment: str) -> str:
    """The text of a piece of the page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", fragment)).split())


def tables(release: Made) -> list[tuple[list[str], list[list[str]]]]:
    """Heads and rows of every table of the page."""
    text = release.page.read_text(encoding="utf-8")
    found = []
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        head, _, body = table.partition("</thead>")
        rows = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in body.split("<tr")[1:]]
        heads = [plain(cell) for cell in re.findall(r"<th.*?</th>", head, re.DOTALL)]
        found.append((heads, [[plain(cell) for cell in row] for row in rows]))
    return found


def names_a_test(text: str) -> bool:
    """Whether a text says which test was made."""
    return any(name in text.lower() for name in NAMES)


def test_every_column_and_cell_of_p_names_its_test(release: Made) -> None:
    columns = cells = 0
    for heads, rows in tables(release):
        for head in heads:
            if re.search(r"\bP\b", head):
                columns += 1
                assert names_a_test(head), head
                if "(test)" in head:
                    place = heads.index(head)
                    found = [row[place] for row in rows if len(row) == len(heads) and re.match(r"[<>\d]", row[place])]
                    assert all(names_a_test(cell) for cell in found), head
        for row in rows:
            for cell in row:
                if re.search(r"\bP [=<>]", cell):
                    cells += 1
                    assert names_a_test(f"{row[0]} {cell}"), row
    assert columns > 8
    assert cells > 20


def test_no_subgroup_is_told_without_the_interaction(release: Made) -> None:
    leads = [lead for lead, _ in summary(release.results)]
    last = max(place for place, lead in enumerate(leads) if "PD-L1" in lead)
    assert "does the effect differ" in leads[last + 1]
    (entry,) = (one for one in release.results["interaction"] if one["endpoint"] == "pfs")
    text = dict(summary(release.results))[leads[last + 1]]
    assert equals(p_value(entry["interaction_p"])) in text
    assert entry["interaction_test"] in text


@pytest.mark.parametrize(("p", "words"), [(0.01, "may differ"), (0.4, "not shown")])
def test_the_interaction_is_read_by_its_test(release: Made, p: float, words: str) -> None:
    changed = [{**entry, "interaction_p": p} for entry in release.results["interaction"]]
    told = [text for lead, text in summary({**release.results, "interaction": changed}) if "does the effect differ" in lead]
    assert told
    assert all(words in text for text in told)


def test_the_adjusted_estimates_of_the_summary_are_those_of_the_models(release: Made) -> None:
    text = dict(summary(release.results))["Adjusted for differences between the arms"]
    for entry in (one for one in release.results["weighted"] if one["endpoint"] == "pfs"):
        assert f"{entry['hazard_ratio']:.2f} (95\u00a0%\u00a0CI {entry['hr_ci_lower']:.2f} to {entry['hr_ci_upper']:.2f})" in text
        assert f"{entry['events']} events in {entry['n']} patients" in text
    none = [{**entry, "hazard_ratio": None} for entry in release.results["weighted"]]
    assert "weights" not in dict(summary({**release.results, "weighted": none}))["Adjusted for differences between the arms"]


def test_tests_are_counted(release: Made) -> None:
    def without(value: Any) -> Any:
        """The results with every P gone."""
        if isinstance(value, dict):
            return {key: None if key == "p" or key.endswith("_p") else without(one) for key, one in value.items()}
        return [without(one) for one in value] if isinstance(value, list) else value

    count = narrative.outcome_tests(release.results)
    assert count > 30
    assert dict(summary(release.results))["How many tests"].startswith(f"This page holds {count} tests")
    assert narrative.outcome_tests(without(release.results)) == 0
    one_less = [{**release.results["analyses"][0], "log_rank_p": None}, *release.results["analyses"][1:]]
    assert narrative.outcome_tests({**release.results, "analyses": one_less}) == count - 1


def test_a_section_is_left_out_where_the_results_lack_it(release: Made) -> None:
    def ids(results: dict[str, Any]) -> list[str]:
        return [section.id for section in page.shown(results, None)]

    assert "subgroups" in ids(release.results)
    assert "subgroups" not in ids({**release.results, "subgroups": []})
    assert "patients" not in ids(release.results)


def test_the_page_says_what_it_was_made_of(release: Made) -> None:
    text = plain(release.page.read_text(encoding="utf-8"))
    assert f"checksums) {CONTEXT.data_checksum}" in text
    assert f"Protocol (SHA-256) {CONTEXT.protocol_hash}" in text
    assert "3 checks: 1 passed, 1 failed, 1 not applicable" in text
    assert f"{CHECKS[2]['title']}: {CHECKS[2]['detail']}" in text


def test_json_inside_the_page_ends_no_script() -> None:
    assert "<" not in embedded({"detail": "</script><b>&"})
    assert embedded({"a": "<"}) == '{"a":"\\u003c"}'


def test_the_page_holds_the_published_steps(release: Made) -> None:
    found = curves(release.results)
    for entry in release.results["analyses"]:
        rows = [row for row in release.results["curves"][entry["endpoint"]] if row["stratum"] == entry["stratum"]]
        steps = [step for arm in found[entry["id"]]["arms"] for step in arm["steps"]]
        assert [step[4] for step in steps] == [row["at_risk"] for row in rows]
        assert [step[1] for step in steps] == pytest.approx([row["survival"] for row in rows], abs=1e-6)
