"""A text file as UTF-8: its bytes, its hash, and whether it is still the file that was taken in."""

import gzip
from hashlib import sha256
from pathlib import Path

import pytest

from importer.errors import ReadError
from importer.readers.utf8 import take_in

TEXT = "Name,Ort\nJürgen,Köln\nZoë,Århus\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16"),
        (gzip.compress(TEXT.encode(), mtime=0), "utf-8"),
        (b"\xef\xbb\xbf" * 3 + TEXT.encode(), "utf-8"),
    ],
    ids=["plain", "marked", "utf-16", "packed", "joined of several"],
)
def test_the_text_is_the_same_in_any_dress(tmp_path: Path, content: bytes, encoding: str) -> None:
    """The hash is that of the file on the disk, packed or not; marks are no part of the text."""
    file = tmp_path / "list.csv"
    file.write_bytes(content)
    intake = take_in(file, "list.csv")
    assert intake.read(intake.start, 1 << 20).decode() == TEXT
    assert intake.end - intake.start == len(TEXT.encode())
    assert intake.read(intake.end, 10) == b""
    assert (intake.sha256, intake.size_bytes) == (sha256(content).hexdigest(), len(content))
    assert intake.encoding.name.lower().startswith(encoding)


def test_a_file_that_changed_is_read_no_further(tmp_path: Path) -> None:
    """Hash and rows would be of two states."""
    file = tmp_path / "list.csv"
    file.write_text(TEXT, "utf-8")
    intake = take_in(file, "list.csv")
    file.write_text(TEXT + "one more\n", "utf-8")
    with pytest.raises(ReadError, match="changed while it was read"):
        intake.read(0, 10)


@pytest.mark.parametrize(
    ("content", "words"),
    [(bytes(range(1, 9)) * 100, "is not text"), (gzip.compress(TEXT.encode())[:-9], "is compressed and damaged")],
    ids=["bytes", "gzip cut short"],
)
def test_what_is_no_text_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    """With the file's name and what to do."""
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(ReadError, match=f"list.csv {words}"):
        take_in(tmp_path / "list.csv", "list.csv")
