"""The layout of a text: its dialect, its header, and its first and last row."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

from importer.errors import ReadError
from importer.models.frames import BELOW_REFUSAL
from importer.models.sources import LeftOut
from importer.readers.cell_kinds import text_of
from importer.readers.delimited.blocks import split_lines
from importer.readers.delimited.careful import MOST_CELLS, MOST_CHARACTERS, NOT_CLOSED, CarefulReader
from importer.readers.delimited.delimiter import NO_DELIMITER
from importer.readers.delimited.dialect import (
    QUOTE,
    Dialect,
    are_few_remarks,
    find_dialect,
    named_delimiter,
    remarks_above,
)
from importer.readers.delimited.shifts import ContactColumns, find_contact_columns
from importer.readers.footer import MOST_ROWS, footer_note, footer_start
from importer.readers.header import Header, find_header
from importer.readers.header_above import SIDEWAYS, is_sideways
from importer.readers.header_lines import is_typing
from importer.readers.sections import meaning_of
from importer.readers.utf8 import Intake

_SAMPLE_BYTES = 256 << 10
_SAMPLE_LINES = 500
_SAMPLE_ROWS = 100
_FEWEST_ROWS = 3
_MOST_SAMPLE_BYTES = 64 << 20
_END_BYTES = 64 << 10
_PIECE_BYTES = 8 << 20
_LINE_END = re.compile(rb"\r\0*\n|\r|\n")
_CLOSING = re.compile(r'(?:[^"]|"")*"\s*(?:[^\w\s]|$)')
_BARE_CR = re.compile(rb"\r(?!\n)")
_CERTAIN_CR = re.compile(rb"\r(?=[^\n\0])")


@dataclass(frozen=True, slots=True)
class Layout:
    """The division of a text into rows.

    Attributes:
        dialect: how cells are written.
        header: the header, placed among the rows from the first that is not blank.
        header_row: its row number (a ``sep=`` line is no row); None if there is no header.
        offset, line, row: start of the first data row: byte in the text, physical line and row number (from 1).
        end: end of the rows: byte in the text.
        has_remarks: True if a ``#`` or the like at a row's start may mean a remark.
        contacts: the columns of addresses and numbers; None if they are not clear.
        left_out: the lines that are not rows.
        notes: remarks for people, one sentence each.
    """

    dialect: Dialect
    header: Header
    header_row: int | None
    offset: int
    line: int
    row: int
    end: int
    has_remarks: bool
    contacts: ContactColumns | None
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Start:
    """The layout without the end of the rows."""

    dialect: Dialect
    header: Header
    header_row: int | None
    offset: int
    line: int
    row: int
    remarks: int
    has_remarks: bool
    contacts: ContactColumns | None
    left_out: tuple[LeftOut, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the remarks for people on the beginning of the text."""
        above = {0: (), 1: ("A line of remarks above the list was left out.",)}
        remarks = above.get(self.remarks, (f"{self.remarks} lines of remarks above the list were left out.",))
        return self.dialect.notes + remarks + self.header.notes


def find_layout(intake: Intake) -> Layout:
    """Return the layout of the text, judged by its end and its first 256 KiB, or more if those hold too few whole rows.

    Raises:
        ReadError: the file is blank, its first row is too long or too wide, or each person is a column.
    """
    size_bytes = _SAMPLE_BYTES
    while (start := _start_of(intake, size_bytes)) is None:
        if intake.start + size_bytes >= intake.end:
            raise ReadError(f"{intake.file} has no rows. Look whether the right file was exported.")
        size_bytes *= 4
    end, below, note = _end_of(intake, start)
    return Layout(
        start.dialect,
        start.header,
        start.header_row,
        start.offset,
        start.line,
        start.row,
        end,
        start.has_remarks,
        start.contacts,
        start.left_out + below,
        start.notes + note,
    )


def last_line_end(data: bytes) -> int:
    """Return the end of the last line that surely ends in the data; 0 if none does. A last CR may be half a CR LF."""
    return data.rfind(b"\n") + 1 or max((match.end() for match in _CERTAIN_CR.finditer(data)), default=0)


def _start_of(intake: Intake, size_bytes: int) -> _Start | None:
    """Return the layout by a sample of the text; None if it is blank, or a larger sample would show more whole rows."""
    sample = intake.read(intake.start, size_bytes)
    is_whole = intake.start + len(sample) == intake.end
    is_most = is_whole or size_bytes >= _MOST_SAMPLE_BYTES
    if not is_whole:
        sample = sample[: last_line_end(sample)]
        if is_most and not sample:
            raise ReadError(f"{intake.file} has a line of over {_MOST_SAMPLE_BYTES >> 20} MiB: not a list.")
    line_ends = [match.end() for match in _LINE_END.finditer(sample)]
    if len(line_ends) < _FEWEST_ROWS and not is_most:
        return None
    lines = split_lines(sample)
    first = next((index for index, line in enumerate(lines) if line.strip("\r\0\t ,;|")), 0)
    texts = [line.rstrip("\r\0") for line in lines[first : first + _SAMPLE_LINES]]
    named = named_delimiter(next(iter(texts), ""))
    dialect = Dialect(named) if named else _dialect_of(lines[first:], is_most=is_whole or size_bytes > MOST_CHARACTERS)
    if dialect is None:
        return None
    remarks = 0 if named else remarks_above(texts, dialect.delimiter)
    start = first + remarks + (named is not None)
    if dialect.needs_writing_over:
        lines = split_lines(dialect.plain(sample))
    starts, rows = _sample_rows(lines, start, dialect, is_whole=is_whole)
    if len(rows) < _FEWEST_ROWS and not is_most:
        return None
    header = _titled(find_header(rows), texts[:remarks])
    if not header.columns:
        return None
    if is_whole and is_sideways(rows):
        raise ReadError(f"{intake.file} {SIDEWAYS}")
    _refuse_too_wide(intake.file, header, starts)
    line = starts[header.first_data]
    offset = intake.start + (line_ends[line - 1] if 0 < line <= len(line_ends) else 0 if line == 0 else len(sample))
    row = first + remarks + 1
    header_row = None if header.index is None else row + header.index
    above = ["blank"] * first + ["sep"] * (named is not None) + ["remark"] * remarks
    for place in range(header.first_data):
        above += [_what(header, place, rows[place])] * (starts[place + 1] - starts[place])
    has_remarks = are_few_remarks(rows[header.first_data :])
    contacts = find_contact_columns([row[: len(header.columns)] for row in rows[header.first_data :]])
    row += header.first_data
    return _Start(dialect, header, header_row, offset, line + 1, row, remarks, has_remarks, contacts, _spans(above))


def _titled(header: Header, remarks: Sequence[str]) -> Header:
    """Return the header titled by the first remark above it that means "do not contact"; unchanged if none does."""
    refusals = (line for line in remarks if meaning_of(line) == BELOW_REFUSAL)
    return replace(header, title=next(refusals, header.title))


def _refuse_too_wide(file: str, header: Header, starts: Sequence[int]) -> None:
    """Raise ReadError if the header has more columns than any list; ``starts`` are the lines on which rows begin."""
    if len(header.columns) > MOST_CELLS:
        raise ReadError(
            f"{file} has more than {MOST_CELLS:,} columns, by line {starts[header.index or 0] + 1}: not a "
            "list. Delete the delimiters behind the last column, or look whether the right file was exported."
        )


def _dialect_of(lines: Sequence[str], *, is_most: bool) -> Dialect | None:
    """Return the dialect of the first lines, or of all lines up to the end of a very long quoted cell.

    Such a cell fills the first lines and hides the delimiter of the others.

    Returns:
        None if that cell does not end in the lines and a larger sample is allowed.
    """
    texts = [line.rstrip("\r\0") for line in lines]
    first = texts[:_SAMPLE_LINES]
    dialect = find_dialect(first)
    odd = [place for place, text in enumerate(first) if text.count(QUOTE) % 2]
    if len(odd) % 2 == 0:
        return dialect
    if NO_DELIMITER != dialect.delimiter == find_dialect(first[: odd[-1] + 1]).delimiter:
        return dialect
    further = range(_SAMPLE_LINES, len(texts))
    closing = next((place for place in further if texts[place].count(QUOTE) % 2), None)
    if closing is not None:
        return find_dialect(texts[: closing + 1]) if _CLOSING.match(texts[closing]) else dialect
    return dialect if is_most else None


def _what(header: Header, place: int, row: Sequence[str | None]) -> str:
    """Return the kind (``LeftOut.what``) of a row above the data rows."""
    index = header.index or 0
    if place < header.others:
        return "other" if any(map(text_of, row)) else "blank"
    if place > index:
        return "description" if is_typing(row) else "rule"
    if place > index - len(header.lines):
        return "header"
    return "title" if any(map(text_of, row)) else "blank"


def _spans(above: Sequence[str]) -> tuple[LeftOut, ...]:
    """Return the lines from line 1 on as spans, each of neighbours of one kind."""
    spans, line = [], 1
    for what, group in groupby(above):
        first, line = line, line + len(list(group))
        spans.append(LeftOut(what, first, line - 1))
    return tuple(spans)


def _sample_rows(
    lines: list[str], start: int, dialect: Dialect, *, is_whole: bool
) -> tuple[list[int], list[list[str | None]]]:
    """Return the line on which each of the first rows starts, and the rows; there is one more start than rows."""
    width: int | None = None
    for _ in ("find the width", "read with it"):  # only with a width can a stray quote be told from an open cell
        reader = CarefulReader(dialect.parsed_delimiter, width)
        starts, rows = [start], list[list[str | None]]()
        while len(rows) < _SAMPLE_ROWS and starts[-1] < len(lines):
            here = starts[-1]
            record = reader.record(lines[here], islice(lines, here + 1, None), is_end=is_whole or not rows)
            if record is None or (width is None and rows and record.problem == NOT_CLOSED):
                break
            rows.append([cell or None for cell in map(dialect.meant, record.cells)])
            starts.append(starts[-1] + record.lines)
        counts = Counter(len(row) for row in rows if any(row))
        width = max(counts, key=lambda cells: (counts[cells], cells), default=1)
    return starts, rows


def _end_of(intake: Intake, start: _Start) -> tuple[int, tuple[LeftOut, ...], tuple[str, ...]]:
    """Return the offset at which the rows end, the lines below them, and the note on those; () if there are none."""
    offset = max(start.offset, intake.end - _END_BYTES)
    data = intake.read(offset, intake.end - offset)
    ends = [match.end() for match in _LINE_END.finditer(data)]
    if not ends or data[ends[-1] :].strip(b"\0"):
        ends.append(len(data))
    ends[-1] = len(data)  # NULs that no line end follows are no line
    begins = [0, *ends[:-1]] if offset == start.offset else ends[:-1]
    spans = list(zip(begins, ends[-len(begins) :] if begins else [], strict=True))[-MOST_ROWS:]
    rows = [_cells(data[begin:end], start) for begin, end in spans]
    place = footer_start(rows, len(start.header.columns))
    if place is None:
        return intake.end, (), ()
    end = offset + spans[place][0]
    first = start.line + _count_lines(intake, start.offset, end)
    last = first + len(rows) - 1 - place
    is_silent = all(row in (["\x1a"], [""]) for row in rows[place:])
    return end, (LeftOut("footer", first, last),), () if is_silent else (footer_note("Line", first, last),)


def _cells(line: bytes, start: _Start) -> Sequence[str]:
    """Return the cells of one line near the end; of a line with open quotes, its whole text three times."""
    text = start.dialect.plain(line).decode("utf-8", "replace").replace("\0", "").rstrip("\r\n")
    if text.count(QUOTE) % 2:
        return [text, text, text]
    record = CarefulReader(start.dialect.parsed_delimiter, None).record(text, iter(()), is_end=True)
    return [start.dialect.meant(cell) for cell in record.cells] if record else [text]


def _count_lines(intake: Intake, begin: int, end: int) -> int:
    """Return the number of line ends in a part of the text."""
    count, offset = 0, begin
    while offset < end:
        piece = intake.read(offset, min(_PIECE_BYTES, end - offset))
        # A CR LF that is cut in two would count twice: leave the CR for the next piece.
        if piece.endswith(b"\r") and len(piece) > 1 and offset + len(piece) < end:
            piece = piece[:-1]
        offset += len(piece)
        count += piece.count(b"\n") + (len(_BARE_CR.findall(piece)) if b"\r" in piece else 0)
    return count
