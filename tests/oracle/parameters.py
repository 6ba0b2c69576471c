"""The protocol's numbers, as the protocol page prints them (its italics). A test may pass its own."""

from __future__ import annotations

from datetime import date
from typing import Any

DEFAULTS: dict[str, Any] = {
    "days_per_month": 30.4375,  # 365.25 / 12
    "data_cut_off": None,  # None: the export day of the last batch
    "window_start": date(2018, 6, 1),
    "window_end": date(2022, 12, 31),
    "era_gap_days": 60,
    "era_gap_days_oral_tki": 60,
    "regimen_window_days": 28,
    "line_gap_days": 120,
    "carry_over_days": 14,
    "iupd_confirmation_days": 56,
    "resistance_lag_days": 14,
    "resistance_grace_days": 30,
    "resistance_to_index_days": 365,  # None: no limit
    "alk_fish_percent": 15,
    "pd_l1_cut_off_percent": 1,
    "pd_l1_after_index_days": 7,
    "re_biopsy_before_days": 14,
    "re_biopsy_after_days": 7,
    "minimum_age": 18,
    "progression_blanking_days": 14,
    "best_response_from_day": 14,
    "stable_disease_from_day": 28,
    "highest_published_age": 90,
}

CRITERIA = (
    "nsclc",
    "alk_positive",
    "advanced",
    "alk_tki_treated",
    "alk_tki_resistant",
    "post_resistance_therapy",
    "index_in_window",
    "adult",
    "no_prior_ici",
    "evaluable",
)
"""The cohort criteria in the protocol's order; the last four are null where there is no index."""
