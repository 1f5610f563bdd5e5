"""Delimited text: CSV, TSV and what goes by those names.

Every line of the file becomes a row, a part of the header or of what stands above it. Rows are the same whatever the
size of blocks and chunks: a block ends where a row ends.
"""

import re
import zipfile
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.errors import ReadError
from importer.models import Source
from importer.readers.blocks import BlockParser, Parsed, following, split_lines
from importer.readers.careful import CarefulReader
from importer.readers.dialect import NO_DELIMITER, find_delimiter, named_delimiter
from importer.readers.header import Header, find_header
from importer.readers.intake import Intake, packing_of, take_in
from importer.readers.table import Table

BLOCK_BYTES = 8 << 20
_THREADS = 2
_SAMPLE_BYTES = 256 << 10
_SAMPLE_LINES = 500
_SAMPLE_ROWS = 100
_LONGEST_LINE_BYTES = 256 << 20
_TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt"})
_LINE_END = re.compile(rb"\r\0*\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text parts into rows.

    Attributes:
        delimiter: one ASCII character; ``NO_DELIMITER`` for a list with one column.
        header: the header, placed among the rows from the first that is not blank.
        header_row: its row number (a ``sep=`` line is no row); None where there is no header.
        offset, line, row: where the first data row starts: byte in the text, physical line and row number (from 1).
    """

    delimiter: str
    header: Header
    header_row: int | None
    offset: int
    line: int
    row: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Whole lines of the text; ``read_to`` is where the next block starts, ``is_end`` that there is none."""

    data: bytes
    read_to: int
    is_end: bool


class Delimited:
    """Reads delimited text; takes whatever no other reader wants."""

    def can_read(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Always: text cannot be told by its first bytes."""
        return True

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """The one table of the file.

        Raises:
            ReadError: a sheet is wanted, or the file is not text, is empty or cannot be read.
        """
        if sheet is not None:
            raise ReadError(f"{file} is text and has no sheets. Leave out --sheet {sheet}.")
        return [DelimitedTable(take_in(path, file))]


class Zipped(Delimited):
    """Reads delimited text that is alone in a zip archive."""

    def can_read(self, path: Path, head: bytes) -> bool:
        """Whether it is an archive with one member, and that has a text's name (a workbook is an archive too)."""
        if packing_of(head) != "zip":
            return False
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
            return False
        return len(names) == 1 and Path(names[0]).suffix.lower() in _TEXT_SUFFIXES


class DelimitedTable:
    """The table of one text file."""

    def __init__(self, intake: Intake) -> None:
        """Find out how the text is laid out, from its first 256 KiB."""
        self._intake = intake
        self._layout = find_layout(intake)
        self._read_to = intake.start
        header = self._layout.header
        notes = intake.notes + header.notes
        self.source = Source(
            path=intake.path,
            file=intake.file,
            sha256=intake.sha256,
            size_bytes=intake.size_bytes,
            format="csv",
            columns=header.columns,
            header_row=self._layout.header_row,
            encoding=intake.encoding.name,
            delimiter=None if self._layout.delimiter == NO_DELIMITER else self._layout.delimiter,
            notes=notes,
        )

    @property
    def share_read(self) -> float:
        """How much of the text the last ``chunks`` has read, 0 to 1."""
        whole = self._intake.end - self._intake.start
        return min(1.0, (self._read_to - self._intake.start) / whole) if whole else 1.0

    def chunks(self, rows: int, skip: int = 0) -> Iterator[pl.DataFrame]:
        """As in ``Table``."""
        waiting: list[pl.DataFrame] = []
        count = 0
        for frame in self._frames():
            unwanted = min(skip, frame.height)
            skip -= unwanted
            waiting.append(frame.slice(unwanted))
            count += frame.height - unwanted
            if count < rows:
                continue
            whole = pl.concat(waiting)
            full = count - count % rows
            yield from whole.head(full).iter_slices(rows)
            waiting, count = [whole.slice(full)], count - full
        if count:
            yield pl.concat(waiting)

    def _frames(self) -> Iterator[pl.DataFrame]:
        """All rows, a frame a block."""
        layout = self._layout
        parser = BlockParser(layout.delimiter, layout.header.columns)
        row, line = layout.row, layout.line
        for parsed in self._parsed(parser):
            if parsed.frame.height:
                yield parsed.frame.select(
                    pl.int_range(row, row + pl.len(), dtype=pl.UInt32).alias("row"),
                    pl.col("line") + pl.lit(line, pl.UInt32),
                    pl.exclude("line"),
                )
            row += parsed.frame.height
            line += parsed.lines

    def _parsed(self, parser: BlockParser) -> Iterator[Parsed]:
        """The blocks, parsed side by side; one whose start belongs to the block before it is parsed again with it."""
        rest = b""
        waiting: deque[tuple[_Block, Future[Parsed]]] = deque()
        with ThreadPoolExecutor(_THREADS) as pool:
            for last in self._blocks():
                waiting.append((last, pool.submit(parser.parse, last.data, is_end=last.is_end)))
                while len(waiting) > _THREADS or (last.is_end and waiting):
                    block, future = waiting.popleft()
                    parsed = parser.parse(rest + block.data, is_end=block.is_end) if rest else future.result()
                    rest = parsed.rest
                    self._read_to = block.read_to
                    yield parsed

    def _blocks(self) -> Iterator[_Block]:
        """The data in pieces that end where a line ends."""
        offset, rest, is_end = self._layout.offset, b"", False
        while not is_end:
            piece = self._intake.read(offset, BLOCK_BYTES)
            offset += len(piece)
            is_end = not piece or offset >= self._intake.end
            data = rest + piece.replace(b"\0", b"")
            block, rest = (data, b"") if is_end else _whole_lines(data)
            if len(rest) > _LONGEST_LINE_BYTES:
                raise ReadError(f"{self.source.file} has a line of over {_LONGEST_LINE_BYTES >> 20} MiB: not a list.")
            if block or is_end:
                yield _Block(block, offset, is_end)


def find_layout(intake: Intake) -> Layout:
    """How the text is laid out, judged by its beginning: 256 KiB, or more where that is blank.

    Raises:
        ReadError: the file holds only blanks.
    """
    size_bytes = _SAMPLE_BYTES
    while (layout := _layout_of(intake, size_bytes)) is None:
        if intake.start + size_bytes >= intake.end:
            raise ReadError(f"{intake.file} has no rows. Look whether the right file was exported.")
        size_bytes *= 8
    return layout


def _layout_of(intake: Intake, size_bytes: int) -> Layout | None:
    """The layout by a sample of the text; None where it is blank."""
    sample = intake.read(intake.start, size_bytes)
    is_whole = intake.start + len(sample) == intake.end
    if not is_whole:
        sample = _whole_lines(sample)[0] or sample
    line_ends = [match.end() for match in _LINE_END.finditer(sample)]
    lines = split_lines(sample)
    first = next((index for index, line in enumerate(lines) if line.strip("\r\0\t ,;|")), 0)
    texts = [line.rstrip("\r\0") for line in lines[first : first + _SAMPLE_LINES]]
    named = named_delimiter(next(iter(texts), ""))
    start = first if named is None else first + 1
    delimiter = named or find_delimiter(texts)
    starts, rows = _sample_rows(lines, start, delimiter, is_whole=is_whole)
    header = find_header(rows)
    if not header.columns:
        return None
    line = starts[header.first_data]
    offset = intake.start + (line_ends[line - 1] if 0 < line <= len(line_ends) else 0 if line == 0 else len(sample))
    header_row = None if header.index is None else first + header.index + 1
    return Layout(delimiter, header, header_row, offset, line + 1, first + header.first_data + 1)


def _sample_rows(
    lines: list[str], start: int, delimiter: str, *, is_whole: bool
) -> tuple[list[int], list[list[str | None]]]:
    """The first rows, and the line on which each starts; one more start than rows."""
    width: int | None = None
    for _ in ("find the width", "read with it"):
        reader = CarefulReader(delimiter, width)
        starts, rows = [start], list[list[str | None]]()
        while len(rows) < _SAMPLE_ROWS and starts[-1] < len(lines):
            here = starts[-1]
            record = reader.record(lines[here], following(lines, here), is_end=is_whole or not rows)
            if record is None:
                break
            rows.append([cell or None for cell in record.cells])
            starts.append(starts[-1] + record.lines)
        counts = Counter(len(row) for row in rows if any(row))
        width = max(counts, key=lambda cells: (counts[cells], cells), default=1)
    return starts, rows


def _whole_lines(data: bytes) -> tuple[bytes, bytes]:
    """The data up to its last line end, and what follows; a CR at the very end may be half of a CR LF."""
    cut = data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, -1) + 1
    return data[:cut], data[cut:]
