"""Opening files that may be replaced at any moment: open first, then check the descriptor, and never open again.

A system without paths to open descriptors (Windows) knows a file by its name alone. There a link in a file's place is
looked for before it is opened, and temporary files have names, in the user's own folder for them.
"""

import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryFile, mkstemp
from threading import Lock
from typing import IO, Any, BinaryIO, cast

_BLOCK_BYTES = 4 << 20
_DESCRIPTORS = Path("/dev/fd")
_TURN = Lock()


def knows_descriptors() -> bool:
    """Return True if an open file has a path of its own here, and a child can inherit it."""
    return _DESCRIPTORS.is_dir()


def open_unlinked(path: Path | str, flags: int, mode: int = 0o600) -> int:
    """Return a descriptor of a file whose last part is no link; ``os.open`` otherwise.

    Raises:
        OSError: it cannot be opened, or is a link.
    """
    if not hasattr(os, "O_NOFOLLOW") and os.path.islink(path):  # noqa: PTH114 - as os.open
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0), mode)


def open_regular(path: Path) -> BufferedReader:
    """Return a regular file, opened for reading. The check is of the open descriptor, so no swap can slip in between.

    The last part of the path must not be a link; callers resolve links that a person named. A pipe or device in the
    file's place is refused without waiting for it.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    # Without O_NONBLOCK, opening a pipe that has no writer would block.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
    opened = open(path, "rb", opener=lambda name, _: open_unlinked(name, flags))  # noqa: SIM115 - Path.open has no opener
    if not _is_regular(opened.fileno()):
        opened.close()
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return opened


def _is_regular(descriptor: int) -> bool:
    """Return True for a regular file with stable content; False for one such as in /proc, made up as it is read."""
    status = os.fstat(descriptor)
    # Files in /proc say that they are regular and empty, but yield a byte.
    try:
        return stat.S_ISREG(status.st_mode) and (status.st_size > 0 or not read_at(descriptor, 1, 0))
    except OSError:
        return False


def read_named(path: Path, most_bytes: int) -> bytes:
    """Return the first ``most_bytes`` of a file that a person named; a link is followed, a pipe or device refused.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    with open_regular(Path(os.path.realpath(path))) as opened:
        return opened.read(most_bytes)


def place_of(opened: IO[bytes]) -> Path:
    """Return a path to the open file itself, for libraries that want a path: the original may be replaced by now.

    Without paths to descriptors it is the file's name.
    """
    return _DESCRIPTORS / str(opened.fileno()) if knows_descriptors() else Path(opened.name)


def read_at(descriptor: int, size_bytes: int, offset: int) -> bytes:
    """Return bytes of an open file, at most so many, and leave its position where it is."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, size_bytes, offset)
    with _TURN:
        before = os.lseek(descriptor, 0, os.SEEK_CUR)
        try:
            os.lseek(descriptor, offset, os.SEEK_SET)
            return os.read(descriptor, size_bytes)
        finally:
            os.lseek(descriptor, before, os.SEEK_SET)


def temporary_file() -> BinaryIO:
    """Return a file that goes when it is closed: without a name where the system has such files."""
    return cast("BinaryIO", TemporaryFile()) if knows_descriptors() else _NamedFile()


def memory_file(name: str) -> BinaryIO:
    """Return a file in memory where the system has such files, else a temporary one."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create(name), "w+b")
    return temporary_file()


class _NamedFile(io.BufferedRandom):
    """A temporary file whose name a child, or a library, can open, too; closing removes it."""

    def __init__(self) -> None:
        descriptor, self._path = mkstemp(prefix="importer-")
        os.close(descriptor)
        super().__init__(io.FileIO(self._path, "r+"))

    def close(self) -> None:
        """Close and remove the file; where somebody else has it open still, it stays."""
        super().close()
        with suppress(OSError):
            Path(self._path).unlink()


def handed(opened: IO[Any]) -> str:
    """Return the text by which a child that is handed an open file takes it (``taken``)."""
    return str(opened.fileno()) if knows_descriptors() else str(Path(opened.name).absolute())


def taken(text: str, mode: str) -> BinaryIO:
    """Return the open file that the parent handed over; writing begins where the parent's position is, or at the start.

    Raises:
        OSError: it cannot be opened.
    """
    if text.isdecimal():
        return cast("BinaryIO", os.fdopen(int(text), mode))
    return cast("BinaryIO", Path(text).open(mode.replace("w", "r+")))


def sha256_of(opened: IO[bytes], copy: IO[bytes] | None = None) -> str:
    """Return the SHA-256 (hex) of a whole file, and write its bytes to ``copy`` if one is given.

    The file's position does not move: on some systems whoever opens ``place_of`` shares it.
    """
    digest = hashlib.sha256()
    for block in _blocks(opened.fileno()):
        digest.update(block)
        if copy is not None:
            copy.write(block)
    if copy is not None:
        copy.flush()
    return digest.hexdigest()


def _blocks(descriptor: int) -> Iterator[bytes]:
    offset = 0
    while block := read_at(descriptor, _BLOCK_BYTES, offset):
        offset += len(block)
        yield block
