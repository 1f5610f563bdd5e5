"""The unknowns of a run: contacts whose end it does not know, and the confirmed ones that can show their absence.

Read from the ledger; ``doubts`` settles them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from importer.delivery.ledger.history import answered, sent_at
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.pieces import Piece, State
from importer.delivery.samples import Sent, carriers
from importer.models.outcomes import Reason

_MOST_CONTROLS = 50
"""Controls of a read-back: at least so many of a larger piece, and less than twice as many; each must be visible."""

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


class Unknowns:
    """Derives from a run's pieces what it does not know; reads the ledger, and writes nothing.

    Controls are contacts that were confirmed last. A list that shows them is at most as far behind as they are old.
    """

    def __init__(self, ledger: Ledger, run_id: str, account_id: int) -> None:
        self._ledger, self._run_id, self._account_id = ledger, run_id, account_id

    def uncertain(self, pieces: Sequence[Piece]) -> Uncertain:
        """Return those pieces that are in doubt or settled without certainty, and their contacts."""
        here = tuple(piece for piece in pieces if piece.state is State.IN_DOUBT or _is_vague(piece))
        phones = frozenset(phone for piece in here for phone in self.open_phones(piece))
        moments = [self._sent_at(piece) for piece in here]
        known = [moment for moment in moments if moment is not None]
        # One moment that is not known makes the earliest unknown: reading must not stop short of it.
        return Uncertain(here, phones, min(known) if known and len(known) == len(moments) else None)

    def open_phones(self, piece: Piece) -> list[str]:
        """Return the numbers of a piece's contacts, without those that have an end of their own."""
        named = {contact.offset for contact in piece.named}
        phones = self._ledger.phones(self._run_id, piece.batch)
        return phones.gather([offset for offset in piece.offsets if offset not in named]).to_list()

    def _sent_at(self, piece: Piece) -> float | None:
        """Return when the first request for a piece that may have been applied began; None if that is not known.

        Epoch seconds by the API's clock.
        """
        return sent_at(self._ledger, self._run_id, piece, self._ledger.known_of(self._account_id).clock_offset)

    def carriers(self, piece: Piece) -> list[Sent]:
        """Return the requests that may have created contacts of a piece."""
        # The first contact stands for all: a piece's contacts travel together (a rebuilt ledger may join several).
        return carriers(self._ledger, self._run_id, piece.batch, piece.offsets[0])

    def confirmed(self, pieces: Sequence[Piece]) -> set[str]:
        """Return the numbers of all contacts that the API confirmed."""
        return {phone for piece in pieces if _is_confirmed(piece) for phone in self.open_phones(piece)}

    def may_be_second(self, pieces: Iterable[Piece]) -> set[str]:
        """Return the numbers that a lost request may have given a second contact; none if repeats are skipped."""
        if self._ledger.known_of(self._account_id).skips_repeats:
            return set()
        return self.lost(pieces)

    def lost(self, pieces: Iterable[Piece]) -> set[str]:
        """Return the numbers of contacts whose answer was lost."""
        return {phone for piece in pieces if piece.state is State.IN_DOUBT for phone in self.open_phones(piece)}

    def controls(self, pieces: Sequence[Piece]) -> set[str]:
        """Return numbers of the contacts that were confirmed last, spread over their piece; empty if there are none."""
        control = _control(pieces)
        if control is None:
            return set()
        numbers = self.open_phones(control)
        return set(numbers[:: max(1, len(numbers) // _MOST_CONTROLS)])

    def controls_since(self, pieces: Sequence[Piece]) -> float:
        """Return when the controls were made, epoch seconds by the API's clock.

        Infinity if that is not known: then no contact counts as one that was made. Minus infinity if repeats are
        skipped: the number of an imported contact cannot have been there before.
        """
        account, control = self._ledger.known_of(self._account_id), _control(pieces)
        if account.skips_repeats:
            return -math.inf
        began = answered(self._ledger, control, account.clock_offset) if control else None
        return math.inf if not began or began[0] is None else began[0]

    def gap_s(self, now: float, pieces: Sequence[Piece]) -> float:
        """Return the seconds from the controls' answer until the last lost request cannot arrive any more.

        0 if nothing is in doubt, or no control was answered; ``now`` is in monotonic seconds. Controls that are visible
        show how far the list is behind at most: no more than they are old. A second read-back that much later, with the
        list no further behind, sees all that could arrive.
        """
        control = _control(pieces)
        offset = self._ledger.known_of(self._account_id).clock_offset
        times = answered(self._ledger, control, offset) if control else None
        last = max((piece.not_before for piece in pieces if piece.state is State.IN_DOUBT), default=0.0)
        if times is None or not last:
            return 0.0
        return last - now + times[1]


def _control(pieces: Sequence[Piece]) -> Piece | None:
    """Return the piece that was confirmed last; None if none was."""
    return max((piece for piece in pieces if _is_confirmed(piece)), key=lambda piece: piece.id or 0, default=None)


def _is_confirmed(piece: Piece) -> bool:
    return piece.state is State.SETTLED and piece.reason is Reason.CONFIRMED


def _is_vague(piece: Piece) -> bool:
    return piece.state is State.SETTLED and piece.reason in _UNCERTAIN
