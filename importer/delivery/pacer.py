"""The pacer that every sender of requests uses: the pauses that an API asks for, the time of its clock, and waits.

``Channel`` (a run's batches) and ``Line`` (one request after another) each have one, and decide by themselves when
waiting has taken too long.
"""

import threading
from collections.abc import Callable
from typing import Any

from importer.delivery import pacing
from importer.delivery.classify import Verdict, classify
from importer.delivery.clock import Clock
from importer.models.watching import Watch
from importer.targets import Exchange

_SLICE_S = 0.2
"""A wait checks this often whether it should go on."""


class Pacer:
    """Keeps the pause that an API asked for; may be used by several threads.

    ``is_over`` returns True once nobody wants an answer any more: it ends a wait.
    """

    def __init__(self, clock: Clock, is_over: Callable[[], bool]) -> None:
        self._clock, self._is_over = clock, is_over
        self._lock = threading.Lock()
        self._refusals_in_a_row = 0
        self._paused_until = 0.0

    def heed(self, exchange: Exchange) -> None:
        """Note the pause that a 429 asks for. Call it before anything else is done with an answer."""
        # Before the outcome is committed, which takes time: another thread would send meanwhile.
        with self._lock:
            if classify(exchange, may_be_applied=False) is Verdict.TOO_MANY:
                self._refusals_in_a_row += 1
                asked = pacing.asked_wait_s(exchange.headers, exchange.body, self._clock.wall())
                pause = pacing.wait_s(asked, self._refusals_in_a_row, self._clock.chance())
                self._paused_until = self._clock.monotonic() + pause
            elif exchange.status is not None:
                self._refusals_in_a_row = 0

    @property
    def pause_s(self) -> float:
        """Return the seconds until the pause that was asked for is over; 0 or less if it is."""
        return self._paused_until - self._clock.monotonic()

    def facts(self, exchange: Exchange, verdict: Verdict) -> dict[str, Any]:
        """Return the facts that the ledger stores of an answer: ``clock_offset``, and ``pause_s`` after a 429."""
        facts: dict[str, Any] = {}
        if (server_time := pacing.server_time(exchange.headers)) is not None:
            facts["clock_offset"] = server_time - self._clock.wall()
        if verdict is Verdict.TOO_MANY:
            facts["pause_s"] = self.pause_s
        return facts

    def rest(self, seconds: float, why: str, watch: Watch) -> None:
        """Wait for ``seconds``, or until nobody wants an answer any more; ``watch`` is told if it is over a second."""
        if seconds > 1:
            watch.waiting(why, seconds)
        until = self._clock.monotonic() + seconds
        # In slices, and by the clock: a wish to stop is seen soon, and a sleep that is cut short is made up.
        while not self._is_over() and (left := until - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, _SLICE_S))
