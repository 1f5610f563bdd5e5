"""Which country the first digits of a number name, where they can be read in more than one way.

``phonenumbers`` reads digits as somebody dials them in a region: in Brazil ``0055`` asks for the carrier 55, and what
follows is a number of another country. In a list ``00`` stands for the plus. And fingers slip there: the code twice
(``+49 49``), one zero for two (``049``), a plus before the zero of a national number. So all of a number's readings are
compared: the one that is valid counts, and where two are, the one that the plan's own lengths make far likelier.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from importer.stages.phones import automaton
from importer.stages.phones.automaton import NOWHERE, Numbers, Read, region_codes
from importer.stages.phones.candidates import Readings
from importer.stages.phones.libphonenumber import FAULTS, NO_FAULT, Fault
from importer.stages.phones.meant import history
from importer.stages.phones.number_reader import NumberReader
from importer.stages.phones.repairs import bits
from importer.stages.phones.shapes import Facts, Ints
from importer.stages.phones.traits import Traits

Bools = npt.NDArray[np.bool_]

_FEWEST = 8
"""Digits of the shortest number that is looked at, with all that is before it."""

_LOOKED_AT = 8
"""Digits at the start that tell of a slip: 00, a code of three, 00 and a digit of the code again."""

_FEWEST_BEHIND_011 = 10
"""With fewer digits after it, 011 is the area code of Buenos Aires, Johannesburg or Turin."""

_POWERS_OF_TEN = np.array([1, 10, 100], np.int64)
_LINES = Traits.MOBILE | Traits.FIXED
_TOO_SHORT = [FAULTS.index(Fault.TOO_SHORT), FAULTS.index(Fault.NO_AREA_CODE)]
"""Faults that no slip explains: each slip adds digits."""

_TWO_READINGS = FAULTS.index(Fault.TWO_READINGS)


@dataclass(frozen=True, slots=True)
class Other:
    """Another reading of some numbers.

    Attributes:
        rule: what it is called in ``repairs.RULES``.
        rows: the places of the numbers.
        skipped: digits at the start of each that are not read.
        origins: where what is left is read, as in ``Numbers``.
        has_trunk_zero: whether one digit more of each must turn out to be no part of the number.
    """

    rule: str
    rows: Ints
    skipped: int
    origins: Ints
    has_trunk_zero: bool = False


class Codes:
    """Finds out what the first digits of some numbers are.

    Args:
        reader: knows the numbering plans.
        numbers: all numbers.
        regions: where each was written, a place in ``REGIONS`` or ``NOWHERE``.
        ends: of each, the digits up to the first sign that is none, and up to the second one.
    """

    def __init__(self, reader: NumberReader, numbers: Numbers, regions: Ints, ends: tuple[Facts, Facts]) -> None:
        self._reader, self._numbers, self._regions, self._ends = reader, numbers, regions, ends

    def settle(self, is_read: Bools, result: Readings) -> None:
        """Replace what was read of some numbers where another reading is meant, or where two may be."""
        is_settled = ~is_read
        is_settled[self._settle_dialled(is_read, result)] = True
        is_doubtful = (result.e164 == 0) | (result.traits & Traits.STRETCHED > 0)
        doubtful = np.flatnonzero(is_doubtful & ~is_settled)
        if not len(doubtful):
            return
        failed = doubtful[result.e164[doubtful] == 0]
        # A slip adds digits; what is too short for a number was not made by one.
        doubtful = doubtful[~np.isin(result.fault[doubtful], _TOO_SHORT)]
        others = [*slips(self._numbers, doubtful, self._regions, result.code), *from_america(self._numbers, failed)]
        for other in others:
            self._settle_slip(other, is_settled, result)
        history.settle(self._numbers, failed[result.e164[failed] == 0], self._regions, result)

    def _settle_dialled(self, is_read: Bools, result: Readings) -> Ints:
        """Read 00 as a plus where that gives a number, whatever is dialled in the region; gives what may be either.

        Not where a sign stands within the code and something else is dialled there: 0021 8… in Brazil. And 001 is as
        well a prefix for calls abroad (in Hong Kong, say) as 00 and the code of North America.
        """
        dialled = _dialled(self._numbers, is_read)
        read = self._read(Other("00-prefix", dialled, 2, np.full(len(dialled), automaton.ABROAD)))
        before, first_group = result.e164[dialled], self._ends[0][dialled]
        is_split = (first_group > len("00")) & (first_group < len("00") + _sizes(read.codes)) & (before > 0)
        is_valid = (read.e164 > 0) & ~is_split
        is_america = self._numbers.digits.take(self._numbers.starts[dialled] + 2, mode="clip") == 1
        is_both = is_valid & (before > 0) & (before != read.e164) & is_america
        _take(result, dialled[is_valid], read, is_valid)
        is_own = ~is_valid & ((before == 0) | self._has_own_code(dialled, 2)) & (read.codes > 0) & (read.e164 == 0)
        own = dialled[is_own]
        result.e164[own], result.code[own], result.fault[own] = 0, read.codes[is_own], read.faults[is_own]
        result.e164[dialled[is_both]], result.fault[dialled[is_both]] = 0, _TWO_READINGS
        both: Ints = dialled[is_both]
        return both

    def _has_own_code(self, rows: Ints, at: int) -> Bools:
        """Return True for numbers that have, from digit ``at`` on, the calling code of where they were written."""
        regions = self._regions[rows]
        code = np.where(regions == NOWHERE, 0, region_codes()[regions])
        size = _sizes(code)
        found = np.zeros(len(rows), np.int64)
        for place in range(3):
            digit = self._numbers.digits.take(self._numbers.starts[rows] + at + place, mode="clip")
            found = np.where(place < size, found * 10 + digit, found)
        has_code: Bools = (code > 0) & (found == code)
        return has_code

    def _settle_slip(self, other: Other, is_settled: Bools, result: Readings) -> None:
        """Take the reading that a slip explains where the other is none, or far less likely."""
        is_open = ~is_settled[other.rows]
        if not is_open.any():
            return
        other = replace(other, rows=other.rows[is_open], origins=other.origins[is_open])
        rows, read = other.rows, self._read(other)
        is_new = (read.e164 > 0) & (read.e164 != result.e164[rows]) & (read.traits & _LINES > 0)
        if other.has_trunk_zero:
            is_new &= read.e164 != read.values
        is_alone = result.e164[rows] == 0
        is_likely = (read.traits & Traits.USUAL > 0) & (read.traits & Traits.OTHER == 0)
        is_believed = is_likely & ((read.traits & Traits.MOBILE > 0) | (result.traits[rows] & Traits.LONG > 0))
        taken = is_new & (is_alone | is_believed)
        code_ends = other.skipped + _sizes(read.codes)
        is_shown = (self._ends[0][rows] == code_ends) | (self._ends[1][rows] == code_ends)
        doubted = rows[is_new & ~taken & is_likely & is_shown]
        _take(result, rows[taken], read, taken)
        result.rules[rows[taken]] |= bits(other.rule)
        result.e164[doubted], result.fault[doubted] = 0, _TWO_READINGS
        is_settled[rows[taken]] = is_settled[doubted] = True

    def _read(self, other: Other) -> Read:
        numbers, rows = self._numbers, other.rows
        starts, counts = numbers.starts[rows] + other.skipped, numbers.counts[rows] - other.skipped
        return self._reader.read(Numbers(numbers.digits, starts, counts, other.origins))


def _sizes(codes: Facts) -> Ints:
    """Return how many digits each calling code has."""
    sizes: Ints = 1 + (codes > 9).astype(np.int64) + (codes > 99)
    return sizes


def _take(result: Readings, rows: Ints, read: Read, some: Bools) -> None:
    """Put some of what was read into these rows of the result."""
    result.e164[rows], result.code[rows] = read.e164[some], read.codes[some]
    result.traits[rows], result.fault[rows] = read.traits[some], NO_FAULT


def _dialled(numbers: Numbers, is_read: Bools) -> Ints:
    """Return the indexes of numbers without plus that start with 00 and then no third zero and no 11."""
    is_zero = numbers.digits.take(numbers.starts, mode="clip") == 0
    rows = np.flatnonzero(is_zero & is_read & (numbers.counts >= _FEWEST))
    rows = rows[numbers.digits.take(numbers.starts[rows] + 1, mode="clip") == 0]
    rows = rows[numbers.origins[rows] != automaton.ABROAD]
    third, fourth = (numbers.digits.take(numbers.starts[rows] + place, mode="clip") for place in (2, 3))
    dialled: Ints = rows[(third > 0) & ~((third == 1) & (fourth == 1))]  # 0011 is dialled in Australia
    return dialled


def slips(numbers: Numbers, rows: Ints, regions: Ints, codes: Facts) -> Iterator[Other]:
    """Yield the readings that a slip explains, each with the numbers whose first digits fit it.

    Args:
        numbers: all numbers.
        rows: the places of those that are invalid, or doubtful.
        regions: for each of ``numbers`` where it was written, a place in ``REGIONS`` or ``NOWHERE``.
        codes: the same for the calling code that was found; 0 for none.
    """
    rows = rows[numbers.counts[rows] >= _FEWEST]
    origins = numbers.origins[rows]
    has_plus = (origins == automaton.ABROAD) | (origins >= automaton.FIRST_FOREIGN)
    homes = np.where(regions[rows] == NOWHERE, 0, region_codes()[regions[rows]])
    known = np.where(has_plus & (codes[rows] > 0), codes[rows], homes)
    size = _sizes(known)
    first_of_code = known // _POWERS_OF_TEN[size - 1]
    first = numbers.digits.take(numbers.starts[rows], mode="clip")
    behind = numbers.digits.take(numbers.starts[rows] + size, mode="clip")
    second = numbers.digits.take(numbers.starts[rows] + 1, mode="clip")
    third = numbers.digits.take(numbers.starts[rows] + 2, mode="clip")
    may_be = (first == first_of_code) & ((behind == 0) | (behind == first_of_code))
    may_be |= (first == 0) & (has_plus | (second == first_of_code) | ((second == 0) & (third == first_of_code)))
    some = np.flatnonzero(may_be & (known > 0))
    rows, has_plus, known, size = rows[some], has_plus[some], known[some], size[some]
    starts = numbers.digits.take(numbers.starts[rows, None] + np.arange(_LOOKED_AT), mode="clip")
    code = known[:, None] // _POWERS_OF_TEN[np.maximum(size[:, None] - 1 - np.arange(3), 0)] % 10
    for length in np.unique(size).tolist():
        own = np.flatnonzero(size == length)
        yield from _slips_of_size(rows[own], regions, starts[own], code[own, :length], has_plus[own])


def _slips_of_size(
    rows: Ints, regions: Ints, starts: npt.NDArray[np.uint8], code: Ints, has_plus: Bools
) -> Iterator[Other]:
    """Yield these readings of numbers whose codes are equally long; all but ``regions`` are those of ``rows``."""
    size = code.shape[1]

    def has_code(at: int) -> Bools:
        found: Bools = (starts[:, at : at + size] == code).all(axis=1)
        return found

    def has_zeros(at: int, count: int) -> Bools:
        found: Bools = (starts[:, at : at + count] == 0).all(axis=1)
        return found

    def other(rule: str, when: Bools, skipped: int) -> Other:
        found = rows[when]
        return Other(rule, found, skipped, np.full(len(found), automaton.ABROAD))

    is_start = {0: has_code(0), 2: ~has_plus & has_zeros(0, 2) & has_code(2)}
    for begin, is_coded in is_start.items():
        for zeros in (0, 1, 2):
            again = begin + size + zeros
            if again + size <= _LOOKED_AT:
                yield other("code-slip", is_coded & has_zeros(begin + size, zeros) & has_code(again), again)
    yield replace(other("code-slip", ~has_plus & is_start[0] & has_zeros(size, 1), 0), has_trunk_zero=True)
    yield other("code-slip", has_zeros(0, 1) & has_code(1), 1)
    yield other("code-slip", has_plus & has_zeros(0, 2) & has_code(2), 2)
    is_home = has_plus & has_zeros(0, 1) & (regions[rows] != NOWHERE)
    yield Other("code-slip", rows[is_home], 0, automaton.FIRST_HOME + regions[rows[is_home]])


def from_america(numbers: Numbers, rows: Ints) -> Iterator[Other]:
    """Yield numbers with a plus for 011, the prefix for calls abroad in North America, wherever the row is from."""
    rows = rows[(numbers.origins[rows] != automaton.ABROAD) & (numbers.counts[rows] >= 3 + _FEWEST_BEHIND_011)]
    for place, digit in enumerate((0, 1, 1)):
        rows = rows[numbers.digits.take(numbers.starts[rows] + place, mode="clip") == digit]
    rows = rows[numbers.digits.take(numbers.starts[rows] + 3, mode="clip") > 0]
    yield Other("011-prefix", rows, 3, np.full(len(rows), automaton.ABROAD))
