"""Firms, offices and associations: a text that names one is never taken apart, nor re-cased."""

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources

_AROUND = ".,;:!?()[]{}\"“”*'’"
_POSSESSIVE = re.compile(r"\w{2,}['’]s\Z")
_JOINED = re.compile(r"\w+&\w+\Z")
_SITE = re.compile(r".{3,}\.(?:com|net|org|biz|info)\Z")
_AND = frozenset({"&", "and", "und", "et", "y", "e", "en", "+", "n"})
_SHORTEST_BEFORE_ENDING = 3
_FIRM = 2
"""Points from which on it is one; see ``_points``."""


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files(__package__).joinpath("firms.toml").read_text("utf-8"))


def _words(section: str, name: str = "words") -> frozenset[str]:
    return frozenset(_tables()[section][name].split())


FORMS, FORMS_AT_END = _words("forms", "anywhere"), _words("forms", "at_end")
_FORMS_AT_START = _words("forms", "at_start")
KINDS = frozenset(" ".join(_tables()["kinds"].values()).split())
ENDINGS = tuple(sorted(_words("kinds_by_ending")))
DOUBTFUL = _words("doubtful")
_NAMES, _AFTER_AND, _BETWEEN = (_words("doubtful", name) for name in ("names", "after_and", "between"))
FIRM_WORDS = FORMS | FORMS_AT_END | _FORMS_AT_START | KINDS | DOUBTFUL | _AFTER_AND | _BETWEEN
"""The words without which plain words are no firm, besides those that end on one of ``ENDINGS``."""


def is_firm(text: str) -> bool:
    """Return True if a tidied text of two words and more has a legal form, a trade or two lesser signs of a firm."""
    words = _bare(text)
    if _has_form(words) or _starts_with_form(text):
        return True
    if len(words) < 2 or not any(map(_says_something, words)):
        return False
    points = sum(_points(words, place) for place in range(len(words)))
    return points >= _FIRM or (points > 0 and not _NAMES.isdisjoint(words))


def has_form(text: str) -> bool:
    """Return True if a tidied text has a legal form behind another word."""
    return _has_form(_bare(text)) or _starts_with_form(text)


def _starts_with_form(text: str) -> bool:
    first, _, rest = text.partition(" ")
    is_form = first.casefold() in _FORMS_AT_START and first == first.upper()
    return (is_form and bool(rest)) or first.startswith(("(주)", "㈜", "(株)"))


def _has_form(words: list[str]) -> bool:
    return len(words) > 1 and (words[-1] in FORMS_AT_END or not FORMS.isdisjoint(words[1:]))


def is_form(text: str) -> bool:
    """Return True if a text has no word but those of legal forms: "Inc.", "GmbH & Co. KG"."""
    return all(word in FORMS | FORMS_AT_END | _AND or not word.strip("iv") for word in _bare(text))


def _bare(text: str) -> list[str]:
    return [word.strip(_AROUND) or word for word in text.casefold().split()]


def _points(words: list[str], place: int) -> int:
    """Return how strongly one word points to a firm: 2 is enough by itself, 1 half of that, 0 nothing."""
    word, is_inside = words[place], 0 < place < len(words) - 1
    if _says_trade(word) or (is_inside and word in _BETWEEN) or (place == 0 and word == "the"):
        return 2
    if word in _AND and len(words) == 3 and place == 1 and word in {"&", "and", "und", "et", "+"}:
        return 2
    if word[0].isdigit() and not word.isdigit() and place == 0:
        return 2
    if word in _AFTER_AND:
        return 2 if place and words[place - 1] in _AND else 1
    is_figure = word[-1].isdigit() and place < len(words) - 1
    return 1 if word in DOUBTFUL or is_figure else 0


@lru_cache(maxsize=1 << 14)
def _says_something(word: str) -> bool:
    """Return True if a word may have points, wherever it stands; cached, since the same words come in many names."""
    is_known = word in FIRM_WORDS or word in _AND or word == "the"
    return is_known or word[0].isdigit() or word[-1].isdigit() or _says_trade(word)


def _says_trade(word: str) -> bool:
    if word in KINDS or _POSSESSIVE.match(word) or _JOINED.match(word) or _SITE.match(word):
        return True
    return word.endswith(ENDINGS) and any(
        len(word) - len(ending) >= _SHORTEST_BEFORE_ENDING for ending in ENDINGS if word.endswith(ending)
    )
