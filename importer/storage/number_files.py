"""Files of numbers that are kept as hashes (``importer.models.number_set``), and the salt of a folder of runs.

Such a file is ``IMPNUM`` and its version, the salt (16 bytes), the count (8 bytes), then the hashes in ascending order,
8 bytes each, little-endian. It is mapped into memory, not read. The salt is in ``.salt`` in the folder of runs, drawn
when it is first needed; every file has a copy, so that it can be used in another folder.
"""

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np

from importer.models.number_set import HEADER_BYTES, Hashes, HashList
from importer.system.new_file import new_file

FORGOTTEN = "forgotten.numbers"
"""In the folder of runs: the numbers that ``importer forget`` removed, and that are not to be imported again."""

_SALT = ".salt"
_MAGIC = b"IMPNUM\x00\x01"


def salt_of(runs: Path) -> bytes:
    """Return the salt of a folder of runs, drawn if there is none; folder and file are for their owner alone.

    Raises:
        OSError: it cannot be read or written.
    """
    path = runs / _SALT
    with suppress(FileNotFoundError):
        return bytes.fromhex(path.read_text("ascii"))
    runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    drawn = runs / f"{_SALT}.{os.getpid()}"
    drawn.unlink(missing_ok=True)
    with os.fdopen(os.open(drawn, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(16))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # another process was faster: its salt is the one
        os.link(drawn, path)
    drawn.unlink()
    return bytes.fromhex(path.read_text("ascii"))


def write_numbers(path: Path, salt: bytes, hashes: Hashes, way_out: str) -> HashList:
    """Write hashes (ascending, each once) to a file, whole or not at all; they are on the disk when this returns.

    Raises:
        StoppedError: it cannot be written; the message ends with ``way_out``.
    """
    with new_file(path, way_out) as part, part.open("wb") as file:
        file.write(_MAGIC + salt + len(hashes).to_bytes(8, "little"))
        np.asarray(hashes, "<u8").tofile(file)
        file.flush()
        os.fsync(file.fileno())
    return HashList(salt, len(hashes), path)


def open_numbers(path: Path) -> HashList:
    """Open a file of hashes.

    Raises:
        OSError: it is gone, or cannot be read.
        ValueError: it is damaged, or none of ours.
    """
    with path.open("rb") as file:
        header, size = file.read(HEADER_BYTES), os.fstat(file.fileno()).st_size
    count = int.from_bytes(header[24:], "little")
    if not header.startswith(_MAGIC) or size != HEADER_BYTES + 8 * count:
        raise ValueError(f"{path} is damaged")
    return HashList(header[8:24], count, path)


def bring(path: Path, folder: Path) -> Path:
    """Put a file of hashes into a folder, without a copy of its bytes where the disk allows that; return its path.

    Raises:
        OSError: it cannot be written.
    """
    target = folder / path.name
    if target.exists():
        return target
    try:
        os.link(path, target)
    except OSError:  # another disk, or one without links
        unfinished = folder / f".{path.name}.part"
        shutil.copyfile(path, unfinished)
        unfinished.chmod(0o600)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(target)
    return target
