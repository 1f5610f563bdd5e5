"""The process that opens a workbook: ``python -m importer.readers.workbook.child PATH DESCRIPTOR [SHEET]``.

It limits itself before it looks at the file, writes pages into the open file of that descriptor and the result to its
standard output, and names no file: ``pages``.
"""

import os
import signal
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import fastexcel
import polars as pl

from importer.errors import ReadError
from importer.readers.limits import limit
from importer.readers.workbook import container
from importer.readers.workbook.cells import Dtype, as_seen
from importer.readers.workbook.marks import Marks
from importer.readers.workbook.ods import Content
from importer.readers.workbook.pages import PageWriter, Result, Sheet
from importer.readers.workbook.slices import GUIDE, Slice
from importer.readers.workbook.xls import Records
from importer.readers.workbook.xlsx import Parts

_DETAILS: dict[str, type[Parts | Records | Content]] = {"xlsx": Parts, "xls": Records, "ods": Content}
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a sheet as a person sees them, from ``first_row`` on; columns are named by their places, from 0."""

    frame: pl.DataFrame
    first_row: int
    marks: Marks
    is_hidden: bool


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
            found = _save(name, _rows(book, name, details), cells)
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


def _rows(book: fastexcel.ExcelReader, name: str, details: Parts | Records | Content | None) -> Iterator[_Rows]:
    """All rows of a sheet; the slices of a large one are parsed side by side."""
    slices = details.slices(name) if isinstance(details, Parts) else None
    if not isinstance(details, Parts) or slices is None:
        yield _load(book, name, details.marks(name) if details else Marks(), 0)
        return

    def load(piece: Slice) -> _Rows:
        part = fastexcel.read_excel(details.workbook_of(name, piece))
        return _load(part, name, details.marks_of(piece), piece.first_row)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running: deque[Future[_Rows]] = deque()
        for piece in slices:
            running.append(pool.submit(load, piece))
            if len(running) > _AT_ONCE:
                yield running.popleft().result()
        for waiting in running:
            yield waiting.result()


def _load(book: fastexcel.ExcelReader, name: str, marks: Marks, first_row: int) -> _Rows:
    """The rows of a book's sheet; where they do not begin at the top, a guide stands before them."""
    skip = None if first_row else 0
    loaded = book.load_sheet(name, header_row=None, skip_rows=skip, dtypes="string")
    is_hidden = loaded.visible != "visible"
    columns = loaded.selected_columns
    if not columns or not loaded.height:
        return _Rows(pl.DataFrame(), first_row, marks, is_hidden)
    first = columns[0].absolute_index
    above = int(first_row > 0)

    def reload(places: list[int], dtype: Dtype) -> pl.DataFrame:
        wanted = [first + place for place in places]
        again = book.load_sheet(name, header_row=None, skip_rows=skip, dtypes=dtype, use_columns=wanted)
        return pl.DataFrame(again).slice(above)

    frame = pl.DataFrame(loaded)
    if above and frame.item(0, 0) != GUIDE:
        raise container.damaged()
    frame.columns = [str(first + place) for place in range(frame.width)]
    return _Rows(as_seen(frame.slice(above), marks, first_row, reload), first_row, marks, is_hidden)


def _save(name: str, rows: Iterator[_Rows], cells: BinaryIO) -> Sheet | None:
    """Write one sheet's pages; None where it has no cell."""
    writer = PageWriter(cells)
    told = []
    for part in rows:
        writer.add(part.frame, part.first_row)
        told.append((part.marks, part.is_hidden))
    extent = writer.end()
    if extent is None:
        return None
    return Sheet(
        name=name,
        extent=extent,
        is_hidden=any(is_hidden for _, is_hidden in told),
        errors=sum(sum(map(len, marks.errors.values())) for marks, _ in told),
        unstored_formulas=sum(marks.unstored_formulas for marks, _ in told),
        hidden_rows=sum(marks.hidden_rows for marks, _ in told),
        hidden_columns=sum(marks.hidden_columns for marks, _ in told),
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
