"""Findings: rows that a person should review. They neither hold a row back nor change it."""

from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """Codes of rows that a person should review, whatever their outcome; public, never renamed."""

    TWO_PEOPLE = "one-number-two-people"
    TWO_NUMBERS = "one-person-two-numbers"
    EMAIL = "email-perhaps-mistyped"


@dataclass(frozen=True, slots=True)
class FindingInfo:
    """The text of a finding in the reports: a title, its meaning and what to do about it."""

    title: str
    meaning: str
    fix: str


FINDINGS: dict[Finding, FindingInfo] = {
    Finding.TWO_PEOPLE: FindingInfo(
        "One number, two people",
        "The row was skipped because its number had been seen, but there under clearly another name.",
        "Find out whose number it is. If both share it, nothing is lost but the second name.",
    ),
    Finding.TWO_NUMBERS: FindingInfo(
        "One person, two numbers",
        "The row looks like a row before it that has another number: perhaps one person who is now two contacts.",
        "Compare the two; nothing was merged. Delete the contact that is one too many.",
    ),
    Finding.EMAIL: FindingInfo(
        "E-mail addresses that are perhaps mistyped",
        "The domain of the e-mail address is a letter away from one that many people use; nothing was changed.",
        "Correct the address in the list, or in the account, if it is wrong.",
    ),
}


class Verdict(StrEnum):
    """What a person says of a finding; public, never renamed."""

    SAME = "same"
    TWO = "two"
    RIGHT = "right"
    WRONG = "wrong"
    LEAVE = "leave"


PAIRS = (Finding.TWO_PEOPLE.value, Finding.TWO_NUMBERS.value)
"""Findings about two rows; all others are about a cell of one."""


def verdicts_of(code: str) -> tuple[Verdict, ...]:
    """Return what a person can say of a finding or of a code in ``changes``."""
    own = (Verdict.SAME, Verdict.TWO) if code in PAIRS else (Verdict.RIGHT, Verdict.WRONG)
    return (*own, Verdict.LEAVE)


SUSPICIONS: dict[str, FindingInfo] = {
    "phone:review-plus": FindingInfo(
        "A plus that may be wrong",
        "The number is valid, but so are its digits without the plus in the row's country or --region.",
        "If the plus was put there in error, delete it.",
    ),
    "phone:review-zeros": FindingInfo(
        "Zeros that may be lost digits",
        "The number is valid, but only zeros follow its sixth digit, as where a spreadsheet rounded it.",
        "If they are not its own, get the number from where the list was made.",
    ),
    "phone:review-country": FindingInfo(
        "A number of another country",
        "The number is valid, but of another country than the row names.",
        "Correct the one that is wrong, if one is.",
    ),
    "email:typo-suspected": FINDINGS[Finding.EMAIL],
}
"""Codes in the column ``changes`` that ask for a review; all its other codes name a change that was made."""


def info_of(code: str) -> FindingInfo:
    """Return the text of a finding or of a code in ``changes`` that asks for a review."""
    return SUSPICIONS[code] if code in SUSPICIONS else FINDINGS[Finding(code)]
