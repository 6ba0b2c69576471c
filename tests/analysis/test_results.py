"""What results.json holds: its shape as published, and every way in which there can be too little to compute."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from lifelines import CoxTimeVaryingFitter, KaplanMeierFitter
from lifelines.statistics import logrank_test

import analysis
from analysis.context import AnalysisError, ReportContext
from analysis.publish import CURVE_COLUMNS, STATISTICS_COLUMNS, statistics_rows
from analysis.study.comparison import ticks
from analysis.study.paper import comparison, paper_figures
from analysis.study.reading import read
from analysis.study.results import compute
from tests.analysis import made_up

CONTEXT = ReportContext(release_id="r1", data_kind="synthetic")
ARMS = ("immunotherapy", "non_immunotherapy")
ENTRIES = [f"{endpoint}_{entry['id']}" for endpoint in ("pfs", "os") for entry in made_up.protocol()["strata"]]


def computed(path: Path, members: pd.DataFrame, missing: tuple[str, ...] = ()) -> dict[str, Any]:
    """The results of a made-up release."""
    results = compute(read(made_up.write(path / "cohort.duckdb", members, missing), made_up.protocol()), made_up.protocol(), CONTEXT)
    json.dumps(results, allow_nan=False)
    return results


def by_id(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The entries of `analyses`."""
    return {entry["id"]: entry for entry in results["analyses"]}


@pytest.fixture(scope="module")
def members() -> pd.DataFrame:
    """The made-up patients."""
    return made_up.cohort()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, members: pd.DataFrame) -> dict[str, Any]:
    """Their results."""
    return computed(tmp_path_factory.mktemp("release"), members)


def test_has_every_published_key(results: dict[str, Any]) -> None:
    assert {"release_id", "data", "protocol", "cohort", "analyses", "paper_comparison"} <= set(results)
    assert {"patients", "by_arm", "median_follow_up_months"} <= set(results["cohort"])
    assert {"estimate", "ci_lower", "ci_upper"} <= set(results["cohort"]["median_follow_up_months"])
    assert [entry["id"] for entry in results["analyses"]] == ENTRIES
    group_keys = {"n", "events", "median_months", "median_ci_lower", "median_ci_upper", "not_reached"}
    group_keys |= {"rmst_months", "survival_6_months", "survival_12_months"}
    for entry in results["analyses"]:
        assert {"endpoint", "stratum", "arms", "log_rank_p", "hazard_ratio", "hr_ci_lower", "hr_ci_upper", "ph_test_p"} <= set(entry)
        assert tuple(entry["arms"]) == ARMS
        assert all(group_keys <= set(group) for group in entry["arms"].values())


@pytest.mark.parametrize("endpoint", ["pfs", "os"])
def test_is_what_lifelines_finds_from_the_months_of_the_view(results: dict[str, Any], members: pd.DataFrame, endpoint: str) -> None:
    chosen = members[(members["pd_l1_status"] == "positive") & members["rebiopsied"]]
    entry = by_id(results)[f"{endpoint}_pd_l1_positive_rebiopsied"]
    parts = [chosen[chosen["arm"] == arm] for arm in ARMS]
    for arm, part in zip(ARMS, parts, strict=True):
        fitted = KaplanMeierFitter().fit(part[f"{endpoint}_months"], part[f"{endpoint}_event"])
        group = entry["arms"][arm]
        assert (group["n"], group["events"]) == (len(part), part[f"{endpoint}_event"].sum())
        assert group["survival_6_months"] == pytest.approx(fitted.predict(6.0))
        assert fitted.predict(group["median_months"] - 1e-6) > 0.5 - 1e-9  # R's midpoint where the curve is exactly one half
        assert fitted.predict(group["median_months"] + 1e-6) < 0.5 + 1e-9
    first, second = parts
    theirs = logrank_test(first[f"{endpoint}_days"], second[f"{endpoint}_days"], first[f"{endpoint}_event"], second[f"{endpoint}_event"])
    assert entry["log_rank_p"] == pytest.approx(theirs.p_value)


def test_strata_are_those_of_the_protocol(results: dict[str, Any], members: pd.DataFrame) -> None:
    counts = {entry["stratum"]: entry["n"] for entry in results["analyses"] if entry["endpoint"] == "os"}
    positive = members["pd_l1_status"] == "positive"
    assert counts == {
        "overall": len(members),
        "pd_l1_positive": positive.sum(),
        "pd_l1_negative": (members["pd_l1_status"] == "negative").sum(),
        "pd_l1_positive_rebiopsied": (positive & members["rebiopsied"]).sum(),
    }


def test_the_hazard_ratio_is_of_the_first_arm_against_the_second(tmp_path: Path, members: pd.DataFrame) -> None:
    late = members.assign(os_days=np.where(members["arm"] == "immunotherapy", 1000, 100) + np.arange(len(members)) % 50, os_event=True)
    late.loc[late.index[late["arm"] == "immunotherapy"][0], "os_days"] = 90
    entry = by_id(computed(tmp_path, late))["os_overall"]
    assert entry["hr_ci_upper"] < 1
    assert entry["rmst_difference_months"] > 0


def test_numbers_at_risk_start_with_everybody(results: dict[str, Any]) -> None:
    for entry in results["analyses"]:
        assert entry["at_risk"]["months"][0] == 0
        assert len(entry["at_risk"]["months"]) <= 9
        for arm in ARMS:
            counts = entry["at_risk"][arm]
            assert counts[0] == entry["arms"][arm]["n"]
            assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize(("last", "expected"), [(0, [0, 1]), (2.2, [0, 1, 2, 3]), (8, list(range(9))), (23.4, list(range(0, 25, 3)))])
def test_ticks(last: float, expected: list[int]) -> None:
    assert ticks(last) == expected


def test_nobody(tmp_path: Path, members: pd.DataFrame) -> None:
    found = computed(tmp_path, members.iloc[:0])
    assert found["cohort"]["patients"] == 0
    assert found["cohort"]["median_follow_up_months"]["estimate"] is None
    for entry in found["analyses"]:
        assert (entry["n"], entry["hazard_ratio"], entry["log_rank_p"]) == (0, None, None)
        assert entry["not_estimable"]["hazard_ratio"] == "no patients"
        assert not any(group["not_reached"] for group in entry["arms"].values())
    assert found["by_regimen_class"][0]["classes"] == {}


def test_one_arm_only(tmp_path: Path, members: pd.DataFrame) -> None:
    entry = by_id(computed(tmp_path, members[members["arm"] == "immunotherapy"]))["pfs_overall"]
    assert entry["arms"]["immunotherapy"]["median_months"] > 0
    assert entry["arms"]["non_immunotherapy"]["n"] == 0
    assert entry["arms"]["non_immunotherapy"]["median_months"] is None
    assert entry["not_estimable"]["hazard_ratio"] == entry["not_estimable"]["log_rank_p"] == "one group only"
    assert entry["ph_test_p"] is None


def test_no_events(tmp_path: Path, members: pd.DataFrame) -> None:
    entry = by_id(computed(tmp_path, members.assign(pfs_event=False)))["pfs_overall"]
    assert all(group["not_reached"] and group["median_months"] is None for group in entry["arms"].values())
    assert entry["not_estimable"]["log_rank_p"] == "no events"
    assert entry["hazard_ratio"] is None


def test_no_events_in_one_arm(tmp_path: Path, members: pd.DataFrame) -> None:
    entry = by_id(computed(tmp_path, members.assign(os_event=members["os_event"] & (members["arm"] != "immunotherapy"))))["os_overall"]
    assert entry["not_estimable"]["hazard_ratio"] == "no events in one group"
    assert entry["log_rank_p"] < 0.01


def test_followed_for_no_day(tmp_path: Path, members: pd.DataFrame) -> None:
    entry = by_id(computed(tmp_path, members.assign(pfs_days=0, pfs_event=False)))["pfs_overall"]
    group = entry["arms"]["immunotherapy"]
    assert (group["rmst_months"], group["survival_6_months"]) == (None, None)
    assert group["not_estimable"]["survival_6_months"] == "follow-up ends before"


def test_a_shorter_follow_up_shortens_the_shared_horizon(tmp_path: Path, members: pd.DataFrame) -> None:
    days = members["os_days"].where(members["arm"] == "immunotherapy", 200)
    entry = by_id(computed(tmp_path, members.assign(os_days=days, os_event=members["os_event"] & (days != 200))))["os_overall"]
    assert entry["rmst_horizon_months"] == pytest.approx(200 / 30.4375)


def test_what_the_source_cannot_say_is_not_assessable(tmp_path: Path) -> None:
    members = made_up.cohort(has_calendar=False).assign(age_at_index=None, ecog_at_index=None, pd_l1_status="unknown", pd_l1_level=None)
    found = computed(tmp_path, members, missing=("calendar_dates", "age", "pd_l1_status"))
    statuses = {entry["id"]: entry["status"] for entry in found["analyses"]}
    assert statuses["pfs_overall"] == statuses["pfs_pd_l1_positive_rebiopsied"] == "estimated"
    entry = by_id(found)["pfs_pd_l1_positive"]
    assert (entry["status"], entry["n"], entry["arms"]["immunotherapy"]["n"]) == ("not assessable", None, None)
    assert {(row["kind"], row["id"]) for row in found["not_assessable"]} == {
        ("criterion", "index_in_window"),
        ("criterion", "adult"),
        ("stratum", "pd_l1_negative"),
        ("stratum", "pd_l1_positive"),
    }
    years = next(row for row in found["table_1"]["rows"] if row["column"] == "index_year")
    assert (years["known"], years["p"]) == (0, None)
    medians = [row["ours_printed"] for row in found["paper_comparison"] if row["figure"].startswith("pfs_median_pd_l1_positive_imm")]
    assert medians == ["not assessable"]


def test_a_release_without_the_view_assessability_can_say_everything(tmp_path: Path, members: pd.DataFrame) -> None:
    database = made_up.write(tmp_path / "cohort.duckdb", members)
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop table published.assessability")
    assert read(database, made_up.protocol()).not_assessable == ()


def test_a_stratum_that_is_no_sql_is_named(tmp_path: Path, members: pd.DataFrame) -> None:
    database = made_up.write(tmp_path / "cohort.duckdb", members)
    protocol = made_up.protocol()
    protocol["strata"][0]["where"] = "no_such_column = 1"
    with pytest.raises(AnalysisError, match="stratum overall"):
        read(database, protocol)


def test_what_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="no database"):
        read(tmp_path / "cohort.duckdb", made_up.protocol())
    (tmp_path / "cohort.duckdb").write_text("not a database at all, but long enough to be looked at as one" * 99)
    with pytest.raises(AnalysisError, match="can't be read"):
        read(tmp_path / "cohort.duckdb", made_up.protocol())


def test_table_1_adds_up(results: dict[str, Any]) -> None:
    table = results["table_1"]
    for row in table["rows"]:
        for column in table["columns"]:
            if row["kind"] != "number":
                counted = sum(level["cells"][column["id"]]["n"] for level in row["levels"]) + row["missing"][column["id"]]["n"]
                assert counted == column["n"], row["column"]
        assert (row["p"] is None) == (row["test"] is None)
    regimen = next(row for row in table["rows"] if row["column"] == "regimen_class")
    assert (regimen["p"], regimen["smd"]) == (None, None)


def test_response_adds_up(results: dict[str, Any]) -> None:
    for arm in ARMS:
        group = results["response"]["arms"][arm]
        best = group["best_response"]
        assert sum(best.values()) == group["n"] == results["cohort"]["by_arm"][arm]
        assert group["objective_response"]["n"] == best["CR"] + best["PR"]
        assert group["disease_control"]["n"] == best["CR"] + best["PR"] + best["SD"]


def test_scan_gaps_are_those_of_the_timeline(results: dict[str, Any]) -> None:
    assert results["assessment_gap_days"]["immunotherapy"]["median"] == 43
    assert results["assessment_gap_days"]["immunotherapy"]["minimum"] == 40


def test_published_tables(tmp_path: Path, results: dict[str, Any], members: pd.DataFrame) -> None:
    database = made_up.write(tmp_path / "cohort.duckdb", members)
    with duckdb.connect(str(database)) as connection:
        analysis.write_statistics(connection, results)
        analysis.write_statistics(connection, results)  # replaces what is there
        for view, columns in (("pfs_curve", CURVE_COLUMNS), ("os_curve", CURVE_COLUMNS), ("statistics", STATISTICS_COLUMNS)):
            described = connection.execute(f"describe published.{view}").fetchall()
            assert {name: kind.lower() for name, kind, *_ in described} == columns
        rows = connection.sql("select analysis, stratum, arm, months, at_risk, events, censored, survival from published.pfs_curve").df()
        for _, steps in rows.groupby(["analysis", "stratum", "arm"], sort=False):
            assert (steps["months"].iloc[0], steps["months"].is_monotonic_increasing) == (0, True)
            left = steps["at_risk"] - steps["events"] - steps["censored"]
            assert (left.iloc[:-1].to_numpy() == steps["at_risk"].iloc[1:].to_numpy()).all()
        figures = connection.sql("select * from published.statistics").df()
        assert not figures.duplicated(["analysis", "stratum", "quantity"]).any()
        picked = figures.set_index(["analysis", "stratum", "quantity"]).loc[("pfs", "pd_l1_negative", "hazard_ratio")]
        entry = by_id(results)["pfs_pd_l1_negative"]
        assert tuple(picked[["estimate", "ci_lower", "ci_upper", "n", "events"]]) == (
            entry["hazard_ratio"], entry["hr_ci_lower"], entry["hr_ci_upper"], entry["n"], entry["events"]
        )  # fmt: skip
        assert len(figures) == len(statistics_rows(results))


def test_published_tables_of_nobody(tmp_path: Path, members: pd.DataFrame) -> None:
    found = computed(tmp_path, members.iloc[:0])
    with duckdb.connect(str(tmp_path / "cohort.duckdb")) as connection:
        analysis.write_statistics(connection, found)
        assert connection.execute("select count(*) from published.os_curve").fetchone() == (0,)


def test_paper_figures_are_the_fourteen_of_the_abstract() -> None:
    figures = paper_figures()
    quantities = [figure["quantity"] for figure in figures]
    assert [quantities.count(name) for name in dict.fromkeys(quantities)] == [1, 1, 8, 4]
    strata = {entry["id"] for entry in made_up.protocol()["strata"]}
    assert all(figure["stratum"] in strata and figure["arm"] in (*ARMS, None) for figure in figures)


def test_figures_agree_at_the_digits_that_the_paper_prints() -> None:
    def one(ours: float | None, paper: float, digits: int) -> dict[str, Any]:
        entry = {"endpoint": "pfs", "stratum": "overall", "status": "estimated", "log_rank_p": ours}
        figure = {"figure": "f", "label": "l", "unit": "P value", "quantity": "log_rank_p", "endpoint": "pfs", "stratum": "overall"}
        return comparison({"cohort": {}, "analyses": [entry]}, [{**figure, "arm": None, "paper": paper, "digits": digits}])[0]

    assert one(0.0349, 0.03, 2)["agrees"]
    assert not one(0.0351, 0.03, 2)["agrees"]
    assert (one(0.0004, 0.004, 3)["agrees"], one(0.0004, 0.004, 3)["ours_printed"]) == (False, "<0.001")
    assert (one(None, 0.004, 3)["agrees"], one(None, 0.004, 3)["ours_printed"]) == (False, "not estimable")


def test_the_paper_s_figure_stands_beside_ours(results: dict[str, Any], members: pd.DataFrame) -> None:
    paper = paper_figures()[0]["paper"]
    assert results["paper_comparison"][0] == {
        "figure": "patients", "label": "Patients", "unit": "patients", "paper": paper, "ours": len(members),
        "paper_digits": 0, "paper_printed": str(paper), "ours_printed": str(len(members)), "agrees": paper == len(members),
    }  # fmt: skip


def test_data_must_be_said_to_be_synthetic_or_real() -> None:
    with pytest.raises(AnalysisError, match="synthetic"):
        ReportContext(release_id="r", data_kind="unknown")  # type: ignore[arg-type]  # a wrong kind on purpose


def digest(folder: Path) -> dict[str, str]:
    """SHA-256 of every file."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_the_same_release_gives_the_same_bytes(tmp_path: Path, members: pd.DataFrame) -> None:
    digests = []
    for name, rows in (("one", members), ("two", members.sample(frac=1, random_state=1))):  # the view's order must not matter
        (tmp_path / name).mkdir()
        database = made_up.write(tmp_path / name / "cohort.duckdb", rows)
        analysis.run(database, made_up.protocol(), tmp_path / name / "results", CONTEXT)
        digests.append(digest(tmp_path / name / "results"))
    assert digests[0] == digests[1]


def test_treatment_in_time_moves_who_is_treated_later(tmp_path: Path, members: pd.DataFrame) -> None:
    protocol = copy.deepcopy(made_up.protocol())
    protocol["analysis"]["exposure"] = "any_later_ici"
    entry = by_id(compute(read(made_up.write(tmp_path / "cohort.duckdb", members), protocol), protocol, CONTEXT))["pfs_overall"]
    days, first = members["pfs_days"].to_numpy(dtype=float), (members["arm"] == "immunotherapy").to_numpy()
    moves = np.where(first, 0.0, members["first_ici_day"])
    split = (moves > 0) & (moves < days)
    rows = pd.DataFrame(
        {
            "start": np.concatenate([np.zeros(days.size), moves[split]]),
            "stop": np.concatenate([np.where(split, moves, days), days[split]]),
            "event": np.concatenate([members["pfs_event"] & ~split, members["pfs_event"][split]]).astype(int),
            "treated": np.concatenate([first, np.ones(split.sum())]).astype(float),
            "patient": np.concatenate([np.arange(days.size), np.flatnonzero(split)]),
        }
    )
    fitted = CoxTimeVaryingFitter().fit(rows[rows["stop"] > rows["start"]], event_col="event", id_col="patient")
    assert split.any()
    assert entry["comparison_test"] == "Mantel-Byar"
    # lifelines stops a little early, and has Efron's ties too
    assert entry["hazard_ratio"] == pytest.approx(np.exp(fitted.params_["treated"]), rel=1e-3)
