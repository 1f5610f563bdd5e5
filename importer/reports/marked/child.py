"""The process that makes a marked copy: ``python -m importer.reports.marked.child ORDER``.

``ORDER`` is JSON: ``folder`` of the run, ``file`` as the run calls it, ``book`` (the path of the user's own workbook,
null if a new one is to be made of the run's rows), ``out`` (a file that is there) and ``name`` of the copy. On its
standard output it writes JSON: ``problem`` (null if the copy is made; the text continues after "The marked copy of X").
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from importer.errors import ImporterError, ReadError
from importer.models.frames import RAW
from importer.reports.marked.books import OwnBook, add_list
from importer.reports.marked.legend import add_legend
from importer.reports.marked.marks import marks_of, rows_of
from importer.reports.marked.sheets import Marked, mark, new_title
from importer.storage.summary import SourceSummary, Summary

_TITLE_UNITS = 31
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\'", "-"))


def make(folder: Path, file: str, book: Path | None, out: Path, name: str) -> None:
    """Write the marked copy of a file of a run.

    Raises:
        ReadError: there can be none; the text continues after "The marked copy of X".
    """
    summary = Summary.read(folder)
    sources = [source for source in summary.sources if source.file == file]
    own = None if book is None else OwnBook(book)
    marked = [_own(own.book, folder, summary, source) for source in sources] if own else []
    new = Workbook()
    if own is None:
        marked = [_new(new, folder, summary, source) for source in sources]
        new.remove(new.worksheets[0])
    add_legend(own.book if own else new, summary, file, name, marked, own.notes if own else [])
    if own is None:
        new.save(out)
    else:
        own.save(out)


def _own(book: Workbook, folder: Path, summary: Summary, source: SourceSummary) -> Marked:
    if source.header_row is None:
        raise ReadError(f"is not made: sheet {source.sheet} has no header, where the names of new columns would stand.")
    if source.sheet not in book.sheetnames:
        raise ReadError(f"is not made: there is no sheet {source.sheet} in it.")
    return mark(book[source.sheet], source.header_row, source.columns, marks_of(folder, summary, source))


def _new(book: Workbook, folder: Path, summary: Summary, source: SourceSummary) -> Marked:
    cells = rows_of(folder, source).select("row", *(RAW + column for column in source.columns)).collect()
    title = new_title(book, (source.sheet or Path(source.file).stem).translate(_NOT_IN_TITLES)[:_TITLE_UNITS] or "list")
    sheet, header, shift = add_list(book, title, source.columns, cells)
    return mark(sheet, header, source.columns, marks_of(folder, summary, source), shift)


def main() -> None:
    """Make the copy that the argument orders, and say what became of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches this process too: let it end even within the library
    order: dict[str, Any] = json.loads(sys.argv[1])
    book = order["book"] and Path(order["book"])
    problem = None
    try:
        make(Path(order["folder"]), order["file"], book, Path(order["out"]), order["name"])
    except ImporterError as error:
        problem = str(error)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})."
    sys.stdout.write(json.dumps({"problem": problem}))
    sys.stdout.flush()
    os._exit(0)  # all is written, and freeing a large workbook object by object takes time


if __name__ == "__main__":
    main()
