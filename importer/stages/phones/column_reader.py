"""Spellings to numbers: the digits of every row at once, and ``phonenumbers`` itself where more than digits counts.

What ``phonenumbers`` makes of a text depends on its shape, on its digits and on where it was written. The shape is
looked at once for all rows that have it (``shapes``), the digits are read by an automaton made of the metadata
(``automaton``). Every way gives what ``phonenumbers`` gives; which one a spelling takes is a question of speed only.
"""

import numpy as np

from importer.stages.phones import automaton, repairs, traits
from importer.stages.phones import libphonenumber as oracle
from importer.stages.phones.automaton import NOWHERE, REGIONS, Numbers, UInts, region_codes
from importer.stages.phones.candidates import Candidates, Readings
from importer.stages.phones.libphonenumber import FAULTS, NO_FAULT, Fault
from importer.stages.phones.meant import checks, local
from importer.stages.phones.meant.codes import Codes
from importer.stages.phones.number_reader import NumberReader
from importer.stages.phones.shapes import Ints
from importer.stages.phones.ways import ANY, NOT_ZERO

_POWERS = 10 ** np.arange(20, dtype=np.uint64)
_LEAST = _POWERS // np.uint64(10)
_LEAST_WITHOUT_ZEROS = _POWERS // np.uint64(100)
"""The least number of so many digits that does not start with a zero, and the least that does not with two."""

_SHOWN_DIGITS = 6
"""Digits that a spreadsheet shows of a long number in a narrow column."""

_LONGEST_CODE = 3
"""Digits of the longest calling codes."""

_FEWEST_ROUNDED = 10
"""Digits of the shortest number that it shows with an exponent and that is long enough for a phone."""


class Reader:
    """Reads texts.

    Args:
        is_careful: whether it is asked which digits are meant, as ``meant`` tells; ``phonenumbers`` itself never does.
    """

    def __init__(self, *, is_careful: bool = True) -> None:
        self._is_careful = is_careful
        self._numbers = NumberReader(is_careful=is_careful)

    def read(self, texts: Candidates) -> Readings:
        """Read each text in its way."""
        table, ways = texts.table, texts.ways
        numbers = _numbers(texts)
        fault = table["fault"][ways]
        fault[_wrong_starts(texts)] = FAULTS.index(Fault.NOT_A_NUMBER)
        is_open = table.has("is_open")[ways] | (numbers.counts > automaton.MOST_DIGITS) | (numbers.counts == 0)
        is_closed = (fault == NO_FAULT) & ~is_open
        is_homeless = is_closed & (numbers.origins == automaton.HOMELESS)
        fault[is_homeless] = FAULTS.index(Fault.NO_REGION)
        result = Readings(
            e164=np.zeros(len(ways), np.uint64),
            fault=fault,
            code=np.zeros(len(ways), np.int32),
            traits=np.zeros(len(ways), np.int32),
            rules=table["rules"][ways],
        )
        values = np.zeros(len(ways), np.uint64)
        asked = np.flatnonzero(is_open & (fault == NO_FAULT))
        self._read_closed(numbers, np.flatnonzero(is_closed & ~is_homeless), result, values)
        # A plus that no calling code follows counts for nothing: phonenumbers then reads the digits in the region.
        again = np.flatnonzero((result.fault == FAULTS.index(Fault.UNKNOWN_CODE)) & (texts.regions != NOWHERE))
        again = again[numbers.origins[again] == automaton.ABROAD]
        numbers.origins[again] = automaton.FIRST_FOREIGN + texts.regions[again]
        self._read_closed(numbers, again, result, values)
        if self._is_careful:
            ends = table["first_group"][ways], table["second_group"][ways]
            # In this order: `local` judges the number that `Codes` settled on.
            Codes(self._numbers, numbers, texts.regions, ends).settle(is_closed, result)
            local.settle(texts, numbers, values, result)
        _add_own_rules(texts, numbers, values, result)
        self._add_reviews(texts, numbers, values, result)
        for place in asked.tolist():
            _ask(texts, place, result)
        if self._is_careful:
            # Last: the checks hold for what phonenumbers itself read, too.
            checks.settle(texts, result)
        return result

    def _add_reviews(self, texts: Candidates, numbers: Numbers, values: UInts, result: Readings) -> None:
        """Note what a person should review though the number is valid: digits without punctuation show no intention.

        A plus may have been put before a national number; so it may where the first digits up to a sign are more than
        the country's code, as in +201-555-0142. And where only zeros follow the sixth digit of ten or more, the others
        may have been lost when a spreadsheet showed 1.41556E+10.
        """
        table, ways = texts.table, texts.ways
        bare = np.flatnonzero(table.has("is_bare")[ways] & (result.e164 > 0))
        counts = numbers.counts[bare]
        rounded = np.flatnonzero((counts >= _FEWEST_ROUNDED) & (counts < len(_POWERS)))
        rounded = rounded[values[bare[rounded]] % _POWERS[counts[rounded] - _SHOWN_DIGITS] == 0]
        result.rules[bare[rounded]] |= repairs.bits("review-zeros")
        some = np.flatnonzero((numbers.origins == automaton.ABROAD) & (result.e164 > 0) & (texts.regions != NOWHERE))
        # A plus before a number of the row's own country is where it belongs.
        some = some[region_codes()[texts.regions[some]] != result.code[some]]
        some = some[_POWERS[table["first_group"][ways[some]].clip(max=_LONGEST_CODE + 1)] > 10 * result.code[some]]
        homes = automaton.FIRST_HOME + texts.regions[some]
        read = self._numbers.read(Numbers(numbers.digits, numbers.starts[some], numbers.counts[some], homes))
        is_national = (read.e164 > 0) & (read.codes == region_codes()[texts.regions[some]])
        result.rules[some[is_national]] |= repairs.bits("review-plus")

    def _read_closed(self, numbers: Numbers, some: Ints, result: Readings, values: UInts) -> None:
        """Read some of the numbers whose digits are all that counts."""
        read = self._numbers.read(numbers.of(some))
        result.e164[some], values[some] = read.e164, read.values
        result.fault[some], result.code[some], result.traits[some] = read.faults, read.codes, read.traits
        result.asked.extend(some[read.is_undecided].tolist())


def _numbers(texts: Candidates) -> Numbers:
    """Return the digits of each text that are read; they are copied if one between others is left out."""
    table, ways = texts.table, texts.ways
    digits, starts = texts.spelled.digits, texts.spelled.starts[texts.rows] + table["first"][ways]
    counts = table["count"][ways]
    gapped = np.flatnonzero((table["left_out"] >= 0)[ways])
    if len(gapped):
        places = np.arange(counts[gapped].max())
        gaps = (table["left_out"] - table["first"])[ways[gapped], None]
        copies = digits.take(starts[gapped, None] + places + (places >= gaps), mode="clip")
        starts[gapped] = len(digits) + np.arange(len(gapped)) * len(places)
        digits = np.concatenate([digits, copies.ravel()])
    origins = texts.regions + automaton.FIRST_HOME
    origins[table.has("has_plus")[ways]] = automaton.ABROAD
    return Numbers(digits, starts, counts, origins)


def _wrong_starts(texts: Candidates) -> Ints:
    """Return the texts whose digits are not what their way needs: a prefix, a zero in brackets, no zero first."""
    table, spelled = texts.table, texts.spelled
    some = np.flatnonzero((table.asks[0, 1] != ANY)[texts.ways])
    is_right = np.ones(len(some), np.bool_)
    starts = spelled.starts[texts.rows[some]]
    for place, digit in table.asks[:, :, texts.ways[some]]:
        found = spelled.digits.take(starts + place, mode="clip")
        is_right &= np.where(digit == NOT_ZERO, found > 0, (digit == ANY) | (found == digit))
    return some[~is_right]


def _add_own_rules(texts: Candidates, numbers: Numbers, values: UInts, result: Readings) -> None:
    """Note how the digits of a valid number were read: ``00`` as a prefix, with a country's code, a zero dropped."""
    table, ways, counts, e164 = texts.table, texts.ways, numbers.counts, result.e164
    is_abroad = table.has("has_plus")[ways]
    is_home = ~is_abroad & (e164 > 0) & (counts < len(_POWERS))
    has_zeros = is_home & (counts > 2) & (values < _LEAST_WITHOUT_ZEROS.take(counts, mode="clip"))
    result.rules[has_zeros] |= repairs.bits("00-prefix")
    coded = np.flatnonzero(is_home & (values == e164))
    coded = coded[values[coded] >= _LEAST[counts[coded]]]
    result.rules[coded] |= repairs.bits("country-code")
    some = np.flatnonzero((table["optional"] >= 0)[ways] & (e164 > 0))
    some = some[(e164[some] != values[some]) & (is_abroad | has_zeros)[some]]
    optional = texts.spelled.starts[texts.rows[some]] + table["optional"][ways[some]]
    result.rules[some[texts.spelled.digits[optional] == 0]] |= repairs.bits("trunk-zero")


def _ask(texts: Candidates, place: int, result: Readings) -> None:
    """Let ``phonenumbers`` read one text in which letters or signs count."""
    result.asked.append(place)
    row, region = texts.rows[place], int(texts.regions[place])
    way = texts.table.of_text[texts.ways[place]](texts.spelled.texts[int(row)])
    reading = oracle.read(way.text, None if region == NOWHERE else REGIONS[region])
    result.e164[place] = int(reading.e164[1:]) if reading.e164 else 0
    result.traits[place] = traits.traits_of(int(reading.e164[1:])) if reading.e164 else 0
    result.fault[place] = NO_FAULT if reading.fault is None else FAULTS.index(reading.fault)
    result.code[place] = int(reading.code or 0)
    if reading.extension:
        result.extensions[place] = reading.extension
        result.rules[place] |= repairs.bits("extension")
