"""ods files: OpenDocument 1.3 part 3, 9.1 (tables, rows, cells) and 19.385 (values).

A cell holds its value and the text that the program showed. Texts, errors and codes (numbers with leading zeros or
signs) are read as shown; of other numbers the value is wanted, not its picture.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from xml.parsers.expat import ParserCreate
from zipfile import ZipFile

from importer.workbooks.grid import Grid
from importer.workbooks.numbers import decimal
from importer.workbooks.pages import Rows

_PIECE_BYTES = 1 << 20
_TABLE = re.compile(rb"<table:table(?=[\s>])[^>]*>")
_END = b"</table:table>"
_ATTRIBUTE = re.compile(rb"""\stable:(name|style-name)=(?:"([^"]*)"|'([^']*)')""")
_HIDDEN_STYLE = re.compile(
    rb"""<style:style(?=\s)[^>]*\sstyle:name="([^"]*)"[^>]*><style:table-properties[^>]*\stable:display="false\""""
)
_CODE = re.compile(r"[-+()/.\s\d]+")
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(?:[.\s]\d{3})+")
_DURATION = re.compile(r"(-?)PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
_MIDNIGHT = re.compile(r" 00:00:00(?:[.,]0+)?$")
_NOT_SHOWN = frozenset({"office:annotation", "draw:frame", "table:shapes", "text:ruby-text"})
_SPACES = {"text:tab": "\t", "text:line-break": "\n"}


class Ods:
    """An ods file's sheets."""

    def __init__(self, path: Path) -> None:
        """Read the content, which holds all sheets.

        Raises:
            KeyError, ValueError: the file is damaged.
        """
        with ZipFile(path) as archive:
            self._content = archive.read("content.xml")
        if not self._content.rstrip().endswith(b">"):
            raise ValueError("cut short")
        hidden = set(_HIDDEN_STYLE.findall(self._content))
        self._sheets: dict[str, tuple[int, int, bool]] = {}
        for table in _TABLE.finditer(self._content):
            told = {key: first or second for key, first, second in _ATTRIBUTE.findall(table[0])}
            end = self._content.index(_END, table.end()) if not table[0].endswith(b"/>") else table.end()
            name = unescape(told.get(b"name", b"").decode("utf-8"))
            self._sheets[name] = (table.end(), end, told.get(b"style-name") in hidden)
        self.names = list(self._sheets)

    def rows(self, name: str) -> Iterator[Rows]:
        """The rows of a sheet, from top to bottom.

        Raises:
            ExpatError: the file is damaged.
            ReadError: there are more cells than any list has.
        """
        start, end, is_hidden = self._sheets[name]
        table = _Table()
        table.grid.facts.is_hidden = is_hidden
        parser = ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = table.start, table.end
        parser.CharacterDataHandler = table.characters
        parser.Parse(b"<table>", False)
        for at in range(start, end, _PIECE_BYTES):
            parser.Parse(self._content[at : min(end, at + _PIECE_BYTES)], False)
            yield from table.grid.full()
        parser.Parse(b"</table>", True)
        yield table.grid.rest()


class _Table:
    """Takes a parser's events and gathers rows."""

    def __init__(self) -> None:
        self.grid = Grid()
        self._row = self._column = self._repeated = 0
        self._cells: dict[int, str] = {}
        self._attributes: dict[str, str] = {}
        self._paragraphs: list[list[str]] = []
        self._not_shown = 0
        self._is_in_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _NOT_SHOWN:
            self._not_shown += 1
        elif name == "table:table-row":
            self._repeated = _count(attributes, "rows")
            self._column, self._cells = 0, {}
            self.grid.facts.hidden_rows += self._repeated * _is_hidden(attributes)
        elif name == "table:table-column":
            self.grid.facts.hidden_columns += _count(attributes, "columns") * _is_hidden(attributes)
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._attributes, self._paragraphs = attributes, []
        elif self._not_shown:
            return
        elif name in ("text:p", "text:h"):
            self._paragraphs.append([])
            self._is_in_text = True
        elif name == "text:s":
            self.characters(" " * min(int(attributes.get("text:c", 1)), 1 << 15))
        elif name in _SPACES:
            self.characters(_SPACES[name])

    def characters(self, text: str) -> None:
        if self._is_in_text and not self._not_shown:
            self._paragraphs[-1].append(text)

    def end(self, name: str) -> None:
        if name in _NOT_SHOWN:
            self._not_shown -= 1
        elif name in ("text:p", "text:h") and not self._not_shown:
            self._is_in_text = False
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._end_cell()
        elif name == "table:table-row":
            self.grid.add(self._row, self._cells, self._repeated)
            self._row += self._repeated

    def _end_cell(self) -> None:
        shown = "\n".join("".join(parts) for parts in self._paragraphs)
        repeated = _count(self._attributes, "columns")
        is_error = self._attributes.get("calcext:value-type") == "error" or shown.startswith(("#", "Err:"))
        is_error = is_error and "table:formula" in self._attributes
        if text := shown if is_error else _seen(self._attributes, shown):
            # what is repeated over all the sheet's columns is a style with a text, and no list
            for place in range(self._column, self._column + min(repeated, 1 << 14)):
                self._cells[place] = text
            self.grid.facts.errors += is_error * repeated * self._repeated
            self._add_merges()
        elif "table:formula" in self._attributes and "office:value-type" not in self._attributes:
            self.grid.facts.unstored_formulas += repeated * self._repeated
        self._column += repeated

    def _add_merges(self) -> None:
        rows, columns = (int(self._attributes.get(f"table:number-{what}-spanned", 1)) for what in ("rows", "columns"))
        if max(rows, columns) > 1:
            for row in range(self._row, self._row + min(self._repeated, 1 << 20)):
                self.grid.facts.merges.add(row, self._column, rows, columns)


def _count(attributes: dict[str, str], what: str) -> int:
    return max(1, int(attributes.get(f"table:number-{what}-repeated", 1)))


def _is_hidden(attributes: dict[str, str]) -> bool:
    return attributes.get("table:visibility") in ("collapse", "filter")


def _seen(attributes: dict[str, str], shown: str) -> str:
    """What a person sees, from the value where its picture is not wanted."""
    kind = attributes.get("office:value-type")
    if kind in ("float", "percentage", "currency"):
        number = decimal(attributes.get("office:value", ""))
        return shown if _is_code(shown, number) else number
    if kind == "date":
        return _MIDNIGHT.sub("", attributes.get("office:date-value", shown).replace("T", " "))
    if kind == "time":
        match = _DURATION.fullmatch(attributes.get("office:time-value", ""))
        return f"{match[1]}{int(match[2] or 0):02}:{match[3] or 0:>02}:{match[4] or 0:>02}" if match else shown
    if kind == "boolean":
        return attributes.get("office:boolean-value", shown).upper()
    return shown or attributes.get("office:string-value", "")


def _is_code(shown: str, number: str) -> bool:
    """Whether a text is the whole number with leading zeros or signs, and not grouped by thousands."""
    if not _CODE.fullmatch(shown) or not number.isdigit() or _GROUPED.fullmatch(shown):
        return False
    digits = "".join(filter(str.isdigit, shown))
    return digits.isascii() and digits.endswith(number) and (digits.lstrip("0") == number or shown.startswith("+"))
