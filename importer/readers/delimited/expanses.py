"""Refusal of endless lines and of millions of blank lines: no list has them, and reading them is costly.

A packed file of a few hundred kilobytes can hold either. Both are found before anything else reads the text. A probe
of each mebibyte is enough for ordinary text: all of it is read only if the probe has no line end, or only blanks.
"""

import re

from importer.errors import ReadError
from importer.readers.utf8 import Intake

MOST_LINE_BYTES = 32 << 20
MOST_BLANK_LINES = 2 << 20
"""Consecutive blank lines, counted by whole mebibytes; twice the rows of the largest spreadsheet."""
_STEP_BYTES = 1 << 20
_PROBE_BYTES = 4 << 10
_FILLING = b' \t\v\f\r\n\0",;|'
"""The characters of a line without content: blanks, delimiters, quotes."""
_LINE_END = re.compile(rb"\r\n?|\n")


def refuse_expanses(intake: Intake) -> None:
    """Raise ReadError if the text holds an endless line or an endless run of blank lines.

    Raises:
        ReadError: with the line on which it begins, and the fix.
    """
    unended, blank_lines = 0, 0
    for place in range(intake.start, intake.end - _STEP_BYTES + 1, _STEP_BYTES):
        probe = intake.read(place, _PROBE_BYTES)
        is_unended, is_blank = not _ends_a_line(probe), not probe.translate(None, _FILLING)
        step = intake.read(place, _STEP_BYTES) if is_unended or is_blank else b""
        unended = unended + _STEP_BYTES if is_unended and not _ends_a_line(step) else 0
        blank_lines = blank_lines + _lines(step) if is_blank and not step.translate(None, _FILLING) else 0
        if unended >= MOST_LINE_BYTES:
            line = _line_at(intake, place + _STEP_BYTES - unended)
            raise ReadError(
                f"{intake.file} has a line of over {MOST_LINE_BYTES >> 20} MiB, line {line:,}: not a list. Delete that "
                "line, or look whether the right file was exported."
            )
        if blank_lines > MOST_BLANK_LINES:
            raise ReadError(
                f"{intake.file} has more than {MOST_BLANK_LINES:,} lines one after another with nothing in them. "
                "Delete them, or look whether the right file was exported."
            )


def _ends_a_line(data: bytes) -> bool:
    return b"\n" in data or b"\r" in data


def _lines(data: bytes) -> int:
    """Return the number of line ends in the data; a CR LF cut by its start or end may count twice."""
    return data.count(b"\n") or data.count(b"\r")


def _line_at(intake: Intake, place: int) -> int:
    """Return the number, from 1, of the line that holds the byte at an offset of the text."""
    line = 1
    for begin in range(intake.start, place, _STEP_BYTES):
        line += len(_LINE_END.findall(intake.read(begin, min(_STEP_BYTES, place - begin))))
    return line
