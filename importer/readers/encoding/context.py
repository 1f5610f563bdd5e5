"""Log likelihoods (0 or less) of characters beyond ASCII between their neighbours."""

import unicodedata
from functools import lru_cache

from importer.readers.encoding.alphabets import SCRIPTS

CONTROL = -14.0
"""Log likelihood of a character that no text has."""
_AFTER_LOWER = -4.0
"""A capital after a small letter: names like McÉwan are rare."""
_BETWEEN_CAPITALS = -2.5
_SMALL_AT_START = -1.0
_BESIDE_DIGIT = -4.0
_ALONE = -2.0
_OTHER_SCRIPT = -5.0
_CLUSTER = -1.5
_IN_A_ROW = -1.5
"""For the second of two Latin letters beyond ASCII: they rarely stand side by side."""
_MISPLACED = -4.5
_VOWELS = frozenset("aeiouyøæœı")
_LEADING_THAI = frozenset("เแโใไ")
_FINAL_HEBREW = frozenset("ךםןףץ")
_FINAL_ARABIC = frozenset("ةى")


@lru_cache(1 << 14)
def script_of(char: str) -> str:
    """Return the script of a character by its Unicode name; "" for signs and unassigned characters, else "other"."""
    if not char or (not char.isalpha() and unicodedata.category(char) != "Mn"):
        return ""
    name = unicodedata.name(char, "")
    return next((script for script in SCRIPTS if name.startswith(script)), "other")


def is_control(char: str) -> bool:
    """Return True if no text has the character: control, private use, unassigned, or the replacement character."""
    return char == "\ufffd" or unicodedata.category(char) in {"Cc", "Co", "Cn"}


@lru_cache(1 << 16)
def likelihood(char: str, before: str, after: str) -> float:
    """Return the log likelihood of an alphabet's letter between two characters; "" means there is none."""
    script = script_of(char)
    cost = sum(_beside(other, script) for other in (before, after))
    if char.isupper():
        cost += _AFTER_LOWER if before.islower() else 0
    elif char.islower():
        cost += _BETWEEN_CAPITALS if before.isupper() and after.isupper() else 0
        cost += _SMALL_AT_START if not before.isalpha() else 0
    if script == "LATIN":
        return cost + _among_latin(char, before, after)
    return cost + (0 if script == "CYRILLIC" else _among_others(char, script, before, after))


def _beside(other: str, script: str) -> float:
    if other.isdigit():
        return _BESIDE_DIGIT
    return _OTHER_SCRIPT if script_of(other) not in {"", script} else 0.0


def _among_latin(char: str, before: str, after: str) -> float:
    cost = 0.0 if before.isalpha() or after.isalpha() else _ALONE
    if not before.isascii() and before.isalpha():
        cost += _IN_A_ROW
    if before.isalpha() and after.isalpha():
        kinds = {_is_vowel(letter) for letter in (before, char, after)}
        cost += _CLUSTER if len(kinds) == 1 else 0
    if char in "ñÑ" and not _is_vowel(after or "n"):
        cost += _MISPLACED
    return cost


def _among_others(char: str, script: str, before: str, after: str) -> float:
    """Return a penalty for a final letter inside a word, or for a Thai sign without the letter that it belongs to."""
    if char in _FINAL_HEBREW or char in _FINAL_ARABIC or char == "ς":
        return _MISPLACED if after.isalpha() else 0.0
    if script != "THAI":
        return 0.0
    if char in _LEADING_THAI:
        return 0.0 if script_of(after) == script and unicodedata.category(after) == "Lo" else _MISPLACED
    if unicodedata.category(char) == "Mn" or char in "ะาำ":
        return 0.0 if script_of(before) == script and before not in _LEADING_THAI else _MISPLACED
    return 0.0


@lru_cache(1 << 12)
def _is_vowel(letter: str) -> bool:
    return unicodedata.normalize("NFD", letter)[0].lower() in _VOWELS
