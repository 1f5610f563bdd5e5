"""All numbers of a column at once: one table of states, one step a digit.

A place is a state of the table; ``states`` tells what it stands for. The table is made while it is used: a place is
made when the first number comes to it. So it holds what the lists so far needed, and the next chunk or list finds it
made. Threads walk through it at once and wait for each other only to make places: what is made never changes, and is
complete before another thread can see it.
"""

from dataclasses import dataclass
from functools import cache
from threading import Lock

import numpy as np
import numpy.typing as npt

from importer.stages.phones import libphonenumber as oracle
from importer.stages.phones.libphonenumber import FAULTS, NO_FAULT
from importer.stages.phones.shapes import Facts, Ints
from importer.stages.phones.states import Abroad, Answer, Home, Reading, Undecided

UInts = npt.NDArray[np.uint64]

REGIONS = tuple(sorted(oracle.codes()))
NOWHERE = -1
"""The place in ``REGIONS`` of no region."""

ABROAD, HOMELESS, FIRST_HOME, FIRST_FOREIGN = 0, 1, 2, 2 + len(REGIONS)
"""Origins of numbers: with a plus; without one nowhere, which cannot be read; without one in the first of ``REGIONS``,
and so on; with a plus that no calling code follows, where what is left is read as if written in the first of
``REGIONS``, and so on."""

MOST_DIGITS = 31
"""Digits of the longest number that is read here."""

UNDECIDED = 0
"""The answer that only ``phonenumbers`` knows."""

_MOST_EXACT = 19
"""Digits of the longest number that 64 bits hold."""

_POWERS = 10 ** np.arange(_MOST_EXACT + 1, dtype=np.uint64)
_MOST_PLACES = 200_000
"""Places that are remembered, at about a kilobyte each."""

_NOT_MADE = 0
"""The place of numbers that came where no place is yet; all digits lead from it to itself."""

_BLOCK = 16_384
"""Numbers that walk at once: all that is known of so many stays in the processor's own memory."""

_NO_ANSWER = -1
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Some numbers: ``counts`` digits each, from ``starts`` on in ``digits`` (values 0 to 9), and their origins."""

    digits: npt.NDArray[np.uint8]
    starts: Ints
    counts: Facts
    origins: Ints

    def of(self, some: Ints) -> "Numbers":
        """Return the numbers at these indexes."""
        return Numbers(self.digits, self.starts[some], self.counts[some], self.origins[some])


@dataclass(frozen=True, slots=True)
class Read:
    """Some numbers as they were read, a column for each fact.

    Attributes:
        e164: without plus; 0 where the number is not valid.
        values: the digits as they were written, as one number; the last 19 where there are more.
        faults: places in ``FAULTS``; ``NO_FAULT`` where the number is valid.
        codes: calling codes; 0 where none was found.
        traits: ``traits.Traits`` of the valid ones.
        is_undecided: whether only ``phonenumbers`` knows the answer.
    """

    e164: UInts
    values: UInts
    faults: Facts
    codes: Facts
    traits: Facts
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
            # Threads that are in the old table end there; whoever comes next fills the new one.
            self._table = table = _Table(is_careful=self._is_careful)
        return table.read(numbers)


@cache
def region_codes() -> Facts:
    """Return the calling code of each of ``REGIONS``."""
    return np.array([int(oracle.codes()[region]) for region in REGIONS], np.int32)


@cache
def known(*, is_careful: bool) -> Automaton:
    """Return this process's automaton: what it remembers depends on the numbering plans alone."""
    return Automaton(is_careful=is_careful)


class _Table:
    """The places, how they lead to each other, and what numbers are that end there."""

    def __init__(self, *, is_careful: bool) -> None:
        self._making = Lock()
        self._is_careful = is_careful
        self._answers: dict[Answer, int] = {Answer(None, None, None): UNDECIDED}
        self._facts = [_facts(answer) for answer in self._answers]
        self._ends = _Ends(self._facts)
        self._places: dict[Reading, int] = {}
        self._readings: list[Reading] = []
        self._first = np.full(FIRST_FOREIGN + len(REGIONS), _NOT_MADE, np.int64)
        self._next = np.full(10 * 1024, _NOT_MADE, np.int64)
        self._answer_of = np.full(1024, _NO_ANSWER, np.int64)

    @property
    def is_full(self) -> bool:
        """Return True if the table holds so many places that it is better to begin another."""
        return len(self._readings) > _MOST_PLACES

    def read(self, numbers: Numbers) -> Read:
        """Walk through the places, with the numbers of a block at once."""
        size = len(numbers.starts)
        e164, values = np.empty((2, size), np.uint64)
        answers = np.empty(size, np.int64)
        order = np.argsort(numbers.counts.astype(np.uint8), kind="stable")
        for begin in range(0, size, _BLOCK):
            some = order[begin : begin + _BLOCK][::-1]  # the longest first, so that those that go on are the first ones
            block = numbers.of(some)
            places, values_of_some = self._walked(block)
            answers_of_some = self._answered(places)
            e164[some] = self._ends.composed(answers_of_some, values_of_some)
            values[some], answers[some] = values_of_some, answers_of_some
        ends = self._ends
        return Read(e164, values, ends.faults[answers], ends.codes[answers], ends.traits[answers], answers == UNDECIDED)

    def _walked(self, numbers: Numbers) -> tuple[Ints, UInts]:
        """Return the place that each number leads to, and its value; the numbers come with the longest first."""
        places = self._first.take(numbers.origins)
        values = np.zeros(len(places), np.uint64)
        moves, digits = np.empty_like(places), np.empty(len(places), np.uint8)
        for at, left in enumerate(_still_longer(numbers.counts)):
            numbers.digits[at:].take(numbers.starts[:left], out=digits[:left], mode="clip")
            np.multiply(places[:left], 10, out=moves[:left])
            np.add(moves[:left], digits[:left], out=moves[:left])
            self._next.take(moves[:left], out=places[:left], mode="clip")
            if at >= _MOST_EXACT:
                # Multiplied by ten below: 64 bits hold 19 digits, so the first one is dropped before a 20th comes.
                values[:left] %= _POWERS[_MOST_EXACT - 1]
            np.multiply(values[:left], np.uint64(10), out=values[:left])
            np.add(values[:left], digits[:left], out=values[:left])
        lost = np.flatnonzero(places == _NOT_MADE)
        if len(lost):
            places[lost] = self._walked_anew(numbers.of(lost))
        return places, values

    def _walked_anew(self, numbers: Numbers) -> Ints:
        """Return the place that each number leads to, and make all places that are missing on the way."""
        with self._making:
            places = self._first.take(numbers.origins)
            for origin in np.unique(numbers.origins[places == _NOT_MADE]).tolist():
                self._first[origin] = self._place(_first_reading(origin))
            places = self._first.take(numbers.origins)
            for at, left in enumerate(_still_longer(numbers.counts)):
                moves = places[:left] * 10 + numbers.digits.take(numbers.starts[:left] + at)
                places[:left] = self._next.take(moves)
                lost = np.flatnonzero(places[:left] == _NOT_MADE)
                if len(lost):
                    for move in np.unique(moves[lost]).tolist():
                        if self._next[move] == _NOT_MADE:
                            self._make(*divmod(move, 10))
                    places[lost] = self._next.take(moves[lost])
            return places

    def _make(self, place: int, digit: int) -> None:
        """Make the place that a digit leads to, and other digits with it."""
        reading, sign = self._reading(place), _DIGITS[digit]
        next_place = self._place(reading.after(sign))
        for other in _digits(reading.alike(sign)):
            self._next[place * 10 + other] = next_place

    def _reading(self, place: int) -> Reading:
        return self._readings[place - 1]

    def _place(self, reading: Reading) -> int:
        place = self._places.setdefault(reading, len(self._readings) + 1)
        if place > len(self._readings):
            self._readings.append(reading)
            if place == len(self._answer_of):
                # Never resized in place: other threads are walking through the old arrays.
                self._next = np.concatenate([self._next, np.full_like(self._next, _NOT_MADE)])
                self._answer_of = np.concatenate([self._answer_of, np.full_like(self._answer_of, _NO_ANSWER)])
        return place

    def _answered(self, places: Ints) -> Ints:
        """Return the answers at these places."""
        answers = self._answer_of.take(places)
        if len(answers) and answers.min() == _NO_ANSWER:
            with self._making:
                ends = np.unique(places[answers == _NO_ANSWER]).tolist()
                ends = [end for end in ends if self._answer_of[end] == _NO_ANSWER]
                found = [self._answer(self._reading(end)) for end in ends]
                if len(self._facts) > len(self._ends.faults):
                    self._ends = _Ends(self._facts)
                self._answer_of[ends] = found  # only now: who sees an answer looks for its facts
            answers = self._answer_of.take(places)
        return answers

    def _answer(self, reading: Reading) -> int:
        try:
            answer = reading.answer()
        except Undecided:
            return UNDECIDED
        if self._is_careful and answer.doubt:
            answer = answer.doubt
        if answer.number and max(answer.number.first, answer.number.size) > _MOST_EXACT:
            return UNDECIDED
        number = self._answers.setdefault(answer, len(self._answers))
        if number == len(self._facts):
            self._facts.append(_facts(answer))
        return number


class _Ends:
    """Answers as columns.

    Attributes:
        faults, codes, traits: of each, as in ``Read``.
    """

    def __init__(self, facts: list[tuple[int, ...]]) -> None:
        fault, code, traits, lead, first, last, tail = np.array(facts, np.int64).T
        self.faults, self.codes, self.traits = (each.astype(np.int32) for each in (fault, code, traits))
        self._is_valid = lead > 0
        self._tails, self._sizes, self._before = _POWERS[tail], _POWERS[first - last], _POWERS[last]
        self._leads = lead.astype(np.uint64) * self._tails * self._sizes
        self._moved = first > last

    def composed(self, answers: Ints, values: UInts) -> UInts:
        """Return the E.164 numbers: each one's lead, a part from within its digits if there is one, its last digits."""
        tails = self._tails[answers]
        e164: UInts = values % tails
        e164 += self._leads[answers]
        moved = np.flatnonzero(self._moved[answers])
        if len(moved):
            of_moved = answers[moved]
            part = values[moved] // self._before[of_moved] % self._sizes[of_moved]
            e164[moved] += part * tails[moved]
        e164[~self._is_valid[answers]] = 0
        return e164


def _still_longer(counts: Facts) -> list[int]:
    """Return how many numbers have a first digit, how many a second one, and so on."""
    longer: list[int] = (len(counts) - np.cumsum(np.bincount(counts))).tolist() if len(counts) else [0]
    return longer[:-1]


@cache
def _digits(bits: int) -> tuple[int, ...]:
    return tuple(digit for digit in range(10) if bits >> digit & 1)


def _first_reading(origin: int) -> Reading:
    if origin == ABROAD:
        return Abroad()
    is_foreign = origin >= FIRST_FOREIGN
    return Home.begun(REGIONS[origin - (FIRST_FOREIGN if is_foreign else FIRST_HOME)], is_foreign=is_foreign)


def _facts(answer: Answer) -> tuple[int, ...]:
    """Return an answer as integers: fault, calling code, traits, and how the number is made."""
    lead, *places = answer.number or ("0", 0, 0, 0)
    fault = NO_FAULT if answer.fault is None else FAULTS.index(answer.fault)
    return fault, int(answer.code or 0), int(answer.traits), int(lead), *places
