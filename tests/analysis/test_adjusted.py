"""Subgroups, adjusted and weighted comparisons and competing risks of the study, against other implementations of the same method."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines import AalenJohansenFitter, CoxPHFitter
from scipy.stats import chi2

from analysis.context import AnalysisError, ReportContext
from analysis.study.reading import read
from analysis.study.results import compute
from tests.analysis import made_up

CONTEXT = ReportContext(release_id="r1", data_kind="synthetic")
EXACT = {"precision": 1e-12}


def computed(path: Path, members: pd.DataFrame, protocol: dict[str, Any] | None = None, missing: tuple[str, ...] = ()) -> dict[str, Any]:
    """The results of a made-up release under a protocol."""
    asked = protocol or made_up.protocol()
    results = compute(read(made_up.write(path / "cohort.duckdb", members, missing), asked), asked, CONTEXT)
    json.dumps(results, allow_nan=False)
    return results


@pytest.fixture(scope="module")
def members() -> pd.DataFrame:
    """The made-up patients."""
    return made_up.cohort(patients=160, seed=11)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, members: pd.DataFrame) -> dict[str, Any]:
    """Their results."""
    return computed(tmp_path_factory.mktemp("release"), members)


def pfs(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The entry of progression-free survival."""
    return next(entry for entry in entries if entry["endpoint"] == "pfs")


def frame(members: pd.DataFrame) -> pd.DataFrame:
    """The covariates of the protocol, written out by hand; who lacks one is left out."""
    made = pd.DataFrame(
        {
            "days": members["pfs_days"].astype(float),
            "event": members["pfs_event"].astype(int),
            "arm": (members["arm"] == "immunotherapy").astype(float),
            "age": members["age_at_index"] / 10.0,
            "male": (members["sex"] == "male").astype(float),
            "ever": members["smoking"].map({"ever": 1.0, "never": 0.0}),
            "ecog": members["ecog_at_index"].astype("float").ge(2).where(members["ecog_at_index"].notna()).astype(float),
            "positive": (members["pd_l1_status"] == "positive").astype(float),
            "unknown": (members["pd_l1_status"] == "unknown").astype(float),
            "prior_lines": members["prior_lines"].astype(float),
            "later": members["prior_alk_tki_generation"].gt(1).astype(float),
        }
    )
    return made.dropna()


def test_the_multivariable_model_is_the_one_of_lifelines(results: dict[str, Any], members: pd.DataFrame) -> None:
    entry, complete = pfs(results["multivariable"]), frame(members)
    fitted = CoxPHFitter().fit(complete, "days", "event", fit_options=EXACT)
    assert entry["n"] == len(complete) < len(members)
    assert entry["events"] == complete["event"].sum()
    ours = [row["cox"]["hazard_ratio"] for row in entry["coefficients"]]
    assert ours == pytest.approx(fitted.hazard_ratios_.tolist(), rel=1e-7)
    assert [row["cox"]["p"] for row in entry["coefficients"]] == pytest.approx(fitted.summary["p"].tolist(), rel=1e-6)
    assert entry["likelihood_ratio_p"] == pytest.approx(fitted.log_likelihood_ratio_test().p_value, rel=1e-6)
    unknown = {"Smoking": (members["smoking"] == "unknown").sum(), "ECOG performance status": members["ecog_at_index"].isna().sum()}
    assert entry["missing"] == unknown


def test_firth_stands_beside_it_only_where_events_are_few(tmp_path: Path, results: dict[str, Any], members: pd.DataFrame) -> None:
    entry = pfs(results["multivariable"])
    assert entry["has_firth"] is entry["is_few"] is (entry["events_per_coefficient"] < 10)
    few = pfs(computed(tmp_path, members.iloc[:45])["multivariable"])
    assert few["has_firth"]
    usual, penalised = (np.log([row[name]["hazard_ratio"] for row in few["coefficients"]]) for name in ("cox", "firth"))
    assert np.abs(penalised).sum() < np.abs(usual).sum()  # drawn towards no effect


def test_a_model_without_a_maximum_gives_no_number_of_the_usual_fit(tmp_path: Path, members: pd.DataFrame) -> None:
    separated = members.assign(pfs_event=members["pfs_event"] & (members["sex"] == "female"))
    entry = pfs(computed(tmp_path, separated)["multivariable"])
    assert all(row["cox"]["hazard_ratio"] is None and row["cox"]["p"] is None for row in entry["coefficients"])
    assert entry["not_estimable"]["cox"]
    assert entry["has_firth"]
    assert all(row["firth"]["hazard_ratio"] > 0 for row in entry["coefficients"])


def test_the_interaction_is_the_likelihood_ratio_of_two_models(results: dict[str, Any], members: pd.DataFrame) -> None:
    entry = pfs(results["interaction"])
    chosen = members[members["pd_l1_status"] != "unknown"]
    arm, positive = (chosen["arm"] == "immunotherapy").astype(float), (chosen["pd_l1_status"] == "positive").astype(float)
    data = pd.DataFrame({"days": chosen["pfs_days"], "event": chosen["pfs_event"], "arm": arm, "positive": positive})
    data["both"] = arm * positive
    full = CoxPHFitter().fit(data, "days", "event", fit_options=EXACT)
    without = CoxPHFitter().fit(data.drop(columns="both"), "days", "event", fit_options=EXACT)
    expected = chi2.sf(2 * (full.log_likelihood_ - without.log_likelihood_), 1)
    assert entry["interaction_p"] == pytest.approx(expected, rel=1e-6)
    assert entry["ratio_of_hazard_ratios"] == pytest.approx(full.hazard_ratios_["both"], rel=1e-6)
    assert entry["n"] == len(chosen)


def test_every_subgroup_is_counted_and_told_with_its_interaction(results: dict[str, Any], members: pd.DataFrame) -> None:
    forest = pfs(results["subgroups"])
    asked = [entry["id"] for entry in made_up.protocol()["analysis"]["subgroups"]]
    assert [row["variable"] for row in forest["rows"]] == asked
    for row in forest["rows"]:
        assert sum(level["n"] for level in row["levels"]) + row["not_recorded"] == len(members)
        assert row["interaction_p"] is not None or row["not_estimable"]["interaction_p"]
    sex = {level["level"]: level for level in forest["rows"][0]["levels"]}
    women = members[members["sex"] == "female"]
    data = pd.DataFrame({"days": women["pfs_days"], "event": women["pfs_event"], "arm": (women["arm"] == "immunotherapy").astype(float)})
    fitted = CoxPHFitter().fit(data, "days", "event", fit_options=EXACT)
    assert sex["female"]["hazard_ratio"] == pytest.approx(fitted.hazard_ratios_["arm"], rel=1e-7)


def test_overlap_weights_balance_exactly(results: dict[str, Any]) -> None:
    entry = next(entry for entry in results["weighted"] if (entry["endpoint"], entry["method"]) == ("pfs", "overlap"))
    assert max(row["before"] for row in entry["balance"]) > 0.05
    assert max(row["after"] for row in entry["balance"]) < 1e-6
    for group in entry["arms"].values():
        assert 0 < group["effective_sample_size"] <= group["n"]


def test_the_weighted_ratio_is_the_one_of_lifelines(results: dict[str, Any], members: pd.DataFrame) -> None:
    import statsmodels.api as sm

    entry = next(entry for entry in results["weighted"] if (entry["endpoint"], entry["method"]) == ("pfs", "inverse_probability"))
    complete = frame(members)
    covariates = complete.drop(columns=["days", "event", "arm"])
    score = sm.GLM(complete["arm"], sm.add_constant(covariates), family=sm.families.Binomial()).fit(tol=1e-14).fittedvalues
    share = complete["arm"].mean()
    weights = np.where(complete["arm"] == 1, share / score, (1 - share) / (1 - score))
    data = complete[["days", "event", "arm"]].assign(weights=weights)
    fitted = CoxPHFitter().fit(data, "days", "event", weights_col="weights", robust=True, fit_options=EXACT)
    assert entry["hazard_ratio"] == pytest.approx(fitted.hazard_ratios_["arm"], rel=1e-6)


def test_events_apart_are_what_lifelines_finds(results: dict[str, Any], members: pd.DataFrame) -> None:
    entry = results["competing_risks"][0]
    assert [row["event"] for row in entry["events"]] == ["progression", "death"]
    assert sum(row["events"] for row in entry["events"]) == members["pfs_event"].sum()
    causes = members["pfs_end_reason"].map({"progression": 1, "death": 2}).fillna(0)
    mine = members["arm"] == "immunotherapy"
    fitted = AalenJohansenFitter(seed=1, jitter_level=1e-9).fit(members["pfs_days"][mine] + 1e-6, causes[mine], event_of_interest=1)
    expected = fitted.cumulative_density_.iloc[-1, 0]
    last = [row for row in entry["curves"] if (row["event"], row["arm"]) == ("progression", "immunotherapy")][-1]
    assert last["incidence"] == pytest.approx(expected, abs=0.02)  # lifelines jitters ties


def test_a_covariate_that_the_source_lacks_is_left_out_and_said(tmp_path: Path, members: pd.DataFrame) -> None:
    found = computed(tmp_path, members.assign(age_at_index=pd.array([None] * len(members), dtype="Int64")), missing=("pd_l1_status",))
    entry = pfs(found["multivariable"])
    assert entry["left_out"] == {"Age, per 10 years": "not recorded in this source", "PD-L1": "not recorded in this source"}
    assert entry["n"] > 0
    assert {"age", "pd_l1"}.isdisjoint(row["id"] for row in entry["coefficients"])


@pytest.mark.parametrize("patients", [0, 1, 2, 6])
def test_too_few_patients_give_reasons_and_no_numbers(tmp_path: Path, members: pd.DataFrame, patients: int) -> None:
    found = computed(tmp_path, members.iloc[:patients])
    for entry in found["weighted"]:
        assert entry["hazard_ratio"] is not None or entry["not_estimable"]["hazard_ratio"]
    for entry in found["multivariable"]:
        assert entry["coefficients"][0]["cox"]["hazard_ratio"] is not None or entry["not_estimable"]["cox"]
    for entry in found["interaction"]:
        assert entry["interaction_p"] is not None or entry["not_estimable"]["interaction_p"]


def test_an_unknown_statistic_is_refused_by_name(tmp_path: Path, members: pd.DataFrame) -> None:
    protocol = copy.deepcopy(made_up.protocol())
    protocol["analysis"]["statistics"].append("magic")
    with pytest.raises(AnalysisError, match="`magic` is unknown: it may be one of"):
        computed(tmp_path, members, protocol)


def test_every_named_statistic_is_computed_for_every_comparison(tmp_path: Path, members: pd.DataFrame) -> None:
    from analysis.study.further import FURTHER

    protocol = copy.deepcopy(made_up.protocol())
    protocol["analysis"]["statistics"] = list(FURTHER)
    for entry in computed(tmp_path, members, protocol)["analyses"]:
        assert list(entry["further"]) == list(FURTHER)
        for found in entry["further"].values():
            assert found["not_estimable"] or found["estimate"] is not None or found["p"] is not None
            assert found["p"] is None or found["test"]
