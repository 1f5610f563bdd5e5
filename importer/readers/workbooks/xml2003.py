"""XML of Excel 2002 and 2003 (SpreadsheetML 2003), which web tools and old reports still save as .xls."""

from collections.abc import Iterator
from pathlib import Path
from xml.parsers.expat import ParserCreate

from importer.readers.workbooks.container import damaged
from importer.readers.workbooks.grid import Grid
from importer.readers.workbooks.number_formats import Mask, mask
from importer.readers.workbooks.numbers import decimal
from importer.readers.workbooks.pages import Rows

_SPACE = "urn:schemas-microsoft-com:office:spreadsheet "
_PIECE_BYTES = 1 << 20


class Xml2003:
    """The sheets of a file; each is read in a pass over the whole file."""

    def __init__(self, path: Path) -> None:
        """Find the names of the sheets.

        Raises:
            ReadError: it has a DOCTYPE, as no such file needs.
            ExpatError: the file is damaged.
        """
        self._path = path
        events = _Events(None)
        for _ in events.read(path):
            pass
        self.names = events.names

    def rows(self, name: str) -> Iterator[Rows]:
        """Yield the rows of a sheet, from top to bottom."""
        events = _Events(name)
        yield from events.read(self._path)
        yield events.grid.rest()


class _Events:
    """The handlers of one parser run; collects the sheets' names, and the rows of the wanted sheet."""

    def __init__(self, wanted: str | None) -> None:
        self.names: list[str] = []
        self.grid = Grid()
        self._wanted = wanted
        self._is_wanted = False
        self._masks: dict[str, Mask] = {}
        self._style = ""
        self._row = self._column = -1
        self._across = self._down = 0
        self._cells: dict[int, str] = {}
        self._mask: Mask | None = None
        self._formula = False
        self._type = ""
        self._text: list[str] | None = None

    def read(self, path: Path) -> Iterator[Rows]:
        parser = ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                parser.Parse(piece, False)
                yield from self.grid.full()
        parser.Parse(b"", True)

    def _refuse(self, *_: object) -> None:
        raise damaged()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.removeprefix(_SPACE)
        values = {key.removeprefix(_SPACE): value for key, value in attributes.items()}
        if tag == "Style":
            self._style = values.get("ID", "")
        elif tag == "NumberFormat" and (found := mask(values.get("Format", ""))):
            self._masks[self._style] = found
        elif tag == "Worksheet":
            self.names.append(values.get("Name", ""))
            self._is_wanted = values.get("Name", "") == self._wanted
            self._row = -1
        elif tag == "WorksheetOptions":
            self._is_wanted = False
        elif self._is_wanted:
            self._start_in_sheet(tag, values)

    def _start_in_sheet(self, tag: str, values: dict[str, str]) -> None:
        if tag == "Column":
            self.grid.facts.hidden_columns += (values.get("Hidden") == "1") * (1 + int(values.get("Span", 0)))
        elif tag == "Row":
            self._row = int(values["Index"]) - 1 if "Index" in values else self._row + 1
            self._column, self._cells = -1, {}
            self.grid.facts.hidden_rows += values.get("Hidden") == "1"
        elif tag == "Cell":
            self._column = int(values["Index"]) - 1 if "Index" in values else self._column + 1
            self._across, self._down = (int(values.get(key, 0)) for key in ("MergeAcross", "MergeDown"))
            self._mask = self._masks.get(values.get("StyleID", ""))
            self._formula, self._type = "Formula" in values, ""
        elif tag == "Data":
            self._type, self._text = values.get("Type", "String"), []
        elif tag in ("Comment", "PhoneticText"):
            self._text = None

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        if not self._is_wanted:
            return
        tag = name.removeprefix(_SPACE)
        if tag == "Data" and self._text is not None:
            if text := self._seen("".join(self._text)):
                self._cells[self._column] = text
            self._text = None
        elif tag == "Cell":
            self.grid.facts.unstored_formulas += self._formula and not self._type
            self.grid.facts.merges.add(self._row, self._column, self._down + 1, self._across + 1)
            self._column += self._across
        elif tag == "Row":
            self.grid.add(self._row, self._cells)

    def _seen(self, text: str) -> str:
        if self._type == "Number":
            return self._mask.apply(decimal(text)) if self._mask else decimal(text)
        if self._type == "DateTime":
            return text.removesuffix(".000").replace("T", " ").removesuffix(" 00:00:00").removeprefix("1899-12-31 ")
        if self._type == "Boolean":
            return "TRUE" if text == "1" else "FALSE"
        self.grid.facts.errors += self._type == "Error"
        return text
