"""LDIF, as address books and directories export it (RFC 2849): an entry is a row, an attribute a column."""

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path

from importer.readers.records import Record, RecordTable, lines_of, put, source_of
from importer.readers.table import Table, refuse_sheet
from importer.readers.utf8 import Intake, take_in

_BEGIN = re.compile(rb"(?:(?:#[^\n]*|version:[^\n]*|[^\S\n]*)\n){0,100}dn::? ?[^\n]*=", re.IGNORECASE)
_LEFT_OUT = frozenset({"dn", "version", "objectclass", "jpegphoto", "usercertificate", "userpassword", "changetype"})
_COLUMNS = {
    "givenname": "First Name", "sn": "Last Name", "surname": "Last Name", "cn": "Full Name", "commonname": "Full Name",
    "mail": "Email", "telephonenumber": "Phone (work)", "mobile": "Phone (cell)", "homephone": "Phone (home)",
    "facsimiletelephonenumber": "Fax", "fax": "Fax", "pager": "Phone (pager)", "o": "Company", "l": "City",
    "ou": "Department", "title": "Job Title", "c": "Country", "st": "State", "postalcode": "Postal Code",
}  # fmt: skip


class Ldif:
    """The reader of LDIF files."""

    def can_read(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return True if the text begins with an entry's name (``dn``), after a version and remarks."""
        return _BEGIN.match(head.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"")) is not None

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return the one table of the file.

        Raises:
            ReadError: a sheet is wanted, or the file cannot be read.
        """
        refuse_sheet(file, "an LDIF file", sheet)
        intake = take_in(path, file)
        return [RecordTable(source_of(intake, "ldif"), lambda: _entries(intake), 1)]


def _entries(intake: Intake) -> Iterator[Record]:
    """Yield a record for each entry; blank lines separate entries."""
    lines: list[str] = []
    first, share = 0, 0.0
    for number, share, line in lines_of(intake):
        # RFC 2849 folds long lines: a line that begins with a blank continues the one above.
        if line[:1] == " " and lines:
            lines[-1] += line[1:]
        elif line.strip():
            first = first if lines else number
            lines.append(line)
        elif lines:
            yield from _entry(first, share, lines)
            lines = []
    if lines:
        yield from _entry(first, share, lines)


def _entry(first: int, share: float, lines: list[str]) -> Iterator[Record]:
    cells: dict[str, str] = {}
    problem = None
    is_entry = False
    for line in lines:
        name, colon, value = line.partition(":")
        key = name.partition(";")[0].strip().lower()
        if line.startswith("#"):
            continue
        is_entry |= key == "dn"
        if not colon:
            problem = problem or "a line is no attribute"
        elif key not in _LEFT_OUT:
            try:
                text = _decoded(value[1:]) if value.startswith(":") else value
            except binascii.Error:
                problem = problem or f"the value of {key} is not coded as it says"
                continue
            put(cells, _COLUMNS.get(key, name.strip()), text.strip())
    if is_entry or cells:
        yield Record(first, share, cells, problem)


def _decoded(value: str) -> str:
    return base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
