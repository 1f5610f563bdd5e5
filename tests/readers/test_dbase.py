"""dBase tables."""

import struct
from pathlib import Path

from tests.support.reading import read, written


def test_dbase_rows(tmp_path: Path) -> None:
    """dBase: code page, dates and logical fields; rows marked as deleted and memo fields are left out, and said."""
    fields = [
        ("NAME", "C", 10),
        ("PHONE", "C", 16),
        ("SINCE", "D", 8),
        ("MEMBER", "L", 1),
        ("AGE", "N", 3),
        ("MEMO", "M", 10),
    ]
    width = 1 + sum(size for *_, size in fields)
    head = struct.pack("<4BIHH17xBxx", 3, 124, 1, 1, 2, 32 * (len(fields) + 1) + 1, width, 0xC8)
    for name, kind, size in fields:
        head += struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), size, 0)
    rows = [
        b" " + "Łucja".encode("cp1250").ljust(10) + b"+1 415 555 0101 20240131T 41" + b" " * 10,
        b"*" + b"Gone".ljust(10) + b"+1 415 555 0109 20240131F  7" + b" " * 10,
    ]
    form, cells, notes = read(written(tmp_path / "people.dbf", head + b"\r" + b"".join(rows) + b"\x1a"))
    assert (form, cells) == (
        "dbf",
        [{"NAME": "Łucja", "PHONE": "+1 415 555 0101", "SINCE": "2024-01-31", "MEMBER": "TRUE", "AGE": "41"}],
    )
    assert [note for note in notes if "deleted were left out: 1" in note or "left out: MEMO" in note] == list(notes)
