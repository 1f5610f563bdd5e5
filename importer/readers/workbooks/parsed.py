"""xls and xlsb files: a library's values, and the details of the file that it omits."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import polars as pl

from importer.readers.workbooks.cells import Dtype, as_seen
from importer.readers.workbooks.marks import Marks
from importer.readers.workbooks.pages import Rows
from importer.readers.workbooks.result import Facts


class Details(Protocol):
    """The details of a file that the library omits.

    Attributes:
        content: the file as the library must get it.
        no_sheets: indexes (from 0) of charts and the like among the workbook's sheets.
    """

    content: bytes
    no_sheets: set[int]

    def marks(self, sheet: int) -> Marks:
        """Return the marks of the sheet at this index, from 0."""


class Parsed:
    """A workbook whose sheets are loaded whole, one at a time."""

    def __init__(self, details: Callable[[Path], Details], path: Path) -> None:
        """Read the file and its details."""
        import fastexcel  # noqa: PLC0415 - the other formats do without

        self._details = details(path)
        # Bytes, not the path: by a path, the library chooses the format by the name's ending.
        self._book = fastexcel.read_excel(self._details.content)
        self._places = {
            name: place for place, name in enumerate(self._book.sheet_names) if place not in self._details.no_sheets
        }
        self.names = list(self._places)

    def rows(self, name: str) -> Iterator[Rows]:
        """Yield all rows of a sheet at once."""
        marks = self._details.marks(self._places[name])
        loaded = self._book.load_sheet(self._places[name], header_row=None, skip_rows=0, dtypes="string")
        columns = loaded.selected_columns
        facts = Facts(
            is_hidden=loaded.visible != "visible",
            errors=sum(map(len, marks.errors.values())),
            unstored_formulas=marks.unstored_formulas,
            hidden_rows=marks.hidden_rows,
            hidden_columns=marks.hidden_columns,
            merges=marks.merges,
        )
        if not columns or not loaded.height:
            yield Rows(0, pl.DataFrame(), facts)
            return
        first = columns[0].absolute_index

        def reload(places: list[int], dtype: Dtype) -> pl.DataFrame:
            wanted = [first + place for place in places]
            again = self._book.load_sheet(
                self._places[name], header_row=None, skip_rows=0, dtypes=dtype, use_columns=wanted
            )
            return pl.DataFrame(again)

        frame = pl.DataFrame(loaded)
        frame.columns = [str(first + place) for place in range(frame.width)]
        yield Rows(0, as_seen(frame, marks, reload), facts)
