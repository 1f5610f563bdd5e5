"""The line to an account: one request after another, at its pace, and again where that is harmless."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from importer.client.verdicts import failure
from importer.delivery import Ledger
from importer.delivery.classify import Verdict, classify
from importer.delivery.clock import Clock
from importer.delivery.pacing import MOST_TRIES, asked_wait_s, backoff_s, server_time, wait_s
from importer.delivery.records import Attempt
from importer.errors import AnswerLostError, UnavailableError
from importer.models.watching import Silence, Stop, Watch
from importer.targets import Exchange, Target

_SLICE_S = 0.2


@dataclass(frozen=True, slots=True)
class Log:
    """Where requests are booked, so that all programs that use one account keep its pace together.

    Attributes:
        ledger, account_id: of the account.
        on_behalf_of: what the requests are for: a run's id, or the name of a command.
        per_hour: requests that may be made in an hour, by everybody.
        burst: requests that may be made in so many seconds, too.
    """

    ledger: Ledger
    account_id: int
    on_behalf_of: str
    per_hour: int
    burst: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request; ``was_lost_before`` tells that an earlier try of it may have been carried out."""

    exchange: Exchange
    was_lost_before: bool


@dataclass(slots=True)
class Line:
    """Makes requests of a target.

    Attributes:
        target: the open API.
        log: keeps the account's pace; without one only the API's own 429 does.
        max_wait_s: seconds to wait in all for one answer, for its pace or an outage.
        watch: is told of waits.
        stop: where it is wished, no request is made any more.
        requests: how many were made.
    """

    target: Target
    log: Log | None = None
    max_wait_s: float = 60.0
    watch: Watch = Silence()  # noqa: RUF009 - it has no state
    clock: Clock = Clock.of_machine()  # noqa: RUF009 - it is frozen
    stop: Stop | None = None
    requests: int = 0

    def ask(self, kind: str, request: Callable[[], Exchange], *, is_repeatable: bool) -> Answer:
        """The answer to a request, whatever its status; without one it is repeated where that is certainly harmless.

        Args:
            kind: of the request, for the log: ``create``, ``bulk``, ``list``, ``update`` or ``delete``.
            request: makes it.
            is_repeatable: a request that may have been carried out can be made again.

        Raises:
            UnavailableError: there was no answer in time, and nothing was changed.
            AnswerLostError: the request may have been carried out.
        """
        waited = 0.0
        tries = refusals = 0
        was_lost = False
        try:
            while True:
                attempt = self._begin(kind)
                if isinstance(attempt, float):
                    waited += self._wait(attempt, waited, "the API's limit of requests")
                    continue
                exchange = request()
                self.requests += 1
                verdict = classify(exchange, may_be_applied=False)
                refusals = refusals + 1 if verdict is Verdict.TOO_MANY else 0
                pause = self._finish(attempt, exchange, verdict, refusals)
                if verdict is Verdict.TOO_MANY:
                    if self.log is None:
                        waited += self._wait(pause, waited, "the API's limit of requests")
                    continue
                is_missed = verdict in (Verdict.NOT_SENT, Verdict.NOT_APPLIED)
                is_lost = verdict is Verdict.AMBIGUOUS and exchange.status != 409
                if not (is_missed or is_lost):
                    return Answer(exchange, was_lost)
                was_lost |= is_lost
                tries += 1
                if tries >= MOST_TRIES or (is_lost and not is_repeatable):
                    raise failure(exchange, verdict, self.target)
                waited += self._wait(backoff_s(tries, self.clock.chance()), waited, "the API does not answer")
        except UnavailableError:
            if not was_lost:
                raise
            raise AnswerLostError(
                "The answer to an earlier try was lost, and the API cannot be used now. It may have been carried out: "
                "look before you repeat it."
            ) from None

    def _begin(self, kind: str) -> Attempt | float | None:
        if self.stop:
            raise UnavailableError("Stopped before the next request.")
        if self.log is None:
            return None
        log = self.log
        return log.ledger.begin(log.account_id, log.on_behalf_of, kind, per_hour=log.per_hour, burst=log.burst)

    def _finish(self, attempt: Attempt | None, exchange: Exchange, verdict: Verdict, refusals: int) -> float:
        """Book the outcome; the seconds to wait, where the API asks for a pause."""
        now = self.clock.wall()
        facts: dict[str, Any] = {}
        if (moment := server_time(exchange.headers)) is not None:
            facts["clock_offset"] = moment - now
        pause = 0.0
        if verdict is Verdict.TOO_MANY:
            pause = wait_s(asked_wait_s(exchange.headers, exchange.body, now), refusals, self.clock.chance())
            facts["pause_s"] = pause
        if self.log is not None and attempt is not None:
            self.log.ledger.finish(attempt, exchange, verdict, **facts)
        return pause

    def _wait(self, seconds: float, waited: float, why: str) -> float:
        """Wait, unless that would take too long in all; the seconds that went by."""
        if waited + seconds > self.max_wait_s:
            raise UnavailableError(
                f"The API cannot be used for another {seconds:.0f} s ({why}). Nothing was changed; try again then.",
                seconds,
            )
        if seconds > 1:
            self.watch.waiting(why, seconds)
        until = self.clock.monotonic() + seconds
        while not self.stop and (left := until - self.clock.monotonic()) > 0:
            self.clock.sleep(min(left, _SLICE_S))
        return seconds
