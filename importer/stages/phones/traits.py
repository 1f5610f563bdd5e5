"""Traits of valid numbers: their kind and length, and whether a longer number starts with the same digits."""

from enum import IntFlag
from functools import cache, reduce
from operator import or_

from importer.stages.phones import numbering_plans as numbering
from importer.stages.phones.numbering_plans import Plan
from importer.stages.phones.patterns import State


class Traits(IntFlag):
    """Facts about a valid number besides that it is one.

    Attributes:
        MOBILE, FIXED, OTHER: its kind; more than one where the plan does not tell.
        USUAL: about as long as the metadata's example of its kind, or longer. A pattern that knows no lengths finds
            short numbers in everything.
        LONG: longer than the examples of both mobile and fixed numbers.
        STRETCHED: a fixed line and no other kind, and longer than the example of one.
    """

    NONE = 0
    MOBILE = 1
    FIXED = 2
    OTHER = 4
    USUAL = 8
    LONG = 16
    STRETCHED = 32


def traits(code: str, state: State, size: int) -> Traits:
    """Return what else is known of a valid number that was read."""
    region = numbering.owner_of(code, state, size)
    if region is None:
        return Traits.NONE
    return of_kinds(region, numbering.kinds_of(region, state, size), size)


def of_kinds(region: str, kinds: set[str], size: int) -> Traits:
    """Return what else is known of a valid number by the kinds of the region's numbers that it fits, and its digits."""
    usual = Plan.of(region).usual
    is_usual = {
        "mobile": size >= usual["mobile"] - numbering.SHORTER_MOBILE > 0,
        "fixed_line": size >= usual["fixed_line"] > 0,
    }
    lengths = [length for length in usual.values() if length]
    facts = {
        Traits.MOBILE: "mobile" in kinds,
        Traits.FIXED: "fixed_line" in kinds,
        Traits.OTHER: not kinds.isdisjoint(numbering.OTHER_TYPES),
        Traits.USUAL: any(is_usual[kind] for kind in is_usual if kind in kinds),
        Traits.LONG: bool(lengths) and size > max(lengths),
        Traits.STRETCHED: kinds.isdisjoint({"mobile", *numbering.OTHER_TYPES}) and 0 < usual["fixed_line"] < size,
    }
    return reduce(or_, (trait for trait, is_so in facts.items() if is_so), Traits.NONE)


@cache
def _goes_on(code: str, state: State, size: int) -> bool:
    """Return True if a longer number starts with what was read."""
    if size >= numbering.MAX_DIGITS:
        return False
    # A set: digits that lead to the same state are followed once.
    after = {state.after(digit) for digit in "0123456789"}
    return any(numbering.is_valid(code, one, size + 1) or _goes_on(code, one, size + 1) for one in after)


def traits_of(e164: int) -> Traits:
    """Return what else is known of a valid number by its E.164 digits."""
    return traits(*_read(e164))


def is_complete(e164: int) -> bool:
    """Return True if no longer number starts with the digits of this one."""
    return not _goes_on(*_read(e164))


def _read(e164: int) -> tuple[str, State, int]:
    """Return a number's calling code, its state and how many digits follow the code."""
    digits = str(e164)
    code = next(digits[:size] for size in (1, 2, 3) if numbering.is_code(digits[:size]))
    national = digits[len(code) :]
    return code, Plan.of_code(code).language.after_all(national), len(national)
