"""The lines of a text file, counted without the reader, beside those that its rows and its left-out lines take."""

import json
import re
from collections import Counter
from collections.abc import Iterable

import polars as pl

from importer.models.frames import RAW
from importer.models.sources import Source

_END = re.compile(r"\r\n|\r|\n")
_MARK = "\ufeff"


def physical_lines(data: bytes, encoding: str) -> list[str]:
    """The lines of a file; a line that nothing ends is one too."""
    text = data.decode(encoding, "importer.repair" if encoding == "utf-8" else "replace")
    lines = _END.split(text.lstrip(_MARK).replace("\0", ""))
    return lines if lines[-1] else lines[:-1]


def complaint(data: bytes, source: Source, frame: pl.DataFrame) -> str:
    """What is wrong with the account of a delimited file: a line in no row or in two, a letter lost; empty if nothing.

    ``frame`` holds all rows.
    """
    assert source.encoding is not None
    lines = physical_lines(data, source.encoding)
    below = [span for span in source.left_out if span.what == "footer"]
    above = [span for span in source.left_out if span.what != "footer"]
    spans = [
        *((span.first, span.last, span.what) for span in above),
        *((line, line + height - 1, "row") for line, height in zip(frame["line"], _heights(frame), strict=True)),
        *((span.first, span.last, span.what) for span in below),
    ]
    expected = 1
    for first, last, what in spans:
        if first != expected:
            return f"the {what} on lines {first} to {last} comes where line {expected} should"
        expected = last + 1
    if expected != len(lines) + 1:
        return f"the account ends with line {expected - 1} of {len(lines)}"
    if frame.height and frame["row"].to_list() != list(range(frame["row"][0], frame["row"][0] + frame.height)):
        return "the rows are not numbered one by one"
    of_rows = [line for first, last, what in spans if what == "row" for line in lines[first - 1 : last]]
    of_rows = [line.replace(source.delimiter or "\0", "\0") for line in of_rows]  # it may be made of letters
    lost = _letters(of_rows) - _letters(_cells(frame))
    made_up = _letters(_cells(frame)) - _letters(of_rows)
    return f"letters lost: {lost.total()}, made up: {made_up.total()}" if lost or made_up else ""


def _heights(frame: pl.DataFrame) -> list[int]:
    """How many lines each row takes, by the line ends in its cells."""
    return [1 + sum(len(_END.findall(cell)) for cell in _cells(frame[place])) for place in range(frame.height)]


def _cells(frame: pl.DataFrame) -> list[str]:
    raw = [cell for row in frame.select(pl.col(f"^{RAW}.*$")).rows() for cell in row if cell]
    return raw + [cell for extra in frame["extra_cells"].drop_nulls() for cell in json.loads(extra)]


def _letters(texts: Iterable[str]) -> Counter[str]:
    return Counter(char for text in texts for char in text if char.isalnum())
