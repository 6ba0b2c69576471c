"""Our values of R's reference quantities of curves, log-rank tests and restricted means, in the shape in which the reference has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.basics import Scale
from analysis.statistics.cox import fit_cox
from analysis.statistics.kaplan_meier import KaplanMeier, at_risk_at, kaplan_meier, quantile, survival_at
from analysis.statistics.landmark import landmark
from analysis.statistics.log_rank import FlemingHarrington, LogRank, Weighting, log_rank
from analysis.statistics.permutation import permutation_log_rank
from analysis.statistics.restricted_mean import adjusted_restricted_mean, difference, ratio, restricted_mean
from analysis.statistics.several_groups import trend_test
from tests.analysis.reference_data import data_set

Quantity = dict[str, Any]
QUARTILES = {"q25": 0.25, "q50": 0.5, "q75": 0.75}
SCALES: tuple[Scale, ...] = ("log-log", "log", "plain")
WEIGHTINGS: dict[str, Weighting] = {
    "logrank": "log-rank",
    "gehan_wilcoxon": "gehan",
    "tarone_ware": "tarone-ware",
    "peto_peto_modified": "peto-peto",
    **{f"fh_{p:g}_{q:g}": FlemingHarrington(p, q) for p, q in ((1, 0), (0, 1), (1, 1), (0, 0.5))},
}


def rows_of(frame: pd.DataFrame, stratum: str) -> pd.DataFrame:
    """The rows of a stratum that is written as `column=value`."""
    column, _, value = stratum.partition("=")
    return frame[frame[column] == int(value)]


def quantiles_of(curve: KaplanMeier, scale: Scale) -> dict[str, dict[str, float]]:
    """The quartiles and their limits."""
    found = {name: quantile(curve, probability, scale=scale) for name, probability in QUARTILES.items()}
    parts = {"estimate": "value", "lower": "lower", "upper": "upper"}
    return {part: {name: getattr(one, attribute) for name, one in found.items()} for part, attribute in parts.items()}


def by_stratum(curves: dict[str, KaplanMeier], scale: Scale) -> dict[str, dict[str, Any]]:
    """The quartiles of one curve, or of each by its stratum."""
    found = {name: quantiles_of(curve, scale) for name, curve in curves.items()}
    if list(found) == [""]:
        return found[""]
    return {part: {name: values[part] for name, values in found.items()} for part in ("estimate", "lower", "upper")}


def point_of(curve: KaplanMeier, time: float, scale: Scale) -> dict[str, float]:
    """What R's summary says at a time."""
    at, step = survival_at(curve, time, scale=scale), np.searchsorted(curve.time, time, side="right") - 1
    return {
        "time": time,
        "n_risk": at_risk_at(curve, [time])[0],
        "surv": at.value,
        "se": float(curve.std_error[step]),
        "lower": at.lower,
        "upper": at.upper,
    }


def curves(quantity: Quantity) -> dict[str, Any]:
    """Kaplan-Meier and reverse Kaplan-Meier: quartiles, points in time, numbers."""
    identifier, wanted = quantity["id"], quantity["values"]
    frame, scale = data_set(quantity["dataset"]), next((scale for scale in SCALES if identifier.endswith("." + scale)), SCALES[0])
    if identifier.endswith("months"):
        frame = frame.assign(time=frame["time"] / 30.4375)
    estimates = wanted["quantiles"]["estimate"]
    strata = [""] if "q50" in estimates else list(estimates)
    parts = {name: rows_of(frame, name) if name else frame for name in strata}
    reverse = ".revkm." in identifier
    made = {name: kaplan_meier(part["time"], part["event"] != reverse) for name, part in parts.items()}
    found: dict[str, Any] = {"quantiles": by_stratum(made, scale)}
    if "n" in wanted:
        found |= {"n": made[""].n, "events": made[""].total_events}
    if "at" in wanted:
        found["at"] = [
            ({"stratum": at["stratum"]} if "stratum" in at else {}) | point_of(made[at.get("stratum", "")], at["time"], scale)
            for at in wanted["at"]
        ]
    return found


def risk_table(quantity: Quantity) -> dict[str, Any]:
    """Numbers at risk by sex."""
    frame, times = data_set(quantity["dataset"]), quantity["values"]["times"]
    made = {f"sex{sex}": kaplan_meier(part["time"], part["event"]) for sex, part in frame.groupby("sex")}
    return {"times": times, **{name: at_risk_at(curve, times) for name, curve in made.items()}}


def naive_follow_up(quantity: Quantity) -> dict[str, Any]:
    """What median follow-up is not: the median of the times, as the curve without censoring has it."""
    frame = data_set("lung.csv")

    def median(times: Iterable[float]) -> float:
        listed = list(times)
        return quantile(kaplan_meier(listed, [True] * len(listed))).value

    return {"all": median(frame["time"]), "censored": median(frame.loc[~frame["event"], "time"])}


def survdiff(test: LogRank) -> dict[str, Any]:
    """What R's survdiff prints."""
    return {
        "chisq": test.statistic,
        "df": test.degrees,
        "p": test.p,
        "n": list(test.n),
        "obs": list(test.observed),
        "exp": list(test.expected),
    }


def grouped(column: str, condition: str = "time >= 0", strata: str = "", weighting: Weighting = "log-rank") -> Callable[[Quantity], dict]:
    """A log-rank test by a column, as survdiff prints it."""

    def ours(quantity: Quantity) -> dict[str, Any]:
        frame = data_set(quantity["dataset"]).query(condition)
        frame = frame.dropna(subset=[strata] if strata else [column])
        stratum = frame[strata] if strata else None
        return survdiff(log_rank(frame["time"], frame["event"], frame[column], strata=stratum, weighting=weighting))

    return ours


def weighted(quantity: Quantity) -> dict[str, Any]:
    """A weighted log-rank test by sex: score, variance, z."""
    frame, strata = data_set(quantity["dataset"]), None
    name = quantity["id"].removeprefix("lung.wlogrank.sex.")
    if name.startswith("strat_ecog."):
        name, frame = name.removeprefix("strat_ecog."), frame.dropna(subset="ph.ecog")
        strata = frame["ph.ecog"]
    test = log_rank(frame["time"], frame["event"], frame["sex"], strata=strata, weighting=WEIGHTINGS[name])
    return {"U": test.score, "V": test.variance, "z": test.z, "chisq": test.statistic, "p": test.p}


def trend(quantity: Quantity) -> dict[str, Any]:
    """The trend over performance status 0 to 2."""
    frame = data_set(quantity["dataset"]).query("`ph.ecog` < 3")
    test = trend_test(frame["time"], frame["event"], frame["ph.ecog"])
    return {"score": [test.statistic, 1, test.p]}


def cox_part(sample: Any, sex: pd.Series) -> dict[str, Any]:
    """A Cox model by sex as the reference writes it."""
    fit = fit_cox(sample.times, sample.events, sex, names=["sex"])
    hazard_ratio, coefficient, std_error = fit.hazard_ratio(), float(fit.coefficients[0]), float(fit.std_errors[0])
    return {
        "coefficients": {
            "sex": {
                "coef": coefficient,
                "hr": hazard_ratio.value,
                "se": std_error,
                "z": coefficient / std_error,
                "p": float(fit.p_values[0]),
                "hr_lower": hazard_ratio.lower,
                "hr_upper": hazard_ratio.upper,
            }
        },
        "n": fit.n,
        "nevent": fit.events,
        "loglik_null": fit.null_log_likelihood,
        "loglik": fit.log_likelihood,
        "lrt": {"stat": fit.likelihood_ratio.statistic, "df": fit.likelihood_ratio.degrees, "p": fit.likelihood_ratio.p},
        "wald": {"stat": fit.wald.statistic, "p": fit.wald.p},
        "score": {"stat": fit.score.statistic, "p": fit.score.p},
        "concordance": fit.concordance,
    }


def landmark_at_180(quantity: Quantity) -> dict[str, Any]:
    """Curves, log-rank test and Cox model by sex from day 180."""
    frame = data_set(quantity["dataset"])
    sample = landmark(frame["time"], frame["event"], 180)
    sex = frame.loc[sample.members, "sex"]
    made = {f"sex={name}": kaplan_meier(sample.times[sex == name], sample.events[sex == name]) for name in (1, 2)}
    return {
        "n": [curve.n for curve in made.values()],
        "quantiles": by_stratum(made, "log-log"),
        "logrank": survdiff(log_rank(sample.times, sample.events, sex)),
        "cox": cox_part(sample, sex),
    }


def restricted_means(quantity: Quantity) -> dict[str, Any]:
    """Restricted means by sex, their difference and ratio."""
    horizon = float(quantity["id"].rpartition("tau")[2])
    frame = data_set(quantity["dataset"])
    made = {f"sex={sex}": restricted_mean(kaplan_meier(part["time"], part["event"]), horizon) for sex, part in frame.groupby("sex")}
    male, female = made.values()
    arms = {}
    for name, one in (("rmst_arm1", female), ("rmst_arm0", male)):
        arms[name] = [one.value, one.std_error, one.interval().lower, one.interval().upper]
    compared = {"diff": difference(female, male), "ratio": ratio(female, male)}
    return {
        "survfit": {"rmean": [one.value for one in made.values()], "se": [one.std_error for one in made.values()], "strata": list(made)},
        **arms,
        **{name: [estimate.value, estimate.lower, estimate.upper, p] for name, (estimate, p) in compared.items()},
        "cols": ["Est.", "lower .95", "upper .95", "p"],
    }


def adjusted_mean(quantity: Quantity) -> dict[str, Any]:
    """The restricted mean to a year by sex, adjusted for age and performance status."""
    frame = data_set(quantity["dataset"]).dropna(subset="ph.ecog")
    female = (frame["sex"] == 2).astype(float)
    fit = adjusted_restricted_mean(frame["time"], frame["event"], np.column_stack([female, frame["age"], frame["ph.ecog"]]), female, 365)
    found = {}
    for index, name in enumerate(("intercept", "arm", "age", "ph.ecog")):
        (estimate, p), std_error = fit.difference(index), float(fit.std_errors[index])
        found[name] = [estimate.value, std_error, estimate.value / std_error, p, estimate.lower, estimate.upper]
    return {"adjusted": found, "cols": ["coef", "se(coef)", "z", "p", "lower .95", "upper .95"]}


def permutation(quantity: Quantity) -> dict[str, Any]:
    """The exact log-rank test."""
    frame = data_set(quantity["dataset"])
    test = permutation_log_rank(frame["time"], frame["event"], frame["rx"])
    return {"z": test.z, "p_exact": test.p, "p_asymp": test.asymptotic_p}


CURVES = (
    *(f"lung.km.{group}.{scale}" for scale in SCALES for group in ("overall", "sex")),
    "lung.km.sex.months",
    "lung.revkm.overall",
    "lung.revkm.sex",
    "ovarian.km.rx",
    "edge.half",
    "edge.median_nr",
)
WEIGHTED = (*WEIGHTINGS, "strat_ecog.fh_1_0", "strat_ecog.fh_0_1")

OURS: dict[str, Callable[[Quantity], dict[str, Any]]] = {
    **dict.fromkeys(CURVES, curves),
    "lung.risktable.sex": risk_table,
    "lung.naive_followup": naive_follow_up,
    "lung.logrank.sex": grouped("sex"),
    "lung.logrank.sex.rho1": grouped("sex", weighting=FlemingHarrington(1)),
    "lung.logrank.sex.rho0.5": grouped("sex", weighting=FlemingHarrington(0.5)),
    "lung.logrank.sex.strat_ecog": grouped("sex", strata="ph.ecog"),
    "lung.logrank.ecog.k4": grouped("ph.ecog"),
    "lung.logrank.ecog.k3": grouped("ph.ecog", "`ph.ecog` < 3"),
    "ovarian.logrank": grouped("rx"),
    "edge.half.logrank": grouped("arm"),
    **{f"lung.wlogrank.sex.{name}": weighted for name in WEIGHTED},
    "lung.logrank.trend.ecog": trend,
    "lung.landmark180": landmark_at_180,
    "lung.rmst.sex.tau365": restricted_means,
    "lung.rmst.sex.tau730": restricted_means,
    "lung.rmst.adj.tau365": adjusted_mean,
    "ovarian.permutation_logrank": permutation,
}
