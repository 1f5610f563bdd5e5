"""A block of text to a frame: clean lines in one go, the others one by one, all in file order.

What polars would drop, shift or refuse never reaches it: a line goes to it only where its cells are provably as many as
it will find there, and the rows that come back are counted against the lines that went in.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from importer.frames import RAW
from importer.readers.delimited.careful import CR_MARK, CarefulReader, Record
from importer.readers.delimited.delimiter import NO_DELIMITER
from importer.readers.delimited.dialect import QUOTE

_BARE_CR = re.compile(rb"\r(?!\n)")
_LINES_AT_A_TIME = 8
_MOST_COUNTED = 200
_FEW_QUOTED = 0.05
_OVERFLOW = 8


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a block gave.

    Attributes:
        frame: the rows; ``line`` starts at 0 within the block, there is no ``row`` yet.
        lines: how many physical lines the rows take.
        rest: bytes at the end that need the next block to be understood.
    """

    frame: pl.DataFrame
    lines: int
    rest: bytes


def split_lines(block: bytes) -> list[str]:
    """The block's physical lines as ``CarefulReader`` wants them; the last line end ends the last line."""
    lines = _marked(block).decode("utf-8", "replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


def following(lines: Sequence[str] | pl.Series, index: int) -> Iterator[str]:
    """The lines after the one at ``index``."""
    for start in range(index + 1, len(lines), _LINES_AT_A_TIME):
        yield from lines[start : start + _LINES_AT_A_TIME]


def _lines(block: bytes) -> pl.Series:
    """The lines of a block, each ended by LF, without their ends."""
    if block and b"\r" not in block:
        try:
            table = pl.read_csv(b"line\n" + block, separator=NO_DELIMITER, quote_char=None, infer_schema=False)
        except pl.exceptions.ComputeError:
            table = pl.DataFrame()
        if table.height == block.count(b"\n"):
            return table.to_series().fill_null("")
    return pl.Series([block.decode("utf-8", "replace")]).str.split("\n").explode().head(-1)


def _marked(block: bytes) -> bytes:
    """NULs removed, and each bare CR made a marked line end."""
    block = block.replace(b"\0", b"")
    if b"\r" not in block:
        return block
    return _BARE_CR.sub(CR_MARK.encode() + b"\n", block)


class BlockParser:
    """Parses blocks that start and end between lines."""

    def __init__(self, delimiter: str, columns: tuple[str, ...]) -> None:
        """``columns`` are the table's, without prefix."""
        self._delimiter = delimiter
        self._columns = columns
        self._names = [RAW + name for name in columns]
        self._careful = CarefulReader(delimiter, len(columns))
        self._head = delimiter.join(str(place) for place in range(len(columns))).encode() + b"\n"
        mark = re.escape(delimiter)
        cell = rf'(?:"(?:[^"\n]|"")*"|[^"{mark}\n]*)'
        self._clean_block = rf"\A(?:{cell}(?:{mark}{cell})*\r?\n)*\z"
        most = len(columns) - 1
        self._clean_line = rf"^{cell}(?:{mark}{cell}){{0,{most}}}$" if most < _MOST_COUNTED else r"[^\s\S]"

    def parse(self, block: bytes, *, is_end: bool) -> Parsed:
        """All rows of a block, or all but those that need the next block."""
        if block and not block.endswith((b"\n", b"\r")):
            block += b"\n"
        return self._in_one_go(block) or self._in_parts(block, is_end=is_end)

    def _in_one_go(self, block: bytes) -> Parsed | None:
        """The block where every line of it is a clean record; None where one is not."""
        if b"\0" in block or not block:
            return None
        has_quotes = QUOTE.encode() in block
        if b"\r" in block and _BARE_CR.search(block):
            if has_quotes:
                return None
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if has_quotes and not pl.Series([block.decode()]).str.contains(self._clean_block)[0]:
            return None
        lines = block.count(b"\n")
        frame = self._fast(block, has_quotes=has_quotes)
        if frame is None or frame.height != lines:
            return None
        return Parsed(frame.with_columns(line=pl.int_range(pl.len(), dtype=pl.UInt32)), lines, b"")

    def _fast(self, plain: bytes, *, has_quotes: bool) -> pl.DataFrame | None:
        """Clean lines through polars; None where it refuses them."""
        try:
            frame = pl.read_csv(
                self._head + plain,
                separator=self._delimiter,
                quote_char=QUOTE if has_quotes else None,
                infer_schema=False,
            )
        except pl.exceptions.ComputeError:
            return None
        frame.columns = self._names
        if has_quotes:
            frame = frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
        none = pl.lit(None, pl.String)
        return frame.select(none.alias("problem"), none.alias("extra_cells"), *self._names)

    def _in_parts(self, block: bytes, *, is_end: bool) -> Parsed:
        """Doubtful lines through the careful reader, in order, and all others through polars."""
        lines = _lines(_marked(block))
        split = self._split_everywhere(block, lines)
        texts = lines.str.strip_chars_end("\r\0") if b"\r" in block and split is None else lines
        texts, is_clean = self._sorted_out(texts) if split is None else (texts, split[1])
        records: list[tuple[int, Record]] = []
        within: list[int] = []
        taken, end = 0, len(lines)
        doubtful = (~is_clean).arg_true()
        # A slice of a series costs as much as a hundred items of a list, so many doubtful lines make a list worth it.
        context = lines if len(doubtful) * 100 < len(lines) else lines.to_list()
        for index, line in zip(doubtful.to_list(), lines.gather(doubtful).to_list(), strict=True):
            if index < taken:
                continue
            record = self._careful.record(line, following(context, index), is_end=is_end)
            if record is None:
                end = index
                break
            records.append((index, record))
            taken = index + record.lines
            within += range(index + 1, taken)
        is_clean = is_clean.scatter(within, values=False).head(end)
        places = is_clean.arg_true()
        if split is not None:
            clean = split[0].head(end).filter(is_clean).with_columns(line=places.cast(pl.UInt32))
        else:
            clean = self._clean_frame(texts if len(places) == len(texts) else texts.gather(places), places)
        whole = pl.concat([clean, self._careful_frame(records)]).sort("line") if records else clean
        return Parsed(whole, end, _unmarked(lines[end:].to_list()))

    def _split_everywhere(self, block: bytes, lines: pl.Series) -> tuple[pl.DataFrame, pl.Series] | None:
        """All lines split at every delimiter, and which of them are clean; None where many have quotes.

        Columns past the last one catch the cells that are too many; where even they do not suffice, it is None too.
        """
        is_quoted = lines.str.contains(QUOTE, literal=True)
        if is_quoted.sum() > len(lines) * _FEW_QUOTED or _BARE_CR.search(block):
            return None
        width = len(self._columns)
        over = [str(place) for place in range(width, width + _OVERFLOW)]
        head = self._head[:-1] + (self._delimiter + self._delimiter.join(over)).encode() + b"\n"
        try:
            frame = pl.read_csv(head + block, separator=self._delimiter, quote_char=None, infer_schema=False)
        except pl.exceptions.ComputeError:
            return None
        if frame.height != len(lines):
            return None
        is_long = frame.select(pl.any_horizontal(pl.col(name).is_not_null() for name in over)).to_series()
        frame.columns = [*self._names, *over]
        none = pl.lit(None, pl.String)
        return frame.select(none.alias("problem"), none.alias("extra_cells"), *self._names), ~(is_long | is_quoted)

    def _sorted_out(self, texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        """The lines, empty cells past the last column cut off, and which of them are records by themselves."""
        most = len(self._columns) - 1
        is_quoted = texts.str.contains(QUOTE, literal=True)
        quoted = is_quoted.arg_true()
        delimiters = texts.str.count_matches(self._delimiter, literal=True)
        long = ((delimiters > most) & ~is_quoted).arg_true()
        is_clean = (delimiters <= most) & ~is_quoted
        if len(long):
            cut = texts.gather(long).str.strip_chars_end(self._delimiter)
            texts = texts.clone().scatter(long, cut)
            is_clean = is_clean.scatter(long, cut.str.count_matches(self._delimiter, literal=True) <= most)
        if len(quoted):
            is_clean = is_clean.scatter(quoted, texts.gather(quoted).str.contains(self._clean_line))
        return texts, is_clean

    def _clean_frame(self, texts: pl.Series, places: pl.Series) -> pl.DataFrame:
        """Clean lines as rows; one by one should polars not find as many rows as there are lines."""
        plain = (texts.str.join("\n")[0] + "\n").encode() if len(texts) else b""
        frame = self._fast(plain, has_quotes=QUOTE.encode() in plain)
        if frame is None or frame.height != len(texts):
            records = (self._careful.record(text, iter(()), is_end=True) for text in texts)
            return self._careful_frame([(at, record) for at, record in zip(places, records, strict=True) if record])
        return frame.with_columns(places.cast(pl.UInt32).alias("line"))

    def _careful_frame(self, records: list[tuple[int, Record]]) -> pl.DataFrame:
        width = len(self._columns)
        rows = [
            (record.problem, _extra(record.cells[width:]), *_padded(record.cells, width), index)
            for index, record in records
        ]
        names = ("problem", "extra_cells", *self._names)
        return pl.DataFrame(rows, dict.fromkeys(names, pl.String) | {"line": pl.UInt32}, orient="row")


def _padded(cells: list[str], width: int) -> list[str | None]:
    return [cell or None for cell in cells[:width]] + [None] * (width - len(cells))


def _extra(cells: list[str]) -> str | None:
    filled = next((place for place in range(len(cells), 0, -1) if cells[place - 1]), 0)
    return json.dumps(cells[:filled], ensure_ascii=False) if filled else None


def _unmarked(lines: list[str]) -> bytes:
    """The bytes of lines that have to wait for the next block."""
    return "".join(line[:-1] + "\r" if line.endswith(CR_MARK) else line + "\n" for line in lines).encode()
