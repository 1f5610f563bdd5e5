"""Numbers as they were written before their plan was changed: what is meant today, where that is certain.

Mexico: the 1 of mobile phones after +52, and 01, 044 and 045 before the ten digits, went in 2019; WhatsApp still writes
the 1. Argentina: +54 9 and the area stand for 0, the area and 15, which are not written together. Benin: all numbers
start with 01 since 2024, and spreadsheets drop the 0. Poland, Chile, Colombia and the Czech Republic dial no zero in
front any more, Colombia no carrier, and Ukraine no 8 before it. France's departments overseas have codes of their own,
and are still dialled there as its numbers are. A digit that was added to a plan without being in the old number
is not added here: of Brazil's ninth it is only said that it is not there.
"""

import re

import numpy as np

from importer.stages.phones import automaton, traits
from importer.stages.phones import libphonenumber as oracle
from importer.stages.phones.automaton import NOWHERE, Numbers, region_codes
from importer.stages.phones.candidates import Readings
from importer.stages.phones.libphonenumber import NO_FAULT
from importer.stages.phones.repairs import bits
from importer.stages.phones.shapes import Ints

_FORMS = {
    "52": ((r"(?:1|01|02|044|045)([0-9]{10})", r"52\1"),),
    "54": (
        (r"9?0?([0-9]{2})15([0-9]{8})", r"549\1\2"),
        (r"9?0?([0-9]{3})15([0-9]{7})", r"549\1\2"),
        (r"9?0?([0-9]{4})15([0-9]{6})", r"549\1\2"),
        (r"90([0-9]{10})", r"549\1"),
    ),
    "33": (
        (r"0?((?:262|263|269|639|692|693)[0-9]{6})", r"262\1"),
        (r"0?((?:590|690|691)[0-9]{6})", r"590\1"),
        (r"0?((?:594|694)[0-9]{6})", r"594\1"),
        (r"0?((?:596|696|697)[0-9]{6})", r"596\1"),
    ),
    "48": ((r"0([1-9][0-9]{8})", r"48\1"),),
    "56": ((r"0([2-9][0-9]{8})", r"56\1"),),
    "57": ((r"0[3579]?(3[0-9]{9})", r"57\1"),),
    "380": ((r"80([1-9][0-9]{8})", r"380\1"),),
    "420": ((r"0([1-9][0-9]{8})", r"420\1"),),
    "229": ((r"(1[0-9]{8})", r"2290\1"),),
}
"""For each calling code, how the digits behind it were written, and the number of today."""

_EIGHT_DIGITS = re.compile("(?:0{0,2}55|0(?:[1-9][0-9])?)?([1-9]{2})([6-9][0-9]{7})")
"""A mobile number of Brazil, its area before it, and before that the country, or a zero and the digits of a carrier."""

_IS_CHANGED = np.isin(np.arange(1000), [int(code) for code in _FORMS])
"""True at each calling code whose plan was changed."""

_FEWEST = 9
"""Digits of the shortest of these forms."""


def settle(numbers: Numbers, rows: Ints, regions: Ints, result: Readings) -> None:
    """Give some numbers that are not valid the form of today, where exactly one reading of them has one."""
    is_home = numbers.origins[rows] != automaton.ABROAD
    homes = np.where(regions[rows] == NOWHERE, 0, region_codes()[regions[rows]])
    codes = np.where(is_home, homes, result.code[rows])
    is_long = numbers.counts[rows] >= _FEWEST
    for at in np.flatnonzero(is_long & _IS_CHANGED[codes]).tolist():
        row, code = int(rows[at]), str(codes[at])
        start = int(numbers.starts[row])
        digits = "".join(map(str, numbers.digits[start : start + int(numbers.counts[row])].tolist()))
        found = _today(digits, code, is_home=bool(is_home[at]))
        # Where two forms of today are valid, nothing tells which was meant.
        if len(found) == 1:
            e164 = found.pop()
            result.e164[row], result.traits[row] = e164, traits.traits_of(e164)
            result.code[row], result.fault[row] = int(code), NO_FAULT
            result.rules[row] |= bits("old-form")


def lacks_ninth(text: str) -> bool:
    """Return True if a text is a Brazilian mobile number without the 9 that each got between 2012 and 2016."""
    digits = "".join(sign for sign in text if sign.isdigit())
    found = _EIGHT_DIGITS.fullmatch(digits)
    return found is not None and oracle.read(f"+55{found[1]}9{found[2]}", None).e164 is not None


def _today(digits: str, code: str, *, is_home: bool) -> set[int]:
    """Return the valid numbers of today that digits may be; at home they need no code before them."""
    before = f"(?:(?:00)?{code})?" if is_home else code
    matches = [(re.fullmatch(before + form, digits), today) for form, today in _FORMS[code]]
    numbers = {match.expand(today) for match, today in matches if match}
    return {int(number) for number in numbers if oracle.read(f"+{number}", None).e164}
