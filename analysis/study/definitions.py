"""Every definition of the cohort analysed: of each a hazard ratio with its test in each stratum, and the interaction.

The cohorts come as one array in which a patient stands once for each world, a combination of the choices that decide the cohort. The
choices that only decide how a cohort is analysed are made here. The rows are those of the table `published.multiverse`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.statistics.basics import Counts, Flags, Floats
from analysis.statistics.many import RiskTable, cox_fits, log_ranks, risk_table

LOG_RANK, MANTEL_BYAR, INTERACTION_TEST = "log-rank", "Mantel-Byar", "likelihood ratio"
HAZARD_RATIO, INTERACTION = "hazard_ratio", "interaction"
IN_TIME = "any_later_ici"


@dataclass(frozen=True)
class Cohorts:
    """The patients of all worlds: `world` numbers the world from 0, `first` says who is in the first arm by the index regimen,
    `first_ici` is the day of the first immunotherapy (NaN for none), `strata` who belongs to which stratum (None: not assessable)."""

    worlds: int
    world: Counts
    first: Flags
    days: Floats
    events: Flags
    first_ici: Floats
    strata: Mapping[str, Flags | None]


@dataclass(frozen=True)
class Asked:
    """What is asked of each cohort: the section `analysis` of the protocol that a definition has."""

    exposure: str
    level: float
    strata: tuple[str, ...]
    interaction: tuple[str, ...]

    @classmethod
    def of(cls, protocol: Mapping[str, Any]) -> Asked:
        """From the contents of a definition's protocol."""
        asked = protocol["analysis"]
        return cls(
            asked.get("exposure", "index_regimen"),
            float(asked["confidence_level"]),
            tuple(protocol["sensitivity"]["strata"]),
            tuple(asked.get("interaction", ())),
        )


Columns = dict[str, np.ndarray]


def estimates(cohorts: Cohorts, asked: Asked) -> Iterator[Columns]:
    """For each stratum, and for the interaction, the columns from `stratum` on: an array of one element a world each."""
    patients = np.bincount(cohorts.world, minlength=cohorts.worlds)
    for name in asked.strata:
        members = cohorts.strata[name]
        if members is not None:
            yield {**_named(name, HAZARD_RATIO, patients), **_hazard_ratios(cohorts, members, asked)}
    compared = [cohorts.strata[name] for name in asked.interaction]
    if len(compared) == 2 and compared[0] is not None and compared[1] is not None:
        name = " / ".join(asked.interaction)
        yield {**_named(name, INTERACTION, patients), **_interactions(cohorts, compared[0], compared[1], asked)}


def _named(stratum: str, measure: str, patients: Counts) -> Columns:
    return {"stratum": np.full(patients.size, stratum, object), "measure": np.full(patients.size, measure, object), "patients": patients}


def _collapsed(cohorts: Cohorts, members: Flags, asked: Asked, modifier: Flags | None = None) -> RiskTable:
    """Groups 0 and 1 are the second and the first arm, 2 and 3 the same where `modifier` is true."""
    own = cohorts.first[members].astype(np.int64)
    if modifier is not None:
        own += 2 * modifier[members]
    moves = to = None
    if asked.exposure == IN_TIME:
        # until its first immunotherapy a patient of the second arm belongs to it
        moves, to = np.where(cohorts.first, np.nan, cohorts.first_ici)[members], own | 1
    columns = cohorts.world[members], cohorts.days[members], cohorts.events[members], own
    return risk_table(*columns, samples=cohorts.worlds, groups=2 if modifier is None else 4, moves=moves, to=to)


def _hazard_ratios(cohorts: Cohorts, members: Flags, asked: Asked) -> Columns:
    table = _collapsed(cohorts, members, asked)
    fits, tests = cox_fits(table), log_ranks(table)
    ratio, lower, upper = fits.hazard_ratios(level=asked.level)
    test = MANTEL_BYAR if asked.exposure == IN_TIME else LOG_RANK
    return {
        **_counted(cohorts, members, table),
        "hazard_ratio": ratio,
        "ci_lower": lower,
        "ci_upper": upper,
        "p_value": tests.p,
        "test": np.where(np.isnan(tests.p), "", test),
        "not_estimable": fits.reason,
    }


def _interactions(cohorts: Cohorts, positive: Flags, negative: Flags, asked: Asked) -> Columns:
    """The Cox model of arm, stratum and their product against the one without the product."""
    from scipy.special import chdtrc

    members = positive ^ negative
    table = _collapsed(cohorts, members, asked, positive)
    full = cox_fits(table, ((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 1)))
    without = cox_fits(table, ((0, 0), (1, 0), (0, 1), (1, 1)))
    ratio, lower, upper = full.hazard_ratios(2, asked.level)
    # of two maxima that are the same, rounding may put either first
    statistic = np.maximum(2 * (full.log_likelihood - without.log_likelihood), 0.0)
    p = chdtrc(1, statistic)
    return {
        **_counted(cohorts, members, table),
        "hazard_ratio": ratio,
        "ci_lower": lower,
        "ci_upper": upper,
        "p_value": p,
        "test": np.where(np.isnan(p), "", INTERACTION_TEST),
        "not_estimable": np.where(full.reason == "", without.reason, full.reason),
    }


def _counted(cohorts: Cohorts, members: Flags, table: RiskTable) -> Columns:
    """Patients and events; `exposed` are those who were ever in the first arm."""
    return {
        "n": np.bincount(cohorts.world[members], minlength=cohorts.worlds),
        "events": table.events.sum(axis=1),
        "exposed": table.sizes[:, 1::2].sum(axis=1),
        "exposed_events": table.events[:, 1::2].sum(axis=1),
    }


def ordered(columns: Sequence[Columns]) -> Columns:
    """All parts as one table's columns, by definition, the strata in the protocol's order."""
    whole = {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}
    places = np.argsort(whole["definition"], kind="stable")
    return {name: column[places] for name, column in whole.items()}
