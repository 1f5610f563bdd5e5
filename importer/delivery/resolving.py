"""Settling what is in doubt: wait until nothing can arrive late, read the account back, and book what that proves."""

from collections.abc import Sequence

from importer.delivery.channel import Books, Channel
from importer.delivery.classify import Verdict, classify
from importer.delivery.pieces import Piece, State
from importer.delivery.readback import ASKED_PAGE_SIZE, Findings, apply, read_back
from importer.models import Reason, Watch
from importer.targets import Page

_MOST_CONTROLS = 50
_UNCERTAIN = (Reason.NOT_NAMED, Reason.PRESENT)


class Resolver:
    """Settles a run's doubts by read-back."""

    def __init__(self, books: Books, channel: Channel, watch: Watch) -> None:
        self._ledger, self._run_id, self._account_id = books.ledger, books.run_id, books.account_id
        self._channel, self._watch = channel, watch
        self._spent = 0

    def settle(self, budget: int) -> list[Piece]:
        """Look for every uncertain contact within ``budget`` requests in all; gives the pieces to send again.

        Those are the contacts of lost answers that are certainly not in the account. Contacts whose request was
        answered without saying what became of whom are settled where they are found, and left as they are where not.
        """
        pieces = self._ledger.pieces(self._run_id)
        uncertain = [piece for piece in pieces if piece.state is State.IN_DOUBT or _is_vague(piece)]
        budget -= self._spent
        if not uncertain or budget <= 0:
            return []
        rest = max(piece.not_before for piece in uncertain) - self._channel.clock.monotonic()
        if rest > 0:
            self._channel.rest(rest, "until a lost request cannot arrive late any more")
        if self._channel.end is not None:
            return []
        wanted = {phone for piece in uncertain for phone in self._open_phones(piece)}
        self._watch.doing(f"reading the account back for {len(wanted):,} contacts, {budget:,} requests at most")
        findings = read_back(self._fetch, wanted, self._controls(pieces), budget)
        self._spent += findings.requests
        self._watch.doing("")
        if findings.why_not:
            self._watch.note(f"read-back: {findings.why_not}")
        return [after for piece in uncertain for after in self._book(piece, findings) if after.state is State.READY]

    def _book(self, piece: Piece, findings: Findings) -> list[Piece]:
        phones = self._ledger.phones(self._run_id, piece.batch)
        offset = self._ledger.known_of(self._account_id).clock_offset
        sent_at = self._ledger.sent_at(piece)
        server_time = None if sent_at is None or offset is None else sent_at + offset
        after = apply(piece, phones, findings, server_time)
        if after == [piece]:
            return []
        stored = self._ledger.part(self._run_id, piece, after, phones)
        for part in stored:
            if part.state is State.SETTLED:
                self._watch.settled(part.batch, part.rows, part.state)
        return stored

    def _fetch(self, number: int) -> Page | None:
        """One page of the account; tried once more where the answer was lost."""
        for _ in range(2):
            exchange = self._channel.fetch_page("list", number, ASKED_PAGE_SIZE)
            while exchange is not None and exchange.status == 429:
                exchange = self._channel.fetch_page("list", number, ASKED_PAGE_SIZE)
            if exchange is None:
                return None
            if classify(exchange, may_be_applied=False) is Verdict.ANSWERED:
                return self._channel.target.read_page(exchange.body)
        return None

    def _open_phones(self, piece: Piece) -> list[str]:
        named = {contact.offset for contact in piece.named}
        phones = self._ledger.phones(self._run_id, piece.batch)
        return phones.gather([offset for offset in piece.offsets if offset not in named]).to_list()

    def _controls(self, pieces: Sequence[Piece]) -> set[str]:
        """Numbers of contacts that were confirmed last, spread over their piece."""
        confirmed = [piece for piece in pieces if piece.state is State.SETTLED and piece.reason is Reason.CONFIRMED]
        if not confirmed:
            return set()
        last = max(confirmed, key=lambda piece: piece.id or 0)
        named = {contact.offset for contact in last.named}
        offsets = [offset for offset in last.offsets if offset not in named]
        step = max(1, len(offsets) // _MOST_CONTROLS)
        return set(self._ledger.phones(self._run_id, last.batch).gather(offsets[::step]).to_list())


def _is_vague(piece: Piece) -> bool:
    return piece.state is State.SETTLED and piece.reason in _UNCERTAIN
