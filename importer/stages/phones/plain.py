"""The plain path: each number read by ``phonenumbers`` itself, with its own regular expressions.

It gives what the automaton gives, some fifty times slower. It reads what the automaton leaves undecided, and with
``IMPORTER_PHONES=plain`` every number: for whoever doubts the automaton, and for the test that compares both. So it
uses nothing of ``patterns`` and ``states``. The two doubts of a careful person, which ``phonenumbers`` does not have,
and the traits that ``meant`` needs are found here from the metadata a second time; only their verdicts
(``numbering_plans.is_clearly_coded``, ``traits.of_kinds``) are shared.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import phonenumbers
from phonenumbers import phonenumberutil

from importer.stages.phones import libphonenumber as oracle
from importer.stages.phones import numbering_plans as numbering
from importer.stages.phones import traits
from importer.stages.phones.automaton import ABROAD, FIRST_FOREIGN, FIRST_HOME, REGIONS, Numbers, Read
from importer.stages.phones.libphonenumber import FAULTS, NO_FAULT, NON_GEOGRAPHICAL, Fault, Reading
from importer.stages.phones.numbering_plans import LOCAL_SIZE, Plan

_MOST_EXACT = 10**19
"""Larger values than 64 bits hold keep their last 19 digits, as the automaton has them."""


class Plain:
    """Reads numbers one after another; in as many threads as there are.

    Args:
        is_careful: whether answers that a careful person doubts are replaced by hers.
    """

    def __init__(self, *, is_careful: bool) -> None:
        self._is_careful = is_careful

    def read(self, numbers: Numbers) -> Read:
        """Return what the automaton would; ``is_undecided`` is True for all, since ``phonenumbers`` decided."""
        rows = []
        for start, count, origin in zip(
            numbers.starts.tolist(), numbers.counts.tolist(), numbers.origins.tolist(), strict=True
        ):
            digits = "".join(map(str, numbers.digits[start : start + count].tolist()))
            rows.append((int(digits) % _MOST_EXACT, *_facts(digits, origin, is_careful=self._is_careful)))
        values, e164, faults, codes, of_valid = zip(*rows, strict=True) if rows else ((),) * 5
        return Read(
            e164=np.array(e164, np.uint64),
            values=np.array(values, np.uint64),
            faults=np.array(faults, np.int32),
            codes=np.array(codes, np.int32),
            traits=np.array(of_valid, np.int32),
            is_undecided=np.ones(len(rows), np.bool_),
        )


class _Facts(NamedTuple):
    """One number's values in the columns of ``Read``."""

    e164: int
    fault: int
    code: int
    traits: int


@lru_cache(maxsize=20_000)
def _facts(digits: str, origin: int, *, is_careful: bool) -> _Facts:
    reading = _read(digits, origin, is_careful=is_careful)
    fault = NO_FAULT if reading.fault is None else FAULTS.index(reading.fault)
    e164, code = int((reading.e164 or "+0")[1:]), int(reading.code or 0)
    return _Facts(e164, fault, code, _traits(reading.e164) if reading.e164 else traits.Traits.NONE)


def _read(digits: str, origin: int, *, is_careful: bool) -> Reading:
    """Return what digits are that come from one of the automaton's origins."""
    if origin == ABROAD or origin >= FIRST_FOREIGN:
        # With a plus that no calling code follows, phonenumbers reads what is left in the region, if it is given one.
        reading = oracle.read(f"+{digits}", None if origin == ABROAD else REGIONS[origin - FIRST_FOREIGN])
        return _without_half(reading) if is_careful else reading
    home = REGIONS[origin - FIRST_HOME]
    reading = oracle.read(digits, home)
    return _without_double(_without_half(reading), digits, home) if is_careful else reading


def _without_half(reading: Reading) -> Reading:
    """Return the reading, or a fault if it is seven digits of North America: 310-2250 is valid in Canada."""
    is_half = reading.e164 is not None and reading.code == "1" and len(reading.e164) == len("+1") + LOCAL_SIZE
    return Reading(None, Fault.NO_AREA_CODE, reading.code) if is_half else reading


def _without_double(reading: Reading, digits: str, home: str) -> Reading:
    """Return the better of two readings if all digits are as valid with their first ones as the country's code."""
    plan = Plan.of(home)
    if reading.e164 != f"+{plan.code}{digits}" or not digits.startswith(plan.code):
        return reading
    coded = oracle.read(f"+{digits}", None)
    if coded.e164 is None:
        return reading
    rest = digits.removeprefix(plan.code)
    is_coded = numbering.is_clearly_coded(plan, _kinds(home, digits), _kinds(home, rest), len(rest))
    return coded if is_coded else Reading(None, Fault.TWO_READINGS, plan.code)


def _traits(e164: str) -> int:
    number = phonenumbers.parse(e164)
    region = phonenumbers.region_code_for_number(number)
    name = str(number.country_code) if region in (None, NON_GEOGRAPHICAL) else region
    national = phonenumbers.national_significant_number(number)
    return traits.of_kinds(name, _kinds(name, national), len(national))


def _kinds(name: str, national: str) -> set[str]:
    """Return the kinds of numbers of a plan that a national number fits: pattern and length, as ``phonenumbers``."""
    metadata = numbering.metadata_of(name)
    abouts = ((kind, getattr(metadata, kind)) for kind in numbering.TYPES)
    return {
        kind
        for kind, about in abouts
        if about is not None and phonenumberutil._is_number_matching_desc(national, about)  # noqa: SLF001
    }
