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
from importer.models.number_set import NumberSet
from importer.models.watching import Watch
from importer.settings.settings import Settings
from importer.targets import Target

STOP_WITHIN_S = 30.0
THREADS = 3
"""Threads for each of several requests in flight: one waits for the answer, one holds the next, one does the books."""

MOST_ROUNDS = 5
"""Maximum rounds of read-back and resend; contacts still in doubt after that stay unconfirmed."""


class Delivery:
    """Sends one run's batches to an account; owns the threads that do.

    One thread calls ``start``, ``offer`` for each batch, ``close`` and at last ``wait``, which ends the threads.

    Attributes:
        sent_by_others: looks numbers up among those that other runs have sent to the account.

    Args:
        ledger: open; ``begin_run`` was called.
        run_id, account_id: what the ledger books under.
        target: where contacts go.
        settings: in_flight, deadline, quiet_time, verify, verify_requests, requests_per_hour, max_wait.
        load: a batch's contacts by its number: phone, first_name, last_name, email, metadata (JSON text), in order.
        suppressed: numbers that must not be sent, although their contacts may have been prepared.
        watch: is told what happens.
        clock: time and chance.
        journal: where the run notes what it hands to the API, apart from the ledger.
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
        suppressed: NumberSet = NumberSet(),  # noqa: B008 - it is frozen
        watch: Watch,
        clock: Clock | None = None,
        journal: Journal | None = None,
    ) -> None:
        books = Books(ledger, run_id, account_id, journal)
        self._ledger, self._run_id = ledger, run_id
        self._settings, self._watch = settings, watch
        self._channel = Channel(books, target, settings, watch, clock or Clock.of_machine())
        self.sent_by_others = sent_numbers(ledger, account_id, other_than=run_id)
        self._sender = Sender(books, self._channel, load, watch, settings, suppressed, self.sent_by_others)
        self._resolver = Resolver(books, self._channel, settings, watch, suppressed)
        self._changed = threading.Condition()
        self._queue: list[tuple[int, int, int, Piece]] = []
        self._pushed = self._active = 0
        self._offered: set[int] = set()
        self._is_closed = self._is_done = False
        self._failure: BaseException | None = None
        self._threads: list[threading.Thread] = []
        ledger.doubt_interrupted(run_id, settings.quiet_time_s)

    def start(self) -> None:
        """Start the threads that send what was and will be offered."""
        self._threads = [
            threading.Thread(target=self._work, name=f"sender-{number}", daemon=True)
            for number in range(THREADS * self._settings.in_flight if self._settings.in_flight > 1 else 1)
        ]
        for thread in self._threads:
            thread.start()

    def offer(self, number: int, rows: int) -> None:
        """Queue batch ``number`` (starts at 1), which is on the disk: the contacts that the ledger has as not sent."""
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
        """Note that nothing more will be offered, so that ``wait`` can end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Finish the requests under way within 30 s and send nothing more; may be called from a signal handler."""
        self._channel.stop()
        threading.Thread(target=self._wind_down, daemon=True).start()

    def wait(self, *, is_forced: bool = False) -> DeliveryEnd:
        """Wait until everything offered has an answer or is unconfirmed, or the run must stop; return how it ended.

        Args:
            is_forced: the user passed ``--repost-anyway``: send contacts that stay in doubt again, once, although that
                may duplicate them.

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
        """Settle what is in doubt, in round ``number`` (starts at 0); return the pieces to send again."""
        again = []
        if self._settings.verify != "never":
            again = self._resolver.settle(is_audit=self._settings.verify == "always" and number == 0)
        # Before any resend: contacts that were suppressed meanwhile must not travel with the rest of their piece.
        self._resolver.keep_back()
        if self._settings.verify != "never":
            again += self._resolver.repeat()
        if is_forced and number == 0:
            again += self._resolver.repeat(is_forced=True)
        return again

    def _wind_down(self) -> None:
        """Shorten the requests under way and wake all threads; in a thread, as a signal handler must not take locks."""
        self._channel.target.hurry(STOP_WITHIN_S)
        with self._changed:
            self._changed.notify_all()

    def _is_over(self) -> bool:
        return self._failure is not None or self._channel.end is not None

    def _until_idle(self) -> None:
        """Wait until no piece is being sent and none will be: the queue is done, or the run is over."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._active and (self._is_over() or (self._is_closed and not self._queue))
            )

    def _push(self, pieces: Iterable[Piece]) -> bool:
        """Queue pieces, earlier contacts first; return True if there were any."""
        with self._changed:
            before = self._pushed
            for piece in pieces:
                # The running number settles ties: pieces themselves cannot be compared.
                self._pushed += 1
                heapq.heappush(self._queue, (piece.batch, piece.offsets[0], self._pushed, piece))
            self._changed.notify_all()
            return self._pushed > before

    def _work(self) -> None:
        """Send pieces from the queue until the run is over; runs in each of the threads."""
        while (piece := self._next()) is not None:
            try:
                # Push before _active falls: else the delivery would look idle while a piece is in nobody's hands.
                self._push(self._sender.send(piece))
            except BaseException as failure:  # noqa: BLE001 - wait() raises it in the thread that can tell people
                self._failure = failure
            finally:
                with self._changed:
                    self._active -= 1
                    self._changed.notify_all()

    def _next(self) -> Piece | None:
        """Wait for a piece and take it from the queue; None if the run is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_done or self._is_over())
            if self._is_done or self._is_over():
                return None
            self._active += 1
            return heapq.heappop(self._queue)[-1]
