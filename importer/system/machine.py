"""What is known of this machine, its user and its other processes, as far as the system tells."""

import getpass
import os
import signal
from contextlib import suppress
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_USUAL_MB = 4096
"""Taken for the memory of a machine that does not tell."""


def memory_mb() -> int:
    """Return the memory of this machine in MB, or of the container if it has a limit."""
    if not hasattr(os, "sysconf"):
        return _USUAL_MB
    limit = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no such file, or "max"
        limit = min(limit, int(_CGROUP_LIMIT.read_text("ascii")))
    return limit >> 20


@cache
def boot_id() -> str:
    """Return the id of this start of the machine; "" if the system has none.

    Monotonic times can be compared within one start, across processes.
    """
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def user_name() -> str | None:
    """Return the name of the system's user; None if it has none, as in a container."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # without a name in the environment, Windows lacks a module to ask
        return None


def user_number() -> str:
    """Return the number of the system's user; "" if it has none."""
    return str(os.getuid()) if hasattr(os, "getuid") else ""


def is_root() -> bool:
    """Return True if this process may do anything, as root may; False where there is no root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def is_running(pid: int) -> bool | None:
    """Return True if this machine has a process of that number; None if the system cannot be asked."""
    if not hasattr(signal, "SIGKILL"):
        return None  # os.kill would not ask there: it would end the process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's process: it runs
    return True


def started_ticks(pid: int) -> int | None:
    """Return when a process began, in ticks since this machine did; None if the system does not tell."""
    try:
        return int((_PROC / f"{pid}/stat").read_text("ascii").rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
