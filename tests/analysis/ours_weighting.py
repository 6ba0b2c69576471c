"""Our values of every reference quantity on competing risks, weighting, missing values, tables of counts and shares.

Each function takes the quantity and gives what R has under `values`, in the same structure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.basics import NamedP
from analysis.statistics.competing import aalen_johansen, gray_test
from analysis.statistics.contingency import cochran_mantel_haenszel, fisher_exact
from analysis.statistics.cox import CoxFit, fit_cox
from analysis.statistics.differences import rank_sum
from analysis.statistics.fine_gray import fine_gray
from analysis.statistics.kaplan_meier import kaplan_meier, quantile, survival_at
from analysis.statistics.missing import cumulative_hazard, rubins_rules
from analysis.statistics.propensity import propensity_scores
from analysis.statistics.proportions import clopper_pearson, risk_difference, wilson
from analysis.statistics.sensitivity import e_value
from analysis.statistics.weighting import balance, effective_sample_size, weighted_comparison
from tests.analysis.reference_data import data_set

Quantity = dict[str, Any]
SCORE_COVARIATES = ["age", "ph.ecog", "wt.loss"]
MULTI = ["sex", "age", "ph.ecog"]


def with_causes(quantity: Quantity) -> pd.DataFrame:
    """The rows with `time` and the made-up `cause`, as the quantity's spec says."""
    frame, identifier = data_set(quantity["dataset"]), quantity["id"]
    second = np.floor(frame["age"]) % (2 if identifier.startswith("ovarian") else 3) == 0
    frame = frame.assign(cause=np.where(frame["event"], np.where(second, 2, 1), 0))
    if ".coarse" in identifier:
        frame = frame.assign(time=np.ceil(frame["time"] / 60))
    for sex in (1, 2):
        if identifier.endswith(f".sex{sex}"):
            frame = frame[frame["sex"] == sex]
    return frame[frame["ph.ecog"] < 3] if "ecog" in identifier else frame


def incidence(quantity: Quantity) -> dict[str, Any]:
    frame, times = with_causes(quantity), quantity["values"]["times"]
    values: dict[str, Any] = {"times": times}
    for cause in (1, 2):
        curve = aalen_johansen(frame["time"], frame["cause"], cause)
        steps = np.searchsorted(curve.time, times, side="right") - 1
        values["n_risk"] = [curve.at_risk[step] for step in np.searchsorted(curve.time, times)]
        values["event_free"] = curve.event_free[steps]
        of_cause: dict[str, Any] = {"incidence": curve.incidence[steps], "se": curve.std_error[steps]}
        for scale in ("log-log", "log", "plain"):
            scaled = aalen_johansen(frame["time"], frame["cause"], cause, scale=scale)
            of_cause[scale] = {"lower": scaled.lower[steps], "upper": scaled.upper[steps]}
        values[f"cause{cause}"] = of_cause
    return values


def gray(group: str, rho: float = 0, strata: str | None = None) -> Callable[[Quantity], dict[str, Any]]:
    def values(quantity: Quantity) -> dict[str, Any]:
        frame = with_causes(quantity)
        within = None if strata is None else frame[strata]
        tests = {f"cause{cause}": gray_test(frame["time"], frame["cause"], frame[group], cause, rho=rho, strata=within) for cause in (1, 2)}
        return {name: {"stat": test.statistic, "p": test.p, "df": test.degrees} for name, test in tests.items()}

    return values


def subdistribution(columns: list[str], cause: int) -> Callable[[Quantity], dict[str, Any]]:
    def values(quantity: Quantity) -> dict[str, Any]:
        frame = with_causes(quantity).dropna(subset=columns)
        fit = fine_gray(frame["time"], frame["cause"], frame[columns], cause, columns)
        coefficients = {}
        for index, name in enumerate(fit.names):
            ratio, coef, se = fit.hazard_ratio(index), fit.coefficients[index], fit.std_errors[index]
            limits = {"hr": ratio.value, "hr_lower": ratio.lower, "hr_upper": ratio.upper}
            coefficients[name] = {"coef": coef, "se": se, **limits, "z": coef / se, "p": fit.p_values[index]}
        return {
            "n": fit.n,
            "events": fit.events,
            "loglik": fit.log_likelihood,
            "loglik_null": fit.null_log_likelihood,
            "covariance": fit.covariance,
            "coefficients": coefficients,
        }

    return values


def cause_specific(quantity: Quantity) -> dict[str, Any]:
    frame = with_causes(quantity).dropna(subset=MULTI)
    fit = fit_cox(frame["time"], frame["cause"] == 1, frame[MULTI])
    return {"coef": fit.coefficients, "se": fit.std_errors}


def scored() -> pd.DataFrame:
    """The rows of every weighted quantity."""
    return data_set("lung.csv").dropna(subset=["ph.ecog", "wt.loss"])


def scores(_quantity: Quantity) -> dict[str, Any]:
    rows = scored()
    model = propensity_scores(rows["sex"] == 2, rows[SCORE_COVARIATES])
    first, second = model.ranges
    return {"coef": model.coefficients, "se": model.std_errors, "range_first": first, "range_second": second}


def cox_values(fit: CoxFit) -> dict[str, Any]:
    """A weighted fit as r_survival.json writes it: `se` is the naive one, the rest by the robust one."""
    ratio = fit.hazard_ratio()
    robust = fit.std_errors[0]
    coefficient = {"coef": fit.coefficients[0], "hr": ratio.value, "se": fit.naive_std_errors[0], "z": fit.coefficients[0] / robust}
    coefficient |= {"p": fit.p_values[0], "hr_lower": ratio.lower, "hr_upper": ratio.upper, "robust_se": robust}
    return {
        "coefficients": {"female": coefficient},
        "n": fit.n,
        "nevent": fit.events,
        "loglik_null": fit.null_log_likelihood,
        "loglik": fit.log_likelihood,
        "lrt": {"stat": fit.likelihood_ratio.statistic, "df": fit.likelihood_ratio.degrees, "p": fit.likelihood_ratio.p},
        "wald": {"stat": fit.wald.statistic, "p": fit.wald.p},
        "score": {"stat": fit.score.statistic, "p": fit.score.p},
        "concordance": fit.concordance,
    }


def compared(kind: Any) -> Any:
    rows = scored()
    return weighted_comparison(rows["time"], rows["event"], rows["sex"] == 2, rows[SCORE_COVARIATES], kind)


def curves_of(found: Any) -> list[Any]:
    """Weighted Kaplan-Meier curves of the men and of the women."""
    rows = scored().assign(weight=found.weights)
    return [kaplan_meier(part["time"], part["event"], weights=part["weight"]) for part in (rows[rows["sex"] == sex] for sex in (1, 2))]


def stabilised(_quantity: Quantity) -> dict[str, Any]:
    found, rows = compared("inverse_probability"), scored()
    curves = curves_of(found)
    spread = np.quantile(found.scores, [0, 0.25, 0.5])
    upper = [found.scores.mean(), *np.quantile(found.scores, [0.75, 1])]
    return {
        "n": sum(found.n),
        "ps_coef": dict(zip(["(Intercept)", *SCORE_COVARIATES], found.model.coefficients, strict=True)),
        "ps_summary": [*spread, *upper],
        "sw_sum": found.summary.total,
        "sw_max": found.summary.largest,
        "ess": found.effective_sample_size,
        "cox": cox_values(found.fit),
        "wkm_surv_365": [survival_at(curve, 365).value for curve in curves],
        "wkm_median": [quantile(curve).value for curve in curves],
        "smd_before": dict(zip(SCORE_COVARIATES, balance(rows["sex"] == 2, rows[SCORE_COVARIATES]), strict=True)),
        "smd_after": dict(zip(SCORE_COVARIATES, found.balance_after, strict=True)),
    }


def unstabilised(_quantity: Quantity) -> dict[str, Any]:
    return cox_values(compared("unstabilised").fit)


def weighted(kind: Any) -> Callable[[Quantity], dict[str, Any]]:
    def values(quantity: Quantity) -> dict[str, Any]:
        found = compared(kind)
        male, female = (survival_at(curve, 365).value for curve in curves_of(found))
        all_values = {
            "sum": found.summary.total,
            "max": found.summary.largest,
            "min": found.summary.smallest,
            "ess": [effective_sample_size(found.weights[group]) for group in (found.model.is_first, ~found.model.is_first)],
            "coef": found.fit.coefficients[0],
            "robust_se": found.fit.std_errors[0],
            "hr": found.hazard_ratio.value,
            "hr_lower": found.hazard_ratio.lower,
            "hr_upper": found.hazard_ratio.upper,
            "p": found.p,
            "km_365": {"male": male, "female": female},
            "smd_after": dict(zip(SCORE_COVARIATES, found.balance_after, strict=True)),
        }
        return all_values if kind != "overlap" else {name: value for name, value in all_values.items() if name != "smd_after"}

    return values


def nelson_aalen(_quantity: Quantity) -> dict[str, Any]:
    rows = scored()
    return {"hazard": cumulative_hazard(rows["time"], rows["event"])[:12]}


def over_cases(one: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Quantity], dict[str, Any]]:
    """For quantities of several cases, whose input stands beside the result."""

    def values(quantity: Quantity) -> dict[str, Any]:
        return {"cases": [{**case, **one(case)} for case in quantity["values"]["cases"]]}

    return values


def e_value_case(case: dict[str, Any]) -> dict[str, Any]:
    found = e_value(*case["input"], is_common=not case["rare"])
    return {"estimate": found.estimate, "limit": found.limit}


def rubin_case(case: dict[str, Any]) -> dict[str, Any]:
    pooled = rubins_rules(case["q"], case["u"], np.inf if case["complete"] is None else case["complete"])
    limits = pooled.interval()
    named = {"estimate": pooled.estimate, "se": pooled.std_error, "df": pooled.degrees, "fmi": pooled.fraction_missing, "p": pooled.p}
    return {**named, "lower": limits.lower, "upper": limits.upper}


def table_of(rows: pd.DataFrame) -> list[list[int]]:
    """Women and men, dead and alive."""
    return [[int(((rows["sex"] == sex) & (rows["event"] == dead)).sum()) for dead in (True, False)] for sex in (2, 1)]


def mantel_haenszel(quantity: Quantity) -> dict[str, Any]:
    tables = quantity["values"]["tables"]
    if quantity["dataset"]:
        rows = data_set(quantity["dataset"])
        tables = [table_of(rows[rows["ph.ecog"] == ecog]) for ecog in (0, 1, 2)]
    cases = []
    for is_corrected in (False, True):
        found = cochran_mantel_haenszel(tables, is_corrected=is_corrected)
        ratio = found.odds_ratio
        limits = {"odds_ratio": ratio.value, "lower": ratio.lower, "upper": ratio.upper}
        cases.append({"correct": is_corrected, "statistic": found.statistic, "p": found.p, **limits})
    return {"tables": tables, "cases": cases}


def chi_square_case(case: dict[str, Any]) -> dict[str, Any]:
    from scipy.stats import chi2

    from analysis.statistics.contingency import independence

    found = p_of(independence(np.array(case["table"])), "chi-square")
    return {"statistic": chi2.isf(found, len(case["table"]) - 1), "p": found}


def p_of(found: NamedP | None, test: str) -> float:
    """The P, which has to be of `test`."""
    assert found is not None
    assert found.test == test
    return found.p


def rank_sum_case(case: dict[str, Any]) -> dict[str, Any]:
    return {"p": p_of(rank_sum(np.array(case["x"], dtype=float), np.array(case["y"], dtype=float)), "Wilcoxon rank-sum")}


def lung_rank_sum(quantity: Quantity) -> dict[str, Any]:
    rows = data_set(quantity["dataset"])
    ages = {sex: rows.loc[rows["sex"] == sex, "age"].to_numpy(dtype=float) for sex in (1, 2)}
    return {"p": p_of(rank_sum(ages[2], ages[1]), "Wilcoxon rank-sum")}


def share_case(case: dict[str, Any]) -> dict[str, Any]:
    intervals = {"clopper_pearson": clopper_pearson(case["x"], case["n"]), "wilson": wilson(case["x"], case["n"])}
    return {name: [found.lower, found.upper] for name, found in intervals.items()}


def difference_case(case: dict[str, Any]) -> dict[str, Any]:
    found = risk_difference(case["x"], case["n"], case["y"], case["m"])
    return {"difference": found.value, "lower": found.lower, "upper": found.upper}


OURS: dict[str, Callable[[Quantity], dict[str, Any]]] = {
    **dict.fromkeys(("lung.cr.aj", "lung.cr.aj.coarse", "lung.cr.aj.sex1", "lung.cr.aj.sex2", "ovarian.cr.aj"), incidence),
    **dict.fromkeys(("lung.cr.gray.sex", "lung.cr.gray.sex.coarse"), gray("sex")),
    "lung.cr.gray.sex.rho1": gray("sex", rho=1),
    "lung.cr.gray.sex.strat_ecog": gray("sex", strata="ph.ecog"),
    "lung.cr.gray.ecog.k3": gray("ph.ecog"),
    "lung.cr.gray.ecog.k3.rho0.5": gray("ph.ecog", rho=0.5),
    "ovarian.cr.gray": gray("rx"),
    **dict.fromkeys(("lung.cr.finegray.cause1", "lung.cr.finegray.coarse"), subdistribution(MULTI, 1)),
    "lung.cr.finegray.cause2": subdistribution(MULTI, 2),
    "ovarian.cr.finegray": subdistribution(["rx", "age"], 1),
    "lung.cr.causespecific": cause_specific,
    "lung.iptw": stabilised,
    "lung.iptw.unstab": unstabilised,
    "lung.scores": scores,
    "lung.overlap": weighted("overlap"),
    "lung.treated": weighted("treated"),
    "lung.stabilised": weighted("inverse_probability"),
    "lung.nelson_aalen": nelson_aalen,
    "evalue": over_cases(e_value_case),
    "rubin": over_cases(rubin_case),
    **dict.fromkeys(("lung.cmh.ecog", "made.cmh.small", "made.cmh.near"), mantel_haenszel),
    "made.fisher": over_cases(lambda case: {"p": fisher_exact(np.array(case["table"]))}),
    "made.chi_square": over_cases(chi_square_case),
    "made.rank_sum": over_cases(rank_sum_case),
    "lung.rank_sum": lung_rank_sum,
    "made.shares": over_cases(share_case),
    "made.risk_difference": over_cases(difference_case),
}
