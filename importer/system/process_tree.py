"""What this process and its children hold and have spent. Linux tells of all; elsewhere of this process alone.

A child with a session of its own (the embedded sandbox) is left out: what it holds is no part of reading a file.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_HELD = ("RssAnon:", "RssShmem:", "VmSwap:")
"""Of ``/proc/<pid>/status``. Pages of files (``RssFile``) can be dropped at any time, so they are not counted."""
_SESSION, _USER_TICKS, _SYSTEM_TICKS = 3, 11, 12
"""Fields of ``/proc/<pid>/stat`` behind the command's name, from 0."""


def held_mb() -> float:
    """Return the memory that the tree holds now; where there is no ``/proc``, the most that this process ever held."""
    with suppress(OSError):
        return sum(_held_kb(pid) for pid in (os.getpid(), *_children())) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


def spent_s() -> float:
    """Return the processor time of this process, of its children that have ended, and of those that are at work."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = sum(_spent_ticks(pid) for pid in _children())
    return time.process_time() + ended.ru_utime + ended.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def child_ids() -> list[int]:
    """Return the children at work; none where there is no ``/proc``."""
    return list(_children())


def _children() -> Iterator[int]:
    """Yield the children of this process that share its session."""
    session = os.getsid(0)
    for listed in (_PROC / "self/task").glob("*/children"):
        with suppress(OSError):
            for pid in map(int, listed.read_text("ascii").split()):
                if int(_stat(pid)[_SESSION]) == session:
                    yield pid


def _held_kb(pid: int) -> int:
    """Return 0 for a process that has ended meanwhile; this one has not."""
    try:
        status = (_PROC / str(pid) / "status").read_text("utf-8", "replace")
    except OSError:
        if pid == os.getpid():
            raise
        return 0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(_HELD))


def _spent_ticks(pid: int) -> int:
    with suppress(OSError, IndexError):
        stat = _stat(pid)
        return int(stat[_USER_TICKS]) + int(stat[_SYSTEM_TICKS])
    return 0


def _stat(pid: int) -> list[str]:
    """Return the fields behind the command's name, which may hold blanks and brackets itself."""
    return (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
