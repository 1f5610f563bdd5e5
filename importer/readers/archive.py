"""Zip archives around one list: folders, and what systems leave beside files, do not count."""

import zlib
from contextlib import ExitStack
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from importer.errors import ReadError

_LEFT_BESIDE = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_MOST_BYTES = 512 << 20
_BLOCK_BYTES = 4 << 20


def members(archive: ZipFile) -> list[ZipInfo]:
    """The files of an archive that somebody put into it."""
    found = []
    for entry in archive.infolist():
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        is_extra = path.name.startswith("._") or path.name.lower() in _LEFT_BESIDE or "__MACOSX" in path.parts
        if not (entry.is_dir() or is_extra):
            found.append(entry)
    return found


def suffix_of(entry: ZipInfo) -> str:
    """The ending of a file's name, in lower case."""
    return PurePosixPath(entry.filename).suffix.lower()


def unpacked_alone(opened: IO[bytes], suffixes: frozenset[str], file: str) -> IO[bytes] | None:
    """A copy of the one file of an archive, where its name has one of these endings; None for all else.

    Raises:
        ReadError: it is damaged, asks for a password, or unpacks to more than any workbook of contacts has.
    """
    try:
        with ZipFile(opened) as archive:
            found = members(archive)
            if len(found) != 1 or suffix_of(found[0]) not in suffixes:
                return None
            if found[0].flag_bits & 1:
                raise ReadError(f"{file} is a zip archive with a password. Unpack it, and import what is in it.")
            return _copy(archive, found[0], file)
    except (BadZipFile, EOFError, NotImplementedError, ValueError):
        return None  # a workbook that is damaged is told by who reads it


def _copy(archive: ZipFile, entry: ZipInfo, file: str) -> IO[bytes]:
    with ExitStack() as until_whole:
        copy: IO[bytes] = until_whole.enter_context(TemporaryFile())
        try:
            with archive.open(entry) as member:
                while block := member.read(_BLOCK_BYTES):
                    copy.write(block)
                    if copy.tell() > _MOST_BYTES:
                        raise ReadError(f"{file} unpacks to more than {_MOST_BYTES >> 20} MiB: not a contact list.")
        except (BadZipFile, EOFError, zlib.error):
            raise ReadError(f"{file} is a damaged zip archive. Get it again from where it came from.") from None
        copy.flush()
        until_whole.pop_all()  # from here on, whoever asked closes it
    return copy
