"""Tables of web pages, which many web tools save as .xls; each filled table is a sheet."""

import codecs
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from importer.readers.workbooks.grid import Grid
from importer.readers.workbooks.pages import Rows

_CHARSET = re.compile(rb"""<meta[^<>]*?charset\s*+=\s*+["']?\s*+([\w-]+)""", re.IGNORECASE)
_HEAD_BYTES = 8192
_SPACE = re.compile(r"[ \t\r\n\f]+")
_NOT_SHOWN = frozenset({"script", "style", "head", "template"})
_MOST_SPAN = 1 << 14
_UNENDED, _MOST_UNENDED = re.compile(r"<(?=[^<>]*(?:<|\Z))"), 200


class Web:
    """The tables of a page."""

    def __init__(self, path: Path) -> None:
        """Read the page."""
        page = _Page()
        page.feed(_bounded(_decoded(self._content(path))))
        page.close()
        self._grids = {f"Table {number}": grid for number, grid in enumerate(page.grids, 1)}
        self.names = list(self._grids)

    def _content(self, path: Path) -> bytes:
        return path.read_bytes()

    def rows(self, name: str) -> Iterator[Rows]:
        """Yield the rows of a table at once."""
        yield self._grids[name].rest()


def _decoded(content: bytes) -> str:
    """Return the text: decoded by a byte order mark, as UTF-8, as the page declares, or as Windows-1252."""
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return content.decode(name, "replace")
    declared = _CHARSET.search(content[:_HEAD_BYTES])
    names = ["utf-8-sig", *([declared[1].decode("ascii", "replace")] if declared else [])]
    for name in names:
        try:
            return content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


def _bounded(text: str) -> str:
    """Return the page; if many tags never end, with their "<" as text: for each the parser seeks to the page's end."""
    return _UNENDED.sub("&lt;", text) if len(_UNENDED.findall(text)) > _MOST_UNENDED else text


class _Page(HTMLParser):
    """The handlers of one parser run; collects the rows of each table. A table within a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.grids: list[Grid] = []
        self._tables: list[_Table] = []
        self._not_shown = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in _NOT_SHOWN:
            self._not_shown += 1
        elif tag == "table":
            grid = Grid()
            self.grids.append(grid)
            self._tables.append(_Table(grid))
        elif self._tables:
            self._tables[-1].start(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag in _NOT_SHOWN:
            self._not_shown = max(0, self._not_shown - 1)
        elif self._tables:
            self._tables[-1].end(tag)
            if tag == "table":
                self._tables.pop()

    def handle_data(self, data: str) -> None:
        if self._tables and not self._not_shown:
            self._tables[-1].data(data)

    def close(self) -> None:
        super().close()
        for table in self._tables:
            table.end("table")


class _Table:
    """An open table; a cell or row also ends where the next one begins, because many pages never close them."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._row = -1
        self._cells: dict[int, str] = {}
        self._taken: dict[int, int] = {}
        self._column = 0
        self._rows = self._span = 1
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "tr":
            self._end_row()
            self._row += 1
            self._column = 0
            self._taken = {column: rows - 1 for column, rows in self._taken.items() if rows > 1}
            self._grid.facts.hidden_rows += _is_hidden(attributes)
        elif tag in ("td", "th"):
            self._end_cell()
            self._row = max(self._row, 0)
            while self._column in self._taken:
                self._column += 1
            self._span = _number(attributes.get("colspan"))
            self._rows = _number(attributes.get("rowspan"))
            if self._rows > 1:
                self._taken |= {self._column + place: self._rows for place in range(self._span)}
            self._text = []
        elif tag in ("br", "p", "div") and self._text:
            self._text.append("\0")

    def end(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self._end_row()

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end_cell(self) -> None:
        if self._text is None:
            return
        lines = _SPACE.sub(" ", "".join(self._text)).split("\0")
        text = "\n".join(line.strip() for line in lines).strip("\n\u00a0 ")
        if text:
            self._cells[self._column] = text
            self._grid.facts.merges.add(self._row, self._column, self._rows, self._span)
        self._column += self._span
        self._text = None

    def _end_row(self) -> None:
        self._end_cell()
        self._grid.add(self._row, self._cells)
        self._cells = {}


def _number(span: str | None) -> int:
    return max(1, min(int(span), _MOST_SPAN)) if span and span.isascii() and span.isdigit() else 1


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    return "display:none" in (attributes.get("style") or "").replace(" ", "").lower()
