"""Standard input, output and error, any of which may be closed, full or gone.

A command's work and exit code do not depend on whether its output can be printed. So no write to the two outputs ever
fails: what cannot be written is dropped from then on, and reported at the end, in one line on the other output.
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
    """A descriptor to write to; ``trouble`` says why output is dropped, None as long as it arrives."""

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

    The next file or connection would get the number of a closed descriptor, and then what is printed. So a closed one
    is opened on the null device, for reading only: writing to it still fails. Streams that a caller has replaced stay.
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
    """Return a text stream like the one before; characters that its encoding lacks are written as escapes."""
    raw = Output(descriptor)
    return io.TextIOWrapper(
        raw,
        encoding=locale.getencoding() if before is None else before.encoding,
        errors="backslashreplace",
        line_buffering=descriptor == 2 or raw.isatty(),
    )


def is_heard() -> bool:
    """Return True if what is printed on standard output still arrives, as far as is known; else stop printing."""
    return _trouble(sys.stdout) is None


def tell_losses(*, is_for_people: bool) -> None:
    """Flush both outputs, and report which of them dropped some output.

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
