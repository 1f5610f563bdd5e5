"""Delivery: threads that take pieces from a queue and send them, and the settling of what is in doubt at the end."""

import heapq
import threading
from collections.abc import Callable, Iterable

import polars as pl

from importer.delivery.channel import Books, Channel, DeliveryEnd
from importer.delivery.clock import Clock
from importer.delivery.doubts import Resolver
from importer.delivery.journal import Journal
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.numbers import sent_numbers
from importer.delivery.pieces import Piece, State
from importer.delivery.sending import Sender
from importer.models.watching import Watch
from importer.settings.settings import Settings
from importer.targets import Target

STOP_WITHIN_S = 30.0
THREADS = 3
"""For each of several requests in flight: one waits for its answer, one holds the next, one does the books."""

MOST_ROUNDS = 5
"""So often is looked for what is in doubt, and sent again what may be."""


class Delivery:
    """One run's batches on their way to an account.

    Attributes:
        sent_by_others: tells which numbers other runs have sent to the account.

    Args:
        ledger: open; ``begin_run`` was called.
        run_id, account_id: what the ledger books under.
        target: where contacts go.
        settings: in_flight, deadline, quiet_time, verify, verify_requests, requests_per_hour, max_wait.
        load: a batch's contacts by its number: phone, first_name, last_name, email, metadata (JSON text), in order.
        suppressed: numbers (String, E.164) that must not be sent, although their contacts may have been prepared.
        watch: is told what happens.
        clock: time and chance.
        journal: where the run notes by itself what it hands to the API.
    """

    def __init__(  # noqa: PLR0913 - all by name; each is a thing that the run owns
        self,
        *,
        ledger: Ledger,
        run_id: str,
        account_id: int,
        target: Target,
        settings: Settings,
        load: Callable[[int], pl.DataFrame],
        suppressed: pl.Series | None = None,
        watch: Watch,
        clock: Clock | None = None,
        journal: Journal | None = None,
    ) -> None:
        books = Books(ledger, run_id, account_id, journal)
        self._ledger, self._run_id = ledger, run_id
        self._settings, self._watch = settings, watch
        self._channel = Channel(books, target, settings, watch, clock or Clock.of_machine())
        listed = pl.Series(dtype=pl.String) if suppressed is None else suppressed
        self.sent_by_others = sent_numbers(ledger, account_id, other_than=run_id)
        self._sender = Sender(books, self._channel, load, watch, settings, listed, self.sent_by_others)
        self._resolver = Resolver(books, self._channel, settings, watch, listed)
        self._changed = threading.Condition()
        self._queue: list[tuple[int, int, int, Piece]] = []
        self._pushed = self._active = 0
        self._offered: set[int] = set()
        self._is_closed = self._is_done = False
        self._failure: BaseException | None = None
        self._threads: list[threading.Thread] = []
        ledger.doubt_interrupted(run_id, settings.quiet_time_s)

    def start(self) -> None:
        """Begin to send what is and will be offered."""
        self._threads = [
            threading.Thread(target=self._work, name=f"sender-{number}", daemon=True)
            for number in range(THREADS * self._settings.in_flight if self._settings.in_flight > 1 else 1)
        ]
        for thread in self._threads:
            thread.start()

    def offer(self, number: int, rows: int) -> None:
        """Batch ``number`` (starts at 1) is durable: send what the ledger does not know as sent."""
        if number in self._offered:
            return
        self._offered.add(number)
        pieces = self._ledger.pieces(self._run_id, number) or [Piece(number, range(rows))]
        self._watch.queued(number, rows)
        for piece in pieces:
            if piece.state is State.SETTLED:
                self._watch.settled(number, piece.rows, piece.state)
        self._push(piece for piece in pieces if piece.state is State.READY)

    def close(self) -> None:
        """Nothing more will be offered."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Finish the requests under way within 30 s and send nothing more; may be called from a signal handler."""
        self._channel.stop()
        threading.Thread(target=self._wind_down, daemon=True).start()

    def wait(self, *, is_forced: bool = False) -> DeliveryEnd:
        """Wait until everything offered has an answer or is unconfirmed, or the run must stop.

        Args:
            is_forced: send again what stays in doubt, once, although it may be doubled by that: a person wishes it.

        Raises:
            ImporterError: from the ledger or from loading a batch; what was sent is in the ledger.
        """
        try:
            for number in range(MOST_ROUNDS):
                self._until_idle()
                if self._is_over() or not self._push(self._settled(number, is_forced=is_forced)):
                    break
            self._until_idle()
        finally:
            with self._changed:
                self._is_done = True
                self._changed.notify_all()
            for thread in self._threads:
                thread.join()
        if self._failure is not None:
            raise self._failure
        return self._channel.end or DeliveryEnd()

    def _settled(self, number: int, *, is_forced: bool) -> list[Piece]:
        """Settle what is in doubt, for the ``number``-th time from 0; gives what is to be sent again."""
        again = []
        if self._settings.verify != "never":
            again = self._resolver.settle(is_audit=self._settings.verify == "always" and number == 0)
        self._resolver.keep_back()
        if self._settings.verify != "never":
            again += self._resolver.repeat()
        if is_forced and number == 0:
            again += self._resolver.repeat(is_forced=True)
        return again

    def _wind_down(self) -> None:
        self._channel.target.hurry(STOP_WITHIN_S)
        with self._changed:
            self._changed.notify_all()

    def _is_over(self) -> bool:
        return self._failure is not None or self._channel.end is not None

    def _until_idle(self) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: not self._active and (self._is_over() or (self._is_closed and not self._queue))
            )

    def _push(self, pieces: Iterable[Piece]) -> bool:
        """Queue pieces, earlier contacts first; whether there were any."""
        with self._changed:
            before = self._pushed
            for piece in pieces:
                self._pushed += 1
                heapq.heappush(self._queue, (piece.batch, piece.offsets[0], self._pushed, piece))
            self._changed.notify_all()
            return self._pushed > before

    def _work(self) -> None:
        while (piece := self._next()) is not None:
            try:
                self._push(self._sender.send(piece))
            except BaseException as failure:  # noqa: BLE001 - wait() raises it in the thread that can tell people
                self._failure = failure
            finally:
                with self._changed:
                    self._active -= 1
                    self._changed.notify_all()

    def _next(self) -> Piece | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_done or self._is_over())
            if self._is_done or self._is_over():
                return None
            self._active += 1
            return heapq.heappop(self._queue)[-1]
