"""SYLK sheets (.slk), a format of Multiplan: lines of fields with semicolons between; a line ``C`` is a cell."""

from collections.abc import Iterator
from pathlib import Path

from importer.readers.workbooks.grid import Grid
from importer.readers.workbooks.numbers import decimal
from importer.readers.workbooks.pages import Rows

_SHEET = "Sheet 1"


class Sylk:
    """The only sheet of a SYLK file."""

    def __init__(self, path: Path) -> None:
        """Read the file."""
        self.names = [_SHEET]
        content = path.read_bytes()
        try:
            self._text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            self._text = content.decode("cp1252", "replace")

    def rows(self, name: str) -> Iterator[Rows]:  # noqa: ARG002 - there is only one
        """Yield the rows of the sheet, from top to bottom.

        Raises:
            ValueError: a cell's position is no number.
        """
        grid = Grid()
        cells: dict[int, dict[int, str]] = {}
        row = column = 1
        for line in self._text.splitlines():
            kind, *fields = line.replace(";;", "\0").split(";")
            values = {field[:1]: field[1:].replace("\0", ";") for field in fields}
            if kind in ("C", "F"):  # a format line sets the position, too
                row, column = int(values.get("Y", row)), int(values.get("X", column))
            if kind == "C" and (text := _seen(values.get("K", ""))):
                cells.setdefault(row, {})[column - 1] = text
                grid.facts.errors += text.startswith("#") and values["K"].startswith("#")
        for place in sorted(cells):
            grid.add(place - 1, cells[place])
            yield from grid.full()
        yield grid.rest()


def _seen(value: str) -> str:
    """Return a value as a person sees it: texts stand in quotes, numbers and errors do not."""
    if value.startswith('"'):
        return value[1:].removesuffix('"').replace('""', '"')
    return value if value.startswith("#") else decimal(value)
