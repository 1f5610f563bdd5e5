"""Settling what is in doubt: wait until nothing can arrive late, read the account back, and book what that proves.

There are three ways, tried in this order. The account's list comes first: it needs no promise of the API. Then the same
rows are sent again if a write check proved that the API skips numbers it has. Last, and only if the user asks for it,
they are sent again without any proof.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from importer.delivery import readback_messages as telling
from importer.delivery.account_pages import AccountPages
from importer.delivery.channel import Books, Channel
from importer.delivery.classify import Verdict, classify
from importer.delivery.dating import Window
from importer.delivery.ledger.history import answered, doubted_answers, requests_for, sent_at
from importer.delivery.ledger.unfinished_readbacks import Begun, put_away, take_up
from importer.delivery.pieces import History, Piece, State
from importer.delivery.presence import apply
from importer.delivery.readback import (
    CAN_BE_CONTROLLED,
    OLD_CONTROL,
    Findings,
    Search,
    agreed,
    read_back,
)
from importer.delivery.samples import Samples, Sent, carriers
from importer.delivery.suppressing import keep_back
from importer.models.outcomes import Reason
from importer.models.watching import Watch
from importer.settings.settings import Settings
from importer.targets import Page

MOST_REPEATS = 4
"""Times a piece is sent again because the API is proven to skip numbers it has."""

MOST_CONTRADICTIONS = 2
"""Answers with counts that do not add up after which a piece stays in doubt: the API would give them again."""

NOT_BEHIND = "until the account's list cannot be behind any more"

_SHORTEST_GAP_S = 1.0
_LONGEST_GAP_S = 60.0
_MOST_CONTROLS = 50
_UNCERTAIN = (Reason.NOT_NAMED, Reason.PRESENT)


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The contacts of a run of which it does not know whether they are in the account.

    Attributes:
        pieces: in doubt, or settled without certainty.
        phones: numbers of their contacts, without those that have an end of their own.
        since: when the first of their requests began, epoch seconds by the API's clock; None if one is not known.
    """

    pieces: tuple[Piece, ...]
    phones: frozenset[str]
    since: float | None


class Resolver:
    """Settles a run's doubts within ``settings.verify_requests`` pages in all; used by one thread.

    Contacts whose number is in ``suppressed`` (String, E.164) are never returned to be sent again.

    Attributes:
        last: what the last read-back saw.
    """

    def __init__(
        self, books: Books, channel: Channel, settings: Settings, watch: Watch, suppressed: pl.Series | None = None
    ) -> None:
        self._suppressed = pl.Series(dtype=pl.String) if suppressed is None else suppressed
        self._ledger, self._run_id, self._account_id = books.ledger, books.run_id, books.account_id
        self._channel, self._settings, self._watch = channel, settings, watch
        self._budget = settings.verify_requests
        self._pages = AccountPages(partial(channel.fetch_page, "list"))
        self._clock = channel.clock
        self._samples = Samples(self._ledger, self._account_id, ())
        self.last = Findings()

    def settle(
        self, *, controls: Iterable[str] = (), watch_for: Iterable[str] = (), is_audit: bool = False
    ) -> list[Piece]:
        """Look for every uncertain contact in the account's list; return the pieces to send again.

        Those are the contacts of lost answers that are certainly not in the account. Contacts whose request was
        answered without saying what became of each are settled if they are found, and else left as they are.

        Args:
            controls: numbers that were created just now, to show whether the list is up to date; by default contacts
                that were confirmed last.
            watch_for: numbers to note in ``last.seen`` if they are there. Those that are not can be made controls,
                which prove absence sooner than a second read-back; so no second one is made.
            is_audit: also check that the contacts which the API confirmed are there.
        """
        pieces = self._ledger.pieces(self._run_id)
        uncertain = self._uncertain(pieces)
        confirmed = self._confirmed(pieces) if is_audit else set()
        if not (uncertain.pieces or confirmed) or self._budget <= 0:
            return []
        # A request that is still under way would make a contact after the page was read that should show it.
        self._rest(uncertain.pieces)
        if self._channel.end is not None:
            return []
        self._samples = Samples(self._ledger, self._account_id, map(self._carriers, uncertain.pieces))
        search = Search(
            wanted=set(uncertain.phones),
            controls=set(controls) or self._controls(pieces),
            budget=self._budget,
            controls_since=-math.inf if controls else self._controls_since(pieces),
            may_be_second=self._may_be_second(uncertain.pieces),
            watched=confirmed.union(watch_for),
            since=uncertain.since,
            dating=self._samples.numbers,
            awaited=self._samples.awaited,
            on_plan=self._tell_plan,
        )
        self._watch.note(telling.wanted(uncertain.pieces, len(confirmed)))
        self.last = self._read(search)
        if self.last.is_absence_proven and not controls:
            self._look_again(search, self._gap(pieces))
        if not watch_for and self._is_open(search, uncertain.pieces):
            self._look_twice(search)
        for text in (*telling.found(search, self.last, self._run_id), *telling.audited(confirmed, self.last)):
            self._watch.note(text)
        return [after for piece in uncertain.pieces for after in self._book(piece, self.last)]

    def keep_back(self) -> None:
        """Split off the contacts in doubt that must not be sent again because their number is suppressed by now."""
        for piece in self._ledger.pieces(self._run_id):
            if piece.state is State.IN_DOUBT:
                phones = self._ledger.phones(self._run_id, piece.batch)
                rest, held = keep_back(piece, phones, self._suppressed)
                if held not in (None, piece):
                    self._ledger.part(self._run_id, piece, [part for part in (held, rest) if part is not None], phones)

    def repeat(self, *, is_forced: bool = False) -> list[Piece]:
        """Return the pieces in doubt to send again although the list did not settle them; commits that first.

        Without ``is_forced`` these are pieces of an account that is proven to skip numbers it has, at most
        ``MOST_REPEATS`` times each. With it they are all pieces in doubt. What ``keep_back`` split off is left alone.
        """
        in_doubt = [piece for piece in self._ledger.pieces(self._run_id) if piece.state is State.IN_DOUBT]
        if not is_forced and not self._ledger.known_of(self._account_id).skips_repeats:
            return []
        # Also when forced: two requests with one contact must not be under way together.
        self._rest(in_doubt)
        if self._channel.end is not None:
            return []
        again = []
        for piece in in_doubt:
            phones = self._ledger.phones(self._run_id, piece.batch)
            if keep_back(piece, phones, self._suppressed)[0] is None:
                continue
            if is_forced:
                after = replace(piece, state=State.READY, history=History.FORCED)
            elif requests_for(self._ledger, piece) <= MOST_REPEATS:
                after = replace(piece, state=State.READY)
            else:
                continue
            again += self._ledger.part(self._run_id, piece, [after], phones)
        return again

    def uncertain(self) -> Uncertain:
        """Return what the run does not know now, as its ledger has it."""
        return self._uncertain(self._ledger.pieces(self._run_id))

    def _uncertain(self, pieces: Sequence[Piece]) -> Uncertain:
        here = tuple(piece for piece in pieces if piece.state is State.IN_DOUBT or _is_vague(piece))
        phones = frozenset(phone for piece in here for phone in self._open_phones(piece))
        moments = [self._sent_at(piece) for piece in here]
        known = [moment for moment in moments if moment is not None]
        # One moment that is not known makes the earliest unknown: reading must not stop short of it.
        return Uncertain(here, phones, min(known) if known and len(known) == len(moments) else None)

    def _rest(self, pieces: Iterable[Piece]) -> None:
        rest = max((piece.not_before for piece in pieces), default=0.0) - self._clock.monotonic()
        if rest > 0:
            self._channel.rest(rest, "until a lost request cannot arrive late any more")

    def _tell_plan(self, total: int | None, pages: int | None) -> None:
        pace = self._settings.requests_per_hour
        self._watch.note(telling.plan(total, pages, self._budget, pace, self._channel.seconds_a_request))

    def _read(self, search: Search) -> Findings:
        """Read the account, from where an earlier read-back stopped if one did; store one that is broken off."""
        begun = take_up(self._ledger, self._run_id, self._account_id, search, self._clock.wall())
        if begun is not None:
            search = begun.search
            self._watch.note(f"Going on at page {begun.reading.next_page:,}, where the reading before stopped.")
        self._watch.doing(f"reading the account back for {len(search.wanted):,} contacts")
        findings = read_back(self._fetch, search, begun.reading if begun else None)
        self._watch.doing("")
        self._budget -= findings.requests
        if findings.unfinished is not None:
            left = Begun(findings.unfinished, search)
            put_away(self._ledger, self._run_id, self._account_id, left, self._clock.wall())
        return findings

    def _book(self, piece: Piece, findings: Findings) -> list[Piece]:
        """Commit what was found of a piece; return the pieces of it to send again."""
        phones = self._ledger.phones(self._run_id, piece.batch)
        are_skipped = self._ledger.known_of(self._account_id).skips_repeats
        if self._contradictions(piece) >= MOST_CONTRADICTIONS:
            findings = replace(findings, is_absence_proven=False)
        after = apply(piece, phones, findings, self._window(piece, findings), are_repeats_skipped=are_skipped)
        if after == [piece]:
            return []
        after = [kept for part in after for kept in self._without_suppressed(part, phones)]
        stored = self._ledger.part(self._run_id, piece, after, phones)
        for part in stored:
            if part.state is State.SETTLED:
                self._watch.settled(part.batch, part.rows, part.state)
        return [part for part in stored if part.state is State.READY]

    def _without_suppressed(self, piece: Piece, phones: pl.Series) -> list[Piece]:
        """Return a piece that is ready again as the pieces that it becomes: suppressed contacts are settled unsent."""
        if piece.state is not State.READY:
            return [piece]
        parts = keep_back(piece, phones, self._suppressed, is_absent=True)
        return [part for part in parts if part is not None]

    def _contradictions(self, piece: Piece) -> int:
        """Return how many answers for a piece could be read and were not believed."""
        answers = doubted_answers(self._ledger, piece)
        return sum(self._channel.target.read_reply(answer) is not None for answer in answers)

    def _window(self, piece: Piece, findings: Findings) -> Window | None:
        """Return when contacts of a piece can have been created, as the list dates it; None if that is not known."""
        return self._samples.window(
            self._carriers(piece),
            piece.not_before if piece.state is State.IN_DOUBT else 0.0,
            {**findings.found, **findings.dated},
            findings.dates,
            are_repeats_skipped=self._ledger.known_of(self._account_id).skips_repeats,
        )

    def _carriers(self, piece: Piece) -> list[Sent]:
        """Return the requests that may have created contacts of a piece."""
        # The first contact stands for all: a piece's contacts travel together (a rebuilt ledger may join several).
        return carriers(self._ledger, self._run_id, piece.batch, piece.offsets[0])

    def _sent_at(self, piece: Piece) -> float | None:
        """Return when the first request for a piece that may have been applied began; None if that is not known.

        Epoch seconds by the API's clock.
        """
        return sent_at(self._ledger, self._run_id, piece, self._ledger.known_of(self._account_id).clock_offset)

    def _fetch(self, number: int) -> Page | None:
        """Return one page of the account; None if two tries failed, the key may not read, or the run ends.

        A 429 is no try: it is waited out.
        """
        tries = 0
        while tries < 2:
            exchange = self._pages.ask(number)
            if exchange is None:
                return None
            verdict = classify(exchange, may_be_applied=False)
            if verdict is Verdict.ANSWERED:
                return self._channel.target.read_page(exchange.body)
            if verdict is Verdict.KEY_REFUSED:
                self._watch.note("The key may not read the account's list (scope contacts:read).")
                return None
            if verdict is not Verdict.TOO_MANY:
                tries += 1
        return None

    def _open_phones(self, piece: Piece) -> list[str]:
        """Return the numbers of a piece's contacts, without those that have an end of their own."""
        named = {contact.offset for contact in piece.named}
        phones = self._ledger.phones(self._run_id, piece.batch)
        return phones.gather([offset for offset in piece.offsets if offset not in named]).to_list()

    def _controls(self, pieces: Sequence[Piece]) -> set[str]:
        """Return numbers of the contacts that were confirmed last, spread over their piece; empty if there are none."""
        control = self._control(pieces)
        if control is None:
            return set()
        numbers = self._open_phones(control)
        return set(numbers[:: max(1, len(numbers) // _MOST_CONTROLS)])

    def _may_be_second(self, pieces: Iterable[Piece]) -> set[str]:
        """Return the numbers that a lost request may have given a second contact; none if repeats are skipped."""
        if self._ledger.known_of(self._account_id).skips_repeats:
            return set()
        return {phone for piece in pieces if piece.state is State.IN_DOUBT for phone in self._open_phones(piece)}

    def _controls_since(self, pieces: Sequence[Piece]) -> float:
        """Return when the controls were made, epoch seconds by the API's clock.

        Infinity if that is not known: then no contact counts as one that was made. Minus infinity if repeats are
        skipped: the number of an imported contact cannot have been there before.
        """
        account, control = self._ledger.known_of(self._account_id), self._control(pieces)
        if account.skips_repeats:
            return -math.inf
        began = answered(self._ledger, control, account.clock_offset) if control else None
        return math.inf if not began or began[0] is None else began[0]

    @staticmethod
    def _control(pieces: Sequence[Piece]) -> Piece | None:
        """Return the piece that was confirmed last; None if none was."""
        return max((piece for piece in pieces if _is_confirmed(piece)), key=lambda piece: piece.id or 0, default=None)

    def _gap(self, pieces: Sequence[Piece]) -> float:
        """Return the seconds from the controls' answer until the last lost request cannot arrive any more.

        0 if nothing is in doubt, or no control was answered. Controls that are visible show how far the list is behind
        at most: no more than they are old. A second read-back that much later, with the list no further behind, sees
        all that could arrive.
        """
        control = self._control(pieces)
        offset = self._ledger.known_of(self._account_id).clock_offset
        times = answered(self._ledger, control, offset) if control else None
        last = max((piece.not_before for piece in pieces if piece.state is State.IN_DOUBT), default=0.0)
        if times is None or not last:
            return 0.0
        return last - self._clock.monotonic() + times[1]

    def _confirmed(self, pieces: Sequence[Piece]) -> set[str]:
        """Return the numbers of all contacts that the API confirmed."""
        return {phone for piece in pieces if _is_confirmed(piece) for phone in self._open_phones(piece)}

    def _look_again(self, search: Search, gap: float) -> None:
        """Read the account a second time, ``gap`` seconds later, if the controls are older than the lost requests."""
        if gap <= _SHORTEST_GAP_S:
            return
        # Controls much older than the lost requests say nothing about a list that may lag: do not claim absence.
        if gap > 2 * self._settings.quiet_time_s + _LONGEST_GAP_S:
            self.last = replace(self.last, is_absence_proven=False, why_not=OLD_CONTROL)
            return
        self._channel.rest(gap, "until the account's list cannot be that far behind")
        self.last = self._read(search)

    def _is_open(self, search: Search, pieces: Iterable[Piece]) -> bool:
        """Return True if contacts of lost answers were not found and no control can show that they are not there."""
        lost = {phone for piece in pieces if piece.state is State.IN_DOUBT for phone in self._open_phones(piece)}
        return self.last.why_not in CAN_BE_CONTROLLED and not replace(search, wanted=lost).is_found(self.last.found)

    def _look_twice(self, search: Search) -> None:
        """Read the account again a quiet time later, if both read-backs can prove absence without a control."""
        first, gap = self.last, self._settings.quiet_time_s
        # The second read-back takes as many pages; without the budget for all of them it could prove nothing.
        if first.listed is None or self._budget < first.requests:
            return
        self._watch.note(telling.second_look(len(first.listed), gap))
        self._channel.rest(gap, NOT_BEHIND)
        self.last = agreed(first, self._read(search), search)


def _is_confirmed(piece: Piece) -> bool:
    return piece.state is State.SETTLED and piece.reason is Reason.CONFIRMED


def _is_vague(piece: Piece) -> bool:
    return piece.state is State.SETTLED and piece.reason in _UNCERTAIN
