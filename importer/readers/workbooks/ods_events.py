"""Rows of an ods sheet read by an XML parser: those that ``ods_rows`` cannot split.

OpenDocument 1.3 part 3, 9.1 (tables, rows, cells) and 19.385 (values).
"""

import re
from collections.abc import Sequence
from xml.parsers.expat import ParserCreate

from importer.readers.workbooks.numbers import decimal
from importer.readers.workbooks.result import Facts

_CODE = re.compile(r"[-+()/.\s\d]+")
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(?:[.\s]\d{3})+")
_DURATION = re.compile(r"(-?)PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
_MIDNIGHT = re.compile(r" 00:00:00(?:[.,]0+)?$")
_NOT_SHOWN = frozenset({"office:annotation", "draw:frame", "table:shapes", "text:ruby-text"})
_SPACES = {"text:tab": "\t", "text:line-break": "\n"}
_AROUND_ROWS = re.compile(rb"</?table:table-(?:row-group|header-rows|rows)(?=[\s/>])[^<>]*>")

Row = tuple[int, dict[int, str], int]
"""Index of the row from 0, texts by column (from 0), and number of repetitions."""


def parsed_rows(markup: bytes, first: int, facts: Facts, places: Sequence[int] = ()) -> tuple[int, list[Row]]:
    """Return the index of the row after the markup's rows, and the rows with a filled cell.

    Args:
        markup: of the rows.
        first: index of the first one on the sheet.
        facts: get the counts.
        places: the index of each row, if they are not one below the other.

    Raises:
        ExpatError: the markup is no XML.
    """
    table = _Table(first, facts, places)
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = table.start, table.end
    parser.CharacterDataHandler = table.characters
    parser.Parse(b"<table>%b</table>" % _AROUND_ROWS.sub(b"", markup), True)
    return table.next_row, table.rows


class _Table:
    """The handlers of one parser run; collects rows."""

    def __init__(self, first: int, facts: Facts, places: Sequence[int]) -> None:
        self.rows: list[Row] = []
        self.next_row = first
        self._places = iter(places)
        self._facts = facts
        self._column = self._repeated = 0
        self._cells: dict[int, str] = {}
        self._attributes: dict[str, str] = {}
        self._paragraphs: list[list[str]] = []
        self._not_shown = 0
        self._is_in_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _NOT_SHOWN:
            self._not_shown += 1
        elif name == "table:table-row":
            self._repeated = count(attributes, "rows")
            self.next_row = next(self._places, self.next_row)
            self._column, self._cells = 0, {}
            self._facts.hidden_rows += self._repeated * is_hidden(attributes)
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
            if self._cells:
                self.rows.append((self.next_row, self._cells, self._repeated))
            self.next_row += self._repeated

    def _end_cell(self) -> None:
        shown = "\n".join("".join(parts) for parts in self._paragraphs)
        repeated = count(self._attributes, "columns")
        is_error = self._attributes.get("calcext:value-type") == "error" or shown.startswith(("#", "Err:"))
        is_error = is_error and "table:formula" in self._attributes
        if text := shown if is_error else _seen(self._attributes, shown):
            # A text repeated over all the sheet's columns is formatting, not data: bound it.
            for place in range(self._column, self._column + min(repeated, 1 << 14)):
                self._cells[place] = text
            self._facts.errors += is_error * repeated * self._repeated
            add_merges(self._facts, self._attributes, self.next_row, self._column, self._repeated)
        elif "table:formula" in self._attributes and "office:value-type" not in self._attributes:
            self._facts.unstored_formulas += repeated * self._repeated
        self._column += repeated


def add_merges(facts: Facts, attributes: dict[str, str], row: int, column: int, repeated: int) -> None:
    """Add the merged cells that begin with a cell of these attributes, once for each repeated row."""
    rows, columns = (int(attributes.get(f"table:number-{what}-spanned", 1)) for what in ("rows", "columns"))
    facts.merges.add(row, column, rows, columns, min(repeated, 1 << 20))


def count(attributes: dict[str, str], what: str) -> int:
    """Return the number of repetitions in these attributes; ``what`` is ``rows`` or ``columns``."""
    return max(1, int(attributes.get(f"table:number-{what}-repeated", 1)))


def is_hidden(attributes: dict[str, str]) -> bool:
    """Return True if a row or column with these attributes is hidden."""
    return attributes.get("table:visibility") in ("collapse", "filter")


def _seen(attributes: dict[str, str], shown: str) -> str:
    """Return what a person should see: the value if there is one, else the displayed text; codes as displayed."""
    kind = attributes.get("office:value-type")
    if kind in ("float", "percentage", "currency"):
        number = decimal(attributes.get("office:value", ""))
        return shown if is_code(shown, number) else number
    if kind == "date":
        return _MIDNIGHT.sub("", attributes.get("office:date-value", shown).replace("T", " "))
    if kind == "time":
        return duration(attributes.get("office:time-value", "")) or shown
    if kind == "boolean":
        return attributes.get("office:boolean-value", shown).upper()
    return shown or attributes.get("office:string-value", "")


def duration(value: str) -> str:
    """Return a duration such as ``01:30:00`` for ``PT1H30M``; "" for other text."""
    match = _DURATION.fullmatch(value)
    return f"{match[1]}{int(match[2] or 0):02}:{match[3] or 0:>02}:{match[4] or 0:>02}" if match else ""


def is_code(shown: str, number: str) -> bool:
    """Return True if a text is the whole number with leading zeros or signs, and not grouped by thousands."""
    if not _CODE.fullmatch(shown) or not number.isdigit() or _GROUPED.fullmatch(shown):
        return False
    digits = "".join(filter(str.isdigit, shown))
    return digits.isascii() and digits.endswith(number) and (digits.lstrip("0") == number or shown.startswith("+"))
