"""Sending one piece: intent, request, decision, outcome, and what follows from it."""

import hashlib
import threading
from collections.abc import Callable

import polars as pl

from importer.delivery import pacing
from importer.delivery.channel import Books, Channel
from importer.delivery.classify import Verdict, classify
from importer.delivery.machine import Circumstances, Decision, decide, said, seen
from importer.delivery.pieces import Piece, State
from importer.delivery.records import Intent
from importer.models import Reason, Watch
from importer.targets import Exchange

MOST_DOUBTS_IN_A_ROW = 3


class Sender:
    """Sends pieces, from any thread.

    After an answer was lost, and after many tries in vain, the API is first asked for a single contact: contacts are
    risked again only where that works.
    """

    def __init__(
        self,
        books: Books,
        channel: Channel,
        load: Callable[[int], pl.DataFrame],
        watch: Watch,
        quiet_s: float,
    ) -> None:
        self._ledger, self._run_id, self._account_id = books.ledger, books.run_id, books.account_id
        self._channel, self._load, self._watch, self._quiet_s = channel, load, watch, quiet_s
        self._doubts_in_a_row = 0
        self._needs_probe = False
        self._probing = threading.Lock()

    def send(self, piece: Piece) -> list[Piece]:
        """Try once to send a piece; gives the pieces that are ready to be sent now."""
        self._probe()
        contacts = self._load(piece.batch)
        phones = contacts["phone"]
        chosen = contacts if piece.rows == contacts.height else contacts[list(piece.offsets)]
        target, clock = self._channel.target, self._channel.clock
        body = target.encode(chosen)
        known = self._ledger.known_of(self._account_id)
        is_too_large = known.ceiling_bytes is not None and len(body) >= known.ceiling_bytes
        is_too_large |= target.body_cap_bytes is not None and len(body) > target.body_cap_bytes
        if is_too_large and piece.rows > 1:
            return self._ledger.part(self._run_id, piece, piece.halves(), phones)
        attempt = self._channel.begin("bulk", Intent(piece, phones, body))
        if attempt is None or attempt.piece is None:
            return []
        self._watch.sent(piece.batch, piece.rows)
        exchange = target.send(body, hashlib.sha256(self._run_id.encode() + body).hexdigest()[:32])
        given = Circumstances(
            phones=chosen["phone"].to_list(),
            body_bytes=len(body),
            counting=known.counting,
            requests=self._ledger.attempts_for(self._run_id, piece.batch),
            doubt_until=clock.monotonic() + self._quiet_s,
            are_skips_duplicates=known.are_skips_duplicates,
        )
        decision = decide(attempt.piece, exchange, target, given)
        facts = {"ceiling_bytes": decision.ceiling_bytes, "counting": decision.counting}
        learned = {name: value for name, value in facts.items() if value is not None}
        pieces = self._channel.finish(attempt, exchange, decision.verdict, decision.pieces, **learned)
        for after in pieces:
            if after.state is not State.READY:
                self._watch.settled(after.batch, after.rows, after.state)
        self._follow(decision, exchange, pieces)
        return [after for after in pieces if after.state is State.READY]

    def _follow(self, decision: Decision, exchange: Exchange, pieces: list[Piece]) -> None:
        """Do what a decision asks for beside the contacts, once it is in the ledger."""
        match decision.verdict:
            case Verdict.KEY_REFUSED:
                words = said(exchange, self._channel.target)
                self._channel.give_up("key-refused", f"The API refuses the key ({words}).", 6)
            case Verdict.MISDIRECTED:
                self._channel.give_up(
                    "misdirected",
                    f"The address does not take contacts ({decision.why}). Check --base-url; no redirect is followed.",
                )
            case Verdict.AMBIGUOUS:
                self._note_doubt(pieces[0], decision.why)
            case Verdict.NOT_SENT | Verdict.NOT_APPLIED:
                self._retry(pieces[0].tries, decision.why)
            case Verdict.TOO_MANY:
                pass  # the ledger knows until when nothing may be sent
            case _:
                self._doubts_in_a_row = 0
                self._channel.answered()
        if decision.has_ended_search:
            self._note_search(pieces[0].batch, decision.why)

    def _note_doubt(self, piece: Piece, why: str) -> None:
        self._watch.note(f"batch {piece.batch}: the answer for {piece.rows:,} contacts was lost ({why})")
        self._doubts_in_a_row += 1
        self._needs_probe = True
        if self._doubts_in_a_row >= MOST_DOUBTS_IN_A_ROW:
            self._channel.give_up("unavailable", f"{self._doubts_in_a_row} answers in a row were lost ({why}).")

    def _retry(self, tries: int, why: str) -> None:
        """Wait before the next try; where there were many, look first whether the API is there."""
        if tries == 0:
            return  # in halves now: another request altogether
        if tries < pacing.MOST_TRIES:
            self._channel.wait(pacing.backoff_s(tries, self._channel.clock.chance()), why)
        elif self._channel.has_answered and tries < 2 * pacing.MOST_TRIES:
            self._needs_probe = True
        else:
            self._channel.give_up("unavailable", f"The API could not be reached in {tries} tries ({why}).")

    def _note_search(self, batch: int, words: str) -> None:
        """Say that the cause of a refusal was not found; give up where the API took nothing of the batch."""
        self._watch.note(f"batch {batch}: the search for contacts that the API refuses was ended ({words})")
        ends = [piece for piece in self._ledger.pieces(self._run_id, batch) if piece.state is State.SETTLED]
        if all(piece.reason in (None, Reason.REJECTED_BY_API) for piece in ends):
            self._channel.give_up("refused", f"The API refuses every contact that it was sent ({words}).")

    def _probe(self) -> None:
        """Where the API gave cause for doubt, hold everybody until it answers a harmless request."""
        with self._probing:
            probes = 0
            while self._needs_probe and self._channel.end is None:
                exchange = self._channel.fetch_page("probe", 1, 1)
                if exchange is None:
                    return
                verdict = classify(exchange, may_be_applied=False)
                if exchange.status == 401:
                    self._channel.give_up("key-refused", "The API refuses the key (status 401).", 6)
                elif verdict in (Verdict.AMBIGUOUS, Verdict.NOT_SENT, Verdict.NOT_APPLIED):
                    probes += 1
                    self._wait_out(probes, seen(exchange))
                elif verdict is not Verdict.TOO_MANY:
                    self._needs_probe = False

    def _wait_out(self, probes: int, why: str) -> None:
        if probes >= pacing.MOST_TRIES and not self._channel.has_answered:
            self._channel.give_up("unavailable", f"The API does not answer ({why}).")
        else:
            self._channel.wait(pacing.outage_s(probes, self._channel.clock.chance()), f"the API is out: {why}")
