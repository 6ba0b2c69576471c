"""Cox regression: fits, tests of the hazards' proportionality and of interaction, exposure that begins later, Firth's penalty."""

from analysis.statistics.cox.firth import FirthFit, firth_cox
from analysis.statistics.cox.fit import ChiSquare, CoxFit, fit_cox
from analysis.statistics.cox.hazards_test import HazardsTest, proportional_hazards_test
from analysis.statistics.cox.interaction import Interaction, LevelEstimate, interaction_test
from analysis.statistics.cox.time_varying import ExposureRows, exposure_rows
from analysis.statistics.cox.two_groups import compare_two

__all__ = [
    "ChiSquare",
    "CoxFit",
    "ExposureRows",
    "FirthFit",
    "HazardsTest",
    "Interaction",
    "LevelEstimate",
    "compare_two",
    "exposure_rows",
    "firth_cox",
    "fit_cox",
    "interaction_test",
    "proportional_hazards_test",
]
