"""The reader of delimited text: CSV, TSV and what goes by those names.

Every line of the file becomes a row, or a part of the header, of the lines above it, or of the footer. Block and chunk
sizes do not change the rows: a block ends where a row ends.
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
"""Smaller than the others, so that a caller who wants a sample does not wait for 8 MiB."""
_LOOK_BYTES = 4 << 10
_BLOCK_CELLS = 2 << 20
"""Cells of a block: polars allocates every column even for an empty line, and three times that while it parses."""
_THREADS = 2


@dataclass(frozen=True, slots=True)
class _Block:
    """Whole lines of the text. ``read_to`` is the offset of the next block; ``is_end`` means there is none."""

    data: bytes
    read_to: int
    is_end: bool


class Delimited:
    """The reader of delimited text; the last in the list, it takes every file that no other reader wants."""

    def can_read(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return True always: no first bytes mark delimited text."""
        return True

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return the one table of the file.

        Raises:
            ReadError: a sheet is wanted, or the file is not text, is empty or cannot be read.
        """
        refuse_sheet(file, "text", sheet)
        return [DelimitedTable(take_in(path, file))]


class DelimitedTable:
    """The table of one text file; holds the file open as long as it lives."""

    def __init__(self, intake: Intake) -> None:
        """Find the layout of the text, from its first 256 KiB and its end."""
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
        # The notes may have read the first block: `share_read` starts at 0 all the same.
        self._read_to = intake.start

    @property
    def share_read(self) -> float:
        """Return the share of the text that the last ``chunks`` has read, 0 to 1."""
        whole = self._layout.end - self._intake.start
        return min(1.0, (self._read_to - self._intake.start) / whole) if whole else 1.0

    def chunks(self, rows: int, skip: int = 0) -> Iterator[pl.DataFrame]:
        """Yield the rows as ``Table.chunks`` says."""
        return in_chunks(self._frames(), rows, skip)

    def _stray_notes(self) -> tuple[str, ...]:
        """Return the notes on strays; empty if the text is longer than its first block, to keep opening it fast."""
        if self._layout.end - self._layout.offset > min(BLOCK_BYTES, _FIRST_BLOCK_BYTES):
            return ()
        return tuple(note for frame in self._frames() for note in stray_notes(frame, "line"))

    def _frames(self) -> Iterator[pl.DataFrame]:
        """Yield all rows, one frame for each block."""
        layout = self._layout
        columns = layout.header.columns
        misfits = Misfits(columns, layout.dialect.delimiter, has_remarks=layout.has_remarks)
        return Strays(layout.header, columns).with_problems(map(misfits.read, self._numbered()))

    def _numbered(self) -> Iterator[pl.DataFrame]:
        """Yield the parsed rows with their row and line numbers."""
        layout = self._layout
        parser = BlockParser(layout.dialect.parsed_delimiter, layout.header.columns)
        row, line = layout.row, layout.line
        for parsed in self._parsed(parser):
            if parsed.frame.height:
                frame = _meant(parsed.frame, layout.dialect)
                frame = shifts.with_problems(frame, layout.header.columns, layout.contacts)
                numbers = pl.int_range(row, row + frame.height, dtype=pl.UInt32, eager=True).alias("row")
                lines = frame.drop_in_place("line") + line
                yield frame.insert_column(0, lines).insert_column(0, numbers)
            row += parsed.frame.height
            line += parsed.lines

    def _parsed(self, parser: BlockParser) -> Iterator[Parsed]:
        """Yield the parsed blocks in order, while a pool of threads parses the next ones.

        A block is parsed again if the block before it leaves a rest, which is the start of its first row.
        """
        rest = b""
        # The first block alone: whoever wants a sample gets it before the pool is busy with further ones.
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
        """Yield the data in blocks that end where a line ends."""
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
        """Return as many of the whole lines as may fill ``_BLOCK_CELLS``; one at least."""
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
        """Return the offset of the last line end within ``size`` bytes; if the first line is longer, of its end."""
        look = _LOOK_BYTES
        while offset + size < self._layout.end:
            look = min(look, size)
            if cut := last_line_end(self._intake.read(offset + size - look, look)):
                return offset + size - look + cut
            look, size = (look * 8, size) if look < size else (_LOOK_BYTES, size * 2)
        return self._layout.end


def _meant(frame: pl.DataFrame, dialect: Dialect) -> pl.DataFrame:
    """Return the frame with its cells as they stood in the text, before the dialect was written over."""
    cells = pl.col(f"^{RAW}.*$")
    if dialect.replacements:
        frame = frame.with_columns(
            cells.str.replace_many(dialect.replacements), pl.col("extra_cells").str.replace_many(dialect.in_json)
        )
    if dialect.is_spaced:
        frame = frame.with_columns(cells.str.strip_chars_start(" ").replace("", None))
    return frame
