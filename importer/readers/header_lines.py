"""Headers of more than one line: which lines belong to it, and the names they make together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from importer.readers.header_groups import is_parted, spread
from importer.readers.kinds import Row, has_header_word, kind_of, telling_columns, text_of
from importer.workbooks.merges import Merge

_MOST_FURTHER_LINES = 2
_RULE = re.compile(r"-{2,}|={3,}|_{3,}|\*{3,}|[-+|:= ]{5,}")
_QUALIFIERS = frozenset(
    """
    first last middle given family mobile cell home work office business private other main primary secondary fax
    number landline day evening street city zip state country
    vor nach vorname nachname mobil privat geschäftlich dienstlich festnetz prénom nom nombre apellido móvil fijo
    """.split()  # noqa: SIM905 - a few dozen words read better as text
)
_PUT_FIRST = frozenset({"first", "last", "middle", "given", "family"})


@dataclass(frozen=True, slots=True)
class HeaderLines:
    """All lines of a header.

    Attributes:
        lines: their cells' text, from the first to the last.
        rules: lines of dashes under it.
        cells: the names that the lines make together, column by column.
    """

    lines: tuple[tuple[str, ...], ...]
    rules: int
    cells: tuple[str, ...]


def header_lines(rows: Sequence[Row], index: int, known: int, merges: Sequence[Merge]) -> HeaderLines:
    """The header that begins at ``index`` and reaches to ``known`` at least.

    Lines of words go on below it, and there are rules under them; a merged cell's text is that of all its columns.
    """
    lines = [_texts(rows[index])]
    further = rows[index + 1 : index + 1 + _MOST_FURTHER_LINES]
    for place, row in enumerate(further, index + 1):
        line = _texts(row)
        is_more = place <= known or _goes_on(lines[-1], line, rows[place + 1 :]) or is_parted(rows, place - 1, merges)
        if not is_more:
            break
        lines.append(line)
    below = rows[index + len(lines) :]
    rules = next((count for count, row in enumerate(below) if not _is_rule(row)), len(below))
    cells, *others = (spread(rows, index + place, merges) for place in range(len(lines)))
    for line in others:
        cells = _joined(cells, line)
    return HeaderLines(tuple(lines), rules, cells)


def is_lettering(row: Row, following: Row) -> bool:
    """Whether a row is a spreadsheet's column letters, with words below it."""
    cells, names = _texts(row), _texts(following)
    letters = [chr(ord("A") + place) for place in range(min(len(cells), 26))]
    words = sum(map(has_header_word, names))
    return len(cells) >= 3 and list(cells) == letters and words * 2 >= len(cells) and not any(map(kind_of, names))


def _goes_on(above: tuple[str, ...], line: tuple[str, ...], below: Sequence[Row]) -> bool:
    """Whether a line is more of the header: its words are a header's, also where the rows below hold numbers."""
    filled = [cell for cell in line if cell]
    if len(filled) < 1 + (len(above) > 1) * (above.count("") == 0) or line == above or any(map(kind_of, filled)):
        return False
    words = sum(map(has_header_word, filled))
    telling = [line[place] for place in telling_columns(below) if place < len(line) and line[place]]
    if telling:
        return all(map(has_header_word, telling)) and words * 2 >= len(filled)
    return words == len(filled) and bool(telling_columns(below))


def _is_rule(row: Row) -> bool:
    filled = [cell for cell in _texts(row) if cell]
    return bool(filled) and all(map(_RULE.fullmatch, filled))


def _joined(above: tuple[str, ...], below: tuple[str, ...]) -> tuple[str, ...]:
    """Two lines as one: ``Phone`` over ``mobile`` is ``Phone mobile``, ``Name`` over ``first`` is ``first Name``.

    A group's name goes on to its right, over cells that qualify it.
    """
    width = max(len(above), len(below))
    above += ("",) * (width - len(above))
    below += ("",) * (width - len(below))
    names, group = [], ""
    for upper, lower in zip(above, below, strict=True):
        group = upper if upper and lower else "" if upper else group
        word = lower.lower().strip("()")
        prefix = upper or (group if word in _QUALIFIERS else "")
        parts = (lower, prefix) if word in _PUT_FIRST else (prefix, lower)
        names.append(" ".join(filter(None, parts)) if prefix != lower else lower)
    return tuple(names)


def _texts(row: Row) -> tuple[str, ...]:
    return tuple(text_of(cell) for cell in row)
