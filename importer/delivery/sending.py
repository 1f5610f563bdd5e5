"""Sending one piece: intent, request, decision, outcome, and what the run does next."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from importer.delivery import elsewhere, pacing
from importer.delivery.channel import Books, Channel
from importer.delivery.classify import Verdict, classify
from importer.delivery.decisions import Circumstances, Decision, decide, said, seen
from importer.delivery.ledger.records import Attempt, Intent
from importer.delivery.pieces import History, Piece, State
from importer.delivery.suppressing import keep_back
from importer.errors import ImporterError
from importer.models.number_set import NumberSet
from importer.models.outcomes import Reason
from importer.models.watching import Watch
from importer.settings.settings import Settings
from importer.targets import Exchange

MOST_DOUBTS_IN_A_ROW = 3
"""Answers lost in a row after which the run gives up: each leaves contacts that must be read back."""

_MISSES = (Verdict.NOT_SENT, Verdict.NOT_APPLIED)
"""Nothing was changed, so the piece is tried again after a wait."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A piece with all that its request needs: the numbers of its whole batch, its own, and the body."""

    piece: Piece
    batch_phones: pl.Series
    phones: list[str]
    body: bytes


class Sender:
    """Sends pieces, without contacts that are suppressed by now or that another run has sent since.

    ``send`` may be called from any thread; the delivery engine's threads do, until its channel has an end.

    After an answer was lost, and after many failed tries, the API is first asked for a page of one contact (a probe).
    Contacts are risked again only if that works.

    With several requests in flight, the bodies and intents of the next ones are prepared meanwhile: a slot that
    becomes free is used at once, while the outcome before is still being committed. So a kill at any instant leaves at
    most twice as many batches in doubt as are in flight. With one in flight there is one intent at a time, one doubt.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a thing that the run owns
        self,
        books: Books,
        channel: Channel,
        load: Callable[[int], pl.DataFrame],
        watch: Watch,
        settings: Settings,
        suppressed: NumberSet,
        look_up: elsewhere.LookUp,
    ) -> None:
        self._ledger, self._run_id, self._journal = books.ledger, books.run_id, books.journal
        self._channel, self._load, self._watch, self._quiet_s = channel, load, watch, settings.quiet_time_s
        self._suppressed, self._look_up = suppressed, look_up
        self._known = books.ledger.known_of(books.account_id)
        self._doubts_in_a_row = 0
        self._needs_probe = False
        self._probing = threading.Lock()
        most = settings.in_flight
        self._intents = threading.Semaphore(2 * most)  # with one in flight there is one thread, and so one intent
        self._slots = threading.Semaphore(most)

    def send(self, piece: Piece) -> list[Piece]:
        """Try once to send a piece; return the pieces that are ready to be sent now.

        Empty if the piece is settled or in doubt, or if nothing may be sent any more.
        """
        request = self._prepare(piece)
        if (after := self._without_barred(piece, request.batch_phones)) is not None:
            return after
        with self._intents:
            self._probe()
            if self._is_too_large(request):
                return self._ledger.part(self._run_id, piece, piece.halves(), request.batch_phones)
            attempt = self._channel.begin("bulk", Intent(piece, request.batch_phones, request.body))
            if attempt is None or attempt.piece is None:
                return []
            with self._slots:
                # While this waited for its slot, another answer may have given cause for a probe or a pause.
                if self._needs_probe or not self._channel.is_open:
                    return self._ledger.withdraw(attempt)
                self._note(attempt)
                self._watch.sent(piece.batch, piece.rows)
                exchange = self._channel.send(request.body, self._group_id(request))
            decision = decide(attempt.piece, exchange, self._channel.target, self._circumstances(request, attempt))
            # Before the outcome is committed, which takes time: requests that leave meanwhile must heed it already.
            self._react(decision, exchange)
            if decision.verdict in _MISSES or decision.has_ended_search:
                return self._finish(attempt, exchange, decision)  # nobody goes on before this is waited out
        return self._finish(attempt, exchange, decision)

    def _note(self, attempt: Attempt) -> None:
        """Note in the run's own journal that a request is about to leave.

        Raises:
            ImporterError: it cannot be noted; its intent is withdrawn, and it must not leave.
        """
        try:
            if self._journal is not None:
                self._journal.sending(attempt)
        except ImporterError:
            self._ledger.withdraw(attempt)
            raise

    def _finish(self, attempt: Attempt, exchange: Exchange, decision: Decision) -> list[Piece]:
        """Commit an outcome and act on it; return the pieces that are ready to be sent now."""
        learned = {"ceiling_bytes": decision.ceiling_bytes, "counting": decision.counting}
        facts = {name: value for name, value in learned.items() if value is not None}
        pieces = self._channel.finish(attempt, exchange, decision.verdict, decision.pieces, **facts)
        for after in pieces:
            if after.state is not State.READY:
                self._watch.settled(after.batch, after.rows, after.state)
        first, *_ = pieces
        if decision.verdict in _MISSES:
            self._retry(first.tries, decision.why)
        if decision.has_ended_search:
            self._note_search(first.batch, decision)
        return [after for after in pieces if after.state is State.READY]

    def _without_barred(self, piece: Piece, phones: pl.Series) -> list[Piece] | None:
        """Split off what must not be sent; return the pieces still to be sent, None if nothing was split off."""
        rest, held = keep_back(piece, phones, self._suppressed)
        if held is not None:
            return self._keep_back(piece, rest, held, phones)
        # What this run itself may have created cannot be left to another run: its end must be found first.
        is_certainly_absent = not piece.may_be_applied or piece.history is History.ABSENT
        parted = elsewhere.part(piece, phones, self._look_up) if is_certainly_absent else None
        return None if parted is None else self._leave_to_others(piece, parted, phones)

    def _keep_back(self, piece: Piece, rest: Piece | None, held: Piece, phones: pl.Series) -> list[Piece]:
        """Commit that some contacts of a piece are not sent; return the pieces of the others, which are ready."""
        stored = self._ledger.part(self._run_id, piece, [held] if rest is None else [held, rest], phones)
        self._watch.settled(held.batch, held.rows, held.state)
        return [part for part in stored if part.state is State.READY]

    def _leave_to_others(self, piece: Piece, parted: elsewhere.Parted, phones: pl.Series) -> list[Piece]:
        """Commit that other runs have sent contacts of a piece meanwhile; return the pieces still to be sent."""
        stored = self._ledger.part(self._run_id, piece, parted.pieces(), phones)
        if parted.imported is not None:
            self._watch.settled(piece.batch, parted.imported.rows, State.SETTLED)
        if parted.waiting is not None:
            self._watch.note(
                f"batch {piece.batch}: {parted.waiting.rows:,} contacts may have been imported by run "
                f"{', '.join(parted.runs)}. They are not sent before that run is settled: "
                f"importer resume {parted.runs[0]}"
            )
        return [after for after in stored if parted.rest is not None and after.offsets == parted.rest.offsets]

    def _prepare(self, piece: Piece) -> _Request:
        """Load a piece's contacts and encode its body."""
        contacts = self._load(piece.batch)
        chosen = contacts if piece.rows == contacts.height else contacts[list(piece.offsets)]
        return _Request(piece, contacts["phone"], chosen["phone"].to_list(), self._channel.target.encode(chosen))

    def _is_too_large(self, request: _Request) -> bool:
        """Return True if a body is known to be refused for its size and can be split; a single contact is tried."""
        ceiling, cap = self._known.ceiling_bytes, self._channel.target.body_cap_bytes
        size = len(request.body)
        is_too_large = (ceiling is not None and size >= ceiling) or (cap is not None and size > cap)
        return is_too_large and request.piece.rows > 1

    def _group_id(self, request: _Request) -> str:
        """Return the idempotency key: the same for the same rows of a run, however often they are sent."""
        return hashlib.sha256(self._run_id.encode() + request.body).hexdigest()[:32]

    def _circumstances(self, request: _Request, attempt: Attempt) -> Circumstances:
        return Circumstances(
            phones=request.phones,
            body_bytes=len(request.body),
            counting=self._known.counting,
            requests=attempt.requests,
            others_ready=attempt.others_ready,
            doubt_until=self._channel.clock.monotonic() + self._quiet_s,
            are_skips_duplicates=self._known.are_skips_duplicates,
        )

    def _react(self, decision: Decision, exchange: Exchange) -> None:
        """Set at once what an answer means for all threads: give up, probe first, or a size that is refused."""
        self._known = replace(
            self._known,
            ceiling_bytes=decision.ceiling_bytes or self._known.ceiling_bytes,
            counting=decision.counting or self._known.counting,
        )
        match decision.verdict:
            case Verdict.KEY_REFUSED:
                words = said(exchange, self._channel.target)
                self._channel.give_up(
                    "key-refused", f"The API refuses the key ({words}). Set a key that it takes, then go on.", 6
                )
            case Verdict.MISDIRECTED:
                self._channel.give_up(
                    "misdirected",
                    f"The address does not take contacts ({decision.why}). Check --base-url; no redirect is followed.",
                )
            case Verdict.AMBIGUOUS:
                (doubted,) = decision.pieces
                self._note_doubt(doubted, decision.why)
            case Verdict.ANSWERED | Verdict.TOO_LARGE | Verdict.REFUSED:
                self._doubts_in_a_row = 0
                self._channel.answered()

    def _note_doubt(self, piece: Piece, why: str) -> None:
        """Report a lost answer and ask for a probe; give up after several in a row."""
        self._watch.note(f"batch {piece.batch}: the answer for {piece.rows:,} contacts was lost ({why})")
        self._doubts_in_a_row += 1
        self._needs_probe = True
        if self._doubts_in_a_row >= MOST_DOUBTS_IN_A_ROW:
            self._channel.give_up("unavailable", f"{self._doubts_in_a_row} answers in a row were lost ({why}).")

    def _retry(self, tries: int, why: str) -> None:
        """Wait before the next try; after many tries, ask for a probe or give up."""
        if tries == 0:
            return  # in halves now: another request altogether
        if tries < pacing.MOST_TRIES:
            self._channel.wait(pacing.backoff_s(tries, self._channel.clock.chance()), why)
        elif self._channel.has_answered and tries < 2 * pacing.MOST_TRIES:
            self._needs_probe = True
        else:
            self._channel.give_up("unavailable", f"The API could not be reached in {tries} tries ({why}).")

    def _note_search(self, batch: int, decision: Decision) -> None:
        """Report that the cause of a refusal was not found; give up if the API took nothing of the batch."""
        if decision.verdict is Verdict.REFUSED:
            self._watch.note(f"batch {batch}: the search for contacts that the API refuses was ended ({decision.why})")
        ends = [piece for piece in self._ledger.pieces(self._run_id, batch) if piece.state is State.SETTLED]
        if all(piece.reason in (None, Reason.REJECTED_BY_API) for piece in ends):
            self._channel.give_up("refused", f"The API refuses every contact that it was sent ({decision.why}).")

    def _probe(self) -> None:
        """Hold all threads until the API answers a harmless request, if it gave cause for doubt."""
        # One thread probes; the others wait here and find the API well when they get the lock.
        with self._probing:
            probes = 0
            while self._needs_probe and self._channel.end is None:
                exchange = self._channel.fetch_page("probe", 1, 1)
                if exchange is None:
                    return
                verdict = classify(exchange, may_be_applied=False)
                if exchange.status == 401:
                    self._channel.give_up(
                        "key-refused", "The API refuses the key (status 401). Set a new one, then go on.", 6
                    )
                elif verdict in (Verdict.AMBIGUOUS, Verdict.NOT_SENT, Verdict.NOT_APPLIED):
                    probes += 1
                    self._wait_out(probes, exchange)
                elif verdict is not Verdict.TOO_MANY:
                    self._needs_probe = False

    def _wait_out(self, probes: int, exchange: Exchange) -> None:
        """Wait before the next probe, less the time that this one took; give up if the API has never answered."""
        if probes >= pacing.MOST_TRIES and not self._channel.has_answered:
            self._channel.give_up("unavailable", f"The API does not answer ({seen(exchange)}).")
        else:
            left = pacing.outage_s(probes, self._channel.clock.chance()) - exchange.seconds
            self._channel.wait(max(left, pacing.SHORTEST_S), f"the API is out: {seen(exchange)}")
