"""The ways to read a shape: as it stands, otherwise than it stands, and each of its parts.

A way says which digits of a text are the number, never which digits they are; where those at its start must be certain
ones, it says which. Text and digits of a shape stand for those of every text of that shape.
"""

import re
from array import array
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from importer.stages.phones import oracle, repairs
from importer.stages.phones.oracle import FAULTS, NO_FAULT, Fault
from importer.stages.phones.repairs import bits

LONGEST = 500
"""Characters of the longest text that is looked at for repairs and parts."""

_ALTERNATIVES = (
    ("00-prefix", re.compile(r"\(?([0-9]{2})\)?[ ()./\-]*([0-9].*)"), "00", 0),
    ("011-prefix", re.compile(r"\(?([0-9]{3})\)?[ ()./\-]*([0-9](?:[^0-9]*[0-9]){9,}.*)"), "011", 0),
    ("trunk-zero", re.compile(r"(\+) ?([0-9]{1,3}) ?\([0-9]\) ?(.*)"), "", 1),
    ("trunk-zero", re.compile(r"([0-9]{2}) ?([0-9]{1,3}) ?\([0-9]\) ?(.*)"), "00", 1),
)
"""Other readings of a text that is no valid number as it stands: rule, pattern, what its first group must be, and how
many digits between the other groups are left out, which must be zeros. ``+`` and the other groups are what is read.

``011`` needs ten digits after it: with fewer, it is the area code of Buenos Aires, Johannesburg or Turin.
"""

_BETWEEN_NUMBERS = re.compile(r"\s+/\s+|\s*[;,|&]\s*|\s+(?:or|and|oder|und|ou|et|o|y|e)\s+", re.IGNORECASE)
"""What stands between two numbers; a slash without spaces may as well stand within one, so it comes second."""

_BEFORE_PLUS = re.compile(r"([0-9])[^0-9+]*\+")
_OPTIONAL_ZERO = re.compile(r"(?:\+|[0-9]{2})[0-9 ]+\([0-9]\)")

_NO_DIGITS = str.maketrans("", "", "0123456789")
_SHORTEST_PART = 6
"""Digits below which a part is no number of its own; then the cell is not taken apart, with one exception."""

_SHORT_BEFORE_PLUS = re.compile(r"([^0-9+;,|&]*(?:[0-9][^0-9+;,|&]*){1,5})[;,|&]\s*(\+.*)")
"""Fewer digits, a sign that stands between numbers, and a plus: there a whole number begins. Anywhere else so few
digits may be an extension, or a part of a number that was torn apart."""


MOST_ASKED = 4
"""Digits of which a way may ask something."""

ANY, NOT_ZERO = -1, -2
"""What a digit must be, where that is not one digit."""

FACTS = (
    *("first", "count", "has_plus", "is_open", "fault", "rules", "left_out", "optional", "is_part", "is_alternative"),
    *("is_bare", "is_damaged", "extension_at", "extension_size", "rest_at", "rest_size"),
)
"""The names of a way's ``facts``."""


@dataclass(frozen=True)
class Way:
    """One way to read a shape.

    Attributes:
        text: what ``phonenumbers`` would be given.
        rules: bits of ``repairs.RULES``: what was done to come to it.
        fault: why it is no number, whatever the digits are.
        is_damaged: whether digits were lost for ever.
        is_open: whether only ``phonenumbers`` can read it, because letters or other marks count.
        first, count: its digits among those of the shape.
        has_plus: whether they come after a plus.
        prefix: what must be right before them.
        left_out: the place of a digit among those of the shape that is not read and must be a zero; -1: none.
        optional: the same of one that is read; -1: none.
        extension: where it starts in the shape, in characters, and how many digits it has.
        part: 0: the whole; else which part of a text with several numbers, starting at 1.
        rest, rest_at: the other parts, and where they start in the shape; -1: they are not in it as they are here.
    """

    text: str
    rules: int = 0
    fault: Fault | None = None
    is_damaged: bool = False
    is_open: bool = False
    first: int = 0
    count: int = 0
    has_plus: bool = False
    prefix: str = ""
    left_out: int = -1
    optional: int = -1
    extension: tuple[int, int] = (0, 0)
    part: int = 0
    rest: str = ""
    rest_at: int = -1

    @cached_property
    def facts(self) -> bytes:
        """What columns need, as 32-bit integers.

        ``FACTS``, and behind them of ``MOST_ASKED`` digits the place and what they must be.
        """
        begin = self.first - len(self.prefix)
        asked = [(begin + place, int(digit)) for place, digit in enumerate(self.prefix)]
        asked += [(self.left_out, 0)] if self.left_out >= 0 else []
        asked += [(self.first, NOT_ZERO)] if asked else []
        asked += [(0, ANY)] * (MOST_ASKED - len(asked))
        facts = (
            *(self.first, self.count, self.has_plus, self.is_open),
            *(NO_FAULT if self.fault is None else FAULTS.index(self.fault), self.rules, self.left_out, self.optional),
            *(self.part > 0, self.part > 1 or self.prefix != "" or self.left_out >= 0),
            *(self.text.removeprefix("+").isdecimal(), self.is_damaged, *self.extension),
            *(self.rest_at, len(self.rest)),
            *chain.from_iterable(asked),
        )
        return array("i", facts).tobytes()


class Look(NamedTuple):
    """What a shape tells of a text that is no number.

    Attributes:
        is_error: whether a spreadsheet wrote that it could not show or compute the cell.
        is_empty: whether it says that there is no number, unless its digits are others than zeros.
        is_bare: whether nothing but digits is left of it.
        size: digits that are left of it.
    """

    is_error: bool
    is_empty: bool
    is_bare: bool
    size: int


LOOKS = Look._fields
"""The names of what a look tells."""


def first_way(shape: str) -> Way:
    """The way that is tried first: what is left after repairs."""
    return _way(shape, _mended(shape), 0)


def look(shape: str) -> Look:
    """What to say where no way leads to a number."""
    text = _mended(shape).text
    is_error, is_empty = repairs.is_spreadsheet_error(shape), repairs.is_placeholder(shape)
    return Look(is_error=is_error, is_empty=is_empty, is_bare=text.isdecimal(), size=size(text))


@lru_cache(maxsize=20_000)
def _mended(shape: str) -> repairs.Repaired:
    return repairs.repaired(shape) if len(shape) <= LONGEST else repairs.Repaired(shape)


@lru_cache(maxsize=20_000)
def other_ways(shape: str) -> tuple[Way, ...]:
    """All other ways, in the order in which they are tried."""
    mended = _mended(shape)
    if mended.is_damaged or len(shape) > LONGEST:
        return ()
    ways = _alternatives(shape, mended, 0)
    extension = f" x{mended.extension}" if mended.extension else ""
    parts = _parts(mended.text + extension)
    before = 0
    for part, text in enumerate(parts, start=1):
        piece = repairs.repaired(text)
        if size(text) >= _SHORTEST_PART and not piece.is_damaged:
            rest = " / ".join(other for place, other in enumerate(parts, start=1) if place != part)
            piece = replace(piece, rules=piece.rules | bits("two-numbers"))
            found = [_way(shape, piece, before), *_alternatives(shape, piece, before)]
            rest_at = _place(shape, rest, 0 if part > 1 else size(text))
            ways += [replace(way, part=part, rest=rest, rest_at=rest_at) for way in found]
        before += size(text)
    return tuple(ways)


def _way(shape: str, mended: repairs.Repaired, before: int) -> Way:
    """How a mended text is read whose first digit is that with the number ``before`` of the shape."""
    text, rules = mended.text, mended.rules
    if mended.is_damaged:
        return Way(text, rules, is_damaged=True)
    written = oracle.written(text)
    if isinstance(written, Fault):
        return Way(text, rules, fault=written)
    if written is None:
        return Way(text, rules, is_open=True)
    optional = _OPTIONAL_ZERO.match(text)
    extension = mended.extension or written.extension
    behind = before + (size(text) if mended.extension else written.count)
    return Way(
        text,
        rules | bits("extension") if extension else rules,
        first=before,
        count=written.count,
        has_plus=written.has_plus,
        optional=before + size(optional[0]) - 1 if optional else -1,
        extension=(_place(shape, extension, behind), len(extension)) if extension else (0, 0),
    )


def _alternatives(shape: str, mended: repairs.Repaired, before: int) -> list[Way]:
    """What else a mended text may be."""
    ways = []
    for rule, pattern, prefix, zeros in _ALTERNATIVES:
        if found := pattern.fullmatch(mended.text):
            first = before + len(prefix)
            read_as = "+" + "".join(found.groups()[1:])
            way = _way(shape, replace(mended, text=read_as, rules=mended.rules | bits(rule)), first + zeros)
            left_out = first + len(found[2]) if zeros else -1
            ways.append(replace(way, first=first, prefix=prefix, left_out=left_out, optional=-1))
    return ways


def _parts(text: str) -> list[str]:
    """The parts of a text that has several, each without digits or with enough for a number; the first may be short."""
    if short := _SHORT_BEFORE_PLUS.fullmatch(text):
        return [short[1].strip(), *(_parts(short[2]) or [short[2]])]
    text = _BEFORE_PLUS.sub(r"\1;+", text)
    parts = _BETWEEN_NUMBERS.split(text) if _BETWEEN_NUMBERS.search(text) else text.split("/")
    is_whole = all(size(part) == 0 or size(part) >= _SHORTEST_PART for part in parts)
    return [part.strip() for part in parts] if len(parts) > 1 and is_whole else []


def _place(shape: str, text: str, before: int) -> int:
    """Where the text stands in the shape, so many digits ``before`` its first one; -1: nowhere."""
    place = shape.find(text)
    while place >= 0 and size(shape[:place]) != before:
        place = shape.find(text, place + 1)
    return place


def size(text: str) -> int:
    """Digits of a text."""
    return len(text) - len(text.translate(_NO_DIGITS))
