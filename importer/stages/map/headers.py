"""What a column's header says about it, in the words of many languages."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_POSSESSIVE = re.compile(r"['’]s\b", re.IGNORECASE)
_REMARK = re.compile(r"(?i)\((?:with|without|incl|including|mit|ohne|avec|con|required|optional)\b[^)]*\)")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_STROKES = str.maketrans("đłøı", "dloi")
"""Letters whose stroke or missing dot is no accent to Unicode."""
_NO_LETTERS = frozenset(("Mn", "Mc", "Me", "Cf"))
_SEPARATOR = re.compile(r"[;\n]")
_NAMELESS = re.compile(
    r"(?i)(?:col|column|field|spalte|feld|colonne|champ|columna|campo|coluna|f|var|x|c)?[ _.-]?\d+|[a-z]{1,2}|列\d+"
)


@dataclass(frozen=True, slots=True)
class Header:
    """What the words above one column say; ranks order columns that say the same, the lowest is the best.

    Attributes:
        column: the column's name.
        field: a contact's field, ``either`` for a word that may mean a whole name or half of one, ``consent``, or None.
        rank: 0 for the plainest wording.
        is_vetoed: whether it says that the column is something else than a phone, an address or a name.
        is_thing: whether it names a number that is no phone or a text that is no name: an id, a date, a city.
        is_refusal: of ``consent``, whether yes means that the person may not be contacted.
        is_place: whether it only tells where or when somebody is reached: ``Home``, ``evening``.
        is_nameless: whether it is a mere place: ``Field3``, ``col_1``, ``B``.
    """

    column: str
    field: str | None = None
    rank: int = 0
    is_vetoed: bool = False
    is_thing: bool = False
    is_refusal: bool = False
    is_place: bool = False
    is_nameless: bool = False


@lru_cache(maxsize=65_536)
def read_header(column: str) -> Header:
    """What ``column``, a header as written, says."""
    words = _words(column)
    known = _vocabulary()
    field, rank = _name_or_country(words, known)
    is_refusal = field is None and known.refusal.fits(words)
    if field is None and (is_refusal or known.consent.fits(words)) and _is_about_calls(words, known):
        return Header(column, "consent", is_refusal=is_refusal)
    is_vetoed = field is None and known.never.fits(words)
    if field is None and not is_vetoed:
        field, rank = _address_or_phone(words, known)
    is_thing = is_vetoed or known.things.fits(words)
    return Header(
        column,
        field,
        rank,
        is_vetoed,
        is_thing,
        is_place=bool(words) and known.reached.issuperset(words),
        is_nameless=_NAMELESS.fullmatch(column.strip()) is not None,
    )


def _is_about_calls(words: tuple[str, ...], known: "_Vocabulary") -> bool:
    """Whether consent is for calls or messages, or for no way of contact in particular."""
    is_about_other = known.other_consent.fits(words) or known.email.fits(words)
    return not is_about_other or known.phone.fits(words) or known.calls.fits(words)


def _name_or_country(words: tuple[str, ...], known: "_Vocabulary") -> tuple[str | None, int]:
    plain = "".join(words)
    core = "".join(word for word in words if word not in known.ignored and not word.isdigit())
    for text in (plain, core):
        if text in known.names:
            return known.names[text]
    place = [word for word in words if word in known.qualifiers]
    rest = "".join(word for word in words if word not in known.not_country and not word.isdigit())
    if rest in known.country or core in known.country:
        return "country", max((1 + known.qualifiers.index(word) for word in place), default=0)
    return None, 0


def _address_or_phone(words: tuple[str, ...], known: "_Vocabulary") -> tuple[str | None, int]:
    number = max((int(word) for word in words if word.isdigit()), default=1)
    is_second = number > 1 or not known.spare.isdisjoint(words)
    if known.email.fits(words):
        return "email", 1 if is_second else 0
    if known.phone.fits(words):
        is_second_place = number > 1 and not known.places.isdisjoint(words)
        return "phone", 1 if is_second_place or not known.spare.isdisjoint(words) else 0
    return None, 0


def _words(text: str) -> tuple[str, ...]:
    """A header as its words: no case, accents or punctuation; "FirstName" is two, "Phone2" is two."""
    apart = _CAMEL.sub(" ", _POSSESSIVE.sub("", unicodedata.normalize("NFKC", _REMARK.sub("", text))))
    letters = unicodedata.normalize("NFKD", apart.casefold()).translate(_STROKES)
    return tuple(_WORD.findall("".join(sign for sign in letters if unicodedata.category(sign) not in _NO_LETTERS)))


@dataclass(frozen=True, slots=True)
class _Wording:
    """How a field with many wordings is recognised: a word, a part of the header, or the whole of it."""

    words: frozenset[str]
    parts: re.Pattern[str]
    phrases: frozenset[str]

    def fits(self, words: tuple[str, ...]) -> bool:
        together = "".join(words)
        undigited = "".join(word for word in words if not word.isdigit())
        return not self.words.isdisjoint(words) or undigited in self.phrases or self.parts.search(together) is not None


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    names: dict[str, tuple[str, int]]
    email: _Wording
    phone: _Wording
    country: frozenset[str]
    qualifiers: tuple[str, ...]
    not_country: frozenset[str]
    spare: frozenset[str]
    places: frozenset[str]
    reached: frozenset[str]
    never: _Wording
    things: _Wording
    consent: _Wording
    refusal: _Wording
    other_consent: _Wording
    calls: _Wording
    ignored: frozenset[str]


@cache
def _vocabulary() -> _Vocabulary:
    text = resources.files(__package__).joinpath("vocabulary.toml").read_text("utf-8")
    data = tomllib.loads(text)
    names: dict[str, tuple[str, int]] = {}
    for rank, phrase in enumerate(_phrases(data["full_name"]["last_resort"]), start=1):
        names[phrase] = ("full_name", rank)
    names |= dict.fromkeys(_phrases(data["full_name"]["phrases"]), ("full_name", 0))
    names |= dict.fromkeys(_phrases(data["full_name"]["either"]), ("either", 0))
    for field in ("first_name", "last_name"):
        names |= dict.fromkeys(_phrases(data[field]["phrases"]), (field, 0))
    ignored = _set(data["ignored"]["words"])
    qualifiers = tuple(data["country"]["qualifiers"])
    return _Vocabulary(
        names=names,
        email=_wording(data["email"]),
        phone=_wording(data["phone"]),
        country=frozenset(_phrases(data["country"]["phrases"])),
        qualifiers=qualifiers,
        not_country=ignored | frozenset(qualifiers) | _set(data["country"]["ignored"]),
        spare=_set(data["phone"]["spare"]),
        places=_set(data["phone"]["places"]),
        reached=_set(data["phone"]["reached"]),
        never=_wording(data["never"]),
        things=_wording(data["things"]),
        consent=_wording(data["consent"]),
        refusal=_wording(data["refusal"]),
        other_consent=_wording(data["other_consent"]),
        calls=_wording(data["calls"]),
        ignored=ignored,
    )


def _wording(section: dict[str, Any]) -> _Wording:
    parts = "|".join(map(re.escape, sorted(_set(section.get("parts", "")))))
    return _Wording(
        _set(section["words"]), re.compile(parts or r"(?!)"), frozenset(_phrases(section.get("phrases", "")))
    )


def _phrases(text: str) -> Iterable[str]:
    return ["".join(_words(phrase)) for phrase in _SEPARATOR.split(text) if phrase.strip()]


def _set(text: str) -> frozenset[str]:
    return frozenset("".join(_words(word)) for word in text.split())
