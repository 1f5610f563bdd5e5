"""A lock file that keeps other processes away from a run, or from an account."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from filelock import FileLock, Timeout

from importer.errors import StoppedError
from importer.models.watching import Stop


@contextmanager
def held(path: Path, what_holds: str, wait_s: float = 1, stop: Stop | None = None) -> Iterator[None]:
    """Hold a lock file until the context ends.

    Args:
        path: of the file.
        what_holds: what is told if another process holds it.
        wait_s: seconds to wait for it.
        stop: ends the wait; None if nothing does.

    Raises:
        StoppedError: another process holds it (``what_holds`` says so), or it cannot be written.
    """
    lock = FileLock(path, timeout=min(wait_s, 1), mode=0o600)
    until = monotonic() + wait_s
    try:
        while True:
            try:
                lock.acquire()
                break
            except Timeout:
                if stop or monotonic() >= until:
                    raise
    except Timeout:
        raise StoppedError(f"{what_holds} Wait until it has ended and try again.") from None
    except OSError as error:
        raise StoppedError(
            f"{path.parent} cannot be written ({error.strerror}). Give permission and try again."
        ) from None
    try:
        yield
    finally:
        lock.release()
