"""A piece: contacts of one batch that are sent together. A batch starts as one piece, and is split if needed."""

from dataclasses import dataclass, replace
from enum import StrEnum

import polars as pl

from importer.models.outcomes import Reason

NAMED_SCHEMA = {"offset": pl.UInt32, "reason": pl.String, "detail": pl.String, "contact_id": pl.String}


FORCED_DETAIL = "maybe_duplicated: sent again by --repost-anyway after a lost answer"
"""Detail of contacts that were sent again although they may have been there."""


class State(StrEnum):
    """State of a piece; ``parted``: it was split. ``in-flight`` in a ledger that nobody writes means ``in-doubt``."""

    READY = "ready"
    IN_FLIGHT = "in-flight"
    IN_DOUBT = "in-doubt"
    SETTLED = "settled"
    PARTED = "parted"


class History(StrEnum):
    """The earlier requests for a piece's contacts: they decide how far the next answer can be believed.

    ``first``: none that could have changed the account. ``refused``: they were in a request that was refused as a
    whole, which is taken to have changed nothing. ``doubted``: an earlier request may have been applied. ``absent``: it
    may have been, but read-back proved that they are not there. ``forced``: the user had them sent again without any
    proof, so they may be duplicated; this mark stays.
    """

    FIRST = "first"
    REFUSED = "refused"
    DOUBTED = "doubted"
    ABSENT = "absent"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class Counters:
    """The API's own counters for a piece."""

    imported: int
    skipped: int
    errors: int


@dataclass(frozen=True, slots=True)
class Named:
    """A contact whose end differs from its piece's; ``offset`` is its position in the batch."""

    offset: int
    reason: Reason
    detail: str
    contact_id: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Contacts of one batch that are sent together.

    Attributes:
        batch: the batch's number, starting at 1.
        offsets: positions in the batch, ascending, starting at 0.
        id: in the ledger; None until its first intent is written.
        reason, detail: how its contacts ended, once settled; ``named`` lists those that differ.
        tries: requests in a row that certainly changed nothing; 0 again when a run is resumed.
        broken_uploads: number of requests in a row that broke off while the body was being sent.
        not_before: monotonic seconds before which a piece in doubt must not be looked for; 0 if at once.
    """

    batch: int
    offsets: range | tuple[int, ...]
    id: int | None = None
    state: State = State.READY
    history: History = History.FIRST
    reason: Reason | None = None
    detail: str | None = None
    counters: Counters | None = None
    named: tuple[Named, ...] = ()
    tries: int = 0
    broken_uploads: int = 0
    not_before: float = 0.0

    @property
    def rows(self) -> int:
        """Return the number of contacts."""
        return len(self.offsets)

    @property
    def may_be_applied(self) -> bool:
        """Return True if an earlier request with these contacts may have been applied; answers may be about that."""
        # ``absent`` counts, too: should a lagging list have misled the proof, "exists" is about our own contact.
        return self.history in (History.DOUBTED, History.ABSENT, History.FORCED)

    def halves(self, history: History | None = None) -> tuple["Piece", "Piece"]:
        """Return two new pieces, the earlier contacts first."""
        middle = (self.rows + 1) // 2
        return self.part(self.offsets[:middle], history), self.part(self.offsets[middle:], history)

    def part(self, offsets: range | tuple[int, ...], history: History | None = None) -> "Piece":
        """Return a new piece, ready to be sent, of some of this one's contacts."""
        return Piece(self.batch, offsets, history=history or self.history)

    def settled(
        self,
        reason: Reason | None,
        detail: str | None = None,
        named: tuple[Named, ...] = (),
        counters: Counters | None = None,
    ) -> "Piece":
        """Return this piece with its end; the details of contacts that were sent again without proof say so."""
        if self.history is History.FORCED:
            detail = marked(detail)
            named = tuple(replace(contact, detail=marked(contact.detail)) for contact in named)
        return replace(self, state=State.SETTLED, reason=reason, detail=detail, named=named, counters=counters)


def marked(detail: str | None) -> str:
    """Return ``detail`` with the mark of a contact that may be duplicated because the user had it sent again."""
    if detail and detail.startswith(FORCED_DETAIL):
        return detail
    return f"{FORCED_DETAIL}; {detail}" if detail else FORCED_DETAIL
