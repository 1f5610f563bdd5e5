"""Where the quoting of a text can be read in one way only, so that a fast parser reads it as a careful one does.

A sound record has no quote in its bare cells, and every quoted cell closes right before a delimiter or the line's end.
It has no more cells than the table has columns, and no cell of so many lines that they may be rows under a stray quote.
"""

import re

import polars as pl

from importer.readers.delimited.careful import CR_MARK, PATIENCE
from importer.readers.delimited.dialect import QUOTE

_BARE_CR = re.compile(rb"\r(?!\n)")
_QUOTE = QUOTE.encode()


def marked(block: bytes) -> bytes:
    """NULs removed, and each bare CR made a marked line end; an LF where the block has no quotes."""
    block = block.replace(b"\0", b"")
    if b"\r" not in block or not _BARE_CR.search(block):
        return block
    return _BARE_CR.sub(CR_MARK.encode() + b"\n" if _QUOTE in block else b"\n", block)


class Soundness:
    """Tells the sound records of one dialect, in text that was ``marked``."""

    def __init__(self, delimiter: str, width: int) -> None:
        """``width`` is the number of columns."""
        mark = re.escape(delimiter)
        within = f"(?:[^{QUOTE}\\n]|{QUOTE}{QUOTE})*"
        cell = f'(?:"{within}(?:\\n{within}){{0,{PATIENCE}}}"|[^"{mark}\\n]*)'
        end = rf"[\r{CR_MARK}]?\n"
        self._all = rf"\A(?:{cell}(?:{mark}{cell})*{end})*\z"
        within = within.replace("\\n]", "\\n]+").replace(")*", ")*+")
        cell = f'(?:"{within}(?:\\n{within}){{0,{PATIENCE}}}+"|[^"{mark}\\n\\r{CR_MARK}]*+)'
        self._record = re.compile(f"{cell}(?:{mark}{cell}){{0,{width - 1}}}+{end}".encode())

    def is_sound(self, text: bytes) -> bool:
        """Whether all records are sound, but for the number of their cells."""
        return _QUOTE not in text or bool(pl.Series([text.decode("utf-8", "replace")]).str.contains(self._all)[0])

    def next_doubt(self, text: bytes, place: int) -> int:
        """Where the next record that is not sound begins, from the beginning of a record on; the text's end if none."""
        while (quote := text.find(_QUOTE, place)) >= 0:
            start = text.rfind(b"\n", place, quote) + 1 or place
            match = self._record.match(text, start)
            if match is None:
                return start
            place = match.end()
        return len(text)
