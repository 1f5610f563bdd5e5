"""New files that only their owner can read, whole or not there at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from polars.exceptions import ComputeError

from importer.errors import ImporterError, StoppedError


@contextmanager
def new_file(path: Path, way_out: str, kind: type[ImporterError] = StoppedError) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` at the end.

    The file exists with mode 0600 before anything is written, so what writes to the path must truncate, not replace.

    Raises:
        ImporterError: of the ``kind`` given: the file cannot be written (disk full, no permission); the message ends
            with ``way_out``.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
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
"""How polars tells of one while it writes Parquet."""
