"""The runs of digits in a text, with what stands beside each."""

import re
from dataclasses import dataclass
from functools import lru_cache

from importer.stages.phones.meant import run
from importer.stages.phones.meant.words import EXTENSION

_OF_A_WORD = r" ?\(?[0-9]{1,2} ?(?:st|nd|rd|th|h|hs|hrs|am|pm|er|ème|uhr|klo)(?![^\W\d_])"
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

_LIST = re.compile(r"[0-9]{1,2}\.?\) ")

_WORD = re.compile(r"[^\W\d_]+")
CARRIER = re.compile(r"\(?[0-9] ?[xX]{2}\)? ?(?=[(0-9])")
"""0XX, where Brazilians dial the digits of a carrier of their choice."""

_SIGNS = r"(?:[*•?_#…·](?:[ .()-]*[*•?_#…·])+|\.{2,}|…)"
_LETTERS = r"(?:[xX](?:[ .()-]*[xX])+|([nN])\1{2,})"
_HIDDEN_BEHIND = re.compile(rf"[ ().-]*(?:{_LETTERS}(?![^\W\d_])|{_SIGNS}|[*?](?= ?[0-9]))")
_HIDDEN_BEFORE = re.compile(rf"(?:(?<![^\W\d_]){_LETTERS}|{_SIGNS})[ ().-]*$")
_BEFORE_EXTENSION = re.compile(r"[ ,]*(?:#|,,+|;ext=)[ ]*", re.IGNORECASE)
_LONGEST_EXTENSION = 7


@dataclass(frozen=True)
class Run:
    """A run of digits.

    Attributes:
        text: it, from ``start`` to ``end`` of the cell.
        before, size: digits before it, and its own.
        lead, follow: the cell's text between it and the runs beside it.
        is_hidden: whether signs or letters beside it stand for digits that are not shown.
    """

    text: str
    start: int
    end: int
    before: int
    size: int
    lead: str
    follow: str
    is_hidden: bool

    @property
    def is_long(self) -> bool:
        """Whether it is long enough for a number."""
        return self.size >= run.FEWEST

    @property
    def has_words(self) -> bool:
        """Whether words stand beside it."""
        return bool(words_of(self.lead) or words_of(self.follow))

    @property
    def is_extension(self) -> bool:
        """Whether what stands before it says that it is one."""
        last = self.lead.rstrip(" .:-").rpartition(" ")[2].lstrip("(,;&").casefold()
        words = words_of(self.lead)
        is_named = last in EXTENSION or (
            bool(words) and words[-1] in EXTENSION and not self.lead.rstrip().endswith(")")
        )
        return self.size <= _LONGEST_EXTENSION and (is_named or _BEFORE_EXTENSION.fullmatch(self.lead) is not None)


def runs_of(text: str) -> list[Run]:
    """Find them, in order; the digit of a carrier's 0XX is in none."""
    carrier = CARRIER.match(text)
    found = list(_PATTERNS[_LIST.match(text) is not None].finditer(text, carrier.end() if carrier else 0))
    ends = [carrier.end() if carrier else 0, *(one.end() for one in found)]
    starts = [*(one.start() for one in found), len(text)]
    runs, before, last = [], 0, 0
    for at, one in enumerate(found):
        before, last = before + run.size(text[last : one.start()]), one.start()
        lead, follow = text[ends[at] : starts[at]], text[ends[at + 1] : starts[at + 1]]
        is_hidden = bool(_HIDDEN_BEHIND.match(text, one.end()) or _HIDDEN_BEFORE.search(lead))
        runs.append(Run(one[0], *one.span(), before, run.size(one[0]), lead, follow, is_hidden))
    return runs


@lru_cache(maxsize=1_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case."""
    return tuple(word.casefold() for word in _WORD.findall(text))
