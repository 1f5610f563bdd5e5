"""Opening files that may be replaced at any moment: open first, then check the descriptor, and never open again."""

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
    """Return a regular file, opened for reading. The check is of the open descriptor, so no swap can slip in between.

    The last part of the path must not be a link; callers resolve links that a person named. A pipe or device in the
    file's place is refused without waiting for it.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    # Without O_NONBLOCK, opening a pipe that has no writer would block.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not _is_regular(descriptor):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def _is_regular(descriptor: int) -> bool:
    """Return True for a regular file with stable content; False for one such as in /proc, made up as it is read."""
    status = os.fstat(descriptor)
    # Files in /proc say that they are regular and empty, but yield a byte.
    try:
        return stat.S_ISREG(status.st_mode) and (status.st_size > 0 or not os.pread(descriptor, 1, 0))
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
    """Return a path to the open file itself, for libraries that want a path: the original may be replaced by now."""
    return Path(f"/dev/fd/{opened.fileno()}")


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
    while block := os.pread(descriptor, _BLOCK_BYTES, offset):
        offset += len(block)
        yield block
