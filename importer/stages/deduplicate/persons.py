"""Names of persons: whether two can be one person's, as somebody who reads both would say."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import lru_cache

from importer.stages.names.words import GENERATIONS
from importer.stages.typos import is_one_typo_apart

Name = tuple[str | None, str | None]
"""First and last name."""

_WORD = re.compile(r"[^\W\d_]+")
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
_PARTS = re.compile(r"[\s.,]+")
_TWO = frozenset("& and und et + og och".split())  # noqa: SIM905
_NO_SHORT_FORM = 2
"""Letters that begin too many names: Jo is not Joseph, while J. may be, and Jos."""
_SHORTEST_MISTYPED = 4


class Likeness(IntEnum):
    """Return how much two names are alike."""

    OTHER = 0
    """Two persons' names, or nothing to compare."""
    HALF = 1
    """The first name is the same, the family name another one."""
    PART = 2
    """One word of a name is all that there is to compare, and it is the same."""
    NEAR = 3
    """One name but for a letter in a word, or two that changed places."""
    SAME = 4
    """Nothing in them differs that has to."""


def likeness(a: Name, b: Name) -> Likeness:
    """Return how much two names are alike."""
    ours, theirs = sorted((_words(*a), _words(*b)), key=len)
    if not ours:
        return Likeness.OTHER
    if _all_found(ours, theirs, _is_short):
        return Likeness.SAME if len(ours) > 1 else Likeness.PART
    is_near = is_one_typo_apart("".join(ours), "".join(theirs)) or _all_found(ours, theirs, _is_short_or_mistyped)
    if is_near:
        return Likeness.NEAR
    return Likeness.HALF if a[0] is not None and _words(a[0], None) == _words(b[0], None) else Likeness.OTHER


def are_two_people(a: Name, b: Name) -> bool:
    """Return True if two names may be two persons': both have a first or both a family name, and not the same."""
    has_first, has_last = None not in (a[0], b[0]), None not in (a[1], b[1])
    return (has_first or has_last) and not is_same_person(a, b)


def is_same_person(a: Name, b: Name) -> bool:
    """Return True if nothing in the first and last names ``a`` and ``b`` tells two persons apart.

    Case, accents, the order of the words, initials (J. for John) and words that only one of the two has do not count
    as a difference; nor does a name that is missing. Every word of the shorter name must be found in the longer one.
    A short form is another name: Dan may be Daniel, or Daniela; so is one with Jr. or III, and the name of a couple.
    """
    if None not in (*a[:1], *b[:1]) and _counted(a) != _counted(b):
        return False
    ours, theirs = sorted((_words(*a), _words(*b)), key=len)
    return _all_found(ours, theirs, _is_initial)


def _counted(name: Name) -> tuple[frozenset[str], bool]:
    """Return which of a family's namesakes it is (Jr., III), and whether it is the name of two."""
    words = set(_PARTS.split(f"{name[0] or ''} {name[1] or ''}".casefold()))
    return frozenset(words & GENERATIONS), not _TWO.isdisjoint(words)


def _all_found(ours: Sequence[str], theirs: Sequence[str], is_close: Callable[[str, str], bool]) -> bool:
    """Return True if each of our words has one of its own among theirs: the same word, or one that is close."""
    left = list(theirs)
    for word in sorted(ours, key=len, reverse=True):
        found = word if word in left else next((other for other in left if is_close(word, other)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _is_initial(a: str, b: str) -> bool:
    return a[0] == b[0] and min(len(a), len(b)) == 1


def _is_short(a: str, b: str) -> bool:
    return (a.startswith(b) or b.startswith(a)) and (min(len(a), len(b)) != _NO_SHORT_FORM)


def _is_short_or_mistyped(a: str, b: str) -> bool:
    return _is_short(a, b) or (max(len(a), len(b)) >= _SHORTEST_MISTYPED and is_one_typo_apart(a, b))


@lru_cache(maxsize=1 << 14)
def _words(first: str | None, last: str | None) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKD", f"{first or ''} {last or ''}".translate(_APOSTROPHES)).casefold()
    plain = "".join(sign for sign in text if not unicodedata.combining(sign))
    return tuple(_WORD.findall(plain))
