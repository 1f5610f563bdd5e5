"""Delimited text: CSV, TSV and what goes by those names.

Every line of the file becomes a row, a part of the header or of what stands above it. Rows are the same whatever the
size of blocks and chunks: a block ends where a row ends.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from importer.models.frames import RAW
from importer.models.sources import Source
from importer.readers.delimited import shifts
from importer.readers.delimited.blocks import BlockParser, Parsed
from importer.readers.delimited.dialect import Dialect
from importer.readers.delimited.expanses import refuse_expanses
from importer.readers.delimited.layout import find_layout, last_line_end
from importer.readers.delimited.misfits import Misfits
from importer.readers.strays import Strays, stray_notes
from importer.readers.table import Table, in_chunks, refuse_sheet, rows_of
from importer.readers.utf8 import Intake, take_in

BLOCK_BYTES = 8 << 20
_FIRST_BLOCK_BYTES = 1 << 20
"""Smaller, so that whoever wants a sample of the file does not wait for more."""
_LOOK_BYTES = 4 << 10
_BLOCK_CELLS = 2 << 20
"""However short a line is, polars makes room for a cell of each column, and three times that while it parses."""
_THREADS = 2


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
        refuse_sheet(file, "text", sheet)
        return [DelimitedTable(take_in(path, file))]


class DelimitedTable:
    """The table of one text file."""

    def __init__(self, intake: Intake) -> None:
        """Find out how the text is laid out, from its first 256 KiB."""
        self._intake = intake
        refuse_expanses(intake)
        self._layout = find_layout(intake)
        self._read_to = intake.start
        header = self._layout.header
        self.source = Source(
            path=intake.path,
            file=intake.file,
            sha256=intake.sha256,
            size_bytes=intake.size_bytes,
            format="csv",
            columns=header.columns,
            header_row=self._layout.header_row,
            encoding=intake.encoding.name,
            encoding_guess=intake.encoding.guess,
            delimiter=self._layout.dialect.shown_delimiter,
            left_out=self._layout.left_out,
            notes=intake.notes + self._layout.notes + self._stray_notes(),
        )
        self._read_to = intake.start

    @property
    def share_read(self) -> float:
        """How much of the text the last ``chunks`` has read, 0 to 1."""
        whole = self._layout.end - self._intake.start
        return min(1.0, (self._read_to - self._intake.start) / whole) if whole else 1.0

    def chunks(self, rows: int, skip: int = 0) -> Iterator[pl.DataFrame]:
        """As in ``Table``."""
        return in_chunks(self._frames(), rows, skip)

    def _stray_notes(self) -> tuple[str, ...]:
        """What is said of strays before the list is read; only where the first block is all of it."""
        if self._layout.end - self._layout.offset > min(BLOCK_BYTES, _FIRST_BLOCK_BYTES):
            return ()
        return tuple(note for frame in self._frames() for note in stray_notes(frame, "line"))

    def _frames(self) -> Iterator[pl.DataFrame]:
        """All rows, a frame a block."""
        layout = self._layout
        columns = layout.header.columns
        misfits = Misfits(columns, layout.dialect.delimiter, has_remarks=layout.has_remarks)
        return Strays(layout.header, columns).told(map(misfits.read, self._numbered()))

    def _numbered(self) -> Iterator[pl.DataFrame]:
        """The rows as they are written, with their numbers."""
        layout = self._layout
        parser = BlockParser(layout.dialect.parsed_delimiter, layout.header.columns)
        row, line = layout.row, layout.line
        for parsed in self._parsed(parser):
            if parsed.frame.height:
                frame = shifts.told(_meant(parsed.frame, layout.dialect), layout.header.columns, layout.contacts)
                numbers = pl.int_range(row, row + frame.height, dtype=pl.UInt32, eager=True).alias("row")
                lines = frame.drop_in_place("line") + line
                yield frame.insert_column(0, lines).insert_column(0, numbers)
            row += parsed.frame.height
            line += parsed.lines

    def _parsed(self, parser: BlockParser) -> Iterator[Parsed]:
        """The blocks, parsed side by side; one whose start belongs to the block before it is parsed again with it."""
        rest = b""
        ahead = 0
        waiting: deque[tuple[_Block, Future[Parsed]]] = deque()
        with ThreadPoolExecutor(_THREADS) as pool:
            for last in self._blocks():
                waiting.append((last, pool.submit(parser.parse, last.data, is_end=last.is_end)))
                while len(waiting) > ahead or (last.is_end and waiting):
                    block, future = waiting.popleft()
                    parsed = parser.parse(rest + block.data, is_end=block.is_end) if rest else future.result()
                    rest = parsed.rest
                    self._read_to = block.read_to
                    yield parsed
                    ahead = _THREADS

    def _blocks(self) -> Iterator[_Block]:
        """The data in pieces that end where a line ends."""
        dialect, end = self._layout.dialect, self._layout.end
        offset, size = self._layout.offset, min(BLOCK_BYTES, _FIRST_BLOCK_BYTES)
        is_end = False
        while not is_end:
            cut = self._line_end(offset, size)
            data = self._first_lines(self._intake.read(offset, cut - offset))
            cut = offset + len(data)
            data = data.replace(b"\0", b"")
            offset, size, is_end = cut, BLOCK_BYTES, cut == end
            yield _Block(dialect.plain(data) if dialect.needs_writing_over else data, offset, is_end)

    def _first_lines(self, data: bytes) -> bytes:
        """Of whole lines, as many as have no more than ``_BLOCK_CELLS``; one at least."""
        most = rows_of(len(self._layout.header.columns), BLOCK_BYTES, _BLOCK_CELLS)
        if len(data) <= most:
            return data
        signs = np.frombuffer(data, np.uint8)  # numpy counts a sign that is frequent ten times as fast as bytes do
        ends = signs == ord("\n")
        count = np.count_nonzero(ends)
        if count < len(data) >> 8:  # lines of hundreds of bytes, or ended by the other sign
            others = signs == ord("\r")
            ends, count = max((ends, count), (others, np.count_nonzero(others)), key=lambda found: found[1])
        if count <= most:
            return data
        place = int(np.flatnonzero(ends)[most - 1])
        return data[: last_line_end(data[: place + 2]) or len(data)]

    def _line_end(self, offset: int, size: int) -> int:
        """Where the last line ends of those that a piece of the text holds; if the first is longer, where that ends."""
        look = _LOOK_BYTES
        while offset + size < self._layout.end:
            look = min(look, size)
            if cut := last_line_end(self._intake.read(offset + size - look, look)):
                return offset + size - look + cut
            look, size = (look * 8, size) if look < size else (_LOOK_BYTES, size * 2)
        return self._layout.end


def _meant(frame: pl.DataFrame, dialect: Dialect) -> pl.DataFrame:
    """The frame with its cells as they stood in the text."""
    cells = pl.col(f"^{RAW}.*$")
    if dialect.replacements:
        frame = frame.with_columns(
            cells.str.replace_many(dialect.replacements), pl.col("extra_cells").str.replace_many(dialect.in_json)
        )
    if dialect.is_spaced:
        frame = frame.with_columns(cells.str.strip_chars_start(" ").replace("", None))
    return frame
