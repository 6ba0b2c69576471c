"""Random draws that are the same on every machine: PCG64's raw integers and integer arithmetic, nothing else.

NumPy promises the stream of a bit generator, not that of `Generator`'s distributions; so the bounded integers are ours.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Integers = np.ndarray
T = TypeVar("T")

_HALF_WORD = np.uint64(32)


class Draws:
    """A stream of random integers, named by its key, e.g. (seed, chunk, purpose). Equal keys give equal streams."""

    def __init__(self, *key: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(key))

    def below(self, bounds: int | Integers, size: int) -> Integers:
        """`size` int64 numbers from 0 up to, not including, `bounds` (one for all, or one each), each bound below 2**32.

        The high half of a raw word is scaled by the bound: for the bounds in use the bias is below one in a million.
        """
        words = np.asarray(self._bits.random_raw(size), dtype=np.uint64) >> _HALF_WORD
        return ((words * np.asarray(bounds, dtype=np.uint64)) >> _HALF_WORD).astype(np.int64)

    def between(self, low: int | Integers, high: int | Integers, size: int) -> Integers:
        """`size` int64 numbers from `low` to `high`, both included."""
        low = np.asarray(low, dtype=np.int64)
        return low + self.below(np.asarray(high, dtype=np.int64) - low + 1, size)

    def weighted(self, weights: Sequence[int], size: int) -> Integers:
        """`size` positions of `weights`, each as often as its integer weight says."""
        limits = np.cumsum(np.asarray(weights, dtype=np.int64))
        return np.searchsorted(limits, self.below(int(limits[-1]), size), side="right")

    def chance(self, permille: int, size: int) -> np.ndarray:
        """`size` booleans, true `permille` times in a thousand."""
        return self.below(1000, size) < permille

    def one_below(self, bound: int) -> int:
        """One number from 0 up to, not including, `bound`."""
        return ((int(self._bits.random_raw()) >> 32) * bound) >> 32

    def one_between(self, low: int, high: int) -> int:
        """One number from `low` to `high`, both included."""
        return low + self.one_below(high - low + 1)

    def happens(self, permille: int) -> bool:
        """True `permille` times in a thousand."""
        return self.one_below(1000) < permille

    def pick(self, choices: Sequence[T]) -> T:
        """One of `choices`."""
        return choices[self.one_below(len(choices))]

    def pick_weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        """One of the first members of `choices`, as often as its second member, an integer weight, says."""
        left = self.one_below(sum(weight for _, weight in choices))
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        raise ValueError("the weights must be positive")

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in a random order (Fisher and Yates)."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.one_below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order
