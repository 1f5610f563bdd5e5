"""``phonenumbers``' answer to one spelling, which everything in this folder must give."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult, phonenumberutil
from phonenumbers.re_util import enable_pattern_cache

NON_GEOGRAPHICAL = phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY

enable_pattern_cache()  # without it, lists from many countries spend nine tenths of the time compiling patterns


class Fault(StrEnum):
    """Why a spelling is no valid number; each has its words in ``wording``."""

    NOT_A_NUMBER = "not-a-number"
    NO_REGION = "no-region"
    UNKNOWN_CODE = "unknown-code"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    NO_AREA_CODE = "no-area-code"
    WRONG_LENGTH = "wrong-length"
    NOT_ASSIGNED = "not-assigned"
    TWO_READINGS = "two-readings"
    TWO_ENDS = "two-ends"
    LOCAL = "local"
    LOST_ZERO = "lost-zero"
    NO_NINTH = "no-ninth"
    HIDDEN = "hidden"
    DATE = "date"
    FAX = "fax"


FAULTS = tuple(Fault)
NO_FAULT = -1
"""Faults as numbers: places in ``FAULTS``, and what stands for none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One spelling as ``phonenumbers`` reads it.

    Attributes:
        e164: where the number is valid, else None.
        fault: where it is not, else None.
        code: the calling code, such as ``49``, where one was found.
        extension: its digits, where the spelling has one that ``phonenumbers`` knows.
    """

    e164: str | None
    fault: Fault | None
    code: str | None = None
    extension: str | None = None


_FIRST_SIGN = re.compile(r"[+＋\d]")
"""The sign with which a number starts for ``phonenumbers``, whatever is before it."""

_UNPARSED = {
    NumberParseException.NOT_A_NUMBER: Fault.NOT_A_NUMBER,
    NumberParseException.INVALID_COUNTRY_CODE: Fault.UNKNOWN_CODE,
    NumberParseException.TOO_SHORT_AFTER_IDD: Fault.TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: Fault.TOO_SHORT,
    NumberParseException.TOO_LONG: Fault.TOO_LONG,
}
POSSIBLE = {
    ValidationResult.TOO_SHORT: Fault.TOO_SHORT,
    ValidationResult.TOO_LONG: Fault.TOO_LONG,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: Fault.NO_AREA_CODE,
    ValidationResult.INVALID_LENGTH: Fault.WRONG_LENGTH,
    ValidationResult.IS_POSSIBLE: Fault.NOT_ASSIGNED,
}
"""A number's length, as ``phonenumbers`` judges it, as the reason why a number that is not valid is not."""


@lru_cache(maxsize=20_000)
def read(text: str, region: str | None) -> Reading:
    """Parse, validate and format one spelling; ``region`` is that of a number written without its country.

    Answers are remembered, so that each text is asked about once. A pool of processes would not pay: to start one takes
    as much CPU time as 30,000 answers, and of the 300,000 messy cells of ``make bench`` two come here.
    """
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        fault = _UNPARSED[error.error_type]
        first = _FIRST_SIGN.search(text)
        is_national = first is not None and first[0] not in "+＋" and ";phone-context=" not in text
        return Reading(None, Fault.NO_REGION if fault is Fault.UNKNOWN_CODE and is_national and not region else fault)
    code = str(number.country_code)
    if not phonenumbers.is_valid_number(number):
        return Reading(None, POSSIBLE[phonenumbers.is_possible_number_with_reason(number)], code)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return Reading(e164, None, code, number.extension or None)


@dataclass(frozen=True, slots=True)
class Written:
    """The part of a text that ``phonenumbers`` takes, before it looks at the digits.

    Attributes:
        count: digits of the number, the first ones of the text.
        has_plus: whether a plus is before them.
        extension: its digits, the next ones; empty where there is none.
    """

    count: int
    has_plus: bool
    extension: str


_LETTERS = re.compile("[A-Za-z]")
_DIGIT = re.compile(r"\d")


def written(text: str) -> Written | Fault | None:
    """Return what ``phonenumbers`` takes of a text, whatever its digits are; None if more than its digits counts.

    Asks its own functions, because their patterns are long and none of the public ones tells.
    """
    if len(text) > phonenumberutil._MAX_INPUT_STRING_LENGTH:  # noqa: SLF001 - see above
        return Fault.TOO_LONG
    if ";phone-context=" in text:
        return None
    number = phonenumberutil._build_national_number_for_parsing(text)  # noqa: SLF001
    if not phonenumberutil._is_viable_phone_number(number):  # noqa: SLF001
        return Fault.NOT_A_NUMBER
    extension, number = phonenumberutil._maybe_strip_extension(number)  # noqa: SLF001
    if len(_LETTERS.findall(number)) >= 3:
        return None
    return Written(len(_DIGIT.findall(number)), number[0] in "+＋", extension)


@cache
def codes() -> dict[str, str]:
    """Return the regions that have a numbering plan, with their calling codes."""
    # Not by asking for each region's code: that would load the metadata of all of them.
    shared = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    return {region: str(code) for code, regions in shared for region in regions if region != NON_GEOGRAPHICAL}


@cache
def has_zeros(region: str) -> bool:
    """Return True if a national number of the region can start with 0; spreadsheets drop that 0 of a stored number.

    Elsewhere a 0 in front belongs to the way of dialling, and a number is the same without it.
    """
    kinds = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    examples = (phonenumbers.example_number_for_type(region, kind) for kind in kinds)
    return any(number is not None and number.italian_leading_zero for number in examples)


@cache
def places() -> dict[str, str]:
    """Return each calling code's country as messages name it: its main region, or ``+code`` if no country owns it."""
    return {
        str(code): f"+{code}" if owners[0] == NON_GEOGRAPHICAL else owners[0]
        for code, owners in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    }
