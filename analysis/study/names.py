"""What the protocol may name in its section `analysis`. Without any import: the protocol is checked before anything is loaded."""

STATISTICS = {
    "peto_peto": "Early differences (Peto-Peto)",
    "gehan": "Early differences (Gehan)",
    "tarone_ware": "Early differences (Tarone-Ware)",
    "fleming_harrington_0_1": "Late differences (Fleming-Harrington 0, 1)",
    "fleming_harrington_1_0": "Early differences (Fleming-Harrington 1, 0)",
    "fleming_harrington_1_1": "Differences in the middle (Fleming-Harrington 1, 1)",
    "permutation": "Without large-sample theory (permutation)",
    "rmst_ratio": "Ratio of restricted means",
    "e_value": "E-value of the hazard ratio",
    "minimum_detectable_hazard_ratio": "Smallest detectable effect, as a hazard ratio",
}

EXPOSURES = ("index_regimen", "any_later_ici")

WEIGHTINGS = {
    "overlap": "overlap weights",
    "inverse_probability": "stabilised inverse-probability weights",
}
