"""Sound records: their quoting has one reading only, so a fast parser reads them as a careful one does.

A sound record has no quote in its bare cells, and every quoted cell closes right before a delimiter or the line's end.
It has no more cells than the table has columns, and no cell of so many lines that they may be rows under a stray quote.
"""

import re
from collections.abc import Callable

import numpy as np
import polars as pl

from importer.readers.delimited.careful import CR_MARK, MOST_CELLS, PATIENCE
from importer.readers.delimited.dialect import QUOTE

_BARE_CR = re.compile(rb"\r(?!\n)")
_QUOTE = QUOTE.encode()
_EMPTY_QUOTES = re.compile(rb'"(?=")')
_BYTES_A_QUOTE = 250
_BEGINNING_BYTES = 256 << 10
_MANY_BYTES = 64 << 10
"""From here on numpy counts a frequent sign five times as fast as bytes do."""
_MOST_EMPTY = 32
"""Empty cells after the last column that are still sound."""


def marked(block: bytes) -> bytes:
    """Return a block (without NULs) with each bare CR made a marked line end, or a plain LF if it has no quotes."""
    if b"\r" not in block or not _BARE_CR.search(block):
        return block
    return _BARE_CR.sub(CR_MARK.encode() + b"\n" if _QUOTE in block else b"\n", block)


def count_line_ends(text: bytes) -> int:
    """Return how many LFs the text has."""
    if len(text) < _MANY_BYTES:
        return text.count(b"\n")
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == ord("\n")))


class Soundness:
    """Finds the unsound records of one dialect, in text that was ``marked``. It has no state: threads may share it."""

    def __init__(self, delimiter: str, width: int) -> None:
        """Compile the patterns; ``width`` is the number of columns."""
        self._delimiter, self._width = delimiter.encode(), width
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
        """Return the offset up to which the quoting of all records is sound; 0 if that cannot be told cheaply."""
        if self._has_endless_record(text):
            return 0
        if _QUOTE not in text:
            return len(text)
        if not _is_dense(text):
            return 0
        end = _before_open_record(text) if text.count(_QUOTE) % 2 else len(text)
        return end if pl.Series([text[:end].decode("utf-8", "replace")]).str.contains(self._all)[0] else 0

    def doubt_finders(self, text: bytes) -> tuple[Callable[[bytes, int], int], ...]:
        """Return functions that find the next doubtful record from a record's start on; the strictest comes last."""
        is_strictest = _is_dense(text) or self._has_endless_record(text)
        return (self._next_misfit,) if is_strictest else (self._next_doubt, self._next_misfit)

    def begins_row(self, text: bytes, place: int) -> bool:
        """Return True if a sound record with a cell for each column begins at an offset."""
        match = self._record.match(text, place)
        return match is not None and match[0].count(self._delimiter) >= self._width - 1

    def _has_endless_record(self, text: bytes) -> bool:
        """Return True if a line may have more cells than any record: polars takes 400 bytes a cell to refuse it."""
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
        """Return the offset of the next record that is not sound because of its quotes; the text's end if none."""
        while (quote := text.find(_QUOTE, place)) >= 0:
            start = text.rfind(b"\n", place, quote) + 1 or place
            match = self._record.match(text, start)
            if match is None:
                return start
            place = match.end()
        return len(text)

    def _next_misfit(self, text: bytes, place: int) -> int:
        """Return the offset of the next record that is not sound, because of its quotes or its number of cells."""
        match = self._records.match(text, place)
        return match.end() if match else place


def has_empty_quotes(text: bytes) -> bool:
    """Return True if there may be an empty quoted cell, which polars reads as "" and not as null."""
    return _is_dense(text) or _EMPTY_QUOTES.search(text) is not None


def _before_open_record(text: bytes) -> int:
    """Return the offset of the last line whose quotes do not pair up: the text ends within its cell. 0 if none."""
    end = len(text)
    while end > 0:
        begin = text.rfind(b"\n", 0, end - 1) + 1
        if text.count(_QUOTE, begin, end) % 2:
            return begin
        end = begin
    return 0


def _is_dense(text: bytes) -> bool:
    """Return True if quotes are so dense, by the text's beginning, that checking all of it beats a search for each."""
    return text.count(_QUOTE, 0, _BEGINNING_BYTES) * _BYTES_A_QUOTE > min(len(text), _BEGINNING_BYTES)
