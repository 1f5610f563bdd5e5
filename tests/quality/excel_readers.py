"""Other readers of workbooks, each as rows of text by sheet, for ``tests.quality.excel_corpus``."""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import fastexcel
import openpyxl

from importer.readers.workbooks.numbers import decimal

Cells = list[list[str]]


@dataclass(frozen=True, slots=True)
class OtherReader:
    """One reader beside ours.

    Attributes:
        name: what it is called.
        module: what is imported; it may not be installed, as only some of them are dependencies.
        package: what pip installs.
        endings: the kinds of workbooks that it reads, by their names' endings.
        read: the cells of the sheet at a place (from 0).
    """

    name: str
    module: str
    package: str
    endings: frozenset[str]
    read: Callable[[Path, int], Cells]

    @property
    def is_installed(self) -> bool:
        """Whether this environment has it."""
        return find_spec(self.module) is not None

    def cells(self, book: Path, sheet: int) -> Cells | None:
        """The sheet's cells; None where the reader does not take such books, or fails on this one."""
        if book.suffix.lower() not in self.endings:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self.read(book, sheet)
        except Exception:  # noqa: BLE001 - whatever another reader makes of a book that it cannot read
            return None


def _of_fastexcel(book: Path, sheet: int) -> Cells:
    frame = fastexcel.read_excel(book.read_bytes()).load_sheet(sheet, header_row=None, dtypes="string").to_polars()
    return [[cell or "" for cell in row] for row in frame.rows()]


def _of_calamine(book: Path, sheet: int) -> Cells:
    calamine = import_module("python_calamine")
    with calamine.CalamineWorkbook.from_path(str(book)) as opened:
        rows = opened.get_sheet_by_index(sheet).to_python(skip_empty_area=False)
    return [[_plain(cell) for cell in row] for row in rows]


def _of_openpyxl(book: Path, sheet: int) -> Cells:
    opened = openpyxl.load_workbook(book, data_only=True)
    return [[_plain(cell) for cell in row] for row in opened[opened.sheetnames[sheet]].iter_rows(values_only=True)]


def _of_xlrd(book: Path, sheet: int) -> Cells:
    xlrd = import_module("xlrd")
    opened = xlrd.open_workbook(book, logfile=io.StringIO())  # it prints what it thinks of a book
    found = opened.sheet_by_index(sheet)

    def text(cell: Any) -> str:
        if cell.ctype == xlrd.XL_CELL_DATE:
            return _plain(xlrd.xldate_as_datetime(cell.value, opened.datemode))
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, ""))
        return _plain(bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value)

    return [[text(cell) for cell in found.row(place)] for place in range(found.nrows)]


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return "" if value is None else decimal(repr(value)) if isinstance(value, float) else str(value)


_NEW, _OLD = frozenset({".xlsx", ".xlsm"}), frozenset({".xls"})
OTHER_READERS = (
    OtherReader("fastexcel", "fastexcel", "fastexcel", _NEW | _OLD | {".xlsb", ".ods"}, _of_fastexcel),
    OtherReader("calamine", "python_calamine", "python-calamine", _NEW | _OLD | {".xlsb", ".ods"}, _of_calamine),
    OtherReader("openpyxl", "openpyxl", "openpyxl", _NEW, _of_openpyxl),
    OtherReader("xlrd", "xlrd", "xlrd", _OLD, _of_xlrd),
)
"""fastexcel is calamine as polars has it, which we use, too; python-calamine and xlrd are no dependencies of ours."""
