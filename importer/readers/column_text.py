"""Sheets with lines of CSV in their only column, left by a spreadsheet that expected another delimiter."""

import csv
import io
from dataclasses import replace
from tempfile import TemporaryFile

import polars as pl

from importer.readers.cell_kinds import kind_of
from importer.readers.delimited.delimiter import NO_DELIMITER
from importer.readers.delimited.dialect import Dialect, find_dialect
from importer.readers.workbooks.pages import PAGE_ROWS, Pages, PageWriter
from importer.readers.workbooks.result import Sheet

_SAMPLE_ROWS = 200
_ENOUGH = 0.9


def parted(sheet: Sheet, pages: Pages) -> tuple[Sheet, Pages] | None:
    """Return the sheet with its lines split into cells; None if its cells are not lines of CSV."""
    if len(sheet.extent.last_filled) != 1:
        return None
    dialect = _dialect([text for text in _texts(pages, sheet.extent.first_filled, _SAMPLE_ROWS) if text])
    if dialect is None:
        return None
    with TemporaryFile() as cells:
        writer = PageWriter(cells)
        for start in range(sheet.extent.first_filled, pages.rows, PAGE_ROWS):
            rows = [_cells(text, dialect) for text in _texts(pages, start, PAGE_ROWS)]
            writer.add(_frame(rows), start)
        extent = writer.end()
        if extent is None:
            return None
        return replace(sheet, extent=extent), Pages(cells, extent)


def _texts(pages: Pages, start: int, rows: int) -> list[str]:
    return pages.slice(start, rows).to_series().fill_null("").to_list()


def _dialect(lines: list[str]) -> Dialect | None:
    """Return the dialect of the lines; None unless nearly all have as many cells as the first, most with a contact."""
    dialect = find_dialect(lines)
    if len(lines) < 2 or dialect.delimiter == NO_DELIMITER:
        return None
    rows = [_cells(line, dialect) for line in lines]
    alike = sum(len(row) == len(rows[0]) > 1 for row in rows)
    with_contact = sum(any(kind_of(cell) in {"phone", "email"} for cell in row) for row in rows)
    return dialect if alike >= len(rows) * _ENOUGH and with_contact * 2 >= len(rows) else None


def _cells(text: str, dialect: Dialect) -> list[str]:
    """Return the cells of one line; a line with an open quote is split at every delimiter."""
    if dialect.needs_writing_over:
        text = dialect.plain(text.encode()).decode()
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.parsed_delimiter, strict=True))
    except csv.Error:
        rows = []
    cells = rows[0] if len(rows) == 1 else text.split(dialect.parsed_delimiter) if text else []
    return [dialect.meant(cell) for cell in cells]


def _frame(rows: list[list[str]]) -> pl.DataFrame:
    """Return the rows as String columns named by their indexes, from 0; empty cells are null."""
    width = max(map(len, rows), default=0)
    columns = [[row[place] or None if place < len(row) else None for row in rows] for place in range(width)]
    return pl.DataFrame([pl.Series(str(place), column, pl.String) for place, column in enumerate(columns)])
