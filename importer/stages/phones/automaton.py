"""All numbers of a column at once: one table of states, one step a digit.

The table is made while it is used: where numbers come to a place in it that none came to before, ``readings`` tells
what is there. So it holds what the lists so far needed, and the next chunk finds it made. Threads walk through it at
once, and wait for each other only to make places: what is made never changes, and is complete before it is shown.
"""

from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from importer.stages.phones import oracle
from importer.stages.phones.oracle import FAULTS, NO_FAULT
from importer.stages.phones.readings import Abroad, Answer, Home, National, Reading, Undecided

Ints = npt.NDArray[np.int64]
UInts = npt.NDArray[np.uint64]

REGIONS = tuple(sorted(oracle.codes()))
ABROAD, FIRST_HOME, FIRST_FOREIGN = 0, 1, 1 + len(REGIONS)
"""Origins of numbers: with a plus; without one in the first of ``REGIONS``, and so on; with a plus that no calling code
follows, where what is left is read as if written in the first of ``REGIONS``, and so on."""

MOST_DIGITS = 31
"""Digits of the longest number that is read here."""

UNDECIDED = 0
"""The answer that only ``phonenumbers`` knows."""

_MOST_EXACT = 19
"""Digits of the longest number that 64 bits hold."""

_POWERS = 10 ** np.arange(_MOST_EXACT + 1, dtype=np.uint64)
_MOST_PLACES = 200_000
"""Places that are remembered, at about a kilobyte each."""

_NOT_MADE = -1
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Some numbers: ``counts`` digits each, from ``starts`` on in ``digits`` (values 0 to 9), and their origins."""

    digits: npt.NDArray[np.uint8]
    starts: Ints
    counts: Ints
    origins: Ints

    def of(self, some: Ints) -> "Numbers":
        """Those with these places."""
        return Numbers(self.digits, self.starts[some], self.counts[some], self.origins[some])


@dataclass(frozen=True, slots=True)
class Read:
    """What they are.

    Attributes:
        e164: without plus; 0 where the number is not valid.
        values: the digits as they were written, as one number; the last 19 where there are more.
        faults: places in ``FAULTS``; ``NO_FAULT`` where the number is valid.
        codes: calling codes; 0 where none was found.
        is_undecided: whether only ``phonenumbers`` knows the answer.
    """

    e164: UInts
    values: UInts
    faults: Ints
    codes: Ints
    is_undecided: npt.NDArray[np.bool_]


class Automaton:
    """Reads numbers, in as many threads as there are, and remembers the places that were met so far.

    Args:
        is_careful: whether answers that a careful person doubts are replaced by hers.
    """

    def __init__(self, *, is_careful: bool) -> None:
        self._is_careful = is_careful
        self._table = _Table(is_careful=is_careful)

    def read(self, numbers: Numbers) -> Read:
        """Read numbers of 1 to ``MOST_DIGITS`` digits."""
        table = self._table
        if table.is_full:
            self._table = table = _Table(is_careful=self._is_careful)
        return table.read(numbers)


class _Table:
    """The places, how they lead to each other, and what numbers are that end there."""

    def __init__(self, *, is_careful: bool) -> None:
        self._making = Lock()
        self._is_careful = is_careful
        self._answers: dict[Answer, int] = {Answer(None, None, None): UNDECIDED}
        self._facts = np.array([_facts(answer) for answer in self._answers], np.int64)
        self._places: dict[Reading, int] = {}
        self._readings: list[Reading] = []
        self._first = np.full(FIRST_FOREIGN + len(REGIONS), _NOT_MADE, np.int64)
        self._next = np.full(10 * 1024, _NOT_MADE, np.int64)
        self._last = np.full(1024, _NOT_MADE, np.int64)

    @property
    def is_full(self) -> bool:
        """Whether it is better to begin another."""
        return len(self._readings) > _MOST_PLACES

    def read(self, numbers: Numbers) -> Read:
        """Walk through the places, with all numbers at once."""
        order = np.argsort(numbers.counts.astype(np.uint8), kind="stable")[::-1]
        starts, counts = numbers.starts[order], numbers.counts[order]
        longer = len(order) - np.cumsum(np.bincount(counts, minlength=1))
        places, values = self._first_places(numbers.origins[order]), np.zeros(len(order), np.uint64)
        for at in range(len(longer) - 1):
            left = slice(longer[at])
            digits = numbers.digits.take(starts[left] + at)
            places[left] = self._next_places(places[left] * 10 + digits)
            if at >= _MOST_EXACT:
                values[left] %= _POWERS[_MOST_EXACT - 1]
            values[left] = values[left] * np.uint64(10) + digits
        answers = self._last_answers(places)
        e164 = self._composed(answers, values)
        faults, codes = self._facts[answers, :2].T
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return Read(e164[back], values[back], faults[back], codes[back], (answers == UNDECIDED)[back])

    def _first_places(self, origins: Ints) -> Ints:
        places = self._first.take(origins)
        if len(places) and places.min() == _NOT_MADE:
            with self._making:
                for origin in _distinct(origins[places == _NOT_MADE], len(self._first)):
                    self._first[origin] = self._place(_first_reading(origin))
            places = self._first.take(origins)
        return places

    def _next_places(self, moves: Ints) -> Ints:
        """The places that moves (ten times a place, plus a digit) lead to."""
        places = self._next.take(moves)
        if len(places) and places.min() == _NOT_MADE:
            with self._making:
                for move in _distinct(moves[places == _NOT_MADE], len(self._next)):
                    if self._next[move] == _NOT_MADE:
                        self._make(*divmod(move, 10))
            places = self._next.take(moves)
        return places

    def _make(self, place: int, digit: int) -> None:
        """Make the place that a digit leads to; it may be the same for all digits."""
        reading = self._readings[place]
        is_blind = isinstance(reading, National) and reading.is_blind
        first, last = (0, 10) if is_blind else (digit, digit + 1)
        next_place = self._place(reading.after(_DIGITS[digit]))
        self._next[place * 10 + first : place * 10 + last] = next_place

    def _last_answers(self, places: Ints) -> Ints:
        answers = self._last.take(places)
        if len(answers) and answers.min() == _NOT_MADE:
            with self._making:
                ends = _distinct(places[answers == _NOT_MADE], len(self._last))
                ends = [end for end in ends if self._last[end] == _NOT_MADE]
                found = [self._answer(self._readings[place]) for place in ends]
                self._facts = np.array([_facts(answer) for answer in self._answers], np.int64)
                self._last[ends] = found  # only now: who sees an answer looks for its facts
            answers = self._last.take(places)
        return answers

    def _place(self, reading: Reading) -> int:
        place = self._places.setdefault(reading, len(self._readings))
        if place == len(self._readings):
            self._readings.append(reading)
            if place == len(self._last):
                self._next = np.concatenate([self._next, np.full_like(self._next, _NOT_MADE)])
                self._last = np.concatenate([self._last, np.full_like(self._last, _NOT_MADE)])
        return place

    def _answer(self, reading: Reading) -> int:
        try:
            answer = reading.answer()
        except Undecided:
            return UNDECIDED
        if self._is_careful and answer.doubt:
            answer = answer.doubt
        if answer.number and max(answer.number.first, answer.number.size) > _MOST_EXACT:
            return UNDECIDED
        return self._answers.setdefault(answer, len(self._answers))

    def _composed(self, answers: Ints, values: UInts) -> UInts:
        """The E.164 numbers: what leads each one, a part from within the digits where it has one, and the last ones."""
        lead, first, last, tail = self._facts[answers, 2:].T
        tails = _POWERS[tail]
        e164: UInts = lead.astype(np.uint64) * tails + values % tails
        moved = np.flatnonzero(first > last)
        if len(moved):
            sizes = _POWERS[first[moved] - last[moved]]
            part = values[moved] // _POWERS[last[moved]] % sizes
            e164[moved] = (lead[moved].astype(np.uint64) * sizes + part) * tails[moved] + values[moved] % tails[moved]
        e164[lead == 0] = 0
        return e164


def _distinct(numbers: Ints, end: int) -> list[int]:
    """Each number once, all of them below ``end``; sorting them would take longer."""
    is_there = np.zeros(end, np.bool_)
    is_there[numbers] = True
    found: list[int] = np.flatnonzero(is_there).tolist()
    return found


def _first_reading(origin: int) -> Reading:
    if origin == ABROAD:
        return Abroad()
    is_foreign = origin >= FIRST_FOREIGN
    return Home.begun(REGIONS[origin - (FIRST_FOREIGN if is_foreign else FIRST_HOME)], is_foreign=is_foreign)


def _facts(answer: Answer) -> tuple[int, ...]:
    """Fault, calling code, and how the number is made."""
    lead, *places = answer.number or ("0", 0, 0, 0)
    fault = NO_FAULT if answer.fault is None else FAULTS.index(answer.fault)
    return fault, int(answer.code or 0), int(lead), *places
