"""Headers about consent: whether one asks, which way yes points, and for which ways of contact.

A word for consent beside a negation or a withdrawal (``Do not allow calls``, ``Consent withdrawn``, ``Keine
Einwilligung``) asks for refusal, and so does a negation before what is done with a number (``No SMS``, ``Don't text``).
Two such words in one sentence leave the way open: that is a question.
"""

import re
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cache, lru_cache

from importer.stages.map.vocabulary import MOST_SIGNS, Wording, load, vocabulary, word_set, wording, words_of

_SENTENCE = re.compile(r"[.?!;:()\[\]{}…。?!;]+")
_NUMBER_OF = re.compile(r"(?i)^\s*no\.\s*(?:of\s+)?(?=\w)")
_NEAR = 2
"""Words between a negation and what it turns round."""
_ACT_NEAR = 3
"""Words for what is done with a number: ``not to be called``."""
_AFTERTHOUGHT = 2
"""Words of a remark behind a sentence that may still turn it: ``Consent (withdrawn)``."""
_NUMBER_AFTER = frozenset({"no"})
"""A negation, and a short form of number."""


class Way(Enum):
    """The meaning of yes."""

    AGREES = "yes means that the person may be contacted"
    REFUSES = "yes means that the person may not be contacted"
    UNSURE = "which way yes points is not sure"


class Scope(IntEnum):
    """The contact that consent is for; a yes counts against a no of no larger scope."""

    GENERAL = 0
    CONTACT = 1
    CALLS = 2


@dataclass(frozen=True, slots=True)
class Asks:
    """The question of a column of consent.

    Attributes:
        way: which way yes points.
        scope: for which contact.
        is_status: whether only words that tell by themselves count: the header may speak of a product.
        is_weak: whether the header could as well name a phone column: ``No WhatsApp``.
        is_bare: whether it is but a word that may speak of a product: ``Subscribed``.
    """

    way: Way
    scope: Scope
    is_status: bool = False
    is_weak: bool = False
    is_bare: bool = False


@lru_cache(maxsize=65_536)
def asks(column: str) -> Asks | None:
    """Read a header; None if it does not ask for consent to calls or messages."""
    known = _known()
    column = _NUMBER_OF.sub("number of ", column[:MOST_SIGNS])
    whole = words_of(column)
    if not whole or not _is_about_calls(whole):
        return None
    sentences = [words for part in _SENTENCE.split(column) if (words := words_of(part))]
    places = (i for i, words in enumerate(sentences) if _sentence(words))
    place = next(places, None)
    if place is None and sentences == [whole]:
        return None
    asked = whole if place is None else sentences[place]
    found = _sentence(asked)
    ends = asked if len(asked) <= _SHORT // 2 else (asked[0], *asked[-_NEAR:])
    if found is None or not known.about.isdisjoint(ends):
        return None
    way, is_status, is_weak = found
    for words in sentences[place + 1 :] if place is not None else ():
        is_turned = not (known.withdrawal | known.negation).isdisjoint(words) or known.refusal.fits(words)
        if len(words) <= _AFTERTHOUGHT and is_turned and way is Way.AGREES:
            way = Way.REFUSES
    is_dated = not known.when.isdisjoint(ends)
    if is_dated and way is Way.AGREES:
        return None
    if way is Way.REFUSES and (not known.checked.isdisjoint(ends) or (is_dated and _is_lone(whole))):
        way = Way.UNSURE
    is_bare = known.subscription.issuperset(word for word in whole if word not in known.auxiliary)
    return Asks(way, _scope(whole), is_status, is_weak, is_bare)


def is_about_else(column: str) -> bool:
    """Return True if the column asks for consent to something else than calls and messages."""
    words = words_of(column)
    return bool(words) and not _is_about_calls(words) and _sentence(words) is not None


def names_an_act(words: tuple[str, ...]) -> bool:
    """Return True if the words are little more than a way of contact: ``SMS``, ``Calls``, ``No WhatsApp``."""
    known = _known()
    rest = [word for word in words if word not in known.auxiliary]
    return len(words) <= _ACT_NEAR and (not known.acts.isdisjoint(words) or known.withdrawal.issuperset(rest))


def says_how_it_stands(column: str) -> bool:
    """Return True if the column tells of a person's status or holds remarks, and not of e-mail alone."""
    words = words_of(column)
    return not _known().told.isdisjoint(words) and _is_about_calls(words)


def names_refusal(name: str) -> bool:
    """Return True if a sheet, file or section is named after people who said no."""
    words = words_of(name)
    known = _known()
    is_clean = not known.clean.isdisjoint((words[0], words[-1])) if words else False
    return known.lists.fits(words) and not (is_clean or words[:2] == ("not", "on"))


def _sentence(words: tuple[str, ...]) -> tuple[Way, bool, bool] | None:
    """Return the way of one sentence, and whether it is a status or weak; None if it does not ask."""
    known = _known()
    negations = _places(words, known.negation)
    acts = _places(words, known.acts)
    is_act_refused = _is_act_refused(words, negations, acts)
    if _is_refusal(words, acts):
        refusing = _places(words, known.refusal.words | _OPTED | known.objection)
        is_double = any(0 < i - no <= _NEAR for no in negations for i in refusing)
        is_both = "or" in words and bool(_agreed(words))
        return (Way.UNSURE if is_double or is_both else Way.REFUSES), False, False
    if _is_agreed(words, acts):
        wishes = _places(words, known.wishes)
        agreed = _agreed(words) + _places(words, known.subscription) + wishes
        is_status = not wishes and not known.consent.fits(words) and not _agreed(words)
        is_status &= known.calls.isdisjoint(words)
        taken = negations + _places(words, known.withdrawal)
        is_turned = any(abs(no - yes) <= _NEAR for no in taken for yes in agreed)
        is_turned |= (not agreed and any(no <= 1 for no in negations)) or known.unspaced.search(
            "".join(words)
        ) is not None
        if is_turned or is_act_refused:
            return Way.REFUSES, is_status, False
        is_open = ("in" in words and "out" in words) or (bool(negations) and len(words) <= _SHORT)
        return (Way.UNSURE if is_open else Way.AGREES), is_status, False
    is_weak = words[0] in _NUMBER_AFTER and len(words) <= _ACT_NEAR and known.calls.isdisjoint(words)
    return (Way.REFUSES, False, is_weak) if is_act_refused else None


def _is_act_refused(words: tuple[str, ...], negations: list[int], acts: list[int]) -> bool:
    """Return True for ``No SMS``, ``Anrufe nicht`` and ``Declined calls``, not for ``Contact No``."""
    behind = [no for no in negations if words[no] not in _NUMBER_AFTER]
    declined = _places(words, _known().declined)
    return (
        any(0 < act - no <= _ACT_NEAR for no in negations for act in acts)
        or any(0 < no - act <= _NEAR for no in behind for act in acts)
        or any(abs(no - act) <= _ACT_NEAR for no in declined for act in acts)
    )


def _is_lone(words: tuple[str, ...]) -> bool:
    """Return True if what refuses may as well speak of a membership or an account: ``Fecha de baja``."""
    known = _known()
    found = known.refusal.words.intersection(words)
    is_part = known.refusal.parts.search("".join(words)) is not None
    return bool(found) and found <= known.lone and not is_part and known.calls.isdisjoint(words)


def _is_refusal(words: tuple[str, ...], acts: list[int]) -> bool:
    """Return True if the words refuse; a word that may speak of other things does so alone, or beside an act."""
    known = _known()
    if not known.objection.isdisjoint(words) and acts:
        return True
    if not known.refusal.fits(words):
        return False
    rest = [word for word in words if word not in vocabulary().ignored | known.auxiliary | known.when]
    firm = known.refusal.words - known.lone
    is_firm = not firm.isdisjoint(words) or known.refusal.parts.search("".join(words)) is not None
    return is_firm or len(rest) == 1 or bool(acts) or vocabulary().phone.fits(words) or bool(_agreed(words))


def _is_agreed(words: tuple[str, ...], acts: list[int]) -> bool:
    """Return True if the words are about consent; those for anything at all only where it is for a contact."""
    known = _known()
    is_contact = bool(acts) or vocabulary().phone.fits(words) or not known.general.isdisjoint(words)
    if is_contact and not known.wishes.isdisjoint(words):
        return True
    agreed = {words[place] for place in _agreed(words)}
    is_firm = bool(agreed - known.loose) or known.consent.parts.search("".join(words)) is not None
    if is_firm or "".join(words) in known.consent.phrases or not known.subscription.isdisjoint(words):
        return True
    return bool(agreed) and (is_contact or len(words) == 1)


def _agreed(words: tuple[str, ...]) -> list[int]:
    """Return the indexes of words for consent."""
    known = _known()
    return [place for place, word in enumerate(words) if word in known.consent.words or known.stems.match(word)]


def _places(words: tuple[str, ...], some: frozenset[str]) -> list[int]:
    return [place for place, word in enumerate(words) if word in some]


_OPTED = frozenset({"opt", "opted"})
_SHORT = 8
"""Words of a header in which a negation that stands far from the word for consent still leaves it open."""


def _is_about_calls(words: tuple[str, ...]) -> bool:
    """Return True if consent is for calls or messages, or for no way of contact in particular."""
    known = _known()
    is_about_other = known.other.fits(words) or vocabulary().email.fits(words)
    return not is_about_other or vocabulary().phone.fits(words) or not known.calls.isdisjoint(words)


def _scope(words: tuple[str, ...]) -> Scope:
    known = _known()
    if not known.calls.isdisjoint(words) or vocabulary().phone.fits(words):
        return Scope.CALLS
    return Scope.CONTACT if known.general.isdisjoint(words) else Scope.GENERAL


@dataclass(frozen=True, slots=True)
class _Known:
    consent: Wording
    refusal: Wording
    other: Wording
    calls: frozenset[str]
    negation: frozenset[str]
    acts: frozenset[str]
    declined: frozenset[str]
    withdrawal: frozenset[str]
    subscription: frozenset[str]
    general: frozenset[str]
    about: frozenset[str]
    told: frozenset[str]
    lists: Wording
    clean: frozenset[str]
    stems: re.Pattern[str]
    loose: frozenset[str]
    wishes: frozenset[str]
    objection: frozenset[str]
    auxiliary: frozenset[str]
    when: frozenset[str]
    checked: frozenset[str]
    lone: frozenset[str]
    unspaced: re.Pattern[str]


_SETS = (
    "calls", "negation", "acts", "declined", "withdrawal", "subscription", "general", "about", "told", "objection",
    "auxiliary", "when", "checked",
)  # fmt: skip


@cache
def _known() -> _Known:
    data = load("consent")
    sets = {name: word_set(data[name]["words"]) for name in _SETS}
    return _Known(
        consent=wording(data["consent"]),
        refusal=wording(data["refusal"]),
        other=wording(data["other_consent"]),
        lists=wording(data["lists"]),
        clean=word_set(data["lists"]["clean"]),
        stems=re.compile("|".join(sorted(word_set(data["consent"]["stems"])))),
        loose=word_set(data["consent"]["loose"]),
        wishes=word_set(data["consent"]["wishes"]),
        lone=word_set(data["refusal"]["lone"]),
        unspaced=re.compile("|".join(sorted(word_set(data["unspaced_negation"]["words"])))),
        **sets,
    )
