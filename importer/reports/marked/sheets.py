"""The marks of a list's rows, put into its sheet: colours, comments, and our columns at the right."""

from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.dimensions import ColumnDimension
from openpyxl.worksheet.table import TableColumn
from openpyxl.worksheet.worksheet import Worksheet

from importer.errors import ReadError
from importer.models.ties import OUTCOME, SENT_AS, TIE, WHY
from importer.reports.marked.books import put_text
from importer.reports.sheets import SHEET_COLUMNS

COLOURS = {
    "imported": "E3F1E6",
    "skipped": "E9ECEF",
    "errored": "FBE3DF",
    "unconfirmed": "FDF1D0",
    "waiting": "EBE3F7",
    "planned": "DFECF9",
}
WRONG = "FFC93C"
HEAD, ON_HEAD, DIM = "1F3A4D", "FFFFFF", "8A8A8A"
OUR_COLUMNS = ((OUTCOME, 19.0), (WHY, 68.0), (SENT_AS, 52.0), (TIE, 14.0))
"""Each with its width in characters."""
MOST_COMMENTS = 5_000
"""Comments of a sheet: a spreadsheet program shows each as a drawing, and is slow with more."""
_WHITE = frozenset({"00000000", "00FFFFFF", "FFFFFFFF"})
_BLANK = "blank-row"


@dataclass(slots=True)
class Marked:
    """What was marked in a sheet.

    Attributes:
        title: of the sheet.
        outcomes: rows by outcome, as they were coloured.
        reasons: rows by outcome and reason.
        first: by outcome and reason, the cell to look at in the first row.
        later: rows that a later run imported.
        comments: cells with a comment of ours.
        uncommented: wrong cells without a comment, because there are too many.
    """

    title: str
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str], str] = field(default_factory=dict)
    later: int = 0
    comments: int = 0
    uncommented: int = 0


def mark(sheet: Worksheet, header_row: int, names: list[str], marks: pl.DataFrame, shift: int = 0) -> Marked:
    """Mark the rows of a sheet's list; ``shift`` is how much further down they stand than ``marks`` say.

    Raises:
        ReadError: there is no room for our columns; the text continues after "of X".
    """
    last_row = int(marks["row"].max() or header_row) + shift  # type: ignore[arg-type]
    right = _right_end(sheet, header_row, last_row)
    if right + len(OUR_COLUMNS) > SHEET_COLUMNS:
        raise ReadError(f"is not made: sheet {sheet.title} has no free columns at its right.")
    left = _left_end(sheet, header_row, names)
    painter, places = _Painter(), {name: left + place for place, name in enumerate(names)}
    # Empty columns before the first that has a name are not the list's, whatever stands in them elsewhere.
    named = next((c for c in range(left, left + len(names)) if sheet.cell(header_row, c).value is not None), left)
    found = Marked(sheet.title)
    ours = range(right + 1, right + 1 + len(OUR_COLUMNS))
    for row, outcome, reason, why, sent, wrong, comment, tie, is_later in marks.select(
        "row", "outcome", "reason", "why", "sent", "wrong", "comment", "tie", "is_later"
    ).iter_rows():
        at, colour = row + shift, COLOURS[outcome]
        for column in range(named, left + len(names)) if reason != _BLANK else ():
            painter.paint(sheet.cell(at, column), colour)
        told = (outcome, why, sent, tie + _formulas(sheet, at, range(left, left + len(names)), places.get(wrong)))
        for column, text in zip(ours, told, strict=True):
            painter.write(sheet.cell(at, column), text, colour, is_tie=column == ours[-1])
        spot = sheet.cell(at, places.get(wrong, left))
        if wrong in places:
            painter.paint(spot, WRONG, is_strong=True)
            is_told = found.comments < MOST_COMMENTS and _comment(spot, comment)
            found.comments += is_told
            found.uncommented += not is_told
        found.outcomes[outcome] += 1
        found.reasons[outcome, reason] += 1
        found.first.setdefault((outcome, reason), spot.coordinate)
        found.later += is_later
    _head(sheet, header_row, ours)
    _extend(sheet, header_row, named, right, last_row)
    return found


def _formulas(sheet: Worksheet, row: int, columns: range, wrong: int | None) -> str:
    """Return what a tie says of a row's formulas, but for the cell to correct: the places of their columns; or nothing.

    Their results may be others whenever a spreadsheet program saves the copy, though nobody corrected them.
    """
    cells = sheet._cells  # noqa: SLF001 - `cell` would make those that are not there
    places = [
        str(place)
        for place, column in enumerate(columns)
        if column != wrong and (cell := cells.get((row, column))) is not None and cell.data_type == "f"
    ]
    return f" {','.join(places)}" if places else ""


class _Painter:
    """Gives cells fills, fonts and texts; each look of a cell and colour is made once, because that takes long."""

    def __init__(self) -> None:
        self._looks: dict[tuple[object, ...], object] = {}
        self._ours: dict[tuple[str, bool], object] = {}

    def paint(self, cell: Cell | MergedCell, colour: str, *, is_strong: bool = False) -> None:
        """Fill a cell; one with a colour of its own keeps it, unless ``is_strong``."""
        key = (tuple(cell._style or ()), colour, is_strong)  # noqa: SLF001 - what a look is, has no public name
        if key not in self._looks:
            if is_strong or not _has_colour(cell):
                cell._style = copy(cell._style)  # noqa: SLF001 - other cells have it, too
                cell.fill = PatternFill("solid", fgColor=colour)
            self._looks[key] = cell._style  # noqa: SLF001
        cell._style = self._looks[key]  # noqa: SLF001

    def write(self, cell: Cell, text: str | None, colour: str, *, is_tie: bool) -> None:
        """Write into one of our cells."""
        put_text(cell, text)
        key = (colour, is_tie)
        if key not in self._ours:
            cell._style = copy(cell._style)  # noqa: SLF001
            cell.fill = PatternFill("solid", fgColor=colour)
            cell.font = usual_font(cell, color=DIM) if is_tie else usual_font(cell)
            # "fill" keeps a long text from flowing out of its cell, where a row ends.
            cell.alignment = Alignment(vertical="top", horizontal="fill" if is_tie else None)
            cell.number_format = "@"
            self._ours[key] = cell._style  # noqa: SLF001
        cell._style = self._ours[key]  # noqa: SLF001


def usual_font(cell: Cell, **changes: Any) -> Font:
    """Return the font of the book, or of the cell, with changes: its own name and size look like the user's."""
    font = cell.font
    return Font(**({"name": font.name, "sz": font.sz, "family": font.family, "scheme": font.scheme} | changes))


def _has_colour(cell: Cell | MergedCell) -> bool:
    fill = cell.fill
    if fill.fill_type is None:
        return False
    return not (fill.fill_type == "solid" and fill.fgColor.type == "rgb" and fill.fgColor.rgb in _WHITE)


def _comment(cell: Cell | MergedCell, text: str) -> bool:
    """Say in a comment what is wrong, below one that is there; return False if the cell cannot have one."""
    if isinstance(cell, MergedCell):
        return False
    before = cell.comment
    told = f"{before.content}\n\nimporter: {text}" if before else f"importer: {text}"
    lines = sum(1 + len(line) // 42 for line in told.split("\n"))
    cell.comment = Comment(told, before.author if before else "importer", height=20 + 17 * lines, width=300)
    return True


def _right_end(sheet: Worksheet, header_row: int, last_row: int) -> int:
    """Return the last column that is in use in any way that our columns must not touch."""
    merges = [each for each in sheet.merged_cells.ranges if header_row <= each.max_row and each.min_row <= last_row]
    tables = [int(range_boundaries(table.ref)[2]) for table in sheet.tables.values()]
    return max([*_filled_columns(sheet), *(each.max_col for each in merges), *tables], default=1)


def _left_end(sheet: Worksheet, header_row: int, names: list[str]) -> int:
    """Return the column of the list's first name: where most of its names stand, if any do, else the first filled."""
    filled = _filled_columns(sheet)
    head = {column: str(sheet.cell(header_row, column).value or "\0").strip() for column in range(1, max(filled) + 1)}

    def hits(left: int) -> int:
        return sum(name.endswith(head.get(left + place, "\0")) for place, name in enumerate(names))

    return max([min(filled), *head], key=hits)


def _filled_columns(sheet: Worksheet) -> set[int]:
    """Return the numbers of the columns with anything in them; of an empty sheet 1."""
    # Not by `iter_rows`, which makes every cell of the rectangle, and there may be millions.
    cells = sheet._cells.items()  # noqa: SLF001
    return {column for (_, column), cell in cells if cell.value is not None} or {1}


def _head(sheet: Worksheet, header_row: int, ours: Iterable[int]) -> None:
    for column, (name, width) in zip(ours, OUR_COLUMNS, strict=True):
        cell = sheet.cell(header_row, column)
        put_text(cell, name)
        cell.font, cell.fill = usual_font(cell, bold=True, color=ON_HEAD), PatternFill("solid", fgColor=HEAD)
        cell.alignment, cell.border, cell.protection = Alignment(vertical="center"), Border(), Protection()
        _free(sheet, column)
        sheet.column_dimensions[get_column_letter(column)].width = width


def _free(sheet: Worksheet, column: int) -> None:
    """Take a column out of the group of columns that it shares a width with, so that it can have its own."""
    letter = get_column_letter(column)
    for key, group in list(sheet.column_dimensions.items()):
        first, last = group.min or column, group.max or column
        if not (first <= column <= last) or first == last == column:
            continue
        if first < column:
            group.max = column - 1
        else:
            del sheet.column_dimensions[key]
        if last > column:
            rest = ColumnDimension(
                sheet, get_column_letter(column + 1), group.width, group.bestFit, group.hidden, group.outlineLevel,
                collapsed=group.collapsed, min=column + 1, max=last,
            )  # fmt: skip
            rest._style = group._style  # noqa: SLF001
            sheet.column_dimensions[rest.index] = rest
    dimension = sheet.column_dimensions[letter]
    dimension.min = dimension.max = column
    dimension.hidden = False


def _extend(sheet: Worksheet, header_row: int, left: int, right: int, last_row: int) -> None:
    """Let a table or a filter of the list take our columns in: who sorts there must sort them, too."""
    end = right + len(OUR_COLUMNS)
    has_table = False
    for table in sheet.tables.values():
        first_column, first_row, last_column, bottom = range_boundaries(table.ref)
        if first_row <= last_row and bottom >= header_row:
            has_table = True
        if first_row == header_row and last_column == right and table.headerRowCount != 0:
            table.ref = f"{get_column_letter(first_column)}{first_row}:{get_column_letter(end)}{bottom}"
            if table.autoFilter is not None:
                filtered = range_boundaries(table.autoFilter.ref)
                table.autoFilter.ref = (
                    f"{get_column_letter(first_column)}{first_row}:{get_column_letter(end)}{filtered[3]}"
                )
            number = max(column.id for column in table.tableColumns)
            table.tableColumns += [
                TableColumn(id=number + place, name=name) for place, (name, _) in enumerate(OUR_COLUMNS, 1)
            ]
    if sheet.auto_filter.ref:
        first_column, first_row, last_column, bottom = range_boundaries(sheet.auto_filter.ref)
        if first_row == header_row:
            sheet.auto_filter.ref = (
                f"{get_column_letter(first_column)}{first_row}:{get_column_letter(end)}{max(bottom, last_row)}"
            )
    elif not has_table and not sheet.protection.sheet:
        sheet.auto_filter.ref = f"{get_column_letter(left)}{header_row}:{get_column_letter(end)}{last_row}"


def new_title(book: Workbook, wanted: str) -> str:
    """Return a sheet's title that the book does not have yet."""
    taken = {title.lower() for title in book.sheetnames}
    titles = (wanted if n == 1 else f"{wanted} {n}" for n in range(1, len(taken) + 2))
    return next(title for title in titles if title.lower() not in taken)
