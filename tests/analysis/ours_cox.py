"""Our values of every reference quantity on Cox regression.

Each function takes the quantity and gives what R has under `values`, in the same structure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from analysis.statistics.basics import Estimate
from analysis.statistics.cox import (
    ChiSquare,
    CoxFit,
    compare_two,
    exposure_rows,
    firth_cox,
    fit_cox,
    interaction_test,
    proportional_hazards_test,
)
from analysis.statistics.cox.hazards_test import Transform
from tests.analysis.reference_data import data_set

Quantity = dict[str, Any]
Values = dict[str, Any]
TRANSFORMS: tuple[Transform, ...] = get_args(Transform)


def test_of(test: ChiSquare) -> Values:
    return {"stat": test.statistic, "df": test.degrees, "p": test.p}


def limits(ratio: Estimate) -> Values:
    return {"hr": ratio.value, "lower": ratio.lower, "upper": ratio.upper}


def coefficients(fit: CoxFit) -> Values:
    found: Values = {}
    for index, name in enumerate(fit.names):
        ratio = fit.hazard_ratio(name)
        found[name] = {
            "coef": fit.coefficients[index],
            "se": fit.naive_std_errors[index],
            "z": fit.coefficients[index] / fit.std_errors[index],
            "p": fit.p_values[index],
            "hr": ratio.value,
            "hr_lower": ratio.lower,
            "hr_upper": ratio.upper,
        }
        if fit.robust_covariance is not None:
            found[name]["robust_se"] = fit.std_errors[index]
    return found


def whole(fit: CoxFit) -> Values:
    """What R's summary says of a fit."""
    tests = {"lrt": test_of(fit.likelihood_ratio), "wald": test_of(fit.wald), "score": test_of(fit.score)}
    del tests["wald"]["df"], tests["score"]["df"]
    return {
        "coefficients": coefficients(fit),
        "n": fit.n,
        "nevent": fit.events,
        "loglik_null": fit.null_log_likelihood,
        "loglik": fit.log_likelihood,
        "concordance": fit.concordance,
        **tests,
    }


def with_covariance(fit: CoxFit) -> Values:
    return {**whole(fit), "covariance": fit.covariance if fit.robust_covariance is None else fit.robust_covariance}


def hazards(fit: CoxFit, transform: Transform) -> Values:
    test = proportional_hazards_test(fit, transform)
    each = {name: {"chisq": test.statistics[i], "df": 1, "p": test.p_values[i]} for i, name in enumerate(fit.names)}
    return {**each, "GLOBAL": {"chisq": test.global_statistic, "df": test.degrees, "p": test.global_p}}


# r_survival.json


def simple(columns: Sequence[str], **options: Any) -> Callable[[Quantity], Values]:
    """A fit on the rows without a missing value. Options that are text name a column, except `ties`."""
    named = {key: value for key, value in options.items() if isinstance(value, str) and key != "ties"}

    def values(quantity: Quantity) -> Values:
        rows = data_set(quantity["dataset"]).dropna(subset=[*columns, *named.values()])
        arrays = {key: rows[value].to_numpy() for key, value in named.items()}
        return whole(fit_cox(rows["time"], rows["event"], rows[[*columns]], names=columns, **{**options, **arrays}))

    return values


def multi_hazards(quantity: Quantity) -> Values:
    columns = ["sex", "age", "ph.ecog"]
    rows = data_set(quantity["dataset"]).dropna(subset=columns)
    return hazards(fit_cox(rows["time"], rows["event"], rows[columns], names=columns), quantity["id"].rpartition(".")[2])


def two_levels(quantity: Quantity) -> Values:
    rows = data_set(quantity["dataset"]).dropna(subset="ph.ecog")
    female, ecog1 = (rows["sex"] == 2).to_numpy(), (rows["ph.ecog"] >= 1).to_numpy()
    found = interaction_test(rows["time"], rows["event"], female, ecog1)
    columns = np.column_stack([female, ecog1, female & ecog1])
    names = ("female", "ecog1", "female:ecog1")
    full = fit_cox(rows["time"], rows["event"], columns, names=names)
    np.testing.assert_allclose(full.coefficients, found.model.coefficients, rtol=1e-12)
    values = whole(full)
    values["additive"] = whole(fit_cox(rows["time"], rows["event"], columns[:, :2], names=names[:2]))
    values["lrt_interaction"] = test_of(found.likelihood_ratio)
    # the same numbers by the interaction's own way
    np.testing.assert_allclose(found.ratio.value, full.hazard_ratio(2).value, rtol=1e-12)
    np.testing.assert_allclose(found.wald.p, full.p_values[2], rtol=1e-10)
    for level in (0, 1):
        part = rows[ecog1 == level]
        fit = compare_two(part["time"], part["event"], part["sex"] == 2)
        values[f"subset_ecog{level}"] = {**whole(fit), "coefficients": {"female": coefficients(fit)["x1"]}}
    return values


def firth(quantity: Quantity) -> Values:
    rows = data_set(quantity["dataset"])
    fit = firth_cox(rows["time"], rows["event"], rows[["rx", "age"]], ("rx", "age"))
    return {
        "coef": dict(zip(fit.names, fit.coefficients, strict=True)),
        "se": fit.std_errors,
        "pl_lower": [ratio.lower for ratio in fit.hazard_ratios],
        "pl_upper": [ratio.upper for ratio in fit.hazard_ratios],
        "pl_p": fit.p_values,
        "wald_lower": [ratio.lower for ratio in fit.wald_hazard_ratios],
        "wald_upper": [ratio.upper for ratio in fit.wald_hazard_ratios],
        "wald_p": fit.wald_p_values,
        "loglik": [fit.null_log_likelihood, fit.log_likelihood],
    }


# cox.json


def made() -> pd.DataFrame:
    """The data set with the made-up columns of the reference's spec."""
    rows = data_set("lung.csv").dropna(subset=["ph.ecog", "inst"])
    months = np.ceil(rows["time"] / 30.4375)
    return rows.assign(
        female=(rows["sex"] == 2).astype(float),
        entry=np.where(rows["id"] % 3 == 0, 0, np.minimum(rows["time"] - 1, rows["id"] * 7 % 150)),
        w=0.5 + (rows["id"] % 7) / 4,
        months=months,
        entry_months=np.where(rows["id"] % 3 == 0, 0, np.minimum(months - 1, rows["id"] % 5)),
    )


def lung(time: str = "time", transforms: Sequence[Transform] = (), **options: Any) -> Callable[[Quantity], Values]:
    """A fit of female and age. Options that are text name a column, except `ties`."""
    named = {key: value for key, value in options.items() if isinstance(value, str) and key != "ties"}

    def values(_: Quantity) -> Values:
        rows, columns = made(), ["female", "age"]
        arrays = {key: rows[value].to_numpy() for key, value in named.items()}
        fit = fit_cox(rows[time], rows["event"], rows[columns], names=columns, **{**options, **arrays})
        found = with_covariance(fit)
        return {**found, "zph": {name: hazards(fit, name) for name in transforms}} if transforms else found

    return values


def exact_with_entry(_: Quantity) -> Values:
    rows = made()
    fit = fit_cox(rows["time"], rows["event"], rows[["female", "age"]], entry=rows["entry"], ties="exact")
    likelihoods = [fit.null_log_likelihood, fit.log_likelihood]
    return {"coef": fit.coefficients, "covariance": fit.covariance, "loglik": likelihoods, "score": fit.score.statistic}


def time_varying(_: Quantity) -> Values:
    rows = made().reset_index(drop=True)
    begins = np.where(rows["ph.karno"] >= 80, 3 * rows["age"] - 60, np.nan)
    begins[rows["id"] % 11 == 0] = 0
    split = exposure_rows(rows["time"], rows["event"], begins)
    covariates = np.column_stack([split.exposed, rows["age"].to_numpy()[split.subject]])
    names = ("exposed", "age")
    fit = fit_cox(split.stop, split.event, covariates, entry=split.entry, clusters=split.subject, names=names)
    counted = {
        "rows": split.stop.size,
        "exposed_rows": split.exposed.sum(),
        "tstart": split.entry.sum(),
        "tstop": split.stop.sum(),
        "deaths_exposed": (split.event & split.exposed).sum(),
    }
    return {**with_covariance(fit), "split": counted, "zph": {"km": hazards(fit, "km")}}


def three_levels(_: Quantity) -> Values:
    rows = made().query("`ph.ecog` < 3")
    ecog = rows["ph.ecog"].to_numpy().astype(int)
    found = interaction_test(rows["time"], rows["event"], rows["female"] == 1, ecog, rows["age"])
    own = ("female", "factor(ph.ecog)1", "factor(ph.ecog)2", "age")
    products = ("female:factor(ph.ecog)1", "female:factor(ph.ecog)2")
    levels = np.column_stack([ecog == 1, ecog == 2])
    main = np.column_stack([rows["female"], levels, rows["age"]])
    full = np.column_stack([main, rows["female"].to_numpy()[:, None] * levels])
    model = fit_cox(rows["time"], rows["event"], full, names=own + products)
    return {
        "model": with_covariance(model),
        "additive": with_covariance(fit_cox(rows["time"], rows["event"], main, names=own)),
        "within": [limits(level.hazard_ratio) for level in found.levels],
        "wald": test_of(found.wald),
        "lrt": test_of(found.likelihood_ratio),
    }


def ridge(theta: float) -> Callable[[Quantity], Values]:
    def values(_: Quantity) -> Values:
        rows = made()
        fit = fit_cox(rows["time"], rows["event"], rows[["female", "age", "ph.ecog"]], ridge=theta)
        likelihoods = [fit.null_log_likelihood, fit.log_likelihood]
        return {"coef": fit.coefficients, "se": fit.std_errors, "loglik": likelihoods, "df": fit.degrees}

    return values


OURS: dict[str, Callable[[Quantity], Values]] = {
    "lung.cox.sex.efron": simple(["sex"]),
    "lung.cox.sex.breslow": simple(["sex"], ties="breslow"),
    "lung.cox.sex.exact": simple(["sex"], ties="exact"),
    "lung.cox.multi": simple(["sex", "age", "ph.ecog"]),
    "lung.cox.robust": simple(["sex", "age", "ph.ecog"], robust=True),
    "lung.cox.cluster": simple(["sex", "age"], clusters="inst"),
    "lung.cox.strata": simple(["sex", "age"], strata="ph.ecog"),
    **{f"lung.zph.multi.{name}": multi_hazards for name in TRANSFORMS},
    "lung.cox.interaction": two_levels,
    "ovarian.cox.efron": simple(["rx", "age"]),
    "ovarian.cox.breslow": simple(["rx", "age"], ties="breslow"),
    "ovarian.cox.exact": simple(["rx", "age"], ties="exact"),
    "ovarian.firth": firth,
    "lung.cox.entry": lung(transforms=TRANSFORMS, entry="entry"),
    "lung.cox.entry.breslow": lung(transforms=["km"], entry="entry", ties="breslow"),
    "lung.cox.entry.robust": lung(entry="entry", clusters="id"),
    "lung.cox.entry.all": lung(transforms=TRANSFORMS, entry="entry", strata="ph.ecog", weights="w", clusters="inst"),
    "lung.cox.entry.exact": exact_with_entry,
    "lung.cox.weights": lung(transforms=TRANSFORMS, weights="w", robust=False),
    "lung.cox.weights.robust": lung(transforms=["km"], weights="w"),
    "lung.cox.strata.zph": lung(transforms=TRANSFORMS, strata="ph.ecog"),
    "lung.cox.strata.many": lung(transforms=["km"], strata="inst"),
    "lung.cox.ties.efron": lung("months", TRANSFORMS),
    "lung.cox.ties.efron.robust": lung("months", ["km"], weights="w", clusters="inst"),
    "lung.cox.ties.breslow": lung("months", ["km"], ties="breslow"),
    "lung.cox.ties.breslow.robust": lung("months", ties="breslow", weights="w"),
    "lung.cox.ties.exact": lung("months", ties="exact", strata="ph.ecog"),
    "lung.cox.ties.entry": lung("months", TRANSFORMS, entry="entry_months", weights="w", clusters="inst"),
    "lung.cox.time_varying": time_varying,
    "lung.cox.interaction.three": three_levels,
    "lung.ridge.theta1": ridge(1),
    "lung.ridge.theta20": ridge(20),
}
