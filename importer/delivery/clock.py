"""Time as delivery sees it; tests bring their own."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@cache
def boot_id() -> str:
    """What this start of the machine is called; monotonic times can be compared within it, across processes."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


_SET_BACK_S = 3600.0
"""Clocks of two machines that work with one ledger differ by less."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Clocks in seconds, a sleep, and chance between 0 and 1.

    Attributes:
        wall: epoch seconds; may be stepped at any time.
        monotonic: never goes back.
        boot: within which ``monotonic`` can be compared; empty where it cannot.
    """

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    boot: str = ""

    @classmethod
    def of_machine(cls) -> "Clock":
        """The machine's own clocks."""
        return cls(boot=boot_id())

    def seconds_since(self, wall: float, monotonic: float, boot: str) -> float:
        """How long ago a stored moment was: exact within one boot, however the clock was set since.

        A moment of an earlier boot that is more than an hour ahead shows that the clock was set back: it is as long ago
        as the machine is on, at least.
        """
        if boot and boot == self.boot:
            return self.monotonic() - monotonic
        since = self.wall() - wall
        return self.monotonic() if boot and since < -_SET_BACK_S else max(since, 0.0)

    def as_monotonic(self, wall: float | None, monotonic: float | None, boot: str | None) -> float:
        """A stored moment on this process's monotonic clock: exact within one boot, by the wall clock after another."""
        if wall is None or monotonic is None:
            return 0.0
        if boot and boot == self.boot:
            return monotonic
        return self.monotonic() + max(wall - self.wall(), 0.0)
