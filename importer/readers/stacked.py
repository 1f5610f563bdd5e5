"""Lists with one unlabelled value a line, and a blank line between two people."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from importer.readers.cell_kinds import kind_of
from importer.readers.records import Record, RecordTable, lines_of, put, source_of
from importer.readers.sections import meaning_of
from importer.readers.table import Table, refuse_sheet
from importer.readers.utf8 import Intake, take_in

_MOST_LINES = 8
_MOST_NUMBERS = 3
"""Most phone numbers of one person."""
_WHOLE = 4_000
"""Characters: a head that is longer may be cut within a person."""
_COLUMNS = {"phone": "Phone", "email": "Email", "url": "Website", "date": "Date"}


class Stacked:
    """The reader of lists of unlabelled values."""

    def can_read(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return True if there are at least two blocks of lines, each beginning with words and with a phone number."""
        text = head.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"").decode("utf-8", "replace")
        lines = text.splitlines()
        while len(text) > _WHOLE and lines and lines[-1].strip():
            lines.pop()  # the last person may go on after the head
        stretches = [list(group) for is_filled, group in groupby(lines, lambda line: bool(line.strip())) if is_filled]
        people = [list(map(kind_of, map(str.strip, each))) for each in stretches if not _is_heading(each)]
        # Several numbers below a word may as well be a group of people.
        single = sum(kinds.count("phone") == 1 for kinds in people)
        return len(people) > 1 and single * 2 >= len(people) and all(map(_is_person, people))

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return the one table of the file.

        Raises:
            ReadError: a sheet is wanted, or the file cannot be read.
        """
        refuse_sheet(file, "text", sheet)
        intake = take_in(path, file)
        notes = (
            "Each value stands on a line of its own; a blank line begins a new row. Columns are named by the values.",
        )
        return [RecordTable(source_of(intake, "stacked", notes), lambda: _records(intake), 1)]


def _is_heading(stretch: list[str]) -> bool:
    return len(stretch) == 1 and meaning_of(stretch[0].strip()) is not None


def _is_person(kinds: list[str]) -> bool:
    return 2 <= len(kinds) <= _MOST_LINES and not kinds[0] and 1 <= kinds.count("phone") <= _MOST_NUMBERS


def _records(intake: Intake) -> Iterator[Record]:
    """Yield a record for each block between blank lines; below a heading of other people, each gets a problem."""
    first, share = 1, 0.0
    below: str | None = None
    cells: dict[str, str] = {}
    count = 0
    for number, share, line in lines_of(intake):
        text = line.strip()
        if not text:
            if cells:
                yield Record(first, share, cells, below)
            cells, count = {}, 0
            continue
        if (meaning := meaning_of(text)) is not None:
            below = meaning or None
            continue
        count += 1
        first = first if cells else number
        put(cells, _COLUMNS.get(kind_of(text), "Name" if count == 1 else f"Line {count}"), text)
    if cells:
        yield Record(first, share, cells, below)
