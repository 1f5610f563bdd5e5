"""A list in an archive is read as what it is; what is packed and no list is told."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from importer.errors import ReadError
from importer.readers.formats import open_tables
from tests.support.reading import PEOPLE, read, written
from tests.support.workbooks import save


@pytest.mark.parametrize("name", ["list.xlsx", "list.csv"])
def test_a_list_alone_in_an_archive(tmp_path: Path, name: str) -> None:
    """A folder, and what a Mac or Windows leaves beside files, is nobody's list."""
    if name == "list.xlsx":
        save(tmp_path / name, PEOPLE)
    else:
        written(tmp_path / name, "\n".join(map(",".join, PEOPLE)))
    with zipfile.ZipFile(tmp_path / "sent.zip", "w") as archive:
        archive.writestr("lists/", "")
        archive.write(tmp_path / name, f"lists/{name}")
        for extra in (f"__MACOSX/lists/._{name}", "lists/.DS_Store", f"lists/._{name}", "Thumbs.db"):
            archive.writestr(extra, "x")
    form, cells, notes = read(tmp_path / "sent.zip")
    assert (form, [list(row.values()) for row in cells]) == (name[5:], PEOPLE[1:])
    assert "The file was unpacked (zip)." in notes


def test_what_is_packed_and_no_list_is_told(tmp_path: Path) -> None:
    """A picture, a mail whose way fills its beginning, a tar archive, and a zip archive with a password."""
    mail = b"Received: from a by b; 1 Mar 2026\r\nX-Way: " + b"a" * 9000 + b"\r\nMIME-Version: 1.0\r\n"
    mail += b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/csv\r\n"
    mail += b"Content-Disposition: attachment; filename=list.csv\r\n\r\nPhone\r\n--b--\r\n"
    with io.BytesIO() as kept, tarfile.open(fileobj=kept, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("list.csv"))
        tar = kept.getvalue() + bytes(1024)
    for name, content, says in (
        ("scan.gz", b"%PDF-1.7", "scan.gz holds a PDF"),
        ("list.eml", mail, "is a mail, with list.csv attached. Save the attachment"),
        ("mail.gz", mail, "is a mail, with list.csv attached"),
        ("list.tgz", tar, "is a tar archive. Unpack it"),
    ):
        packed = content if name.endswith("eml") else gzip.compress(content)
        with pytest.raises(ReadError, match=says):
            open_tables(written(tmp_path / name, packed), name, None)
    path = tmp_path / "locked.zip"
    with zipfile.ZipFile(path, "w") as locked:
        locked.writestr("list.json", "[]")
    content = path.read_bytes()
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(sign) + place
        content = content[:at] + b"\1" + content[at + 1 :]
    with pytest.raises(ReadError, match="zip archive with a password"):
        open_tables(written(path, content), path.name, None)


def test_a_workbook_in_a_damaged_archive_is_told(tmp_path: Path) -> None:
    """Its stream breaks off in the middle of the only file: no list, and no bug."""
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.xlsx", bytes(range(256)) * 400)
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(byte ^ 0x5A for byte in content[60:90])
    path.write_bytes(content)
    with pytest.raises(ReadError, match="damaged zip archive"):
        read(path)
