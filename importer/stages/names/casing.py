"""Names written in capitals or small letters only, as their bearers write them."""

import re
import unicodedata
from typing import Literal

from importer.stages.names.firms import has_form, is_firm
from importer.stages.names.spellings import (
    ALSO_SMALL_BEFORE,
    AMERICAN_BEFORE_APOSTROPHE,
    CAPITAL_BEFORE,
    CAPITAL_EVERYWHERE,
    EAST_ASIAN_SYLLABLES,
    KNOWN_SPELLINGS,
    MAC,
    MAC_BEFORE,
    NO_INITIALS,
    NO_MAC,
    NO_MC,
    PARTICLES,
    SMALL_AT_THE_END,
    SMALL_IN_COMPOUNDS,
    SUFFIXES,
    UPPER_AT_START,
    VIETNAMESE,
)

Part = Literal["first_name", "last_name"]

LONGEST = 1_000
"""Characters of the longest text that is looked at for capitals and parts; rules look at pieces again and again."""
_ROMAN = re.compile(r"(?:i{2,3}|iv|vi{0,3}|ix)\Z")
_ELIDED = frozenset("o d l n m t s dell dall nell sant all degl de la le".split())  # noqa: SIM905
_TURKISH = re.compile("[İıĞğŞş]")
_ROMANIAN = re.compile("[ţŢăĂâÂșȘțȚ]")
_DOTTED_I = "i\u0307"
"""Python's small letters for İ."""
_PIECE = re.compile(r"[^\s\-‐‑–/.,()\"“”&]+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]?\.?\Z")
_APOSTROPHE = re.compile("['’ʼ`´]")
_VOWEL = re.compile("[AEIOUYÆØŒІАЕИОУЫЭЮЯЁЄЇΑΕΗΙΟΥΩ]")
WORDS_WITH_RULES = frozenset({"iii", "vii", "viii"}).union(PARTICLES, SUFFIXES, KNOWN_SPELLINGS, SMALL_IN_COMPOUNDS)
"""The words of one and of more than two letters that may need more, or less, than a capital at the start."""
STARTS_WITH_RULES = ("mc", "mac", "ij")
"""The starts of other such words."""
_ITALIAN_AFTER_DE = re.compile(r"\w{3,}(?:i|is)\Z")
_NOT_ITALIAN = frozenset({"assis", "reis", "paris", "denis", "louis"})
_IRISH_H = re.compile("h[aeiouáéíóú]")

_NO_NAME = re.compile(r"[\d@_#<>=|*]|://|www\.")


def recase(text: str, part: Part, *, is_turkish: bool = False) -> str:
    """Return ``text`` with capitals where the name has them, if it has capitals only or none; else as it is.

    Firms, anything with digits or signs that no name has, scripts without capitals, and texts longer than any name stay
    as they are. A name that is Turkish by its other half keeps its two kinds of i apart.
    """
    if len(text) > LONGEST or (not text.isupper() and not text.islower()):
        return text
    if _names_a_firm(text, part) or _NO_NAME.search(text):
        return text
    if known := KNOWN_SPELLINGS.get(text.lower()):
        return known
    if is_turkish and text.isupper():
        # In Turkish I is the capital of ı; that of i is İ.
        text = text.replace("I", "ı")
    words = text.split(" ")
    lowered = [_lower(word) for word in words]
    return " ".join(_word(word, index, lowered, part) for index, word in enumerate(words)).replace(_DOTTED_I, "i")


def _names_a_firm(text: str, part: Part) -> bool:
    """Return True if a cell is no person's; of a family name, which may have any word, only a legal form says so."""
    return is_firm(text) if part == "first_name" else has_form(text)


def _word(word: str, index: int, lowered: list[str], part: Part) -> str:
    low = lowered[index]
    is_last = index == len(lowered) - 1
    bare = low.rstrip(".,")
    if index and bare in SUFFIXES:
        return SUFFIXES[bare] + low[len(bare) :]
    if index and is_last and _ROMAN.match(bare):
        return low.upper()
    if low in PARTICLES and not is_last and _is_small(low, index, lowered, part):
        return low
    if part == "first_name" and _is_initials(word):
        return word.upper()
    if index and lowered[index - 1] == "ó" and _IRISH_H.match(low):
        return low[0] + _capital(low[1:])
    return _pieces(low, index, part)


def _is_small(low: str, index: int, lowered: list[str], part: Part) -> bool:
    """Return True if a particle keeps its small letter here."""
    following = lowered[index + 1]
    if lowered[0] in VIETNAMESE:
        return False
    if index:
        return low not in CAPITAL_EVERYWHERE or following not in CAPITAL_BEFORE[low]
    if part == "first_name":
        return False
    if following in CAPITAL_BEFORE.get(low, ()):
        return False
    if low == "de":
        return not _ITALIAN_AFTER_DE.match(following) or following in _NOT_ITALIAN
    return low not in UPPER_AT_START or following in ALSO_SMALL_BEFORE or following in PARTICLES


def _is_initials(word: str) -> bool:
    """Return True if a first name is two letters that no name is made of: JD, tj, AJ."""
    if len(word) != 2 or not word.isalpha() or word.lower() in NO_INITIALS:
        return False
    has_no_vowel = _VOWEL.search(unicodedata.normalize("NFD", word).upper()) is None
    return has_no_vowel or word[1] == "J"


def _pieces(low: str, index: int, part: Part) -> str:
    """Return a word with its hyphenated and dotted parts in capitals."""
    if low.isalpha():
        return _piece(low, index, part)
    if _INITIALS.match(low):
        return low.upper()
    if low[:3] in {"al-", "as-", "ar-", "an-", "ad-"} and (index or part == "last_name"):
        return low[:3] + _PIECE.sub(lambda piece: _piece(piece[0], 0, part), low[3:])
    parts = _PIECE.findall(low)
    small = _small_places(low, parts, part)
    place = iter(range(len(parts)))

    def cased(piece: re.Match[str]) -> str:
        return piece[0] if next(place) in small else _piece(piece[0], index, part)

    return _PIECE.sub(cased, low)


def _small_places(low: str, parts: list[str], part: Part) -> set[int]:
    """Return the indexes of parts that keep their small letter: "de" in a compound, the second syllable of Jong-un."""
    if "-" not in low or len(parts) < 2:
        return set()
    last = len(parts) - 1
    if parts[last] in SMALL_AT_THE_END:
        return {last}
    if last > 1:
        return {place for place in range(1, last) if parts[place] in SMALL_IN_COMPOUNDS}
    is_east_asian = part == "first_name" and parts[0] != parts[1] and EAST_ASIAN_SYLLABLES.issuperset(parts)
    return {1} if is_east_asian else set()


def _piece(low: str, index: int, part: Part) -> str:
    """Return a part with its capitals; what apostrophes divide has them each."""
    heads: list[str] = []
    while low not in KNOWN_SPELLINGS and (apostrophe := _APOSTROPHE.search(low)):
        head = _before_apostrophe(low, apostrophe.start(), index, part)
        if head is None:
            return "".join(heads) + _capital(low[: apostrophe.start()]) + low[apostrophe.start() :]
        heads.append(head)
        low = low[apostrophe.end() :]
    return "".join(heads) + _whole(low, part)


def _before_apostrophe(low: str, place: int, index: int, part: Part) -> str | None:
    """Return what is before an apostrophe, with it; None if what is after it stays small."""
    before, after = low[:place], low[place + 1 :]
    if not before:
        return None if after in {"t", "s", "n"} else low[place]
    is_american = part == "first_name" and before in AMERICAN_BEFORE_APOSTROPHE and len(after) > 2
    if len(after) < 2 or (before not in _ELIDED and not is_american):
        return None
    return (before if before == "d" and index else _capital(before)) + low[place]


def _whole(low: str, part: Part) -> str:
    """Return a part without apostrophe, or one whose spelling is known, with its capitals."""
    if low in KNOWN_SPELLINGS:
        return KNOWN_SPELLINGS[low]
    if low.startswith("mc") and len(low) > 3 and low not in NO_MC:
        return "Mc" + _capital(low[2:])
    if low.startswith("mac") and part == "last_name" and _has_capital_after_mac(low):
        return "Mac" + _capital(low[3:])
    return _capital(low)


def _has_capital_after_mac(low: str) -> bool:
    is_gaelic = len(low) > 5 and low[3] in MAC_BEFORE and low not in NO_MAC
    return is_gaelic or low in MAC


def _capital(low: str) -> str:
    if low.startswith("ij") and len(low) > 2 and low[2] not in "aeiouy":
        return "IJ" + low[2:]
    if low.startswith(_DOTTED_I):
        return "İ" + low[2:]
    if low.startswith("i") and is_turkish(low):
        return "İ" + low[1:]
    return low[:1].title() + low[1:]


def _lower(word: str) -> str:
    """Return small letters; a word that is Turkish by its other letters keeps its two kinds of i apart."""
    if word.isascii():
        return word.lower()
    if word.isupper() and is_turkish(word):
        word = word.replace("I", "ı")
    return word.lower()


def is_turkish(text: str) -> bool:
    """Return True if a text has letters that Turkish has, and none of Romanian."""
    return _TURKISH.search(text) is not None and _ROMANIAN.search(text) is None
