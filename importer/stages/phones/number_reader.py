"""Digits to numbers on one of two paths: the automaton and ``phonenumbers`` for what it leaves, or the latter alone."""

import numpy as np

from importer.settings.phones_path import is_plain
from importer.stages.phones import automaton
from importer.stages.phones.automaton import Numbers, Read
from importer.stages.phones.plain import Plain


class NumberReader:
    """Reads numbers on the path that the environment selects; in as many threads as there are.

    Args:
        is_careful: whether answers that a careful person doubts are replaced by hers.

    Raises:
        UsageError: the environment selects a path that is not there.
    """

    def __init__(self, *, is_careful: bool) -> None:
        self._plain = Plain(is_careful=is_careful)
        self._automaton = None if is_plain() else automaton.known(is_careful=is_careful)

    def read(self, numbers: Numbers) -> Read:
        """Read numbers of 1 to ``MOST_DIGITS`` digits; ``is_undecided`` tells those that ``phonenumbers`` read."""
        if self._automaton is None:
            return self._plain.read(numbers)
        read = self._automaton.read(numbers)
        left = np.flatnonzero(read.is_undecided)
        if len(left):
            # Here and not after the doubts of ``meant``: they must see every number, whoever read it.
            plain = self._plain.read(numbers.of(left))
            read.e164[left], read.traits[left] = plain.e164, plain.traits
            read.faults[left], read.codes[left] = plain.faults, plain.codes
        return read
