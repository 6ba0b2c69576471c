"""The hospital's numbers of its patients: scattered, so that the calibrated patients don't stand together in any file."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# A prime, and a factor below it: multiplied by it, patients counted from 0 get different numbers all over the range.
PATIENT_NUMBERS = 9_999_991
_FACTOR = 7_368_787


def scattered(patients: np.ndarray, seed: int) -> np.ndarray:
    """A number of at most seven digits for each patient, another one for another patient."""
    return (patients * _FACTOR + seed % PATIENT_NUMBERS) % PATIENT_NUMBERS


def patient_texts(patients: np.ndarray, seed: int) -> pa.Array:
    """The numbers as the exports write them: `P` and seven digits."""
    digits = pc.utf8_lpad(pc.cast(pa.array(scattered(patients, seed)), pa.string()), 7, "0")
    return pc.binary_join_element_wise(pa.scalar("P"), digits, "")
