"""Whether somebody still writes to a file."""

from contextlib import suppress
from pathlib import Path
from types import ModuleType

from importer.system.opening import open_regular

fcntl: ModuleType | None = None
with suppress(ImportError):
    import fcntl


def is_written(path: Path) -> bool:
    """Return True if a program of this machine has the file open for writing; False if the system cannot tell."""
    if fcntl is None or not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        with open_regular(path) as opened:
            # The kernel grants a lease for reading only where nobody has the file open for writing.
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:  # another's file, or a disk without leases
        return False
    return False
