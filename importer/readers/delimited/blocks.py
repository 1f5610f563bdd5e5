"""From a block of text to a frame: doubtful records are read carefully and rewritten, then polars parses the block.

Polars never gets what it would drop, shift or refuse: only text whose quoting has one reading. Its rows and line ends
are then counted against those that went in.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import polars as pl

from importer.models.frames import RAW
from importer.readers.delimited.careful import CR_MARK, CarefulReader, Record, misfit
from importer.readers.delimited.dialect import QUOTE
from importer.readers.delimited.soundness import Soundness, count_line_ends, has_empty_quotes, marked

_OVERFLOWS = (0, 2, 32)
"""Numbers of extra columns to try, for cells past the last column; each costs memory, so the fewest come first."""
_OVER = "over "
_NONE = pl.lit(None, pl.String)
_MARK = CR_MARK.encode()


@dataclass(frozen=True, slots=True)
class Parsed:
    """The result of a block.

    Attributes:
        frame: the rows; ``line`` starts at 0 within the block, there is no ``row`` yet.
        lines: number of physical lines that the rows span.
        rest: bytes at the end that cannot be read without the next block.
    """

    frame: pl.DataFrame
    lines: int
    rest: bytes


@dataclass(slots=True)
class _Sound:
    """A block's text with every record in a form that has one reading only.

    Attributes:
        text: its pieces, in order.
        lines: number of line ends in them.
        doubts: for carefully read records, what the text cannot hold: line of the block, problem, extra cells.
        rest: as in ``Parsed``.
    """

    text: list[bytes] = field(default_factory=list)
    lines: int = 0
    doubts: list[tuple[int, str | None, str | None]] = field(default_factory=list)
    rest: bytes = b""


def split_lines(block: bytes) -> list[str]:
    """Return the block's physical lines as ``CarefulReader`` wants them; no empty line follows the last line end."""
    lines = marked(block.replace(b"\0", b"")).decode("utf-8", "replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


class BlockParser:
    """Parses blocks that start and end between lines.

    Several threads use one parser at a time. So ``_tall``, ``_overflow`` and ``_was_sound``, which it remembers from
    earlier blocks, may only save work: the rows must not depend on them.
    """

    def __init__(self, delimiter: str, columns: tuple[str, ...]) -> None:
        """Take the delimiter and the table's columns, without prefix."""
        self._delimiter = delimiter
        self._width = len(columns)
        self._names = [RAW + name for name in columns]
        self._columns = ["problem", "extra_cells", *self._names]
        self._tall = self._names[::-1]  # those first in which cells over several lines were found
        self._needs_quotes = re.compile(f"[{QUOTE}\\r\\n{re.escape(delimiter)}]").search
        self._careful = CarefulReader(delimiter, len(columns))
        self._soundness = Soundness(delimiter, len(columns))
        self._overflow = 0  # as many as the block before needed
        self._was_sound = True  # that one: of a list with misfits hardly any block is without

    def parse(self, block: bytes, *, is_end: bool) -> Parsed:
        """Return all rows of a block, except a last one that needs the next block (``rest``)."""
        if block and not block.endswith((b"\n", b"\r")):
            block += b"\n"
        text = marked(block)
        sound_to = self._soundness.sound_to(text) if self._was_sound else 0
        for next_doubt in self._soundness.doubt_finders(text):
            sound = self._sound(text, sound_to, next_doubt, is_end=is_end)
            sound_to = 0
            if (frame := self._frame(sound)) is not None:
                self._was_sound = len(sound.text) == 1
                return Parsed(frame, sound.lines, _unmarked(sound.rest))
        return self._record_by_record(text, is_end=is_end)

    def _sound(self, text: bytes, sound_to: int, next_doubt: Callable[[bytes, int], int], *, is_end: bool) -> _Sound:
        """Return the text with each doubtful record read carefully and rewritten."""
        sound = _Sound()
        place = 0
        while place < len(text):
            start = sound_to or next_doubt(text, place)
            sound_to = 0
            sound.text.append(text[place:start])
            sound.lines += count_line_ends(sound.text[-1])
            if start == len(text):
                break
            record = self._record(text, start, is_end=is_end)
            if record is None:
                sound.rest = text[start:]
                break
            extra = _extra(record.cells[self._width :])
            if record.problem or extra:
                sound.doubts.append((sound.lines, record.problem, extra))
            sound.text.append(self._written(record.cells[: self._width]))
            sound.lines += record.lines
            place = _after(text, start, record.lines)
        return sound

    def _record(self, text: bytes, start: int, *, is_end: bool) -> Record | None:
        following = _lines_from(text, start)
        return self._careful.record(next(following), following, is_end=is_end)

    def _written(self, cells: list[str]) -> bytes:
        """Return a record as a sound line."""
        quoted = (f'"{cell.replace(QUOTE, QUOTE * 2)}"' if self._needs_quotes(cell) else cell for cell in cells)
        return marked((self._delimiter.join(quoted) + "\n").encode())

    def _frame(self, sound: _Sound) -> pl.DataFrame | None:
        """Return all rows; None if polars does not put each record into one row."""
        text = sound.text[0] if len(sound.text) == 1 else b"".join(sound.text)
        frame = self._fast(text) if text else pl.DataFrame(schema=dict.fromkeys(self._columns, pl.String))
        if frame is None:
            return None
        if frame.height == sound.lines:
            begins = pl.int_range(sound.lines, dtype=pl.UInt32, eager=True)
        else:
            taken = self._lines_taken(frame, sound.lines)
            if taken is None or ((taken > 1) & frame["problem"].is_not_null()).any():
                return None
            begins = taken.cum_sum() - taken
        if not sound.doubts:
            return frame.with_columns(line=begins)
        lines, problems, extras = zip(*sound.doubts, strict=True)
        places = begins.search_sorted(pl.Series(lines, dtype=pl.UInt32))
        return frame.with_columns(
            frame["problem"].scatter(places, problems), frame["extra_cells"].scatter(places, extras), line=begins
        )

    def _lines_taken(self, frame: pl.DataFrame, lines: int) -> pl.Series | None:
        """Return the number of physical lines of each row; None if they do not add up to ``lines``."""
        taken = pl.Series([1], dtype=pl.UInt32).new_from_index(0, frame.height)
        for name in self._tall:
            within = frame[name].str.count_matches("\n", literal=True).fill_null(0)
            if within.sum():
                taken += within
                self._tall = [name, *(other for other in self._tall if other != name)]
            if taken.sum() >= lines:
                break
        return taken if taken.sum() == lines else None

    def _fast(self, text: bytes) -> pl.DataFrame | None:
        """Return sound text parsed by polars; None if it refuses. Surplus cells become a ``problem`` of their row."""
        has_quotes = QUOTE.encode() in text
        if text.startswith(codecs.BOM_UTF8):  # polars would drop it
            return None
        for overflow in _OVERFLOWS[self._overflow :]:
            over = [f"{_OVER}{place}" for place in range(overflow)]
            try:
                frame = pl.read_csv(
                    text,
                    separator=self._delimiter,
                    quote_char=QUOTE if has_quotes else None,
                    has_header=False,
                    schema=dict.fromkeys([*self._names, *over], pl.String),
                    missing_columns="insert",
                )
            except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
                continue
            self._overflow = _OVERFLOWS.index(overflow)
            has_marks = _MARK in text
            if has_marks:
                cells = pl.all().str.replace_all(f"{CR_MARK}\n", "\r", literal=True)
                frame = frame.with_columns(cells.str.strip_chars_end(CR_MARK))
            if has_marks or (has_quotes and has_empty_quotes(text)):
                frame = frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
            return self._with_extras(frame, over)
        return None

    def _with_extras(self, frame: pl.DataFrame, over: list[str]) -> pl.DataFrame:
        """Return the frame with cells past the last column moved to ``extra_cells``, with a ``problem``."""
        is_long = pl.any_horizontal(False, *(pl.col(name).is_not_null() for name in over))
        places = frame.select(is_long).to_series().arg_true() if over else ()
        if not len(places):
            self._overflow = 0
            none = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
            empty = [none.alias("problem"), none.alias("extra_cells")]
            return pl.DataFrame([*empty, *frame.get_columns()[: self._width]])  # by columns: there may be thousands
        rows = [[cell or "" for cell in row] for row in frame.select(over)[places].rows()]
        problems = [misfit(self._width + _filled(cells), self._width) for cells in rows]
        none = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
        return frame.select(
            none.scatter(places, problems).alias("problem"),
            none.clone().scatter(places, [_extra(cells) for cells in rows]).alias("extra_cells"),
            *self._names,
        )

    def _record_by_record(self, text: bytes, *, is_end: bool) -> Parsed:
        """Return the rows parsed without polars: the last resort, slow but always right."""
        rows: list[tuple[str | int | None, ...]] = []
        place = lines = 0
        while place < len(text) and (record := self._record(text, place, is_end=is_end)) is not None:
            cells = [cell or None for cell in record.cells[: self._width]]
            cells += [None] * (self._width - len(cells))
            rows.append((record.problem, _extra(record.cells[self._width :]), *cells, lines))
            place = _after(text, place, record.lines)
            lines += record.lines
        schema = dict.fromkeys(self._columns, pl.String) | {"line": pl.UInt32}
        return Parsed(pl.DataFrame(rows, schema, orient="row"), lines, _unmarked(text[place:]))


def _unmarked(text: bytes) -> bytes:
    return text.replace(_MARK + b"\n", b"\r") if text else text


def _after(text: bytes, place: int, lines: int) -> int:
    """Return the offset after so many lines."""
    for _ in range(lines):
        place = text.index(b"\n", place) + 1
    return place


def _lines_from(text: bytes, place: int) -> Iterator[str]:
    """Yield the lines from an offset on, without their LF."""
    while place < len(text):
        end = text.index(b"\n", place)
        yield text[place:end].decode("utf-8", "replace")
        place = end + 1


def _filled(cells: list[str]) -> int:
    """Return the number of cells up to the last filled one."""
    return next((place for place in range(len(cells), 0, -1) if cells[place - 1]), 0)


def _extra(cells: list[str]) -> str | None:
    filled = _filled(cells)
    return json.dumps(cells[:filled], ensure_ascii=False) if filled else None
