"""The ways to read a shape: as it stands, otherwise than it stands, and each of its parts.

A way says which digits of a text are the number, never which digits they are; where those at its start must be certain
ones, it says which. Text and digits of a shape stand for those of every text of that shape.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from importer.stages.phones import libphonenumber as oracle
from importer.stages.phones import repairs
from importer.stages.phones.libphonenumber import FAULTS, NO_FAULT, Fault
from importer.stages.phones.meant import Meant, cell
from importer.stages.phones.repairs import bits

LONGEST = 500
"""Characters of the longest text that is looked at for repairs and parts."""

_FEWEST_PLAIN, _LONGEST_PLAIN = 3, 100
"""Digits and characters of a plain number that is one for ``phonenumbers`` in any case."""

_ZERO_IN_BRACKETS = (
    (re.compile(r"(\+) ?([0-9]{1,3}) ?\([0-9]\) ?(.*)"), ""),
    (re.compile(r"([0-9]{2}) ?([0-9]{1,3}) ?\([0-9]\) ?(.*)"), "00"),
)
"""A digit in brackets behind the country's code, which is left out where it is a zero and the number is none with it;
and what the first group must be. A plus and the other groups are what is read."""

_PREFIX_AND_PLUS = re.compile(r"\(?([0-9]{2,3})\)? ?\+ ?((?:\([0-9]+\) ?)?[0-9]+(?:[ .-](?:\([0-9]+\)[ -]?)?[0-9]+)*)")

_OPTIONAL_ZERO = re.compile(r"(?:\+|[0-9]{2})[0-9 ]+\([0-9]\)")

_GROUP = re.compile("[0-9]+")
_NO_DIGITS = str.maketrans("", "", "0123456789")
MOST_ASKED = 5
"""Digits of which a way may ask something."""

ANY, NOT_ZERO = -1, -2
"""Conditions on a digit that no single digit meets."""

FACTS = (
    *("first", "count", "has_plus", "is_open", "fault", "rules", "left_out", "optional", "is_part", "is_alternative"),
    *("is_bare", "is_damaged", "extension_at", "extension_size", "rest_at", "rest_size", "check", "first_group"),
    "second_group",
)
"""The names of a way's ``facts``."""


@dataclass(frozen=True)
class Way:
    """One way to read a shape.

    Attributes:
        meant: what is read, with what belongs to it.
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
        rest_at: where the rest starts in the shape; -1: it is not in it as it is here.
    """

    meant: Meant
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
    rest_at: int = -1

    @property
    def text(self) -> str:
        """Return what ``phonenumbers`` would be given."""
        return self.meant.text

    @cached_property
    def facts(self) -> bytes:
        """Return what columns need of the way, as 32-bit integers.

        ``FACTS``, and behind them of ``MOST_ASKED`` digits the place and what they must be.
        """
        meant, begin = self.meant, self.first - len(self.prefix)
        asked = [(begin + place, int(digit)) for place, digit in enumerate(self.prefix)]
        asked += [(self.left_out, 0), (self.first, NOT_ZERO)] if self.left_out >= 0 else []
        asked += [(meant.zero, 0)] if meant.zero >= 0 else []
        asked += [(0, ANY)] * (MOST_ASKED - len(asked))
        facts = (
            *(self.first, self.count, self.has_plus, self.is_open),
            *(NO_FAULT if self.fault is None else FAULTS.index(self.fault), self.rules, self.left_out, self.optional),
            *(meant.is_part, meant.is_alternative),
            *(self.text.removeprefix("+").isdecimal(), self.is_damaged, *self.extension),
            *(self.rest_at, len(meant.rest), meant.check, *_groups(self.text)),
            *chain.from_iterable(asked),
        )
        return array("i", facts).tobytes()


class Look(NamedTuple):
    """The facts that a shape tells of a text that is no number.

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
    """Return the way that is tried first."""
    return next(_ways(shape))


def look(shape: str) -> Look:
    """Return what a shape tells of texts in which no way finds a number."""
    text = _mended(shape).text
    is_error, is_empty = repairs.is_spreadsheet_error(shape), repairs.is_placeholder(shape)
    return Look(is_error=is_error, is_empty=is_empty, is_bare=text.isdecimal(), size=size(text))


@lru_cache(maxsize=20_000)
def _mended(shape: str) -> repairs.Repaired:
    return repairs.repaired(shape) if len(shape) <= LONGEST else repairs.Repaired(shape)


@lru_cache(maxsize=20_000)
def other_ways(shape: str) -> tuple[Way, ...]:
    """Return the other ways, in the order in which they are tried."""
    return tuple(_ways(shape))[1:]


def _ways(shape: str) -> Iterator[Way]:
    mended = _mended(shape)
    if mended.is_damaged:
        yield Way(Meant(mended.text), mended.rules, is_damaged=True)
    elif len(shape) > LONGEST:
        yield Way(Meant(shape), fault=Fault.TOO_LONG)
    else:
        yield from _behind_prefix(mended)
        for meant in cell.readings(mended.text):
            yield from _with_zero_left_out(shape, _way(shape, mended.rules, meant))


def _behind_prefix(mended: repairs.Repaired) -> Iterator[Way]:
    """Yield the number behind a plus that has 00 or 011 before it, which say the same: 00+44 7911 123456."""
    if found := _PREFIX_AND_PLUS.fullmatch(mended.text):
        size_before = len(found[1])
        prefix = {2: "00", 3: "011"}[size_before]
        meant = Meant("+" + found[2], size_before, rules=(f"{prefix}-prefix",), is_alternative=True)
        yield replace(_way(mended.text, mended.rules, meant), prefix=prefix)


def _way(shape: str, rules: int, meant: Meant) -> Way:
    """Return the way to read a number that a text may hold; ``rules`` are those of the repairs before."""
    text = meant.text
    rules = (rules & ~bits("spaces") if meant.is_part else rules) | bits(*meant.rules)
    rest_at = _place(shape, meant.rest, meant.rest_at) if meant.rest else -1
    written = meant.fault or (None if meant.has_letters else _written(text))
    if isinstance(written, Fault):
        return Way(meant, rules, fault=written, rest_at=rest_at)
    if written is None:
        return Way(meant, rules, is_open=True, rest_at=rest_at)
    optional = _OPTIONAL_ZERO.match(text)
    extension = meant.extension or written.extension
    behind = meant.extension_at if meant.extension else meant.before + written.count
    return Way(
        meant,
        rules | bits("extension") if extension else rules,
        first=meant.before,
        count=written.count,
        has_plus=written.has_plus,
        optional=meant.before + size(optional[0]) - 1 if optional else -1,
        extension=(_place(shape, extension, behind), len(extension)) if extension else (0, 0),
        rest_at=rest_at,
    )


def _written(text: str) -> oracle.Written | Fault | None:
    """Return what ``phonenumbers`` takes of a text; all digits of a plain one, for which it need not be called."""
    count = size(text)
    is_plain = _FEWEST_PLAIN <= count <= len(text) <= _LONGEST_PLAIN and cell.PLAIN.fullmatch(text) is not None
    return oracle.Written(count, text[0] == "+", "") if is_plain else oracle.written(text)


def _with_zero_left_out(shape: str, way: Way) -> Iterator[Way]:
    """Yield a way, and behind it the same without a zero in brackets."""
    yield way
    # The way as written comes first: +39 (0)6 is a number with its zero.
    if "(" not in way.text:
        return
    for pattern, prefix in _ZERO_IN_BRACKETS:
        if found := pattern.fullmatch(way.text):
            first = way.first + len(prefix)
            text = "+" + found[2] + found[3]
            meant = way.meant._replace(text=text, before=first + 1, is_alternative=True)
            other = _way(shape, way.rules | bits("trunk-zero"), meant)
            yield replace(other, first=first, prefix=prefix, left_out=first + len(found[2]), optional=-1)


def _groups(text: str) -> tuple[int, int]:
    """Return how many digits stand before the first sign between digits, and how many before the second."""
    sizes = [len(group) for group in _GROUP.findall(text)] + [0, 0]
    return sizes[0], sizes[0] + sizes[1]


def _place(shape: str, text: str, before: int) -> int:
    """Return the index of the text in the shape, with so many digits ``before`` it; -1 if it is not in it."""
    place = shape.find(text)
    while place >= 0 and size(shape[:place]) != before:
        place = shape.find(text, place + 1)
    return place


def size(text: str) -> int:
    """Return how many digits a text has."""
    return len(text) - len(text.translate(_NO_DIGITS))
