"""The header of a table, found by the content of its cells.

A header is a row of words above a list of values. Titles and preambles above it have few cells; data rows hold e-mail
addresses, phone numbers, dates. Every candidate row gets a score and the best one wins. If even the best score is not
above 0, the first row is data and the columns are numbered.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import unescape
from statistics import median

from importer.models.frames import BELOW_REFUSAL
from importer.readers.cell_kinds import GENERIC, LONGEST_NAME, Row, is_header_word, kind_of, text_of
from importer.readers.header_above import is_above_header, is_cut_title, is_sentence, list_start
from importer.readers.header_groups import count_wide, first_line, implied
from importer.readers.header_lines import header_lines, is_lettering
from importer.readers.sections import meaning_of
from importer.readers.workbooks.merges import Merge

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31}\d{0,2});")
_ASKED = re.compile(r"(?i)\byour?\b|\?")
"""Marks a long cell as a question, which heads a column of a form's answers."""


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of a table. Row indexes count from 0, from the first row that was passed in.

    Attributes:
        index: index of the header's last line; None if the table has no header.
        first_data: index of the first data row.
        columns: unique, non-empty names as ``Source.columns`` has them.
        notes: remarks for people, one sentence each, without cell values.
        lines: the text of the header's cells, line by line; empty if the table has no header.
        others: number of rows above the list that belong to other tables, without phone numbers, and their titles.
        described: number of lines under the header that describe its columns or name their types.
        title: the line above the header if it may name other people than the list's own; else "".
    """

    index: int | None
    first_data: int
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...] = ()
    others: int = 0
    described: int = 0
    title: str = ""


def find_header(rows: Sequence[Row], merges: Sequence[Merge] = ()) -> Header:
    """Return the header of a table, from its first rows (up to about 100, blank rows included, each cell text or None).

    ``merges`` are their merged cells, counted from the first of these rows and its first column.
    """
    if not (start := list_start(rows)):
        return _find(rows, merges)
    below = [replace(merge, row=merge.row - start, last_row=merge.last_row - start) for merge in merges]
    found = _find(rows[start:], [merge for merge in below if merge.row >= 0])
    notes = ("What stands above the list holds no column of phone numbers; it was left out.", *found.notes)
    index = None if found.index is None else found.index + start
    return replace(found, index=index, first_data=found.first_data + start, notes=notes, others=start)


def _find(rows: Sequence[Row], merges: Sequence[Merge]) -> Header:
    """Return the header of rows that begin with the list or with its titles."""
    filled = [sum(1 for cell in row if text_of(cell)) for row in rows]
    if not any(filled):
        return Header(None, 0, (), ())
    typical = _typical_fill(filled)
    plain = [[cell and _decoded(cell) for cell in row] for row in rows]
    best, best_score = None, 0.0
    for index in _candidates(plain, filled, typical):
        score = _score(plain, index, typical)
        # In a list of one column a title scores like the header below it: of equals, the lower one wins.
        if score > best_score or (typical == 1 and best is not None and score == best_score):
            best, best_score = index, score
    if best is None:
        width = _reached_width(rows, share=0.1)
        names = tuple(f"column {number}" for number in range(1, width + 1))
        return Header(None, 0, names, ("There is no header row; the columns are numbered.",))
    # Some exports repeat the sheet's column letters (A, B, C) above the header.
    if best + 1 < len(rows) and is_lettering(rows[best], rows[best + 1]):
        best += 1
    return _header_at(rows, best, filled, merges)


def _typical_fill(filled: list[int]) -> float:
    """Return the typical number of filled cells in the list; rows of one cell are titles unless most rows are such."""
    wide = [count for count in filled if count > 1]
    some = [count for count in filled if count]
    return median(wide if len(wide) * 3 >= len(some) else some)


def unique_names(cells: Row) -> tuple[str, ...]:
    """Return column names from header cells: white space collapsed, empty ones numbered, repeated ones counted."""
    names: list[str] = []
    taken = {name for cell in cells if (name := text_of(cell))}
    seen: set[str] = set()
    copies: dict[str, int] = {}  # the last number of each name: counting from 1 for each of 10,000 repeats is quadratic
    for place, cell in enumerate(cells, 1):
        text = text_of(cell)
        stem = text or f"column {place}"
        name, copy = stem, copies.get(stem, 1)
        while name in seen or (name in taken and (name != stem or not text)):
            copy += 1
            name = f"{stem} ({copy})"
        seen.add(name)
        copies[stem] = copy
        names.append(name)
    return tuple(names)


def _header_at(rows: Sequence[Row], known: int, filled: list[int], merges: Sequence[Merge]) -> Header:
    groups = merges or implied(rows, known)
    index = first_line(rows, known, groups)
    notes = _of_titles(sum(1 for count in filled[:index] if count))
    header = header_lines(rows, index, known, groups, is_path=index < known and not merges)
    last = index + len(header.lines) - 1
    first_data = last + 1 + header.rules + header.described
    if last > index:
        notes.append(f"The header has {last - index + 1} lines; their words were joined, column by column.")
    if wide := count_wide(rows, range(index, last + 1), groups):
        what = "merged header" if merges else "header"
        notes.append(f"{wide} {what} {'cell names' if wide == 1 else 'cells name'} every column under it.")
    if header.rules:
        notes.append("A ruled line under the header was left out.")
    if header.described:
        notes.append("What stands under the header on its columns, their ids or types, was left out.")
    cells: list[str | None] = [_decoded(cell) for cell in header.cells]
    if cells != list(header.cells):
        notes.append("HTML entities in the names of columns were read as the signs that they stand for.")
    missing = max(0, _reached_width(rows[first_data:], share=0.5) - len(cells))
    if missing:
        notes.append(f"{missing} {'column has' if missing == 1 else 'columns have'} no place in the header row.")
        cells += [None] * missing
    nameless = sum(1 for cell in cells if not text_of(cell)) - missing
    if nameless:
        notes.append(f"{nameless} {'column has' if nameless == 1 else 'columns have'} an empty header.")
    repeated = sum(count - 1 for count in Counter(filter(None, map(text_of, cells))).values())
    if repeated:
        notes.append(f"{repeated} column {'name is' if repeated == 1 else 'names are'} a repetition and got a number.")
    return Header(
        last,
        first_data,
        unique_names(cells),
        tuple(notes),
        header.lines,
        0,
        header.described,
        _title(rows[:index], rows[first_data:]),
    )


def _decoded(cell: str) -> str:
    """Return the cell with HTML entities such as ``T&eacute;l`` replaced by their characters."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), cell) if "&" in cell else cell


def _title(above: Sequence[Row], below: Sequence[Row]) -> str:
    """Return the only filled cell of the line above a header, if it may name other people than the list's own.

    Returns "" if no heading follows among the rows: whoever imports the only list of a file means its people. A heading
    such as "Do not call" counts always.
    """
    lines = ([text for cell in row if (text := text_of(cell))] for row in reversed(above))
    last = next(filter(None, lines), [])
    if len(last) != 1:
        return ""
    alone = (texts[0] for row in below if len(texts := [text for cell in row if (text := text_of(cell))]) == 1)
    is_one_of = any(meaning_of(text) is not None for text in alone)
    return last[0] if is_one_of or meaning_of(last[0]) == BELOW_REFUSAL else ""


def _of_titles(count: int) -> list[str]:
    if not count:
        return []
    rows, were = ("row", "was") if count == 1 else ("rows", "were")
    return [f"{count} title {rows} above the header {were} left out."]


def _candidates(rows: Sequence[Row], filled: list[int], typical: float) -> list[int]:
    """Return the indexes of rows that could be the header: all rows above look like titles, preambles or are blank."""
    found = []
    for index, row in enumerate(rows):
        if not filled[index]:
            continue
        found.append(index)
        following = rows[index + 1] if index + 1 < len(rows) else ()
        if not is_above_header(row, filled[index], typical) and not is_cut_title(row, following):
            break
    if typical == 1 and not _is_list_of_contacts(rows[found[-1] :]):
        return found[:1]
    return found


def _is_list_of_contacts(rows: Sequence[Row]) -> bool:
    kinds = [kind_of(text) for row in rows for cell in row if (text := text_of(cell))]
    return sum(1 for kind in kinds if kind in {"phone", "email"}) * 2 > len(kinds)


def _score(rows: Sequence[Row], index: int, typical: float) -> float:
    """Return the score of a row as the header; 0 or less if nothing speaks for it."""
    below = [row for row in rows[index + 1 :] if any(map(text_of, row))]
    cells = [text_of(cell) for cell in rows[index]]
    score = min(1.0, sum(map(bool, cells)) / typical) if typical > 1 else 1.0
    if typical > 1 and (sum(map(bool, cells)) == 1 or is_sentence(rows[index])):
        score -= 2
    for place, cell in enumerate(cells):
        if not cell:
            continue
        column = [text for row in below if place < len(row) and (text := text_of(row[place]))]
        score += _cell_score(cell, column)
    return score


def _cell_score(cell: str, column: list[str]) -> float:
    kind = kind_of(cell)
    if kind:
        return -2.0 if kind == "number" else -3.0
    score = 1.0 if is_header_word(cell) else 0.0
    is_contrast = bool(column) and sum(1 for text in column if kind_of(text)) * 2 > len(column)
    if is_contrast:
        score += 1
    elif len(cell) > LONGEST_NAME and not _ASKED.search(cell) and len(cell) < 2 * max(map(len, column), default=0) + 1:
        score -= 1
    if cell in column and not GENERIC.fullmatch(cell):
        score -= 0.5
    return score


def _reached_width(rows: Sequence[Row], *, share: float) -> int:
    """Return the largest width, without empty cells at the end, that more than a share of the filled rows reach."""
    widths = sorted((_trimmed(row) for row in rows if any(map(text_of, row))), reverse=True)
    return widths[int(len(widths) * share)] if widths else 0


def _trimmed(row: Row) -> int:
    return max((place for place, cell in enumerate(row, 1) if text_of(cell)), default=0)
