"""The process that opens a workbook: ``python -m importer.readers.workbook.child PATH DESCRIPTOR [SHEET]``.

It limits itself before it looks at the file, writes pages into the open file of that descriptor and the result to its
standard output, and names no file: ``pages``.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from importer.errors import ReadError
from importer.readers.limits import limit
from importer.readers.workbook import container
from importer.readers.workbook.facts import Facts, Rows
from importer.readers.workbook.ods import Ods
from importer.readers.workbook.pages import PageWriter, Result, Sheet
from importer.readers.workbook.parsed import Parsed
from importer.readers.workbook.web import Web
from importer.readers.workbook.xls import Records
from importer.readers.workbook.xlsb import Binary
from importer.readers.workbook.xlsx import Xlsx
from importer.readers.workbook.xml2003 import Xml2003


class Book(Protocol):
    """One format of workbooks."""

    names: list[str]
    """Of the sheets, in the workbook's order."""

    def rows(self, name: str) -> Iterator[Rows]:
        """The rows of a sheet, from top to bottom."""


_BOOKS: dict[str, Callable[[Path], Book]] = {
    "xlsx": Xlsx,
    "xls": partial(Parsed, Records),
    "xlsb": partial(Parsed, Binary),
    "ods": Ods,
    "xml": Xml2003,
    "html": Web,
}
"""A new format is a class like ``Book``, a line here, and one in ``container``."""


def read(path: Path, cells: BinaryIO, sheet: str | None) -> Result:
    """Write the pages of every filled sheet, or of the one wanted, into the file ``cells``.

    Raises:
        ReadError: why nothing can be read; the text goes on after the file's name.
    """
    try:
        try:
            return _read(path, cells, sheet)
        except container.LockedError:
            from importer.readers.workbook.unlock import unlocked  # noqa: PLC0415 - settings take long to import

            return _read(unlocked(path), cells, sheet)
    except (ReadError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - whatever a parser makes of a damaged file is one answer: damaged
        raise container.damaged() from None


def _read(path: Path, cells: BinaryIO, sheet: str | None) -> Result:
    form = container.identify(path)
    book = _BOOKS[form](path)
    sheets: list[Sheet] = []
    empty: list[str] = []
    for name in _wanted(book.names, sheet):
        found = _save(name, book.rows(name), cells)
        if found is None:
            empty.append(name)
        else:
            sheets.append(found)
    return Result(None, form, tuple(sheets), tuple(empty))


def _wanted(names: list[str], sheet: str | None) -> list[str]:
    if sheet is None:
        return names
    found = [name for name in names if name == sheet] or [name for name in names if name.lower() == sheet.lower()]
    if not found:
        raise ReadError(f"has no sheet {sheet!r}. Its sheets are: {', '.join(names)}.")
    return found[:1]


def _save(name: str, rows: Iterator[Rows], cells: BinaryIO) -> Sheet | None:
    """Write one sheet's pages; None where it has no cell."""
    writer = PageWriter(cells)
    facts = Facts()
    for part in rows:
        writer.add(part.frame, part.first)
        for fact in fields(Facts):
            setattr(facts, fact.name, getattr(facts, fact.name) + getattr(part.facts, fact.name))
    extent = writer.end()
    return None if extent is None else Sheet(name=name, extent=extent, facts=facts)


def main() -> None:
    """Read what the arguments name, and tell the result."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches this process too: let it end even within the parser
    limit()
    path, descriptor, *sheet = sys.argv[1:]
    try:
        with os.fdopen(int(descriptor), "wb") as cells:
            result = read(Path(path), cells, sheet[0] if sheet else None)
    except ReadError as error:
        result = Result(problem=str(error))
    sys.stdout.write(result.dump())
    sys.stdout.flush()
    os._exit(0)  # nothing is left to do, and taking a large book down again takes time


if __name__ == "__main__":
    main()
