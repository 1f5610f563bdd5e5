"""The one way out to the API: pace, pauses, patience, and the wish to stop."""

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
    """How delivery ended.

    Attributes:
        reason: None where all that was offered has its answer or is unconfirmed; else ``interrupted``, ``key-refused``,
            ``misdirected``, ``unavailable`` or ``refused``.
        message: for people: what happened and what to run next.
        exit_code: that the run should leave, its rows aside.
    """

    reason: str | None = None
    message: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """Where a run's delivery is booked; ``journal`` is the run's own, where contacts are to be sent."""

    ledger: Ledger
    run_id: str
    account_id: int
    journal: Journal | None = None


class Channel:
    """Lets requests out one by one, each with its intent written, and knows when to give up."""

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
        """Why no further request is let out; None while they are."""
        if self._end is None and self._is_stopping:
            return DeliveryEnd("interrupted", f"The run was interrupted. {self._how_to_go_on()}", 4)
        return self._end

    def stop(self) -> None:
        """Let nothing out any more; may be called from a signal handler."""
        self._is_stopping = True

    def give_up(self, reason: str, message: str, exit_code: int = 4) -> None:
        """Let nothing out any more because of the API; the first reason stays."""
        with self._lock:
            self._end = self._end or DeliveryEnd(reason, f"{message} {self._how_to_go_on()}", exit_code)

    def answered(self) -> None:
        """The API works: patience starts anew."""
        self.has_answered = True
        self._troubled_since = None

    def begin(self, kind: str, intent: Intent | None = None) -> Attempt | None:
        """Write a request's intent as soon as the pace allows one; None where none may go out any more."""
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
        """Whether a request whose intent is written may still go out: the API has not asked for a pause since."""
        return self.end is None and self._pacer.pause_s <= 0

    def send(self, body: bytes, group_id: str) -> Exchange:
        """Post a body, once, and heed at once what the answer says of pauses."""
        exchange = self.target.send(body, group_id)
        self._pacer.heed(exchange)
        return exchange

    def finish(
        self, attempt: Attempt, exchange: Exchange, verdict: Verdict, pieces: Iterable[Piece] = (), **facts: object
    ) -> list[Piece]:
        """Write a request's outcome, with what it tells of the account's clock and of when to come back."""
        return self._ledger.finish(attempt, exchange, verdict, pieces, **facts, **self._pacer.facts(exchange, verdict))

    def fetch_page(self, kind: str, page: int, limit: int) -> Exchange | None:
        """Ask for a page of the account; None where nothing may go out any more. ``kind``: ``probe`` or ``list``."""
        attempt = self.begin(kind)
        if attempt is None:
            return None
        exchange = self.target.fetch_page(page, limit)
        self._pacer.heed(exchange)
        self.seconds_a_request = exchange.seconds
        self.finish(attempt, exchange, classify(exchange, may_be_applied=False))
        return exchange

    def wait(self, seconds: float, why: str) -> None:
        """Wait for the API, or give up where that would try the run's patience."""
        now = self.clock.monotonic()
        with self._lock:
            self._troubled_since = now if self._troubled_since is None else self._troubled_since
            waited = now - self._troubled_since
        if waited + seconds > self._settings.max_wait:
            self.give_up("unavailable", f"The API cannot be used for at least {seconds:.0f} s more ({why}).")
            return
        self.rest(seconds, why)

    def rest(self, seconds: float, why: str) -> None:
        """Let time go by, unless the run ends first."""
        self._pacer.rest(seconds, why, self._watch)

    def _how_to_go_on(self) -> str:
        return f"What was not sent stays ready: importer resume {self._run_id}"
