"""The rows of a text from the start of any line on: blocks of lines, parsed and checked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from importer.models.frames import RAW
from importer.readers.delimited import shifts
from importer.readers.delimited.blocks import BlockParser, Parsed
from importer.readers.delimited.dialect import Dialect
from importer.readers.delimited.layout import Layout, last_line_end
from importer.readers.delimited.misfits import Misfits
from importer.readers.strays import Strays
from importer.readers.table import rows_of
from importer.readers.utf8 import Text

BLOCK_BYTES = 8 << 20
_LOOK_BYTES = 4 << 10
_BLOCK_CELLS = 2 << 20
"""Cells of a block: polars allocates every column even for an empty line, and three times that while it parses."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of the text. ``read_to`` is the offset of the next block; ``is_end`` means there is none."""

    data: bytes
    read_to: int
    is_end: bool


class TextRows:
    """Reads the rows of one text. What its parser remembers of earlier blocks saves work and changes no row.

    Attributes:
        most_lines: of a block.
    """

    def __init__(self, text: Text, layout: Layout) -> None:
        """Build the parser and the checks of single rows."""
        self._text, self._layout = text, layout
        self._columns = layout.header.columns
        self.most_lines = rows_of(len(self._columns), BLOCK_BYTES, _BLOCK_CELLS)
        self._parser = BlockParser(layout.dialect.parsed_delimiter, self._columns)
        self._misfits = Misfits(self._columns, layout.dialect.delimiter, has_remarks=layout.has_remarks)

    def strays(self) -> Strays:
        """Return a check of all rows from the first one on."""
        return Strays(self._layout.header, self._columns)

    def blocks(self, begin: int, size: int) -> Iterator[Block]:
        """Yield the text from an offset on in blocks that end where a line ends, the first of about ``size`` bytes.

        Raises:
            ReadError: the file cannot be read, or changed since it was taken in.
        """
        is_end = False
        while not is_end:
            data = self.lines(begin, size, self.most_lines)
            begin, size, is_end = begin + len(data), BLOCK_BYTES, begin + len(data) == self._layout.end
            yield self.block(data, begin)

    def lines(self, begin: int, size: int, most: int) -> bytes:
        """Return whole lines from an offset on: ``size`` bytes and ``most`` lines at most, but one line at least."""
        data = self._text.read(begin, self._line_end(begin, min(size, BLOCK_BYTES)) - begin)
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

    def block(self, data: bytes, read_to: int) -> Block:
        """Return whole lines that end at an offset as a block."""
        data = data.replace(b"\0", b"")
        dialect = self._layout.dialect
        if dialect.needs_writing_over:
            data = dialect.plain(data)
        return Block(data, read_to, read_to == self._layout.end)

    def parsed(self, block: Block, rest: bytes = b"") -> Parsed:
        """Return the rows of a block, whose first one began with ``rest``."""
        return self._parser.parse(rest + block.data, is_end=block.is_end)

    def checked(self, blocks: Iterable[Parsed], strays: Strays, row: int, line: int) -> Iterator[pl.DataFrame]:
        """Yield the rows of parsed blocks, one frame for each that has any.

        Args:
            blocks: one after the other.
            strays: the check, as far as it has come.
            row: the number of the first row.
            line: the line on which it starts.
        """
        return strays.with_problems(map(self._misfits.read, self._numbered(blocks, row, line)))

    def _numbered(self, blocks: Iterable[Parsed], row: int, line: int) -> Iterator[pl.DataFrame]:
        for parsed in blocks:
            if parsed.frame.height:
                frame = _meant(parsed.frame, self._layout.dialect)
                frame = shifts.with_problems(frame, self._columns, self._layout.contacts)
                numbers = pl.int_range(row, row + frame.height, dtype=pl.UInt32, eager=True).alias("row")
                lines = frame.drop_in_place("line") + line
                yield frame.insert_column(0, lines).insert_column(0, numbers)
            row += parsed.frame.height
            line += parsed.lines

    def _line_end(self, offset: int, size: int) -> int:
        """Return the offset of the last line end within ``size`` bytes; if the first line is longer, of its end."""
        look = _LOOK_BYTES
        while offset + size < self._layout.end:
            look = min(look, size)
            if cut := last_line_end(self._text.read(offset + size - look, look)):
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
