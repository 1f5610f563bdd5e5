"""Headers: what one says about its column, in the words of many languages."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from importer.stages.map.consent_headers import Way, asks, names_an_act
from importer.stages.map.vocabulary import MOST_SIGNS, Role, Vocabulary, is_of_others, vocabulary, words_of

_PATH = re.compile(r"\s*[/.>:|()\[\]]\s*|\s+[-–—]\s+|\s*__\s*")
_QUESTION = re.compile(
    r"(?i)\b(?:you|your|you're|yours|ihr|ihre|dein|deine|votre|vos|ton|tu|su|seu|sua|tuo|uw|je)\b|\?|\{\{"
)
_CLAUSE_END = re.compile(r"[(.;]")
_BRACKETS = re.compile(r"([^()]*[^()\s])\s*\(([^()]{1,60})\)")
_SAYS_NOTHING = frozenset({"id", "original", "required", "optional"})
_PERSON = re.compile(r"(?i)\s*(?:contact\s*)?(?:person|contact|guest|member|participant)[\s_-]*\d")
_REMARK = re.compile(r"(?i)open.ended|\bother\b|comment|specify|explain")
"""The answer beside the others in which people write what they want."""
_LONG = 7
"""Words from which on a header that addresses somebody is a question of a form."""
_REPEATED = re.compile(r" \((\d+)\)$")
_NAMELESS = re.compile(
    r"(?i)(?:col|column|field|spalte|feld|colonne|champ|columna|campo|coluna|f|var|x|c)?[ _.-]?\d+|[a-z]{1,2}|列\d+"
)
_NAME_FIELDS = frozenset(("first_name", "last_name", "full_name", "either"))


@dataclass(frozen=True, slots=True)
class Header:
    """A header as it was read; ranks order columns that say the same, the lowest is the best.

    Attributes:
        column: the column's name.
        field: a contact's field, ``either`` for a word that may mean a whole name or half of one, ``consent``, or None.
        rank: 0 for the plainest wording.
        is_vetoed: whether it says that the column is something else than a phone, an address or a name.
        is_thing: whether it names a number that is no phone or a text that is no name: an id, a date, a city.
        is_refusal: of ``consent``, whether yes means that the person may not be contacted.
        is_place: whether it only tells where or when somebody is reached: ``Home``, ``evening``.
        is_nameless: whether it is a mere place: ``Field3``, ``col_1``, ``B``.
        is_others: whether it names another party than the person: their doctor, employer, assistant.
        role: how the person is called: 0 as whom a list is about (``patient``), 1 not at all, 2 as somebody beside
            them (``user``, ``buyer``).
        block: ``billing`` or ``shipping``, one of two addresses that each have a person, or None.
        is_numbered_person: whether it names one of several people at a customer: ``Person1Email``.
        number: the number in it, from 1 on; a repeated header has its own.
        is_country: whether a word for a country is anywhere in it.
        is_answered: whether yes or no below it may be consent: ``SMS``, ``No WhatsApp``.
        beside: what it says of a phone column beside it: ``code``, ``area``, ``either`` of these, ``label``; or None.
        words: all its words.
    """

    column: str
    field: str | None = None
    rank: int = 0
    is_vetoed: bool = False
    is_thing: bool = False
    is_refusal: bool = False
    is_place: bool = False
    is_nameless: bool = False
    is_others: bool = False
    role: int = 1
    block: str | None = None
    is_numbered_person: bool = False
    number: int = 1
    is_country: bool = False
    is_answered: bool = False
    beside: Role | None = None
    words: tuple[str, ...] = ()


@lru_cache(maxsize=65_536)
def read_header(column: str) -> Header:
    """Return what ``column``, a header as written, says.

    Of a question with several answers (``How do we reach you? / Phone``) the answer says it, and of a heading that
    brackets repeat (``Email ID (Email IDs)``) the heading; unless there are words of another party.
    """
    question, _, answer = column.rpartition(" / ")
    if _is_neutral(question):
        return replace(read_header(answer), column=column, words=words_of(column[:MOST_SIGNS]))
    if _QUESTION.search(question) and question[-1] in ".?:" and not _is_about_another(question):
        inner = replace(read_header(answer), column=column, words=words_of(column[:MOST_SIGNS]))
        if _REMARK.search(answer):
            return replace(inner, is_thing=True)
        if inner.field is not None or inner.is_thing:
            return inner
    if (plain := _without_echo(column)) is not None:
        return replace(read_header(plain), column=column)
    return _read(column)


def _is_neutral(group: str) -> bool:
    """Return True for a group that only says that its columns are the person's: ``Contact details``."""
    known, words = vocabulary(), words_of(group)
    return bool(words) and all(word in known.containers or word in known.ignored for word in words)


def _is_about_another(text: str) -> bool:
    words = words_of(text)
    return is_of_others(words) or not vocabulary().relations.isdisjoint(words)


def _without_echo(column: str) -> str | None:
    """Return the header without brackets at its end that only repeat its words; None if there are none."""
    match = _BRACKETS.fullmatch(column[:MOST_SIGNS])
    if match is None:
        return None
    plain, echo = ({word.removesuffix("s") for word in words_of(part)} for part in match.groups())
    return match[1] if echo and plain and echo <= plain | _SAYS_NOTHING and echo & plain else None


def _read(column: str) -> Header:
    text = column[:MOST_SIGNS]
    words = words_of(text)
    known = vocabulary()
    field, rank = _name_or_country(words, known)
    if field is None:
        field, rank = _name_at_the_end(text, known)
    is_question = len(words) >= _LONG and _QUESTION.search(text) is not None
    if field is None and _QUESTION.search(text):
        field = _asked_name(words_of(_CLAUSE_END.split(text, maxsplit=1)[0]), known)
    consent = asks(text) if field is None else None
    if consent is not None and not consent.is_weak:
        is_refusal = consent.way is Way.REFUSES
        whose = is_of_others(words)
        return _header(column, words, known, field="consent", is_refusal=is_refusal, is_others=whose)
    is_others = field is None and is_of_others(words) and not _is_own_mail(words, known)
    is_vetoed = (
        field is None
        and (is_others or _is_never(words, known, is_question=is_question))
        and not _is_address(words, known)
    )
    beside = _beside(words, known)
    is_label = beside == "label" and field is None
    if field is None and not is_vetoed and not is_label:
        field, rank = _address_or_phone(words, known)
    return _header(
        column,
        words,
        known,
        field=field,
        rank=rank,
        is_vetoed=is_vetoed,
        is_thing=is_vetoed or is_label or known.things.fits(words),
        is_others=is_others,
        is_place=_is_place(words, known),
        is_nameless=_NAMELESS.fullmatch(text.strip()) is not None,
        is_country=not known.countries.isdisjoint(words) and known.origin.isdisjoint(words),
        is_answered=names_an_act(words),
        beside=beside,
    )


def _header(column: str, words: tuple[str, ...], known: Vocabulary, **told: Any) -> Header:
    """Return a header with what its words say of whom it is about, and what else is ``told``."""
    is_strong, is_weak = not known.strong.isdisjoint(words), not known.weak.isdisjoint(words)
    is_shipping, is_billing = not known.shipping.isdisjoint(words), not known.billing.isdisjoint(words)
    return Header(
        column,
        words=words,
        role=2 if is_weak else 0 if is_strong else 1,
        block="shipping" if is_shipping else "billing" if is_billing else None,
        is_numbered_person=_PERSON.match(column) is not None,
        number=_number(column[:MOST_SIGNS], words),
        **told,
    )


def _number(text: str, words: tuple[str, ...]) -> int:
    """Return the last number of a header; a repeated header has the one that was added to it."""
    repeated = _REPEATED.search(text)
    return int(repeated[1]) if repeated else next((int(word) for word in reversed(words) if _is_small(word)), 1)


def _is_small(word: str) -> bool:
    return word.isdecimal() and len(word) <= 2


def _name_or_country(words: tuple[str, ...], known: Vocabulary) -> tuple[str | None, int]:
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


def _name_at_the_end(text: str, known: Vocabulary) -> tuple[str | None, int]:
    """Return the name field of a path's last part or of brackets: ``properties.firstname``, ``Name (First)``.

    What stands before it must not tell of anything else than the person.
    """
    parts = [words for part in _PATH.split(text) if (words := words_of(part)) and not "".join(words).isdigit()]
    if len(parts) < 2:
        return None, 0
    before = [word for words in parts[:-1] for word in words]
    field, rank = known.names.get("".join(parts[-1]), (None, 0))
    is_neutral = all(
        word in known.containers or word in known.ignored or word in known.weak or word.isdigit() for word in before
    )
    if is_neutral and field in _NAME_FIELDS:
        return field, rank
    is_about_other = is_of_others(tuple(before)) or known.never.words.difference(("name", "names")).intersection(before)
    is_half = field in ("first_name", "last_name")
    return (field, rank) if is_half and not is_about_other and not known.things.fits(tuple(before)) else (None, 0)


def _asked_name(words: tuple[str, ...], known: Vocabulary) -> str | None:
    """Return the name that a question asks for: ``What's your first name?``; None if it asks for none."""
    if is_of_others(words) or not known.relations.isdisjoint(words):
        return None
    pairs = {"".join(words[place : place + 2]) for place in range(len(words) - 1)}
    for field, phrases in _ASKED.items():
        if not pairs.isdisjoint(phrases):
            return field
    return None


_ASKED = {
    "first_name": {"firstname", "givenname", "deinvorname", "ihrvorname", "votreprenom", "tunombre", "tuonome"},
    "last_name": {"lastname", "familyname", "yoursurname", "deinnachname", "ihrnachname", "tuapellido", "tusapellidos"},
    "full_name": {
        "fullname",
        "yourname",
        "ihrname",
        "deinname",
        "votrenom",
        "nombrecompleto",
        "nomecompleto",
        "seunome",
    },
}
"""Two words in a row of a question, by the name that it asks for."""


def _is_never(words: tuple[str, ...], known: Vocabulary, *, is_question: bool) -> bool:
    """Return True if a word speaks of something else; a long question has many that do not."""
    return not known.relations.isdisjoint(words) or known.silent.fits(words) if is_question else known.never.fits(words)


def _is_own_mail(words: tuple[str, ...], known: Vocabulary) -> bool:
    """Return True for a mail address at an organisation, which may be the person's own; its phone is not."""
    rest = tuple(word for word in words if word not in known.organisations)
    return known.email.fits(words) and len(rest) < len(words) and not is_of_others(rest)


def _is_address(words: tuple[str, ...], known: Vocabulary) -> bool:
    return "".join(word for word in words if word not in known.ignored and not word.isdigit()) in known.email.phrases


def _address_or_phone(words: tuple[str, ...], known: Vocabulary) -> tuple[str | None, int]:
    number = max((int(word) for word in words if _is_small(word)), default=1)
    is_second = number > 1 or not known.spare.isdisjoint(words)
    if known.email.fits(words):
        return "email", 1 if is_second or not known.organisations.isdisjoint(words) else 0
    if known.phone.fits(words):
        is_second_place = number > 1 and not known.places.isdisjoint(words)
        rank = 1 if is_second_place or not known.spare.isdisjoint(words) else 0
        return "phone", -1 if "preferred" in words else rank
    return None, 0


def _is_place(words: tuple[str, ...], known: Vocabulary) -> bool:
    """Return True for ``Home``, ``evening`` and ``Business Number``."""
    rest = [word for word in words if word not in known.numbers]
    return bool(rest) and known.reached.issuperset(rest)


def _beside(words: tuple[str, ...], known: Vocabulary) -> Role | None:
    """Return the column's role beside a phone, None if it has none; words for the phone and digits do not count."""
    plain = "".join(words)
    if plain in known.beside or plain in known.phone.phrases:
        return known.beside.get(plain)
    tail = [word for word in words if not word.isdigit()]
    for first in range(1, len(tail)):
        role = known.beside.get("".join(tail[first:]))
        if role is not None and (
            known.phone.fits(tuple(tail[:first])) or set(tail[:first]) <= known.reached | known.ignored
        ):
            return role
    apart = (known.phone.words, known.numbers, known.ignored)
    rest = [word for word in tail if not any(word in some for some in apart)]
    return known.beside.get("".join(known.phone.parts.sub("", word) for word in rest))
