"""Number formats that turn a number into a code, such as a postcode or phone number, and those of dates and durations.

A mask such as ``00000``, ``000-000-0000`` or ``[<=9999999]###-####;(###) ###-####`` only adds zeros and signs to the
digits, so the formatted text is what a person typed and sees. For all other formats (amounts, percentages) the value
is wanted, not its display. Durations (``[h]:mm``) must be known because they would read as dates of the year 1900.
Syntax: ECMA-376 part 1, 18.8.31.
"""

import re
from dataclasses import dataclass
from datetime import date

_LONGEST = 255
"""Longest code that spreadsheets accept, in characters; the patterns take quadratic time at worst."""
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
    """A section of a mask; ``parts`` are ``0``, ``#`` and literals (with a leading quote), in order."""

    parts: tuple[str, ...]
    comparison: str | None
    limit: int

    def holds(self, value: int) -> bool:
        return self.comparison is None or _COMPARE[self.comparison](value, self.limit)

    def apply(self, digits: str) -> str:
        """Return the digits filled into the mask from the right; surplus digits stand at the first placeholder."""
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
        """Return the text that a person sees for ``number``; unchanged if it is not a whole number from 0 on."""
        if not number.isascii() or not number.isdigit():
            return number
        value = int(number)
        section = next((section for section in self.sections if section.holds(value)), None)
        return section.apply(number) if section else number


_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_MOMENT = re.compile(r"(?:(\d{4}-\d\d-\d\d)(?: (?=\d)|$))?(?:(\d\d):(\d\d):(\d\d))?")
_DAY_ZERO, _LEAP_BUG = date(1899, 12, 31), date(1900, 3, 1)
BUILT_IN_DURATION = 46, "[h]:mm:ss"
"""The only duration among the built-in formats, which have a number but no code in the file."""


class Duration:
    """A number format that shows days as hours, minutes and seconds which do not start again at midnight."""

    def apply(self, moment: str) -> str:
        """Return a duration such as ``30:15:00`` for the moment that a library makes of it; other text stays.

        Spreadsheets have a 29 February 1900 and the library has not, so it shows a duration of 60 days as one of 59.
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
"""A number format that changes what a value means, not only how it looks."""

_BUILT_IN = {number: Moment() for number in (*range(14, 23), *range(27, 37), 45, 47, *range(50, 59))}
_WORDLESS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', re.DOTALL)
_DATE_LETTER = re.compile(r"[ymdhs]", re.IGNORECASE)


def meaning_of(number: int, code: str | None) -> Format | None:
    """Return the meaning of the format with this number: by its code, or as built in if the file has no code for it.

    None if the format shows only the value.
    """
    if code is None:
        return Duration() if number == BUILT_IN_DURATION[0] else _BUILT_IN.get(number)
    if len(code) > _LONGEST:
        return None
    if found := shown_by(code):
        return found
    return Moment() if _DATE_LETTER.search(_WORDLESS.sub("", code)) else None


def masks_and_moments(styles: list[int], codes: dict[int, str]) -> tuple[dict[int, str], set[int]]:
    """Return the codes that show more than the value, by style, and the styles that show moments or durations.

    Args:
        styles: the number of each cell style's format.
        codes: codes of the formats in the file, by number.
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
    """Return the mask or duration that a number format's code describes; None for all other formats."""
    if len(code) > _LONGEST:
        return None
    return Duration() if _ELAPSED.search(code) else mask(code)


def mask(code: str) -> Mask | None:
    """Return the mask that a number format's code describes; None if it does less or more than a mask."""
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
    """Return the sections of a code; a semicolon in quotes or after a backslash separates nothing."""
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
    """Return True if a section pads (``00``), or adds signs before or between digits, unlike plain ``0`` and ``#``."""
    return section.parts.count("0") > 1 or any(part[1:].strip() for part in section.parts if part not in "0#")
