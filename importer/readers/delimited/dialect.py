"""The dialect of a text (delimiter, quotes, escapes), and its conversion to the one dialect that is parsed.

The parser knows one form: a delimiter of one character, and ``"`` as quote, doubled within a cell. Texts in other
dialects are converted to it before parsing, line by line, and the parsed cells are converted back. Lines keep their
number and order.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from html.entities import name2codepoint

from importer.readers.cell_kinds import has_header_word, kind_of
from importer.readers.delimited.delimiter import NO_DELIMITER, find_delimiter, without_quoted

QUOTE = '"'
_PARTS_CELLS = "\x1e"
_ESCAPED = {"\\": "\x10", "quote": "\x11", "delimiter": "\x12"}
_ENDS_ENTITY = "\x13"
_FEWEST = 2
_LONGEST_LINE = 20_000
_FEW_LINES = 20
_QUOTES = ("'", "“”", "„“", "„”", "«»", "»«", "‘’")
_SWAP = bytes.maketrans(b"'\"", b"\"'")
_WRAPPED_LINE = re.compile(rb'(?m)^"((?:[^"\r\n]|"")*)"(?=\r*$)')
_RUN_ON = re.compile(
    rb"(?m)^([A-Za-z\x80-\xff](?:[^\d+(\r\n]{0,100}[^\d+(\r\n \t:=-])?)[ \t:=-]{1,20}"
    rb"(\+?[(\d][\d ().\-/]{5,28}\d)(?=[ \t]{0,20}\r?$)"
)
"""A line of a name and its number. The repetitions are bounded, so that a crafted line cannot take long."""
_SEP_LINE = re.compile(r'"?sep=(.|[^\w\s"]{2,5})"?', re.IGNORECASE)
REMARK = r"#(?:[^\p{L}\p{N}_]|$)|//|--(?:[^-]|$)"
"""The start of a remark line, as a regular expression of polars."""
_REMARK = re.compile(r"#(?!\w)|//|--(?!-)")
_MAY_BE_SPACED = frozenset(",;|¦،，；")
_MOST_REMARKS = 0.2
_MOST_WORDS = 3
"""Words of a column's name in a remark above a list; a sentence has more."""


def named_delimiter(line: str) -> str | None:
    """Return the delimiter that a first line ``sep=;`` names, as Excel writes and obeys it; None for other lines."""
    match = _SEP_LINE.fullmatch(line)
    return match[1] if match and match[1] != QUOTE else None


def remarks_above(lines: Sequence[str], delimiter: str) -> int:
    """Return the number of remark (``# …``, ``// …``) and blank lines at the top, without a header after ``#``."""
    last = next((place for place, line in enumerate(lines) if line.strip() and not _REMARK.match(line)), 0)
    if last and _is_header(lines[last - 1], lines[last], delimiter):
        last -= 1
    return last if any(map(_REMARK.match, lines[:last])) else 0


def are_few_remarks(rows: Sequence[Sequence[str | None]]) -> bool:
    """Return True if few rows begin like remarks; if many do, the sign belongs to the first column's values."""
    alike = sum(bool(row and row[0] and _REMARK.match(row[0])) for row in rows)
    return alike <= max(1, len(rows) * _MOST_REMARKS)


def _is_header(remark: str, row: str, delimiter: str) -> bool:
    """Return True if a remark is the header of the row below it: by its words, or as short words above figures."""
    names, cells = (_split(line, delimiter) for line in (remark, row))
    is_prose = all(name.startswith(" ") for name in names[1:]) and not all(cell.startswith(" ") for cell in cells[1:])
    names = [name.strip() for name in names]
    if not 1 < len(names) == len(cells) or any(kind_of(name.lstrip("# ")) for name in names):
        return False
    words, below = (sum(map(has_header_word, line)) for line in (names, cells))
    if words > below and words * 2 >= len(names):
        return True
    has_figures = any(kind_of(cell.strip()) for cell in cells)
    is_short = all(len(name.lstrip("# ").split()) <= _MOST_WORDS for name in names)
    return has_figures and all(names) and (names[0] == "#" or (is_short and not is_prose))


def _split(line: str, delimiter: str) -> list[str]:
    """Return a line's cells; a quoted one may hold the delimiter."""
    if QUOTE not in line or len(delimiter) > 1:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter))


@dataclass(frozen=True, slots=True)
class Dialect:
    """The way cells are written.

    Attributes:
        delimiter: between cells, as it stands in the text.
        quotes: the opening and the closing quote; one character if they are the same.
        has_escapes: True if a backslash escapes delimiters and quotes, which are ``"`` then.
        has_entities: True if the delimiter is ``;``, and that of an HTML entity parts no cells.
        is_spaced: True if a blank follows each delimiter and belongs to it.
        is_wrapped: True if each line is one quoted cell that holds a whole row.
        is_run_on: True if each line is a name and a phone number without a delimiter between.
    """

    delimiter: str
    quotes: str = QUOTE
    has_escapes: bool = False
    has_entities: bool = False
    is_spaced: bool = False
    is_wrapped: bool = False
    is_run_on: bool = False

    @property
    def parsed_delimiter(self) -> str:
        """Return the delimiter of the converted text."""
        return _PARTS_CELLS if self._is_long or self.is_run_on else self.delimiter

    @property
    def _is_long(self) -> bool:
        """Return True if the delimiter is longer than the one byte that the parser takes."""
        return len(self.delimiter.encode()) > 1

    @property
    def needs_writing_over(self) -> bool:
        """Return True if the text must be converted before it can be parsed."""
        is_other = self.has_escapes or self.has_entities or self.is_wrapped or self.is_run_on
        return self._is_long or self.quotes != QUOTE or is_other

    @property
    def shown_delimiter(self) -> str | None:
        """Return the delimiter for people; None if the list has one column."""
        if self.delimiter == NO_DELIMITER:
            return None
        return f"{self.delimiter} " if self.is_spaced else self.delimiter

    @property
    def replacements(self) -> dict[str, str]:
        """Return the stand-ins in parsed cells with the text that each stands for."""
        back: dict[str, str] = {}
        if self._is_long:
            back[_PARTS_CELLS] = self.delimiter
        if self.has_escapes:
            back |= {_ESCAPED["\\"]: "\\", _ESCAPED["quote"]: QUOTE, _ESCAPED["delimiter"]: self.delimiter}
        if self.has_entities:
            back[_ENDS_ENTITY] = ";"
        if self.quotes == "'":
            back |= {"'": QUOTE, QUOTE: "'"}
        return back

    @property
    def in_json(self) -> dict[str, str]:
        """Return ``replacements`` for cells within JSON, which escapes quotes, backslashes and control characters."""
        return {json.dumps(mark)[1:-1]: json.dumps(text)[1:-1] for mark, text in self.replacements.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """Return remarks for people on what is unusual about the dialect, one sentence each."""
        remarks = (
            (self.quotes != QUOTE, f"Cells are quoted with {' and '.join(self.quotes)}."),
            (self.has_escapes, "A backslash before a quote or delimiter was read as an escape."),
            (self.is_run_on, "Lines were parted before the number at their end."),
            (self.is_wrapped, "Every line was quoted as a whole; the quotes were taken off."),
        )
        return tuple(sentence for holds, sentence in remarks if holds)

    def plain(self, data: bytes) -> bytes:
        """Return the text (UTF-8, whole lines) converted to the form that is parsed."""
        if self.is_wrapped:
            data = _WRAPPED_LINE.sub(lambda line: line[1].replace(b'""', b'"'), data)
        if self.is_run_on:
            data = _RUN_ON.sub(rb"\1" + _PARTS_CELLS.encode() + rb"\2", data)
        if self.has_escapes:
            # Escaped backslashes first: in `\\"` the second backslash escapes no quote.
            data = data.replace(b"\\\\", _ESCAPED["\\"].encode())
            data = data.replace(b"\\" + QUOTE.encode(), _ESCAPED["quote"].encode())
            data = data.replace(b"\\" + self.delimiter.encode(), _ESCAPED["delimiter"].encode())
        if self.has_entities:
            data = _entity().sub(rb"\1" + _ENDS_ENTITY.encode(), data)
        if self.quotes == "'":
            data = data.translate(_SWAP)
        elif self.quotes != QUOTE:
            data = _straight(data, self.quotes, self.delimiter)
        if self._is_long:
            data = data.replace(self.delimiter.encode(), _PARTS_CELLS.encode())
        return data

    def meant(self, cell: str) -> str:
        """Return a parsed cell as it stood in the text: the inverse of ``plain``."""
        if self.needs_writing_over:
            replacements = self.replacements
            cell = "".join(replacements.get(char, char) for char in cell)
        return cell.lstrip(" ") if self.is_spaced else cell


def find_dialect(lines: Sequence[str]) -> Dialect:
    """Return the likeliest dialect of a sample of lines."""
    lines = [line for line in lines if line.strip() and not _REMARK.match(line)] or list(lines)
    lines = [line for line in lines if len(line) <= _LONGEST_LINE] or list(lines[:_FEW_LINES])
    dialect = Dialect(find_delimiter(lines))
    if dialect.delimiter == NO_DELIMITER and (unwrapped := _unwrapped(lines)) is not None:
        return replace(find_dialect(unwrapped), is_wrapped=True)
    if dialect.delimiter == NO_DELIMITER and _are_run_on(lines):
        return replace(dialect, is_run_on=True)
    quotes = _find_quotes(lines, dialect.delimiter)
    if quotes != QUOTE:
        straight = Dialect(NO_DELIMITER if len(quotes) == 1 else dialect.delimiter, quotes)
        lines = straight.plain("\n".join(lines).encode()).decode().split("\n")
        dialect = Dialect(find_delimiter(lines), quotes)
    if dialect.delimiter == NO_DELIMITER:
        return dialect
    if quotes == QUOTE and _has_escapes(lines, dialect.delimiter):
        dialect = replace(dialect, has_escapes=True)
    if _has_entities(lines, dialect.delimiter):
        dialect = replace(dialect, has_entities=True)
    return replace(dialect, is_spaced=_is_spaced(lines, dialect.delimiter))


def _are_run_on(lines: Sequence[str]) -> bool:
    """Return True if the first of several lines, and nearly all of them, are a name and a phone number."""
    found = [_RUN_ON.match(line.encode()) for line in lines]
    are_numbers = [match is not None and kind_of(match[2].decode()) == "phone" for match in found]
    return len(lines) >= _FEWEST and are_numbers[0] and sum(are_numbers) >= len(lines) * 0.9


def _unwrapped(lines: Sequence[str]) -> list[str] | None:
    """Return the lines without the quotes around each; None if they are not whole rows in quotes."""
    inner = [match[1] for line in lines if (match := re.fullmatch(r'"((?:[^"]|"")*)"', line))]
    if len(inner) < len(lines) * 0.9 or not inner:
        return None
    inner = [line.replace('""', QUOTE) for line in inner]
    return inner if find_delimiter(inner) != NO_DELIMITER else None


def _find_quotes(lines: Sequence[str], delimiter: str) -> str:
    """Return the quotes around whole cells: ``"`` unless others wrap more cells, and at least one cell in twenty lines.

    A single cell is enough if it holds a delimiter and, without it, all lines have the same number of cells.
    """
    cells = {quotes: _wrapped(quotes, delimiter) for quotes in (QUOTE, *_QUOTES)}
    counts = {
        quotes: sum(len(cells[quotes].findall(line)) for line in lines)
        for quotes in cells
        if any(quotes[0] in line for line in lines)
    }
    best = max(counts, key=lambda quotes: counts[quotes], default=QUOTE)
    is_sure = counts.get(best, 0) >= max(_FEWEST, len(lines) / 20, 4 * counts.get(QUOTE, 0))
    if not is_sure and counts.get(best) and not counts.get(QUOTE):
        bare = [cells[best].sub("", line) for line in lines]
        is_sure = _alike(bare, delimiter) == len(lines) > _alike(lines, delimiter)
    return best if is_sure else QUOTE


def _wrapped(quotes: str, delimiter: str) -> re.Pattern[str]:
    """Return the pattern of a quoted cell between two delimiters."""
    mark, opening, closing = re.escape(delimiter), quotes[0], quotes[-1]
    cell = rf"{opening}(?:[^{opening}{closing}]|{closing}{closing})*{closing}"
    return re.compile(rf"(?:(?<={mark})|^) ?{cell}(?= ?(?:{mark}|$))")


def _has_escapes(lines: Sequence[str], delimiter: str) -> bool:
    """Return True if backslashes are escapes: read so, more lines have the same number of cells."""
    marks = (f"\\{delimiter}", f"\\{QUOTE}")
    if sum(mark in line for line in lines for mark in marks) < _FEWEST:
        return False
    bare = [line.replace("\\\\", "").replace(marks[0], "").replace(marks[1], "") for line in lines]
    return _alike(bare, delimiter) > _alike(lines, delimiter)


def _has_entities(lines: Sequence[str], delimiter: str) -> bool:
    """Return True if semicolons of entities (``Stra&szlig;e``) part no cells: without them, as many lines are alike."""
    if delimiter != ";":
        return False
    bare = [_entity().sub(b"", line.encode()).decode() if "&" in line else line for line in lines]
    return bare != list(lines) and _alike(bare, delimiter) >= _alike(lines, delimiter)


@cache
def _entity() -> re.Pattern[bytes]:
    """Return the pattern of an entity of HTML; there are 252 names."""
    return re.compile(rf"(&(?:#\d{{1,7}}|#[xX][0-9A-Fa-f]{{1,6}}|{'|'.join(name2codepoint)}|apos));".encode())


def _alike(lines: Sequence[str], delimiter: str) -> int:
    """Return how many lines have the commonest number of cells; lines with an open quote do not count."""
    whole = Counter(line.count(delimiter) for line in map(_emptied, lines) if QUOTE not in line)
    return max(whole.values(), default=0)


def _emptied(line: str) -> str:
    return without_quoted([line])[0]


def _is_spaced(lines: Sequence[str], delimiter: str) -> bool:
    """Return True if nine in ten delimiters before a filled cell are followed by exactly one blank."""
    if delimiter not in _MAY_BE_SPACED:
        return False
    bare = "\n".join(re.sub(rf'({re.escape(delimiter)} ?)"(?:[^"]|"")*"', r"\1x", line) for line in lines)
    mark = re.escape(delimiter)
    spaced = len(re.findall(rf"{mark} (?! )", bare))
    tight = len(re.findall(rf"{mark}[^ \n{mark}]", bare))
    return spaced > 9 * tight


def _straight(data: bytes, quotes: str, delimiter: str) -> bytes:
    """Return the text with ``"`` in place of the quotes around cells; quotes within cells stay."""
    opening, closing = quotes[0].encode(), quotes[-1].encode()
    mark = re.escape(delimiter.encode())
    data = re.sub(rb"(?m)((?:^|" + mark + rb") ?)" + opening, rb'\1"', data)
    return re.sub(closing + rb"(?= ?(?:" + mark + rb"|\r*$))", b'"', data, flags=re.MULTILINE)
