"""Whether two names can be one person's, as somebody who reads both would say."""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+")
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
_SHORTEST_PREFIX = 3


def is_same_person(a: tuple[str | None, str | None], b: tuple[str | None, str | None]) -> bool:
    """Whether the first and last names ``a`` and ``b`` can be one person's.

    Case, accents, the order of the words, initials (J. for John), beginnings of three letters and more (Alex for
    Alexandra) and words that only one of the two has do not count as a difference; nor does a name that is missing.
    Every word of the shorter name must be found in the longer one.
    """
    ours, theirs = sorted((_words(*a), _words(*b)), key=len)
    left = list(theirs)
    for word in sorted(ours, key=len, reverse=True):
        found = next((other for other in left if other == word), None) or next(
            (other for other in left if _is_short_for(word, other) or _is_short_for(other, word)), None
        )
        if found is None:
            return False
        left.remove(found)
    return True


def _is_short_for(short: str, word: str) -> bool:
    return word.startswith(short) and (len(short) == 1 or len(short) >= _SHORTEST_PREFIX)


@lru_cache(maxsize=1 << 14)
def _words(first: str | None, last: str | None) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKD", f"{first or ''} {last or ''}".translate(_APOSTROPHES)).casefold()
    plain = "".join(sign for sign in text if not unicodedata.combining(sign))
    return tuple(_WORD.findall(plain))
