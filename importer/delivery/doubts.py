"""Settling what is in doubt: wait until nothing can arrive late, read the account back, and book what that proves.

In this order: the account's list, which needs no promise of the API; sending the same rows again where a write check
proved that the API skips numbers it has; and, only where a person asks for it, sending them again without any proof.
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
"""So often a piece is sent again because skips are proven."""

MOST_CONTRADICTIONS = 2
"""A piece for which the API gave so often counts that do not add up stays in doubt: it would give them again."""

NOT_BEHIND = "until the account's list cannot be behind any more"

_SHORTEST_GAP_S = 1.0
_LONGEST_GAP_S = 60.0
_MOST_CONTROLS = 50
_UNCERTAIN = (Reason.NOT_NAMED, Reason.PRESENT)


@dataclass(frozen=True, slots=True)
class Uncertain:
    """What a run does not know."""

    pieces: tuple[Piece, ...]
    phones: frozenset[str]
    since: float | None


class Resolver:
    """Settles a run's doubts within ``settings.verify_requests`` pages in all.

    Contacts whose number is in ``suppressed`` (String, E.164) are not given to be sent again.
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
        """Look for every uncertain contact; gives the pieces to send again.

        Those are the contacts of lost answers that are certainly not in the account. Contacts whose request was
        answered without saying what became of whom are settled where they are found, and left as they are where not.

        Args:
            controls: numbers that were created just now, to show whether the list is up to date; by default contacts
                that were confirmed last.
            watch_for: numbers of which ``last.seen`` is to tell whether they are there: they can be made controls,
                which prove absence sooner than a second look.
            is_audit: look, too, whether the contacts that the API confirmed are there.
        """
        pieces = self._ledger.pieces(self._run_id)
        uncertain = self._uncertain(pieces)
        confirmed = self._confirmed(pieces) if is_audit else set()
        if not (uncertain.pieces or confirmed) or self._budget <= 0:
            return []
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
        """Part off what is in doubt and must not be sent again, because its number is suppressed by now."""
        for piece in self._ledger.pieces(self._run_id):
            if piece.state is State.IN_DOUBT:
                phones = self._ledger.phones(self._run_id, piece.batch)
                rest, held = keep_back(piece, phones, self._suppressed)
                if held not in (None, piece):
                    self._ledger.part(self._run_id, piece, [part for part in (held, rest) if part is not None], phones)

    def repeat(self, *, is_forced: bool = False) -> list[Piece]:
        """Pieces in doubt that may be sent again although the list did not settle them: all where a person asks for it.

        Otherwise those of an account that is proven to skip numbers which it has, at most four times each.
        What ``keep_back`` parted off is left as it is.
        """
        in_doubt = [piece for piece in self._ledger.pieces(self._run_id) if piece.state is State.IN_DOUBT]
        if not is_forced and not self._ledger.known_of(self._account_id).skips_repeats:
            return []
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
        """What is not known now."""
        return self._uncertain(self._ledger.pieces(self._run_id))

    def _uncertain(self, pieces: Sequence[Piece]) -> Uncertain:
        here = tuple(piece for piece in pieces if piece.state is State.IN_DOUBT or _is_vague(piece))
        phones = frozenset(phone for piece in here for phone in self._open_phones(piece))
        moments = [self._sent_at(piece) for piece in here]
        known = [moment for moment in moments if moment is not None]
        return Uncertain(here, phones, min(known) if known and len(known) == len(moments) else None)

    def _rest(self, pieces: Iterable[Piece]) -> None:
        rest = max((piece.not_before for piece in pieces), default=0.0) - self._clock.monotonic()
        if rest > 0:
            self._channel.rest(rest, "until a lost request cannot arrive late any more")

    def _tell_plan(self, total: int | None, pages: int | None) -> None:
        pace = self._settings.requests_per_hour
        self._watch.note(telling.plan(total, pages, self._budget, pace, self._channel.seconds_a_request))

    def _read(self, search: Search) -> Findings:
        """Read, from where an earlier reading stopped if it did, and put away what is broken off."""
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
        """Commit what was found of a piece; gives what is to be sent again of it."""
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
        """What becomes of a piece that is ready because its contacts are not in the account."""
        if piece.state is not State.READY:
            return [piece]
        parts = keep_back(piece, phones, self._suppressed, is_absent=True)
        return [part for part in parts if part is not None]

    def _contradictions(self, piece: Piece) -> int:
        answers = doubted_answers(self._ledger, piece)
        return sum(self._channel.target.read_reply(answer) is not None for answer in answers)

    def _window(self, piece: Piece, findings: Findings) -> Window | None:
        """When contacts of a piece can have been created, as the account's list dates it."""
        return self._samples.window(
            self._carriers(piece),
            piece.not_before if piece.state is State.IN_DOUBT else 0.0,
            {**findings.found, **findings.dated},
            findings.dates,
            are_repeats_skipped=self._ledger.known_of(self._account_id).skips_repeats,
        )

    def _carriers(self, piece: Piece) -> list[Sent]:
        return carriers(self._ledger, self._run_id, piece.batch, piece.offsets[0])

    def _sent_at(self, piece: Piece) -> float | None:
        """When the first request with a piece's contacts that may have been applied began, by the API's clock."""
        return sent_at(self._ledger, self._run_id, piece, self._ledger.known_of(self._account_id).clock_offset)

    def _fetch(self, number: int) -> Page | None:
        """One page of the account; tried once more where the answer was lost, and again after every 429."""
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
        named = {contact.offset for contact in piece.named}
        phones = self._ledger.phones(self._run_id, piece.batch)
        return phones.gather([offset for offset in piece.offsets if offset not in named]).to_list()

    def _controls(self, pieces: Sequence[Piece]) -> set[str]:
        """Numbers of contacts that were confirmed last, spread over their piece."""
        control = self._control(pieces)
        if control is None:
            return set()
        numbers = self._open_phones(control)
        return set(numbers[:: max(1, len(numbers) // _MOST_CONTROLS)])

    def _may_be_second(self, pieces: Iterable[Piece]) -> set[str]:
        """Numbers that a lost request may have given a second contact."""
        if self._ledger.known_of(self._account_id).skips_repeats:
            return set()
        return {phone for piece in pieces if piece.state is State.IN_DOUBT for phone in self._open_phones(piece)}

    def _controls_since(self, pieces: Sequence[Piece]) -> float:
        """When the controls were made, by the API's clock; never where that is not known.

        Their numbers may have been there before, unless it is proven that such are not imported.
        """
        account, control = self._ledger.known_of(self._account_id), self._control(pieces)
        if account.skips_repeats:
            return -math.inf
        began = answered(self._ledger, control, account.clock_offset) if control else None
        return math.inf if not began or began[0] is None else began[0]

    @staticmethod
    def _control(pieces: Sequence[Piece]) -> Piece | None:
        """The piece that was confirmed last."""
        return max((piece for piece in pieces if _is_confirmed(piece)), key=lambda piece: piece.id or 0, default=None)

    def _gap(self, pieces: Sequence[Piece]) -> float:
        """Seconds from when the controls were confirmed to when the last lost request cannot arrive any more.

        Controls that are visible show how far the list is behind at most: not farther than they are old. A second look
        so much later, and just as little behind, sees all that could arrive.
        """
        control = self._control(pieces)
        offset = self._ledger.known_of(self._account_id).clock_offset
        times = answered(self._ledger, control, offset) if control else None
        last = max((piece.not_before for piece in pieces if piece.state is State.IN_DOUBT), default=0.0)
        if times is None or not last:
            return 0.0
        return last - self._clock.monotonic() + times[1]

    def _confirmed(self, pieces: Sequence[Piece]) -> set[str]:
        return {phone for piece in pieces if _is_confirmed(piece) for phone in self._open_phones(piece)}

    def _look_again(self, search: Search, gap: float) -> None:
        """A second look where the controls are older than the lost requests; none where they are much older."""
        if gap <= _SHORTEST_GAP_S:
            return
        if gap > 2 * self._settings.quiet_time_s + _LONGEST_GAP_S:
            self.last = replace(self.last, is_absence_proven=False, why_not=OLD_CONTROL)
            return
        self._channel.rest(gap, "until the account's list cannot be that far behind")
        self.last = self._read(search)

    def _is_open(self, search: Search, pieces: Iterable[Piece]) -> bool:
        """Whether contacts of lost answers were not found, and no control can show that they are not there."""
        lost = {phone for piece in pieces if piece.state is State.IN_DOUBT for phone in self._open_phones(piece)}
        return self.last.why_not in CAN_BE_CONTROLLED and not replace(search, wanted=lost).is_found(self.last.found)

    def _look_twice(self, search: Search) -> None:
        """A second look a quiet time after the first, where that may prove absence without a control."""
        first, gap = self.last, self._settings.quiet_time_s
        if first.listed is None or self._budget < first.requests:
            return
        self._watch.note(telling.second_look(len(first.listed), gap))
        self._channel.rest(gap, NOT_BEHIND)
        self.last = agreed(first, self._read(search), search)


def _is_confirmed(piece: Piece) -> bool:
    return piece.state is State.SETTLED and piece.reason is Reason.CONFIRMED


def _is_vague(piece: Piece) -> bool:
    return piece.state is State.SETTLED and piece.reason in _UNCERTAIN
