"""The checks of a number once it is known: it must be the one that is meant."""

import re

import numpy as np
import phonenumbers
from phonenumbers import PhoneNumberType

from importer.stages.phones import libphonenumber as oracle
from importer.stages.phones import traits
from importer.stages.phones.automaton import NOWHERE, REGIONS
from importer.stages.phones.candidates import Candidates, Readings
from importer.stages.phones.libphonenumber import FAULTS, Fault
from importer.stages.phones.meant import Check
from importer.stages.phones.shapes import Ints
from importer.stages.phones.traits import Traits
from importer.stages.phones.ways import Way

_NUMBERS = re.compile("[0-9]+")
_SECOND = re.compile(r"(?!00[^0-9]*(?:[0-9][^0-9]*){,15}$)[^0-9]*(?:[0-9][^0-9]*){6,}(?<=[^0-9])0(?:[^0-9]*[0-9]){5}")
"""The start of a second number: with a zero, behind six digits and before five. Not in 00 and at most 15 digits."""

_YEARS, _MONTHS, _DAYS = range(1900, 2100), range(1, 13), range(1, 32)
_HOURS, _MINUTES = range(25), range(60)

_ADVERTISED = (PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN)
_WITH_LETTERS = (1, 61, 64)
"""Calling codes of the plans where letters are dialled."""


def settle(texts: Candidates, result: Readings) -> None:
    """Take back what was read where the check of its way fails."""
    check = texts.table["check"][texts.ways]
    some = np.flatnonzero(check)
    if not len(some):
        return
    is_short = (check == Check.COMPLETE) | ((check == Check.USUAL) & (result.traits & Traits.USUAL == 0))
    short = np.flatnonzero(is_short & (result.e164 > 0))
    is_whole = np.array([traits.is_complete(e164) for e164 in result.e164[short].tolist()], np.bool_)
    _refuse(result, short[~is_whole], Fault.HIDDEN)
    is_looked_at = (check > Check.ONE) | ((check == Check.ONE) & (result.traits & Traits.LONG > 0))
    for place in np.flatnonzero(is_looked_at & (result.e164 > 0)).tolist():
        row, region = int(texts.rows[place]), int(texts.regions[place])
        way = texts.table.of_text[texts.ways[place]](texts.spelled.texts[row])
        fault = _fault(way, None if region == NOWHERE else REGIONS[region], int(result.e164[place]))
        if fault:
            _refuse(result, np.array([place]), fault)
    # A date that is no number is named as one: "too short" would send a person looking for digits.
    for place in np.flatnonzero((check == Check.NO_DATE) & (result.e164 == 0)).tolist():
        way = texts.table.of_text[texts.ways[place]](texts.spelled.texts[int(texts.rows[place])])
        if is_date(way.text):
            _refuse(result, np.array([place]), Fault.DATE)


def _refuse(result: Readings, places: Ints, fault: Fault) -> None:
    result.e164[places], result.fault[places] = 0, FAULTS.index(fault)


def _fault(way: Way, region: str | None, e164: int) -> Fault | None:
    """Return why a valid number is not the one that is meant; None if it is."""
    match way.meant.check:
        case Check.ONE:
            return Fault.TOO_LONG if _SECOND.match(way.text) else None
        case Check.NO_DATE:
            return Fault.DATE if is_date(way.text) else None
        case Check.VANITY:
            return None if _is_advertised(e164) else Fault.HIDDEN
        case Check.ONLY:
            other = oracle.read(way.meant.whole, region).e164
            return None if other in (None, f"+{e164}") else Fault.TWO_ENDS
    is_one = _is_believed(way.meant.whole, region)
    if way.meant.check == Check.SPLIT_IN_TWO:
        is_told = way.meant.zero >= 0
        other = oracle.read(way.meant.split_off, region).e164
        is_one |= other is None or not (is_told or (_is_usual(e164) and _is_usual(int(other[1:]))))
    return Fault.TOO_LONG if is_one else None


def is_date(text: str) -> bool:
    """Return True if the numbers of a text are a day, a month and a year in any usual order, or two times of a day."""
    some = [int(number) for number in _NUMBERS.findall(text)[:4]]
    if len(some) > 3:
        return all(hour in _HOURS and minute in _MINUTES for hour, minute in (some[:2], some[2:]))
    first, second, third = some
    is_year_first = first in _YEARS and second in _MONTHS and third in _DAYS
    is_day = (first in _DAYS and second in _MONTHS) or (first in _MONTHS and second in _DAYS)
    return is_year_first or (is_day and (third in _YEARS or third < 100))


def _is_believed(text: str, region: str | None) -> bool:
    """Return True if a text is a number as a whole, and no longer than those of its plan usually are."""
    e164 = oracle.read(text, region).e164
    return e164 is not None and not traits.traits_of(int(e164[1:])) & Traits.LONG


def _is_usual(e164: int) -> bool:
    """Return True if a number is as long as those of its plan usually are."""
    return traits.traits_of(e164) & Traits.USUAL > 0


def _is_advertised(e164: int) -> bool:
    number = phonenumbers.parse(f"+{e164}")
    return number.country_code in _WITH_LETTERS and phonenumbers.number_type(number) in _ADVERTISED
