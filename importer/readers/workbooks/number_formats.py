"""Number formats under which a number reads as a code: postcodes and phone numbers keep their zeros and signs.

A format such as ``00000``, ``000-000-0000`` or ``[<=9999999]###-####;(###) ###-####`` only adds zeros and signs to the
digits, so the formatted text is what a person typed and sees. All other formats (amounts, percentages, dates) are left
alone: of those the value is wanted, not the picture; only durations (``[h]:mm``) would be taken for moments of the year
1900. Syntax: ECMA-376 part 1, 18.8.31.
"""

import re
from dataclasses import dataclass
from datetime import date

_LONGEST = 255
"""Characters of a code that spreadsheets take; the patterns may take the square of that."""
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|_(.)|\*(.)|([0#])|([-+()/ \u00a01-9])|(.)', re.DOTALL)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(\d+)\]")
_OTHER_BRACKET = re.compile(r"\[[^\]]*\]")
_SIGNS = re.compile(r"[-+()/. \u00a0\d]*")
_COMPARE = {
    "<=": lambda value, limit: value <= limit,
    ">=": lambda value, limit: value >= limit,
    "<>": lambda value, limit: value != limit,
    "<": lambda value, limit: value < limit,
    ">": lambda value, limit: value > limit,
    "=": lambda value, limit: value == limit,
}


@dataclass(frozen=True, slots=True)
class _Section:
    """One section of a mask; ``parts`` are ``0``, ``#`` and literals (marked by a leading quote) in order."""

    parts: tuple[str, ...]
    comparison: str | None
    limit: int

    def holds(self, value: int) -> bool:
        return self.comparison is None or _COMPARE[self.comparison](value, self.limit)

    def apply(self, digits: str) -> str:
        """``digits`` put into the places from the right; what is too much stands at the first place."""
        places = sum(part in "0#" for part in self.parts)
        surplus, rest = digits[: max(0, len(digits) - places)], list(digits[max(0, len(digits) - places) :])
        missing = places - len(rest)
        text = []
        for part in self.parts:
            if part not in "0#":
                text.append(part[1:])
                continue
            if missing:
                missing -= 1
                text.append("0" if part == "0" else "")
                continue
            text.append(surplus + rest.pop(0))
            surplus = ""
        return "".join(text).strip()


@dataclass(frozen=True, slots=True)
class Mask:
    """A number format that only adds zeros and signs to the digits of a whole number."""

    sections: tuple[_Section, ...]

    def apply(self, number: str) -> str:
        """The text that a person sees for ``number``; what is not a whole number from 0 on stays as it is."""
        if not number.isascii() or not number.isdigit():
            return number
        value = int(number)
        section = next((section for section in self.sections if section.holds(value)), None)
        return section.apply(number) if section else number


_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_MOMENT = re.compile(r"(?:(\d{4}-\d\d-\d\d)(?: (?=\d)|$))?(?:(\d\d):(\d\d):(\d\d))?")
_DAY_ZERO, _LEAP_BUG = date(1899, 12, 31), date(1900, 3, 1)
BUILT_IN_DURATION = 46, "[h]:mm:ss"
"""The one duration among the formats that have a number and no code in the file."""


class Duration:
    """A number format that shows days as hours, minutes and seconds which do not start again at midnight."""

    def apply(self, moment: str) -> str:
        """``30:15:00`` for the moment that a parser makes of 30 hours and a quarter; other text stays as it is.

        Spreadsheets have a 29 February 1900 and the parser has not: durations of 60 days read as if they were of 59.
        """
        match = _MOMENT.fullmatch(moment)
        if match is None:
            return moment
        day, hours, minutes, seconds = match.groups()
        days = 0
        if day is not None:
            days = (date.fromisoformat(day) - _DAY_ZERO).days
            days += date.fromisoformat(day) >= _LEAP_BUG
        return f"{days * 24 + int(hours or 0)}:{minutes or '00'}:{seconds or '00'}"


class Moment:
    """A number format that shows days as a date, a time, or both."""


Format = Mask | Duration | Moment
"""A number format that makes more of a value than a picture of it."""

_BUILT_IN = {number: Moment() for number in (*range(14, 23), *range(27, 37), 45, 47, *range(50, 59))}
_WORDLESS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', re.DOTALL)
_DATE_LETTER = re.compile(r"[ymdhs]", re.IGNORECASE)


def meaning_of(number: int, code: str | None) -> Format | None:
    """The format of this number in the file, by its code or, where the file has none, by what is built in."""
    if code is None:
        return Duration() if number == BUILT_IN_DURATION[0] else _BUILT_IN.get(number)
    if len(code) > _LONGEST:
        return None
    if found := shown_by(code):
        return found
    return Moment() if _DATE_LETTER.search(_WORDLESS.sub("", code)) else None


def masks_and_moments(styles: list[int], codes: dict[int, str]) -> tuple[dict[int, str], set[int]]:
    """The codes that show more than the value, by style, and the styles that show moments or durations.

    Args:
        styles: the number of each cell style's format.
        codes: of the formats that the file tells, by their numbers.
    """
    codes = dict([BUILT_IN_DURATION]) | codes
    masks, moments = {}, set()
    for style, number in enumerate(styles):
        meaning = meaning_of(number, codes.get(number))
        if meaning is not None and not isinstance(meaning, Moment):
            masks[style] = codes[number]
        if isinstance(meaning, (Moment, Duration)):
            moments.add(style)
    return masks, moments


def shown_by(code: str) -> Mask | Duration | None:
    """What a number format's code makes of a value where that is more than the value itself; None elsewhere."""
    if len(code) > _LONGEST:
        return None
    return Duration() if _ELAPSED.search(code) else mask(code)


def mask(code: str) -> Mask | None:
    """The mask that a number format's code describes; None where the format does more, or nothing, to the digits."""
    sections: list[_Section] = []
    for text in _split(code)[:2]:
        section = _section(text)
        if section is None:
            return None
        sections.append(section)
        if section.comparison is None:
            break
    return Mask(tuple(sections)) if any(_does_something(section) for section in sections) else None


def _split(code: str) -> list[str]:
    """The sections of a code; a semicolon in quotes or after a backslash parts nothing."""
    return [match.group() for match in re.finditer(r'(?:"[^"]*"|\\.|[^;"\\])+', code, re.DOTALL)]


def _section(text: str) -> _Section | None:
    condition = _CONDITION.search(text)
    parts: list[str] = []
    for match in _TOKEN.finditer(_OTHER_BRACKET.sub("", text)):
        quoted, escaped, width, fill, place, sign, other = match.groups()
        if other is not None or fill is not None:
            return None
        if place is not None:
            parts.append(place)
        elif width is not None:
            parts.append("' ")
        else:
            literal = next(part for part in (quoted, escaped, sign) if part is not None)
            if not _SIGNS.fullmatch(literal):
                return None
            parts.append(f"'{literal}")
    is_fraction = "'/" in parts and "0" not in parts
    if is_fraction or not any(part in "0#" for part in parts):
        return None
    return _Section(tuple(parts), condition[1] if condition else None, int(condition[2]) if condition else 0)


def _does_something(section: _Section) -> bool:
    """Whether a section pads (``00``), or puts signs before or between digits; plain ``0`` and ``#`` do neither."""
    return section.parts.count("0") > 1 or any(part[1:].strip() for part in section.parts if part not in "0#")
