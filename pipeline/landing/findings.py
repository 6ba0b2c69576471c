"""What is wrong with a file, up to as many findings as a message shows."""

from __future__ import annotations

from pipeline.errors import SHOWN_PROBLEMS, Problem


class EnoughFound(Exception):
    """There are as many findings as a message shows: reading on would only repeat them (internal to landing)."""


class Findings:
    """Collects the problems of one file of a batch and puts their place to them."""

    def __init__(self, batch: str, file: str) -> None:
        self._batch = batch
        self._file = file
        self.problems: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Keeps a problem that does not end the reading. Raises EnoughFound with the last one that a message shows."""
        self.put(problem)
        if len(self.problems) >= SHOWN_PROBLEMS:
            raise EnoughFound

    def put(self, problem: Problem) -> None:
        """Keeps a problem, once."""
        placed = problem.at(batch=self._batch, file=self._file)
        if placed not in self.problems:
            self.problems.append(placed)

    def put_first(self, problem: Problem) -> None:
        """Keeps the problem that explains the others."""
        self.problems.insert(0, problem.at(batch=self._batch, file=self._file))
