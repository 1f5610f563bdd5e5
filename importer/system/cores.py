"""The processor cores of this machine that this process may use."""

import os
from contextlib import suppress
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_MOST = 8


def can_fork() -> bool:
    """Return True if this system can copy a process that has loaded all it needs, which workers are made by."""
    return hasattr(os, "fork")


def usable() -> int:
    """Return how many processes are worth starting: one a core, as far as a container's quota goes, 8 at most.

    1 on a system without ``/proc``: there the memory of other processes cannot be watched.
    """
    if not (can_fork() and Path("/proc/self").exists()):
        return 1
    cores = len(os.sched_getaffinity(0))
    with suppress(OSError, ValueError):  # no such file, or "max"
        quota, period = map(int, _QUOTA.read_text("ascii").split())
        cores = min(cores, max(1, quota // period))
    return min(cores, _MOST)
