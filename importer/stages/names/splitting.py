"""A full name as a first and a last name."""

import re
from dataclasses import dataclass

from importer.stages.names.firms import is_firm
from importer.stages.names.remarks import is_person_with_remark, without_remarks
from importer.stages.names.spellings import PARTICLES
from importer.stages.names.titles import without_degrees, without_generation, without_titles
from importer.stages.names.words import (
    AFTER_O,
    AFTER_TITLE,
    BEFORE_TWO,
    BEHIND,
    COMMON_FAMILIES,
    DEGREES,
    GENERATIONS,
    GENERATIONS_AFTER_COMMA,
    MAIDEN,
    OPENINGS,
    PLAIN_DEGREES,
    PLAIN_TITLES,
    REMARKS_BEHIND,
    SHORT_FAMILIES,
    SPANISH_FAMILIES,
    TITLES,
)

_JOINS = frozenset({"y", "e", "i"})
_TWO_PERSONS = frozenset({"&", "and", "und", "et", "+"})
_OPENINGS = (PARTICLES - _JOINS - _TWO_PERSONS) | OPENINGS
"""Particles that a family name begins with if other words come before it."""
_NOBLE = frozenset("van von vom zum zur zu de di du da del della des dos das la le den der ter ten".split())  # noqa: SIM905
"""Particles that only a family name begins with, even if nothing comes before it."""
_EASTERN = "[\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
_HAN_OR_HANGUL = re.compile(rf"{_EASTERN}(?: {_EASTERN})*\Z")
_KATAKANA = re.compile("[\u30a0-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af]{3}\\Z")
_PATRONYMIC = re.compile(r"(?i)(?:[оеє]вич|ович|ич|[оеї]вна|івна|ична|инична)\Z")
"""The father's name, which stands between first and family name, or behind a first name that follows the family's."""
_TWO_INITIALS = re.compile(r"(?:[^\W\d_]\. ?){2}\Z")
_VIETNAMESE = frozenset(
    "nguyễn trần phạm huỳnh hoàng phan vũ võ đặng bùi đỗ hồ ngô dương lê lý".split()  # noqa: SIM905
)

FIRST_WORDS_WITH_RULES = PLAIN_TITLES | _VIETNAMESE | _NOBLE
LAST_WORDS_WITH_RULES = PLAIN_DEGREES | GENERATIONS | BEHIND | PLAIN_TITLES
"""Words that make two words, or two with an initial between, more than a first and a last name."""
ALL_WORDS_WITH_RULES = frozenset().union(
    FIRST_WORDS_WITH_RULES, LAST_WORDS_WITH_RULES, _OPENINGS, _TWO_PERSONS, SPANISH_FAMILIES, PARTICLES,
    TITLES, AFTER_TITLE, BEFORE_TWO, DEGREES, REMARKS_BEHIND, BEHIND, GENERATIONS_AFTER_COMMA, MAIDEN,
)  # fmt: skip
"""Words that make a name of more than two words, none an initial, more than first names and a last one."""


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a full name.

    Attributes:
        first: first names, or all of what is no person's name.
        last: the family name.
        title: forms of address and degrees, which are no part of the name.
        remark: what else stood beside the name.
    """

    first: str | None
    last: str | None
    title: str | None = None
    remark: str | None = None


def split(text: str) -> Split:
    """Return the parts of a tidied full name.

    "Last, First" and a family name in capitals before others are turned round; particles go with the family name,
    generations (Jr., III) too. Else the last word is the family name, or the last two where both are Spanish family
    names and another comes before: so first names of two words (Mary Ann, María José, Jean Pierre) need no table.
    Names in Chinese characters or Hangul begin with the family. One word, a firm and what has no two parts is a
    first name only. Commas and signs around the name go; no word is lost.
    """
    core, remarks = without_remarks(text)
    titles, words = without_titles(core.split(" "))
    named = " ".join(words) if titles else text
    if is_firm(named) and not (remarks and is_person_with_remark(core)):
        return Split(text, None)
    words, degrees = without_degrees(words)
    words, generation = without_generation(words)
    title, remark = " ".join(titles + degrees) or None, "; ".join(remarks) or None
    first, last = _halves(words, has_title=bool(titles))
    if generation and last:
        last = f"{last} {generation}"
    elif generation:
        first = f"{first} {generation}"
    if titles and last is None:
        first, last = None, first
    return Split(first, last, title, remark)


def _halves(words: list[str], *, has_title: bool) -> tuple[str | None, str | None]:
    text = " ".join(words)
    if "," in text:
        last, _, first = text.partition(",")
        if first.strip() and last.strip():
            return first.strip(" ,"), last.strip()
        words = text.strip(" ,").split(" ")
    if _HAN_OR_HANGUL.match(text):
        return _eastern(text)
    if len(words) == 1:
        return words[0], None
    if family := _family_first(words, has_title=has_title):
        return " ".join(words[family:]) or None, " ".join(words[:family])
    start = _family_starts(words)
    return " ".join(words[:start]), " ".join(words[start:])


def _eastern(text: str) -> tuple[str, str | None]:
    apart = re.split("[ ・]", text)
    if len(apart) > 1 and _KATAKANA.search(apart[0]):
        return " ".join(apart[:-1]), apart[-1]
    if len(apart) > 1:
        return " ".join(apart[1:]), apart[0]
    if _HANGUL.match(text):
        return text[1:], text[0]
    return text, None


def _family_first(words: list[str], *, has_title: bool) -> int:
    """Return how many words of a family name come first; 0 if first names do.

    A family name comes first in capitals before words in small letters (DUPONT Jean), with two particles (VAN DEN BERG
    JAN), where it is Vietnamese, before an initial where it is a very common one (SMITH J); and alone, behind a title.
    """
    if capitals := _leading_capitals(words):
        return capitals
    first = words[0].casefold()
    if first in _NOBLE:
        particles = next((index for index, word in enumerate(words) if word.casefold() not in PARTICLES), 0)
        if particles > 1 or (particles and has_title and len(words) == 2):
            return particles + 1
    if len(words) > 2 and first in _VIETNAMESE:
        return 1
    if len(words) == 3 and _PATRONYMIC.search(words[2]) and not _PATRONYMIC.search(words[1]):
        return 1
    if len(words) > 1 and _TWO_INITIALS.match(" ".join(words[1:])) and len(words[0].rstrip(".")) > 2:
        return 1
    is_initial = len(words) == 2 and len(words[1].rstrip(".")) == 1
    return int(is_initial and words[0].isupper() and first in COMMON_FAMILIES | SPANISH_FAMILIES)


def _leading_capitals(words: list[str]) -> int:
    """Return how many words in capitals come before others that are not: a family name, unless they are initials."""
    if not words[0].isupper():
        return 0
    count = next((index for index, word in enumerate(words) if not word.isupper() or "." in word), len(words))
    if not 0 < count < len(words) or any(word.isupper() for word in words[count:]):
        return 0
    low = [word.casefold() for word in words[:count]]
    is_name = [len(word) > 2 or word in _OPENINGS or word in SHORT_FAMILIES for word in low]
    return count if all(is_name) and low[-1] not in PARTICLES else 0


def _trailing_capitals(words: list[str]) -> int:
    """Return the index of a family name in capitals behind words that are not ("Ana GARCÍA LÓPEZ"); else the end."""
    start = len(words)
    while start and words[start - 1].isupper() and len(words[start - 1]) > 1 and "." not in words[start - 1]:
        start -= 1
    return start if start and not any(word.isupper() and len(word) > 2 for word in words[:start]) else len(words)


def _family_starts(words: list[str]) -> int:
    """Return the index of the family name's first word: the last word, or the first particle before it."""
    end = len(words) - 1
    if end == 1:
        return 1
    low = [word.casefold() for word in words]
    if any(word in _TWO_PERSONS and low[place - 1] not in PARTICLES for place, word in enumerate(low) if place):
        return end
    lowest = 3 if low[0] in {"maria", "maría"} and low[1] in {"de", "del"} and len(words) > 3 else 1
    if lowest == 3 and low[2] in _OPENINGS and len(words) > 4:
        lowest = 4
    start = next((index for index in range(lowest, end) if _opens(low, index)), min(end, _trailing_capitals(words)))
    if end >= 2 and low[end - 1] in SPANISH_FAMILIES and low[end] in SPANISH_FAMILIES:
        start = min(start, end - 1)
    joined = next((index for index in range(lowest + 1, end) if _joins(words, low, index)), None)
    return start if joined is None else min(start, joined - 1)


def _opens(low: list[str], place: int) -> bool:
    return low[place] in _OPENINGS or (low[place] in {"o", "o'", "o’"} and low[place + 1] in AFTER_O)


def _joins(words: list[str], low: list[str], place: int) -> bool:
    """Return True if a word is the "y" of Ortega y Gasset; in capitals it is an initial, but among Spanish words."""
    if low[place] not in _JOINS:
        return False
    return words[place].islower() or low[place - 1] in SPANISH_FAMILIES or not PARTICLES.isdisjoint(low[1:place])
