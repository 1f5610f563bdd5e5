"""Words in a cell that say that a person is not to be contacted: ``do not call``, ``STOP``, ``wrong number``.

They count in columns for numbers, and in those that say how it stands with a person (``Status``, ``Notes``, ``Tags``).
"""

import re
from collections.abc import Iterator
from functools import cache

import polars as pl

from importer.frames import RAW, with_prefix
from importer.stages.map.vocabulary import load

_PARTS = re.compile(r"[,;|/\n()\[\]•·]+|\s[-–—]\s|:::")
_MOST_LETTERS = 2_000
"""Of a longer cell, the beginning is read."""
_LONGEST_WHEN = 24


def refuses(cells: pl.Series, *, is_phone: bool = False) -> pl.Series:
    """Boolean for each cell (String?): whether its words refuse; ``is_phone``: it is a column for numbers.

    Few cells hold any of the words; each different one of these is read once.
    """
    lowered = cells.str.to_lowercase()
    found = lowered.str.contains_any(_hints()).fill_null(value=False)
    if not found.any():
        return found
    texts = lowered.filter(found)
    different = texts.unique()
    refusing = [text for text in different if says_no(text, is_phone=is_phone)]
    return lowered.is_in(refusing).fill_null(value=False)


def says_no(text: str, *, is_phone: bool = False) -> bool:
    """Whether the words of one cell refuse."""
    text = " ".join(text[:_MOST_LETTERS].casefold().replace("’", "'").split())
    if any(not _says_when(text, end) for phrase in _phrases() for end in _ends(text, phrase)):
        return True
    if is_phone and any(True for word in _words() for _ in _ends(text, word)):
        return True
    return any(part.strip(" .!*\"'") in _words() for part in _PARTS.split(text))


def _ends(text: str, phrase: str) -> Iterator[int]:
    """Where the phrase ends in the text, wherever it stands between words; scripts without spaces need none around."""
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
    """The ``row`` of the first line whose only cell refuses: a title above people who said no. None if there is none.

    ``rows`` has ``row`` (UInt32) and ``raw:<column>`` (String?).
    """
    names = with_prefix(rows, RAW)
    if len(names) < 2:
        return None
    cells = rows.select("row", pl.col(names).str.strip_chars().replace("", None))
    alone = cells.filter(pl.sum_horizontal(pl.col(names).is_not_null()) == 1)
    titles = alone.select("row", text=pl.coalesce(names))
    found = titles.filter(refuses(titles["text"]))
    return None if found.is_empty() else int(found["row"][0])


@cache
def _hints() -> list[str]:
    """What a cell that refuses holds, whatever its white space: the longest word of each phrase."""
    return sorted({max(re.split(r"['\s]", phrase), key=len) for phrase in (*_phrases(), *_words())})


@cache
def _words() -> frozenset[str]:
    return frozenset(_listed("words"))


@cache
def _phrases() -> tuple[str, ...]:
    return tuple(_listed("phrases"))


@cache
def _when() -> tuple[str, ...]:
    return tuple(_listed("when"))


@cache
def _is_unspaced(phrase: str) -> bool:
    return any("\u3040" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7a3" for sign in phrase)


def _listed(name: str) -> list[str]:
    return [phrase.strip() for phrase in load("refusals")[name].replace("\n", ";").split(";") if phrase.strip()]
