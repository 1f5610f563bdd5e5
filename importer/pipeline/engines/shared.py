"""What a process and its worker share: a line for messages, and files in memory for rows."""

import json
import os
import pickle
import socket
from base64 import b64decode, b64encode
from collections.abc import Hashable, Mapping
from contextlib import suppress
from typing import IO, Any

import polars as pl

from importer.pipeline.engines.row_plan import RowPlan
from importer.readers.divisible import Ranges
from importer.system.opening import memory_file

Planned = tuple[RowPlan, Mapping[int, Ranges]]
"""What a worker knows of a run: its plan, and the tables of which it reads ranges."""

KNOWN = ("position", "row", "line", "problem", "extra_cells", "source", "sheet")
"""Columns that no row stage changes: they do not travel back."""
PLACED = ("position", "source", "sheet")
"""Those of them that are known of a range before it is read."""


def packed(carried: Hashable) -> str:
    """Return what a range carried as text for a ``Line``."""
    return b64encode(pickle.dumps(carried)).decode()


def unpacked(text: str) -> Hashable:
    """Return what a range carried, from its text."""
    carried: Hashable = pickle.loads(b64decode(text))  # noqa: S301 - of the other process of this pool
    return carried


class Line:
    """One end of a socket over which lists travel as lines of JSON. Used by one thread at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._incoming = end.makefile("rb")

    def send(self, *message: object) -> None:
        """Send a message.

        Raises:
            OSError: the other side is gone.
        """
        self._end.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> list[Any]:
        """Wait for the next message.

        Raises:
            EOFError, OSError: the other side is gone.
        """
        text = self._incoming.readline()
        if not text.endswith(b"\n"):
            raise EOFError
        message: list[Any] = json.loads(text)
        return message

    def close(self) -> None:
        """End the conversation; whoever waits on the other side gets an EOFError, and on this one too."""
        # `close` alone would leave a thread waiting that reads from it.
        with suppress(OSError):  # the other side was faster
            self._end.shutdown(socket.SHUT_RDWR)
        self._incoming.close()
        self._end.close()


class SharedFile:
    """A file without a name, in memory where the system has such files: it goes with the last process that has it.

    The two sides take turns, as ``Line`` tells them: each write replaces what was there.
    """

    def __init__(self, number: int | None = None) -> None:
        """Take an open descriptor from another process; None makes a new file."""
        if number is not None:
            self._file: IO[bytes] = os.fdopen(number, "r+b")
        else:
            self._file = memory_file("importer")

    def fileno(self) -> int:
        """Return its descriptor, for the other process."""
        return self._file.fileno()

    def write_bytes(self, data: bytes) -> None:
        """Put bytes into it."""
        self._emptied()
        self._file.write(data)
        self._file.flush()

    def read_bytes(self) -> bytes:
        """Return the bytes in it."""
        self._file.seek(0)
        return self._file.read()

    def write_frame(self, frame: pl.DataFrame) -> None:
        """Put a frame into it."""
        self._emptied()
        # In the oldest form all texts of a column lie together: that they are UTF-8 is checked much sooner.
        frame.write_ipc(self._file, compat_level=pl.CompatLevel.oldest())
        self._file.flush()

    def read_frame(self) -> pl.DataFrame:
        """Return the frame in it."""
        self._file.seek(0)
        return pl.read_ipc(self._file)

    def close(self) -> None:
        """Close this side's descriptor."""
        self._file.close()

    def _emptied(self) -> None:
        self._file.seek(0)
        self._file.truncate()
