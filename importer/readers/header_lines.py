"""Headers of more than one line: the lines that belong to it, and the column names that they form."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from importer.readers.cell_kinds import Row, has_header_word, kind_of, telling_columns, text_of
from importer.readers.header_groups import count_wide, is_parted, spread
from importer.readers.workbooks.merges import Merge

_MOST_FURTHER_LINES = 2
_RULE = re.compile(r"-{2,}|={3,}|_{3,}|\*{3,}|[-+|:= ]{5,}")
_TYPE = re.compile(
    r"(?i)(?:required|optional|mandatory|string|str|text|varchar|char|integer|int|bigint|number|numeric|decimal|float|"
    r"double|date|datetime|timestamp|time|bool|boolean|uuid|enum|json|null|not null)(?: ?\(\d{1,5}\))?\*?"
)
_EXAMPLE = re.compile(r"(?i)(?:e\. ?g\.|eg[.:]|ex\.|example\b|z\. ?b\.|beispiel\b|p\. ?ej\.|par ex\.|esempio\b)")
_ID = re.compile(r"([A-Za-z]{1,20}[._-]?)\d{1,12}(?:[._-]\w{1,12})?")
_FEWEST_IDS = 3
_CODE = re.compile(r"[A-Za-z]{1,4}[._-]?\d{1,5}(?:[._-]\w{1,12})?")
_DESCRIBES = 3
"""Words from which on a cell under a name is its description."""
_WORD = re.compile(r"[^\W\d_]{3,}")
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
    """The lines of a header.

    Attributes:
        lines: their cells' text, from the first to the last.
        rules: number of lines of dashes under it.
        described: number of lines under it that describe its columns: descriptions, ids, types.
        cells: the names formed by all lines, column by column.
    """

    lines: tuple[tuple[str, ...], ...]
    rules: int
    described: int
    cells: tuple[str, ...]


def header_lines(
    rows: Sequence[Row], index: int, known: int, merges: Sequence[Merge], *, is_path: bool = False
) -> HeaderLines:
    """Return the header that begins at ``index`` and reaches to ``known`` at least.

    Further lines of words may follow, and rules under them; a merged cell's text counts in all its columns.
    ``is_path``: the first line names groups, so a slash joins them to the names below, as in ``Member / Phone``.
    """
    lines = [_texts(rows[index])]
    further = rows[index + 1 : index + 1 + _MOST_FURTHER_LINES]
    for place, row in enumerate(further, index + 1):
        line, below = _texts(row), _data(rows[place + 1 :])
        is_more = place <= known or _goes_on(lines[-1], line, below) or is_parted(rows, place - 1, merges)
        if not is_more or (place > known and is_typing(row)):
            break
        lines.append(line)
    below = rows[index + len(lines) :]
    count = next((count for count, row in enumerate(below) if not _is_rule(row) and not is_typing(row)), len(below))
    rules = sum(map(_is_rule, below[:count]))
    cells, *others = (spread(rows, index + place, merges) for place in range(len(lines)))
    is_spread = count_wide(rows, range(index, index + len(lines)), merges) > 0
    for place, line in enumerate(others):
        is_under = is_path and not place
        cells = _under_groups(cells, line) if is_under else _joined(cells, line, is_spread=is_spread)
    return HeaderLines(tuple(lines), rules, count - rules, cells)


def is_typing(row: Row) -> bool:
    """Return True if a line holds types, ids, placeholders or examples of columns, not names: ``string, date``."""
    filled = [cell for cell in _texts(row) if cell]
    if len(filled) < 2:
        return False
    if all(map(_TYPE.fullmatch, filled)) or all(map(_EXAMPLE.match, filled)):
        return True
    if all(cell[0] in "{[<$" and cell[-1] in "}]>" for cell in filled):
        return True
    ids = [match[1] for cell in filled if (match := _ID.fullmatch(cell))]
    return len(filled) >= _FEWEST_IDS and len(ids) == len(filled) == len(set(filled)) and len(set(ids)) == 1


def _data(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows without the lines of types or dashes before the first row of the list."""
    return rows[next((place for place, row in enumerate(rows) if not _is_rule(row) and not is_typing(row)), 0) :]


def is_lettering(row: Row, following: Row) -> bool:
    """Return True if a row holds a spreadsheet's column letters (A, B, C), with header words below it."""
    cells, names = _texts(row), _texts(following)
    letters = [chr(ord("A") + place) for place in range(min(len(cells), 26))]
    words = sum(map(has_header_word, names))
    return len(cells) >= 3 and list(cells) == letters and words * 2 >= len(cells) and not any(map(kind_of, names))


def _goes_on(above: tuple[str, ...], line: tuple[str, ...], below: Sequence[Row]) -> bool:
    """Return True if a line continues the header: header words in it, above all over columns of numbers."""
    filled = [cell for cell in line if cell]
    if len(filled) < 1 + (len(above) > 1) * (above.count("") == 0) or line == above or any(map(kind_of, filled)):
        return False
    words = sum(map(has_header_word, filled))
    telling = [place for place in telling_columns(below) if place < len(line) and line[place]]
    if telling:
        about = [place for place, cell in enumerate(line) if cell and _is_about(above, place, cell)]
        return set(telling).issubset(about) and len(about) * 2 >= len(filled)
    return words == len(filled) and bool(telling_columns(below))


def _is_about(above: tuple[str, ...], place: int, cell: str) -> bool:
    """Return True if a cell may belong to the header: by its words, as a question, or by a word of the name above."""
    name = above[place] if place < len(above) else ""
    return has_header_word(cell) or cell.endswith("?") or _shares_word(name, cell)


def _shares_word(name: str, cell: str) -> bool:
    words = {word.lower() for word in _WORD.findall(name)}
    return not words.isdisjoint(word.lower() for word in _WORD.findall(cell))


def _is_rule(row: Row) -> bool:
    filled = [cell for cell in _texts(row) if cell]
    return bool(filled) and all(map(_RULE.fullmatch, filled))


def _joined(above: tuple[str, ...], below: tuple[str, ...], *, is_spread: bool) -> tuple[str, ...]:
    """Return two lines as one.

    ``Phone`` over ``mobile`` becomes ``Phone mobile``; ``Name`` over ``first`` becomes ``first Name``.

    A group's name also covers the cells to its right that qualify it, or that have names of their own. If both lines
    name every column, a description adds nothing to the name above it, and a code nothing to the question below it.
    ``is_spread``: merged cells have shown how far each group reaches.
    """
    if all(above) and all(below) and len(set(above)) == len(above) == len(below):
        return tuple(_of_two(*pair) for pair in zip(above, below, strict=True))
    width = max(len(above), len(below))
    above += ("",) * (width - len(above))
    below += ("",) * (width - len(below))
    names, group, is_path = [], "", False
    for place, (upper, lower) in enumerate(zip(above, below, strict=True)):
        group = upper if upper and lower else "" if upper else group
        if upper or not lower:
            is_path = not is_spread and _is_path(group, below[place : _next_name(above, place)])
        if is_path:
            names.append(f"{group} / {lower}")
            continue
        word = lower.lower().strip("()")
        prefix = upper or (group if word in _QUALIFIERS else "")
        parts = (lower, prefix) if word in _PUT_FIRST else (prefix, lower)
        names.append(" ".join(filter(None, parts)) if prefix != lower else lower)
    return tuple(names)


def _next_name(above: tuple[str, ...], place: int) -> int:
    """Return the index of the next name in a line after the one at ``place``; the line's end if there is none."""
    return next((after for after in range(place + 1, len(above)) if above[after]), len(above))


def _is_path(group: str, parts: tuple[str, ...]) -> bool:
    """Return True if a name covers several columns with names of their own: ``Emergency contact``."""
    named = [part.lower().strip("()") for part in parts if part]
    return bool(group) and len(named) > 1 and not _QUALIFIERS.issuperset(named)


def _under_groups(groups: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(" / ".join(filter(None, pair)) for pair in zip_longest(groups, names, fillvalue=""))


def _of_two(upper: str, lower: str) -> str:
    """Return one name made of two that both name the same column alone."""
    if _CODE.fullmatch(upper):
        return lower
    if has_header_word(upper) and (len(lower.split()) >= _DESCRIBES or _shares_word(upper, lower)):
        return upper
    return f"{upper} / {lower}" if upper != lower else lower


def _texts(row: Row) -> tuple[str, ...]:
    return tuple(text_of(cell) for cell in row)
