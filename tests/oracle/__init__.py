"""An independent reading of the study protocol in plain Python, against which the warehouse is checked row by row.

It shares nothing with the pipeline but the vocabulary's CSV files: slow, literal, one small function a rule.
"""

from .parameters import CRITERIA, DEFAULTS
from .results import apply_protocol, evaluate, read_exports
from .values import Refusal
from .versions import QUARANTINE_RULES

__all__ = ["CRITERIA", "DEFAULTS", "QUARANTINE_RULES", "Refusal", "apply_protocol", "evaluate", "read_exports"]
