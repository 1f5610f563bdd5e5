"""Lists with one labelled value a line: ``Name: Ann``, ``Phone: …``, then a blank line.

Web forms sent by mail, notes and some programs write them. Each record becomes a row, each label a column.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from importer.readers.cell_kinds import has_header_word, kind_of, text_of
from importer.readers.records import Record, RecordTable, lines_of, put, source_of
from importer.readers.sections import meaning_of
from importer.readers.table import Table, refuse_sheet
from importer.readers.utf8 import Intake, take_in

_LABELLED = re.compile(r"[ \t*-]{0,8}([^\W\d_][^:,;\t|]{0,38}?)[ \t]*:(?!//)[ \t]*(.*)")
_RULE = re.compile(r"[-=_*#~]{3,}")
_MOST_LINES = 100


class Labelled:
    """The reader of lists of labelled values."""

    def can_read(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return True if nearly all lines are a label and a value, with labels of contacts, most of them repeated."""
        text = head.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"").decode("utf-8", "replace")
        lines = [line for line in text.splitlines()[:_MOST_LINES] if line.strip() and not _RULE.fullmatch(line.strip())]
        found = [match for line in lines if (match := _LABELLED.fullmatch(line))]
        labels = Counter(match[1] for match in found)
        values = {kind_of(match[2].strip()) for match in found}
        return (
            bool(values & {"phone", "email"})
            and len(found) >= len(lines) * 0.8
            and len(labels) > 1
            and sum(map(has_header_word, labels)) * 2 >= len(labels)
            and sum(count > 1 for count in labels.values()) * 2 > len(labels)
        )

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return the one table of the file.

        Raises:
            ReadError: a sheet is wanted, or the file cannot be read.
        """
        refuse_sheet(file, "text", sheet)
        intake = take_in(path, file)
        notes = ("Each value stands behind its name; a blank line, or the first name again, begins a new row.",)
        return [RecordTable(source_of(intake, "labelled", notes), lambda: _records(intake), 1)]


def _records(intake: Intake) -> Iterator[Record]:
    """Yield a record for each block of labelled lines; a line without a label continues the value above it.

    Below a heading that names other people, each record gets a problem.
    """
    values: list[tuple[str, str]] = []
    opening: str | None = None
    below: str | None = None
    first, share = 1, 0.0
    for number, share, line in lines_of(intake):
        match = _LABELLED.fullmatch(line)
        is_end = not line.strip() or _RULE.fullmatch(line.strip()) is not None
        if values and (is_end or (match is not None and match[1] == opening)):
            yield _record(first, share, values, below)
            values = []
        # Only a line by itself is a heading: within a record it is an empty value, or more of the one above.
        meaning = None if values or (match is not None and match[2]) else meaning_of(line.strip())
        if meaning is not None:
            below = meaning or None
        if is_end or meaning is not None:
            continue
        first = first if values else number
        if match is not None:
            opening = opening or match[1]
            values.append((match[1], match[2].strip()))
        elif values:
            values[-1] = (values[-1][0], f"{values[-1][1]}\n{line.strip()}".strip())
        else:
            yield Record(number, share, problem="a line without a name in front of it")
    if values:
        yield _record(first, share, values, below)


def _record(first: int, share: float, values: list[tuple[str, str]], problem: str | None) -> Record:
    cells: dict[str, str] = {}
    for label, value in values:
        put(cells, text_of(label), value)
    return Record(first, share, cells, problem)
