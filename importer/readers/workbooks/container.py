"""The format of a file that could be a workbook, by its content, and the refusal of harmful files.

The limits rest on measurements: sheets compress ten- to thirtyfold and declare less than half a gigabyte, even if full
to Excel's last row; bombs compress a thousandfold.
"""

import mmap
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from importer.errors import ReadError
from importer.readers.workbooks.messages import is_pages
from importer.readers.workbooks.places import letters

ZIP = b"PK\x03\x04"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = (b"\x09\x08\x08\0\0\x05", b"\x09\x08\x10\0\0\x06")
"""First records of xls files (Excel 5, and 97 to 2003) without a container, as some programs write them."""
_EARLY = {b"\x09\0\x04\0": 2, b"\x09\x02\x06\0": 3, b"\x09\x04\x06\0": 4}
SIGNATURES = (ZIP, b"PK\x05\x06", OLE2, *_STREAMS, *_EARLY)
"""First bytes of files that are workbooks or could be."""

_MAX_ENTRIES = 1_000
_MAX_BYTES = 512 << 20
_MAX_RATIO = 200
_SMALL_BYTES = 32 << 20
_PROLOG_BYTES = 64 << 10
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_SAVE_AS = "Open it in the program that wrote it, save it as .xlsx or .csv, and import that file."
_FLAT = b"urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_SYLK = b"ID;P"
_XML_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"
_PAGE_TAGS = (b"<table", b"<html", b"<!doctype html", b"<body")
_NOT_WORKBOOKS = {
    "word/": "a Word document",
    "ppt/": "a PowerPoint presentation",
    "Index/": "a file of Apple Numbers or Pages",
    "Index.zip": "a file of Apple Numbers or Pages",
}


def identify(path: Path) -> str:
    """Return the format of a file.

    One of ``xlsx`` (xlsm too), ``xlsb``, ``ods``, ``fods``, ``xls``, ``slk``, ``xml`` (Excel 2003), ``mhtml`` and
    ``html``.

    Raises:
        ReadError: the file is none of these, is locked, or is harmful; the text continues after the file's name.
    """
    with path.open("rb") as file:
        head = file.read(_PROLOG_BYTES)
    if head.startswith(ZIP):
        return _identify_zip(path)
    if head.startswith(OLE2):
        return _identify_ole2(path)
    if head.startswith(_STREAMS):
        return "xls"
    if (version := _EARLY.get(head[:4])) is not None:
        raise ReadError(f"is a workbook of Excel {version}, of before 1994, which is not read. {_SAVE_AS}")
    if path.stat().st_size > _MAX_BYTES:
        raise ReadError(f"has more than {_MAX_BYTES >> 20} MiB. Save the list as .csv, and import that.")
    return _identify_text(head)


def _identify_text(head: bytes) -> str:
    markup = head.replace(b"\0", b"").lower()
    for space, form in ((_FLAT, "fods"), (_XML_2003, "xml")):
        if space in markup:
            if b"<!doctype" in markup:
                raise doctype("it")
            return form
    if head.startswith(_SYLK):
        return "slk"
    if is_pages(head):
        return "mhtml"
    if any(tag in markup for tag in _PAGE_TAGS):
        return "html"
    raise ReadError(f"is no workbook, whatever its name says. {_SAVE_AS}")


def is_page(head: bytes) -> bool:
    """Return True if a file with these first bytes is a web page, or a workbook in XML or SYLK."""
    if head.startswith(_SYLK) or is_pages(head):
        return True
    markup = head.replace(b"\0", b"").lower()
    begins = markup.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
    return begins and any(tag in markup for tag in (_XML_2003, _FLAT, *_PAGE_TAGS))


def _identify_ole2(path: Path) -> str:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:

        def has(stream: str) -> bool:
            return content.find(stream.encode("utf-16-le") + b"\0\0") >= 0

        # First: an encrypted xlsx is an OLE2 file, too, but without a workbook's stream.
        if has("EncryptedPackage"):
            raise locked()
        if has("Workbook") or has("Book") or has("WORKBOOK") or has("BOOK"):
            return "xls"
    raise ReadError(f"is an old Office file, but not a workbook. {_SAVE_AS}")


class LockedError(ReadError):
    """The workbook needs a password; ``unlock`` may open it."""


def locked() -> LockedError:
    """Return the refusal of a workbook that needs a password; as a ``LockedError``, ``child`` tries to unlock it."""
    return LockedError("is locked by a password. Open it, save it without the password, and import that file.")


def damaged() -> ReadError:
    """Return the refusal of a workbook that cannot be parsed."""
    return ReadError("is damaged or cut short. Open it in a spreadsheet program, save it again, and import that file.")


def spread(rows: int, columns: int) -> ReadError:
    """Return the refusal of a sheet whose cells are too far from each other for a list."""
    return ReadError(
        f"spreads over {rows} rows and {columns} columns, to {letters(columns)}{rows}, as no list does. Delete the "
        "stray cell far below or right of the list, or save the list as .csv, and import that."
    )


def doctype(what: str) -> ReadError:
    """Return the refusal of markup with a DOCTYPE, which may define entities of its own."""
    return ReadError(f"cannot be read: {what} holds a DOCTYPE, where no spreadsheet program writes one. {_SAVE_AS}")


def _identify_zip(path: Path) -> str:
    try:
        with ZipFile(path) as archive:
            entries = archive.infolist()
            _refuse_bombs(entries)
            kind = _kind(archive, [entry.filename for entry in entries])
            _refuse_doctypes(archive, [entry for entry in entries if kind != "ods" or entry.filename == "content.xml"])
            return kind
    except (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        # Errors of zipfile for damaged archives, unknown methods and encrypted entries.
        raise (ReadError(str(locked())) if "password" in str(error) else damaged()) from None


def _refuse_bombs(entries: list[ZipInfo]) -> None:
    declared = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > _MAX_ENTRIES:
        raise ReadError(f"holds {len(entries)} parts, more than any workbook of contacts. {_SAVE_AS}")
    if declared > _MAX_BYTES:
        raise ReadError(
            f"unpacks to {declared >> 20} MiB, over the limit of {_MAX_BYTES >> 20} MiB. "
            "Split the list into several files, or save it as .csv."
        )
    # A small sheet may be that repetitive, and it does no harm.
    if declared > _SMALL_BYTES and declared > packed * _MAX_RATIO:
        raise ReadError(f"unpacks to {declared // max(packed, 1)} times its size, as only harmful files do.")


def _kind(archive: ZipFile, names: list[str]) -> str:
    if "mimetype" in names:
        mimetype = archive.read("mimetype")[:200].decode("ascii", "replace").strip()
        if mimetype.startswith(f"{_OPEN_DOCUMENT}spreadsheet"):
            if _is_encrypted(archive, names):
                raise ReadError(str(locked()))
            return "ods"
        if mimetype.startswith(_OPEN_DOCUMENT):
            raise ReadError(f"is an OpenDocument file, but not a spreadsheet. {_SAVE_AS}")
    lower = [name.lower().replace("\\", "/") for name in names]
    if "xl/workbook.bin" in lower:
        return "xlsb"
    if any(name.startswith("xl/") for name in lower):
        return "xlsx"
    for start, what in _NOT_WORKBOOKS.items():
        if any(name.startswith(start) for name in names):
            raise ReadError(f"is {what}, not a workbook. {_SAVE_AS}")
    if "_rels/.rels" in lower:
        from importer.readers.workbooks.package import book_of  # noqa: PLC0415 - hardly any has its workbook elsewhere

        with suppress(KeyError):
            return "xlsb" if book_of(archive).endswith(".bin") else "xlsx"
    raise ReadError("is a zip archive without a workbook in it. Unpack it and import the files that it holds.")


def _is_encrypted(archive: ZipFile, names: list[str]) -> bool:
    manifest = "META-INF/manifest.xml"
    return manifest in names and b"encryption-data" in archive.read(manifest)


def _refuse_doctypes(archive: ZipFile, entries: list[ZipInfo]) -> None:
    """Raise ReadError if a part has a DOCTYPE: no workbook needs one, entity bombs and reads of other files do."""
    for entry in entries:
        if not entry.filename.lower().endswith((".xml", ".rels")):
            continue
        with archive.open(entry) as part:
            prolog = part.read(_PROLOG_BYTES).replace(b"\0", b"")
        if b"<!DOCTYPE" in prolog:
            raise doctype(f"its part {entry.filename}")
