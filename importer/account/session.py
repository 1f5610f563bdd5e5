"""The line to an account: one request after another, at its pace, and repeated if that is harmless."""

from collections.abc import Callable
from dataclasses import dataclass, field

from importer.account.failures import failure
from importer.delivery import Ledger
from importer.delivery.classify import Verdict, classify
from importer.delivery.clock import Clock
from importer.delivery.ledger.records import Attempt
from importer.delivery.pacer import Pacer
from importer.delivery.pacing import MOST_TRIES, backoff_s
from importer.errors import AnswerLostError, UnavailableError
from importer.models.watching import Silence, Stop, Watch
from importer.targets import Exchange, Target


@dataclass(frozen=True, slots=True)
class Log:
    """The log of requests in the ledger, so that all programs that use one account keep its pace together.

    Attributes:
        ledger, account_id: of the account.
        on_behalf_of: what the requests are for: a run's id, or the name of a command.
        per_hour: requests that may be made in an hour, by all programs together.
        burst: a second limit: requests, and the seconds in which they may be made; None if there is none.
    """

    ledger: Ledger
    account_id: int
    on_behalf_of: str
    per_hour: int
    burst: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request; ``was_lost_before`` is True if an earlier try of it may have been carried out."""

    exchange: Exchange
    was_lost_before: bool


@dataclass(slots=True)
class Line:
    """Makes requests of a target, one after another; used by one thread.

    Attributes:
        target: the open API.
        log: keeps the account's pace; None if only the API's own 429 is to.
        max_wait_s: seconds to wait in all for one answer, for the account's pace or an outage.
        watch: is told of waits.
        clock: time and chance.
        stop: once it is wished, no request is made any more; None if it cannot be.
        requests: number of requests made so far.
    """

    target: Target
    log: Log | None = None
    max_wait_s: float = 60.0
    watch: Watch = Silence()  # noqa: RUF009 - it has no state
    clock: Clock = Clock.of_machine()  # noqa: RUF009 - it is frozen
    stop: Stop | None = None
    requests: int = 0
    _pacer: Pacer = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pacer = Pacer(self.clock, lambda: bool(self.stop))

    def ask(self, kind: str, request: Callable[[], Exchange], *, is_repeatable: bool) -> Answer:
        """Make a request and return its answer, whatever the status; repeat it without one, if that is harmless.

        Args:
            kind: of the request, for the log: ``probe``, ``create``, ``bulk``, ``list``, ``update`` or ``delete``.
            request: makes it.
            is_repeatable: the request may be made again although it may have been carried out.

        Raises:
            UnavailableError: there was no answer in time, and nothing was changed.
            AnswerLostError: the request may have been carried out.
        """
        waited = 0.0
        tries = 0
        was_lost = False
        try:
            while True:
                attempt = self._begin(kind)
                if isinstance(attempt, float):
                    waited += self._wait(attempt, waited, "the API's limit of requests")
                    continue
                exchange = request()
                self.requests += 1
                self._pacer.heed(exchange)
                verdict = classify(exchange, may_be_applied=False)
                if self.log is not None and attempt is not None:
                    self.log.ledger.finish(attempt, exchange, verdict, **self._pacer.facts(exchange, verdict))
                if verdict is Verdict.TOO_MANY:
                    if self.log is None:
                        waited += self._wait(self._pacer.pause_s, waited, "the API's limit of requests")
                    continue
                is_missed = verdict in (Verdict.NOT_SENT, Verdict.NOT_APPLIED)
                # 409 is an answer: the account has the number, so nothing was lost.
                is_lost = verdict is Verdict.AMBIGUOUS and exchange.status != 409
                if not (is_missed or is_lost):
                    return Answer(exchange, was_lost)
                was_lost |= is_lost
                tries += 1
                if tries >= MOST_TRIES or (is_lost and not is_repeatable):
                    raise failure(exchange, verdict, self.target)
                waited += self._wait(backoff_s(tries, self.clock.chance()), waited, "the API does not answer")
        except UnavailableError:
            # "Nothing was changed" is not true any more once an earlier try may have been carried out.
            if not was_lost:
                raise
            raise AnswerLostError(
                "The answer to an earlier try was lost, and the API cannot be used now. It may have been carried out: "
                "look before you repeat it."
            ) from None

    def _begin(self, kind: str) -> Attempt | float | None:
        """Book a request; return the seconds to wait if the pace forbids it now, None if there is no log."""
        if self.stop:
            raise UnavailableError("Stopped before the next request.")
        if self.log is None:
            return None
        log = self.log
        return log.ledger.begin(log.account_id, log.on_behalf_of, kind, per_hour=log.per_hour, burst=log.burst)

    def _wait(self, seconds: float, waited: float, why: str) -> float:
        """Wait and return the seconds waited; raise if that would take longer than ``max_wait_s`` in all."""
        if waited + seconds > self.max_wait_s:
            raise UnavailableError(
                f"The API cannot be used for another {seconds:.0f} s ({why}). Nothing was changed; try again then.",
                seconds,
            )
        self._pacer.rest(seconds, why, self.watch)
        return seconds
