"""The reader of delimited text: CSV, TSV and what goes by those names.

Every line of the file becomes a row, or a part of the header, of the lines above it, or of the footer. Block and chunk
sizes do not change the rows: a block ends where a row ends.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import polars as pl

from importer.models.sources import Source
from importer.readers.delimited.blocks import Parsed
from importer.readers.delimited.expanses import refuse_expanses
from importer.readers.delimited.layout import find_layout
from importer.readers.delimited.ranges import TextRanges
from importer.readers.delimited.rows import Block, TextRows
from importer.readers.strays import stray_notes
from importer.readers.table import Table, in_chunks, refuse_sheet
from importer.readers.utf8 import Intake, take_in

_FIRST_BLOCK_BYTES = 1 << 20
"""Smaller than the others, so that a caller who wants a sample does not wait for 8 MiB."""
_THREADS = 2


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
        self._rows = TextRows(intake.by_value, self._layout)
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

    def ranges(self) -> TextRanges:
        """Return the rows as ``Divisible.ranges`` says."""
        return TextRanges(self._intake.by_value, self._layout)

    def _stray_notes(self) -> tuple[str, ...]:
        """Return the notes on strays; empty if the text is longer than its first block, to keep opening it fast."""
        if self._layout.end - self._layout.offset > _FIRST_BLOCK_BYTES:
            return ()
        return tuple(note for frame in self._frames() for note in stray_notes(frame, "line"))

    def _frames(self) -> Iterator[pl.DataFrame]:
        """Yield all rows, one frame for each block."""
        return self._rows.checked(self._parsed(), self._rows.strays(), self._layout.row, self._layout.line)

    def _parsed(self) -> Iterator[Parsed]:
        """Yield the parsed blocks in order, while a pool of threads parses the next ones.

        A block is parsed again if the block before it leaves a rest, which is the start of its first row.
        """
        rest = b""
        # The first block alone: whoever wants a sample gets it before the pool is busy with further ones.
        ahead = 0
        waiting: deque[tuple[Block, Future[Parsed]]] = deque()
        blocks = self._rows.blocks(self._layout.offset, _FIRST_BLOCK_BYTES)
        with ThreadPoolExecutor(_THREADS) as pool:
            for last in blocks:
                waiting.append((last, pool.submit(self._rows.parsed, last)))
                while len(waiting) > ahead or (last.is_end and waiting):
                    block, future = waiting.popleft()
                    parsed = self._rows.parsed(block, rest) if rest else future.result()
                    rest = parsed.rest
                    self._read_to = block.read_to
                    yield parsed
                    ahead = _THREADS
