"""The process that opens a workbook: ``python -m importer.readers.workbook.child PATH DESCRIPTOR [SHEET]``.

It limits itself before it looks at the file, writes pages into the open file of that descriptor and the result to its
standard output, and names no file: ``pages``.
"""

import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO, Literal

import fastexcel
import polars as pl

from importer.errors import ReadError
from importer.readers.limits import limit
from importer.readers.workbook import container
from importer.readers.workbook.cells import as_seen
from importer.readers.workbook.marks import Marks
from importer.readers.workbook.ods import Content
from importer.readers.workbook.pages import Result, Sheet, write_pages
from importer.readers.workbook.xls import Records
from importer.readers.workbook.xlsx import Parts

_DETAILS: dict[str, type[Parts | Records | Content]] = {"xlsx": Parts, "xls": Records, "ods": Content}
_LONG_NUMBER = r"^\d{16,}$"


def read(path: Path, cells: BinaryIO, sheet: str | None) -> Result:
    """Write the pages of every filled sheet, or of the one wanted, into the file ``cells``.

    Raises:
        ReadError: why nothing can be read; the text goes on after the file's name.
    """
    form = container.identify(path)
    try:
        details = _DETAILS[form](path) if form in _DETAILS else None
        book = fastexcel.read_excel(path.read_bytes())  # of a path, the parser would go by the name's ending
        sheets: list[Sheet] = []
        empty: list[str] = []
        for name in _wanted(book.sheet_names, sheet):
            marks = details.marks(name) if details else Marks()
            found = _save(book, name, marks, cells)
            if found is None:
                empty.append(name)
            else:
                sheets.append(found)
    except ReadError:
        raise
    except Exception:  # noqa: BLE001 - whatever a parser makes of a damaged file is one answer: damaged
        raise container.damaged() from None
    return Result(None, form, tuple(sheets), tuple(empty))


def _wanted(names: list[str], sheet: str | None) -> list[str]:
    if sheet is None:
        return names
    found = [name for name in names if name == sheet] or [name for name in names if name.lower() == sheet.lower()]
    if not found:
        raise ReadError(f"has no sheet {sheet!r}. Its sheets are: {', '.join(names)}.")
    return found[:1]


def _save(book: fastexcel.ExcelReader, name: str, marks: Marks, cells: BinaryIO) -> Sheet | None:
    """Write one sheet's pages; None where it has no cell."""
    loaded = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    columns = loaded.selected_columns
    if not columns or not loaded.height:
        return None
    first = columns[0].absolute_index

    def reload(places: list[int], dtype: Literal["float", "boolean"]) -> pl.DataFrame:
        wanted = [first + place for place in places]
        return pl.DataFrame(book.load_sheet(name, header_row=None, skip_rows=0, dtypes=dtype, use_columns=wanted))

    frame = as_seen(pl.DataFrame(loaded), marks, first, reload)
    filled = [(column.str.strip_chars() != "").fill_null(value=False).arg_true() for column in frame.iter_columns()]
    ends = [int(places[-1]) if places.len() else -1 for places in filled]
    rows = max(ends) + 1
    if not rows:
        return None
    try:
        pages = write_pages(frame.head(rows), cells)
    except OSError:
        raise ReadError(
            "needs more room for temporary files than there is. Free some, or let TMPDIR name a folder that has it."
        ) from None
    return Sheet(
        name=name,
        pages=pages,
        rows=rows,
        first_filled=min(int(places[0]) for places in filled if places.len()),
        last_filled=tuple(ends),
        is_hidden=loaded.visible != "visible",
        long_numbers=sum(int(column.str.contains(_LONG_NUMBER).sum()) for column in frame.iter_columns()),
        errors=sum(map(len, marks.errors.values())),
        unstored_formulas=marks.unstored_formulas,
        hidden_rows=marks.hidden_rows,
        hidden_columns=marks.hidden_columns,
    )


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


if __name__ == "__main__":
    main()
