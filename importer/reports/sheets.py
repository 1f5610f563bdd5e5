"""Workbooks of text and plain figures: the only module that uses XlsxWriter.

No cell is ever a formula or a link, whatever its text starts with: single lines go through ``write_string`` alone, and
a table's rows through ``cells``. The library takes 13 µs a cell, so of a table it writes the header, the looks and the
widths; the rows are put behind the header in the file in which it lets a sheet's rows wait.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from importer.reports.cells import fitting, rows_xml

SHEET_COLUMNS = 16_384
SHEET_ROWS = 1_048_575
"""Most rows below a header (Excel's limit)."""
_CELLS_AT_ONCE = 100_000


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


class Book:
    """A workbook being written; see ``new_book``."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._looks = {name: workbook.add_format(look) for name, look in _LOOKS.items()}

    def sheet(self, name: str) -> "Sheet":
        r"""Add a sheet; ``name`` has at most 31 characters, none of them ``[]:*?/\``."""
        return Sheet(self._workbook.add_worksheet(name), self._looks)


class Sheet:
    """A sheet, written from the top down: a row that is written cannot be changed any more."""

    def __init__(self, worksheet: Worksheet, looks: dict[str, Any]) -> None:
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

    def table(self, columns: Sequence[Column], rows: Iterable[pl.DataFrame], frozen: int = 0) -> None:
        """Write a header that stays in sight and filters, and its rows (String or integer); a sheet has only one.

        The rows come in pieces, so that they need not be in memory together. The first ``frozen`` columns stay in
        sight, too.
        """
        top = self._top = self._row
        for index, column in enumerate(columns):
            self._worksheet.set_column(index, index, column.width, self._looks[column.look])
            if column.note:
                self._worksheet.write_comment(top, index, column.note, {"x_scale": 2, "author": "importer"})
        self._worksheet.set_row(top, 22)
        self.line([column.header for column in columns], "header")
        self._append(rows, [self._looks[column.look] for column in columns])
        self._worksheet.repeat_rows(top)
        self._worksheet.freeze_panes(top + 1, frozen)
        self._worksheet.autofilter(top, 0, self._row - 1, len(columns) - 1)

    def _append(self, pieces: Iterable[pl.DataFrame], formats: Sequence[Any]) -> None:
        """Write rows past the library, straight behind what it has written."""
        letters = [xl_col_to_name(index) for index in range(len(formats))]
        styles = [style._get_xf_index() for style in formats]  # noqa: SLF001 - a format's number has no public name
        sheet = self._worksheet
        sheet._write_single_row(self._row)  # noqa: SLF001 - the library still holds the header's row
        for rows in pieces:
            for some in rows.iter_slices(max(1, _CELLS_AT_ONCE // max(1, rows.width))):
                sheet.row_data_fh.write(rows_xml(some, self._row + 1, letters, styles))
                self._row += some.height
        sheet.dim_rowmax, sheet.previous_row = self._row - 1, self._row - 1

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
    """Open a workbook at ``path``, which exists.

    ``created_at`` (ISO 8601) is in the file, so that writing it again gives the same bytes.

    Rows wait on the disk beside ``path``, not in memory, and nothing of them is left there.

    Raises:
        OSError: the disk is full or ``path`` cannot be written.
    """
    with TemporaryDirectory(prefix=".", dir=path.parent) as waiting:
        workbook = Workbook(path, {"constant_memory": True, "tmpdir": waiting})
        workbook.set_properties({"created": datetime.fromisoformat(created_at)})
        try:
            yield Book(workbook)
            workbook.close()
        except XlsxWriterException as error:
            raise OSError(str(error)) from error
        finally:
            for worksheet in workbook.worksheets():
                worksheet.row_data_fh.close()  # the library leaves it open where the workbook is not finished
