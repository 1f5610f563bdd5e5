"""Workbooks as tables: a child process parses the file, this one only reads the pages of text that it writes."""

import os
import subprocess
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

from importer.errors import ReadError
from importer.models.sources import LeftOut, Source
from importer.readers.archive import unpacked_alone, unpacked_note
from importer.readers.column_text import parted
from importer.readers.footer import MOST_ROWS, footer_note, footer_start
from importer.readers.header import find_header, unique_names
from importer.readers.header_above import SIDEWAYS, is_sideways
from importer.readers.table import Table
from importer.readers.workbooks.container import SIGNATURES, is_page
from importer.readers.workbooks.merges import Merge
from importer.readers.workbooks.pages import Pages
from importer.readers.workbooks.result import Result, Sheet
from importer.readers.workbooks.sheet_table import Layout, SheetTable
from importer.settings.settings import OFFICE_PASSWORD_VARIABLE
from importer.system import bounds, children
from importer.system.opening import handed, open_regular, sha256_of, temporary_file

_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".xltx", ".xltm", ".xlt", ".ots"})
_WALL_S = 300
_VARIABLES = {"POLARS_MAX_THREADS": "2", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Of the child. Large pages (where the C library knows them) save a tenth of its time, which goes into small ones."""
_LINES_OF_TEXT = "The first column held lines of CSV; they were parted into cells."
_HEADER_ROWS = 100


class Workbook:
    """The reader of workbooks and of web pages that are named like them."""

    def can_read(self, path: Path, head: bytes) -> bool:
        """Return True for zip and OLE2 files, web pages, XML of Excel 2003, and any markup named like a workbook."""
        is_markup = path.suffix.lower() in _SUFFIXES and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        return head.startswith(SIGNATURES) or is_markup or is_page(head)

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return a table for each sheet with a filled cell, hidden ones too, or for the one named.

        Raises:
            ReadError: no workbook, locked, damaged, harmful, without any filled sheet, or without the sheet wanted.
        """
        with temporary_file() as cells:
            sha256, size_bytes, result, packed = _parse(path, file, sheet, cells)
            if not result.sheets and result.format == "html":
                raise ReadError(f"{file} is a web page without a table. Export the list again, as .csv or .xlsx.")
            if not result.sheets:
                where = file if sheet is None or not result.empty else f"Sheet {result.empty[0]} of {file}"
                raise ReadError(f"{where} has no filled cell. Check that it is the right file, saved with its rows.")
            tables: list[Table] = []
            for about in result.sheets:
                pages = Pages(cells, about.extent)
                lines = parted(about, pages)
                if lines is not None:
                    about, pages = lines  # noqa: PLW2901 - the sheet with its lines split into cells
                if len(result.sheets) == 1 and is_sideways(pages.slice(0, _HEADER_ROWS).rows()):
                    raise ReadError(f"{file} {SIDEWAYS}")
                layout = _layout(about, pages)
                notes = list(layout.notes)
                if not tables and packed:
                    notes.append(packed)
                if lines is not None:
                    notes.append(_LINES_OF_TEXT)
                if not tables and result.empty:
                    notes.append(f"Empty sheets were left out: {', '.join(result.empty)}.")
                source = Source(
                    path=path,
                    file=file,
                    sha256=sha256,
                    size_bytes=size_bytes,
                    format=result.format,
                    columns=layout.columns,
                    header_row=layout.header_row,
                    sheet=about.name,
                    left_out=layout.left_out,
                    notes=tuple(notes),
                )
                tables.append(SheetTable(source, pages, layout))
            return tables


def _parse(path: Path, file: str, sheet: str | None, cells: BinaryIO) -> tuple[str, int, Result, str | None]:
    """Let a child parse the file; its pages go into the file ``cells``.

    Returns:
        SHA-256 and size in bytes of the file, the child's result, and a note if the file was packed.

    Raises:
        ReadError: as in ``Workbook.tables``.
        KeyboardInterrupt: a signal such as Ctrl-C, which reaches every process of a terminal, ended the child.
    """
    password = os.environ.get(OFFICE_PASSWORD_VARIABLE)
    try:
        with open_regular(path) as opened, unpacked_alone(opened, file) or nullcontext(opened) as book:
            before = os.fstat(opened.fileno())
            packed = None if book is opened else unpacked_note(opened)
            child = children.start(
                "importer.readers.workbooks.child",
                *(handed(book), handed(cells), *([] if sheet is None else [sheet])),
                variables=_VARIABLES | ({OFFICE_PASSWORD_VARIABLE: password} if password else {}),
                stdout=subprocess.PIPE,
                hands=[book, cells],
            )
            try:
                # Hashed while the child parses, and without moving the position that both processes share.
                sha256 = sha256_of(opened)
                with bounds.following(cells.fileno()):
                    output, _ = child.communicate(timeout=_WALL_S)
            finally:
                # Ctrl-C may interrupt the wait: leave no child behind.
                child.kill()
                child.communicate()
            after = os.fstat(opened.fileno())
    except OSError as error:
        raise ReadError(f"{file} cannot be read: {error.strerror}.") from None
    except subprocess.TimeoutExpired:
        raise ReadError(f"{file} was still being read after {_WALL_S} s. Save it as .csv and import that.") from None
    if children.was_stopped(child.returncode):
        raise KeyboardInterrupt
    # Before the result: a file that changed may have failed for that alone, and its hash may be of another state.
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise ReadError(f"{file} changed while it was being read. Wait until it is saved, and start again.")
    result = None if child.returncode else Result.load(output)
    if result is None:
        raise ReadError(
            f"{file} cannot be read within the limits of memory and time: it is damaged, or a stray cell far below or "
            "right of the list makes it huge. Delete what lies outside the list, or save it as .csv, and import that."
        )
    if result.problem is not None:
        raise ReadError(f"{file} {result.problem}")
    return sha256, before.st_size, result, packed


def _layout(sheet: Sheet, pages: Pages) -> Layout:
    """Return the layout of the sheet, judged by its first and last rows."""
    start = sheet.extent.first_filled
    top = [list(row) for row in pages.slice(start, _HEADER_ROWS).iter_rows()]
    merges = _merges_at(sheet, start, len(top))
    header = find_header(top, merges)
    first = start + (header.first_data if header.index is None else header.index)
    reached = [place for place, last in enumerate(sheet.extent.last_filled, 1) if last >= first]
    width = max(reached, default=len(top[0]))
    if width < len(top[0]):
        header = find_header([row[:width] for row in top], [merge for merge in merges if merge.column < width])
    first_data = start + header.first_data
    end = _end_of(pages, first_data, width)
    footer = (LeftOut("footer", end + 1, pages.rows),) if end < pages.rows else ()
    return Layout(
        header=header,
        columns=unique_names([*header.columns, *[None] * (width - len(header.columns))]),
        header_row=None if header.index is None else start + header.index + 1,
        first_data=first_data,
        end=end,
        left_out=footer,
        notes=(
            *header.notes,
            *(footer_note("Row", span.first, span.last) for span in footer),
            *_notes(sheet, first_data),
        ),
    )


def _end_of(pages: Pages, first_data: int, width: int) -> int:
    """Return the index (from 0) of the first row below the list."""
    start = max(first_data, pages.rows - MOST_ROWS)
    if start >= pages.rows:
        return pages.rows
    place = footer_start(pages.slice(start, MOST_ROWS).rows(), width)
    return pages.rows if place is None else start + place


def _merges_at(sheet: Sheet, start: int, rows: int) -> list[Merge]:
    """Return the merged cells of the rows from ``start`` on, counted from there and the first filled column.

    Columns at a merged cell's right end that hold nothing below it are cut off: it was merged for its looks.
    """
    first, last_filled = sheet.extent.first_column, sheet.extent.last_filled
    found = []
    for merge in sheet.facts.merges.top:
        if start <= merge.row < start + rows and 0 <= merge.column - first < len(last_filled):
            column = merge.column - first
            last = min(merge.last_column - first, len(last_filled) - 1)
            while last > column and last_filled[last] <= merge.last_row:
                last -= 1
            found.append(Merge(merge.row - start, column, merge.last_row - start, last))
    return found


def _notes(sheet: Sheet, first_data: int) -> list[str]:
    """Return remarks for people on a sheet, a sentence for each count that is not 0."""
    down, across = sheet.facts.merges.below(first_data)
    counted = (
        (sheet.facts.hidden_rows, "{} hidden row was read too.", "{} hidden rows were read too."),
        (sheet.facts.hidden_columns, "{} hidden column was read too.", "{} hidden columns were read too."),
        (sheet.facts.errors, "{} cell holds an error such as #N/A.", "{} cells hold an error such as #N/A."),
        (
            sheet.facts.unstored_formulas,
            "{} formula without a stored result was read as empty; save the file in a spreadsheet program.",
            "{} formulas without stored results were read as empty; save the file in a spreadsheet program.",
        ),
        (
            down,
            "{} merged cell spans several rows; only the first has its value. If it is meant for all, fill it down.",
            "{} merged cells span several rows; only the first has the value. If it is meant for all, fill it down.",
        ),
        (
            across,
            "{} merged cell below the header spans several columns; only the first has its value.",
            "{} merged cells below the header span several columns; only the first has the value.",
        ),
        (
            sheet.extent.long_numbers,
            "{} cell has more than 15 digits; where it is a number, a spreadsheet has kept only the first 15.",
            "{} cells have more than 15 digits; where they are numbers, a spreadsheet has kept only the first 15.",
        ),
    )
    hidden = ["The sheet is hidden; it was read too."] if sheet.facts.is_hidden else []
    return hidden + [(one if count == 1 else many).format(count) for count, one, many in counted if count]
