"""Digits of a cell that are no phone number's: an address, an account, a tax number, an amount of money."""

import re
from collections.abc import Sequence

from importer.stages.phones.meant.runs import Run, words_of
from importer.stages.phones.meant.words import (
    CONNECTING,
    CUSTOMERS,
    EXTENSION,
    FAX,
    LABELS,
    MONEY,
    NAMING_NUMBERS,
    OTHER_NUMBERS,
)

_ADDRESSES = re.compile(
    r"(?i)[^\s<>,;\"']+@[^\s<>,;\"'@]+\.[a-z][^\s<>,;\"']*|(?:https?://|www\.)[^\s<>\"']+"
    r"|[a-z0-9-]+\.(?:com|org|net|io|me|co|app|de|fr|es|it|nl|pl|ru|uk|br|in)/[^\s<>\"']+"
)
_OF_A_NUMBER = re.compile(r"\+?[0-9.-]+@")
"""4155550123@txt.example.com: messages to a phone."""

_IBAN = re.compile(r"(?<![^\W_])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?![^\W_])")
_TAXED = re.compile(
    r"(?<![^\W_])(?:ATU?|BE|BG|CY|CZ|CHE-?|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)$"
)
"""Prefixes of tax numbers in Europe, with no space before the digits."""

_GLUED = re.compile(r"(?<![^\W\d_])([A-Za-zÀ-ɏ]{2,})_?$")
"""A word with no space before digits: jane4155550123 is a name on some site."""

_OF_PHONES = re.compile("(?:tel|phone|mob|cel|handy|whats|gsm|kontakt|contact).*|.*(?:phone|number|nummer)")
"""Words for a phone that no list has."""

_SIGN_OF_MONEY = re.compile(r"[$€£¥₹₩₽]")


_NAMES_OF_NUMBERS = LABELS | FAX | EXTENSION | CONNECTING


def are_others(text: str, runs: Sequence[Run]) -> list[Run]:
    """Return the runs that are no phone number's; one that starts with a plus always may be."""
    spans = [one.span() for one in _IBAN.finditer(text)]
    spans += [one.span() for one in _ADDRESSES.finditer(text) if not _OF_A_NUMBER.match(one[0])]
    return [
        one
        for one in runs
        if not one.text.startswith("+") and (any(begin <= one.start < end for begin, end in spans) or _is_other(one))
    ]


def _is_other(one: Run) -> bool:
    """Return True if the words or signs beside a run say that it is something else."""
    lead, follow = one.lead, one.follow
    glued = _GLUED.search(lead)
    if glued and one.text.isdigit() and glued[1].casefold() not in _NAMES_OF_NUMBERS:
        return _OF_PHONES.fullmatch(glued[1].casefold()) is None
    words, behind = list(words_of(lead)), words_of(follow)
    is_numbered = any(word in NAMING_NUMBERS for word in words)
    while words and words[-1] in NAMING_NUMBERS:
        words.pop()
    if is_numbered and words and words[-1] in CUSTOMERS:
        return True
    is_money = (words != [] and words[-1] in MONEY) or (behind != () and behind[0] in MONEY)
    is_money |= bool(_SIGN_OF_MONEY.match(lead[::-1].lstrip()) or _SIGN_OF_MONEY.match(follow.lstrip()))
    return is_money or (words != [] and words[-1] in OTHER_NUMBERS) or _TAXED.search(lead) is not None
