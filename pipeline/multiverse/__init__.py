"""Every definition of the study's cohort that its protocol calls defensible, derived by the same models and analysed in one run.

``plan`` finds out what a decision changes, ``grid`` numbers the definitions, ``derivation`` runs the models over patients that carry the
number, ``run`` has the analysis compute each definition and gives the rows of the table ``published.multiverse``.
"""

from pipeline.multiverse.run import TABLE, Multiverse, multiverse, write

__all__ = ["TABLE", "Multiverse", "multiverse", "write"]
