"""Letters that are digits after all: vanity numbers, and O and l that were typed for 0 and 1."""

import re

from importer.stages.phones.meant import Check, Meant
from importer.stages.phones.meant.words import LABELS, UNTOLD

_VANITY = re.compile(
    r"(?:\+?1[ .-]?)?\(?[0-9]{3}\)?[ .-]?(?:[0-9]{3}[ .-]?)?(?P<nanp>[A-Z][A-Z -]{2,8}[A-Z])"
    r"|(?:\+?61[ .-]?)?1[0-9]{3}[ .-]?(?P<six>[A-Z][A-Z -]{4,6}[A-Z])"
    r"|(?:\+?61[ .-]?)?1[0-9][ .-]?(?P<four>[A-Z]{4})"
    r"|(?:0|\+?64[ .-]?)[0-9]{3}[ .-]?(?P<seven>[A-Z][A-Z -]{4,7}[A-Z])"
)
"""Numbers as they are advertised where telephones have letters: in North America, Australia and New Zealand."""

_WORD = range(4, 8)
"""Letters of such a word."""

_RUN = re.compile(r"(?<![^\W_])(?=[0-9OolI]*[0-9])(?=[0-9OolI]*[OolI])[0-9OolI]+(?![^\W_])")
_AS_DIGITS = str.maketrans("OolI", "0011")
_NUMBER = re.compile(r"\+?[0-9()][0-9 ()./-]+")


def vanity(text: str) -> Meant | None:
    """Return a number whose letters are beyond doubt: no word that says that there is none."""
    found = _VANITY.fullmatch(text)
    if not found:
        return None
    letters = next(filter(None, found.groups()))
    words = re.split("[ -]+", letters.lower())
    joined = "".join(words)
    if len(joined) not in _WORD or len(set(joined)) == 1 or not (UNTOLD | LABELS).isdisjoint([*words, joined]):
        return None
    return Meant(text, rules=("letters",), check=Check.VANITY, has_letters=True)


def lookalike(text: str) -> Meant | None:
    """Return a number with O and l as the digits that they look like."""
    if not _RUN.search(text):
        return None
    digits = _RUN.sub(lambda run: run[0].translate(_AS_DIGITS), text)
    without = _RUN.sub(lambda run: re.sub("[OolI]", "", run[0]), text)
    if not _NUMBER.fullmatch(digits):
        return None
    return Meant(digits, rules=("lookalike",), check=Check.ONLY, whole=without, has_letters=True)
