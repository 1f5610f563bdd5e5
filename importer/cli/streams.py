"""Standard input, output and error, any of which may be closed, full or gone.

A command's work and its exit code do not hang on what becomes of its words. So no write to the two outputs ever fails:
what cannot be written is dropped from then on, and told at the end, in one line on the other one.
"""

import errno
import io
import locale
import os
import select
import sys
from typing import TextIO

_CLOSED = {errno.EBADF: "it is closed", errno.EPIPE: "nobody reads it"}


class Output(io.FileIO):
    """A descriptor to write to; ``trouble`` says why its words are dropped, None as long as they arrive."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.trouble: str | None = None

    def write(self, data: "memoryview | bytes") -> int:  # type: ignore[override]
        """Write all of it, or drop it."""
        rest = memoryview(data)
        while rest and self.trouble is None:
            try:
                written = super().write(rest)
                if written is None:  # somebody made it non-blocking, for whom it is open, too
                    select.select([], [self], [])
                rest = rest[written or 0 :]
            except OSError as error:
                self.trouble = _CLOSED.get(error.errno or 0, error.strerror or type(error).__name__)
        return len(data)


def take_over() -> None:
    """Keep the three descriptors from other use, and put an ``Output`` behind what is printed.

    A descriptor that was closed would be the next file's, or the next connection's, which then gets what is printed or
    is read for an answer. So it is opened on nothing, and, where it is an output, only to be read: writing still fails.
    Streams that a caller of ours has put in their place stay.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # gets the lowest number that is free
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, closefd=False)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _words(1, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _words(2, sys.stderr)


def _words(descriptor: int, before: TextIO | None) -> TextIO:
    """A text stream like the one from before; what its encoding does not have is written as an escape."""
    raw = Output(descriptor)
    return io.TextIOWrapper(
        raw,
        encoding=locale.getencoding() if before is None else before.encoding,
        errors="backslashreplace",
        line_buffering=descriptor == 2 or raw.isatty(),
    )


def is_heard() -> bool:
    """Whether what is printed on standard output still arrives, as far as it is known; else printing more is idle."""
    return _trouble(sys.stdout) is None


def tell_losses(*, is_for_people: bool) -> None:
    """Print the last words, and say which of the two outputs dropped some.

    Args:
        is_for_people: whether standard output may hold a line for them; a program's document may not.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if trouble := _trouble(sys.stdout):
        sys.stderr.write(_loss("The result could not be printed on standard output", trouble))
    elif (trouble := _trouble(sys.stderr)) and is_for_people:
        sys.stdout.write(_loss("Messages could not be printed on standard error", trouble))
        sys.stdout.flush()


def _loss(what: str, trouble: str) -> str:
    return f"importer: {what} ({trouble}). The exit code is that of the work itself.\n"


def _trouble(stream: TextIO) -> str | None:
    raw = getattr(stream, "buffer", None)
    return raw.trouble if isinstance(raw, Output) else None
