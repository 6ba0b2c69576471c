"""Which definitions are derived together, and the number that a patient's id carries to tell them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from pipeline.sensitivity import Choice


@dataclass(frozen=True)
class Grid:
    """The choices of each deciding decision that are derived together; of the ``sizes`` that there are in all.

    A world is one choice of each. Its code is the sum of the choices' numbers times their strides, so that codes below ``worlds`` are
    the whole grid's whatever part of it is derived, and a patient's id in a world is ``number * worlds + code``.
    """

    places: tuple[int, ...]
    sizes: tuple[int, ...]
    picked: tuple[tuple[int, ...], ...]

    @classmethod
    def whole(cls, places: Sequence[int], sizes: Sequence[int]) -> Grid:
        """All choices of the decisions at ``places``; ``sizes`` are those of all decisions."""
        own = tuple(sizes[place] for place in places)
        return cls(tuple(places), own, tuple(tuple(range(size)) for size in own))

    @property
    def worlds(self) -> int:
        """How many worlds the whole grid has; codes are below it."""
        return prod(self.sizes)

    @property
    def derived(self) -> int:
        """How many of them are derived here."""
        return prod(len(numbers) for numbers in self.picked)

    def stride(self, place: int) -> int:
        """What a step of this decision adds to the code."""
        return prod(self.sizes[self.places.index(place) + 1 :])

    def size(self, place: int) -> int:
        """How many choices the decision has in the whole grid."""
        return self.sizes[self.places.index(place)]

    def offsets(self, places: Sequence[int]) -> list[int]:
        """What the combinations of these decisions' picked choices add to the code, ascending for ascending choices."""
        steps = [[number * self.stride(place) for number in self.picked[self.places.index(place)]] for place in places]
        return [sum(chosen) for chosen in product(*steps)]

    def code(self, choice: Choice) -> int:
        """The code of a combination of choices of all decisions."""
        return sum(choice[place] * self.stride(place) for place in self.places)

    def has(self, choice: Choice, places: Sequence[int]) -> bool:
        """Whether the choices of these decisions are among the picked."""
        return all(choice[place] in self.picked[self.places.index(place)] for place in places)

    def only(self, choice: Choice) -> Grid:
        """The part of it that is the one world of these choices."""
        return Grid(self.places, self.sizes, tuple((choice[place],) for place in self.places))

    def parts(self, most: int) -> Iterator[Grid]:
        """The grid in parts of at most so many worlds each (one at least), split along its first decisions."""
        place = next((at for at, numbers in enumerate(self.picked) if len(numbers) > 1), None)
        if self.derived <= most or place is None:
            yield self
            return
        for number in self.picked[place]:
            part = (*self.picked[:place], (number,), *self.picked[place + 1 :])
            yield from Grid(self.places, self.sizes, part).parts(most)
