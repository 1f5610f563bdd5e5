"""Log likelihoods of dashes, quotes, spaces and other signs beyond ASCII between their neighbours."""

from collections.abc import Callable

_ODD = -9.0
_OUT_OF_PLACE = -4.0
_SHARES = {
    "\u00a0": -2.0, "’": -1.5, "–": -2.0, "“": -3.0, "”": -3.0, "‘": -4.0, "—": -3.5, "…": -3.0,
    "•": -4.0, "€": -4.0, "£": -4.0, "°": -4.0, "º": -4.0, "ª": -4.5, "®": -4.5, "™": -4.5, "©": -5.0,
    "½": -5.0, "«": -4.5, "»": -4.5, "·": -5.0, "´": -5.0, "¿": -5.5, "¡": -6.0, "„": -5.0, "‚": -6.5,
    "¼": -6.0, "¾": -6.0, "²": -6.0, "³": -7.0, "§": -6.0, "№": -4.0, "‹": -7.0, "›": -7.0, "¥": -7.0,
    "¢": -6.0, "×": -6.5, "¹": -7.0, "±": -7.5, "‰": -7.5, "¬": -7.0, "µ": -7.5, "\u200e": -5.0,
    "\u200f": -5.0, "\u2009": -6.0, "\u202f": -6.0, "‐": -6.0, "‑": -6.0, "−": -6.0, "،": -4.0,
}  # fmt: skip
_AFTER_APOSTROPHE = ("s", "t", "d", "m", "re", "ve", "ll")


def likelihood(sign: str, before: str, after: str) -> float:
    """Return the log likelihood of a sign between the texts before and after it (up to three characters each)."""
    share = _SHARES.get(sign, _ODD)
    return share if _RULES.get(sign, _between_no_letters)(before, after) else share + _OUT_OF_PLACE


def _is_space(before: str, after: str) -> bool:
    return not (before[-1:].islower() and after[:1].islower()) or min(len(before), len(after)) > 2


def _is_dash(before: str, after: str) -> bool:
    return not (before[-1:].isalpha() and after[:1].islower())


def _is_apostrophe(before: str, after: str) -> bool:
    """Return True if an apostrophe is at a word's end, or between letters as in O’Brien, d’Arc and Anna’s."""
    if not (before[-1:].isalpha() and after[:1].isalpha()):
        return _closes(before, after) or after[:1].isdigit()
    if after[0].isupper() or not before[-2:-1].isalpha():
        return True
    return any(after.startswith(end) and not after[len(end) :][:1].isalpha() for end in _AFTER_APOSTROPHE)


def _closes(before: str, after: str) -> bool:
    return bool(before) and not after[:1].isalnum()


def _opens(before: str, after: str) -> bool:
    return bool(after) and not before[-1:].isalnum()


def _is_money(before: str, after: str) -> bool:
    left, right = before[-1:], after[:1]
    return left.isdigit() or right.isdigit() or not (left.isalnum() or right.isalnum())


def _is_ordinal(before: str, after: str) -> bool:
    return (before[-1:].isalnum() or before[-1:] == ".") and not after[:1].islower()


def _is_fraction(before: str, after: str) -> bool:
    return not (before[-1:].isalpha() and after[:1].isalpha())


def _follows_word(_: str, after: str) -> bool:
    return not after[:1].isalnum()


def _is_middle_dot(before: str, after: str) -> bool:
    return before[-1:] == after[:1] == "l" or _between_no_letters(before, after)


def _between_no_letters(before: str, after: str) -> bool:
    return not (before[-1:].isalpha() or after[:1].isalpha())


def _is_anywhere(_: str, __: str) -> bool:
    return True


_RULES: dict[str, Callable[[str, str], bool]] = {
    **dict.fromkeys("\u00a0\u2009\u202f", _is_space),
    **dict.fromkeys("–—‐‑−", _is_dash),
    "’": _is_apostrophe,
    **dict.fromkeys("”»›…", _closes),
    **dict.fromkeys("“‘„‚«‹¿¡", _opens),
    **dict.fromkeys("€£¥¢", _is_money),
    **dict.fromkeys("°ºª", _is_ordinal),
    **dict.fromkeys("½¼¾²³¹", _is_fraction),
    **dict.fromkeys("®™©", _follows_word),
    "·": _is_middle_dot,
    **dict.fromkeys("´µ‰", _is_anywhere),
}
"""By sign, the test of whether people write it between such neighbours; others may touch no letter."""
