"""The child process that opens a workbook: ``python -m importer.readers.workbooks.child BOOK CELLS [SHEET]``.

It limits itself before it reads the file BOOK, which it is handed open. It writes pages to the file CELLS, likewise,
and the result to its standard output; where files can be handed open it learns no file's name.
"""

import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from importer.errors import ReadError
from importer.readers.workbooks import container
from importer.readers.workbooks.faults import FaultError, refused, verdict, within
from importer.readers.workbooks.package import Package
from importer.readers.workbooks.result import Result
from importer.system.limits import limit
from importer.system.opening import place_of, taken

_ONE_AFTER_ANOTHER = frozenset({"ods", "fods"})
"""Formats whose pieces are read one after another: a second thread would take more time than it saves."""


def read(path: Path, cells: BinaryIO, sheet: str | None) -> Result:
    """Write the pages of every filled sheet, or of the one wanted, into the file ``cells``, and return the result.

    Raises:
        ReadError: why nothing can be read; the text continues after the file's name.
    """
    try:
        return _read(path, cells, sheet)
    except container.LockedError:
        from importer.readers.workbooks.unlock import unlocked  # noqa: PLC0415 - few are locked

        try:
            with within("its lock"):
                opened = unlocked(path)
        except FaultError as fault:
            raise refused(fault) from None
        return _read(opened, cells, sheet)


def _read(path: Path, cells: BinaryIO, sheet: str | None) -> Result:
    form = container.identify(path)
    if form in _ONE_AFTER_ANOTHER and "polars" not in sys.modules:
        os.environ["POLARS_MAX_THREADS"] = "1"
    try:
        with within("its contents"):
            package = Package(path) if form == "xlsx" else None
            if package:
                package.read_ahead(sheet)
            from importer.readers.workbooks.books import save  # noqa: PLC0415 - takes long; a large sheet is unpacked meanwhile

            return save(form, path, package, cells, sheet)
    except FaultError as fault:
        raise verdict(form, path, fault) from None


def main() -> None:
    """Read the workbook that the arguments name, and write the result."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches this process too: let it end even within the parser
    limit()
    book, pages, *sheet = sys.argv[1:]
    try:
        with taken(book, "rb") as opened, taken(pages, "wb") as cells:
            result = read(place_of(opened), cells, sheet[0] if sheet else None)
    except OSError as error:
        result = Result(problem=f"cannot be read: {error.strerror}.")
    except ReadError as error:
        result = Result(problem=str(error))
    sys.stdout.write(result.dump())
    sys.stdout.flush()
    os._exit(0)  # all is written, and freeing a large workbook object by object takes time


if __name__ == "__main__":
    main()
