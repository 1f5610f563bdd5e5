"""Memory and processor time of this process, its children and theirs. Without ``/proc``, of this process alone.

A system that tells neither (Windows) has 0 MB here, and this process's time: memory is then not guarded.

A child with a session of its own (the embedded sandbox) is not counted: its memory is not spent on reading a file.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType

resource: ModuleType | None = None
with suppress(ImportError):
    import resource

_PROC = Path("/proc")
_HELD = ("RssAnon:", "RssShmem:", "VmSwap:")
"""Lines of ``/proc/<pid>/status``. File pages (``RssFile``) do not count: the kernel can drop them at any time."""
_PEAK = "VmHWM:"
_BYTES_AT_ONCE = 1 << 14
_SESSION, _TICKS = 3, slice(11, 15)
"""Places in the fields of ``/proc/<pid>/stat`` after the command's name: of a process, and of its ended children."""


def held_mb() -> float:
    """Return the memory in MB that the tree holds now; without ``/proc``, the peak of this process."""
    with suppress(OSError):
        return sum(_held_kb(pid) for pid in (os.getpid(), *_children())) / 1024
    return own_mb()


def own_mb() -> float:
    """Return the memory in MB that this process holds now, without its children; without ``/proc``, its peak."""
    with suppress(OSError):
        return _held_kb(os.getpid()) / 1024
    return _own_peak_of_system_mb()


def own_peak_mb() -> float:
    """Return the most memory in MB that this process has held so far, files that it maps included."""
    # `ru_maxrss` would not do: what a large process starts inherits the figure of its parent.
    with suppress(OSError, StopIteration):
        return next(_lines_kb(os.getpid(), (_PEAK,))) / 1024
    return _own_peak_of_system_mb()


def largest_child_peak_mb() -> float:
    """Return the most memory in MB that any child that has ended held; 0 if the system does not tell."""
    return 0.0 if resource is None else _peak_of_system_mb(resource.RUSAGE_CHILDREN)


def _own_peak_of_system_mb() -> float:
    return 0.0 if resource is None else _peak_of_system_mb(resource.RUSAGE_SELF)


def _peak_of_system_mb(of: int) -> float:
    peak: int = resource.getrusage(of).ru_maxrss if resource is not None else 0
    # In KB on Linux, in bytes on macOS.
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


def spent_s() -> float:
    """Return the processor time in seconds of this process and its children, ended or running."""
    if resource is None:
        return time.process_time()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = sum(_spent_ticks(pid) for pid in _children())
    return float(time.process_time() + ended.ru_utime + ended.ru_stime + ticks / os.sysconf("SC_CLK_TCK"))


def child_ids() -> list[int]:
    """Return the ids of the running children and of theirs; empty without ``/proc``."""
    return list(_children())


def _children(parent: int | None = None) -> Iterator[int]:
    """Yield the ids of this process's children that share its session, each followed by its own children."""
    session = os.getsid(0)
    threads = f"{_PROC}/{parent or 'self'}/task"
    with suppress(OSError):
        for thread in os.listdir(threads):  # noqa: PTH208 - paths as objects took longer than the system's answers
            with suppress(OSError):
                for pid in map(int, _content(f"{threads}/{thread}/children").split()):
                    if int(_stat(pid)[_SESSION]) == session:
                        yield pid
                        yield from _children(pid)


def _held_kb(pid: int) -> int:
    """Return the memory of a process in KB; 0 if it has ended. Raise OSError if it is this one: there is no /proc."""
    try:
        return sum(_lines_kb(pid, _HELD))
    except OSError:
        if pid == os.getpid():
            raise
        return 0


def _lines_kb(pid: int, names: tuple[str, ...]) -> Iterator[int]:
    """Yield the values of some lines of a process's status, in KB."""
    lines = _content(f"{_PROC}/{pid}/status").splitlines()
    yield from (int(line.split()[1]) for line in lines if line.startswith(names))


def _spent_ticks(pid: int) -> int:
    with suppress(OSError, IndexError):
        return sum(map(int, _stat(pid)[_TICKS]))
    return 0


def _stat(pid: int) -> list[str]:
    """Return the fields of ``/proc/<pid>/stat`` after the command's name, which may hold blanks and brackets itself."""
    return _content(f"{_PROC}/{pid}/stat").rpartition(")")[2].split()


def _content(path: str) -> str:
    """Return the text of a file of ``/proc``. A guard asks for several of them twenty times a second."""
    file = os.open(path, os.O_RDONLY)
    try:
        return b"".join(iter(partial(os.read, file, _BYTES_AT_ONCE), b"")).decode("utf-8", "replace")
    finally:
        os.close(file)
