"""Settling what is in doubt: wait until nothing can arrive late, read the account back, and book what that proves.

There are three ways, tried in this order. The account's list comes first: it needs no promise of the API. Then the same
rows are sent again if a write check proved that the API skips numbers it has. Last, and only if the user asks for it,
they are sent again without any proof.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import polars as pl

from importer.delivery import readback_messages as telling
from importer.delivery.account_pages import AccountPages
from importer.delivery.channel import Books, Channel
from importer.delivery.classify import Verdict, classify
from importer.delivery.dating import Window
from importer.delivery.ledger.history import doubted_answers, requests_for
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
from importer.delivery.samples import Samples
from importer.delivery.suppressing import keep_back
from importer.delivery.unknowns import Uncertain, Unknowns
from importer.models.number_set import NumberSet
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


class Resolver:
    """Settles a run's doubts within ``settings.verify_requests`` pages in all; used by one thread.

    Contacts whose number is in ``suppressed`` are never returned to be sent again.

    Attributes:
        last: what the last read-back saw.
    """

    def __init__(
        self,
        books: Books,
        channel: Channel,
        settings: Settings,
        watch: Watch,
        suppressed: NumberSet = NumberSet(),  # noqa: B008 - it is frozen
    ) -> None:
        self._suppressed = suppressed
        self._ledger, self._run_id, self._account_id = books.ledger, books.run_id, books.account_id
        self._channel, self._settings, self._watch = channel, settings, watch
        self._budget = settings.verify_requests
        self._pages = AccountPages(partial(channel.fetch_page, "list"))
        self._clock = channel.clock
        self._unknowns = Unknowns(books.ledger, books.run_id, books.account_id)
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
        uncertain = self._unknowns.uncertain(pieces)
        confirmed = self._unknowns.confirmed(pieces) if is_audit else set()
        if not (uncertain.pieces or confirmed) or self._budget <= 0:
            return []
        # A request that is still under way would make a contact after the page was read that should show it.
        self._rest(uncertain.pieces)
        if self._channel.end is not None:
            return []
        self._samples = Samples(self._ledger, self._account_id, map(self._unknowns.carriers, uncertain.pieces))
        search = Search(
            wanted=set(uncertain.phones),
            controls=set(controls) or self._controls(pieces),
            budget=self._budget,
            controls_since=-math.inf if controls else self._unknowns.controls_since(pieces),
            may_be_second=self._unknowns.may_be_second(uncertain.pieces),
            watched=confirmed.union(watch_for),
            since=uncertain.since,
            dating=self._samples.numbers,
            awaited=self._samples.awaited,
            on_plan=self._tell_plan,
        )
        self._watch.note(telling.wanted(uncertain.pieces, len(confirmed)))
        self.last = self._read(search)
        if self.last.is_absence_proven and not controls:
            self._look_again(search, self._unknowns.gap_s(self._clock.monotonic(), pieces))
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
        return self._unknowns.uncertain(self._ledger.pieces(self._run_id))

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
            self._unknowns.carriers(piece),
            piece.not_before if piece.state is State.IN_DOUBT else 0.0,
            {**findings.found, **findings.dated},
            findings.dates,
            are_repeats_skipped=self._ledger.known_of(self._account_id).skips_repeats,
        )

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

    def _controls(self, pieces: Sequence[Piece]) -> set[str]:
        """Return numbers whose contacts can show that the account's list is up to date."""
        return self._unknowns.controls(pieces)

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
        lost = self._unknowns.lost(pieces)
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
