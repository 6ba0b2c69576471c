"""From landed batches to the derived work database: whole, or only what new batches touch.

``plan`` decides which; ``touched`` cuts the touched patients' rows out into a small database, where the same models run;
``fold`` puts what they gave in the place of those patients' earlier rows.
"""

from pipeline.derive.derivation import Derived, derive
from pipeline.derive.plan import Basis

__all__ = ["Basis", "Derived", "derive"]
