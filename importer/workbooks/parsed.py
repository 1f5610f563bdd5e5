"""xls and xlsb files: a parser's values, and what the file tells beside them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import polars as pl

from importer.workbooks.cells import Dtype, as_seen
from importer.workbooks.marks import Marks
from importer.workbooks.pages import Rows
from importer.workbooks.result import Facts


class Details(Protocol):
    """What a format's file tells beside the values."""

    def marks(self, sheet: str) -> Marks:
        """The marks of the sheet of this name."""


class Parsed:
    """A workbook's sheets, each loaded as a whole."""

    def __init__(self, details: Callable[[Path], Details], path: Path) -> None:
        """Read the file, and its details."""
        import fastexcel  # noqa: PLC0415 - the other formats do without

        self._details = details(path)
        self._book = fastexcel.read_excel(path.read_bytes())  # of a path, the parser would go by the name's ending
        self.names = self._book.sheet_names

    def rows(self, name: str) -> Iterator[Rows]:
        """All rows of a sheet at once."""
        marks = self._details.marks(name)
        loaded = self._book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
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
            again = self._book.load_sheet(name, header_row=None, skip_rows=0, dtypes=dtype, use_columns=wanted)
            return pl.DataFrame(again)

        frame = pl.DataFrame(loaded)
        frame.columns = [str(first + place) for place in range(frame.width)]
        yield Rows(0, as_seen(frame, marks, reload), facts)
