"""Spellings to numbers: the digits of every row at once, and ``phonenumbers`` itself where more than digits counts.

What ``phonenumbers`` makes of a text depends on its shape, on its digits and on where it was written. The shape is
looked at once for all rows that have it (``ways``), the digits are read by an automaton made of the metadata
(``automaton``). Every way gives what ``phonenumbers`` gives; which one a spelling takes is a question of speed only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt

from importer.stages.phones import automaton, oracle, repairs
from importer.stages.phones.automaton import REGIONS, Automaton, Ints, Numbers, UInts
from importer.stages.phones.oracle import FAULTS, NO_FAULT, Fault
from importer.stages.phones.spellings import Spellings
from importer.stages.phones.ways import ANY, FACTS, MOST_ASKED, NOT_ZERO, Way

NOWHERE = -1
"""The place in ``REGIONS`` of no region."""

_POWERS = 10 ** np.arange(20, dtype=np.uint64)

_SHOWN_DIGITS = 6
"""Digits that a spreadsheet shows of a long number in a narrow column."""

_FEWEST_ROUNDED = 10
"""Digits of the shortest number that it shows with an exponent and that is long enough for a phone."""


class WayTable:
    """Ways as columns: ``table["first"]`` has that of each way, and so on for all names in ``ways.FACTS``.

    Args:
        ways: the ways of some shapes.
        of_text: for each, what gives the same way of a text instead of its shape.

    Attributes:
        asks: for each way ``MOST_ASKED`` places of digits, with what they must be.
    """

    def __init__(self, ways: Sequence[Way], of_text: Sequence[Callable[[str], Way]]) -> None:
        self.of_text = of_text
        facts = np.frombuffer(b"".join([way.facts for way in ways]), np.int64)
        self._facts = facts.reshape(-1, len(FACTS) + 2 * MOST_ASKED)
        self.asks = self._facts[:, len(FACTS) :].reshape(-1, MOST_ASKED, 2)

    def __getitem__(self, name: str) -> Ints:
        return self._facts[:, FACTS.index(name)]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Texts with a way to read each.

    Attributes:
        rows: their places in ``spelled``.
        ways: the places of the ways in ``table``.
        regions: where each was written, a place in ``REGIONS`` or ``NOWHERE``.
    """

    spelled: Spellings
    table: WayTable
    rows: Ints
    ways: Ints
    regions: Ints


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read of each candidate.

    Attributes:
        e164: the number without its plus; 0 where it is not valid.
        fault: a place in ``FAULTS``, or -1.
        code: the calling code; 0 where none was found.
        rules: bits of ``repairs.RULES``.
        asked: the candidates that ``phonenumbers`` itself read.
        extensions: those that only it found, by candidate.
    """

    e164: UInts
    fault: Ints
    code: Ints
    rules: Ints
    asked: list[int] = field(default_factory=list)
    extensions: dict[int, str] = field(default_factory=dict)


class Reader:
    """Reads texts, and remembers what it learned of the numbering plans.

    Args:
        is_careful: whether a number without plus that is as valid with its first digits as the country's code is
            looked at twice; ``phonenumbers`` itself never does.
    """

    def __init__(self, *, is_careful: bool = True) -> None:
        self._automaton = Automaton(is_careful=is_careful)

    def read(self, texts: Candidates) -> Readings:
        """Read each text in its way."""
        table, ways = texts.table, texts.ways
        numbers = _numbers(texts)
        fault = table["fault"][ways]
        fault[~_has_right_start(texts)] = FAULTS.index(Fault.NOT_A_NUMBER)
        is_open = (table["is_open"][ways] > 0) | (numbers.counts > automaton.MOST_DIGITS) | (numbers.counts == 0)
        is_open &= fault == NO_FAULT
        is_homeless = (numbers.origins == NOWHERE) & ~is_open & (fault == NO_FAULT)
        fault[is_homeless] = FAULTS.index(Fault.NO_REGION)
        result = Readings(np.zeros(len(ways), np.uint64), fault, np.zeros(len(ways), np.int64), table["rules"][ways])
        values = np.zeros(len(ways), np.uint64)
        closed = np.flatnonzero((fault == NO_FAULT) & ~is_open)
        undecided = self._read_closed(numbers, closed, result, values)
        no_code = (result.fault == FAULTS.index(Fault.UNKNOWN_CODE)) & (texts.regions != NOWHERE)
        again = np.flatnonzero(no_code & (numbers.origins == automaton.ABROAD))
        numbers.origins[again] = automaton.FIRST_FOREIGN + texts.regions[again]
        undecided = np.concatenate([undecided, self._read_closed(numbers, again, result, values)])
        result.rules[:] |= _own_rules(texts, numbers, values, result.e164)
        result.rules[:] |= self._reviews(texts, numbers, values, result)
        for place in np.concatenate([np.flatnonzero(is_open), undecided]).tolist():
            _ask(texts, place, result)
        return result

    def _reviews(self, texts: Candidates, numbers: Numbers, values: UInts, result: Readings) -> Ints:
        """What a person should look at, though the number is valid: digits without any punctuation tell no intention.

        A plus may have been put before a national number. And where only zeros follow the sixth digit of ten or more,
        the others may have been lost when a spreadsheet showed 1.41556E+10.
        """
        rules = np.zeros(len(texts.ways), np.int64)
        bare = np.flatnonzero((texts.table["is_bare"][texts.ways] > 0) & (result.e164 > 0))
        counts = numbers.counts[bare]
        lost = _POWERS[np.clip(counts - _SHOWN_DIGITS, 0, len(_POWERS) - 1)]
        is_rounded = (counts >= _FEWEST_ROUNDED) & (counts < len(_POWERS)) & (values[bare] % lost == 0)
        rules[bare[is_rounded]] |= repairs.bits("review-zeros")
        regions = texts.regions[bare]
        some = bare[(numbers.origins[bare] == automaton.ABROAD) & (regions != NOWHERE)]
        some = some[region_codes()[texts.regions[some]] != result.code[some]]
        homes = automaton.FIRST_HOME + texts.regions[some]
        read = self._automaton.read(Numbers(numbers.digits, numbers.starts[some], numbers.counts[some], homes))
        is_national = (read.e164 > 0) & (read.codes == region_codes()[texts.regions[some]])
        rules[some[is_national]] |= repairs.bits("review-plus")
        return rules

    def _read_closed(self, numbers: Numbers, some: Ints, result: Readings, values: UInts) -> Ints:
        """Let the automaton read some of the numbers; gives those that it cannot read."""
        read = self._automaton.read(numbers.of(some))
        result.e164[some], values[some] = read.e164, read.values
        result.fault[some], result.code[some] = read.faults, read.codes
        return some[read.is_undecided]


def _numbers(texts: Candidates) -> Numbers:
    """The digits of each text that count; where one between others does not, they are copied without it."""
    table, ways = texts.table, texts.ways
    digits, starts, counts = (
        texts.spelled.digits,
        texts.spelled.starts[texts.rows] + table["first"][ways],
        table["count"][ways],
    )
    gapped = np.flatnonzero(table["left_out"][ways] >= 0)
    if len(gapped):
        places = np.arange(counts[gapped].max())
        gaps = (table["left_out"] - table["first"])[ways[gapped], None]
        copies = digits.take(starts[gapped, None] + places + (places >= gaps), mode="clip")
        starts[gapped] = len(digits) + np.arange(len(gapped)) * len(places)
        digits = np.concatenate([digits, copies.ravel()])
    homes = np.where(texts.regions == NOWHERE, NOWHERE, texts.regions + automaton.FIRST_HOME)
    return Numbers(digits, starts, counts, np.where((table["has_plus"][ways] > 0), automaton.ABROAD, homes))


def _has_right_start(texts: Candidates) -> npt.NDArray[np.bool_]:
    """Whether the digits are what the way to read them asks for: a prefix, a zero in brackets, and no zero first."""
    table, spelled = texts.table, texts.spelled
    is_right = np.ones(len(texts.ways), np.bool_)
    some = np.flatnonzero((table.asks[:, 0, 1] != ANY)[texts.ways])
    starts = spelled.starts[texts.rows[some]]
    for place, digit in table.asks[texts.ways[some]].transpose(1, 2, 0):
        found = spelled.digits.take(starts + place, mode="clip")
        is_right[some] &= np.select([digit == ANY, digit == NOT_ZERO], [True, found > 0], found == digit)
    return is_right


def _own_rules(texts: Candidates, numbers: Numbers, values: UInts, e164: UInts) -> Ints:
    """What was read into the digits of a valid number: ``00`` as a prefix, the country's code, or a zero dropped."""
    table, ways = texts.table, texts.ways
    rules = np.zeros(len(ways), np.int64)
    is_short = numbers.counts < len(_POWERS)
    powers = _POWERS[np.where(is_short, numbers.counts, 0)]
    is_home = ~(table["has_plus"][ways] > 0) & (e164 > 0) & is_short
    has_zeros = is_home & (numbers.counts > 2) & (values < powers // np.uint64(100))
    rules[has_zeros] |= repairs.bits("00-prefix")
    rules[is_home & (values == e164) & (values >= powers // np.uint64(10))] |= repairs.bits("country-code")
    optional = table["optional"][ways]
    some = np.flatnonzero((optional >= 0) & (e164 > 0) & (e164 != values) & ((table["has_plus"][ways] > 0) | has_zeros))
    is_zero = texts.spelled.digits[texts.spelled.starts[texts.rows[some]] + optional[some]] == 0
    rules[some[is_zero]] |= repairs.bits("trunk-zero")
    return rules


def _ask(texts: Candidates, place: int, result: Readings) -> None:
    """Ask ``phonenumbers`` about one text."""
    result.asked.append(place)
    row, region = texts.rows[place], int(texts.regions[place])
    way = texts.table.of_text[texts.ways[place]](texts.spelled.texts[int(row)])
    reading = oracle.read(way.text, None if region == NOWHERE else REGIONS[region])
    result.e164[place] = int(reading.e164[1:]) if reading.e164 else 0
    result.fault[place] = NO_FAULT if reading.fault is None else FAULTS.index(reading.fault)
    result.code[place] = int(reading.code or 0)
    if reading.extension:
        result.extensions[place] = reading.extension
        result.rules[place] |= repairs.bits("extension")


@cache
def region_codes() -> Ints:
    """The calling code of each of ``REGIONS``."""
    return np.array([int(oracle.codes()[region]) for region in REGIONS], np.int64)
