"""The words of a row's detail: what is wrong with its number and what to do, without the number."""

from importer.models.outcomes import Reason
from importer.stages.phones.libphonenumber import Fault

_DAMAGED = (
    "a spreadsheet rounded the number or shows an error for it, and its last digits are lost; get it from where the "
    "list was made"
)
_HOMELESS = "written without its country, and none is known; give --region, or write it with + and its country's code"
_STRAY = (
    "written without its country, and the row's country is not understood; write that as a name or code such as DE, "
    "or write the number with + and its country's code"
)
_DOUBLE = "can be read with its first digits as the country's code or without; write it with + and its country's code"

_EITHER = (
    "can be read in two ways, with what stands beside it or without; write nothing but the number, with + and its "
    "country's code"
)

_LOCAL = (
    "can be read with its first 0 left out or as a number without its area code; write it with + and its country's code"
)

_INVALID: dict[Fault | None, tuple[str, str]] = {
    Fault.NOT_A_NUMBER: ("not a phone number", "put a number in its place"),
    Fault.NO_REGION: ("too short for a number", "write it with + and its country's code"),
    Fault.UNKNOWN_CODE: ("no country has the code that it starts with", "correct the digits after the +"),
    Fault.TOO_SHORT: ("too short for a number", "look for missing digits"),
    Fault.TOO_LONG: ("too long for a number", "look for digits too many, or for two numbers in one cell"),
    Fault.NO_AREA_CODE: ("too short for a number", "put the area code before it, or look for missing digits"),
    Fault.WRONG_LENGTH: ("not as many digits as a number", "look for missing digits or digits too many"),
    Fault.LOST_ZERO: ("a 0 short of a number", "put it in front, where spreadsheets drop it"),
    Fault.NO_NINTH: (
        "a Brazilian mobile number as it was until 2016, without the 9 that each got",
        "put a 9 behind the area code, if it is still the person's",
    ),
    Fault.HIDDEN: ("not all of its digits are there: signs or words stand where they may be", "get the whole number"),
    Fault.DATE: ("a date and not a phone number", "put the number in its place"),
    Fault.FAX: ("only a fax number", "put a number beside it that takes calls"),
    Fault.NOT_ASSIGNED: ("not in the numbering plan", "look for a mistyped digit or for another country"),
}
"""The words for each fault, to be followed by ``of`` and the country if it is known; and what to do."""

_OF_NO_PLAN = (Fault.NO_NINTH, Fault.HIDDEN, Fault.DATE, Fault.FAX)
"""Faults that do not depend on the country's numbering plan."""


def missing(columns: list[str]) -> str:
    """Return the detail of a row whose phone columns are all empty."""
    return f"no number in {' or '.join(columns)}; fill one in"


def misplaced(columns: list[str], field: str) -> str:
    """Return the detail of such a row if what looks like a number is in another field."""
    name = field.replace("_", " ").replace("email", "e-mail")
    return f"no number in {' or '.join(columns)}; what looks like one is in the column for {name}: move it"


def failed(reason: Reason, fault: Fault | None, place: str | None, *, is_stray: bool) -> str:
    """Return what is wrong with a cell that failed, and what to do.

    Args:
        reason: as what its row is settled.
        fault: why it is no valid number, if that is known.
        place: the country or code whose numbering plan was asked, if one was.
        is_stray: whether its row names a country that is not understood.
    """
    if reason is Reason.PHONE_DAMAGED:
        return _DAMAGED
    if reason is Reason.PHONE_INVALID:
        wrong, to_do = _INVALID[fault]
        return f"{wrong} of {place}; {to_do}" if place and fault not in _OF_NO_PLAN else f"{wrong}; {to_do}"
    if fault is Fault.NO_REGION:
        return _STRAY if is_stray else _HOMELESS
    return {Fault.TWO_ENDS: _EITHER, Fault.LOCAL: _LOCAL}.get(fault, _DOUBLE) if fault else _DOUBLE
