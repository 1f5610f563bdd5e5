"""The list of all formats, and the tables of a file."""

from pathlib import Path

from importer.errors import ReadError
from importer.readers.archive import look_inside
from importer.readers.dbase import Dbase
from importer.readers.decided import decided_tables, is_decided
from importer.readers.delimited import Delimited
from importer.readers.foreign import foreign_kind
from importer.readers.json_lists import JsonLists
from importer.readers.labelled import Labelled
from importer.readers.ldif import Ldif
from importer.readers.parquet import Parquet
from importer.readers.retry_csv import unguarded_table
from importer.readers.stacked import Stacked
from importer.readers.table import Reader, Table
from importer.readers.vcard import VCards
from importer.readers.workbooks.reader import Workbook
from importer.readers.xml_lists import XmlLists
from importer.system.opening import open_regular

READERS: tuple[Reader, ...] = (
    Workbook(), Parquet(), VCards(), JsonLists(), XmlLists(), Ldif(), Dbase(), Labelled(), Stacked(),
    Delimited(),
)  # fmt: skip
"""The first that can read a file, or the one file packed in it, gets it. Delimited text takes any, so it is last."""

_HEAD_BYTES = 8192
_FOREIGN = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"{\\rtf": "a rich text document",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"SQLite format 3\0": "a SQLite database",
    b"\x7fELF": "a program",
}


def open_tables(path: Path, file: str, sheet: str | None) -> list[Table]:
    """Return the tables of a file; ``file`` is the name to show, ``sheet`` the only sheet wanted (None: all).

    Raises:
        ReadError: there is no such file, or it cannot be read as a list; the message ends with the fix.
    """
    head = _head(path, file)
    if not head:
        raise ReadError(f"{file} is empty (0 bytes). Look whether the right file was exported.")
    if is_decided(head):  # no format for people: its tables bear the names of the lists that the rows come from
        return decided_tables(path, file, sheet)
    packed = look_inside(path, head)
    within, head = (path, head) if packed is None else (packed.path, packed.head)
    if (what := foreign_kind(path, within, head)) is not None:
        raise ReadError(f"{file} {what}")
    foreign = next((name for magic, name in _FOREIGN.items() if head.startswith(magic)), None)
    if foreign is not None:
        verb = "is" if packed is None else "holds"
        raise ReadError(f"{file} {verb} {foreign}, not a list. Export the list as CSV or as an Excel workbook.")
    # After the refusals above: delimited text would take those files as well.
    reader = next(reader for reader in READERS if reader.can_read(within, head))
    return [unguarded_table(table) for table in reader.tables(path, file, sheet)]


def _head(path: Path, file: str) -> bytes:
    try:
        if not path.exists():
            raise ReadError(f"There is no file {file}. Check its name and folder.")
        if path.is_dir():
            raise ReadError(f"{file} is a folder. Name the files in it, such as {file}/*.csv.")
        if not path.is_file():
            raise ReadError(f"{file} is not a regular file. Save what it gives to a file, and import that.")
        with open_regular(path) as opened:
            return opened.read(_HEAD_BYTES)
    except OSError as error:
        raise ReadError(f"{file} cannot be read: {error.strerror}. Look at its permissions.") from None
