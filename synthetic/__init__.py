"""Demo exports of an invented hospital, and the search for the calibrated cohort that they hold.

Nobody in them exists. The cohort's event times were searched for (`synthetic.calibrate`) so that the pipeline computes the
paper's figures from the raw rows; the sizes of the arms and strata, which the abstract doesn't give, are invented. The
exports are made from a seed (`synthetic.generate`), byte for byte the same on every machine.
"""
