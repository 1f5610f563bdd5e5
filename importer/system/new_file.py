"""New files that only their owner can read, complete or absent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from polars.exceptions import ComputeError

from importer.errors import ImporterError, StoppedError


@contextmanager
def new_file(path: Path, way_out: str, kind: type[ImporterError] = StoppedError) -> Iterator[Path]:
    """Yield a path to write to, which is renamed to ``path`` at the end; removed if writing fails.

    The file exists with mode 0600 before anything is written, so a writer must truncate it, not replace it.

    Raises:
        ImporterError: the file cannot be written (disk full, no permission). Its class is ``kind``; its message ends
            with ``way_out``.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        # O_EXCL: nobody's file or link is opened in its place. A rename from the same folder is atomic.
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield part
        part.replace(path)
    except (OSError, ComputeError) as error:
        if isinstance(error, ComputeError) and _IO_ERROR not in str(error):
            raise
        why = getattr(error, "strerror", None) or str(error).rpartition(_IO_ERROR)[2]
        raise kind(f"{path} cannot be written ({why}). {way_out}") from error
    finally:
        part.unlink(missing_ok=True)


_IO_ERROR = "underlying IO error: "
"""The text by which polars reports a full disk and the like while it writes Parquet."""
