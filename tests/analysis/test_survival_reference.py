"""Every reference quantity of R that analysis/ computes, at the reference's own tolerance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from analysis.statistics.cox import CoxFit, compare_two, fit_cox, proportional_hazards_test
from analysis.statistics.differences import mean_difference
from analysis.statistics.survival import (
    KaplanMeier,
    NotEstimable,
    at_risk_at,
    difference,
    follow_up,
    interval,
    kaplan_meier,
    log_rank,
    quantile,
    restricted_mean,
    survival_at,
)
from tests.analysis.reference_data import data_set, quantities

QUARTILES = {"q25": 0.25, "q50": 0.5, "q75": 0.75}
SCALES = ("log-log", "log", "plain")


def close(ours: Any, reference: Any, rtol: float) -> None:
    """Equal within the tolerance; R's NA is our NaN."""
    expected = np.array([np.nan if value is None else value for value in np.ravel(np.array(reference, dtype=object))], dtype=float)
    np.testing.assert_allclose(np.ravel(np.array(ours, dtype=float)), expected, rtol=rtol)


def rows_of(quantity: dict[str, Any], name: str) -> pd.DataFrame:
    """The rows of stratum `name`, written as `column=value`; all rows for a value without strata."""
    frame = data_set(quantity["dataset"])
    if quantity["id"].endswith("months"):
        frame = frame.assign(time=frame["time"] / 30.4375)
    column, _, value = name.partition("=")
    return frame[frame[column] == int(value)] if value else frame


def scale_of(identifier: str) -> Any:
    return next((scale for scale in SCALES if identifier.endswith("." + scale)), "log-log")


def check_quantiles(values: dict[str, Any], curves: dict[str, KaplanMeier], scale: Any, rtol: float) -> None:
    for name, curve in curves.items():
        for label, probability in QUARTILES.items():
            ours = quantile(curve, probability, scale=scale)
            for part, number in (("estimate", ours.value), ("lower", ours.lower), ("upper", ours.upper)):
                close(number, (values[part][name] if name else values[part])[label], rtol)


CURVES = [name for name in quantities() if ".km." in name or name in ("edge.half", "edge.median_nr") or ".revkm." in name]


@pytest.mark.parametrize("identifier", CURVES)
def test_curves(identifier: str) -> None:
    quantity = quantities()[identifier]
    values, rtol, scale = quantity["values"], quantity["rtol"], scale_of(identifier)
    estimates = values["quantiles"]["estimate"]
    names = [""] if "q50" in estimates else list(estimates)
    reverse = ".revkm." in identifier
    curves = {}
    for name in names:
        rows = rows_of(quantity, name)
        curves[name] = kaplan_meier(rows["time"], rows["event"] != reverse)
        if reverse:
            close(follow_up(rows["time"], rows["event"]).value, quantile(curves[name]).value, rtol)
    check_quantiles(values["quantiles"], curves, scale, rtol)
    for point in values.get("at", []):
        curve = curves[point.get("stratum", "")]
        ours = survival_at(curve, point["time"], scale=scale)
        step = np.searchsorted(curve.time, point["time"], side="right") - 1
        close([ours.value, ours.lower, ours.upper], [point["surv"], point["lower"], point["upper"]], rtol)
        close(curve.std_error[step], point["se"], rtol)
        assert at_risk_at(curve, [point["time"]]) == [point["n_risk"]]
    if "n" in values:
        assert (curves[""].n, curves[""].total_events) == (values["n"], values["events"])


def test_numbers_at_risk() -> None:
    values = quantities()["lung.risktable.sex"]["values"]
    for sex in (1, 2):
        rows = data_set("lung.csv").query("sex == @sex")
        assert at_risk_at(kaplan_meier(rows["time"], rows["event"]), values["times"]) == values[f"sex{sex}"]


def test_follow_up_is_not_the_median_of_the_times() -> None:
    frame, naive = data_set("lung.csv"), quantities()["lung.naive_followup"]["values"]
    assert naive["all"] == frame["time"].median()
    assert naive["censored"] == frame.loc[~frame["event"], "time"].median()
    assert follow_up(frame["time"], frame["event"]).value == 588


LOG_RANKS = {
    "lung.logrank.sex": ("sex", "time > 0"),
    "lung.wlogrank.sex.logrank": ("sex", "time > 0"),
    "lung.logrank.ecog.k4": ("`ph.ecog`", "`ph.ecog` >= 0"),
    "lung.logrank.ecog.k3": ("`ph.ecog`", "`ph.ecog` < 3"),
    "ovarian.logrank": ("rx", "time > 0"),
    "edge.half.logrank": ("arm", "time > 0"),
}


@pytest.mark.parametrize("identifier", LOG_RANKS)
def test_log_rank(identifier: str) -> None:
    quantity, (column, condition) = quantities()[identifier], LOG_RANKS[identifier]
    rows, values, rtol = data_set(quantity["dataset"]).query(condition), quantity["values"], quantity["rtol"]
    ours = log_rank(rows["time"], rows["event"], rows[column.strip("`")])
    close([ours.statistic, ours.p], [values["chisq"], values["p"]], rtol)
    if "obs" in values:
        assert ours.degrees == values["df"]
        close(ours.observed, values["obs"], rtol)
        close(ours.expected, values["exp"], rtol)
    else:
        close(ours.observed[1] - ours.expected[1], values["U"], rtol)


def check_cox(fit: CoxFit, values: dict[str, Any], rtol: float) -> None:
    for index, expected in enumerate(values["coefficients"].values()):
        ratio = fit.hazard_ratio(index)
        ours = [fit.coefficients[index], fit.std_errors[index], ratio.value, ratio.lower, ratio.upper]
        close(ours, [expected[key] for key in ("coef", "se", "hr", "hr_lower", "hr_upper")], rtol)
    close([fit.null_log_likelihood, fit.log_likelihood], [values["loglik_null"], values["loglik"]], rtol)
    close(2 * (fit.log_likelihood - fit.null_log_likelihood), values["lrt"]["stat"], rtol)
    assert (fit.n, fit.events) == (values["n"], values["nevent"])


COX = {"lung.cox.sex.efron": ["sex"], "lung.cox.multi": ["sex", "age", "ph.ecog"], "ovarian.cox.efron": ["rx", "age"]}
NO_TIES = ("ovarian.cox.breslow", "ovarian.cox.exact")  # where all ways to handle ties are the same


def cox_of(identifier: str) -> CoxFit:
    rows = data_set(quantities()[identifier]["dataset"]).dropna(subset=COX[identifier])
    return fit_cox(rows["time"], rows["event"], rows[COX[identifier]])


@pytest.mark.parametrize("identifier", COX)
def test_cox(identifier: str) -> None:
    check_cox(cox_of(identifier), quantities()[identifier]["values"], quantities()[identifier]["rtol"])


@pytest.mark.parametrize("identifier", NO_TIES)
def test_cox_without_ties(identifier: str) -> None:
    check_cox(cox_of("ovarian.cox.efron"), quantities()[identifier]["values"], quantities()[identifier]["rtol"])


def test_cox_with_an_interaction_and_in_subgroups() -> None:
    quantity = quantities()["lung.cox.interaction"]
    values, rtol = quantity["values"], quantity["rtol"]
    rows = data_set("lung.csv").dropna(subset="ph.ecog")
    female, ecog1 = (rows["sex"] == 2).to_numpy(float), (rows["ph.ecog"] >= 1).to_numpy(float)
    full = fit_cox(rows["time"], rows["event"], np.column_stack([female, ecog1, female * ecog1]))
    additive = fit_cox(rows["time"], rows["event"], np.column_stack([female, ecog1]))
    check_cox(full, values, rtol)
    check_cox(additive, values["additive"], rtol)
    statistic = 2 * (full.log_likelihood - additive.log_likelihood)
    # a small difference of two large likelihoods, which the reference prints to 1e-12
    np.testing.assert_allclose([statistic, chi2.sf(statistic, 1)], list(values["lrt_interaction"].values())[::2], rtol=rtol)
    for ecog in (0, 1):
        part = rows[ecog1 == ecog]
        check_cox(compare_two(part["time"], part["event"], part["sex"] == 2), values[f"subset_ecog{ecog}"], rtol)


@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
def test_proportional_hazards(transform: Any) -> None:
    quantity = quantities()[f"lung.zph.multi.{transform}"]
    ours, values = proportional_hazards_test(cox_of("lung.cox.multi"), transform), quantity["values"]
    reference = [values[name] for name in ("sex", "age", "ph.ecog", "GLOBAL")]
    close([*ours.statistics, ours.global_statistic], [row["chisq"] for row in reference], quantity["rtol"])
    close([*ours.p_values, ours.global_p], [row["p"] for row in reference], quantity["rtol"])
    assert ours.degrees == values["GLOBAL"]["df"]


@pytest.mark.parametrize("tau", [365, 730])
def test_restricted_mean(tau: int) -> None:
    quantity = quantities()[f"lung.rmst.sex.tau{tau}"]
    values, rtol, frame = quantity["values"], quantity["rtol"], data_set("lung.csv")
    male, female = (restricted_mean(kaplan_meier(rows["time"], rows["event"]), tau) for _, rows in frame.groupby("sex"))
    close([male.value, female.value], values["survfit"]["rmean"], rtol)
    close([male.std_error, female.std_error], values["survfit"]["se"], rtol)
    for ours, expected in ((male, values["rmst_arm0"]), (female, values["rmst_arm1"])):
        bounds = ours.interval()
        close([bounds.value, ours.std_error, bounds.lower, bounds.upper], expected, rtol)
    gap, p = difference(female, male)
    close([gap.value, gap.lower, gap.upper, p], values["diff"], rtol)


def test_landmark() -> None:
    quantity = quantities()["lung.landmark180"]
    values, rtol = quantity["values"], quantity["rtol"]
    rows = data_set("lung.csv").query("time >= 180")
    rows = rows.assign(time=rows["time"] - 180)
    parts = {f"sex={sex}": part for sex, part in rows.groupby("sex")}
    assert [len(part) for part in parts.values()] == values["n"]
    check_quantiles(values["quantiles"], {name: kaplan_meier(part["time"], part["event"]) for name, part in parts.items()}, "log-log", rtol)
    ours = log_rank(rows["time"], rows["event"], rows["sex"])
    close(
        [ours.statistic, ours.p, *ours.observed, *ours.expected],
        [values["logrank"]["chisq"], values["logrank"]["p"], *values["logrank"]["obs"], *values["logrank"]["exp"]],
        rtol,
    )
    check_cox(fit_cox(rows["time"], rows["event"], rows["sex"]), values["cox"], rtol)


def test_every_reference_quantity_is_tested() -> None:
    tested = {*CURVES, *LOG_RANKS, *COX, *NO_TIES, "lung.risktable.sex", "lung.naive_followup", "lung.cox.interaction", "lung.landmark180"}
    tested |= (
        {"lung.iptw.smd_before"}
        | {f"lung.zph.multi.{name}" for name in ("km", "rank", "identity", "log")}
        | {f"lung.rmst.sex.tau{tau}" for tau in (365, 730)}
    )
    assert tested == set(quantities())


def test_interval_is_undefined_where_nobody_is_left() -> None:
    lower, upper = interval(kaplan_meier([1, 2], [True, True]))
    assert np.isnan([lower[-1], upper[-1]]).all()
    assert (lower[0], upper[0]) == (1, 1)


def test_restricted_mean_needs_follow_up() -> None:
    with pytest.raises(NotEstimable, match="follow-up ends"):
        restricted_mean(kaplan_meier([1, 2], [True, False]), 3)
    assert restricted_mean(kaplan_meier([1, 2], [True, True]), 3).value == 1.5


def test_standardised_difference() -> None:
    quantity = quantities()["lung.iptw.smd_before"]
    rows = data_set("lung.csv").dropna(subset=["ph.ecog", "wt.loss"])
    parts = [rows[rows["sex"] == sex] for sex in (2, 1)]
    for column, expected in quantity["values"].items():
        close(mean_difference(*(part[column].to_numpy(float) for part in parts)), abs(expected), quantity["rtol"])
