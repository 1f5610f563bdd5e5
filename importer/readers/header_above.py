"""Rows above a list's header: titles, sentences cut by commas, pairs of a name and a value, and other tables.

All functions take the first rows of a table, blank rows included.
"""

import re
from collections.abc import Sequence

from importer.readers.cell_kinds import Row, has_header_word, kind_of, text_of

_FEWEST_OF_TABLE = 3
"""Fewest cells of a list's header below rows of pairs."""
_MOST_PAIRS = 12
_FEWEST_WORDS = 3
"""Fewest words in the longest piece of a sentence."""
_MOST_SIDEWAYS = 60
"""Most values of a person in a list with a column for each person."""
SIDEWAYS = (
    "is written sideways: each person is a column, with the names of the values in the first one. Turn it round (in a "
    "spreadsheet: copy all, then Paste Special, Transpose), save that, and import it."
)
_PHONE = re.compile(
    r"(?i)\b(?:phones?|tel\w*|mobiles?|mobil|cell\w*|handy\w*|rufnummer|portable|m[oó]vil|celular|numbers?|whatsapp)\b"
)
_NAME = re.compile(
    r"(?i)\b(?:names?|first|last|vornamen?|nachnamen?|noms?|pr[eé]noms?|nombres?|apellidos?|nome|cognome|naam|imi[eę])\b"
)
_NO_NUMBER = re.compile(r"(?i)#|\b(?:id|zip|plz|code|date|time|duration|amount)\b")
"""Header words of long figures that are no phone numbers."""


def list_start(rows: Sequence[Row]) -> int:
    """Return the index of the list's first row; 0 unless a table without phone numbers precedes it.

    Reports begin with a summary, or with pairs such as ``Company, Acme``. The first table with a column of phone
    numbers is the list.
    """
    starts = [place for place in range(1, len(rows)) if _begins_table(rows, place)]
    begin = 0
    for place in starts:
        if not _is_pairs(rows[begin:place], rows[place]) and _has_numbers(rows[begin:place]):
            break
        begin = place
    if begin and any(map(text_of, rows[begin - 1])):
        begin -= 1  # the list's own title
    return begin if _has_table(rows[:begin]) and _has_numbers(rows[begin:]) else 0


def is_sideways(rows: Sequence[Row]) -> bool:
    """Return True if each person is a column: one row holds names and one phone numbers, each after its label."""
    filled = [[text_of(cell) for cell in row] for row in rows]
    lines = [[first, *filter(None, rest)] for first, *rest in filter(any, filled) if any(rest)]
    if not 2 <= len(lines) <= _MOST_SIDEWAYS or len({line[0] for line in lines}) < len(lines):
        return False
    return (
        all(len(line) > 2 and has_header_word(line[0]) and not kind_of(line[0]) for line in lines)
        and any(_PHONE.search(line[0]) and {"phone"} == set(map(kind_of, line[1:])) for line in lines)
        and any(_NAME.search(line[0]) and not any(map(_is_told, line[1:])) for line in lines)
    )


def _is_told(text: str) -> bool:
    return bool(kind_of(text)) or has_header_word(text)


def is_above_header(row: Row, filled: int, typical: float) -> bool:
    """Return True if the header may be below the row: it is a title, a sentence, or a pair of words.

    Args:
        row: its cells.
        filled: how many of them hold something.
        typical: how many cells a row of the list has.
    """
    if typical == 1:
        return not any(kind_of(text) for cell in row if (text := text_of(cell)))
    if filled == 1:
        only = next(text for cell in row if (text := text_of(cell)))
        return kind_of(only) not in {"email", "phone"}
    first = text_of(row[0])
    is_labelled = first.endswith(":") and (filled == 2 < typical or not has_contact(row))
    return (filled <= typical / 2 and not has_contact(row)) or is_labelled or is_sentence(row)


def has_contact(row: Row) -> bool:
    """Return True if a cell is somebody's address or number."""
    return any(kind_of(text_of(cell)) in {"email", "phone"} for cell in row)


def is_sentence(row: Row) -> bool:
    """Return True if commas cut a sentence into the row's cells: a blank begins each piece, as it does in prose."""
    pieces = [cell for cell in row if text_of(cell)]
    if len(pieces) < 2 or not all(cell and cell[0] == " " for cell in row[1 : len(pieces)]) or has_contact(row):
        return False
    words = [len(text_of(cell).split()) for cell in pieces]
    short = [text_of(cell) for cell, count in zip(pieces, words, strict=True) if count < _FEWEST_WORDS]
    names = sum(map(has_header_word, short))
    return max(words) >= _FEWEST_WORDS and names * 2 < len(pieces)


def is_cut_title(row: Row, following: Row) -> bool:
    """Return True if a title with commas stands above a header: none of its words is one that headers use."""
    pieces = [text for cell in row if (text := text_of(cell))]
    names = [text for cell in following if (text := text_of(cell))]
    return (
        len(pieces) > 1 < len(names)
        and not any(map(kind_of, [*pieces, *names]))
        and max(len(piece.split()) for piece in pieces) >= _FEWEST_WORDS
        and not any(map(has_header_word, pieces))
        and all(map(has_header_word, names))
    )


def _has_table(rows: Sequence[Row]) -> bool:
    """Return True if a row has several cells and is no sentence: then the rows are more than titles."""
    return any(sum(map(bool, map(text_of, row))) > 1 and not is_sentence(row) for row in rows)


def _begins_table(rows: Sequence[Row], place: int) -> bool:
    """Return True if the row could be a header that stands below a blank row or a title, with figures below it."""
    above = sum(map(bool, map(text_of, rows[place - 1])))
    names = [text for cell in rows[place] if (text := text_of(cell))]
    if above > 1 or len(names) < 2 or any(map(kind_of, names)):
        return False
    below = rows[place + 1] if place + 1 < len(rows) else ()
    is_named = sum(map(has_header_word, names)) * 2 >= len(names)
    return is_named and any(kind_of(text_of(cell)) for cell in below)


def _has_numbers(rows: Sequence[Row]) -> bool:
    """Return True if a column holds mostly numbers that can be called, by its values and by the cell above them."""
    names: Row = next((row for row in rows if sum(map(bool, map(text_of, row))) > 1), ())
    kinds: dict[int, list[str]] = {}
    for row in rows:
        for place, cell in enumerate(row):
            if row is not names and (text := text_of(cell)):
                kinds.setdefault(place, []).append(kind_of(text))
            elif row is names and kind_of(text := text_of(cell)) == "phone":
                kinds.setdefault(place, []).append("phone")
    return any(
        found.count("phone") * 2 > len(found) and not (place < len(names) and _NO_NUMBER.search(text_of(names[place])))
        for place, found in kinds.items()
    )


def _is_pairs(rows: Sequence[Row], header: Row) -> bool:
    """Return True if rows above a wider header are pairs of a name and its value: ``Phone, 415 555 0100``."""
    filled = [[text for cell in row if (text := text_of(cell))] for row in rows]
    pairs = [texts for texts in filled if texts]
    return (
        len(pairs) <= _MOST_PAIRS
        and all(len(texts) <= 2 for texts in pairs)
        and sum(map(bool, map(text_of, header))) >= _FEWEST_OF_TABLE
        and all(_is_label(texts[0]) for texts in pairs if has_contact(texts))
    )


def _is_label(text: str) -> bool:
    return text.endswith(":") or all(map(has_header_word, text.split()))
