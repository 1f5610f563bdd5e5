"""Putting what was written on the disk, so that a power cut does not lose it."""

import os
from pathlib import Path


def sync(descriptor: int) -> None:
    """Put the content of an open file on the disk.

    Raises:
        OSError: that fails.
    """
    getattr(os, "fdatasync", os.fsync)(descriptor)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk: without that, a power cut may lose a new file as a whole.

    Windows opens no folders; NTFS keeps names in a journal of its own.

    Raises:
        OSError: that fails.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
