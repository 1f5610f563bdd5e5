"""A block of text to a frame: what is provably sound in one go, the rest record by record, all in file order.

What polars would drop, shift or refuse never reaches it: text goes to it only where the quoting can be read in one way,
and the rows and line ends that come back are counted against those that went in.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from importer.frames import RAW
from importer.readers.delimited.careful import CR_MARK, CarefulReader, Record, misfit
from importer.readers.delimited.dialect import QUOTE
from importer.readers.delimited.soundness import Soundness, marked

_OVERFLOWS = (0, 8, 256)
"""Columns past the last one, for the cells that are too many: as few as do."""
_OVER = "over "
_NONE = pl.lit(None, pl.String)


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


@dataclass(slots=True)
class _Parts:
    """A block taken apart.

    Attributes:
        sound: the text that can be read in one way only.
        lines: how many line ends it holds.
        records: all others, read carefully, each with the number of lines of ``sound`` above it.
        rest: as in ``Parsed``.
    """

    sound: list[bytes] = field(default_factory=list)
    lines: int = 0
    records: list[tuple[int, Record]] = field(default_factory=list)
    rest: bytes = b""


def split_lines(block: bytes) -> list[str]:
    """The block's physical lines as ``CarefulReader`` wants them; the last line end ends the last line."""
    lines = marked(block).decode("utf-8", "replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


class BlockParser:
    """Parses blocks that start and end between lines."""

    def __init__(self, delimiter: str, columns: tuple[str, ...]) -> None:
        """``columns`` are the table's, without prefix."""
        self._delimiter = delimiter
        self._width = len(columns)
        self._names = [RAW + name for name in columns]
        self._careful = CarefulReader(delimiter, len(columns))
        self._soundness = Soundness(delimiter, len(columns))

    def parse(self, block: bytes, *, is_end: bool) -> Parsed:
        """All rows of a block, or all but those that need the next block."""
        if block and not block.endswith((b"\n", b"\r")):
            block += b"\n"
        text = marked(block)
        lines = text.count(b"\n")
        if self._soundness.is_sound(text) and (frame := self._together(_Parts([text], lines))) is not None:
            return Parsed(frame, lines, b"")
        parts = self._parts(text, is_end=is_end, trusts=True)
        frame = self._together(parts)
        if frame is None:
            parts = self._parts(text, is_end=is_end, trusts=False)
            frame = self._careful_frame(_placed(parts.records))
        rest = parts.rest.replace(CR_MARK.encode() + b"\n", b"\r")
        return Parsed(frame, lines - parts.rest.count(b"\n"), rest)

    def _parts(self, text: bytes, *, is_end: bool, trusts: bool) -> _Parts:
        """The text taken apart; where it is not to be trusted, every record is read carefully."""
        parts = _Parts()
        place = 0
        while place < len(text):
            start = self._soundness.next_doubt(text, place) if trusts else place
            if start > place:
                parts.sound.append(text[place:start])
                parts.lines += parts.sound[-1].count(b"\n")
            if start == len(text):
                break
            following = _lines_from(text, start)
            record = self._careful.record(next(following), following, is_end=is_end)
            if record is None:
                parts.rest = text[start:]
                break
            parts.records.append((parts.lines, record))
            place = start
            for _ in range(record.lines):
                place = text.index(b"\n", place) + 1
        return parts

    def _together(self, parts: _Parts) -> pl.DataFrame | None:
        """All rows in order; None where polars does not find each sound line in one row."""
        text = b"".join(parts.sound) if len(parts.sound) != 1 else parts.sound[0]
        if not text:
            return self._careful_frame(_placed(parts.records))
        frame = self._fast(text)
        if frame is None:
            return None
        lines = parts.lines
        if frame.height == lines:
            begins = pl.int_range(lines, dtype=pl.UInt32, eager=True)
        else:
            taken = frame.select(
                pl.sum_horizontal(pl.col(self._names).str.count_matches("\n", literal=True)).cast(pl.UInt32) + 1
            ).to_series()
            if taken.sum() != lines or ((taken > 1) & frame["problem"].is_not_null()).any():
                return None
            begins = taken.cum_sum() - taken
        if not parts.records:
            return frame.with_columns(line=begins)
        aboves = pl.Series([above for above, _ in parts.records], dtype=pl.UInt32)
        inserted = pl.Series([0] + [record.lines for _, record in parts.records], dtype=pl.UInt32).cum_sum()
        begins += inserted.gather(aboves.search_sorted(begins, side="right"))
        return pl.concat([frame.with_columns(line=begins), self._careful_frame(_placed(parts.records))]).sort("line")

    def _fast(self, text: bytes) -> pl.DataFrame | None:
        """Sound text through polars; None where it refuses it. Cells that are too many are a problem of their row."""
        has_quotes = QUOTE.encode() in text
        for overflow in _OVERFLOWS:
            over = [f"{_OVER}{place}" for place in range(overflow)]
            head = self._delimiter.join(map(str, range(self._width + overflow))).encode() + b"\n"
            try:
                frame = pl.read_csv(
                    head + text,
                    separator=self._delimiter,
                    quote_char=QUOTE if has_quotes else None,
                    infer_schema=False,
                )
            except pl.exceptions.ComputeError:
                continue
            frame.columns = [*self._names, *over]
            has_marks = CR_MARK.encode() in text
            if has_marks:
                cells = pl.all().str.replace_all(f"{CR_MARK}\n", "\r", literal=True)
                frame = frame.with_columns(cells.str.strip_chars_end(CR_MARK))
            if has_quotes or has_marks:
                frame = frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
            if not over:
                return frame.select(_NONE.alias("problem"), _NONE.alias("extra_cells"), *self._names)
            return self._with_extras(frame, over)
        return None

    def _with_extras(self, frame: pl.DataFrame, over: list[str]) -> pl.DataFrame:
        """The frame with its cells past the last column told in ``problem`` and ``extra_cells``."""
        is_long = frame.select(pl.any_horizontal(pl.col(name).is_not_null() for name in over)).to_series()
        places = is_long.arg_true()
        rows = [[cell or "" for cell in row] for row in frame.select(over)[places].rows()]
        problems = [misfit(self._width + _filled(cells), self._width) for cells in rows]
        extras = [_extra(cells) for cells in rows]
        none = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
        return frame.select(
            none.scatter(places, problems).alias("problem"),
            none.clone().scatter(places, extras).alias("extra_cells"),
            *self._names,
        )

    def _careful_frame(self, records: list[tuple[int, Record]]) -> pl.DataFrame:
        width = self._width
        rows = [
            (record.problem, _extra(record.cells[width:]), *_padded(record.cells, width), line)
            for line, record in records
        ]
        names = ("problem", "extra_cells", *self._names)
        return pl.DataFrame(rows, dict.fromkeys(names, pl.String) | {"line": pl.UInt32}, orient="row")


def _lines_from(text: bytes, place: int) -> Iterator[str]:
    """The lines from a place on, without their LF."""
    while place < len(text):
        end = text.index(b"\n", place)
        yield text[place:end].decode("utf-8", "replace")
        place = end + 1


def _placed(records: list[tuple[int, Record]]) -> list[tuple[int, Record]]:
    """The records with the line of the block on which each starts."""
    placed = []
    inserted = 0
    for above, record in records:
        placed.append((above + inserted, record))
        inserted += record.lines
    return placed


def _padded(cells: list[str], width: int) -> list[str | None]:
    return [cell or None for cell in cells[:width]] + [None] * (width - len(cells))


def _filled(cells: list[str]) -> int:
    """How many cells there are up to the last that is not empty."""
    return next((place for place in range(len(cells), 0, -1) if cells[place - 1]), 0)


def _extra(cells: list[str]) -> str | None:
    filled = _filled(cells)
    return json.dumps(cells[:filled], ensure_ascii=False) if filled else None
