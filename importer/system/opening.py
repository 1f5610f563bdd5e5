"""Opening a file that may be replaced by something else at any moment: open first, then look, and never open again."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO

_BLOCK_BYTES = 4 << 20


def open_regular(path: Path) -> BufferedReader:
    """A regular file, to be read. What is looked at is what was opened, so nothing can be put in its place between.

    The last part of the path must not be a link; where a person names one, it is resolved before. A pipe or device that
    took the file's place is not waited for.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not _is_regular(descriptor):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def _is_regular(descriptor: int) -> bool:
    """Whether it is a file that stays; some of the system's are written as they are read, and call themselves empty."""
    status = os.fstat(descriptor)
    try:
        return stat.S_ISREG(status.st_mode) and (status.st_size > 0 or not os.pread(descriptor, 1, 0))
    except OSError:
        return False


def read_named(path: Path, most_bytes: int) -> bytes:
    """The first ``most_bytes`` of a file that a person named, be it by a link; a pipe or device is not waited for.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    with open_regular(Path(os.path.realpath(path))) as opened:
        return opened.read(most_bytes)


def place_of(opened: IO[bytes]) -> Path:
    """A name of what was opened, for those who take a name only; whatever lies at its path by now."""
    return Path(f"/dev/fd/{opened.fileno()}")


def sha256_of(opened: IO[bytes], copy: IO[bytes] | None = None) -> str:
    """SHA-256 (hex) of a file from its first byte, of which it makes a copy where one is wanted.

    Its position stays where it is, because on some systems those who open ``place_of`` have it, too.
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
    while block := os.pread(descriptor, _BLOCK_BYTES, offset):
        offset += len(block)
        yield block
