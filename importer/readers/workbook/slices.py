"""Large sheets of xlsx files in slices of whole rows, each a small workbook of its own.

The parser takes one sheet at a time, on one core, and holds all of it. Slices go through it side by side, and what they
take of memory does not grow with the sheet.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from zipfile import ZIP_STORED, ZipFile

_LARGE_BYTES = 4 << 20
_MOST_BYTES = 48 << 20
_NUMBER = re.compile(rb"""<row(?=\s)[^>]*?\sr=["'](\d{1,7})["']""")
_ROW = re.compile(rb"<row(?=[\s>/])")
_NEEDED = re.compile(r"\[content_types\]\.xml|.*\.rels|xl/(?:workbook|styles|sharedstrings)\.xml", re.IGNORECASE)
_END = b"</sheetData></worksheet>"
GUIDE = "guide"
"""Text of the cell in column A that stands in the row before a slice, so that the parser's rows have a known start."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Whole rows of a sheet.

    Attributes:
        first_row: the place of the first, from 0.
        head, tail: what makes a document of the rows.
        rows: their XML; the first slice has what stands above them too.
    """

    first_row: int
    head: bytes
    rows: bytes
    tail: bytes


def is_large(archive: ZipFile, path: str) -> bool:
    """Whether a sheet is worth the cost of slices."""
    return archive.getinfo(path).file_size > _LARGE_BYTES


def cut(archive: ZipFile, path: str) -> Iterator[Slice]:
    """The slices of the sheet at ``path``: halves, or more of them where the sheet is very large."""
    size = min(_MOST_BYTES, archive.getinfo(path).file_size // 2 + 1)
    head = b""
    following = 0
    for buffer, is_last in _buffers(archive, path, size):
        start = match.start() if (match := _ROW.search(buffer)) else len(buffer)
        first = following
        following = _next_row(buffer, following)
        tail = b"" if is_last else _END
        if not head:
            head = buffer[:start]
            yield Slice(0, b"", buffer, tail)
        else:
            number = _NUMBER.match(buffer)
            first = int(number[1]) - 1 if number else first
            guide = b'<row r="%d"><c r="A%d" t="str"><v>%s</v></c></row>' % (first, first, GUIDE.encode())
            yield Slice(first, head + guide if first > 0 else head, buffer, tail)


def _next_row(buffer: bytes, following: int) -> int:
    """The row (from 0) after the buffer's last; rows without a number follow one another."""
    end = len(buffer)
    unnumbered = 0
    while (start := buffer.rfind(b"<row", 0, end)) >= 0:
        if match := _NUMBER.match(buffer, start):
            return int(match[1]) + unnumbered
        unnumbered += bool(_ROW.match(buffer, start))
        end = start
    return following + unnumbered


def _buffers(archive: ZipFile, path: str, size: int) -> Iterator[tuple[bytes, bool]]:
    """A part in pieces of whole rows, each with whether it is the last."""
    rest = b""
    with archive.open(path) as part:
        piece = part.read(size)
        while following := part.read(size):
            rest += piece
            end = max(rest.rfind(b"<row "), rest.rfind(b"<row>"))
            if end > (0 if rest.startswith(b"<row") else rest.find(b"<row")):
                yield rest[:end], False
                rest = rest[end:]
            piece = following
    yield rest + piece, True


def other_parts(archive: ZipFile) -> dict[str, bytes]:
    """What the parser needs beside the sheet."""
    return {name: archive.read(name) for name in archive.namelist() if _NEEDED.fullmatch(name)}


def as_workbook(piece: Slice, path: str, others: dict[str, bytes]) -> bytes:
    """A workbook whose sheet at ``path`` has the slice's rows only."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_STORED) as archive:
        for name, content in others.items():
            archive.writestr(name, content)
        archive.writestr(path, b"".join((piece.head, piece.rows, piece.tail)))
    return file.getvalue()
