"""Statistics of survival data over plain arrays: arrays in, frozen dataclasses out. Usable on any data; docs/statistics.md has an example.

Times are from 0 on in any unit, an event is true where the time ends in it. A quantity that does not exist is NaN; a test or model that
can't be computed raises `NotEstimable` with the reason in words. Importing this loads numpy alone.
"""

from analysis.statistics.basics import Estimate, NamedP, NotEstimable
from analysis.statistics.bootstrap import Bootstrap, bootstrap
from analysis.statistics.collapse import collapsed
from analysis.statistics.competing import CumulativeIncidence, GrayTest, aalen_johansen, gray_test, incidence_at
from analysis.statistics.contingency import MantelHaenszel, cochran_mantel_haenszel, fisher_exact, independence
from analysis.statistics.cox import (
    ChiSquare,
    CoxFit,
    ExposureRows,
    FirthFit,
    HazardsTest,
    Interaction,
    LevelEstimate,
    compare_two,
    exposure_rows,
    firth_cox,
    fit_cox,
    interaction_test,
    proportional_hazards_test,
)
from analysis.statistics.differences import mean_difference, rank_sum, share_difference
from analysis.statistics.fine_gray import FineGrayFit, fine_gray
from analysis.statistics.kaplan_meier import KaplanMeier, at_risk_at, follow_up, interval, kaplan_meier, quantile, survival_at
from analysis.statistics.landmark import Landmark, landmark
from analysis.statistics.log_rank import FlemingHarrington, LogRank, log_rank
from analysis.statistics.many import CoxFits, LogRanks, cox_fits, log_ranks, risk_table
from analysis.statistics.missing import CompleteCases, Pooled, complete_cases, imputed, pooled_over, rubins_rules
from analysis.statistics.permutation import PermutationTest, permutation_log_rank
from analysis.statistics.planning import DetectableRatio, events_needed, minimum_detectable_hazard_ratio, power_of_log_rank
from analysis.statistics.propensity import PropensityModel, propensity_scores
from analysis.statistics.proportions import clopper_pearson, risk_difference, wilson
from analysis.statistics.restricted_mean import (
    AdjustedMean,
    RestrictedMean,
    adjusted_restricted_mean,
    difference,
    ratio,
    restricted_mean,
    shared_horizon,
)
from analysis.statistics.sensitivity import EValue, e_value
from analysis.statistics.several_groups import Pair, Trend, pairwise_log_rank, trend_test
from analysis.statistics.weighting import (
    WeightedComparison,
    WeightSummary,
    balance,
    bootstrap_hazard_ratio,
    effective_sample_size,
    propensity_weights,
    weighted_comparison,
)

__all__ = [
    "AdjustedMean",
    "Bootstrap",
    "ChiSquare",
    "CompleteCases",
    "CoxFit",
    "CoxFits",
    "CumulativeIncidence",
    "DetectableRatio",
    "EValue",
    "Estimate",
    "ExposureRows",
    "FineGrayFit",
    "FirthFit",
    "FlemingHarrington",
    "GrayTest",
    "HazardsTest",
    "Interaction",
    "KaplanMeier",
    "Landmark",
    "LevelEstimate",
    "LogRank",
    "LogRanks",
    "MantelHaenszel",
    "NamedP",
    "NotEstimable",
    "Pair",
    "PermutationTest",
    "Pooled",
    "PropensityModel",
    "RestrictedMean",
    "Trend",
    "WeightSummary",
    "WeightedComparison",
    "aalen_johansen",
    "adjusted_restricted_mean",
    "at_risk_at",
    "balance",
    "bootstrap",
    "bootstrap_hazard_ratio",
    "clopper_pearson",
    "cochran_mantel_haenszel",
    "collapsed",
    "compare_two",
    "complete_cases",
    "cox_fits",
    "difference",
    "e_value",
    "effective_sample_size",
    "events_needed",
    "exposure_rows",
    "fine_gray",
    "firth_cox",
    "fisher_exact",
    "fit_cox",
    "follow_up",
    "gray_test",
    "imputed",
    "incidence_at",
    "independence",
    "interaction_test",
    "interval",
    "kaplan_meier",
    "landmark",
    "log_rank",
    "log_ranks",
    "mean_difference",
    "minimum_detectable_hazard_ratio",
    "pairwise_log_rank",
    "permutation_log_rank",
    "pooled_over",
    "power_of_log_rank",
    "propensity_scores",
    "propensity_weights",
    "proportional_hazards_test",
    "quantile",
    "rank_sum",
    "ratio",
    "restricted_mean",
    "risk_difference",
    "risk_table",
    "rubins_rules",
    "share_difference",
    "shared_horizon",
    "survival_at",
    "trend_test",
    "weighted_comparison",
    "wilson",
]
