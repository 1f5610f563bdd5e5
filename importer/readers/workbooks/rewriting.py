"""Unusual SpreadsheetML, parsed as XML and written again in the plain form that ``plain_xml`` needs."""

from collections.abc import Iterable, Iterator
from xml.parsers.expat import ParserCreate

from importer.readers.workbooks.merges import Merges
from importer.readers.workbooks.pieces import Piece
from importer.readers.workbooks.places import letters, place

_PIECE_CHARACTERS = 4 << 20
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


def rewritten(parts: Iterable[bytes], rows_above: int) -> Iterator[Piece]:
    """Yield the rows and cells of a sheet, or the items of a table of texts, as plain markup.

    Raises:
        ExpatError: the markup is no XML, or is cut short.
    """
    parser = ParserCreate()
    writer = _Writer(rows_above)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = writer.start, writer.end
    parser.CharacterDataHandler = writer.characters
    for part in parts:
        parser.Parse(part, False)
        if writer.size > _PIECE_CHARACTERS:
            yield writer.take()
    parser.Parse(b"", True)
    yield writer.take()


class _Writer:
    """The handlers of one parser run; rows and cells without a reference follow the one before."""

    def __init__(self, rows_above: int) -> None:
        self.size = 0
        self._hidden_columns = 0
        self._merges = Merges()
        self._whole: list[str] = []
        self._begun: list[str] = []
        self._path: list[str] = []
        self._row, self._column = rows_above, 0
        self._cell = self._content = ""
        self._text: list[str] | None = None
        self._has_formula = False

    def take(self) -> Piece:
        """Return the rows that are complete so far, and forget them."""
        markup = "".join(self._whole).encode("utf-8", "replace")
        hidden, self._hidden_columns = self._hidden_columns, 0
        self._whole, self.size = [], 0
        merges, self._merges = self._merges, Merges()
        return Piece(markup, 0, hidden, merges)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self._path.append(local)
        if local == "row":
            self._row = int(attributes.get("r") or self._row + 1)
            self._column = 0
            hidden = ' hidden="1"' if attributes.get("hidden") in ("1", "true") else ""
            self._begun.append(f'<row r="{self._row}"{hidden}>')
        elif local == "c":
            self._start_cell(attributes)
        elif local == "f":
            self._has_formula = True
        elif local == "col" and attributes.get("hidden") in ("1", "true"):
            self._hidden_columns += int(attributes.get("max", 0)) - int(attributes.get("min", 0)) + 1
        elif local == "mergeCell":
            self._merges.add_range(attributes.get("ref", ""))
        elif local in ("v", "is", "si"):
            self._text = []

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if reference := attributes.get("r"):
            self._row, self._column = place(reference)
        else:
            self._column += 1
        style = f' s="{attributes["s"]}"' if attributes.get("s", "").isdigit() else ""
        kind = f' t="{attributes["t"].translate(_ESCAPES)}"' if "t" in attributes else ""
        self._cell = f'<c r="{letters(self._column)}{self._row}"{style}{kind}>'
        self._content, self._has_formula = "", False

    def characters(self, text: str) -> None:
        if self._text is not None and self._path[-1] in ("v", "t") and "rPh" not in self._path:
            self._text.append(text)

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        self._path.pop()
        if local in ("v", "is") and self._text is not None:
            self._content = "".join(self._text).translate(_ESCAPES)
            self._text = None
        elif local == "c":
            formula = "<f></f>" if self._has_formula else ""
            value = f"<v>{self._content}</v>" if self._content else ""
            self._begun.append(f"{self._cell}{formula}{value}</c>")
        elif local == "si":
            self._begun.append(f"<si><t>{''.join(self._text or ()).translate(_ESCAPES)}</t></si>")
            self._text = None
        if local == "row":
            self._begun.append("</row>")
        if local in ("row", "si"):
            self._whole += self._begun
            self.size += sum(map(len, self._begun))
            self._begun = []
