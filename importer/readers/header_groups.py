"""Headers with merged cells: names over several columns, and the header lines that they tie together.

All functions take the first rows of a table; merged cells (``merges``) count from the first of them and its first
column.
"""

from collections.abc import Sequence
from itertools import pairwise

from importer.readers.cell_kinds import Row, has_header_word, kind_of, telling_columns, text_of
from importer.readers.workbooks.merges import Merge

_MOST_LINES_ABOVE = 2


def spread(rows: Sequence[Row], index: int, merges: Sequence[Merge]) -> tuple[str, ...]:
    """Return a row's text, with the text of a merged cell in every column that it covers."""
    cells = [text_of(cell) for cell in rows[index]]
    for merge in _wide(rows, index, merges):
        for column in range(merge.column, min(merge.last_column + 1, len(cells))):
            cells[column] = cells[column] or cells[merge.column]
    return tuple(cells)


def implied(rows: Sequence[Row], index: int) -> list[Merge]:
    """Return the merged cells that a text file has lost, in the line above the header's line ``index``.

    Each name there covers the columns up to the next name. Empty if there is none, or only one over the first column:
    that is a title.
    """
    above = [text_of(cell) for cell in rows[index - 1]] if index else []
    places = [place for place, text in enumerate(above) if text]
    if not places or places == [0]:
        return []
    width = max((place + 1 for place, cell in enumerate(rows[index]) if text_of(cell)), default=0)
    return [
        Merge(index - 1, first, index - 1, after - 1)
        for first, after in pairwise([*places, width])
        if after - first > 1
    ]


def first_line(rows: Sequence[Row], index: int, merges: Sequence[Merge]) -> int:
    """Return the index of a header's first line; lines above the known line ``index`` may name groups of columns."""
    lowest = max(0, index - _MOST_LINES_ABOVE)
    while index > lowest and _names_groups(rows, index - 1, merges):
        index -= 1
    return index


def is_parted(rows: Sequence[Row], index: int, merges: Sequence[Merge]) -> bool:
    """Return True if the line below the header's line ``index`` names the parts of its merged cells, and nothing else.

    Proof is a name beside them that covers both lines, or words over columns of numbers, dates and addresses.
    """
    if not merges or index + 1 >= len(rows):
        return False
    line = [text_of(cell) for cell in rows[index + 1]]
    filled = {place for place, text in enumerate(line) if text}
    grouped = {place for merge in _wide(rows, index, merges) for place in range(merge.column, merge.last_column + 1)}
    if filled - grouped or any(kind_of(line[place]) for place in filled):
        return False
    return _goes_down(rows, index, merges) or bool(filled.intersection(telling_columns(rows[index + 2 :])))


def count_wide(rows: Sequence[Row], lines: range, merges: Sequence[Merge]) -> int:
    """Return the number of merged cells in these lines that name more than one column."""
    return sum(len(_wide(rows, index, merges)) for index in lines)


def _wide(rows: Sequence[Row], index: int, merges: Sequence[Merge]) -> list[Merge]:
    """Return the merged cells that begin in a row, have a text and cover more than one column."""
    row = rows[index]
    return [
        merge
        for merge in merges
        if merge.row == index and merge.column < merge.last_column and text_of(row[merge.column])
    ]


def _goes_down(rows: Sequence[Row], index: int, merges: Sequence[Merge]) -> bool:
    """Return True if a name of one column covers a row and the row below it."""
    return any(
        merge.row <= index < merge.last_row and text_of(rows[merge.row][merge.column])
        for merge in merges
        if merge.column == merge.last_column
    )


def _names_groups(rows: Sequence[Row], index: int, merges: Sequence[Merge]) -> bool:
    """Return True if a line names groups of the columns below it, and is not a title.

    A letterhead may have several merged cells, too. So a line that is not needed to distinguish the names below it must
    consist of header words or single words.
    """
    wide = _wide(rows, index, merges)
    texts = [text for cell in rows[index] if (text := text_of(cell))]
    names = {place: text for place, cell in enumerate(rows[index + 1]) if (text := text_of(cell))}
    if not wide or not names or any(map(kind_of, texts)):
        return False
    if len(texts) > 1:
        is_needed = _goes_down(rows, index, merges) or len(set(names.values())) < len(names)
        return is_needed or all(has_header_word(text) or text.isalpha() for text in texts)
    covered = [place for place in names if wide[0].column <= place <= wide[0].last_column]
    if not covered or len(covered) == len(names):
        return False
    is_name = all(map(has_header_word, texts[0].split()))
    return is_name or (covered[0] > min(names) and len(covered) * 2 <= len(names))
