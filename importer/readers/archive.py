"""Lists that are compressed, or alone in a zip archive. Folders and files such as ``.DS_Store`` do not count."""

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from importer.errors import ReadError
from importer.system.opening import open_regular, read_at, temporary_file

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DAMAGES = (EOFError, NotImplementedError, zlib.error, lzma.LZMAError, zstd.ZstdError, BadZipFile)
"""Errors of unpacking a damaged file; bz2 and gzip raise ``OSError``, which callers handle as well."""
_PACKINGS = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip",
}  # fmt: skip
_STREAMS: dict[str, Callable[[IO[bytes]], object]] = {
    "gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open, "zstd": zstd.open,
}  # fmt: skip
_SUFFIXES = frozenset({".gz", ".gzip", ".bz2", ".xz", ".zst", ".zstd"})
_LEFT_BESIDE = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_HEAD_BYTES = 8192
_MOST_BYTES = 512 << 20
_BLOCK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Packed:
    """The only file within a packed one.

    Attributes:
        path: the path that it would have if unpacked beside the packed one.
        head: its first 8 KiB; empty if it needs a password.
    """

    path: Path
    head: bytes


def packing_of(head: bytes) -> str | None:
    """Return the name of a file's compression, by its first bytes; None if it has none."""
    return next((name for magic, name in _PACKINGS.items() if head.startswith(magic)), None)


def look_inside(path: Path, head: bytes) -> Packed | None:
    """Return the only file within a packed one; None if it is not packed, is damaged, or holds several files.

    A workbook is a zip archive of several files, so it gives None.
    """
    packing = packing_of(head)
    if packing is None:
        return None
    try:
        with open_regular(path) as raw, ExitStack() as stack:
            if packing != "zip":
                name = path.stem if path.suffix.lower() in _SUFFIXES else path.name
                return Packed(path.with_name(name), _opened(stack, raw, packing).read(_HEAD_BYTES))
            archive = stack.enter_context(ZipFile(raw))
            found = members(archive)
            if len(found) != 1:
                return None
            inner = path.with_name(PurePosixPath(found[0].filename.replace("\\", "/")).name)
            return Packed(inner, b"" if found[0].flag_bits & 1 else archive.open(found[0]).read(_HEAD_BYTES))
    except (*DAMAGES, OSError, ValueError):
        return None  # the reader that gets the file says what is wrong with it


def members(archive: ZipFile) -> list[ZipInfo]:
    """Return the files that a person put into an archive, without those that systems add."""
    found = []
    for entry in archive.infolist():
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        is_extra = path.name.startswith("._") or path.name.lower() in _LEFT_BESIDE or "__MACOSX" in path.parts
        if not (entry.is_dir() or is_extra):
            found.append(entry)
    return found


def unpacked(raw: IO[bytes], packing: str, file: str, most_bytes: int) -> Iterator[bytes]:
    """Yield the unpacked content in blocks.

    Raises:
        ReadError: it needs a password, changed since it was checked, or unpacks to more than ``most_bytes``.
        OSError, one of ``DAMAGES``: it is damaged.
    """
    raw.seek(0)
    with ExitStack() as stack:
        stream = stack.enter_context(
            _only_member(stack, raw, file) if packing == "zip" else _opened(stack, raw, packing)
        )
        size_bytes = 0
        while block := stream.read(_BLOCK_BYTES):
            # Counted while unpacking: the sizes that a bomb declares are not true.
            size_bytes += len(block)
            if size_bytes > most_bytes:
                most = f"{most_bytes >> 30} GiB" if most_bytes >> 30 else f"{most_bytes >> 20} MiB"
                raise ReadError(f"{file} unpacks to more than {most}: not a contact list.")
            yield block


def unpacked_alone(raw: IO[bytes], file: str) -> IO[bytes] | None:
    """Return an unpacked copy of the only file in a packed one; None if it is not packed, or holds several files.

    Raises:
        ReadError: it is damaged, needs a password, or unpacks to more than any workbook of contacts has.
    """
    packing = packing_of(read_at(raw.fileno(), _HEAD_BYTES, 0))
    if packing is None or (packing == "zip" and not _is_alone(raw)):
        return None
    with ExitStack() as until_whole:
        copy: IO[bytes] = until_whole.enter_context(temporary_file())
        try:
            for block in unpacked(raw, packing, file, _MOST_BYTES):
                copy.write(block)
        except (*DAMAGES, OSError):
            what = "zip archive" if packing == "zip" else f"{packing} file"
            raise ReadError(f"{file} is a damaged {what}. Get it again from where it came from.") from None
        # Until here an error closes the copy.
        copy.seek(0)
        until_whole.pop_all()  # the copy is complete: from here on, the caller closes it
    return copy


def unpacked_note(raw: IO[bytes]) -> str:
    """Return the remark for people that a file was unpacked."""
    return f"The file was unpacked ({packing_of(read_at(raw.fileno(), _HEAD_BYTES, 0))})."


def _is_alone(raw: IO[bytes]) -> bool:
    """Return True if a zip archive holds one file; False for a damaged one, which the workbook reader reports."""
    try:
        with ZipFile(raw) as archive:
            return len(members(archive)) == 1
    except (BadZipFile, EOFError, NotImplementedError, ValueError):
        return False
    finally:
        raw.seek(0)


def _only_member(stack: ExitStack, raw: IO[bytes], file: str) -> IO[bytes]:
    archive = stack.enter_context(ZipFile(raw))
    found = members(archive)
    if len(found) != 1:  # it held one when it was checked
        raise ReadError(f"{file} changed while it was read. Import it again when nothing writes to it.")
    (member,) = found
    if member.flag_bits & 1:
        raise ReadError(f"{file} is a zip archive with a password. Unpack it, and import what is in it.")
    return archive.open(member)


def _opened(stack: ExitStack, raw: IO[bytes], packing: str) -> IO[bytes]:
    """Return the unpacked stream of a packed one."""
    return stack.enter_context(cast("IO[bytes]", _STREAMS[packing](raw)))
