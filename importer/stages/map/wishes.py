"""Sentences of a remark that say that somebody does not want to be contacted, or asked not to be.

``ne veut plus être appelé``, ``asked us not to call``: a word for a wish, a negation close to it, and what is done with
a number behind that. The words are those of headers (``consent.toml``), so what is known there is known here.
"""

import re
from dataclasses import dataclass
from functools import cache

import polars as pl

from importer.stages.map.vocabulary import STROKES, load, vocabulary, word_set, words_of

_SENTENCE = re.compile(r"[.?!;:()\[\]{}|\n…。?!;]+|\s[-–—]\s|\b(?:but|aber|mais|pero|mas|ma|maar|ale)\b")
_NEAR = 2
"""Words between a wish and its negation."""
_FAR = 5
"""Words between the negation and the contact: ``no quiere que nadie le vuelva a llamar``."""


@dataclass(frozen=True, slots=True)
class _Words:
    asking: frozenset[str]
    denying: frozenset[str]
    negation: frozenset[str]
    acts: frozenset[str]
    calls: frozenset[str]
    when: tuple[tuple[str, ...], ...]


def wishes_no_contact(text: str) -> bool:
    """Return True if a sentence of the text says so, other than of e-mail alone or for a time of day."""
    return any(_refuses(words_of(sentence)) for sentence in _SENTENCE.split(text))


def may_refuse(texts: pl.Series) -> pl.Series:
    """Return True for texts (String, casefolded) that hold a word for a contact and a negation, in whatever sentence.

    It passes over most notes with a word for a wish (``will call back``) a hundred times as fast as they are read.
    """
    folded = texts.str.normalize("NFKD").str.replace_all(r"[\p{M}\p{Cf}]", "").str.replace_many(STROKES)
    known = _known()
    return folded.str.contains_any([*known.acts]) & folded.str.contains_any([*known.negation, *known.denying, "n't"])


def hints() -> list[str]:
    """Return the words for wishes as they are written, one of which stands in any such sentence."""
    return [*_listed("asking"), *_listed("denying")]


def _listed(name: str) -> list[str]:
    return [word.strip() for word in load("refusals")[name].replace("\n", ";").split(";") if word.strip()]


def _refuses(words: tuple[str, ...]) -> bool:
    known = _known()
    if known.acts.isdisjoint(words) or (known.asking.isdisjoint(words) and known.denying.isdisjoint(words)):
        return False  # nearly every sentence
    wishes, denials, negations, acts = (
        [place for place, word in enumerate(words) if word in some]
        for some in (known.asking, known.denying, known.negation, known.acts)
    )
    if vocabulary().email.fits(words) and known.calls.isdisjoint(words):
        return False
    denied = [no for no in negations if any(abs(no - wish) <= _NEAR for wish in wishes)]
    refused = [act for act in acts if any(0 < act - no <= _FAR for no in denied)]
    refused += [act for act in acts if any(0 < abs(act - no) <= _NEAR for no in denials)]
    return any(not _says_when(words[act + 1 :]) for act in refused)


def _says_when(following: tuple[str, ...]) -> bool:
    return any(following[: len(when)] == when for when in _known().when)


@cache
def _known() -> _Words:
    consent = load("consent")
    negation, acts, calls = (word_set(consent[name]["words"]) for name in ("negation", "acts", "calls"))
    when = {words_of(phrase) for phrase in _listed("when")}
    asking, denying = (frozenset(w for text in _listed(name) for w in words_of(text)) for name in ("asking", "denying"))
    return _Words(asking, denying, negation, acts | calls, calls, tuple(sorted(when)))
