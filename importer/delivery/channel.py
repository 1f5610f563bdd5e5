"""The channel to the API that all requests of a run's delivery pass: pace, pauses, patience, and the wish to stop."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from importer.delivery.classify import Verdict, classify
from importer.delivery.clock import Clock
from importer.delivery.journal import Journal
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.records import Attempt, Intent
from importer.delivery.pacer import Pacer
from importer.delivery.pieces import Piece
from importer.models.watching import Watch
from importer.settings.settings import Settings
from importer.targets import Exchange, Target


@dataclass(frozen=True, slots=True)
class DeliveryEnd:
    """The end of a delivery.

    Attributes:
        reason: None if everything offered has its answer or is unconfirmed; else ``interrupted``, ``key-refused``,
            ``misdirected``, ``unavailable`` or ``refused``.
        message: for people: what happened and what to run next.
        exit_code: the run's exit code as far as delivery decides it; rows may change it.
    """

    reason: str | None = None
    message: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """The books of a run's delivery: its ledger and, if contacts are to be sent, the run's own ``journal``."""

    ledger: Ledger
    run_id: str
    account_id: int
    journal: Journal | None = None


class Channel:
    """Lets requests out, each with its intent written first, and decides when to give up.

    One channel serves all threads of a run's delivery. ``stop`` or ``give_up`` ends it; it is never opened again.

    Attributes:
        has_answered: the API has answered at least one request with contacts.
        seconds_a_request: the time that the last page took; 0 before the first.
    """

    def __init__(self, books: Books, target: Target, settings: Settings, watch: Watch, clock: Clock) -> None:
        self.target, self.clock = target, clock
        self._ledger, self._run_id, self._account_id = books.ledger, books.run_id, books.account_id
        self._settings, self._watch = settings, watch
        self._lock = threading.Lock()
        self._pacer = Pacer(clock, lambda: self.end is not None)
        self._troubled_since: float | None = None
        self._is_stopping = False
        self._end: DeliveryEnd | None = None
        self.has_answered = False
        self.seconds_a_request = 0.0

    @property
    def end(self) -> DeliveryEnd | None:
        """Return why no further request is let out; None while requests are let out."""
        if self._end is None and self._is_stopping:
            return DeliveryEnd("interrupted", f"The run was interrupted. {self._how_to_go_on()}", 4)
        return self._end

    def stop(self) -> None:
        """Let nothing out any more; may be called from a signal handler."""
        # No lock: a signal handler may interrupt the thread that holds it.
        self._is_stopping = True

    def give_up(self, reason: str, message: str, exit_code: int = 4) -> None:
        """Let nothing out any more because of the API; the first reason given is kept."""
        with self._lock:
            self._end = self._end or DeliveryEnd(reason, f"{message} {self._how_to_go_on()}", exit_code)

    def answered(self) -> None:
        """Note that the API works: ``max_wait`` is counted anew from the next trouble."""
        self.has_answered = True
        self._troubled_since = None

    def begin(self, kind: str, intent: Intent | None = None) -> Attempt | None:
        """Write a request's intent as soon as the pace allows one; return None if none may go out any more."""
        while self.end is None:
            if (left := self._pacer.pause_s) > 0:
                self.wait(left, "the API's limit of requests")
                continue
            begun = self._ledger.begin(
                self._account_id,
                self._run_id,
                kind,
                per_hour=self._settings.requests_per_hour,
                burst=self._settings.burst,
                intent=intent,
            )
            if isinstance(begun, Attempt):
                return begun
            self.wait(begun, "the API's limit of requests")
        return None

    @property
    def is_open(self) -> bool:
        """Return True if a request whose intent is written may still go out: no end and no 429 came since."""
        return self.end is None and self._pacer.pause_s <= 0

    def send(self, body: bytes, group_id: str) -> Exchange:
        """Post a body once; a pause that the answer asks for holds for all threads before this returns."""
        exchange = self.target.send(body, group_id)
        self._pacer.heed(exchange)
        return exchange

    def finish(
        self, attempt: Attempt, exchange: Exchange, verdict: Verdict, pieces: Iterable[Piece] = (), **facts: object
    ) -> list[Piece]:
        """Write a request's outcome, with the API's clock and pause as its answer gave them; return the new pieces."""
        return self._ledger.finish(attempt, exchange, verdict, pieces, **facts, **self._pacer.facts(exchange, verdict))

    def fetch_page(self, kind: str, page: int, limit: int) -> Exchange | None:
        """Request a page of the account; return None if nothing may go out. ``kind``: ``probe`` or ``list``."""
        attempt = self.begin(kind)
        if attempt is None:
            return None
        exchange = self.target.fetch_page(page, limit)
        self._pacer.heed(exchange)
        self.seconds_a_request = exchange.seconds
        self.finish(attempt, exchange, classify(exchange, may_be_applied=False))
        return exchange

    def wait(self, seconds: float, why: str) -> None:
        """Wait for the API, or give up if its trouble would last longer than ``max_wait`` in all."""
        now = self.clock.monotonic()
        with self._lock:
            self._troubled_since = now if self._troubled_since is None else self._troubled_since
            waited = now - self._troubled_since
        if waited + seconds > self._settings.max_wait:
            self.give_up("unavailable", f"The API cannot be used for at least {seconds:.0f} s more ({why}).")
            return
        self.rest(seconds, why)

    def rest(self, seconds: float, why: str) -> None:
        """Wait for ``seconds``, or until the run ends."""
        self._pacer.rest(seconds, why, self._watch)

    def _how_to_go_on(self) -> str:
        return f"What was not sent stays ready: importer resume {self._run_id}"
