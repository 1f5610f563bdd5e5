"""The list of workbook formats, and the saving of a book's sheets as pages."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from importer.errors import ReadError
from importer.readers.workbooks.faults import within
from importer.readers.workbooks.mhtml import Mhtml
from importer.readers.workbooks.ods import Ods
from importer.readers.workbooks.package import Package
from importer.readers.workbooks.pages import PageWriter, Rows
from importer.readers.workbooks.parsed import Parsed
from importer.readers.workbooks.result import Facts, Result, Sheet
from importer.readers.workbooks.sylk import Sylk
from importer.readers.workbooks.web import Web
from importer.readers.workbooks.xls import Records
from importer.readers.workbooks.xlsb import Binary
from importer.readers.workbooks.xlsx import Xlsx
from importer.readers.workbooks.xml2003 import Xml2003


class Book(Protocol):
    """An open workbook, whatever its format."""

    names: list[str]
    """The sheets' names, in the workbook's order."""

    def rows(self, name: str) -> Iterator[Rows]:
        """Yield the rows of a sheet, from top to bottom."""


_BOOKS: dict[str, Callable[[Path], Book]] = {
    "xls": partial(Parsed, Records),
    "xlsb": partial(Parsed, Binary),
    "ods": Ods,
    "fods": Ods,
    "slk": Sylk,
    "mhtml": Mhtml,
    "xml": Xml2003,
    "html": Web,
}
"""To add a format, write a class like ``Book``, list it here, and let ``container`` identify it."""


_MOST_SHEETS = 500
"""Most sheets read at once: each becomes a table with a mapping and files of its own."""


def save(form: str, path: Path, package: Package | None, cells: BinaryIO, sheet: str | None) -> Result:
    """Write the pages of every filled sheet of a book, or of the one wanted, into the file ``cells``.

    Raises:
        ReadError: no such sheet, too many, or one that cannot be read; the text continues after the file's name.
    """
    book: Book = Xlsx(package) if package else _BOOKS[form](path)
    sheets: list[Sheet] = []
    empty: list[str] = []
    for name in _wanted(book.names, sheet):
        with within(f"sheet {name!r}"):
            found = _save(name, book.rows(name), cells)
        if found is None:
            empty.append(name)
        else:
            sheets.append(found)
    return Result(None, form, tuple(sheets), tuple(empty))


def _wanted(names: list[str], sheet: str | None) -> list[str]:
    if sheet is None and len(names) > _MOST_SHEETS:
        raise ReadError(
            f"holds {len(names):,} sheets; at most {_MOST_SHEETS} are read at once. Name the one with the list "
            "(--sheet NAME), or save it as .csv, and import that."
        )
    if sheet is None:
        return names
    found = [name for name in names if name == sheet] or [name for name in names if name.lower() == sheet.lower()]
    if not found:
        raise ReadError(f"has no sheet {sheet!r}. Its sheets are: {', '.join(names)}.")
    return found[:1]


def _save(name: str, rows: Iterator[Rows], cells: BinaryIO) -> Sheet | None:
    """Write one sheet's pages and return it; None if it has no filled cell."""
    writer = PageWriter(cells)
    facts = Facts()
    for part in rows:
        writer.add(part.frame, part.first)
        facts += part.facts
    extent = writer.end()
    return None if extent is None else Sheet(name=name, extent=extent, facts=facts)
