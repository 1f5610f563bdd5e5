"""A lock file that keeps other processes away from a run, or from an account."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from importer.errors import StoppedError


@contextmanager
def held(path: Path, what_holds: str) -> Iterator[None]:
    """Hold a lock file until the context ends.

    Raises:
        StoppedError: another process holds it (``what_holds`` says so), or it cannot be written.
    """
    lock = FileLock(path, timeout=1, mode=0o600)
    try:
        lock.acquire()
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
