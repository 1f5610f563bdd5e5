"""The runs of digits in a text, with what stands beside each."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from importer.stages.phones.meant import run
from importer.stages.phones.meant.words import EXTENSION

_OF_A_WORD = (
    r" ?\(?[0-9]{1,2} ?(?:st|nd|rd|th|h|hs|hrs|am|pm|er|ème|uhr|klo"
    r"|\. ?(?:stock|etage|og|stiege|hof|tür|nummer|patro|emelet|kerros|kat|sprat|våning|etg|sal))(?![^\W\d_])"
    r"| ?[0-9]{1,2} ?[時时시点點]"
)
_IN_A_LIST = r" ?[0-9]{1,2}\.?\) ?[+(]?[0-9]"
_PATTERNS = {
    is_list: re.compile(
        rf"{f'(?!{_IN_A_LIST})' if is_list else ''}(?:[+(][+( ]{{0,3}})?[0-9]"
        rf"(?:(?:(?!\.\.|{_OF_A_WORD}{f'|{_IN_A_LIST}' if is_list else ''})[ ()./~-]){{0,5}}[0-9])*",
        re.IGNORECASE,
    )
    for is_list in (False, True)
}
"""Digits with what stands between those of one number: neither two dots, nor 2nd, nor the 2) of a list."""

_PLAIN = re.compile("(?:[+(][+( ]{0,3})?[0-9](?:[ ()./~-]{0,5}[0-9])*")
"""A run in a text without any of these: most texts are read with it in a tenth of the time."""
_NEEDS_CARE = re.compile(rf"\.\.|[0-9]{_OF_A_WORD}|[0-9]{_IN_A_LIST}", re.IGNORECASE)

_LIST = re.compile(r"[0-9]{1,2}\.?\) ")

DECIMAL = re.compile(r"(\+?[0-9]{5,}|\+?(?:[0-9()/-] ?){8,}[0-9])(\.0{1,2})(?![0-9.])")
"""A number that was stored as one, with its decimals; as in ``repairs``, but words or another number are behind it."""

_BEGIN = re.compile("[+(0-9]")

_WORD = re.compile(r"[^\W\d_]+")
CARRIER = re.compile(r"\(?[0-9] ?(?:[xX]{2}\)? ?(?=[(0-9])|\*{2} ?(?=[0-9]{2}\)? ?[0-9]{4,5}[ -]?[0-9]{4}$))")
"""0XX, where Brazilians dial the digits of a carrier of their choice."""

_SIGNS = r"(?:[*•?_#…·](?:[ .()-]*[*•?_#…·])+|\.{2,}|…)"
_LETTERS = r"(?:[xX](?:[ .()-]*[xX])+|([nN])\1{2,})"
_HIDDEN_BEHIND = re.compile(rf"[ ().-]*(?:{_LETTERS}(?![^\W\d_])|{_SIGNS}|[*?](?= ?[0-9]))")
_HIDDEN_BEFORE = re.compile(rf"(?:(?<![^\W\d_])(?>{_LETTERS})|(?>{_SIGNS}))[ ().-]*+$")
_BEFORE_EXTENSION = re.compile(r"[ ,]*(?:#|,,+|;ext=)[ ]*", re.IGNORECASE)
_LONGEST_EXTENSION = 7


class Run(NamedTuple):
    """A run of digits.

    Attributes:
        text: it, from ``start`` to ``end`` of the cell.
        before, size: digits before it, and its own.
        decimals: ``.0`` behind it, which is neither its nor in ``follow``; empty if there is none.
        lead, follow: the cell's text between it and the runs beside it.
        is_hidden: whether signs or letters beside it stand for digits that are not shown.
        is_extension: whether what stands before it says that it is one.
    """

    text: str
    start: int
    end: int
    before: int
    size: int
    lead: str
    follow: str
    is_hidden: bool
    is_extension: bool
    decimals: str = ""

    @property
    def is_long(self) -> bool:
        """Return True if it has enough digits for a number."""
        return self.size >= run.FEWEST

    @property
    def has_words(self) -> bool:
        """Return True if words stand beside it."""
        return bool(words_of(self.lead) or words_of(self.follow))


def _names_extension(lead: str) -> bool:
    """Return True if the text before a few digits says that they are an extension."""
    if _BEFORE_EXTENSION.fullmatch(lead):
        return True
    words = words_of(lead)
    last = lead.rstrip(" .:-").rpartition(" ")[2].lstrip("(,;&").casefold()
    return bool(words) and (last in EXTENSION or (words[-1] in EXTENSION and not lead.rstrip().endswith(")")))


def runs_of(text: str) -> list[Run]:
    """Return the runs of digits of a text, in order; the digit of a carrier's 0XX is in none."""
    carrier = CARRIER.match(text)
    is_list = _LIST.match(text) is not None
    pattern = _PATTERNS[is_list] if is_list or _NEEDS_CARE.search(text) else _PLAIN
    found = pattern.finditer(text, carrier.end() if carrier else 0)
    spans = [span for one in found for span in _without_decimals(text, *one.span())]
    ends = [carrier.end() if carrier else 0, *(end + len(decimals) for _, end, decimals in spans)]
    starts = [*(start for start, _, _ in spans), len(text)]
    runs, before, last = [], 0, 0
    for at, (start, end, decimals) in enumerate(spans):
        before, last = before + run.size(text[last:start]), start
        lead, follow = text[ends[at] : starts[at]], text[ends[at + 1] : starts[at + 1]]
        is_hidden = bool(_HIDDEN_BEHIND.match(text, ends[at + 1]) or _HIDDEN_BEFORE.search(lead))
        size = run.size(text[start:end])
        is_extension = size <= _LONGEST_EXTENSION and _names_extension(lead)
        runs.append(Run(text[start:end], start, end, before, size, lead, follow, is_hidden, is_extension, decimals))
    return runs


def _without_decimals(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Yield the parts of a run that decimals end, each with these: nobody dials the 0 of 664123456.0."""
    while found := DECIMAL.match(text, start, end):
        yield start, found.end(1), found[2]
        begin = _BEGIN.search(text, found.end(), end)
        if begin is None:
            return
        start = begin.start()
    yield start, end, ""


@lru_cache(maxsize=1_000)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, in lower case."""
    return tuple(word.casefold() for word in _WORD.findall(text))
