"""Cell references such as ``AB12``, and their numbers."""

import re

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.IGNORECASE)


def place(reference: str) -> tuple[int, int]:
    """Return row and column, both from 1; some programs write the letters in lower case.

    Raises:
        ValueError: it is no reference to a cell.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError("no reference to a cell")
    return int(match[2]), column(match[1].upper())


def column(name: str) -> int:
    """Return a column's number, from 1, by its letters."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def letters(number: int) -> str:
    """Return a column's letters by its number, from 1."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
