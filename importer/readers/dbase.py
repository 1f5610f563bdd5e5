"""dBase, FoxPro and Visual FoxPro tables (.dbf): a header with fields, then rows of fixed width."""

import os
import struct
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from importer.errors import ReadError
from importer.models.sources import Source
from importer.readers.archive import unpacked_alone, unpacked_note
from importer.readers.records import Record, RecordTable
from importer.readers.table import Table, refuse_sheet
from importer.system.opening import open_regular, sha256_of

_VERSIONS = frozenset({0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0x8C, 0xCB, 0xF5, 0xFB})
_CODE_PAGES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x57: "cp1252", 0x58: "cp1252", 0x64: "cp852", 0x65: "cp866",
    0x66: "cp865", 0x6A: "cp737", 0x6B: "cp857", 0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253",
}  # fmt: skip
"""Code pages by the header's language id. A file without one is read as UTF-8 if valid, else as Windows-1252."""
_READ = frozenset("CNFDLI")
_FIELD_BYTES = 32
_MOST_BYTES = 512 << 20
_DELETED = b"*"


@dataclass(frozen=True, slots=True)
class _Field:
    """A column: its name, its type's letter, and the range of its bytes in a row."""

    name: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """The layout of the table: offset of the rows, bytes of a row, fields, and code page (None if not given)."""

    start: int
    row_bytes: int
    fields: tuple[_Field, ...]
    code_page: str | None


class Dbase:
    """The reader of dBase tables."""

    def can_read(self, path: Path, head: bytes) -> bool:
        """Return True if the file is named .dbf and has a valid header: the header alone is too weak a sign."""
        return path.suffix.lower() == ".dbf" and _layout(head) is not None

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return the one table of the file.

        Raises:
            ReadError: a sheet is wanted, or the file cannot be read.
        """
        refuse_sheet(file, "a dBase table", sheet)
        with open_regular(path) as opened, unpacked_alone(opened, file) or nullcontext(opened) as whole:
            content = whole.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise ReadError(f"{file} has more than {_MOST_BYTES >> 20} MiB. Export the list as CSV.")
            layout = _layout(content)
            if layout is None:
                raise ReadError(f"{file} changed while it was read. Import it again when nothing writes to it.")
            size_bytes = os.fstat(opened.fileno()).st_size
            notes = (*([] if whole is opened else [unpacked_note(opened)]), *_notes(content, layout))
            source = Source(path, file, sha256_of(opened), size_bytes, "dbf", (), None, notes=notes)
        return [RecordTable(source, lambda: _records(content, layout), 1)]


def _layout(content: bytes) -> _Layout | None:
    """Return the layout of the table; None if the header is not one."""
    if len(content) < 64 or content[0] not in _VERSIONS:
        return None
    start, row_bytes = struct.unpack_from("<HH", content, 8)
    fields: list[_Field] = []
    at, place = _FIELD_BYTES, 1
    while at + _FIELD_BYTES <= min(start, len(content)) and content[at] != 0x0D:
        name = content[at : at + 11].partition(b"\0")[0].decode("cp1252", "replace").strip()
        width = content[at + 16]
        fields.append(_Field(name, chr(content[at + 11]), place, place + width))
        at, place = at + _FIELD_BYTES, place + width
    if not fields or place > row_bytes:
        return None
    return _Layout(start, row_bytes, tuple(fields), _CODE_PAGES.get(content[29]))


def _rows(content: bytes, layout: _Layout) -> Iterator[tuple[int, bytes]]:
    """Yield each row's number in the table, from 1, and its bytes."""
    (rows,) = struct.unpack_from("<I", content, 4)
    # The header's count and the file's length may differ in a damaged file: the smaller one holds.
    ends = range(layout.start + layout.row_bytes, len(content) + 1, layout.row_bytes)
    for number, end in zip(range(1, rows + 1), ends, strict=False):
        yield number, content[end - layout.row_bytes : end]


def _notes(content: bytes, layout: _Layout) -> tuple[str, ...]:
    deleted = sum(row.startswith(_DELETED) for _, row in _rows(content, layout))
    unread = [each.name for each in layout.fields if each.kind not in _READ]
    notes = [f"Rows that are marked as deleted were left out: {deleted}."] if deleted else []
    if unread:
        notes.append(f"Columns that lie in another file or hold no text were left out: {', '.join(unread)}.")
    return tuple(notes)


def _records(content: bytes, layout: _Layout) -> Iterator[Record]:
    fields = [each for each in layout.fields if each.kind in _READ]
    for number, row in _rows(content, layout):
        if not row.startswith(_DELETED):
            cells = {each.name: _text(row[each.start : each.end], each.kind, layout) for each in fields}
            yield Record(number, (layout.start + number * layout.row_bytes) / len(content), cells)


def _text(value: bytes, kind: str, layout: _Layout) -> str:
    if kind == "I":
        return str(struct.unpack("<i", value)[0]) if len(value) == 4 else ""
    value = value.strip(b" \0")
    try:
        text = value.decode(layout.code_page or "utf-8").strip()
    except UnicodeDecodeError:
        text = value.decode("cp1252", "replace").strip()
    if kind == "D" and len(text) == 8:
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if kind == "L":
        return {"T": "TRUE", "Y": "TRUE", "F": "FALSE", "N": "FALSE"}.get(text.upper(), "")
    return text
