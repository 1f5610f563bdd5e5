"""Which digits of a cell are meant: ours, because ``phonenumbers`` does not ask.

``phonenumbers`` makes a number of every text that can be one: letters become digits (``0171 XXXXXXX``), and where
numbers have no fixed length (Germany, Austria, Italy, Finland and some thirty more) all that follows is glued on. A
dialler may do so, a list may not: a digit that nobody wrote is never sent. So what is read as a number is decided here,
before anything is read:

1. ``cell``: which runs of digits of a text (``runs``) are numbers, and what the words and signs beside them say;
   ``words`` has the words, ``letters`` the letters that are digits after all.
2. ``run``: where a number ends in a run of digits, and whether there are two.
3. ``checks``: what must hold of a number once it is known, such as that it is no date and that nothing is missing.
4. ``codes``: which country the first digits name, where that can be read in more than one way (``0049``, ``+49 49``);
   ``history`` has the forms of before.

A text is looked at by its shape, with 1 for every digit (``spellings``), except for ``checks`` and ``codes``.
"""

from enum import IntEnum
from typing import NamedTuple

from importer.stages.phones.libphonenumber import Fault

__all__ = ["Check", "Meant"]


class Check(IntEnum):
    """The condition under which a valid number is the one that is meant.

    Attributes:
        COMPLETE: its plan has no longer one: a sign or word that may stand for digits is behind it.
        USUAL: it is complete, or as long as those of its plan usually are: words are behind it.
        ONE: it is no longer than numbers are, or no part of it starts with a 0 as a second number would.
        NO_DATE: it is no date and no time.
        SPLIT: what it was split from is no number, or longer than numbers are.
        SPLIT_IN_TWO: the same, and what was split off is a number as well; where no zero at its start tells, both
            must be as long as those of their plan usually are.
        VANITY: it is one of a kind that is advertised with letters.
        ONLY: read in another way, the text is no other number.
    """

    NONE = 0
    COMPLETE = 1
    USUAL = 2
    ONE = 3
    NO_DATE = 4
    SPLIT = 5
    SPLIT_IN_TWO = 6
    VANITY = 7
    ONLY = 8


class Meant(NamedTuple):
    """A number that a text may hold.

    Attributes:
        text: what is read: a plus, digits and punctuation; letters only for ``Check.VANITY``.
        before: digits of the text that stand before it.
        fault: why it holds none, whatever the digits are.
        rules: the names of what was done to come to it, as in ``repairs.RULES``.
        check: what must hold of it.
        zero: which digit of the whole text must be a 0; -1: none.
        extension, extension_at: its digits, and how many stand before them.
        rest, rest_at: what else the text holds, and how many digits stand before that.
        whole: for ``SPLIT``, what it was split from; for ``ONLY``, the other way to read it.
        split_off: the other part of that.
        is_part: whether the text holds several.
        is_alternative: whether it tells nothing of the text that it is no number.
        has_letters: whether the text has letters for some of its digits.
    """

    text: str
    before: int = 0
    fault: Fault | None = None
    rules: tuple[str, ...] = ()
    check: Check = Check.NONE
    zero: int = -1
    extension: str = ""
    extension_at: int = 0
    rest: str = ""
    rest_at: int = 0
    whole: str = ""
    split_off: str = ""
    is_part: bool = False
    is_alternative: bool = False
    has_letters: bool = False
