"""How much memory a process and all its children hold at their peak (Linux): the sum of their proportional shares."""

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

_EVERY_S = 0.1


class PeakMemory:
    """The most that the tree was seen to hold; ``mb`` is None where the system does not tell."""

    mb: float | None = None


@contextlib.contextmanager
def watched(process: "subprocess.Popen[bytes]") -> Iterator[PeakMemory]:
    """Look at the tree of ``process`` ten times a second for as long as the context is open."""
    peak, is_over = PeakMemory(), threading.Event()

    def look() -> None:
        while not is_over.wait(_EVERY_S):
            if held := _held_kb(process.pid):
                peak.mb = max(peak.mb or 0.0, held / 1024)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        is_over.set()
        watcher.join()


def _held_kb(pid: int) -> int:
    """The proportional set size of a process and its children; what has ended meanwhile counts nothing."""
    held = 0
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines():
            if line.startswith("Pss:"):
                held += int(line.split()[1])
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            held += sum(_held_kb(int(child)) for child in children.read_text("utf-8").split())
    return held
