"""The clocks that delivery uses; tests pass their own."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from importer.system.machine import boot_id

_SET_BACK_S = 3600.0
"""Seconds; the clocks of two machines that work with one ledger differ by less."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Clocks in seconds, a sleep, and chance between 0 and 1.

    Attributes:
        wall: epoch seconds; may be stepped at any time.
        monotonic: never goes back.
        boot: id of the start of the machine within which ``monotonic`` can be compared; empty if it cannot be.
    """

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    boot: str = ""

    @classmethod
    def of_machine(cls) -> "Clock":
        """Return the machine's own clocks."""
        return cls(boot=boot_id())

    def seconds_since(self, wall: float, monotonic: float, boot: str) -> float:
        """Return the seconds since a stored moment: exact within one boot, however the clock was set since.

        A moment of an earlier boot that is more than an hour ahead shows that the clock was set back. It is then at
        least as long ago as the machine has been on, and that time is returned.
        """
        if boot and boot == self.boot:
            return self.monotonic() - monotonic
        since = self.wall() - wall
        return self.monotonic() if boot and since < -_SET_BACK_S else max(since, 0.0)

    def as_monotonic(self, wall: float | None, monotonic: float | None, boot: str | None) -> float:
        """Return a stored moment on this boot's monotonic clock; 0 if there is none.

        It is exact within one boot. A moment of another boot is placed by the wall clock, and never in the past.
        """
        if wall is None or monotonic is None:
            return 0.0
        if boot and boot == self.boot:
            return monotonic
        return self.monotonic() + max(wall - self.wall(), 0.0)
