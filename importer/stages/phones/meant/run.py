"""A run of digits and punctuation: where the number in it ends, and whether there are two.

Signs alone do not tell: 0221/123456 is one number, 030 12345/030 12346 are two, 123456/57 is one and the end of the
next. So what a run may be is listed, the likeliest first.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from importer.stages.phones.meant import Check, Meant

FEWEST = 6
"""Digits below which a part is no number of its own."""

_FEWEST_BETWEEN_SIGNS = 5
"""Digits below which a part between signs that stand between numbers is no number of its own."""

_MOST_OF_ONE = 13
"""Digits of a run that hold no second number without a sign between the two: 0301234 0171123 has one more."""

_MOST_BEHIND_PLUS = 15
"""Digits of the longest number that there is."""

_MOST_OF_ANY = len("00") + _MOST_BEHIND_PLUS

_LONGEST_ENDING = 4
"""Digits of an alternate ending, as in 555-0147/1147."""

_ENDS_WITHOUT_DOUBT = 2
"""Digits of one that is one even where the group before has no more: 0221 12 34 56/57."""

_TAILS = range(2, 6)
"""Digits of an extension that only a space or dash tells from its number, as in 415-555-0149 204; one only a dash."""

_NO_DIGITS = str.maketrans("", "", "0123456789")
_GROUP = re.compile("[0-9]+")
_SPACED = re.compile(r" +[/.~·•-] +| {2,}|~")
_MAY_BE_TWO = re.compile(r"/|~| [ .·•-]|^\([0-9]\) ")
_NUMBERED = re.compile(r"\([0-9]\) (?=[0-9(])")
_DATE = re.compile(
    r"[0-9]{4}([-./] ?| )[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([-./] ?)[0-9]{1,2}\2(?:[0-9]{2}){1,2}"
    r"|[0-9]{1,2} [0-9]{1,2} [0-9]{4}|[0-9]{1,2}\.[0-9]{2} ?- ?[0-9]{1,2}\.[0-9]{2}"
)
"""A date, or the hours of a day."""

_HOURS = re.compile(r"(?<=[0-9]) [0-9]{1,2}(?:[-/][0-9]{1,2}){1,2}$")
"""Hours or a date behind a number: 9-5, 24/7, 3/14/24."""


class _Gap(NamedTuple):
    """The signs between two groups of digits.

    Attributes:
        sign: its text, from ``start`` to ``end`` of the run.
        before, after: digits of the groups beside it.
        left, right: all digits before it and behind it.
    """

    sign: str
    start: int
    end: int
    before: int
    after: int
    left: int
    right: int

    @property
    def behind(self) -> int:
        """Return the index where the text behind the gap starts; a bracket that opens in the gap belongs to it."""
        return self.end - 1 if self.sign.endswith("(") else self.end


def readings(run: str) -> Iterator[Meant]:
    """Yield what a run of digits may be; one that is a single number is itself.

    ``before``, ``zero`` and ``rest_at`` count from the start of the run.
    """
    if _DATE.fullmatch(run):
        yield Meant(run, check=Check.NO_DATE)
        return
    has_signs = _MAY_BE_TWO.search(run) is not None
    if not has_signs and size(run) <= _MOST_OF_ONE and "(" not in run[FEWEST:]:
        yield Meant(run)
        yield from _before_tail(run, _gaps(run))
        return
    gaps = _gaps(run)
    late = next((gap for gap in gaps if gap.left >= FEWEST and gap.sign.strip() == "("), None)
    if late:
        yield _in_brackets(run, late)
        return
    between = _between_signs(run) if has_signs else []
    if found := _NUMBERED.match(run):
        yield from _numbered(run, found.end())
        return
    ends = list(_ended(run, gaps)) if has_signs else []
    yield from ends
    yield from between[:1]
    behind_zeros = list(_before_zeros(run, gaps))
    if any(end.check is Check.ONLY for end in ends):
        yield only(Meant(run), ends[0].text)
    else:
        yield Meant(run, check=Check.ONE if behind_zeros else Check.NONE)
    yield from behind_zeros
    yield from between
    yield from _two(run, gaps)
    yield from _before_tail(run, gaps)
    if hours := _HOURS.search(run):
        before = run[: hours.start()]
        behind = Meant(before, rules=("cut-off",), check=Check.COMPLETE, rest=hours[0].strip(), rest_at=size(before))
        yield behind._replace(is_alternative=True)


def only(meant: Meant, other: str) -> Meant:
    """Return a number that counts only if another reading of the same text is none."""
    return meant._replace(check=Check.ONLY, whole=other) if meant.check is Check.NONE else meant


def size(text: str) -> int:
    """Return how many digits a text has."""
    return len(text) - len(text.translate(_NO_DIGITS))


def _gaps(run: str) -> list[_Gap]:
    groups = list(_GROUP.finditer(run))
    total, left, gaps = size(run), 0, []
    for one, two in pairwise(groups):
        left += len(one[0])
        sign = run[one.end() : two.start()]
        gaps.append(_Gap(sign, one.end(), two.start(), len(one[0]), len(two[0]), left, total - left))
    return gaps


def _before(run: str, gap: _Gap, rule: str, check: Check = Check.NONE, zero: int = -1) -> Meant:
    """Return the number before a gap; what is behind it is the rest."""
    return Meant(
        run[: gap.start],
        rules=(rule,),
        check=check,
        zero=zero,
        rest=run[gap.behind :],
        rest_at=gap.left,
        whole=run,
        split_off=run[gap.behind :],
        is_part=rule == "two-numbers",
        is_alternative=True,
    )


def _in_brackets(run: str, gap: _Gap) -> Meant:
    """Return the number before brackets that hold no area code, so late in it: a second number, extension or remark."""
    if gap.right < FEWEST:
        return _before(run, gap, "cut-off", Check.COMPLETE)._replace(rest=run[gap.end :], is_alternative=False)
    second = run[gap.behind :]
    late = next((one for one in _gaps(second) if one.left >= FEWEST and one.sign.strip() == "("), None)
    second = second[: late.start] if late else second
    return _before(run, gap, "two-numbers", Check.SPLIT_IN_TWO)._replace(is_alternative=False, split_off=second)


def _numbered(run: str, end: int) -> Iterator[Meant]:
    """Yield both readings of (2): (2) 030 123456 is the second number, (2) 9374 4000 has an area code without zero."""
    behind = Meant(run[end:], before=1, rules=("cut-off",), rest=run[:end].strip("() "), is_alternative=True)
    yield behind._replace(zero=1)
    yield only(Meant(run), run[end:])
    yield only(behind, run)


def _ended(run: str, gaps: list[_Gap]) -> Iterator[Meant]:
    """Yield 123456 of 123456/57 and 123456/57/58; nothing of 030/123/4567 and 06/12/34/56/78, which are one number."""
    endings = []
    for gap in reversed(gaps):
        if "/" not in gap.sign or gap.after > _LONGEST_ENDING:
            break
        endings.append(gap)
    for gap in reversed(endings):
        signs = [other.sign for other in gaps if other.end < gap.end]
        is_one_number = signs != [] and all("/" in sign for sign in signs) and gap.before <= _LONGEST_ENDING
        if gap.left >= FEWEST and not is_one_number:
            is_ending = gap.after < gap.before or gap.after <= _ENDS_WITHOUT_DOUBT
            yield _before(run, gap, "cut-off") if is_ending else only(_before(run, gap, "cut-off"), run)
            return


def _between_signs(run: str) -> list[Meant]:
    """Return the parts between signs that stand between numbers; none if one of them is too short for a number.

    The first one is likelier than the whole only where that is too long to be believed: 02151 / 123456 is one number.
    """
    for pattern, fewest in ((_SPACED, _FEWEST_BETWEEN_SIGNS), (re.compile("/"), FEWEST)):
        ends = [found.span() for found in pattern.finditer(run)]
        parts = [
            run[begin:end]
            for begin, end in zip([0, *(e for _, e in ends)], [*(b for b, _ in ends), len(run)], strict=True)
        ]
        if len(parts) > 1 and all(size(part) >= fewest for part in parts):
            return _parts(run, parts)
    return []


def _parts(run: str, parts: list[str]) -> list[Meant]:
    found, before = [], 0
    for at, part in enumerate(parts):
        others = parts[:at] + parts[at + 1 :]
        meant = Meant(part, before, rules=("two-numbers",), rest=" / ".join(others), whole=run, is_part=True)
        check = Check.NONE if at or size(run) > _MOST_OF_ANY else Check.SPLIT
        found.append(meant._replace(check=check, rest_at=0 if at else size(part), is_alternative=True))
        before += size(part)
    return found


def _before_zeros(run: str, gaps: list[_Gap]) -> Iterator[Meant]:
    """Yield the first of 030 12347 030 12348: two numbers if both together are too long to be believed."""
    for gap in _between_two(run, gaps):
        yield _before(run, gap, "two-numbers", Check.SPLIT_IN_TWO, zero=gap.left)


def _two(run: str, gaps: list[_Gap]) -> Iterator[Meant]:
    """Yield the first of two numbers with nothing between them but a space."""
    for gap in _between_two(run, gaps):
        yield _before(run, gap, "two-numbers", Check.SPLIT_IN_TWO)


def _between_two(run: str, gaps: list[_Gap]) -> Iterator[_Gap]:
    """Yield the gaps with enough digits on both sides, in a run with more digits than one number has."""
    most = _MOST_BEHIND_PLUS if "+" in run else _MOST_OF_ONE
    for gap in gaps:
        if gap.left + gap.right > most and FEWEST <= gap.left <= _MOST_OF_ANY and gap.right >= FEWEST:
            yield gap


def _before_tail(run: str, gaps: list[_Gap]) -> Iterator[Meant]:
    """Yield the number before a few digits that another sign sets apart than those between its own groups."""
    tail = gaps[-1] if gaps else None
    if tail and tail.left > FEWEST and (tail.after in _TAILS or (tail.sign == "-" and tail.after < FEWEST)):
        is_behind_dash = tail.sign == "-" and _LONGEST_ENDING <= tail.before > tail.after
        if is_behind_dash or all(gap.sign != tail.sign for gap in gaps[:-1]):
            yield _before(run, tail, "cut-off", Check.COMPLETE)
