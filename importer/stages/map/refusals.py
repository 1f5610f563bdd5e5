"""Words in a cell that say that a person is not to be contacted: ``do not call``, ``STOP``, ``wrong number``.

They count in columns for numbers, and in those that say how it stands with a person (``Status``, ``Notes``, ``Tags``).
In a name they count where they can be no part of it: ``Jane Doe (do not call)``, ``Jane Doe - deceased``.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache

import polars as pl

from importer.models.frames import RAW, cells_of, in_rows_of_few, with_prefix
from importer.stages.map import wishes
from importer.stages.map.vocabulary import is_of_others, load

_PARTS = re.compile(r"[,;|/\n()\[\]•·]+|\s[-–—]\s|:::")
_MAY_HOLD_REMARK = r"[(\[{|;/,:\n（【]| \S* "
"""A name in which words can refuse: a sign parts it, or it has three words."""
_WORDED = r"[\p{L}†]"
"""What every word that refuses has: a letter, or it is the dagger of who has died."""
_REMARKS = re.compile(r"[|;/\n()\[\]{}]+|\s[-–—]\s|:\s")
_SPELT_OUT = re.compile(r"[\W_]|^[^aeiouyàâäåáãèéêëìíîïòóôöøõùúûüаеиоуыэюяієї]+$")
"""No letters alone, or no vowel: what is no family name."""
_JOINED = re.compile(r"_|(?<=[a-z])-(?=[a-z])")
"""Signs that programs write between words: ``DO_NOT_CALL``, ``opted-out``."""
_PLEASE = re.compile("^(?:please|pls|bitte|por favor|per favore|svp|s'il vous plaît) ")
_AROUND = " .!*\"',"
_MOST_LETTERS = 2_000
"""Of a longer cell, the beginning is read."""
_LONGEST_WHEN = 24


def refuses(cells: pl.Series, *, is_phone: bool = False) -> pl.Series:
    """Return True for cells (String?) whose words refuse; ``is_phone``: it is a column for numbers."""
    return _refusing(cells, lambda texts: _that_say_no(texts, is_phone=is_phone))


def refuses_in_name(cells: pl.Series) -> pl.Series:
    """Return True for cells of names whose words refuse; most are ruled out by one pattern."""
    places = cells.str.contains(_MAY_HOLD_REMARK).fill_null(value=False).arg_true()
    found = pl.repeat(value=False, n=cells.len(), eager=True)
    return found.scatter(places, _refusing(cells.gather(places), _names_that_say_no)) if places.len() else found


def _refusing(cells: pl.Series, refusing_of: Callable[[pl.Series], list[str]]) -> pl.Series:
    """Return True for cells that refuse; few hold any of the words, and each different one of these is read once."""
    # Each spelling once, and none without a letter, as most numbers are: to look for 400 words takes longer than that.
    spellings = cells.filter(cells.str.contains(_WORDED)).unique()
    worded = spellings.filter(spellings.str.to_lowercase().str.contains_any(_hints()))
    if worded.is_empty():
        return pl.repeat(value=False, n=cells.len(), eager=True)
    return cells.is_in(refusing_of(worded)).fill_null(value=False)


def _that_say_no(texts: pl.Series, *, is_phone: bool) -> list[str]:
    """Return the texts whose words refuse; notes of every kind come here, as ``note`` holds the word ``not``."""
    plain = pl.Series(map(_plain, texts), dtype=pl.String)
    # Two passes over all of them, for whole phrases now: a loop over the phrases takes 100 µs a text.
    has_wish = plain.str.contains_any(_wishes()) & wishes.may_refuse(plain)
    likely = zip(plain.str.contains_any(_whole_phrases()), has_wish, strict=True)
    return [
        text
        for text, words, (has_phrase, may_wish) in zip(texts, plain, likely, strict=True)
        if (has_phrase and _has_refusal(words, is_phone=is_phone)) or (may_wish and wishes.wishes_no_contact(words))
    ]


def _names_that_say_no(texts: pl.Series) -> list[str]:
    return [text for text in texts if says_no_beside_name(text)]


def says_no(text: str, *, is_phone: bool = False) -> bool:
    """Return True if the words of one cell refuse."""
    words = _plain(text)
    return _has_refusal(words, is_phone=is_phone) or wishes.wishes_no_contact(words)


def _plain(text: str) -> str:
    """Return the beginning of a text in small letters, one space between words."""
    return " ".join(_JOINED.sub(" ", text[:_MOST_LETTERS].casefold().replace("’", "'")).split())


def _has_refusal(text: str, *, is_phone: bool) -> bool:
    """Return True if a plain text holds a phrase that refuses, or has a part that is a word for it."""
    if any(not _says_when(text, end) for phrase in _phrases() if phrase in text for end in _ends(text, phrase)):
        return True
    if is_phone and any(True for word in (*_words(), *_of_numbers()) if word in text for _ in _ends(text, word)):
        return True
    return any(part.strip(" .!*\"'") in _words() for part in _PARTS.split(text))


def says_no_beside_name(text: str) -> bool:
    """Return True if a name has words beside it that refuse.

    They do as a remark of their own, in brackets or behind a dash, and at the start or the end of a name without any:
    several words, or one behind two names. What is a family name too (Robinson, Stop, Baja) does only in capitals
    beside small letters.
    """
    text = " ".join(unicodedata.normalize("NFKC", text[:_MOST_LETTERS]).replace("’", "'").split())
    parts = [part.strip(_AROUND) for part in _REMARKS.split(text)]
    if len(parts) > 1:
        return any(_is_remark(part, text) for part in parts if part)
    low = _JOINED.sub(" ", parts[0].casefold())
    several = [phrase for phrase in _phrases() if " " in phrase and not _is_unspaced(phrase)]
    ends = [(phrase, end) for phrase in several for end in _ends(low, phrase) if not _says_when(low, end)]
    if any(end in (len(phrase), len(low)) for phrase, end in ends):
        return True
    *names, last = re.split("[ ,]+", low)
    return len(names) > 1 and last in _phrases() and not is_of_others((names[-1],))


def _is_remark(part: str, text: str) -> bool:
    """Return True if a part of a text, between signs, begins with words that refuse, or is one."""
    low = _PLEASE.sub("", _JOINED.sub(" ", part.casefold()))
    if low in _words():
        return _SPELT_OUT.search(low) is not None or (part.isupper() and not text.isupper())
    return any(end == len(phrase) and not _says_when(low, end) for phrase in _phrases() for end in _ends(low, phrase))


def _ends(text: str, phrase: str) -> Iterator[int]:
    """Yield the indexes where the phrase ends between words; scripts without spaces need none around it."""
    start = text.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        around = text[max(start - 1, 0) : start] + text[end : end + 1]
        if _is_unspaced(phrase) or not any(map(str.isalnum, around)):
            yield end
        start = text.find(phrase, end)


def _says_when(text: str, end: int) -> bool:
    """Return True if a time or a place follows: then the phrase is no refusal."""
    following = text[end : end + _LONGEST_WHEN].lstrip(" ,")
    return any(following.startswith(when) and not following[len(when) :][:1].isalnum() for when in _when())


def section_of_refusal(rows: pl.DataFrame) -> int | None:
    """Return the ``row`` of the first line whose only cell refuses, a title above people who said no; else None.

    ``rows`` has ``row`` (UInt32) and ``raw:<column>`` (String?).
    """
    names = with_prefix(rows, RAW)
    if len(names) < 2:
        return None
    if rows.is_empty():
        return None
    cells = cells_of(rows, names).str.strip_chars()
    alone, places = in_rows_of_few((cells != "").fill_null(value=False), rows.height, 1)
    found = pl.Series(alone, dtype=pl.UInt32).filter(refuses(cells.gather(places)))
    return None if found.is_empty() else int(rows["row"][found[0]])


@cache
def _hints() -> list[str]:
    """Return the longest word of each phrase, which a cell that refuses holds whatever its white space is."""
    longest = {max(re.split(r"['\s]", phrase), key=len) for phrase in (*_phrases(), *_words(), *_of_numbers())}
    return sorted(longest.union(wishes.hints()))


@cache
def _whole_phrases() -> list[str]:
    """Return what refuses by itself, as ``_plain`` has it."""
    return sorted({phrase.casefold() for phrase in (*_phrases(), *_words(), *_of_numbers())})


@cache
def _wishes() -> list[str]:
    return sorted({word.casefold() for word in wishes.hints()})


@cache
def _words() -> frozenset[str]:
    return frozenset(_JOINED.sub(" ", word) for word in _listed("words"))


@cache
def _of_numbers() -> tuple[str, ...]:
    return tuple(_listed("number"))


@cache
def _phrases() -> tuple[str, ...]:
    return tuple(dict.fromkeys(_JOINED.sub(" ", phrase) for phrase in _listed("phrases")))


@cache
def _when() -> tuple[str, ...]:
    return tuple(_listed("when"))


@cache
def _is_unspaced(phrase: str) -> bool:
    return any("\u3040" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7a3" for sign in phrase)


def _listed(name: str) -> list[str]:
    return [phrase.strip() for phrase in load("refusals")[name].replace("\n", ";").split(";") if phrase.strip()]
