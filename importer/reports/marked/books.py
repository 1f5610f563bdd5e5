"""Workbooks that are opened to be marked, and lists that are none yet, as workbooks."""

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import polars as pl
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from importer.errors import ReadError
from importer.models.frames import RAW
from importer.reports.cells import fits
from importer.reports.marked.losses import has_readings, losses
from importer.reports.sheets import SHEET_COLUMNS, SHEET_ROWS

_OLE2 = b"\xd0\xcf\x11\xe0"
_OURS = 4
"""Columns that a copy has more than its list."""
_HARMLESS = ("Workbook contains no ",)
"""What openpyxl says of books without styles: it gives them some."""
_NOT_IN_XML = re.compile(r"_x[0-9A-Fa-f]{4}_|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_FORMULA = re.compile(rb'(<c r="([A-Z]+[0-9]+)"(?: s="[0-9]+")?)(><f[^<]*(?:</f>|/>))<v ?(?:/>|></v>)</c>')
_TEXT_FORMAT = "@"
_WIDEST = 40

Results = Mapping[str, Mapping[str, tuple[str, str]]]
"""By sheet and cell, the kind and text of a formula's result as the file has it."""


class OwnBook:
    """A user's workbook, opened to be marked.

    Attributes:
        book: as openpyxl has it.
        notes: what the copy does without, one sentence each.
    """

    def __init__(self, path: Path) -> None:
        """Open the book.

        Raises:
            ReadError: a copy would lose something, or it cannot be opened for that; the text continues after "of X".
        """
        with path.open("rb") as file:
            if file.read(4) == _OLE2:
                raise ReadError("is not made: the book has a password, and a copy would have none.")
        try:
            with ZipFile(path) as archive:
                if lost := losses(archive):
                    raise ReadError(f"is not made, because it would lose {_listed(lost)}.")
                readings = has_readings(archive)
            with path.open("rb") as file:
                reader = _Reader(file)
        except (BadZipFile, KeyError, ValueError, TypeError, OSError, InvalidFileException, ET.ParseError):
            raise ReadError("is not made: the file, or what is packed in it, cannot be opened to be changed.") from None
        self.book: Workbook = reader.wb
        self.book.template = False
        self._results = _results(path, {sheet.name: rel.target for sheet, rel in reader.parser.find_sheets()})
        self.notes = ["Readings of cells (furigana) are not in this copy."] if readings else []

    def save(self, path: Path) -> None:
        """Write the copy; formulas have the results that they had."""
        if not self._results:
            self.book.save(path)
            return
        names = {f"xl/worksheets/sheet{n}.xml": sheet.title for n, sheet in enumerate(self.book.worksheets, 1)}
        results = {name: self._results[title] for name, title in names.items() if title in self._results}
        with TemporaryFile(dir=path.parent) as without:
            self.book.save(without)
            with ZipFile(without) as archive, ZipFile(path, "w", ZIP_DEFLATED) as new:
                for item in archive.infolist():
                    text = archive.read(item)
                    found = results.get(item.filename)
                    new.writestr(item, text if found is None else _with_results(text, found))


class _Reader(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    """Reads a workbook as openpyxl does, but leaves dates the numbers that they are in the file."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, rich_text=True)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            self.read()
        lost = [str(one.message) for one in said if not str(one.message).startswith(_HARMLESS)]
        if lost:
            raise ReadError(f'is not made, because it would lose something: "{lost[0]}".')

    def read_worksheets(self) -> None:
        """Read the sheets with no format taken for that of a date: its rounding would change cells."""
        self.wb._date_formats = set()  # noqa: SLF001 - there is no option for it
        self.wb._timedelta_formats = set()  # noqa: SLF001
        super().read_worksheets()


def _results(path: Path, parts: Mapping[str, str]) -> Results:
    """Return the results of the formulas in a workbook's sheets; ``parts`` are their names in it."""
    with ZipFile(path) as archive:
        of_sheets = {title: dict(_results_in(archive, part)) for title, part in parts.items()}
    return {title: results for title, results in of_sheets.items() if results}


def _results_in(archive: ZipFile, part: str) -> Iterator[tuple[str, tuple[str, str]]]:
    with archive.open(part) as file:
        for _, element in ET.iterparse(file):  # noqa: S314 - read before, in a child as this one
            kind = element.tag.rpartition("}")[2]
            if kind == "row":
                element.clear()
            elif kind == "c":
                found = {child.tag.rpartition("}")[2]: child for child in element}
                if "f" in found and "v" in found and found["v"].text:
                    yield element.get("r", ""), (element.get("t", "n"), found["v"].text)


def _with_results(sheet: bytes, results: Mapping[str, tuple[str, str]]) -> bytes:
    """Return a sheet's markup with the results of formulas, which openpyxl leaves out."""

    def put(found: re.Match[bytes]) -> bytes:
        kind, text = results.get(found[2].decode(), ("", ""))
        if not kind:
            return found[0]
        return found[1] + f' t="{kind}"'.encode() + found[3] + f"<v>{escape(text)}</v></c>".encode()

    return _FORMULA.sub(put, sheet)


def put_text(cell: Cell, text: str | None) -> None:
    """Write text into a cell: never a formula, an error or a number, whatever it looks like."""
    if text:
        cell.value = _NOT_IN_XML.sub(_escaped, text)
        cell.data_type = "s"


def _escaped(found: re.Match[str]) -> str:
    """Return a sign as ECMA-376 (22.9.2.19) writes what XML cannot hold; what looks like that already, too."""
    return "".join(f"_x{ord(sign):04X}_" for sign in found[0][:1]) + found[0][1:]


def add_list(book: Workbook, title: str, columns: list[str], rows: pl.DataFrame) -> tuple[Worksheet, int, int]:
    """Add a list that is no workbook as a sheet of text cells.

    Args:
        book: to add it to.
        title: of the sheet.
        columns: their names.
        rows: ``row`` and the ``raw:`` column of each.

    Returns:
        The sheet, the row of its header, and how much further down than in its file each row stands.

    Raises:
        ReadError: no sheet holds it; the text continues after "of X".
    """
    last = int(rows["row"].max() or 1)  # type: ignore[arg-type]
    long = any(text and not fits(text) for name in columns for text in rows[RAW + name])
    if last > SHEET_ROWS or len(columns) + _OURS > SHEET_COLUMNS or long:
        raise ReadError("is not made: a workbook cannot hold so many rows, columns, or signs in a cell.")
    sheet = book.create_sheet(title)
    first = int(rows["row"].min() or 2)  # type: ignore[arg-type]
    shift = max(0, 2 - first)  # a row below the header, which formats such as JSON do not have
    header = first + shift - 1
    for place, name in enumerate(columns, 1):
        cell = sheet.cell(header, place)
        put_text(cell, name)
        cell.font = Font(name=cell.font.name, sz=cell.font.sz, bold=True)
        longest = max((len(text) for text in rows[RAW + name].head(200) if text), default=0)
        sheet.column_dimensions[cell.column_letter].width = min(_WIDEST, 3 + max(len(name), longest))
    style = None
    for row, *cells in rows.select("row", *(RAW + name for name in columns)).iter_rows():
        for place, text in enumerate(cells, 1):
            if text:
                cell = sheet.cell(row + shift, place)
                put_text(cell, text)
                if style is None:
                    cell.number_format = _TEXT_FORMAT
                    style = cell._style  # noqa: SLF001 - one style for all: setting a format anew takes long
                cell._style = style  # noqa: SLF001
    sheet.freeze_panes = sheet.cell(header + 1, 1)
    return sheet, header, shift


def _listed(things: list[str]) -> str:
    shown = things[:5] + ([f"{len(things) - 5} other things"] if len(things) > 5 else [])
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
