"""Our values of the quantities of reference/curves.json: what r_survival.json has none of. In the shape in which the reference has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.statistics.bootstrap import corrected, quantile_of
from analysis.statistics.bootstrap import influence as influence_of
from analysis.statistics.kaplan_meier import KaplanMeier, at_risk_at, kaplan_meier, quantile, survival_at
from analysis.statistics.log_rank import FlemingHarrington, log_rank
from analysis.statistics.permutation import log_rank_scores, permutation_log_rank
from analysis.statistics.planning import events_needed, minimum_detectable_hazard_ratio, power_of_log_rank
from analysis.statistics.several_groups import pairwise_log_rank, trend_test
from tests.analysis.reference_data import data_set

Quantity = dict[str, Any]


def lung() -> pd.DataFrame:
    """The data set with the made-up weights and entry of the reference."""
    frame = data_set("lung.csv")
    late = np.maximum(0, np.minimum((frame["age"] * 13) % 200, frame["time"] - 1))
    # as R, numpy rounds halves to even
    return frame.assign(weight=np.round(0.5 + (frame["age"] % 7) / 4, 2), entry=np.where(frame["age"] % 2 == 0, 0, late))


def graded() -> pd.DataFrame:
    """Who has a performance status of 0 to 2."""
    return lung().query("`ph.ecog` < 3")


def curve_values(curve: KaplanMeier, quantity: Quantity) -> dict[str, Any]:
    """Quartiles where they are wanted, and points in time."""
    found: dict[str, Any] = {"at": []}
    for time in (at["time"] for at in quantity["values"]["at"]):
        at, step = survival_at(curve, time), np.searchsorted(curve.time, time, side="right") - 1
        found["at"].append(
            {
                "time": time,
                "n_risk": at_risk_at(curve, [time])[0],
                "surv": at.value,
                "se": float(curve.std_error[step]),
                "lower": at.lower,
                "upper": at.upper,
            }
        )
    if "quantiles" in quantity["values"]:
        quartiles = {name: quantile(curve, probability) for name, probability in (("q25", 0.25), ("q50", 0.5), ("q75", 0.75))}
        parts = {"estimate": "value", "lower": "lower", "upper": "upper"}
        found["quantiles"] = {
            part: {name: getattr(one, attribute) for name, one in quartiles.items()} for part, attribute in parts.items()
        }
    return found


def weighted_curve(quantity: Quantity) -> dict[str, Any]:
    frame = lung()
    return curve_values(kaplan_meier(frame["time"], frame["event"], weights=frame["weight"]), quantity)


def late_curve(quantity: Quantity) -> dict[str, Any]:
    frame = lung()
    weights = frame["weight"] if quantity["id"].endswith("weighted") else None
    return curve_values(kaplan_meier(frame["time"], frame["event"], weights=weights, entry=frame["entry"]), quantity)


def late_log_rank(quantity: Quantity) -> dict[str, Any]:
    frame = lung().drop_duplicates("time")
    test = log_rank(frame["time"], frame["event"], frame["sex"], entry=frame["entry"])
    return {"chisq": test.statistic, "p": test.p}


def mantel_byar(quantity: Quantity) -> dict[str, Any]:
    frame = lung().drop_duplicates("time")
    switch = (frame["age"] * 7) % 300 + 0.5
    changes = switch < frame["time"]
    before = frame.assign(entry=0, time=np.minimum(switch, frame["time"]), event=frame["event"] & ~changes, on=0)
    rows = pd.concat([before, frame.assign(entry=switch, on=1)[changes]])
    test = log_rank(rows["time"], rows["event"], rows["on"], entry=rows["entry"])
    return {"chisq": test.statistic, "p": test.p}


def pairwise(quantity: Quantity) -> dict[str, Any]:
    frame, found = graded(), {}
    for adjustment in ("holm", "bonferroni", "benjamini-hochberg"):
        pairs = pairwise_log_rank(frame["time"], frame["event"], frame["ph.ecog"], adjustment=adjustment)
        found |= {"p": [pair.test.p for pair in pairs if pair.test], adjustment: [pair.adjusted_p for pair in pairs]}
    return found


def stratified_weighted(quantity: Quantity) -> dict[str, Any]:
    frame = graded()
    test = log_rank(frame["time"], frame["event"], frame["ph.ecog"], strata=frame["sex"], weighting=FlemingHarrington(1))
    return {"chisq": test.statistic, "df": test.degrees, "p": test.p, "obs": list(test.observed), "exp": list(test.expected)}


def stratified_trend(quantity: Quantity) -> dict[str, Any]:
    frame = graded()
    test = trend_test(frame["time"], frame["event"], frame["ph.ecog"], strata=frame["sex"])
    return {"chisq": test.statistic, "p": test.p}


def tied_permutation(quantity: Quantity) -> dict[str, Any]:
    frame = data_set("ovarian.csv")
    times = np.ceil(frame["time"] / 100)
    test = permutation_log_rank(times, frame["event"], frame["rx"])
    return {"z": test.z, "p_exact": test.p, "scores": log_rank_scores(times, frame["event"]).tolist()}


def uneven_permutation(quantity: Quantity) -> dict[str, Any]:
    frame = data_set("ovarian.csv").sort_values("age", kind="stable").head(17)
    test = permutation_log_rank(frame["time"], frame["event"], np.arange(17) >= 12)
    return {"z": test.z, "p_exact": test.p}


def bootstrap_limits(quantity: Quantity) -> dict[str, Any]:
    ages, first = data_set("lung.csv")["age"].to_numpy(float)[:30], np.arange(30) < 12
    first[[2, 19]] = False, True
    numbers = np.arange(1, 200)
    replicates = 60 + 8 * ndtri(numbers / 200) + numbers % 7 / 10

    def ratio(rows: np.ndarray) -> float:
        return 60 * ages[rows][first[rows]].mean() / ages[rows][~first[rows]].mean()

    rows = np.arange(30)
    value, parts = ratio(rows), [rows[first], rows[~first]]
    influence = np.empty(30)
    influence[np.concatenate(parts)] = influence_of(ratio, parts, value)

    def limits(tails: tuple[float, float]) -> list[float]:
        return [quantile_of(replicates, tail) for tail in tails]

    return {
        "value": value,
        "influence": influence.tolist(),
        "perc": limits((0.025, 0.975)),
        "bca": limits(corrected((0.025, 0.975), replicates, value, influence)),
        "bca90": limits(corrected((0.05, 0.95), replicates, value, influence)),
    }


def planned(quantity: Quantity) -> dict[str, Any]:
    ratio = minimum_detectable_hazard_ratio(120, 0.4)
    return {"below": ratio.below, "above": ratio.above, "power": power_of_log_rank(0.6, 120, 0.4), "events": events_needed(0.7)}


OURS: dict[str, Callable[[Quantity], dict[str, Any]]] = {
    "lung.km.weighted": weighted_curve,
    "lung.km.entry": late_curve,
    "lung.km.entry.weighted": late_curve,
    "lung.logrank.entry": late_log_rank,
    "lung.mantel_byar": mantel_byar,
    "lung.logrank.pairwise.ecog": pairwise,
    "lung.logrank.ecog.strat_sex.rho1": stratified_weighted,
    "lung.logrank.trend.strat_sex": stratified_trend,
    "ovarian.permutation.tied": tied_permutation,
    "ovarian.permutation.uneven": uneven_permutation,
    "lung.boot.limits": bootstrap_limits,
    "planning.schoenfeld": planned,
}
