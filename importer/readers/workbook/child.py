"""The process that opens a workbook: ``python -m importer.readers.workbook.child PATH FOLDER [SHEET]``.

It limits itself before it looks at the file, and leaves in the folder what ``pages`` describes.
"""

import os
import resource
import sys
from pathlib import Path
from typing import Literal

import fastexcel
import polars as pl

from importer.errors import ReadError
from importer.readers.workbook import container
from importer.readers.workbook.cells import as_seen
from importer.readers.workbook.marks import Marks
from importer.readers.workbook.pages import Result, Sheet, write_pages
from importer.readers.workbook.xls import Records
from importer.readers.workbook.xlsx import Parts

MEMORY_BYTES = 2 << 30
CPU_S = 120
FILE_BYTES = 2 << 30
_DETAILS: dict[str, type[Parts | Records]] = {"xlsx": Parts, "xls": Records}
_LONG_NUMBER = r"^\d{16,}$"


def limit() -> None:
    """Bound this process: address space, processor time, size of what it writes; no core file."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


def read(path: Path, folder: Path, sheet: str | None) -> Result:
    """Leave the pages of every filled sheet, or of the one wanted, in the folder.

    Raises:
        ReadError: why nothing can be read; the text goes on after the file's name.
    """
    form = container.identify(path)
    named = folder / f"book.{form}"  # the parser goes by the name's ending
    named.symlink_to(path.absolute())
    try:
        book = fastexcel.read_excel(named)
        details = _DETAILS[form](named) if form in _DETAILS else None
        sheets: list[Sheet] = []
        empty: list[str] = []
        for name in _wanted(book.sheet_names, sheet):
            marks = details.marks(name) if details else Marks()
            found = _save(book, name, marks, folder / f"{len(sheets)}.pages")
            if found is None:
                empty.append(name)
            else:
                sheets.append(found)
    except ReadError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a parser makes of a damaged file is one answer: damaged
        raise (container.locked() if "password" in str(error).lower() else container.damaged()) from None
    return Result(None, form, tuple(sheets), tuple(empty))


def _wanted(names: list[str], sheet: str | None) -> list[str]:
    if sheet is None:
        return names
    found = [name for name in names if name == sheet] or [name for name in names if name.lower() == sheet.lower()]
    if not found:
        raise ReadError(f"has no sheet {sheet!r}. Its sheets are: {', '.join(names)}.")
    return found[:1]


def _save(book: fastexcel.ExcelReader, name: str, marks: Marks, file: Path) -> Sheet | None:
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
    return Sheet(
        name=name,
        file=file.name,
        pages=write_pages(frame.head(rows), file),
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
    """Read what the arguments name, and write the result."""
    limit()
    os.umask(0o077)
    path, folder, *sheet = sys.argv[1:]
    try:
        result = read(Path(path), Path(folder), sheet[0] if sheet else None)
    except ReadError as error:
        result = Result(problem=str(error))
    result.write(Path(folder))


if __name__ == "__main__":
    main()
