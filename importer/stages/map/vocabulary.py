"""The words of headers, from the data tables beside this file."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any, Literal, get_args

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_POSSESSIVE = re.compile(r"['’]s\b", re.IGNORECASE)
_NOT = re.compile(r"n['’]t\b", re.IGNORECASE)
_REMARK = re.compile(
    r"(?i)\((?:with|without|incl|including|mit|ohne|avec|con|required|optional)\b[^)]*\)"
    r"|\b(?:with|incl\.?|including|mit|inkl\.?|einschl\.?|avec|com|con|met|incl|med|z|s|se)\s+(?:the\s+)?"
    r"(?:(?:area|country|city|dial(?:l?ing)?|isd|std)\s+codes?|(?:landes)?vorwahl|(?:lands)?riktnummer|ddd|ddi|lada|"
    r"prefijo|prefisso|prefixo|indicatif|kengetal|netnummer|landcode|predvolb\w+|předvolb\w+)\b"
)
"""How a cell is to be written, or filled at all: ``(optional)``, ``with area code``."""
_INDIC = range(0x900, 0xE00)
_NUKTA = 7
_VOWELS = "".join(
    sign
    for sign in map(chr, _INDIC)
    if unicodedata.category(sign) in {"Mn", "Mc"} and unicodedata.combining(sign) != _NUKTA
)
"""Signs that are no letters to Unicode, but without which words of India are other words: husband, and address."""
_WORD = re.compile(rf"(?:[^\W\d_]|[{_VOWELS}])+|\d+")
STROKES = dict(zip("đłøı", "dloi", strict=True))
"""Letters whose stroke or missing dot is no accent to Unicode."""
_PLAIN = str.maketrans(STROKES)
_FIRST_OF_OTHER_SCRIPTS = 0x530
"""Signs before it are Latin, Greek and Cyrillic."""
MOST_SIGNS = 400
"""Of a longer header, the beginning is read."""
_NO_LETTERS = frozenset(("Mn", "Mc", "Me", "Cf"))
_SEPARATOR = re.compile(r"[;\n]")


@lru_cache(maxsize=4_096)  # all that looks at a header asks for the same words, one after the other
def words_of(text: str) -> tuple[str, ...]:
    """Return a header's words, folded; "FirstName" is two, "Phone2" is two, "don't" is not."""
    if text.isascii() and text.isalpha() and text.islower():
        return (text[:MOST_SIGNS],)  # most words of the tables are
    apart = unicodedata.normalize("NFKC", _without_remark(text[:MOST_SIGNS]))
    if "'" in apart or "’" in apart:
        apart = _NOT.sub(" not", _POSSESSIVE.sub("", apart))
    if apart != apart.lower():
        apart = _CAMEL.sub(" ", apart)
    letters = unicodedata.normalize("NFKD", apart.casefold()).translate(_PLAIN)
    if not letters.isascii():
        letters = "".join(sign for sign in letters if sign in _VOWELS or unicodedata.category(sign) not in _NO_LETTERS)
    return (letters,) if letters.isalpha() else tuple(_WORD.findall(letters))


def _without_remark(text: str) -> str:
    """Return a header without remarks; to ask first whether there can be one saves most of the time."""
    return _REMARK.sub("", text) if "(" in text or len(text.split()) > 1 else text


Role = Literal["label", "either", "area", "code", "extension"]
"""The roles of a column beside a phone column."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The wordings of one thing: a word, a part of the header, or the whole of it."""

    words: frozenset[str]
    parts: re.Pattern[str]
    phrases: frozenset[str]

    def fits(self, words: tuple[str, ...]) -> bool:
        """Return True if the words hold one of these; a letter and the word after it are one (``E-post``)."""
        if not self.words.isdisjoint(words):
            return True
        joined, without_digits, initials = _joined(words)
        if self.parts.search(joined) is not None or not self.words.isdisjoint(initials):
            return True
        return without_digits in self.phrases


@lru_cache(maxsize=256)  # one header is held against a dozen wordings
def _joined(words: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    """Return the words as one, the same without digits, and each letter alone with the word after it."""
    initials = tuple(letter + word for letter, word in pairwise(words) if len(letter) == 1)
    return "".join(words), "".join(word for word in words if not word.isdigit()), initials


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tables of ``vocabulary.toml``, ``parties.toml`` and ``beside.toml``."""

    names: dict[str, tuple[str, int]]
    email: Wording
    phone: Wording
    country: frozenset[str]
    countries: frozenset[str]
    origin: frozenset[str]
    qualifiers: tuple[str, ...]
    not_country: frozenset[str]
    spare: frozenset[str]
    places: frozenset[str]
    reached: frozenset[str]
    numbers: frozenset[str]
    never: Wording
    things: Wording
    ignored: frozenset[str]
    others: Wording
    stems: re.Pattern[str]
    containers: frozenset[str]
    own: frozenset[str]
    halves: frozenset[str]
    organisations: frozenset[str]
    relations: frozenset[str]
    strong: frozenset[str]
    weak: frozenset[str]
    billing: frozenset[str]
    shipping: frozenset[str]
    beside: dict[str, Role]
    beside_ignored: frozenset[str]
    silent: Wording


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary, read once."""
    data, parties, beside = (load(name) for name in ("vocabulary", "parties", "beside"))
    names: dict[str, tuple[str, int]] = {}
    for rank, phrase in enumerate(phrases(data["full_name"]["last_resort"]), start=1):
        names[phrase] = ("full_name", rank)
    names |= dict.fromkeys(phrases(data["full_name"]["phrases"]), ("full_name", 0))
    names |= dict.fromkeys(phrases(data["full_name"]["either"]), ("either", 0))
    for field in ("first_name", "last_name"):
        names |= dict.fromkeys(phrases(data[field]["phrases"]), (field, 0))
    ignored = word_set(data["ignored"]["words"])
    qualifiers = tuple(data["country"]["qualifiers"])
    return Vocabulary(
        names=names,
        email=wording(data["email"]),
        phone=wording(data["phone"]),
        country=frozenset(phrases(data["country"]["phrases"])),
        countries=word_set(data["country"]["words"]),
        origin=word_set(data["country"]["origin"]),
        qualifiers=qualifiers,
        not_country=ignored | frozenset(qualifiers) | word_set(data["country"]["ignored"]),
        spare=word_set(data["phone"]["spare"]),
        places=word_set(data["phone"]["places"]),
        reached=word_set(data["phone"]["reached"]),
        numbers=word_set(data["numbers"]["words"]),
        never=wording(data["never"]),
        things=wording(data["things"]),
        ignored=ignored,
        others=wording(parties["others"]),
        stems=re.compile(rf"\b(?:{'|'.join(sorted(word_set(parties['others']['stems'])))})"),
        containers=word_set(parties["containers"]["words"]),
        own=word_set(parties["own"]["words"]),
        halves=word_set(data["halves"]["words"]),
        organisations=word_set(parties["organisations"]["words"]),
        relations=word_set(parties["relations"]["words"]),
        strong=word_set(parties["strong"]["words"]),
        weak=word_set(parties["weak"]["words"]),
        billing=word_set(parties["billing"]["words"]),
        shipping=word_set(parties["shipping"]["words"]),
        beside={p: role for role in get_args(Role) for p in phrases(beside[role]["phrases"])},
        beside_ignored=word_set(beside["ignored"]["words"]),
        silent=wording(beside["silent"]),
    )


def is_of_others(words: tuple[str, ...]) -> bool:
    """Return True if the words name another party than the person of the row."""
    known = vocabulary()
    words = tuple(word for word in words if word not in known.strong or not known.others.parts.search(word))
    return known.others.fits(words) or known.stems.search(" ".join(words)) is not None


def stranger_words(words: tuple[str, ...]) -> frozenset[str]:
    """Return the words of a phone's header that may name somebody else; none in scripts that write words together."""
    if any(ord(sign) >= _FIRST_OF_OTHER_SCRIPTS for word in words for sign in word):
        return frozenset()
    known = vocabulary()
    if "".join(word for word in words if not word.isdigit()) in known.phone.phrases:
        return frozenset()
    plain = known.own | known.phone.words | known.ignored | known.numbers | known.spare | known.places | known.reached
    plain |= known.weak | known.strong | known.billing | known.shipping | known.beside_ignored
    plain |= known.containers - {"property"}
    strange = (word for word in words if not word.isdigit() and len(word) > 1 and word not in plain)
    return frozenset(word for word in strange if known.phone.parts.sub("", word) not in plain | {""})


def load(name: str) -> dict[str, Any]:
    """Return one of the tables."""
    return tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))


def wording(section: dict[str, Any]) -> Wording:
    """Return the wording of a section of ``words``, ``parts`` and ``phrases``."""
    longest_first = sorted(word_set(section.get("parts", "")), key=lambda part: (-len(part), part))
    parts = "|".join(map(re.escape, longest_first))
    return Wording(
        word_set(section.get("words", "")),
        re.compile(parts or r"(?!)"),
        frozenset(phrases(section.get("phrases", ""))),
    )


def phrases(text: str) -> Iterable[str]:
    """Yield the phrases between semicolons, each as one word."""
    return ["".join(words_of(phrase)) for phrase in _SEPARATOR.split(text) if phrase.strip()]


def word_set(text: str) -> frozenset[str]:
    """Return the words between spaces."""
    return frozenset("".join(words_of(word)) for word in text.split())
