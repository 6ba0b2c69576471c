"""What changed between two releases: inputs, cohort flow, members, facts, endpoints, the raw rows behind them, and figures.

``releases`` chooses the two; ``inputs``, ``cohort``, ``rows`` and ``figures`` compare; ``page`` prints and ``tables`` writes it.
"""

from pipeline.diff.command import Difference, compare, run

__all__ = ["Difference", "compare", "run"]
