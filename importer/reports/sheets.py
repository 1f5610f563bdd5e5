"""Workbooks of text and plain figures: the only module that uses XlsxWriter.

No cell is ever a formula or a link, whatever its text starts with: single lines go through ``write_string`` alone, and
a table's rows through ``cells``. The library takes 13 µs a cell, so it writes, in memory, a workbook whose tables have
headers only; the rows are put behind them while that workbook is packed into the file.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import polars as pl
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from importer.reports.cells import fitting, rows_xml

SHEET_COLUMNS = 16_384
SHEET_ROWS = 1_048_575
"""Most rows below a header (Excel's limit)."""
Rows = Callable[[], Iterable[pl.DataFrame]]
"""Returns a table's rows (String or integer) in pieces, so that they need not be in memory together."""
_CELLS_AT_ONCE = 100_000
_PACKING = 3
"""zlib's level: a twelfth more than its usual one gives, in less than half the time."""
_PLAIN_BYTES = (1 << 31) - 1
"""Most bytes of a sheet in an archive without ZIP64, of which some spreadsheets warn; Python writes no larger ones."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: its header, width in characters, the name of its look, and a comment on the header."""

    header: str
    width: float
    look: str = "text"
    note: str = ""


_LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16},
    "section": {"bold": True, "font_size": 12, "bottom": 1},
    "header": {"bold": True, "bg_color": "#1F3A4D", "font_color": "#FFFFFF", "valign": "vcenter"},
    "text": {"num_format": "@", "valign": "top"},
    "count": {"num_format": "#,##0", "valign": "top", "align": "left"},
    "wrapped": {"num_format": "@", "valign": "top", "text_wrap": True},
    "wanted": {"num_format": "@", "valign": "top", "bg_color": "#FFF3C4", "border": 1, "border_color": "#E0C060"},
    "marked": {"bg_color": "#FFF3C4"},
    "ours": {"num_format": "@", "valign": "top", "font_color": "#555555", "bg_color": "#EEEEEE"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of a sheet's table: the first one's number (from 1), and each column's letters and format."""

    first_row: int
    height: int
    letters: list[str]
    styles: list[int]
    rows: Rows

    def xml(self) -> Iterator[bytes]:
        """Yield the rows as XML, in pieces."""
        row = self.first_row
        for rows in self.rows():
            for some in rows.iter_slices(max(1, _CELLS_AT_ONCE // max(1, rows.width))):
                yield rows_xml(some, row, self.letters, self.styles)
                row += some.height


class Book:
    """A workbook being written; see ``new_book``."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._looks = {name: workbook.add_format(look) for name, look in _LOOKS.items()}
        self._sheets: list[Sheet] = []

    def sheet(self, name: str) -> "Sheet":
        r"""Add a sheet; ``name`` has at most 31 characters, none of them ``[]:*?/\``."""
        self._sheets.append(Sheet(self._workbook.add_worksheet(name), self._looks))
        return self._sheets[-1]

    def tables(self) -> dict[str, _Table]:
        """Return the tables that have rows, by the name of their sheet's part in the archive."""
        tables = {f"xl/worksheets/sheet{number}.xml": sheet.rows for number, sheet in enumerate(self._sheets, 1)}
        return {name: table for name, table in tables.items() if table is not None and table.height}


class Sheet:
    """A sheet, written from the top down: a row that is written cannot be changed any more."""

    def __init__(self, worksheet: Worksheet, looks: dict[str, Any]) -> None:
        self.rows: _Table | None = None
        self._worksheet = worksheet
        self._looks = looks
        self._row = self._top = 0
        self._widths: tuple[float, ...] = ()
        worksheet.set_landscape()
        worksheet.fit_to_pages(1, 0)

    def widths(self, *widths: float) -> None:
        """Set how wide the first columns are, in characters."""
        self._widths = widths
        for index, width in enumerate(widths):
            self._worksheet.set_column(index, index, width)

    def line(self, cells: Sequence[str | int | None] = (), look: str = "text") -> None:
        """Write one row; an int is a figure, None an empty cell. A row ``wrapped`` is as high as it needs."""
        if look == "wrapped":
            lines = (len(str(cell or "")) / width for cell, width in zip(cells, self._widths, strict=False))
            self._worksheet.set_row(self._row, 15 * max(1, math.ceil(max(lines))))
        for index, cell in enumerate(cells):
            if isinstance(cell, int):
                self._worksheet.write_number(self._row, index, cell, self._looks["count"])
            elif cell:
                self._worksheet.write_string(self._row, index, fitting(cell), self._looks[look])
        self._row += 1

    def table(self, columns: Sequence[Column], rows: Rows, height: int, frozen: int = 0) -> None:
        """Write a header that stays in sight and filters, and ``height`` rows; a sheet has only one, below its lines.

        The rows are asked for when the workbook is finished. The first ``frozen`` columns stay in sight, too.
        """
        top = self._top = self._row
        for index, column in enumerate(columns):
            self._worksheet.set_column(index, index, column.width, self._looks[column.look])
            if column.note:
                self._worksheet.write_comment(top, index, column.note, {"x_scale": 2, "author": "importer"})
        self._worksheet.set_row(top, 22)
        self.line([column.header for column in columns], "header")
        letters = [xl_col_to_name(index) for index in range(len(columns))]
        formats = (self._looks[column.look] for column in columns)
        styles = [look._get_xf_index() for look in formats]  # noqa: SLF001 - a format's number has no public name
        self.rows = _Table(self._row + 1, height, letters, styles, rows)
        self._row += height
        self._worksheet.repeat_rows(top)
        self._worksheet.freeze_panes(top + 1, frozen)
        self._worksheet.autofilter(top, 0, self._row - 1, len(columns) - 1)

    def offer(self, column: int, choices: Sequence[str]) -> None:
        """Give the cells of a column of the table a drop-down list; they may also stay empty."""
        if self._row - 1 > self._top:
            wrong = f"Leave the cell empty, or choose: {', '.join(choices)}."
            offered = {"validate": "list", "source": list(choices), "error_title": "importer", "error_message": wrong}
            self._worksheet.data_validation(self._top + 1, column, self._row - 1, column, offered)

    def highlight(self, column: int, names: int, name: str) -> None:
        """Colour the cells of a column like ``wanted`` ones, in rows in which the column ``names`` holds this name."""
        if self._row - 1 > self._top:
            quoted = name.replace('"', '""')
            formula = f'=EXACT(${xl_col_to_name(names)}{self._top + 2},"{quoted}")'
            rule = {"type": "formula", "criteria": formula, "format": self._looks["marked"]}
            self._worksheet.conditional_format(self._top + 1, column, self._row - 1, column, rule)


@contextmanager
def new_book(path: Path, created_at: str) -> Iterator[Book]:
    """Open a workbook, which is written to ``path`` at the end.

    ``created_at`` (ISO 8601) is in the file, so that writing it again gives the same bytes.

    Raises:
        OSError: the disk is full or ``path`` cannot be written.
    """
    heads = BytesIO()
    workbook = Workbook(heads, {"in_memory": True})
    workbook.set_properties({"created": datetime.fromisoformat(created_at)})
    book = Book(workbook)
    yield book
    try:
        workbook.close()
    except XlsxWriterException as error:
        raise OSError(str(error)) from error
    if not _packed(heads, book.tables(), path, is_large=False):
        _packed(heads, book.tables(), path, is_large=True)


def _packed(heads: IO[bytes], tables: dict[str, _Table], path: Path, *, is_large: bool) -> bool:
    """Write the workbook, each table's rows behind its header; return False if a sheet is large but must not be."""
    with ZipFile(heads) as headed, ZipFile(path, "w", ZIP_DEFLATED, compresslevel=_PACKING) as packed:
        for name in headed.namelist():
            head = headed.read(name)
            with packed.open(name, "w", force_zip64=is_large) as file:
                size = 0
                for xml in _with_rows(head, tables[name]) if name in tables else [head]:
                    size += len(xml)
                    if size > _PLAIN_BYTES and not is_large:
                        return False
                    file.write(xml)
    return True


def _with_rows(head: bytes, table: _Table) -> Iterator[bytes]:
    """Yield a sheet's XML with the table's rows behind the last one that it has."""
    last_row = b"%d" % (table.first_row + table.height - 1)
    head = re.sub(
        rb'(<dimension ref="A\d+)(?::([A-Z]+)\d+)?"', lambda ref: b'%s:%s%s"' % (ref[1], ref[2] or b"A", last_row), head
    )
    start, end = head.split(b"</sheetData>")
    yield start
    yield from table.xml()
    yield b"</sheetData>" + end
