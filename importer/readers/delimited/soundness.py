"""Where the quoting of a text can be read in one way only, so that a fast parser reads it as a careful one does.

A sound record has no quote in its bare cells, and every quoted cell closes right before a delimiter or the line's end.
It has no more cells than the table has columns, and no cell of so many lines that they may be rows under a stray quote.
"""

import re
from collections.abc import Callable

import polars as pl

from importer.readers.delimited.careful import CR_MARK, MOST_CELLS, PATIENCE
from importer.readers.delimited.dialect import QUOTE

_BARE_CR = re.compile(rb"\r(?!\n)")
_QUOTE = QUOTE.encode()
_EMPTY_QUOTES = re.compile(rb'"(?=")')
_BYTES_A_QUOTE = 250
_BEGINNING_BYTES = 256 << 10
_MOST_EMPTY = 32
"""Empty cells past the last column that are no fault."""


def marked(block: bytes) -> bytes:
    """A block without NULs with each bare CR made a marked line end; an LF where the block has no quotes."""
    if b"\r" not in block or not _BARE_CR.search(block):
        return block
    return _BARE_CR.sub(CR_MARK.encode() + b"\n" if _QUOTE in block else b"\n", block)


class Soundness:
    """Tells the sound records of one dialect, in text that was ``marked``."""

    def __init__(self, delimiter: str, width: int) -> None:
        """``width`` is the number of columns."""
        self._delimiter = delimiter.encode()
        mark = re.escape(delimiter)
        within = f"(?:[^{QUOTE}\\n]|{QUOTE}{QUOTE})*"
        cell = f'(?:"{within}(?:\\n{within}){{0,{PATIENCE}}}"|[^"{mark}\\n]*)'
        end = rf"[\r{CR_MARK}]?\n"
        self._all = rf"\A(?:{cell}(?:{mark}{cell})*{end})*\z"
        # Groups are atomic, not possessive: before 3.11.5 Python loses its place in a possessive group (gh-106052).
        within = f"(?>(?:[^{QUOTE}\\n]++|{QUOTE}{QUOTE})*)"
        cell = f'(?:"{within}(?>(?:\\n{within}){{0,{PATIENCE}}})"|[^"{mark}\\n\\r{CR_MARK}]*+)'
        record = f"{cell}(?>(?:{mark}{cell}){{0,{width - 1}}}){mark}{{0,{_MOST_EMPTY}}}+{end}"
        self._record = re.compile(record.encode())
        self._records = re.compile(f"(?>(?:{record})*)".encode())

    def sound_to(self, text: bytes) -> int:
        """Up to where all records are sound for certain, but for the number of their cells; 0 where that is open."""
        if self._has_endless_record(text):
            return 0
        if _QUOTE not in text:
            return len(text)
        if not _is_dense(text):
            return 0
        end = _before_open_record(text) if text.count(_QUOTE) % 2 else len(text)
        return end if pl.Series([text[:end].decode("utf-8", "replace")]).str.contains(self._all)[0] else 0

    def ways(self, text: bytes) -> tuple[Callable[[bytes, int], int], ...]:
        """Functions that find the next record in doubt from the beginning of a record on; the strictest comes last."""
        is_strictest = _is_dense(text) or self._has_endless_record(text)
        return (self._next_misfit,) if is_strictest else (self._next_doubt, self._next_misfit)

    def _has_endless_record(self, text: bytes) -> bool:
        """Whether a line may have more cells than any record: polars would take 400 bytes for each to refuse it."""
        start = 0
        while start < len(text):
            end = text.rfind(b"\n", start, start + MOST_CELLS) + 1
            if not end:  # only such a line is long enough
                end = text.find(b"\n", start) + 1 or len(text)
                if text.count(self._delimiter, start, end) > MOST_CELLS:
                    return True
            start = end
        return False

    def _next_doubt(self, text: bytes, place: int) -> int:
        """Where the next record begins that is not sound because of its quotes; the text's end if none."""
        while (quote := text.find(_QUOTE, place)) >= 0:
            start = text.rfind(b"\n", place, quote) + 1 or place
            match = self._record.match(text, start)
            if match is None:
                return start
            place = match.end()
        return len(text)

    def _next_misfit(self, text: bytes, place: int) -> int:
        """Where the next record begins that is not sound, also for the number of its cells."""
        match = self._records.match(text, place)
        return match.end() if match else place


def has_empty_quotes(text: bytes) -> bool:
    """Whether there may be a quoted cell that is empty."""
    return _is_dense(text) or _EMPTY_QUOTES.search(text) is not None


def _before_open_record(text: bytes) -> int:
    """Where the line begins whose quotes do not pair up, of those at the end of a text that ends within a cell."""
    end = len(text)
    while end > 0:
        begin = text.rfind(b"\n", 0, end - 1) + 1
        if text.count(_QUOTE, begin, end) % 2:
            return begin
        end = begin
    return 0


def _is_dense(text: bytes) -> bool:
    """Whether quotes are so many, by the text's beginning, that looking at all of it costs less than at each."""
    return text.count(_QUOTE, 0, _BEGINNING_BYTES) * _BYTES_A_QUOTE > min(len(text), _BEGINNING_BYTES)
